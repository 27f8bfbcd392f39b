"""When the things of a sitting happen. Pure: no database, no clock.

Whoever acts on these times asks here, and so does whoever shows them before the day
(`exams.room.simulator`): there is no second formula that could say something else.
"""

from datetime import datetime, timedelta

# Minutes left at which the exam page tells the candidate (`static/seat`; a test holds the two together).
WARNINGS = (15, 5, 1)
# Multiplied by it, consecutive numbers lie evenly spread over 32 bits (Knuth, TAOCP 3, section 6.4).
_SCATTER = 2_654_435_769


def first_deadline(starts_at: datetime, allowed: timedelta, spread: timedelta) -> datetime:
    """Return the deadline of a sitting as it is made: its time, and the spread of the paper keys on top.

    Keys are handed out over `spread`, and nobody is to lose a second to it.
    """
    return starts_at + allowed + spread


def key_ms(sitting: int, starts_ms: int, spread_ms: int) -> int:
    """Return when a sitting's page is to ask for the paper key, in epoch milliseconds."""
    return starts_ms + (sitting * _SCATTER % 2**32 * spread_ms >> 32)


def is_over(deadline_ms: int, now_ms: int, grace_ms: int) -> bool:
    """Say whether time and grace of a clock that runs are over, so that the system may submit."""
    return now_ms > deadline_ms + grace_ms


def overdue_before(now: datetime, grace: timedelta) -> datetime:
    """Return the moment before which deadlines lie whose sittings the finaliser submits at `now`."""
    return now - grace
