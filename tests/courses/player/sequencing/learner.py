"""A learner in an activity tree that a test writes down: rules as XML, what content says as values."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from courses.packages.package import Kind, Package, ScormSettings, Unit
from courses.player.sequencing.outlook import Outlook, look_ahead
from courses.player.sequencing.rollup import roll_up
from courses.player.sequencing.tree import Tree, plant
from courses.player.sequencing.walk import Walk

FLOW = '<controlMode choice="true" flow="true"/>'
ORDER = '<controlMode choice="false" flow="true"/>'
BY_CONTENT = '<deliveryControls completionSetByContent="true" objectiveSetByContent="true"/>'


def sequencing(*rules: str) -> str:
    return f'<sequencing xmlns:adlseq="http://www.adlnet.org/xsd/adlseq_v1p3">{"".join(rules)}</sequencing>'


def pre(action: str, *conditions: str, combine: str = "all") -> str:
    """Each condition as "satisfied", "not satisfied" or "not satisfied OBJECTIVE"."""
    return _rule("preConditionRule", action, conditions, combine)


def post(action: str, *conditions: str, combine: str = "all") -> str:
    return _rule("postConditionRule", action, conditions, combine)


def leaving(*conditions: str) -> str:
    return _rule("exitConditionRule", "exit", conditions, "all")


def rules(*rules: str) -> str:
    return f"<sequencingRules>{''.join(rules)}</sequencingRules>"


def rollup(action: str, condition: str, children: str = "all", **more: object) -> str:
    attributes = "".join(f' {name}="{value}"' for name, value in more.items())
    return (
        f'<rollupRule childActivitySet="{children}"{attributes}><rollupConditions>'
        f'<rollupCondition condition="{condition}"/></rollupConditions>'
        f'<rollupAction action="{action}"/></rollupRule>'
    )


def primary(*maps: str, id: str = "", by_measure: str = "") -> str:  # noqa: A002
    measure = f"<minNormalizedMeasure>{by_measure}</minNormalizedMeasure>" if by_measure else ""
    by = ' satisfiedByMeasure="true"' if by_measure else ""
    return f'<primaryObjective objectiveID="{id}"{by}>{measure}{"".join(maps)}</primaryObjective>'


def writes(target: str) -> str:
    return (
        f'<mapInfo targetObjectiveID="{target}" writeSatisfiedStatus="true" writeNormalizedMeasure="true"/>'
    )


def reads(target: str) -> str:
    return f'<mapInfo targetObjectiveID="{target}"/>'


def objectives(*objectives: str) -> str:
    return f"<objectives>{''.join(objectives)}</objectives>"


def _rule(kind: str, action: str, conditions: tuple[str, ...], combine: str) -> str:
    written = ""
    for condition in conditions:
        words = condition.removeprefix("not ").split()
        operator = ' operator="not"' if condition.startswith("not ") else ""
        objective = f' referencedObjective="{words[1]}"' if len(words) > 1 else ""
        written += f'<ruleCondition condition="{words[0]}"{operator}{objective}/>'
    return (
        f'<{kind}><ruleConditions conditionCombination="{combine}">{written}</ruleConditions>'
        f'<ruleAction action="{action}"/></{kind}>'
    )


def item(id: str, *parts: str | Unit, **settings: Any) -> Unit:  # noqa: A002
    """A heading with the units among the parts, or a lesson; the texts among them are its rules."""
    children = tuple(part for part in parts if isinstance(part, Unit))
    texts = [part for part in parts if isinstance(part, str)]
    text = sequencing(*texts) if texts else ""
    href = "" if children else f"{id}.html"
    scorm = ScormSettings(sequencing=text, **settings)
    return Unit(id=id, title=f"บทที่ {id}", href=href, scorm=scorm, units=children)


def package(*units: Unit, root: str = FLOW, **more: Any) -> Package:
    return Package(kind=Kind.SCORM_2004_4, title="ชุด", units=units, sequencing=sequencing(root), **more)


class Learner:
    """Walks through a package; what is kept between requests goes through JSON each time."""

    def __init__(self, *units: Unit, seed: int = 0, **more: Any) -> None:
        self.package, self._random = package(*units, **more), Random(seed)
        self.tree = plant(self.package)
        Walk(self.tree, self._random).prepare()

    def go(self, request: str, target: str = "") -> str | None:
        """Send a request and return where it leads; a refusal changes nothing."""
        tree = self.copy()
        found = Walk(tree, self._random).request(request, target)
        self.tree = tree
        return found.id if found else None

    def says(self, objective: str = "", **values: Any) -> None:
        assert self.tree.current is not None
        for name, value in values.items():
            self.tree.put(self.tree.current, name, value, objective)
        roll_up(self.tree, self.tree.current)

    def does(self, request: str, target: str = "", **values: Any) -> str | None:
        self.says(**values)
        return self.go(request, target)

    def value(self, activity: str, name: str, objective: str = "") -> Any:
        return self.tree.value(self.tree.by_id[activity], name, objective)

    def copy(self) -> Tree:
        tree = plant(self.package)
        tree.restore(json.loads(json.dumps(self.tree.state())))
        return tree

    def outlook(self) -> Outlook:
        return look_ahead(self.copy)

    def open_choices(self) -> str:
        return "".join(name for name, refused in self.outlook().choices.items() if refused is None)
