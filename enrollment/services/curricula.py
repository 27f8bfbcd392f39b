"""How far a person is in curricula; asked in a fixed number of queries, however many courses there are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Prefetch, QuerySet

from courses.catalogue.models import Curriculum, CurriculumCourse
from courses.partners.models import Outcome
from enrollment.curricula import Place, Rule, Standing, standing
from enrollment.models import ACTIVE, Enrolment, EnrolmentState
from learning.people.models import Person


@dataclass(frozen=True)
class Line:
    """A course of a curriculum as one person has it."""

    entry: CurriculumCourse
    completed_at: datetime | None
    # The enrolment that is going on, if there is one.
    enrolment: Enrolment | None
    is_lacking: bool

    @property
    def is_done(self) -> bool:
        """Whether the person has completed the course."""
        return self.completed_at is not None


@dataclass(frozen=True)
class Way:
    """A curriculum as one person has it."""

    curriculum: Curriculum
    standing: Standing
    lines: list[Line]

    @property
    def groups(self) -> list[tuple[str, list[Line]]]:
        """The courses under their headings."""
        return [(name, list(lines)) for name, lines in groupby(self.lines, key=lambda line: line.entry.group)]


def way_of(person: Person, curriculum: Curriculum) -> Way:
    """Return how far a person is in a curriculum."""
    return next(ways(person, Curriculum.objects.filter(pk=curriculum.pk)))


def begun(person: Person) -> list[Way]:
    """Return the curricula of which the person has completed a course at least."""
    done = Enrolment.objects.filter(person=person, state=EnrolmentState.COMPLETED).values("course")
    reported = Outcome.objects.filter(person=person, completed_at__isnull=False).values("course")
    offered = Curriculum.objects.filter(retired_at=None)
    mine = offered.filter(entries__course__in=done) | offered.filter(entries__course__in=reported)
    return list(ways(person, mine.distinct()))


def ways(person: Person, curricula: QuerySet[Curriculum]) -> Iterator[Way]:
    """Yield how far a person is in each of these curricula."""
    entries = CurriculumCourse.objects.select_related("course__owner").order_by("order")
    found = list(curricula.select_related("owner").prefetch_related(Prefetch("entries", entries)))
    courses = {entry.course_id for each in found for entry in each.entries.all()}
    completed = _completed(person, courses)
    going_on = {
        enrolment.course_id: enrolment
        for enrolment in Enrolment.objects.filter(person=person, course__in=courses, state__in=ACTIVE)
    }
    for curriculum in found:
        rows = list(curriculum.entries.all())
        result = standing(
            [Place(row.course_id, row.course.hours, row.is_required) for row in rows],
            Rule(curriculum.rule, curriculum.rule_count or 0, curriculum.rule_hours or Rule().hours),
            completed,
        )
        lines = [
            Line(row, completed.get(key), going_on.get(key), key in result.lacking)
            for row, key in ((row, row.course_id) for row in rows)
        ]
        yield Way(curriculum, result, lines)


def _completed(person: Person, courses: Iterable[int]) -> dict[int, datetime]:
    """Return when the person first completed each of the courses, here or at a partner."""
    here = Enrolment.objects.filter(person=person, course__in=courses, completed_at__isnull=False)
    there = Outcome.objects.filter(person=person, course__in=courses, completed_at__isnull=False)
    found: dict[int, datetime] = {}
    for rows in (here, there):
        for course, at in rows.order_by().values_list("course", "completed_at"):
            if at is not None and (course not in found or at < found[course]):
                found[course] = at
    return found
