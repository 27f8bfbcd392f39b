"""Figures of a course and its rounds: how many learn and complete it, how they score, what they say.

Every function is a fixed number of queries, however many learners, rounds or courses there are.

What a survey says is shown of a whole version only, and the answers of five persons at a time: below five
nothing, from then on the first five, ten, fifteen … in the order of their coming. Whoever compares two
rounds, or yesterday's page with today's, never finds out what fewer than five persons answered.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.cache import cache
from django.db.models import Aggregate, Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from courses.catalogue.contents import SurveyKind, TestRole, read_survey
from courses.catalogue.models import Course, Unit, UnitKind
from courses.player.models import Purpose, Registration, SurveyResponse, UnitProgress
from enrollment.models import HOLDS_SEAT, CourseRound, Enrolment, EnrolmentState

# Who learnt something within this time is active.
ACTIVE_WITHIN = timedelta(days=30)
# Fewer answers than these are nobody's to see.
AT_LEAST = 5
# To count as many reads as many rows, scattered over the disk: seconds at 40,000. What was counted is kept.
MANY = 2_000
KEPT_FOR = timedelta(minutes=10)
_SCALE = range(5, 0, -1)
_WITHOUT_SEAT = tuple(state for state in EnrolmentState if state not in HOLDS_SEAT)


@dataclass(frozen=True)
class Counts:
    """How many persons are where. Enrolled are those with a seat, completed or not, active some of them."""

    enrolled: int = 0
    active: int = 0
    completed: int = 0
    waiting: int = 0
    requested: int = 0
    withdrawn: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(mine + more for mine, more in zip(astuple(self), astuple(other), strict=True)))

    @property
    def percent(self) -> Decimal | None:
        """Completed of those enrolled, in percent."""
        return Decimal(100 * self.completed) / self.enrolled if self.enrolled else None


@dataclass(frozen=True)
class Score:
    """The best results of those who took the tests of a role, as percents."""

    takers: int = 0
    total: Decimal = Decimal(0)
    lowest: Decimal | None = None
    highest: Decimal | None = None

    def __add__(self, other: "Score") -> "Score":
        lowest = [each for each in (self.lowest, other.lowest) if each is not None]
        highest = [each for each in (self.highest, other.highest) if each is not None]
        return Score(
            self.takers + other.takers,
            self.total + other.total,
            min(lowest, default=None),
            max(highest, default=None),
        )

    @property
    def mean(self) -> Decimal | None:
        """The result on average."""
        return self.total / self.takers if self.takers else None


@dataclass(frozen=True)
class Time:
    """Learning time counted from evidence, of those who have any."""

    learners: int = 0
    seconds: int = 0

    def __add__(self, other: "Time") -> "Time":
        return Time(self.learners + other.learners, self.seconds + other.seconds)

    @property
    def mean(self) -> timedelta | None:
        """The learning time on average, in whole seconds."""
        return timedelta(seconds=self.seconds // self.learners) if self.learners else None


@dataclass(frozen=True)
class Figures:
    """What is known of the learners of a round, or of several rounds together."""

    counts: Counts = Counts()
    before: Score = Score()
    after: Score = Score()
    time: Time = Time()

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.counts + other.counts,
            self.before + other.before,
            self.after + other.after,
            self.time + other.time,
        )


@dataclass(frozen=True)
class CourseFigures:
    """The figures of a course by round, its surveys, and when it was counted."""

    rounds: Mapping[int, Figures]
    surveys: Sequence["Survey"]
    counted_at: datetime

    @property
    def total(self) -> Figures:
        """All rounds together."""
        return sum(self.rounds.values(), Figures())

    @property
    def is_kept(self) -> bool:
        """Whether so many learn that what was counted stands for a while."""
        return self.total.counts.enrolled >= MANY


def of_course(course: Course, *, now: datetime) -> CourseFigures:
    """Return the figures of a course; where many learn, as they were counted some minutes ago at most."""
    found: CourseFigures | None = cache.get(_kept_as(course))
    if found is None:
        found = _count(course, now)
        if found.is_kept:
            cache.set(_kept_as(course), found, KEPT_FOR.total_seconds())
    return found


def takes_long(course: Course) -> bool:
    """Say whether many learn in the course and what was counted of them is not kept any more."""
    # No more of the index is read than it takes to know.
    seated = scope(course).filter(state__in=HOLDS_SEAT).order_by()[:MANY]
    return not cache.has_key(_kept_as(course)) and seated.count() == MANY


def _kept_as(course: Course) -> str:
    return f"enrollment:figures:{course.pk}"


def by_course(courses: Iterable[Course], *, now: datetime) -> dict[int, Counts]:
    """Count the persons of each course; three queries, and none reads a row for each of them."""
    keys = [course.pk for course in courses]
    moving = _active(keys, now).values_list("version__course")
    return _counts("course", Enrolment.objects.filter(course__in=keys), moving, now)


def scope(course: Course, round_: CourseRound | None = None) -> QuerySet[Enrolment]:
    """Return the enrolments of a course, or of one of its rounds."""
    found = Enrolment.objects.filter(course=course)
    return found.filter(round=round_) if round_ else found


# -- Counting ---------------------------------------------------------------------------------------
def _count(course: Course, now: datetime) -> CourseFigures:
    moving = _active([course.pk], now).values_list("enrolment__round")
    people = Enrolment.objects.filter(round__in=course.rounds.values("pk"))
    counts, learnt = _counts("round", people, moving, now), _learnt(course)
    found = {key: Figures(each, *learnt.get(key, ())) for key, each in counts.items()}
    return CourseFigures(found, surveys(course), now)


def _active(courses: Sequence[int], now: datetime) -> QuerySet[Registration]:
    """Return who learnt something lately: what is counted of them stands in an index, as the states do."""
    return Registration.objects.filter(
        version__course__in=courses, purpose=Purpose.LEARNING, last_active_at__gte=now - ACTIVE_WITHIN
    ).order_by()


def _counts(
    name: str, enrolments: QuerySet[Enrolment], moving: QuerySet[Any, Any], now: datetime
) -> dict[int, Counts]:
    """Count persons by round or course, with how many of them are `moving`; three queries.

    Those who left after they had learnt are few, and taken off: who is active stands in an index by itself.
    """
    states: dict[int, Counter[str]] = defaultdict(Counter)
    for key, state, count in enrolments.order_by().values_list(name, "state").annotate(count=Count("*")):
        states[key][state] = count
    active = Counter(dict(moving.annotate(count=Count("*"))))
    left = enrolments.filter(state__in=_WITHOUT_SEAT, registration__last_active_at__gte=now - ACTIVE_WITHIN)
    active.subtract(dict(left.order_by().values_list(name).annotate(count=Count("*"))))
    return {key: _placed(found, active[key]) for key, found in states.items()}


def _placed(states: Mapping[str, int], active: int) -> Counts:
    state = EnrolmentState
    return Counts(
        enrolled=sum(states.get(each, 0) for each in HOLDS_SEAT),
        active=active,
        completed=states.get(state.COMPLETED, 0),
        waiting=states.get(state.WAITING, 0),
        requested=states.get(state.REQUESTED, 0),
        withdrawn=states.get(state.WITHDRAWN, 0),
    )


def _learnt(course: Course) -> dict[int, tuple[Score, Score, Time]]:
    """Return the results before and after learning, and the time, by round; two queries.

    The second reads all progress in the course, once.
    """
    units: dict[str, list[int]] = defaultdict(list)
    for unit, role in Unit.objects.filter(topic__version__course=course).values_list(
        "pk", KeyTextTransform("role", "content")
    ):
        units[role or ""].append(unit)
    learners, percent = partial(Count, "registration", distinct=True), F("score") * 100
    sums: list[Aggregate] = []
    for role in (TestRole.PRE, TestRole.POST):
        taken = Q(unit__in=units[role], score__isnull=False)
        sums += [
            learners(filter=taken),
            Sum(percent, filter=taken, default=Decimal(0)),
            Min(percent, filter=taken),
            Max(percent, filter=taken),
        ]
    sums += [learners(filter=Q(seconds__gt=0)), Sum("seconds")]
    rows = (
        UnitProgress.objects.filter(unit__in=[unit for each in units.values() for unit in each])
        # Previews are in no round.
        .exclude(registration__enrolment=None)
        .order_by()
        .values_list("registration__enrolment__round")
        .annotate(**{f"sum{place}": each for place, each in enumerate(sums)})
    )
    return {round_: (Score(*values[:4]), Score(*values[4:8]), Time(*values[8:])) for round_, *values in rows}


# -- Surveys ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Answers:
    """What is shown of one question: how many chose each step of the scale, or the comments."""

    text: str
    is_scale: bool
    # (step, how many, percent), five first; empty for comments, and where too few chose a step.
    steps: list[tuple[int, int, Decimal]] = field(default_factory=list)
    mean: Decimal | None = None
    # In the order of the alphabet, which says nothing of who wrote when.
    comments: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Survey:
    """What is shown of a survey; `shown` is how many answers it rests on, 0 while there are too few."""

    title: str
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
    rows = _given().filter(unit=OuterRef("pk")).order_by().values("unit")
    people = rows.annotate(count=Count("registration__person", distinct=True)).values("count")
    return Coalesce(Subquery(people), 0)


def _given() -> QuerySet[SurveyResponse]:
    return SurveyResponse.objects.filter(registration__purpose=Purpose.LEARNING)


def _counted(unit: Unit) -> QuerySet[SurveyResponse]:
    """Return the first answers of each person: whoever comes in five rounds is not five persons."""
    given = _given().filter(unit=unit)
    firsts = given.order_by().values("registration__person").annotate(first=Min("pk")).values("first")
    return given.filter(pk__in=firsts)


def _survey(unit: Unit, version: int, answered: int) -> Survey:
    shown = answered - answered % AT_LEAST
    if not shown:
        return Survey(unit.title, version, 0)
    in_order = _counted(unit).order_by("submitted_at", "pk")
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
            comments = Counter(counted).elements()
            answers.append(Answers(question.text, is_scale=False, comments=sorted(comments)))
        else:
            answers.append(_on_scale(question.text, counted))
    return Survey(unit.title, version, shown, answers)


def _on_scale(text: str, counted: Mapping[str, int]) -> Answers:
    counts = {step: counted.get(str(step), 0) for step in _SCALE}
    total = sum(counts.values())
    # A question may be left out: of five who sent the survey one may have answered it.
    if total < AT_LEAST:
        return Answers(text, is_scale=True)
    steps = [(step, count, Decimal(100 * count) / total) for step, count in counts.items()]
    mean = Decimal(sum(step * count for step, count in counts.items())) / total
    return Answers(text, is_scale=True, steps=steps, mean=mean)


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
