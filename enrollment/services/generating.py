"""Make rounds, enrolments, registrations and progress in any number, for tests of load.

Everything is drawn from the seed, person by person, and written with COPY where the database knows it. Some
courses are taken by many and most by few. What happened is kept in the progress of units; stretches of
learning time, tries at tests, answers to surveys and certificates are not made.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

from courses.catalogue.models import CourseVersion, Unit, VersionStatus
from courses.player.models import Registration, UnitProgress, UnitStatus
from enrollment.models import CourseRound, Enrolment, EnrolmentState, Grounds
from learning.bulk import batched, columns_of, insert_fresh, prepared
from learning.people.models import Person

_PERSONS = 5_000
_COURSES = 500
_DAY = timedelta(days=1)
# Of a thousand enrolments.
_STATES = {
    EnrolmentState.COMPLETED: 520,
    EnrolmentState.ENROLLED: 370,
    EnrolmentState.WITHDRAWN: 70,
    EnrolmentState.REQUESTED: 20,
    EnrolmentState.WAITING: 10,
    EnrolmentState.REFUSED: 10,
}
_HOLD_REGISTRATION = (EnrolmentState.COMPLETED, EnrolmentState.ENROLLED)
_STARTED = 0.6
# How much rarer the course at place n of the list is than the first: 1 / n ** this.
_RARER = 0.6


@dataclass(frozen=True)
class _Offer:
    """A course with its rounds, the earlier first, and the units of its version."""

    course: int
    version: int
    units: tuple[int, ...]
    rounds: tuple[CourseRound, ...]


@dataclass
class _Rows:
    """Rows on their way into the database, in the order of the columns below."""

    registrations: list[Sequence[Any]] = field(default_factory=list)
    progress: list[Sequence[Any]] = field(default_factory=list)
    enrolments: list[Sequence[Any]] = field(default_factory=list)


def add_rounds(courses: Sequence[int], *, now: datetime) -> None:
    """Give every course a round that is over and one that is open."""
    year = now.year + 543
    for keys in batched(courses, _COURSES):
        CourseRound.objects.bulk_create(
            CourseRound(
                course_id=key,
                name=name,
                registration_opens_at=opens,
                registration_closes_at=opens + 120 * _DAY,
                access_opens_at=opens,
                access_closes_at=opens + 300 * _DAY,
                created_at=opens,
            )
            for key in keys
            for name, opens in ((f"{year - 1}/1", now - 400 * _DAY), (f"{year}/1", now - 60 * _DAY))
        )


def add_enrolments(
    count: int,
    courses: Sequence[int],
    *,
    seed: int,
    now: datetime,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Enrol persons in courses, nobody twice in one, until there are `count`; return how many there are.

    There are fewer only where everybody is enrolled everywhere.
    """
    draw = random.Random(f"enrolment:{seed}")  # noqa: S311  synthetic data, not a secret
    offers = _offers(courses)
    persons = Person.objects.order_by("pk").values_list("pk", flat=True)
    total = persons.count()
    if not offers or not total:
        return 0
    weights = list(accumulate((place + 1) ** -_RARER for place in range(len(offers))))
    done = 0
    quotas = _quotas(min(count, total * len(offers)), total, len(offers), draw)
    for keys in batched(persons.iterator(chunk_size=_PERSONS), _PERSONS):
        rows = _Rows()
        for person, quota in zip(keys, quotas, strict=False):
            for offer in _choose(offers, weights, quota, draw):
                done += 1
                _enrol(rows, person, offer, done, seed, draw, now)
        _write(rows)
        if on_progress:
            on_progress(done)
    return done


def _offers(courses: Sequence[int]) -> list[_Offer]:
    units: dict[int, list[int]] = {}
    rounds: dict[int, list[CourseRound]] = {}
    found = []
    for keys in batched(courses, _COURSES):
        for version, unit in (
            Unit.objects.filter(topic__version__course__in=keys)
            .order_by("topic__version", "topic__order", "order")
            .values_list("topic__version", "pk")
        ):
            units.setdefault(version, []).append(unit)
        for round_ in CourseRound.objects.filter(course__in=keys).order_by("registration_opens_at", "pk"):
            rounds.setdefault(round_.course_id, []).append(round_)
        versions = CourseVersion.objects.filter(course__in=keys, status=VersionStatus.PUBLISHED)
        of_course = dict(versions.order_by().values_list("course", "pk"))
        found += [
            _Offer(key, of_course[key], tuple(units.get(of_course[key], ())), tuple(rounds[key]))
            for key in keys
            if key in of_course and rounds.get(key)
        ]
    return found


