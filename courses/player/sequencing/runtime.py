"""Between the data model of a lesson and its activity (SN 4.2.1, RTE 4.2): what is taken over and given."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from courses.player import outcomes
from courses.player.sequencing.rollup import roll_up
from courses.player.sequencing.tree import Activity, Tree

_SUCCESS = {"passed": True, "failed": False}
_COMPLETION = {"completed": True, "incomplete": False, "not attempted": False}


@dataclass(frozen=True)
class Said:
    """What a lesson has said when its state came: its data model, and whether it has ended."""

    cmi: Mapping[str, Any]
    has_ended: bool = False
    is_silent: bool = False

    @property
    def is_suspended(self) -> bool:
        """Whether its attempt goes on the next time.

        Content that has not ended, or ended without a word while incomplete, loses nothing either: many tools
        never say "suspend".
        """
        left, status = self.cmi.get("exit"), self.cmi.get("completion_status")
        if left == "suspend":
            return True
        if not self.has_ended:
            return status != "completed"
        return not left and status == "incomplete"


def take(
    tree: Tree,
    activity: Activity,
    said: Said,
    *,
    mastery: Decimal | None = None,
    threshold: Decimal | None = None,
) -> None:
    """Take over what a lesson says about itself and its objectives, and roll it up."""
    for entry in _entries(said.cmi.get("objectives")):
        if (name := entry.get("id")) and isinstance(name, str) and name in activity.objectives:
            _put(tree, activity, _values(entry), name)
    values = _values(said.cmi)
    reached = outcomes.of_scorm_2004(said.cmi, mastery=mastery, threshold=threshold)
    if mastery is not None and reached.is_passed is not None:
        values["satisfied"] = reached.is_passed
    if threshold is not None and values["progress"] is not None:
        values["completed"] = values["progress"] >= float(threshold)
    _put(tree, activity, values)
    activity.is_suspended = said.is_suspended
    if said.is_silent and not said.is_suspended:
        finish_silent(tree, activity)
    roll_up(tree, activity)


def finish_silent(tree: Tree, activity: Activity) -> None:
    """Complete a lesson that says nothing of itself, unless its author wants it to (SN 3.13)."""
    if not activity.rules.completion_by_content and tree.value(activity, "completed") is None:
        tree.put(activity, "completed", value=True)
    if not activity.rules.objective_by_content and tree.value(activity, "satisfied") is None:
        tree.put(activity, "satisfied", value=True)


def give(tree: Tree, activity: Activity, cmi: Mapping[str, Any]) -> dict[str, Any]:
    """Return the objectives that a lesson starts with: as it left them, and what was reached since."""
    entries = [dict(entry) for entry in _entries(cmi.get("objectives"))]
    by_id = {str(entry.get("id")): entry for entry in entries}
    for definition in activity.rules.objectives:
        if not definition.id:
            continue
        if definition.id not in by_id:
            by_id[definition.id] = {"id": definition.id}
            entries.append(by_id[definition.id])
        _tell(by_id[definition.id], {name: tree.value(activity, name, definition.id) for name in _NAMES})
    return {str(place): entry for place, entry in enumerate(entries)}


_NAMES = ("satisfied", "completed", "progress", "measure", "raw", "min", "max")


def _tell(entry: dict[str, Any], known: Mapping[str, Any]) -> None:
    if known["satisfied"] is not None:
        entry["success_status"] = "passed" if known["satisfied"] else "failed"
    if known["completed"] is not None:
        entry["completion_status"] = "completed" if known["completed"] else "incomplete"
    if known["progress"] is not None:
        entry["progress_measure"] = _written(known["progress"])
    score = {"scaled": known["measure"], **{name: known[name] for name in ("raw", "min", "max")}}
    if found := {name: _written(value) for name, value in score.items() if value is not None}:
        own = entry.get("score")
        entry["score"] = (dict(own) if isinstance(own, Mapping) else {}) | found


def _values(part: Mapping[str, Any]) -> dict[str, Any]:
    score = part.get("score")
    score = score if isinstance(score, Mapping) else {}
    measure = _number(score.get("scaled"), least=-1.0)
    if measure is None and score.get("max") not in {None, ""}:
        # The standard knows a scaled score only; many lessons give points out of so many.
        share = outcomes.share(score)
        measure = None if share is None else float(share)
    return {
        "satisfied": _SUCCESS.get(str(part.get("success_status"))),
        "completed": _COMPLETION.get(str(part.get("completion_status"))),
        "progress": _number(part.get("progress_measure"), least=0.0),
        "measure": measure,
        **{name: _number(score.get(name), least=-1e9, most=1e9) for name in ("raw", "min", "max")},
    }


def _put(tree: Tree, activity: Activity, values: Mapping[str, Any], objective: str = "") -> None:
    for name, value in values.items():
        # What is not said takes nothing back.
        if value is not None:
            tree.put(activity, name, value, objective)


def _entries(listed: Any) -> Iterable[Mapping[str, Any]]:
    """Yield the entries of a list of the data model, which is kept as an object that counts from "0"."""
    if isinstance(listed, Mapping):
        yield from (entry for entry in listed.values() if isinstance(entry, Mapping))


def _number(value: Any, *, least: float, most: float = 1.0) -> float | None:
    if isinstance(value, bool) or value in ("", None):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if least <= number <= most else None


def _written(number: float) -> str:
    return f"{number:.7f}".rstrip("0").rstrip(".")
