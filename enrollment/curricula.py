"""What completes a curriculum, and what is missing of one: plain functions over its courses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from courses.catalogue.models import CurriculumRule


@dataclass(frozen=True)
class Place:
    """A course in a curriculum."""

    course: int
    hours: Decimal
    is_required: bool = True


@dataclass(frozen=True)
class Rule:
    """What a curriculum asks for beside its required courses: all, a number of courses, or of hours."""

    kind: str = CurriculumRule.ALL
    count: int = 0
    hours: Decimal = Decimal(0)


@dataclass(frozen=True)
class Standing:
    """How far somebody is: what they have, what is needed, and which courses have to be among it."""

    done: int
    needed: int
    hours_done: Decimal
    hours_needed: Decimal
    # Courses without which it is never completed, in the order of the curriculum.
    lacking: list[int] = field(default_factory=list)

    @property
    def courses_missing(self) -> int:
        """How many more courses are needed by number; 0 where hours are counted."""
        return max(0, self.needed - self.done)

    @property
    def hours_missing(self) -> Decimal:
        """How many more hours are needed; 0 where courses are counted."""
        return max(Decimal(0), self.hours_needed - self.hours_done)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return not (self.lacking or self.courses_missing or self.hours_missing)


def standing(places: Sequence[Place], rule: Rule, completed: Collection[int]) -> Standing:
    """Say how far somebody is who has completed these courses; those of other curricula do not count."""
    have = [place for place in places if place.course in completed]
    must = [place for place in places if place.is_required or rule.kind == CurriculumRule.ALL]
    return Standing(
        done=len(have),
        needed={CurriculumRule.ALL: len(places), CurriculumRule.COUNT: rule.count}.get(
            CurriculumRule(rule.kind), 0
        ),
        hours_done=sum((place.hours for place in have), Decimal(0)),
        hours_needed=rule.hours if rule.kind == CurriculumRule.HOURS else Decimal(0),
        lacking=[place.course for place in must if place.course not in completed],
    )
