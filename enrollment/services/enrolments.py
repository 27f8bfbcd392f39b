"""Enrolments: asked for, approved, seated, withdrawn.

Whoever gives or frees a seat holds the row of the round, so that a round never has more learners than
seats, and who has waited longest is the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.catalogue.models import CourseVersion, VersionStatus
from courses.player.models import Registration
from enrollment import eligibility
from enrollment.errors import (
    AlreadyEnrolled,
    AlreadyLearning,
    CourseNotOffered,
    NotEligible,
    NothingToWithdraw,
    NotRequested,
    ReasonMissing,
    RegistrationClosed,
    RoundFull,
    SupervisorMissing,
)
from enrollment.models import ACTIVE, HOLDS_SEAT, CourseRound, Enrolment, EnrolmentState, NoticeKind, Reminder
from enrollment.services import notices
from enrollment.services.statements import tell_enrolled, tell_withdrawn
from learning import thai
from learning.people import audit
from learning.people.access import officer_agencies
from learning.people.models import Person

_BATCH = 1000
# What is written anew of somebody who comes back to a round.
_ANEW = (
    "state",
    "queued_at",
    "enrolled_at",
    "enrolled_by",
    "supervisor",
    "decided_by",
    "decided_at",
    "ended_at",
    "reason",
)


def lock(round_: CourseRound) -> CourseRound:
    """Return the round with its row held until the transaction ends."""
    return (
        CourseRound.objects.select_for_update(no_key=True, of=("self",))
        .select_related("course")
        .get(pk=round_.pk)
    )


@transaction.atomic
def enrol(
    round_: CourseRound, person: Person, *, now: datetime, supervisor: Person | None = None
) -> Enrolment:
    """Enrol a person who asks for it: into a seat, onto the waiting list, or before the supervisor.

    Raises CourseNotOffered, RegistrationClosed, AlreadyEnrolled, AlreadyLearning, NotEligible,
    SupervisorMissing, RoundFull.
    """
    locked = lock(round_)
    refuse_unless_offered(locked, now=now)
    sentences = eligibility.unmet(eligibility.conditions_of(locked), eligibility.applicant(person))
    if sentences:
        raise NotEligible(sentences)
    if locked.needs_approval and not may_approve(supervisor, person):
        raise SupervisorMissing
    if locked.needs_approval:
        request = _entered(locked, person, EnrolmentState.REQUESTED, now, supervisor)
        notices.write(request, NoticeKind.ASKED)
        return request
    enrolment = _entered(locked, person, EnrolmentState.WAITING, now)
    _seat_or_wait(locked, enrolment, now)
    return enrolment


@dataclass(frozen=True)
class Entered:
    """What became of a list: seats given, places on the waiting list, and who was left out."""

    enrolled: int
    waiting: int
    left_out: int


@transaction.atomic
def enrol_many(round_: CourseRound, persons: Sequence[int], *, actor: Person, now: datetime) -> Entered:
    """Enrol these persons, whose officer stands for the approval; those who cannot be are left out.

    Whoever stands first in the list gets the first seat. A few statements for a list of any length. Raises
    CourseNotOffered, RegistrationClosed, RoundFull.
    """
    locked = lock(round_)
    refuse_unless_offered(locked, now=now)
    judged = judge(locked, persons)
    chosen = [person for person in dict.fromkeys(persons) if judged.get(person) == []]
    there = {
        enrolment.person_id: enrolment
        for enrolment in Enrolment.objects.filter(round=locked, person__in=chosen)
    }
    for enrolment in there.values():
        _begin_anew(enrolment, EnrolmentState.WAITING, now)
        enrolment.enrolled_by = actor
    Enrolment.objects.bulk_update(there.values(), _ANEW, batch_size=_BATCH)
    Reminder.objects.filter(enrolment__in=[each.pk for each in there.values()]).delete()
    _enter_new(locked, [person for person in chosen if person not in there], actor, now)
    fill(locked, now=now)
    waiting = Enrolment.objects.filter(round=locked, person__in=chosen, state=EnrolmentState.WAITING).count()
    if waiting and not locked.has_waiting_list:
        raise RoundFull(too_many(len(chosen), len(chosen) - waiting))
    entered = Entered(len(chosen) - waiting, waiting, len(persons) - len(chosen))
    audit.record(
        actor, "enrollment.staff_enrolled", locked, enrolled=entered.enrolled, waiting=entered.waiting
    )
    return entered


def too_many(persons: int, seats: int) -> str:
    """Say that a list is too long for a round without a waiting list."""
    text = ngettext(
        "The round has %(seats)d free seat for the %(persons)d persons of the list, and no waiting list. "
        "Nobody was enrolled: shorten the list, or have the seats made more.",
        "The round has %(seats)d free seats for the %(persons)d persons of the list, and no waiting list. "
        "Nobody was enrolled: shorten the list, or have the seats made more.",
        seats,
    )
    return text % {"seats": seats, "persons": persons}


def _enter_new(round_: CourseRound, persons: Sequence[int], actor: Person, now: datetime) -> None:
    """Enter persons who never were in a locked round: into the free seats, and then onto the waiting list.

    While somebody waits no seat is free, so nobody is passed over.
    """
    free = free_seats(round_)
    seats = len(persons) if free is None else min(free, len(persons))
    version = _published(round_)
    registrations = [
        Registration(
            person_id=person,
            version=version,
            opens_at=round_.access_opens_at,
            closes_at=round_.access_closes_at,
        )
        for person in persons[:seats]
    ]
    Registration.objects.bulk_create(registrations, batch_size=_BATCH)
    seated = [
        Enrolment(
            person_id=registration.person_id,
            registration=registration,
            state=EnrolmentState.ENROLLED,
            enrolled_at=now,
        )
        for registration in registrations
    ]
    waiting = [Enrolment(person_id=person, state=EnrolmentState.WAITING) for person in persons[seats:]]
    entered = seated + waiting
    for enrolment in entered:
        enrolment.round, enrolment.course = round_, round_.course
        enrolment.queued_at, enrolment.enrolled_by = now, actor
    Enrolment.objects.bulk_create(entered, batch_size=_BATCH)
    tell_enrolled(round_, seated, now=now)


def free_seats(round_: CourseRound) -> int | None:
    """Return how many seats of a round are free, for good while it is locked; None without a limit."""
    if round_.capacity is None:
        return None
    taken = Enrolment.objects.filter(round=round_, state__in=HOLDS_SEAT).count()
    return max(0, round_.capacity - taken)


def judge(round_: CourseRound, persons: Sequence[int]) -> dict[int, list[str]]:
    """Return for each person the sentences that speak against enrolling them; none for who can be."""
    conditions = eligibility.conditions_of(round_)
    found = eligibility.applicants(persons, round_)
    sentences = {person: eligibility.unmet(conditions, applicant) for person, applicant in found.items()}
    own = Enrolment.objects.filter(course=round_.course, person__in=persons)
    busy = own.filter(state__in=ACTIVE).exclude(round=round_).values_list("person", flat=True)
    here = own.filter(round=round_, state__in=(*ACTIVE, EnrolmentState.COMPLETED))
    for person in busy:
        sentences[person].append(_("This person is in another round of this course."))
    for person in here.values_list("person", flat=True):
        sentences[person].append(_("This person is in this round already."))
    return sentences


def completed_before(round_: CourseRound, persons: Sequence[int]) -> dict[int, Enrolment]:
    """Return for each of these who completed the course in another round when they did so last."""
    found = Enrolment.objects.filter(
        course=round_.course, person__in=persons, state=EnrolmentState.COMPLETED
    ).exclude(round=round_)
    in_order = found.select_related("person", "round").order_by("completed_at", "pk")
    return {enrolment.person_id: enrolment for enrolment in in_order}


def refuse_unless_offered(round_: CourseRound, *, now: datetime) -> None:
    """Raise CourseNotOffered or RegistrationClosed where nobody can enrol in a round now."""
    if round_.course.retired_at is not None or _published(round_) is None:
        raise CourseNotOffered
    found = eligibility.window(round_.registration_opens_at, round_.registration_closes_at, now)
    if found != eligibility.Window.OPEN:
        raise RegistrationClosed


def may_approve(supervisor: Person | None, learner: Person) -> bool:
    """Say whether a person can be the one who approves: active, another, of the agency or of one above it."""
    return (
        supervisor is not None
        and supervisor.pk != learner.pk
        and supervisor.is_active
        and supervisor.agency is not None
        and learner.agency is not None
        and learner.agency.is_within(supervisor.agency)
    )


def _entered(
    round_: CourseRound,
    person: Person,
    state: EnrolmentState,
    now: datetime,
    supervisor: Person | None = None,
) -> Enrolment:
    """Return the person's enrolment in a round, new or taken up again."""
    enrolment = Enrolment.objects.filter(round=round_, person=person).first() or Enrolment(
        round=round_, person=person, course=round_.course
    )
    if enrolment.pk and enrolment.state in (*ACTIVE, EnrolmentState.COMPLETED):
        raise AlreadyEnrolled
    _begin_anew(enrolment, state, now)
    enrolment.supervisor = supervisor
    if enrolment.pk:
        enrolment.reminders.all().delete()
    try:
        with transaction.atomic():
            enrolment.save()
    except IntegrityError as error:
        # The lock is on this round only; the constraint speaks for the others of the course.
        raise AlreadyLearning from error
    return enrolment


