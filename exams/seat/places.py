"""Where a candidate sits, as the app knows that places them. This app only shows it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """What stands on the door and on the sticker of the seat."""

    number: str
    seat: str
    room: str
    centre: str


_finders: list[Callable[[int], Place | None]] = []


def add_finder(find: Callable[[int], Place | None]) -> None:
    """Register a function from a sitting to its place or None; called in ``AppConfig.ready``."""
    _finders.append(find)


def place_of(sitting: int) -> Place | None:
    """Return the place of a sitting; a knowledge test has none."""
    return next(filter(None, (find(sitting) for find in _finders)), None)
