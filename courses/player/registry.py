"""Who wants to know of progress: the apps above this one register here when they are ready.

A listener is called inside the transaction in which the progress was written, once for each registration
that moved, and must be quick; what takes long it hands to Celery after the commit.
"""

from collections.abc import Callable

from courses.player.models import Purpose, Registration

Listener = Callable[[Registration], None]

_listeners: list[Listener] = []


def on_progress(listener: Listener) -> None:
    """Call `listener` whenever a learner completes, passes, scores, answers a survey, or gains evidence."""
    _listeners.append(listener)


def tell(registration: Registration) -> None:
    """Say that a registration moved. Previews tell nobody."""
    if registration.purpose == Purpose.PREVIEW:
        return
    for listener in _listeners:
        listener(registration)
