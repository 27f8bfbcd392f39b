"""Change the clocks of sittings: extra time, pause, resume, a moved start, forced submission.

Every change is one `ClockEvent` a sitting, in the transaction that changes the sitting. The processes of
the seat service read the events within a second (`exams.seat.feed`) and tell the candidates with their next
reply. All functions take primary keys, work in batches, pass over sittings that are closed, and return how
many they changed. The reason is for the record: who calls has asked for it and writes the audit entry.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from exams.seat.models import ClockChange, ClockEvent, Sitting
from learning.errors import DomainError
from learning.people.models import Person

# Rows locked and written at once. A transaction stays short, so that no process learns of a change
# later than it promises, however many sittings an officer pauses.
_BATCH = 2000


class ExtraTimeNotPositive(DomainError):
    """Time is only given, never taken: taking it would submit somebody early."""

    code = "extra_time_not_positive"
    message = _("Extra time must be at least one second. Time cannot be taken away.")


class StartWouldPass(DomainError):
    """A start is moved before anybody has begun, and only into the future."""

    code = "start_would_pass"
    message = _("The start can only be moved to a time that is still ahead, and before the papers are open.")


@dataclass(frozen=True)
class Change:
    """What happens to one sitting: fields to set, and by how much the deadline moves."""

    fields: tuple[tuple[str, datetime | None], ...] = ()
    shift: timedelta = timedelta(0)


@dataclass(frozen=True)
class Clock:
    """A sitting's clock as a change finds it. The methods say what each change does, and touch nothing."""

    pk: int
    starts_at: datetime
    deadline: datetime
    paused_at: datetime | None

    def stopped(self, now: datetime) -> Change | None:
        """Return what a pause does; None where the clock stands already."""
        return Change((("paused_at", now),)) if self.paused_at is None else None

    def resumed(self, now: datetime) -> Change | None:
        """Return what resuming does; None where the clock runs."""
        if self.paused_at is None:
            return None
        # Before the start no time was running that could have been lost.
        stood = now - max(self.paused_at, self.starts_at)
        return Change((("paused_at", None),), max(stood, timedelta(0)))

    def moved_to(self, starts_at: datetime, now: datetime, *, even_begun: bool = False) -> Change | None:
        """Return what moving the start does; None where it has passed, unless `even_begun`."""
        if self.starts_at <= now and not even_begun:
            return None
        return Change((("starts_at", starts_at),), starts_at - self.starts_at)

    def after(self, change: Change | None) -> "Clock":
        """Return the clock as the change leaves it."""
        if change is None:
            return self
        return replace(self, deadline=self.deadline + change.shift, **dict(change.fields))  # type: ignore[arg-type]


def give_extra_time(
    sittings: Iterable[int], extra: timedelta, *, actor: Person | None, reason: str, now: datetime
) -> int:
    """Move the deadlines back by `extra`. Raises ExtraTimeNotPositive."""
    if extra < timedelta(seconds=1):
        raise ExtraTimeNotPositive
    change = Change(shift=extra)
    return _apply(sittings, ClockChange.EXTRA, lambda _clock: change, actor=actor, reason=reason, now=now)


def pause(sittings: Iterable[int], *, actor: Person | None, reason: str, now: datetime) -> int:
    """Stop the clocks that run. A sitting paused before its start opens no paper until it is resumed."""

    def stop(clock: Clock) -> Change | None:
        return clock.stopped(now)

    return _apply(sittings, ClockChange.PAUSE, stop, actor=actor, reason=reason, now=now)


def resume(sittings: Iterable[int], *, actor: Person | None, reason: str, now: datetime) -> int:
    """Let stopped clocks run again, with the time that they had left when they stopped."""

    def start(clock: Clock) -> Change | None:
        return clock.resumed(now)

    return _apply(sittings, ClockChange.RESUME, start, actor=actor, reason=reason, now=now)


def move_start(
    sittings: Iterable[int],
    starts_at: datetime,
    *,
    actor: Person | None,
    reason: str,
    now: datetime,
    even_begun: bool = False,
) -> int:
    """Move T-0, and the deadlines by as much. Raises StartWouldPass for a time that is not ahead.

    Sittings whose start has passed keep it, unless `even_begun`: who says so has made sure that nobody
    has been let into any of them.
    """
    if starts_at <= now:
        raise StartWouldPass

    def shift(clock: Clock) -> Change | None:
        return clock.moved_to(starts_at, now, even_begun=even_begun)

    return _apply(sittings, ClockChange.START, shift, actor=actor, reason=reason, now=now)


def note(
    sittings: Iterable[int], kind: ClockChange, *, actor: Person | None, reason: str, now: datetime
) -> int:
    """Put into the feed and on record what changes no clock: a forced submission, a move."""
    return _apply(sittings, kind, lambda _clock: Change(), actor=actor, reason=reason, now=now, closed=True)


def _apply(
    sittings: Iterable[int],
    kind: ClockChange,
    decide: Callable[[Clock], Change | None],
    *,
    actor: Person | None,
    reason: str,
    now: datetime,
    closed: bool = False,
) -> int:
    keys = sorted(set(sittings))
    changed = 0
    for first in range(0, len(keys), _BATCH):
        with transaction.atomic():
            found = Sitting.objects.select_for_update(no_key=True).filter(pk__in=keys[first : first + _BATCH])
            if not closed:
                found = found.filter(closed_at=None)
            # In the order of the keys, so that two officers cannot block each other.
            clocks = found.order_by("pk").values_list("pk", "starts_at", "deadline", "paused_at")
            decided = [(row[0], change) for row in clocks if (change := decide(Clock(*row))) is not None]
            _write(decided)
            ClockEvent.objects.bulk_create(
                ClockEvent(
                    sitting_id=pk,
                    kind=kind,
                    at=now,
                    delta_ms=round(change.shift.total_seconds() * 1000),
                    actor=actor,
                    reason=reason,
                )
                for pk, change in decided
            )
            changed += len(decided)
    return changed


def _write(decided: list[tuple[int, Change]]) -> None:
    """Update the sittings; those of a room change alike, so there is one statement for most batches."""
    alike: dict[Change, list[int]] = {}
    for pk, change in decided:
        alike.setdefault(change, []).append(pk)
    for change, keys in alike.items():
        fields: dict[str, object] = dict(change.fields)
        if change.shift:
            fields["deadline"] = models.F("deadline") + change.shift
        if fields:
            Sitting.objects.filter(pk__in=keys).update(**fields)
