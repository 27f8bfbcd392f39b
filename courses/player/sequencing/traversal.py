"""Ways through the tree: where "on" and "back" lead, and what can be chosen from where (SN SB.2)."""

from enum import Enum

from courses.player.sequencing.conditions import fired, is_over_limit, is_shut
from courses.player.sequencing.refusals import Ended, Reason, Refused
from courses.player.sequencing.tree import Activity, Tree


class Direction(Enum):
    """Which way through the tree."""

    FORWARD = 1
    BACKWARD = -1


FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD


def flow(tree: Tree, activity: Activity, direction: Direction, *, inside: bool = False) -> Activity:
    """Return the leaf that is delivered next (SB.2.3). Raises Refused, or Ended after the last one.

    `inside` begins with what is under the activity.
    """
    candidate, turned = _step(activity, direction, None, inside=inside)
    return _deliverable(tree, candidate, turned, None)


def _step(
    activity: Activity, direction: Direction, before: Direction | None, *, inside: bool
) -> tuple[Activity, Direction]:
    """Return the activity next to this one, and which way it was reached (SB.2.1)."""
    if direction is FORWARD and not _turns_back(activity, before):
        return _step_forward(activity, inside=inside), FORWARD
    if direction is FORWARD:
        # A cluster that only goes forward was entered from behind: its first activity was taken.
        assert activity.parent is not None
        return _step_backward(activity.parent.available[0], inside=inside, is_reversed=True)
    return _step_backward(activity, inside=inside)


def _turns_back(activity: Activity, before: Direction | None) -> bool:
    parent = activity.parent
    return before is BACKWARD and parent is not None and activity is parent.available[-1]


def _step_forward(activity: Activity, *, inside: bool) -> Activity:
    if inside and not activity.is_leaf:
        return _first(activity)
    for each in reversed(activity.path[1:]):
        row = _row(each)
        if each is not row[-1]:
            return row[row.index(each) + 1]
    raise Ended


def _step_backward(
    activity: Activity, *, inside: bool, is_reversed: bool = False
) -> tuple[Activity, Direction]:
    if inside and not activity.is_leaf:
        first = _first(activity)
        return (first, FORWARD) if activity.rules.forward_only else (activity.available[-1], BACKWARD)
    for each in reversed(activity.path[1:]):
        row, parent = _row(each), each.parent
        if parent is not None and parent.rules.forward_only and not (is_reversed and each is activity):
            raise Refused(Reason.FORWARD, "SB.2.1-4", parent)
        if each is not row[0]:
            return row[row.index(each) - 1], BACKWARD
    raise Refused(Reason.NOTHING, "SB.2.1-3")


def _row(activity: Activity) -> list[Activity]:
    """Return the activities that stand beside this one, itself among them."""
    assert activity.parent is not None
    return activity.parent.available


def _deliverable(tree: Tree, activity: Activity, direction: Direction, before: Direction | None) -> Activity:
    """Return this activity or the one that is delivered in its place (SB.2.2)."""
    while True:
        parent = activity.parent
        if parent is not None and not parent.rules.flow:
            raise Refused(Reason.ORDER, "SB.2.2-1", parent)
        if fired(tree, activity, activity.rules.before, "skip"):
            activity, turned = _step(activity, direction, before, inside=False)
            if before is BACKWARD and turned is BACKWARD:
                direction, before = turned, None
            continue
        refuse_shut(tree, activity, "SB.2.2-2")
        if activity.is_leaf:
            return activity
        activity, turned = _step(activity, direction, None, inside=True)
        if direction is BACKWARD and turned is FORWARD:
            direction, before = FORWARD, BACKWARD
        else:
            before = None


def refuse_shut(tree: Tree, activity: Activity, code: str) -> None:
    """Raise Refused where an activity is disabled or has no attempt left."""
    if is_shut(tree, activity):
        reason = Reason.ATTEMPTS if is_over_limit(activity) else Reason.RULES
        raise Refused(reason, code, activity)


