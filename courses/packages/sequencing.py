"""Read the sequencing rules of one SCORM 2004 activity: from XML to values. Pure.

The defaults are those of the Sequencing Definition Model (SCORM 2004 SN, chapter 3). A word or a number that
the model does not know counts as not said: its author cannot mend it for a learner who waits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from io import BytesIO
from typing import TypeVar

from courses.packages.findings import PackageRefused
from courses.packages.xml import Element, parse

_Item = TypeVar("_Item")
_CONDITIONS = {
    word.lower(): word
    for word in (
        "satisfied", "objectiveStatusKnown", "objectiveMeasureKnown", "objectiveMeasureGreaterThan",
        "objectiveMeasureLessThan", "completed", "activityProgressKnown", "attempted", "attemptLimitExceeded",
        "timeLimitExceeded", "outsideAvailableTimeRange", "always",
    )
}  # fmt: skip
_ACTIONS = {
    "preConditionRule": ("skip", "disabled", "hiddenFromChoice", "stopForwardTraversal"),
    "exitConditionRule": ("exit",),
    "postConditionRule": (
        "exitParent", "exitAll", "retry", "retryAll", "continue", "previous",
    ),
}  # fmt: skip
_ROLLUP_ACTIONS = ("satisfied", "notSatisfied", "completed", "incomplete")
_CHILD_SETS = ("all", "any", "none", "atLeastCount", "atLeastPercent")
_REQUIRED = ("always", "ifAttempted", "ifNotSkipped", "ifNotSuspended")
_TIMINGS = ("never", "once", "onEachNewAttempt")


@dataclass(frozen=True)
class Condition:
    """One condition of a rule, about the activity or one of its objectives (empty: the primary one)."""

    name: str
    is_negated: bool = False
    objective: str = ""
    threshold: float = 0.0


@dataclass(frozen=True)
class Rule:
    """What happens when conditions hold: all of them, or any."""

    action: str
    conditions: tuple[Condition, ...]
    needs_all: bool = True


@dataclass(frozen=True)
class RollupRule:
    """What children make of their parent."""

    action: str
    conditions: tuple[Condition, ...]
    needs_all: bool = False
    children: str = "all"
    count: int = 0
    share: float = 0.0


@dataclass(frozen=True)
class Map:
    """Which values of an objective are read from a shared one, and which are written to it."""

    target: str
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Objective:
    """An objective of an activity; one without an id can be the primary one only."""

    id: str = ""
    is_primary: bool = False
    by_measure: bool = False
    minimum: float = 1.0
    maps: tuple[Map, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sequencing:
    """The sequencing definition of one activity."""

    choice: bool = True
    choice_exit: bool = True
    flow: bool = False
    forward_only: bool = False
    current_objectives: bool = True
    current_progress: bool = True
    before: tuple[Rule, ...] = ()
    leaving: tuple[Rule, ...] = ()
    after: tuple[Rule, ...] = ()
    attempt_limit: int | None = None
    rollup: tuple[RollupRule, ...] = ()
    counts_satisfaction: bool = True
    counts_progress: bool = True
    weight: float = 1.0
    # By rollup action: which children are asked.
    required: dict[str, str] = field(default_factory=dict)
    measure_if_active: bool = True
    objectives: tuple[Objective, ...] = (Objective(is_primary=True),)
    selects: str = "never"
    select_count: int | None = None
    randomizes: str = "never"
    shuffles: bool = False
    is_tracked: bool = True
    completion_by_content: bool = False
    objective_by_content: bool = False
    prevents_activation: bool = False
    constrains_choice: bool = False

    @property
    def primary(self) -> Objective:
        """The objective that rolls up."""
        return next(each for each in self.objectives if each.is_primary)

    @property
    def has_rules(self) -> bool:
        """Whether anything here can bar, limit or redirect a learner in a single lesson."""
        return bool(self.before or self.leaving or self.after or self.attempt_limit is not None)


@lru_cache(maxsize=1024)
def read(text: str) -> Sequencing:
    """Return the rules that a reader kept as XML; the defaults where there are none."""
    if not text:
        return Sequencing()
    try:
        root = parse(BytesIO(text.encode()), "sequencing")
    except PackageRefused:
        return Sequencing()
    return _Reader(root).all()


class _Reader:
    def __init__(self, root: Element) -> None:
        self._root = root

    def all(self) -> Sequencing:
        control, limits = self._one("controlMode"), self._one("limitConditions")
        rollup, delivery = self._one("rollupRules"), self._one("deliveryControls")
        random, choice = self._one("randomizationControls"), self._one("constrainedChoiceConsiderations")
        considered = self._one("rollupConsiderations")
        return Sequencing(
            choice=control.flag("choice", default=True),
            choice_exit=control.flag("choiceExit", default=True),
            flow=control.flag("flow"),
            forward_only=control.flag("forwardOnly"),
            current_objectives=control.flag("useCurrentAttemptObjectiveInfo", default=True),
            current_progress=control.flag("useCurrentAttemptProgressInfo", default=True),
            before=self._rules("preConditionRule"),
            leaving=self._rules("exitConditionRule"),
            after=self._rules("postConditionRule"),
            attempt_limit=_count(limits, "attemptLimit"),
            rollup=tuple(_kept(map(_rollup_rule, rollup.all("rollupRule")))),
            counts_satisfaction=rollup.flag("rollupObjectiveSatisfied", default=True),
            counts_progress=rollup.flag("rollupProgressCompletion", default=True),
            weight=_number(rollup, "objectiveMeasureWeight", 1.0, 0.0, 1.0),
            required={
                action: _word(considered, f"requiredFor{action}", _REQUIRED) for action in _ROLLUP_ACTIONS
            },
            measure_if_active=considered.flag("measureSatisfactionIfActive", default=True),
            objectives=self._objectives(),
            selects=_word(random, "selectionTiming", _TIMINGS),
            select_count=_count(random, "selectCount"),
            randomizes=_word(random, "randomizationTiming", _TIMINGS),
            shuffles=random.flag("reorderChildren"),
            is_tracked=delivery.flag("tracked", default=True),
            completion_by_content=delivery.flag("completionSetByContent"),
            objective_by_content=delivery.flag("objectiveSetByContent"),
            prevents_activation=choice.flag("preventActivation"),
            constrains_choice=choice.flag("constrainChoice"),
        )

    def _one(self, name: str) -> Element:
        return self._root.first(name) or Element(name, "", 0, {})

    def _rules(self, name: str) -> tuple[Rule, ...]:
        return tuple(_kept(_rule(each, name) for each in self._one("sequencingRules").all(name)))

    def _objectives(self) -> tuple[Objective, ...]:
        """Return the objectives, the primary one first; ADL's maps stand in an element of the same name."""
        found: list[Objective] = []
        more: dict[str, list[Map]] = {}
        for group in self._root.all("objectives"):
            for element in group.children:
                name = element.name.lower()
                if "adlseq" in group.namespace:
                    more.setdefault(element.get("objectiveID"), []).extend(_maps(element, is_first=False))
                elif name in {"primaryobjective", "objective"}:
                    found.append(_objective(element, is_primary=name == "primaryobjective"))
        found = [replace(each, maps=each.maps + tuple(more.get(each.id, ()))) for each in found]
        primary = next((each for each in found if each.is_primary), Objective(is_primary=True))
        return (primary, *(each for each in found if not each.is_primary and each.id))