def _begin_anew(enrolment: Enrolment, state: EnrolmentState, now: datetime) -> None:
    """Put an enrolment at its beginning, with nothing of the time before: who waits again has no seat yet.

    The caller removes the reminders, so that who comes back is told of a seat once more.
    """
    enrolment.state, enrolment.queued_at = state, now
    enrolment.enrolled_at = enrolment.decided_at = enrolment.ended_at = None
    enrolment.enrolled_by = enrolment.decided_by = enrolment.supervisor = None
    enrolment.reason = ""


def _seat_or_wait(round_: CourseRound, enrolment: Enrolment, now: datetime) -> None:
    """Seat whoever is next in a locked round, this waiting one or another. Raises RoundFull."""
    fill(round_, now=now)
    enrolment.refresh_from_db()
    if enrolment.state == EnrolmentState.WAITING and not round_.has_waiting_list:
        raise RoundFull


def fill(round_: CourseRound, *, now: datetime) -> list[Enrolment]:
    """Give the free seats of a locked round to those who have waited longest; return who got one."""
    waiting = Enrolment.objects.filter(round=round_, state=EnrolmentState.WAITING).order_by("queued_at", "pk")
    if (free := free_seats(round_)) is not None:
        waiting = waiting[:free]
    chosen = list(waiting.select_related("registration"))
    seat(round_, chosen, now=now)
    return chosen


