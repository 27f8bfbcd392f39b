"""A learner's way through a version as the pages show it: each unit, its state, and what is next."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django.db.models import Sum

from courses.catalogue.models import Topic, Unit
from courses.player.errors import UnitClosed
from courses.player.models import EvidenceKind, Registration, UnitProgress, UnitStatus
from courses.player.services.progress import closure, excuses, progress_of, units_of


@dataclass(frozen=True)
class Step:
    """A unit with how far the learner is in it, and why it is closed if it is."""

    unit: Unit
    progress: UnitProgress | None
    closed: UnitClosed | None

    @property
    def is_completed(self) -> bool:
        """Whether nothing is left to do in it."""
        return self.progress is not None and self.progress.status == UnitStatus.COMPLETED

    @property
    def is_started(self) -> bool:
        """Whether it was begun and not completed."""
        return self.progress is not None and not self.is_completed

    @property
    def seconds(self) -> int:
        """How much learning time was counted in it."""
        return self.progress.seconds if self.progress else 0

    @property
    def missing_seconds(self) -> int:
        """How much learning time it still asks for."""
        return max(0, self.unit.min_seconds - self.seconds)


@dataclass(frozen=True)
class Outline:
    """All units of a registration in order, with what was done."""

    registration: Registration
    steps: Sequence[Step]

    @property
    def topics(self) -> list[tuple[Topic, list[Step]]]:
        """The units by topic."""
        return [
            (topic, list(steps)) for topic, steps in groupby(self.steps, key=lambda step: step.unit.topic)
        ]

    @property
    def seconds(self) -> int:
        """The learning time counted in all units."""
        return sum(step.seconds for step in self.steps)

    @property
    def required(self) -> list[Step]:
        """The units that completion asks for."""
        return [step for step in self.steps if step.unit.counts]

    @property
    def completed_count(self) -> int:
        """How many of the required units are completed."""
        return sum(step.is_completed for step in self.required)

    @property
    def is_begun(self) -> bool:
        """Whether anything was opened yet."""
        return any(step.progress for step in self.steps)

    @property
    def next(self) -> Step | None:
        """Where to go on: the unit left last if it is not completed, else an open one that is not."""
        ways = [step for step in self.steps if step.closed is None and not step.is_completed]
        last = self.registration.last_unit_id
        return next((step for step in ways if step.unit.pk == last), None) or _after(ways, self.steps, last)

    def step(self, unit: int) -> Step | None:
        """Return the step of a unit, None when it is not of this version."""
        return next((step for step in self.steps if step.unit.pk == unit), None)

    def neighbours(self, unit: int) -> tuple[Step | None, Step | None]:
        """Return the steps before and after a unit."""
        place = next(place for place, step in enumerate(self.steps) if step.unit.pk == unit)
        before = self.steps[place - 1] if place else None
        return before, self.steps[place + 1] if place + 1 < len(self.steps) else None


def _after(ways: Sequence[Step], steps: Sequence[Step], last: int | None) -> Step | None:
    """Return the first of `ways` after the unit left last, else the first of all."""
    order = [step.unit.pk for step in steps]
    here = order.index(last) if last in order else -1
    later = [step for step in ways if order.index(step.unit.pk) > here]
    return next(iter(later or ways), None)


def outline(registration: Registration, *, now: datetime) -> Outline:
    """Return the way of a registration; two queries, and two more where a unit waits for another."""
    units, progress, excused = units_of(registration), progress_of(registration), excuses(registration)
    steps = [
        Step(
            unit,
            progress.get(unit.pk),
            closure(registration, unit, units, progress, now=now, excused=excused),
        )
        for unit in units
    ]
    return Outline(registration, steps)


@dataclass
class TimeOfUnit:
    """The learning time of a unit by what showed it, in seconds."""

    unit: Unit
    kinds: dict[EvidenceKind, int] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        """All of it."""
        return sum(self.kinds.values())


def time_by_unit(registration: Registration) -> list[TimeOfUnit]:
    """Return the learning time of every unit of a registration by kind of evidence; two queries."""
    sums: dict[int, dict[EvidenceKind, int]] = defaultdict(dict)
    rows = registration.evidence.order_by().values_list("unit", "kind").annotate(total=Sum("seconds"))
    for unit, kind, total in rows:
        sums[unit][EvidenceKind(kind)] = total
    return [TimeOfUnit(unit, sums[unit.pk]) for unit in units_of(registration)]
