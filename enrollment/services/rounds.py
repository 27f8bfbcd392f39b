"""Rounds: made, changed, deleted while nobody is in them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from courses.catalogue.models import Course
from courses.player.models import Registration
from enrollment.errors import InvalidRound, RoundInUse, TooFewSeats
from enrollment.models import HOLDS_SEAT, CourseRound, Enrolment, EnrolmentState
from enrollment.services import enrolments
from learning import thai
from learning.people import audit
from learning.people.models import Person

FIELDS = (
    "name",
    "registration_opens_at",
    "registration_closes_at",
    "access_opens_at",
    "access_closes_at",
    "capacity",
    "has_waiting_list",
    "needs_approval",
    "groups",
)
CONDITIONS = ("agencies", "levels", "prerequisites")


@transaction.atomic
def create_round(course: Course, values: Mapping[str, Any], *, actor: Person | None) -> CourseRound:
    """Make a round of a course; `values` hold FIELDS and CONDITIONS. Raises InvalidRound."""
    round_ = CourseRound(course=course, **{name: values[name] for name in FIELDS if name in values})
    _save(round_)
    _set_conditions(round_, values)
    audit.record(actor, "enrollment.round_created", round_, course=course.code, name=round_.name)
    return round_


@transaction.atomic
def change_round(
    round_: CourseRound, values: Mapping[str, Any], *, actor: Person, now: datetime
) -> CourseRound:
    """Change a round; who is in it stays in it, with the new dates, and new seats go to who waits.

    Raises InvalidRound, TooFewSeats.
    """
    locked = enrolments.lock(round_)
    for name in FIELDS:
        if name in values:
            setattr(locked, name, values[name])
    taken = Enrolment.objects.filter(round=locked, state__in=HOLDS_SEAT).count()
    if locked.capacity is not None and locked.capacity < taken:
        raise TooFewSeats
    _save(locked)
    _set_conditions(locked, values)
    Registration.objects.filter(enrolment__round=locked, enrolment__state__in=HOLDS_SEAT).update(
        opens_at=locked.access_opens_at, closes_at=locked.access_closes_at
    )
    enrolments.fill(locked, now=now)
    audit.record(actor, "enrollment.round_changed", locked, name=locked.name)
    return locked


@transaction.atomic
def delete_round(round_: CourseRound, *, actor: Person) -> None:
    """Delete a round that nobody ever enrolled in. Raises RoundInUse."""
    locked = enrolments.lock(round_)
    if locked.enrolments.exists():
        raise RoundInUse
    audit.record(actor, "enrollment.round_deleted", locked, name=locked.name)
    locked.delete()


def open_to_all(course: Course, *, actor: Person | None, now: datetime) -> CourseRound:
    """Make the next round of a course, open from now on to everybody without an end. Raises InvalidRound."""
    return create_round(course, {"name": next_name(course, now), "registration_opens_at": now}, actor=actor)


def next_name(course: Course, now: datetime) -> str:
    """Return the name of the next round as portals count them: 2569/1, then 2569/2."""
    year = thai.buddhist_year(timezone.localdate(now).year)
    taken = set(
        CourseRound.objects.filter(course=course, name__startswith=f"{year}/").values_list("name", flat=True)
    )
    number = 1
    while f"{year}/{number}" in taken:
        number += 1
    return f"{year}/{number}"


def waiting(round_: CourseRound) -> QuerySet[Enrolment]:
    """Return who waits for a seat of a round, in their order."""
    return (
        Enrolment.objects.filter(round=round_, state=EnrolmentState.WAITING)
        .select_related("person__agency")
        .order_by("queued_at", "pk")
    )


def people(round_: CourseRound, *, q: str = "", state: str = "") -> QuerySet[Enrolment, int]:
    """Return the keys of who is or was in a round, by name; those whose name holds `q`, in this state.

    Keys, because tens of thousands are sorted for fifty on a page: `shown` reads those.
    """
    found = Enrolment.objects.filter(round=round_)
    if state:
        found = found.filter(state=state)
    for word in q.split():
        found = found.filter(Q(person__first_name__icontains=word) | Q(person__last_name__icontains=word))
    return found.order_by("person__first_name", "person__last_name", "pk").values_list("pk", flat=True)


def shown(keys: Sequence[int]) -> list[Enrolment]:
    """Return these enrolments with what a list shows of them, in this order; one query."""
    found = Enrolment.objects.select_related("person__agency", "certificate").in_bulk(keys)
    return [found[key] for key in keys if key in found]


def _save(round_: CourseRound) -> None:
    round_.name = thai.tidy(round_.name)
    try:
        round_.full_clean()
    except ValidationError as error:
        raise InvalidRound(" ".join(error.messages)) from error
    round_.save()


def _set_conditions(round_: CourseRound, values: Mapping[str, Any]) -> None:
    for name in CONDITIONS:
        if name in values:
            getattr(round_, name).set(values[name])


def counts(round_: CourseRound) -> list[tuple[EnrolmentState, int]]:
    """Count the enrolments of a round by state, in one query."""
    rows = round_.enrolments.order_by().values_list("state").annotate(count=Count("*"))
    found: dict[str, int] = dict(rows)
    return [(state, found.get(state.value, 0)) for state in EnrolmentState]
