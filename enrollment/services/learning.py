"""What a person sees of their own courses."""

from typing import Any

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from courses.catalogue.contents import TestRole
from courses.catalogue.models import Course, Unit
from courses.player.models import UnitProgress, UnitStatus
from enrollment.models import Enrolment, EnrolmentState
from learning.people.models import Person


def mine(person: Person) -> QuerySet[Enrolment]:
    """Return a person's enrolments with how far each is, what moved last first."""
    return (
        _with_place(with_progress(Enrolment.objects.of(person).listed()))
        .exclude(state=EnrolmentState.WITHDRAWN)
        .order_by(F("registration__last_active_at").desc(nulls_last=True), "-queued_at", "-pk")
    )


def going_on(person: Person) -> QuerySet[Enrolment]:
    """Return the enrolments in which there is something left to learn."""
    return mine(person).filter(state=EnrolmentState.ENROLLED)


def of_course(person: Person, course: Course) -> list[Enrolment]:
    """Return a person's enrolments in a course, the latest first."""
    return list(_with_place(with_progress(Enrolment.objects.of(person).filter(course=course).listed())))


def with_progress(enrolments: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate `done` and `units`: required units completed, and all of them, as `Unit.counts` has it."""
    # What has no role is in SQL neither equal to one nor another.
    units = Unit.objects.filter(
        Q(content__role__isnull=True) | ~Q(content__role=TestRole.PRE),
        topic__version=OuterRef("registration__version"),
        is_required=True,
    )
    done = UnitProgress.objects.filter(
        Q(unit__content__role__isnull=True) | ~Q(unit__content__role=TestRole.PRE),
        registration=OuterRef("registration"),
        status=UnitStatus.COMPLETED,
        unit__is_required=True,
    )
    counted: QuerySet[Any] = enrolments.annotate(
        done=Coalesce(Subquery(_counted(done, "registration")), 0),
        units=Coalesce(Subquery(_counted(units, "topic__version")), 0),
    )
    return counted


def _with_place(enrolments: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate `ahead`: of somebody on a waiting list, how many come before them; None of all others."""
    ahead = Enrolment.objects.filter(
        Q(queued_at__lt=OuterRef("queued_at")) | Q(queued_at=OuterRef("queued_at"), pk__lt=OuterRef("pk")),
        round=OuterRef("round"),
        state=EnrolmentState.WAITING,
    )
    count = Coalesce(Subquery(_counted(ahead, "round")), 0)
    placed: QuerySet[Any] = enrolments.annotate(ahead=Case(When(state=EnrolmentState.WAITING, then=count)))
    return placed


def _counted(rows: QuerySet[Any], by: str) -> QuerySet[Any, Any]:
    counted: QuerySet[Any, Any] = rows.order_by().values(by).annotate(count=Count("pk")).values("count")
    return counted
