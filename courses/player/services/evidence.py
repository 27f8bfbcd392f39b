"""Evidence of learning time: what browsers report, clipped to what can be true.

A stretch lies between the moment the page was given out and now, inside the dates of the registration, and
over no other stretch of it, whatever tab or device it came from. A report that is repeated therefore adds
nothing, and one that is forged never more than the wall clock had.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from courses.catalogue.models import Unit
from courses.player import registry
from courses.player.models import Evidence, EvidenceKind, Registration
from courses.player.services.progress import progress_in, settle
from courses.player.services.registrations import lock

# What one click or answer can show: longer without another is not known to have been learning.
INTERACTION = timedelta(seconds=60)
# No unit is worth more than so many times its topic, or its least time; what comes later is not counted.
TIMES_TOPIC, TIMES_LEAST, AT_LEAST = 3, 3, timedelta(minutes=30)

Stretch = tuple[datetime, datetime]


def most(unit: Unit) -> int:
    """Return how many seconds of evidence a unit can give."""
    return max(
        TIMES_TOPIC * unit.topic.minutes * 60, TIMES_LEAST * unit.min_seconds, int(AT_LEAST.total_seconds())
    )


@transaction.atomic
def add(
    registration: Registration,
    unit: Unit,
    kind: EvidenceKind,
    began_at: datetime,
    seconds: int,
    *,
    now: datetime | None = None,
) -> int:
    """Count a stretch of learning time, and return how many seconds of it were new."""
    now = now or timezone.now()
    locked = lock(registration)
    progress, _is_new = progress_in(registration, unit, now=now)
    first = max(filter(None, (began_at, locked.opens_at)))
    last = min(filter(None, (began_at + timedelta(seconds=seconds), now, locked.closes_at)))
    room = most(unit) - progress.seconds
    added = 0
    for begin, end in list(free(first, last, _taken(registration, first, last))):
        length = min(int((end - begin).total_seconds()), room - added)
        if length > 0:
            _keep(registration, unit, kind, begin, length)
            added += length
    if added:
        progress.seconds += added
        settle(registration, progress, unit, now=now)
        progress.save(update_fields=["seconds", "status", "completed_at"])
        Registration.objects.filter(pk=registration.pk).update(last_unit=unit, last_active_at=now)
        registration.last_unit, registration.last_active_at = unit, now
        registry.tell(registration)
    return added


def interact(registration: Registration, unit: Unit, *, now: datetime | None = None) -> int:
    """Count the time before something was clicked or answered, a minute at most; scripts are not needed.

    It begins when the course was last opened or heard of: a unit that was begun yesterday, is opened again
    and clicked in at once shows nothing of the minute before.
    """
    now = now or timezone.now()
    began_at = registration.progress.filter(unit=unit).values_list("started_at", flat=True).first() or now
    began_at = max(began_at, registration.last_active_at or began_at, now - INTERACTION)
    return add(
        registration, unit, EvidenceKind.INTERACTION, began_at, int((now - began_at).total_seconds()), now=now
    )


def free(first: datetime, last: datetime, taken: list[Stretch]) -> Iterator[Stretch]:
    """Yield what of a stretch is not taken; the others are given in order and do not overlap."""
    for begin, end in taken:
        if begin > first:
            yield first, min(begin, last)
        first = max(first, end)
        if first >= last:
            return
    if first < last:
        yield first, last


def _taken(registration: Registration, first: datetime, last: datetime) -> list[Stretch]:
    # Stretches do not overlap, so that of those begun before this one only the last can reach into it.
    begun = registration.evidence.filter(began_at__lte=first).order_by("-began_at")[:1]
    within = registration.evidence.filter(began_at__gt=first, began_at__lt=last).order_by("began_at")
    return [(each.began_at, end_of(each)) for each in (*begun, *within)]


def end_of(evidence: Evidence) -> datetime:
    """Return when a stretch ended."""
    return evidence.began_at + timedelta(seconds=evidence.seconds)


def _keep(registration: Registration, unit: Unit, kind: EvidenceKind, begin: datetime, length: int) -> None:
    before = registration.evidence.filter(began_at__lt=begin).order_by("-began_at").first()
    # Joined end to end only: over a gap the stretch would claim seconds that nobody reported.
    if before and (before.unit_id, before.kind) == (unit.pk, kind) and end_of(before) == begin:
        before.seconds += length
        before.save(update_fields=["seconds"])
    else:
        Evidence.objects.create(
            registration=registration, unit=unit, kind=kind, began_at=begin, seconds=length
        )