def seat(round_: CourseRound, chosen: Sequence[Enrolment], *, now: datetime) -> None:
    """Give these enrolments of a locked round their seats, in a few statements however many they are.

    Raises CourseNotOffered.
    """
    version = _published(round_)
    if version is None:
        raise CourseNotOffered
    new: list[Registration] = []
    returning: list[Registration] = []
    for enrolment in chosen:
        registration = enrolment.registration or Registration(person_id=enrolment.person_id, version=version)
        (returning if enrolment.registration else new).append(registration)
        registration.opens_at, registration.closes_at = round_.access_opens_at, round_.access_closes_at
        enrolment.registration = registration
        enrolment.state, enrolment.enrolled_at = EnrolmentState.ENROLLED, now
    Registration.objects.bulk_create(new, batch_size=_BATCH)
    Registration.objects.bulk_update(returning, ["opens_at", "closes_at"], batch_size=_BATCH)
    Enrolment.objects.bulk_update(chosen, ["registration"], batch_size=_BATCH)
    for start in range(0, len(chosen), _BATCH):
        keys = [enrolment.pk for enrolment in chosen[start : start + _BATCH]]
        Enrolment.objects.filter(pk__in=keys).update(state=EnrolmentState.ENROLLED, enrolled_at=now)
    tell_enrolled(round_, chosen, now=now)


def _published(round_: CourseRound) -> CourseVersion | None:
    return CourseVersion.objects.filter(course=round_.course_id, status=VersionStatus.PUBLISHED).first()


@transaction.atomic
def withdraw(enrolment: Enrolment, *, now: datetime) -> None:
    """End an enrolment that is not completed; the seat goes to who is next. Raises NothingToWithdraw.

    What was learnt is kept: who enrols in the round again goes on from there.
    """
    locked = lock(enrolment.round)
    # Nobody gets a seat while the round is held.
    had_seat = Enrolment.objects.filter(pk=enrolment.pk, state=EnrolmentState.ENROLLED).exists()
    # The registration first, as the player does when progress completes a course.
    Registration.objects.filter(enrolment=enrolment).update(closes_at=now)
    ended = Enrolment.objects.filter(pk=enrolment.pk, state__in=ACTIVE).update(
        state=EnrolmentState.WITHDRAWN, ended_at=now
    )
    if not ended:
        raise NothingToWithdraw
    enrolment.refresh_from_db()
    if had_seat:
        tell_withdrawn(enrolment, now=now)
    fill(locked, now=now)


@transaction.atomic
def approve(enrolment: Enrolment, *, actor: Person, now: datetime) -> None:
    """Approve a request; its place in the waiting list is that of the day it was made.

    Raises NotRequested, RoundFull.
    """
    locked = lock(enrolment.round)
    _decide(enrolment, actor, now, EnrolmentState.WAITING, "")
    _seat_or_wait(locked, enrolment, now)
    notices.write(enrolment, NoticeKind.APPROVED)
    audit.record(actor, "enrollment.approved", enrolment, person=enrolment.person_id)


@transaction.atomic
def refuse(enrolment: Enrolment, reason: str, *, actor: Person, now: datetime) -> None:
    """Refuse a request and say why. Raises ReasonMissing, NotRequested."""
    reason = thai.tidy(reason)
    if not reason:
        raise ReasonMissing
    _decide(enrolment, actor, now, EnrolmentState.REFUSED, reason)
    notices.write(enrolment, NoticeKind.REFUSED)
    audit.record(actor, "enrollment.refused", enrolment, person=enrolment.person_id, reason=reason)


def _decide(enrolment: Enrolment, actor: Person, now: datetime, state: EnrolmentState, reason: str) -> None:
    # Conditional, so that of two who decide at once only one does.
    decided = Enrolment.objects.filter(pk=enrolment.pk, state=EnrolmentState.REQUESTED).update(
        state=state,
        decided_by=actor,
        decided_at=now,
        reason=reason,
        ended_at=now if state == EnrolmentState.REFUSED else None,
    )
    if not decided:
        raise NotRequested
    enrolment.refresh_from_db()


def to_decide(person: Person) -> QuerySet[Enrolment]:
    """Return the requests a person may decide: those that name them, and those of their agencies' staff."""
    mine = Q(supervisor=person) | Q(person__agency__in=officer_agencies(person))
    return (
        Enrolment.objects.filter(mine, state=EnrolmentState.REQUESTED)
        .exclude(person=person)
        .select_related("person__agency", "round", "course", "supervisor")
        .order_by("queued_at", "pk")
    )