def _first(activity: Activity) -> Activity:
    if not activity.available:
        raise Refused(Reason.NOTHING, "SB.2.1-2", activity)
    return activity.available[0]


# -- Choosing (SB.2.9) --------------------------------------------------------------------------------
def check_choice(tree: Tree, target: Activity) -> None:
    """Raise Refused unless the target may be chosen from where the learner is."""
    for each in target.path:
        if each.parent is not None and each not in each.parent.available:
            raise Refused(Reason.NOTHING, "SB.2.9-2", each)
        if fired(tree, each, each.rules.before, "hiddenFromChoice"):
            raise Refused(Reason.RULES, "SB.2.9-3", each)
    if target.parent is not None and not target.parent.rules.choice:
        raise Refused(Reason.ORDER, "SB.2.9-4", target.parent)
    current = tree.current
    if current is target:
        return
    above = common(current, target) if current is not None else tree.root
    if current is not None and current.parent is not None and current.parent is target.parent:
        _check_siblings(tree, current, target)
    elif current is None or current is above:
        _check_way_down(tree, above, target, walks=True)
    elif target is above:
        _check_exits(current, above)
    else:
        _check_across(tree, current, target, above)


def common(one: Activity, other: Activity) -> Activity:
    """Return the innermost activity above both; it may be one of them."""
    return next(each for each in reversed(one.path) if each in other.path)


def _check_siblings(tree: Tree, current: Activity, target: Activity) -> None:
    assert current.parent is not None
    row = current.parent.available
    start, end = row.index(current), row.index(target)
    if start < end:
        for each in row[start:end]:
            _pass_forward(tree, each)
    else:
        for each in row[end + 1 : start + 1]:
            _pass_backward(each)


def _check_way_down(tree: Tree, above: Activity, target: Activity, *, walks: bool) -> None:
    path = target.path
    for each in path[path.index(above) : -1]:
        if walks:
            _pass_forward(tree, each)
        if not each.is_active and each is not above and each.rules.prevents_activation:
            raise Refused(Reason.ORDER, "SB.2.9-6", each)


def _check_exits(current: Activity, above: Activity) -> None:
    path = current.path
    for each in path[path.index(above) + 1 :]:
        if not each.rules.choice_exit:
            raise Refused(Reason.UNFINISHED, "SB.2.9-7", each)


def _check_across(tree: Tree, current: Activity, target: Activity, above: Activity) -> None:
    _check_exits(current, above)
    path = current.path
    outward = path[path.index(above) + 1 :][::-1]
    constrained = next((each for each in outward if each.rules.constrains_choice), None)
    if constrained is not None:
        direction = FORWARD if _comes_after(target, constrained) else BACKWARD
        allowed = _next_to(constrained, direction)
        if target is not constrained and allowed not in target.path:
            raise Refused(Reason.ORDER, "SB.2.9-8", constrained)
    _check_way_down(tree, above, target, walks=_comes_after(target, current))


def _pass_forward(tree: Tree, activity: Activity) -> None:
    """SB.2.4, forward."""
    if fired(tree, activity, activity.rules.before, "stopForwardTraversal"):
        raise Refused(Reason.UNFINISHED, "SB.2.4-1", activity)


def _pass_backward(activity: Activity) -> None:
    """SB.2.4, backward."""
    if activity.parent is not None and activity.parent.rules.forward_only:
        raise Refused(Reason.FORWARD, "SB.2.4-2", activity.parent)


def _next_to(activity: Activity, direction: Direction) -> Activity:
    """Return the activity beside this one or beside what is above it, else itself (SB.2.9.1)."""
    each = activity
    while each.parent is not None:
        row = each.parent.available
        place = row.index(each) + direction.value
        if 0 <= place < len(row):
            return row[place]
        each = each.parent
    return activity


def _comes_after(one: Activity, other: Activity) -> bool:
    above = common(one, other)
    if above in {one, other}:
        return one is not above
    places = [above.available.index(each.path[len(above.path)]) for each in (one, other)]
    return places[0] > places[1]
