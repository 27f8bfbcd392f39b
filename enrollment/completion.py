"""What completes a course, and what is missing: plain functions over units, a rule, and what was done.

`services.completion` asks the database the same for thousands at once; the tests hold the two together.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from courses.catalogue.contents import TestRole
from courses.catalogue.models import CompletionRule, Unit, UnitKind
from courses.player.models import UnitProgress, UnitStatus


@dataclass(frozen=True)
class Part:
    """A unit as completion sees it. `role` is that of a test, and empty of everything else."""

    pk: int
    title: str
    kind: str
    role: str = ""
    is_required: bool = True
    min_seconds: int = 0

    @property
    def counts(self) -> bool:
        """Whether it is among the required units. A pre-test never keeps anybody back."""
        return self.is_required and self.role != TestRole.PRE


@dataclass(frozen=True)
class Done:
    """How far somebody is in a unit."""

    is_completed: bool = False
    is_passed: bool | None = None
    score: Decimal | None = None
    seconds: int = 0


@dataclass(frozen=True)
class Rule:
    """What a version asks for; see CompletionRule. The defaults are those of a version without one."""

    units_needed: int | None = None
    min_minutes: int = 0
    test_mark: Decimal = Decimal(0)
    needs_survey: bool = False


class Lack(StrEnum):
    """What kind of thing is missing."""

    UNIT = "unit"
    UNITS = "units"
    TEST = "test"
    SURVEY = "survey"
    TIME = "time"
    # The version has nothing to do in it, as a course at a partner's: nothing here completes it.
    RULE = "rule"


@dataclass(frozen=True)
class Missing:
    """One missing thing. For time `have` and `need` are seconds, for tests shares, for units numbers.

    None is had of a test that was never taken.
    """

    lack: Lack
    part: Part | None = None
    have: Decimal | int | None = 0
    need: Decimal | int = 0
    # Of "so many of these units": those that are left.
    choice: tuple[Part, ...] = ()
    # Of a lesson that judges by itself: whether it was failed, and its best score.
    is_failed: bool = False
    score: Decimal | None = None

    @property
    def waivable(self) -> tuple[Part | None, ...]:
        """What of it can be waived: units, and None for the learning time."""
        match self.lack:
            case Lack.TIME:
                return (None,)
            case Lack.UNITS:
                return self.choice
            case _:
                return (self.part,) if self.part else ()


NOTHING = Done()


def missing(
    rule: Rule,
    parts: Sequence[Part],
    done: Mapping[int, Done],
    surveys: Iterable[int] = (),
    waived: Collection[int | None] = (),
) -> list[Missing]:
    """Return what is missing for completion, in the order of the course; nothing when it is complete.

    `surveys` are the survey units that were answered, `waived` the units that are not asked of this learner;
    None among them stands for the learning time of the course.
    """
    counted = [part for part in parts if part.counts]
    asked = [part for part in parts if part.kind == UnitKind.SURVEY] if rule.needs_survey else []
    posts = [part for part in parts if part.role == TestRole.POST] if rule.test_mark else []
    if not (counted or asked or posts or rule.min_minutes):
        return [Missing(Lack.RULE)]
    asked = [part for part in asked if part.pk not in waived]
    posts = [part for part in posts if part.pk not in waived]
    answered = set(surveys)
    open_parts = [
        part
        for part in counted
        if part.pk not in waived and not is_done(part, done.get(part.pk, NOTHING), rule)
    ]
    named = {part.pk for part in posts}
    lacks = list(_units_lacking(rule, counted, open_parts, done))
    for part in posts:
        have = done.get(part.pk, NOTHING).score
        if have is None or have < rule.test_mark:
            lacks.append(Missing(Lack.TEST, part, have, rule.test_mark))
    lacks += [Missing(Lack.SURVEY, part) for part in asked if part.pk not in answered]
    spent = sum(each.seconds for each in done.values())
    if spent < rule.min_minutes * 60 and None not in waived:
        lacks.append(Missing(Lack.TIME, None, spent, rule.min_minutes * 60))
    # A test or a survey that is asked for by itself is named once.
    named |= {part.pk for part in asked if part.pk not in answered}
    return [
        lack for lack in lacks if lack.lack != Lack.UNIT or lack.part is None or lack.part.pk not in named
    ]


def _units_lacking(
    rule: Rule, counted: Sequence[Part], open_parts: Sequence[Part], done: Mapping[int, Done]
) -> Iterable[Missing]:
    needed = units_needed(rule, len(counted))
    have = len(counted) - len(open_parts)
    if have >= needed:
        return
    if needed < len(counted):
        yield Missing(Lack.UNITS, None, have, needed, tuple(open_parts))
        return
    for part in open_parts:
        so_far = done.get(part.pk, NOTHING)
        failed = so_far.is_passed is False
        yield Missing(Lack.UNIT, part, so_far.seconds, part.min_seconds, is_failed=failed, score=so_far.score)


def units_needed(rule: Rule, counted: int) -> int:
    """Return how many of the required units are needed; never more than there are."""
    return counted if rule.units_needed is None else min(rule.units_needed, counted)


def is_done(part: Part, done: Done, rule: Rule) -> bool:
    """Say whether a unit counts: completed and not failed; a post-test by the mark of the rule, if any."""
    if part.role == TestRole.POST and rule.test_mark:
        return done.score is not None and done.score >= rule.test_mark
    return done.is_completed and done.is_passed is not False


# -- From the rows ----------------------------------------------------------------------------------
def part_of(unit: Unit) -> Part:
    """Return a unit as completion sees it."""
    role = unit.content.get("role", TestRole.CHECK) if unit.kind == UnitKind.TEST else ""
    return Part(unit.pk, unit.title, unit.kind, str(role), unit.is_required, unit.min_seconds)


def done_of(progress: UnitProgress) -> Done:
    """Return how far somebody is in a unit."""
    is_completed = progress.status == UnitStatus.COMPLETED
    return Done(is_completed, progress.is_passed, progress.score, progress.seconds)


def rule_of(rule: CompletionRule | None) -> Rule:
    """Return what a version asks for."""
    if rule is None:
        return Rule()
    return Rule(rule.units_needed, rule.min_minutes, rule.test_mark, rule.needs_survey)
