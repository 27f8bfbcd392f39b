"""Figures of a course and its rounds: how many learn and complete it, how they score, what they say.

Every function is a fixed number of queries, however many learners, rounds or courses there are.

What a survey says is shown of a whole version only, and five answers at a time: below five nothing, from
then on the first five, ten, fifteen … in the order of their coming. Whoever compares two rounds, or
yesterday's page with today's, never finds out what fewer than five persons answered.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from courses.catalogue.contents import SurveyKind, TestRole, read_survey
from courses.catalogue.models import Course, Unit, UnitKind
from courses.player.models import Purpose, SurveyResponse, UnitProgress
from enrollment.models import HOLDS_SEAT, CourseRound, Enrolment, EnrolmentState

# Who learnt something within this time is active.
ACTIVE_WITHIN = timedelta(days=30)
# Fewer answers than these are nobody's to see.
AT_LEAST = 5
_SCALE = range(5, 0, -1)


@dataclass(frozen=True)
class Counts:
    """How many persons are where. Enrolled are those with a seat, completed or not."""

    enrolled: int = 0
    active: int = 0
    completed: int = 0
    waiting: int = 0
    requested: int = 0
    withdrawn: int = 0

    @property
    def percent(self) -> Decimal | None:
        """Completed of those enrolled, in percent."""
        return Decimal(100 * self.completed) / self.enrolled if self.enrolled else None


def scope(course: Course, round_: CourseRound | None = None) -> QuerySet[Enrolment]:
    """Return the enrolments of a course, or of one of its rounds."""
    found = Enrolment.objects.filter(course=course)
    return found.filter(round=round_) if round_ else found


def counts(enrolments: QuerySet[Enrolment], *, now: datetime) -> Counts:
    """Count persons by where they are; two queries."""
    states = Counter(dict(enrolments.order_by().values_list("state").annotate(count=Count("*"))))
    return _counts(states, _active(enrolments, now).count())


def by_round(course: Course, *, now: datetime) -> dict[int, Counts]:
    """Count persons by round; two queries."""
    rounds = CourseRound.objects.filter(course=course).values("pk")
    return _by(Enrolment.objects.filter(round__in=rounds), "round", now)


def by_course(courses: Iterable[Course], *, now: datetime) -> dict[int, Counts]:
    """Count persons by course; two queries."""
    return _by(Enrolment.objects.filter(course__in=[course.pk for course in courses]), "course", now)


def _by(enrolments: QuerySet[Enrolment], name: str, now: datetime) -> dict[int, Counts]:
    # What is counted stands in an index with the state, so that no row has to be read. Joining the
    # registrations of all, as one query for everything would, read every one of them: a second at 30,000.
    states: dict[int, Counter[str]] = defaultdict(Counter)
    for key, state, count in enrolments.order_by().values_list(name, "state").annotate(count=Count("*")):
        states[key][state] = count
    active = dict(_active(enrolments, now).order_by().values_list(name).annotate(count=Count("*")))
    return {key: _counts(found, active.get(key, 0)) for key, found in states.items()}


def _active(enrolments: QuerySet[Enrolment], now: datetime) -> QuerySet[Enrolment]:
    return enrolments.filter(
        state=EnrolmentState.ENROLLED, registration__last_active_at__gte=now - ACTIVE_WITHIN
    )


def _counts(states: Mapping[str, int], active: int) -> Counts:
    state = EnrolmentState
    return Counts(
        enrolled=sum(states.get(each, 0) for each in HOLDS_SEAT),
        active=active,
        completed=states.get(state.COMPLETED, 0),
        waiting=states.get(state.WAITING, 0),
        requested=states.get(state.REQUESTED, 0),
        withdrawn=states.get(state.WITHDRAWN, 0),
    )


@dataclass(frozen=True)
class Score:
    """The best results of those who took the tests of a role, as percents."""

    role: TestRole
    takers: int = 0
    mean: Decimal | None = None
    lowest: Decimal | None = None
    highest: Decimal | None = None


def scores(enrolments: QuerySet[Enrolment]) -> list[Score]:
    """Return the results in the tests before and after learning; one query."""
    rows = (
        _progress(enrolments)
        .filter(unit__kind=UnitKind.TEST, score__isnull=False)
        .order_by()
        .values(role=KeyTextTransform("role", "unit__content"))
        .annotate(
            takers=Count("registration", distinct=True),
            mean=Avg(F("score") * 100),
            lowest=Min(F("score") * 100),
            highest=Max(F("score") * 100),
        )
    )
    found = {row["role"]: row for row in rows}
    return [
        Score(**found[role] | {"role": role}) if role in found else Score(role)
        for role in (TestRole.PRE, TestRole.POST)
    ]


@dataclass(frozen=True)
class Time:
    """Learning time counted from evidence, of those who have any."""

    learners: int
    mean: timedelta | None


def time_spent(enrolments: QuerySet[Enrolment]) -> Time:
    """Return the learning time of a learner on average; one query."""
    found = (
        _progress(enrolments)
        .filter(seconds__gt=0)
        .order_by()
        .aggregate(seconds=Coalesce(Sum("seconds"), 0), learners=Count("registration", distinct=True))
    )
    learners = int(found["learners"])
    return Time(learners, timedelta(seconds=found["seconds"] // learners) if learners else None)


def _progress(enrolments: QuerySet[Enrolment]) -> QuerySet[UnitProgress]:
    return UnitProgress.objects.filter(
        registration__in=enrolments.order_by().exclude(registration=None).values("registration")
    )


# -- Surveys ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Answers:
    """What is shown of one question: how many chose each step of the scale, or the comments."""

    text: str
    # (step, how many, percent), five first; empty for comments.
    steps: list[tuple[int, int, Decimal]] = field(default_factory=list)
    mean: Decimal | None = None
    # In the order of the alphabet, which says nothing of who wrote when.
    comments: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Survey:
    """What is shown of a survey; `shown` is how many answers it rests on, 0 while there are too few."""

    unit: Unit
    version: int
    shown: int
    answers: list[Answers] = field(default_factory=list)


def surveys(course: Course) -> list[Survey]:
    """Return what the surveys of a course say, of the latest version first."""
    units = (
        Unit.objects.filter(kind=UnitKind.SURVEY, topic__version__course=course)
        .annotate(answered=_answered(), number=F("topic__version__number"))
        .filter(answered__gt=0)
        .order_by("-number", "topic__order", "order")
    )
    return [_survey(unit, unit.number, unit.answered) for unit in units]


def _answered() -> Coalesce:
    rows = (
        SurveyResponse.objects.filter(unit=OuterRef("pk"), registration__purpose=Purpose.LEARNING)
        .order_by()
        .values("unit")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return Coalesce(Subquery(rows), 0)


def _survey(unit: Unit, version: int, answered: int) -> Survey:
    shown = answered - answered % AT_LEAST
    if not shown:
        return Survey(unit, version, 0)
    in_order = SurveyResponse.objects.filter(unit=unit, registration__purpose=Purpose.LEARNING).order_by(
        "submitted_at", "pk"
    )
    last = in_order[shown - 1]
    whole = in_order.filter(
        Q(submitted_at__lt=last.submitted_at) | Q(submitted_at=last.submitted_at, pk__lte=last.pk)
    ).order_by()
    answers = []
    for question in read_survey(unit.content).questions:
        given = whole.values_list(KeyTextTransform(question.id, "answers")).annotate(count=Count("pk"))
        # SQLite gives numbers as numbers.
        counted = {str(value): count for value, count in given if value not in {None, ""}}
        if question.kind == SurveyKind.COMMENT:
            answers.append(Answers(question.text, comments=sorted(counted)))
        else:
            answers.append(_on_scale(question.text, counted))
    return Survey(unit, version, shown, answers)


def _on_scale(text: str, counted: Mapping[str, int]) -> Answers:
    counts = {step: counted.get(str(step), 0) for step in _SCALE}
    total = sum(counts.values())
    if not total:
        return Answers(text)
    steps = [(step, count, Decimal(100 * count) / total) for step, count in counts.items()]
    return Answers(text, steps, Decimal(sum(step * count for step, count in counts.items())) / total)


# -- The list ---------------------------------------------------------------------------------------
def rows(enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment, Any]:
    """Return enrolments with what a list of learners says of each, in one query."""
    progress = UnitProgress.objects.filter(registration=OuterRef("registration")).order_by()

    def best(role: TestRole) -> Subquery:
        of_role = progress.filter(unit__kind=UnitKind.TEST, unit__content__role=role)
        return Subquery(of_role.values("registration").annotate(value=Max("score") * 100).values("value"))

    spent = progress.values("registration").annotate(value=Sum("seconds")).values("value")
    return (
        enrolments.select_related("person__agency", "round", "certificate")
        .annotate(spent=Coalesce(Subquery(spent), 0), before=best(TestRole.PRE), after=best(TestRole.POST))
        .order_by("pk")
    )
