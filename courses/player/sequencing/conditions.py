"""Rules and limits of an activity (SN UP.1, UP.2, UP.5); a condition is true, false, or None: unknown."""

from collections.abc import Iterable

from courses.packages.sequencing import Condition, Rule
from courses.player.sequencing.tree import Activity, Tree


def fired(tree: Tree, activity: Activity, rules: Iterable[Rule], *actions: str) -> Rule | None:
    """Return the first rule with one of these actions (any, where none is named) whose conditions hold."""
    for rule in rules:
        if actions and rule.action not in actions:
            continue
        if holds(tree, activity, rule.conditions, needs_all=rule.needs_all):
            return rule
    return None


def holds(tree: Tree, activity: Activity, conditions: Iterable[Condition], *, needs_all: bool) -> bool | None:
    """Say whether the conditions hold together (UP.2.1, RB.1.4.1)."""
    found = [_negated(evaluate(tree, activity, each), each) for each in conditions]
    decisive = not needs_all
    if decisive in found:
        return decisive
    return None if None in found else needs_all


def evaluate(tree: Tree, activity: Activity, condition: Condition) -> bool | None:
    """Say whether one condition holds, its negation left aside (SN, table 3.4.2a)."""
    objective = condition.objective
    if condition.name == "always":
        return True
    if not activity.rules.is_tracked:
        return None
    satisfied, measure = (
        tree.value(activity, "satisfied", objective),
        tree.value(activity, "measure", objective),
    )
    completed = tree.value(activity, "completed", objective)
    limit = activity.rules.attempt_limit
    answers: dict[str, bool | None] = {
        "satisfied": satisfied,
        "objectiveStatusKnown": satisfied is not None,
        "objectiveMeasureKnown": measure is not None,
        "objectiveMeasureGreaterThan": None if measure is None else measure > condition.threshold,
        "objectiveMeasureLessThan": None if measure is None else measure < condition.threshold,
        "completed": completed,
        "activityProgressKnown": completed is not None,
        "attempted": activity.attempts > 0,
        "attemptLimitExceeded": limit is not None and activity.attempts >= limit,
    }
    # Limits of time are optional for an LMS and are not kept here: nobody knows whether they are exceeded.
    return answers.get(condition.name)


def is_over_limit(activity: Activity) -> bool:
    """Say whether no attempt is left (UP.1); one that goes on is not another one."""
    limit = activity.rules.attempt_limit
    if limit is None or not activity.rules.is_tracked or activity.is_active or activity.is_suspended:
        return False
    return activity.attempts >= limit


def is_shut(tree: Tree, activity: Activity) -> bool:
    """Say whether an activity may not be delivered (UP.5)."""
    return fired(tree, activity, activity.rules.before, "disabled") is not None or is_over_limit(activity)


def _negated(value: bool | None, condition: Condition) -> bool | None:
    return value if value is None or not condition.is_negated else not value
