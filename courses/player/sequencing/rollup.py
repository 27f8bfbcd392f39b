"""What children make of their parents (SN RB.1)."""

from courses.packages.sequencing import Condition, RollupRule
from courses.player.sequencing.conditions import fired, holds
from courses.player.sequencing.tree import Activity, Tree


def _default(action: str, condition: str) -> RollupRule:
    return RollupRule(action, (Condition(condition),))


# Where an activity has no rules of a kind (RB.1.2 b, RB.1.3 b); the second one overrules the first.
_SATISFACTION = (_default("notSatisfied", "objectiveStatusKnown"), _default("satisfied", "satisfied"))
_COMPLETION = (_default("incomplete", "activityProgressKnown"), _default("completed", "completed"))


def roll_up(tree: Tree, activity: Activity) -> None:
    """Bring an activity and all above it up to what is under them (RB.1.5)."""
    for each in reversed(activity.path):
        if not each.rules.is_tracked:
            continue
        if not each.is_leaf:
            _roll_up_measure(tree, each)
            _roll_up_progress(tree, each)
        _roll_up_satisfaction(tree, each)
        _roll_up_completion(tree, each)


def _roll_up_measure(tree: Tree, activity: Activity) -> None:
    """RB.1.1 a."""
    counted = [child for child in activity.available if child.rules.is_tracked]
    measures = [(child.rules.weight, tree.value(child, "measure")) for child in counted]
    tree.put(activity, "measure", _mean(measures))


def _roll_up_progress(tree: Tree, activity: Activity) -> None:
    """RB.1.1 b."""
    counted = [child for child in activity.available if child.rules.is_tracked]
    tree.put(
        activity,
        "progress",
        _mean([(child.progress_weight, tree.value(child, "progress")) for child in counted]),
    )


def _mean(values: list[tuple[float, float | None]]) -> float | None:
    """Return the weighted mean; what is unknown counts as nothing, and all unknown makes it unknown."""
    weights = sum(weight for weight, _value in values)
    known = [weight * value for weight, value in values if value is not None]
    return sum(known) / weights if known and weights > 0 else None


def _roll_up_satisfaction(tree: Tree, activity: Activity) -> None:
    """RB.1.2: by the measure, or by rules."""
    primary = activity.rules.primary
    if primary.by_measure:
        measure = tree.value(activity, "measure")
        if measure is not None and (activity.rules.measure_if_active or not activity.is_active):
            tree.put(activity, "satisfied", measure >= primary.minimum)
        elif not activity.is_leaf:
            tree.put(activity, "satisfied", None)
    elif not activity.is_leaf:
        _apply(tree, activity, "satisfied", _SATISFACTION)


def _roll_up_completion(tree: Tree, activity: Activity) -> None:
    """RB.1.3: by the measure of progress, or by rules."""
    if activity.is_leaf:
        return
    if activity.threshold is not None:
        progress = tree.value(activity, "progress")
        tree.put(activity, "completed", None if progress is None else progress >= activity.threshold)
    else:
        _apply(tree, activity, "completed", _COMPLETION)


def _apply(tree: Tree, activity: Activity, name: str, defaults: tuple[RollupRule, RollupRule]) -> None:
    """Apply the rules for one value: those that say no first, so that those that say yes overrule them."""
    actions = [rule.action for rule in defaults]
    own = [rule for rule in activity.rules.rollup if rule.action in actions]
    for action, says in zip(actions, (False, True), strict=True):
        if any(_changes(tree, activity, rule) for rule in own or defaults if rule.action == action):
            tree.put(activity, name, says)


def _changes(tree: Tree, activity: Activity, rule: RollupRule) -> bool:
    """Say whether a rule takes effect (RB.1.4)."""
    found = [
        holds(tree, child, rule.conditions, needs_all=rule.needs_all)
        for child in activity.available
        if child.rules.is_tracked and _counts(tree, child, rule.action)
    ]
    if not found:
        return False
    true = found.count(True)
    return {
        "all": true == len(found),
        "any": true > 0,
        "none": found.count(False) == len(found),
        "atLeastCount": true >= rule.count,
        "atLeastPercent": true / len(found) >= rule.share,
    }[rule.children]


def _counts(tree: Tree, child: Activity, action: str) -> bool:
    """Say whether a child is asked for an action (RB.1.4.2)."""
    rules = child.rules
    if not (rules.counts_satisfaction if action in {"satisfied", "notSatisfied"} else rules.counts_progress):
        return False
    match rules.required.get(action, "always"):
        case "ifAttempted":
            return child.attempts > 0
        case "ifNotSuspended":
            return child.attempts > 0 and not child.is_suspended
        case "ifNotSkipped":
            return fired(tree, child, rules.before, "skip") is None
        case _:
            return True
