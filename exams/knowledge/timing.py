"""When a sitting ends, and what starters will meet: pure functions of the round's window."""

from dataclasses import dataclass
from datetime import datetime, timedelta


def deadline(start: datetime, duration: timedelta, closes_at: datetime) -> datetime:
    """Return when a sitting begun at `start` ends: after the full time, or with the round."""
    return min(start + duration, closes_at)


@dataclass(frozen=True)
class Starter:
    """Someone who might start at `start`: when they would end, and how long they would have."""

    start: datetime
    end: datetime
    is_cut_short: bool

    @property
    def minutes(self) -> int:
        """The minutes this starter has, whole ones."""
        return int((self.end - self.start).total_seconds() // 60)


def _starter(start: datetime, duration: timedelta, closes_at: datetime) -> Starter:
    end = deadline(start, duration, closes_at)
    return Starter(start, end, is_cut_short=end - start < duration)


def preview(opens_at: datetime, closes_at: datetime, duration: timedelta) -> list[Starter]:
    """Return what three starters would meet: at the opening, the last with full time, and a late one.

    The late one comes halfway between the last full start and the close. In a window shorter than the
    test, nobody has the full time, and the list says so by its first line.
    """
    last_full = closes_at - duration
    starts = [opens_at]
    if last_full > opens_at:
        starts.append(last_full)
    starts.append(max(opens_at, last_full) + (closes_at - max(opens_at, last_full)) / 2)
    return [_starter(start, duration, closes_at) for start in starts]
