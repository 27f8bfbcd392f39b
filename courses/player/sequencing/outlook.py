"""What a learner may do next, and what stands in the way: requests tried on a copy that is thrown away."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from courses.player.sequencing.conditions import fired
from courses.player.sequencing.refusals import Reason, Refused
from courses.player.sequencing.traversal import check_choice, refuse_shut
from courses.player.sequencing.tree import Activity, Tree
from courses.player.sequencing.walk import Walk

_CHANGING = (Reason.RULES, Reason.ATTEMPTS, Reason.UNFINISHED)
_BARS = ("disabled", "hiddenFromChoice", "stopForwardTraversal")


@dataclass(frozen=True)
class Way:
    """Where "on" or "back" leads: to a lesson, to the end of the package (None), or nowhere: why not."""

    target: Activity | None = None
    refused: Refused | None = None

    @property
    def is_open(self) -> bool:
        """Whether the request would be followed."""
        return self.refused is None

    @property
    def is_offered(self) -> bool:
        """Whether to offer it: what rules bar now, a lesson may open with its last word when it is left."""
        return self.refused is None or self.refused.reason in _CHANGING


@dataclass(frozen=True)
class Outlook:
    """What is possible from where a learner is; of lessons that may be chosen the refusal is None."""

    onward: Way
    backward: Way
    choices: dict[str, Refused | None] = field(default_factory=dict)


def look_ahead(copy: Callable[[], Tree]) -> Outlook:
    """Try every request. `copy` returns the tree as it stands, each time a new one."""
    return Outlook(_way(copy(), "continue"), _way(copy(), "previous"), _choices(copy()))


def _way(tree: Tree, name: str) -> Way:
    try:
        return Way(Walk(tree, _fixed()).request(name))
    except Refused as refused:
        return Way(refused=refused)


def _choices(tree: Tree) -> dict[str, Refused | None]:
    """Try every lesson: first what forbids to leave, then what holds when the open one has ended."""
    walk = Walk(tree, _fixed())
    leaves = [each for each in tree.root.walk() if each.is_leaf and each.parent is not None]
    found = {each.id: _refusal(walk.check_leaving, each) for each in leaves}
    is_redirected = walk.leave()
    for each in leaves:
        if found[each.id] is None and not is_redirected:
            found[each.id] = _refusal(lambda target: _check_delivery(tree, target), each)
    return found


def _check_delivery(tree: Tree, target: Activity) -> None:
    check_choice(tree, target)
    for each in target.path:
        refuse_shut(tree, each, "DB.1.1-3")


def _fixed() -> Random:
    """Return a source of chance for what is thrown away."""
    return Random(0)  # noqa: S311


def _refusal(check: Callable[[Activity], None], target: Activity) -> Refused | None:
    try:
        check(target)
    except Refused as refused:
        return refused
    return None


def needed_first(tree: Tree, refused: Refused) -> list[str]:
    """Return the titles of what has to be reached before a rule stops barring its activity.

    They are known where the rule asks for an objective that other activities write.
    """
    barred = refused.activity
    if barred is None:
        return []
    rule = fired(tree, barred, barred.rules.before, *_BARS)
    objectives = [each.objective for each in rule.conditions if each.is_negated] if rule else []
    asked = [barred.objectives[name] for name in objectives if name in barred.objectives]
    read = {each.target for objective in asked for each in objective.maps if each.reads}
    writers = [each for each in tree.root.walk() if each is not barred and _writes(each, read)]
    # A wrapper that nobody sees is named by what is under it.
    shown = [below for each in writers for below in ([each] if each.is_visible else each.walk())]
    return list(dict.fromkeys(each.title for each in shown if each.is_visible and each.parent is not None))


def _writes(activity: Activity, targets: set[str]) -> bool:
    maps = [each for objective in activity.rules.objectives for each in objective.maps]
    return any(each.writes and each.target in targets for each in maps)
