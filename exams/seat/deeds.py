"""What officers did that concerns a sitting, as the apps know that let them. This app only hands it over."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from learning.people.models import Person


@dataclass(frozen=True)
class Deed:
    """One thing on record. `scope` says to whom it was done, and `place` where; `detail` what exactly.

    `scope` is "seat" where this sitting was named, "everybody" where all in the place were meant, and
    "several" where the record names only some of those who were chosen: the clock events say who it was.
    """

    at: datetime
    action: str
    actor: Person | None
    scope: str
    place: str
    reason: str
    detail: str = ""


_finders: list[Callable[[int], Iterable[Deed]]] = []


def add_finder(find: Callable[[int], Iterable[Deed]]) -> None:
    """Register a function from a sitting to what was done to it; called in ``AppConfig.ready``."""
    _finders.append(find)


def deeds_of(sitting: int) -> list[Deed]:
    """Return what officers did that concerns a sitting, oldest first."""
    return sorted(chain.from_iterable(find(sitting) for find in _finders), key=lambda deed: deed.at)
