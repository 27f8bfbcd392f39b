"""Progress in units: which are open, and the one place where it is written."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache

from django.db import transaction
from django.utils import timezone

from courses.catalogue.models import Unit
from courses.player import registry
from courses.player.errors import NoLongerOpen, NotYetOpen, OpensAfter, UnitClosed
from courses.player.models import Purpose, Registration, UnitProgress, UnitStatus
from courses.player.services.registrations import lock
from courses.player.services.statements import tell_begun, tell_completed

Excused = Callable[[], Collection[int]]


def units_of(registration: Registration) -> list[Unit]:
    """Return the units of the registration's version in their order, with their topics; one query."""
    found = Unit.objects.filter(topic__version=registration.version_id)
    return list(found.select_related("topic", "package").order_by("topic__order", "order"))


def progress_of(registration: Registration) -> dict[int, UnitProgress]:
    """Return the progress of a registration by unit; one query."""
    return {each.unit_id: each for each in registration.progress.all()}


def excuses(registration: Registration) -> Excused:
    """Return what tells the units that are not asked of this learner, looked up when that first matters."""
    return cache(lambda: registry.excused(registration))


def closure(
    registration: Registration,
    unit: Unit,
    units: Sequence[Unit],
    progress: Mapping[int, UnitProgress],
    *,
    now: datetime,
    excused: Excused,
) -> UnitClosed | None:
    """Return why a unit is closed, or None when it is open. No query but that of `excused`.

    Previews open everything. What has been completed stays open to be read again, within the dates.
    """
    if registration.purpose == Purpose.PREVIEW:
        return None
    if refusal := out_of_dates(registration, now=now):
        return refusal
    if _is_completed(progress, unit.pk):
        return None
    for needed in _needed_first(registration, unit, units):
        if not _is_completed(progress, needed.pk) and needed.pk not in excused():
            return OpensAfter(needed.title)
    return None


def out_of_dates(registration: Registration, *, now: datetime) -> UnitClosed | None:
    """Return why nothing can be learnt now, or None between the dates."""
    if registration.opens_at is not None and now < registration.opens_at:
        return NotYetOpen(registration.opens_at)
    if registration.closes_at is not None and now >= registration.closes_at:
        return NoLongerOpen(registration.closes_at)
    return None


def _needed_first(registration: Registration, unit: Unit, units: Sequence[Unit]) -> list[Unit]:
    needed = [other for other in units if other.pk == unit.opens_after_id]
    if registration.version.is_sequential:
        before = units[: next(place for place, other in enumerate(units) if other.pk == unit.pk)]
        # Nobody waits for what is not required.
        needed += [other for other in before if other.is_required]
    return needed


def _is_completed(progress: Mapping[int, UnitProgress], unit: int) -> bool:
    return unit in progress and progress[unit].status == UnitStatus.COMPLETED


def refuse_closed(registration: Registration, unit: Unit, *, now: datetime | None = None) -> None:
    """Raise UnitClosed, saying why, unless the unit is open to this learner."""
    refusal = closure(
        registration,
        unit,
        units_of(registration),
        progress_of(registration),
        now=now or timezone.now(),
        excused=excuses(registration),
    )
    if refusal is not None:
        raise refusal


def is_open(registration: Registration, unit: Unit, *, now: datetime | None = None) -> bool:
    """Say whether the unit is open to this learner."""
    try:
        refuse_closed(registration, unit, now=now)
    except UnitClosed:
        return False
    return True


@transaction.atomic
def advance(
    registration: Registration,
    unit: Unit,
    *,
    completed: bool = False,
    passed: bool | None = None,
    score: Decimal | None = None,
    position: int | None = None,
    now: datetime | None = None,
) -> UnitProgress:
    """Write how far a learner is in a unit; what was completed or passed is never taken back.

    `completed` says that all was done that this kind of unit asks for; it counts as completed once the
    evidence of learning time is there as well. `score` is a share of the full marks; the best one stays.
    """
    now = now or timezone.now()
    lock(registration)
    progress, is_new = progress_in(registration, unit, now=now)
    before = (progress.status, progress.is_passed, progress.score)
    progress.is_done = progress.is_done or completed
    if passed is not None:
        progress.is_passed = bool(progress.is_passed) or passed
    if score is not None:
        progress.score = max(score, progress.score or Decimal(0))
    if position is not None:
        progress.position = position
    settle(registration, progress, unit, now=now)
    progress.save()
    _touch(registration, unit, now=now)
    if is_new or before != (progress.status, progress.is_passed, progress.score):
        registry.tell(registration)
    return progress


def progress_in(registration: Registration, unit: Unit, *, now: datetime) -> tuple[UnitProgress, bool]:
    """Return the progress in a unit, and whether it begins just now; the caller holds the lock."""
    progress, is_new = UnitProgress.objects.get_or_create(
        registration=registration, unit=unit, defaults={"started_at": now}
    )
    if is_new:
        tell_begun(registration, unit, now=now)
    return progress, is_new


def settle(registration: Registration, progress: UnitProgress, unit: Unit, *, now: datetime) -> None:
    """Mark a unit completed when it is done and its evidence is there; the caller saves."""
    if progress.is_done and progress.seconds >= unit.min_seconds and progress.completed_at is None:
        progress.status, progress.completed_at = UnitStatus.COMPLETED, now
        tell_completed(registration, unit, progress, now=now)


def _touch(registration: Registration, unit: Unit, *, now: datetime) -> None:
    Registration.objects.filter(pk=registration.pk).update(last_unit=unit, last_active_at=now)
    registration.last_unit, registration.last_active_at = unit, now