def _rule(element: Element, kind: str) -> Rule | None:
    action = element.first("ruleAction")
    known = {word.lower(): word for word in _ACTIONS[kind]}
    said = known.get(action.get("action").lower()) if action else None
    group = element.first("ruleConditions")
    conditions = _conditions(group, "ruleCondition")
    if said is None or not conditions:
        return None
    return Rule(said, conditions, group is None or group.get("conditionCombination").lower() != "any")


def _rollup_rule(element: Element) -> RollupRule | None:
    action = element.first("rollupAction")
    said = _word(action, "action", ("", *_ROLLUP_ACTIONS)) if action else ""
    group = element.first("rollupConditions")
    conditions = _conditions(group, "rollupCondition")
    if not said or not conditions:
        return None
    return RollupRule(
        said,
        conditions,
        group is not None and group.get("conditionCombination").lower() == "all",
        _word(element, "childActivitySet", _CHILD_SETS),
        _count(element, "minimumCount") or 0,
        _number(element, "minimumPercent", 0.0, 0.0, 1.0),
    )


def _conditions(group: Element | None, name: str) -> tuple[Condition, ...]:
    if group is None:
        return ()
    return tuple(
        Condition(
            _CONDITIONS[element.get("condition").lower()],
            element.get("operator").lower() == "not",
            element.get("referencedObjective"),
            _number(element, "measureThreshold", 0.0, -1.0, 1.0),
        )
        for element in group.all(name)
        if element.get("condition").lower() in _CONDITIONS
    )


def _objective(element: Element, *, is_primary: bool) -> Objective:
    return Objective(
        element.get("objectiveID"),
        is_primary,
        element.flag("satisfiedByMeasure"),
        _between(element.text_of("minNormalizedMeasure"), 1.0, -1.0, 1.0),
        tuple(_maps(element, is_first=True)),
    )


def _maps(element: Element, *, is_first: bool) -> Iterable[Map]:
    """Yield the maps of an objective; every value is read unless they say otherwise."""
    own = {"satisfied": "SatisfiedStatus", "measure": "NormalizedMeasure"}
    more = {
        "completed": "CompletionStatus", "progress": "ProgressMeasure",
        "raw": "RawScore", "min": "MinScore", "max": "MaxScore",
    }  # fmt: skip
    values = own if is_first else more
    for each in element.all("mapInfo"):
        if target := each.get("targetObjectiveID"):
            yield Map(
                target,
                frozenset(key for key, name in values.items() if each.flag(f"read{name}", default=True)),
                frozenset(key for key, name in values.items() if each.flag(f"write{name}")),
            )


def _kept(found: Iterable[_Item | None]) -> Iterable[_Item]:
    return (each for each in found if each is not None)


def _word(element: Element, name: str, allowed: tuple[str, ...]) -> str:
    """Return one of the words, the first where none is said."""
    return {word.lower(): word for word in allowed}.get(element.get(name).lower(), allowed[0])


def _count(element: Element, name: str) -> int | None:
    said = element.get(name)
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else None  # noqa: PLR2004


def _number(element: Element, name: str, default: float, least: float, most: float) -> float:
    return _between(element.get(name), default, least, most)


def _between(text: str, default: float, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        return default
    return number if least <= number <= most else default
