"""The activity tree of a package, and what is known of one learner's way through it (SN, chapters 3 and 4.2).

Values of an objective are kept by name: satisfied, measure, completed, progress, raw, min, max. One that is
not there is unknown. The completion of an activity is that of its primary objective.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from courses.packages import sequencing
from courses.packages.package import Package, Unit
from courses.packages.sequencing import Objective, Sequencing

Values = dict[str, Any]
ROOT = ""


@dataclass(eq=False)
class Activity:
    """An organization, a heading or a lesson: its definition, and what the learner did in it."""

    id: str
    title: str
    rules: Sequencing
    parent: "Activity | None" = None
    children: list["Activity"] = field(default_factory=list)
    is_visible: bool = True
    # Completed by a measure of progress of at least so much; how much its own progress weighs.
    threshold: float | None = None
    progress_weight: float = 1.0
    attempts: int = 0
    is_active: bool = False
    is_suspended: bool = False
    known: dict[str, Values] = field(default_factory=dict)
    # The children that were selected, in the order that they have for this learner.
    available: list["Activity"] = field(default_factory=list)

    @property
    def is_leaf(self) -> bool:
        """Whether it has nothing under it."""
        return not self.children

    @cached_property
    def objectives(self) -> dict[str, Objective]:
        """Its objectives by id; the primary one is under "" as well."""
        return {each.id: each for each in self.rules.objectives} | {"": self.rules.primary}

    @property
    def path(self) -> list["Activity"]:
        """The activities from the root to this one, both included."""
        return [*(self.parent.path if self.parent else ()), self]

    def walk(self) -> Iterator["Activity"]:
        """Yield this activity and all under it, in the order of the manifest."""
        yield self
        for child in self.children:
            yield from child.walk()


class Tree:
    """The activities of a package with what is known of them, and where the learner is."""

    def __init__(self, root: Activity, *, forgets_shared: bool = False) -> None:
        self.root = root
        self.forgets_shared = forgets_shared
        self.by_id = {activity.id: activity for activity in root.walk()}
        self.current: Activity | None = None
        self.suspended: Activity | None = None
        self.shared: dict[str, Values] = {}
        for activity in root.walk():
            activity.available = list(activity.children)

    # -- Values of objectives (SN 4.2.1) --------------------------------------------------------------
    def value(self, activity: Activity, name: str, objective: str = "") -> Any:
        """Return a value of an objective: that of the shared objective that it reads, else its own.

        The book reads only what is not known of its own; content relies on the players that always read.
        """
        definition = activity.objectives.get(objective)
        if definition is None or not activity.rules.is_tracked:
            return None
        read = (self.shared.get(each.target, {}).get(name) for each in definition.maps if name in each.reads)
        own = activity.known.get(definition.id, {}).get(name)
        return next((value for value in read if value is not None), own)

    def put(self, activity: Activity, name: str, value: Any, objective: str = "") -> None:
        """Set a value of an objective and of those it writes to; None makes its own unknown."""
        definition = activity.objectives.get(objective)
        if definition is None or not activity.rules.is_tracked:
            return
        known = activity.known.setdefault(definition.id, {})
        if value is None:
            known.pop(name, None)
            return
        known[name] = value
        for each in definition.maps:
            if name in each.writes:
                self.shared.setdefault(each.target, {})[name] = value

    def forget(self, activity: Activity) -> None:
        """Begin an attempt with nothing known, nor what of the children counts for one attempt."""
        activity.known = {}
        for child in activity.children:
            self._forget_below(child, activity.rules)

    def _forget_below(self, activity: Activity, parent: Sequencing) -> None:
        dropped = {"satisfied", "measure", "raw", "min", "max"} if parent.current_objectives else set()
        dropped |= {"completed", "progress"} if parent.current_progress else set()
        activity.known = {
            objective: {name: value for name, value in values.items() if name not in dropped}
            for objective, values in activity.known.items()
        }
        for child in activity.children:
            self._forget_below(child, activity.rules)

    def is_there(self, identifier: str) -> bool:
        """Say whether an activity was selected for this learner, with all that is above it."""
        path = self.by_id[identifier].path
        return all(each.parent is None or each in each.parent.available for each in path)

    # -- Kept between requests ------------------------------------------------------------------------
    def state(self) -> dict[str, Any]:
        """Return what must be kept of the learner's way, as JSON takes it."""
        return {
            "current": self.current and self.current.id,
            "suspended": self.suspended and self.suspended.id,
            "shared": {target: dict(values) for target, values in self.shared.items()},
            "activities": {each.id: _state(each) for each in self.root.walk() if each.attempts or each.known},
            "orders": {
                each.id: [child.id for child in each.available]
                for each in self.root.walk()
                if each.available != each.children
            },
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned once."""
        self.current = self.by_id.get(state["current"]) if state["current"] is not None else None
        self.suspended = self.by_id.get(state["suspended"]) if state["suspended"] is not None else None
        self.shared = {target: dict(values) for target, values in state["shared"].items()}
        for identifier, kept in state["activities"].items():
            activity = self.by_id[identifier]
            activity.attempts, activity.is_active = kept["attempts"], kept["is_active"]
            activity.is_suspended = kept["is_suspended"]
            activity.known = {objective: dict(values) for objective, values in kept["known"].items()}
        for identifier, order in state["orders"].items():
            self.by_id[identifier].available = [self.by_id[child] for child in order]


def plant(package: Package) -> Tree:
    """Return the activity tree of a package, as nobody has entered it yet."""
    root = Activity(
        ROOT,
        package.title,
        sequencing.read(package.sequencing),
        threshold=None if package.completion_threshold is None else float(package.completion_threshold),
    )
    root.children = [_grown(unit, root) for unit in package.units]
    return Tree(root, forgets_shared=not package.shares_objectives)


def is_sequenced(package: Package) -> bool:
    """Say whether a package has rules that could matter: several lessons, or limits and rules for one."""
    units = [unit for top in package.units for unit in _walk(top)]
    texts = [package.sequencing, *(unit.scorm.sequencing for unit in units if unit.scorm)]
    several = len(package.launchable) > 1
    return any(text and (several or sequencing.read(text).has_rules) for text in texts)


def _walk(unit: Unit) -> Iterator[Unit]:
    yield unit
    for child in unit.units:
        yield from _walk(child)


def _grown(unit: Unit, parent: Activity) -> Activity:
    settings = unit.scorm
    activity = Activity(
        unit.id,
        unit.title,
        sequencing.read(settings.sequencing if settings else ""),
        parent,
        is_visible=settings is None or settings.is_visible,
        threshold=None
        if settings is None or settings.completion_threshold is None
        else float(settings.completion_threshold),
        progress_weight=float(settings.progress_weight) if settings else 1.0,
    )
    activity.children = [_grown(child, activity) for child in unit.units]
    return activity


def _state(activity: Activity) -> dict[str, Any]:
    return {
        "attempts": activity.attempts,
        "is_active": activity.is_active,
        "is_suspended": activity.is_suspended,
        "known": {objective: dict(values) for objective, values in activity.known.items() if values},
    }
