"""What the apps above put in here when they are ready.

Static files for the content origin: a run-time that packages call must have the packages' own origin, and
so must the page that frames them. They are public: nothing about a person, and nothing that differs from
launch to launch. And destinations of uploads: who may bring a file for what, and what is done with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from learning.people.models import Agency, Person

_shared: list[str] = []


@dataclass(frozen=True)
class Destination:
    """What uploads are for; `key` tells one thing of its kind from another, as a code does a course.

    `owner(person, key)` returns the agency that will keep the file, and raises PermissionDenied or Http404
    where the person may bring none. `take(key, file, name, person, progress)` does with the whole file what
    is to be done, outside a transaction, and returns the address of the page that says what came of it. A
    process may be killed in it; then it is called again.
    """

    owner: Callable[[Person, str], Agency]
    take: Callable[[str, BinaryIO, str, Person, Callable[[int, int], object]], str]


_destinations: dict[str, Destination] = {}


def add_destination(name: str, destination: Destination) -> None:
    """Register what uploads can be for."""
    _destinations[name] = destination


def destination(name: str) -> Destination | None:
    """Return a destination by its name."""
    return _destinations.get(name)


def share(prefix: str) -> None:
    """Serve static files whose names begin with `prefix` on the content origin too, under ``/-/``."""
    _shared.append(prefix)


def is_shared(path: str) -> bool:
    """Say whether a static file is served on the content origin."""
    return path.startswith(tuple(_shared))


def changed_at(path: str) -> float:
    """Return when a file was last changed, in seconds."""
    return Path(path).stat().st_mtime