def _quotas(count: int, persons: int, most: int, draw: random.Random) -> Iterator[int]:
    """Yield how many courses each person takes: `count` in all, one person more and the next fewer."""
    base, left = divmod(count, persons)
    give = 0
    for place in range(persons):
        mean = base + (place < left)
        if place % 2 == 0 and place + 1 < persons:
            following = base + (place + 1 < left)
            give = draw.randint(0, min(following, most - mean))
            yield mean + give
        else:
            yield mean - give
            give = 0


def _choose(
    offers: Sequence[_Offer], weights: Sequence[float], quota: int, draw: random.Random
) -> Iterator[_Offer]:
    """Yield `quota` different courses, the popular ones more often."""
    if quota * 2 > len(offers):
        yield from draw.sample(offers, quota)
        return
    chosen: set[int] = set()
    while len(chosen) < quota:
        for place in draw.choices(range(len(offers)), cum_weights=weights, k=quota - len(chosen)):
            if place not in chosen:
                chosen.add(place)
                yield offers[place]


_STATE_NAMES = list(_STATES)
_STATE_WEIGHTS = list(accumulate(_STATES.values()))
_REGISTRATION = (
    "id",
    "person_id",
    "version_id",
    "created_at",
    "opens_at",
    "closes_at",
    "last_active_at",
    "last_unit_id",
)
_PROGRESS = (
    "registration_id",
    "unit_id",
    "status",
    "is_passed",
    "score",
    "seconds",
    "started_at",
    "completed_at",
)
_ENROLMENT = (
    "person_id",
    "round_id",
    "course_id",
    "state",
    "queued_at",
    "registration_id",
    "enrolled_at",
    "ended_at",
    "completed_at",
    "grounds",
    "reason",
)


def _enrol(
    rows: _Rows, person: int, offer: _Offer, number: int, seed: int, draw: random.Random, now: datetime
) -> None:
    state = draw.choices(_STATE_NAMES, cum_weights=_STATE_WEIGHTS)[0]
    is_open_only = state in {EnrolmentState.REQUESTED, EnrolmentState.WAITING}
    round_ = offer.rounds[-1] if is_open_only or draw.random() < 0.4 else offer.rounds[0]  # noqa: PLR2004
    began = round_.registration_opens_at + draw.random() * 50 * _DAY
    registration = completed = None
    if state in _HOLD_REGISTRATION:
        registration = _key(seed, number, began)
        is_started = state == EnrolmentState.COMPLETED or draw.random() < _STARTED
        last = min(began + draw.random() * 60 * _DAY, now) if is_started else None
        if state == EnrolmentState.COMPLETED:
            completed = last
        reached = offer.units if completed else offer.units[:1] if is_started else ()
        rows.registrations.append(
            (
                registration,
                person,
                offer.version,
                began,
                round_.access_opens_at,
                round_.access_closes_at,
                last,
                reached[-1] if reached else None,
            )
        )
        rows.progress += _progress(registration, reached, began, completed, draw)
    rows.enrolments.append(
        (
            person,
            round_.pk,
            offer.course,
            state.value,
            began,
            registration,
            began if registration else None,
            began + 5 * _DAY if state == EnrolmentState.WITHDRAWN else None,
            completed,
            Grounds.RULE.value if completed else "",
            "ภารกิจไม่ตรงกับวิชา" if state == EnrolmentState.REFUSED else "",
        )
    )


def _key(seed: int, number: int, at: datetime) -> UUID:
    """Return a UUID of version 7 (RFC 9562): keys made one after the other lie together in the index."""
    milliseconds = int((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
    rest = (seed & 0x3FFFFFFF) << 32 | number
    return UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | rest)


def _progress(
    registration: UUID, units: Sequence[int], began: datetime, completed: datetime | None, draw: random.Random
) -> Iterator[Sequence[Any]]:
    for place, unit in enumerate(units):
        is_test = completed is not None and place == 1
        score = Decimal(draw.randint(60, 100)) / 100 if is_test else None
        status = UnitStatus.COMPLETED if completed else UnitStatus.STARTED
        seconds = draw.randint(60, 3600)
        yield registration, unit, status.value, True if is_test else None, score, seconds, began, completed


@transaction.atomic
def _write(rows: _Rows) -> None:
    _insert(Registration, _REGISTRATION, rows.registrations)
    _insert(UnitProgress, _PROGRESS, rows.progress)
    _insert(Enrolment, _ENROLMENT, rows.enrolments)


def _insert(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows; columns that are not given have the same default in all of them."""
    others = [name for name in columns_of(model) if name not in columns]
    blank = model()
    defaults = tuple(prepared(model, name, getattr(blank, name)) for name in others)
    insert_fresh(model, (*columns, *others), ((*row, *defaults) for row in rows))


def analyse() -> None:
    """Let PostgreSQL count what is there now, as it does by itself after a while."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
