"""Rounds: opened under the rules of their day, released when nothing is missing, closed when all is done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exams.registration.errors import (
    RoundBegun,
    RoundNotDraft,
    RoundNotOver,
    RoundNotReady,
    RoundNotReleased,
    RoundOutOfOrder,
)
from exams.registration.models import Room, RoomDuty, Round, RoundStatus
from exams.registration.services.examinations import examination_on
from exams.seat import clock
from exams.seat.models import JournalEntry
from learning.people import audit
from learning.people.models import Person


@dataclass(frozen=True)
class Plan:
    """A round's name and times; without minutes of its own it has the examination's."""

    title: str
    doors_open_at: datetime
    starts_at: datetime
    minutes: int | None = None


def _check(plan: Plan) -> None:
    if plan.doors_open_at >= plan.starts_at or (plan.minutes is not None and plan.minutes < 1):
        raise RoundOutOfOrder


@transaction.atomic
def create_round(code: str, plan: Plan, *, actor: Person | None) -> Round:
    """Make a round of the examination `code` under the rules in force on its day.

    Raises NoExamination, RoundOutOfOrder.
    """
    _check(plan)
    examination = examination_on(code, timezone.localdate(plan.starts_at))
    created = Round.objects.create(
        examination=examination,
        title=plan.title,
        doors_open_at=plan.doors_open_at,
        starts_at=plan.starts_at,
        minutes=plan.minutes or examination.minutes,
        created_by=actor,
    )
    audit.record(actor, "registration.round_created", created, title=plan.title)
    return created


@transaction.atomic
def change_plan(round_: Round, plan: Plan, *, actor: Person) -> Round:
    """Change a round in preparation; its rules are those of its new day. For its clocks see `placing`.

    A round with papers keeps the rules they were made by. Raises RoundNotDraft, NoExamination,
    RoundOutOfOrder.
    """
    _check(plan)
    found = locked_draft(round_)
    found.title, found.doors_open_at, found.starts_at = plan.title, plan.doors_open_at, plan.starts_at
    if found.envelope_id is None:
        day = timezone.localdate(plan.starts_at)
        found.examination = examination_on(found.examination.code, day)
    found.minutes = plan.minutes or found.examination.minutes
    found.save()
    audit.record(actor, "registration.round_changed", found, title=plan.title)
    return found


def locked(round_: Round) -> Round:
    """Return the round as it is now, kept from changing until the transaction ends."""
    return Round.objects.select_for_update(no_key=True).get(pk=round_.pk)


def locked_draft(round_: Round) -> Round:
    """Return the round as `locked` does. Raises RoundNotDraft."""
    found = locked(round_)
    if found.status != RoundStatus.DRAFT:
        raise RoundNotDraft
    return found


@transaction.atomic
def assign(round_: Round, room: Room, person: Person, *, actor: Person | None) -> RoomDuty:
    """Give an invigilator the duty in a room of the round; giving it again changes nothing."""
    duty, is_new = RoomDuty.objects.get_or_create(round=round_, room=room, person=person)
    if is_new:
        audit.record(actor, "registration.duty_given", round_, room=room.pk, person=person.pk)
    return duty


@transaction.atomic
def relieve(duty: RoomDuty, *, actor: Person) -> None:
    """Take a duty back."""
    audit.record(actor, "registration.duty_taken", duty.round, room=duty.room_id, person=duty.person_id)
    duty.delete()


def missing(round_: Round, *, now: datetime) -> list[str | Promise]:
    """Return a sentence for everything without which the round cannot be released."""
    found: list[str | Promise] = []
    if round_.starts_at <= now:
        found.append(_("The start lies in the past."))
    if not round_.candidates.exists():
        found.append(_("Nobody is entered for the round."))
    if round_.envelope_id is None:
        found.append(_("The papers have not been made."))
    if waiting := round_.candidates.filter(placement=None).count():
        found.append(_("%(count)d candidates have no seat.") % {"count": waiting})
    used = round_.rooms.filter(seats__placements__round=round_).distinct()
    if unguarded := list(used.exclude(duties__round=round_).values_list("name", flat=True)[:5]):
        found.append(_("Rooms without an invigilator: %(rooms)s.") % {"rooms": ", ".join(unguarded)})
    return found


@transaction.atomic
def release_round(round_: Round, *, actor: Person | None, now: datetime) -> Round:
    """Release a round: from now on its candidates can be admitted. Raises RoundNotDraft, RoundNotReady."""
    found = locked_draft(round_)
    if gaps := missing(found, now=now):
        raise RoundNotReady(gaps)
    return _step(found, RoundStatus.RELEASED, actor)


@transaction.atomic
def recall_round(round_: Round, *, actor: Person, now: datetime) -> Round:
    """Take a release back, to change the round. Raises RoundNotReleased, RoundBegun."""
    found = locked(round_)
    if found.status != RoundStatus.RELEASED:
        raise RoundNotReleased
    if found.starts_at <= now or is_begun(found):
        raise RoundBegun
    return _step(found, RoundStatus.DRAFT, actor)


def is_begun(round_: Round) -> bool:
    """Say whether anybody's sitting has been opened or submitted."""
    return JournalEntry.objects.filter(sitting__placement__round=round_).exists()


@transaction.atomic
def move_round(
    round_: Round, starts_at: datetime, *, actor: Person | None, reason: str, now: datetime
) -> Round:
    """Move the start of a round in which nobody has begun, its clocks with it, even when it has passed.

    Doors that would open after the new start open now. Raises RoundOutOfOrder for a time that is not
    ahead, RoundBegun.
    """
    found = locked(round_)
    if starts_at <= now:
        raise RoundOutOfOrder
    if found.status == RoundStatus.CLOSED or is_begun(found):
        raise RoundBegun
    before, found.starts_at = found.starts_at, starts_at
    if found.doors_open_at >= starts_at:
        found.doors_open_at = now
    found.save(update_fields=["starts_at", "doors_open_at"])
    sittings = list(found.placements.values_list("sitting", flat=True))
    clock.move_start(sittings, starts_at, actor=actor, reason=reason, now=now, even_begun=True)
    audit.record(
        actor,
        "registration.round_moved",
        found,
        before=before.isoformat(),
        after=starts_at.isoformat(),
        reason=reason,
    )
    return found


@transaction.atomic
def close_round(round_: Round, *, actor: Person | None) -> Round:
    """Close a round in which everybody has submitted. Raises RoundNotReleased, RoundNotOver."""
    found = locked(round_)
    if found.status != RoundStatus.RELEASED:
        raise RoundNotReleased
    if found.placements.filter(sitting__closed_at=None).exists():
        raise RoundNotOver
    return _step(found, RoundStatus.CLOSED, actor)


def _step(round_: Round, status: RoundStatus, actor: Person | None) -> Round:
    round_.status = status
    round_.save(update_fields=["status"])
    audit.record(actor, f"registration.round_{status}", round_)
    return round_


def extra_time(minutes: int, extra_percent: int) -> timedelta:
    """Return a candidate's approved extra time."""
    return timedelta(minutes=minutes) * extra_percent / 100
