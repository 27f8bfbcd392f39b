"""What the apps above this one have to do with progress: they register here when they are ready.

A listener is called inside the transaction in which the progress was written, once for each registration
that moved, and must be quick; what takes long it hands to Celery after the commit.
"""

from collections.abc import Callable, Iterable

from courses.player.models import Purpose, Registration

Listener = Callable[[Registration], None]
# Returns keys of units.
Excuse = Callable[[Registration], Iterable[int]]

_listeners: list[Listener] = []
_excuses: list[Excuse] = []


def on_progress(listener: Listener) -> None:
    """Call `listener` whenever a learner completes, passes, scores, answers a survey, or gains evidence."""
    _listeners.append(listener)


def tell(registration: Registration) -> None:
    """Say that a registration moved. Previews tell nobody."""
    if registration.purpose == Purpose.PREVIEW:
        return
    for listener in _listeners:
        listener(registration)


def on_excusing(excuse: Excuse) -> None:
    """Let what comes after a unit open without it, where `excuse` names that unit."""
    _excuses.append(excuse)


def excused(registration: Registration) -> frozenset[int]:
    """Return the units that are not asked of this learner."""
    return frozenset(unit for excuse in _excuses for unit in excuse(registration))
