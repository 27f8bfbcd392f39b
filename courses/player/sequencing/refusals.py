"""Why a request of a learner or of content leads nowhere."""

from enum import StrEnum

from courses.player.sequencing.tree import Activity


class Reason(StrEnum):
    """What stands in the way, in the words in which a learner can be told."""

    # Its own rules keep an activity shut or out of sight, or those of one on the way to it.
    RULES = "rules"
    # No attempt is left.
    ATTEMPTS = "attempts"
    # Lessons are not chosen here, they come in order.
    ORDER = "order"
    # Nobody goes back here.
    FORWARD = "forward"
    # The lesson that is open, or its chapter, has to be finished first.
    UNFINISHED = "unfinished"
    # There is nothing of that kind: no such lesson, none before, none that is left.
    NOTHING = "nothing"


class Refused(Exception):
    """A request is not valid now; `code` is that of the pseudo-code, `activity` what stands in the way."""

    def __init__(self, reason: Reason, code: str, activity: Activity | None = None) -> None:
        super().__init__(f"{code}: {reason}")
        self.reason, self.code, self.activity = reason, code, activity


class Ended(Exception):
    """The walk through the tree is over: there is nothing after the last activity (SB.2.1, 3.1)."""
