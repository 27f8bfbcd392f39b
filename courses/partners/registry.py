"""Who wants to know that a partner reported a completion: the apps above register here when ready.

A listener is called inside the transaction in which the outcomes were written, with all the completions of
one report: one from a tool, thousands from a file. Each person completes a course once.
"""

from collections.abc import Callable, Sequence

from courses.partners.models import Outcome

Listener = Callable[[Sequence[Outcome]], None]

_listeners: list[Listener] = []


def on_completion(listener: Listener) -> None:
    """Call `listener` whenever persons have completed a course on a partner's platform."""
    _listeners.append(listener)


def tell(outcomes: Sequence[Outcome]) -> None:
    """Say that these outcomes of one course are completions."""
    for listener in _listeners:
        listener(outcomes)
