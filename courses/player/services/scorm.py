"""SCORM at run time: what an item is started with, and what its data model says was reached.

scorm-again is the run-time and checks every value. What is kept is its data model, `cmi`, with lists as
objects that count from "0". The time that content claims is kept for the content; learning time is measured
elsewhere.
"""

from collections.abc import Mapping
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

from courses.packages.package import Unit
from courses.player import outcomes
from courses.player.models import ItemProgress
from courses.player.outcomes import Outcome
from courses.player.sequencing import runtime
from courses.player.services.sequences import WayThrough
from learning.people.models import Person

_PERCENT = Decimal(100)


def outcome_12(unit: Unit, state: Mapping[str, Any]) -> Outcome:
    """Read what a SCORM 1.2 item reports."""
    return _unless_silent(state, outcomes.of_scorm_12(_cmi(state), mastery=unit.mastery_score))


def outcome_2004(unit: Unit, state: Mapping[str, Any]) -> Outcome:
    """Read what a SCORM 2004 item reports."""
    threshold = unit.scorm.completion_threshold if unit.scorm else None
    reached = outcomes.of_scorm_2004(_cmi(state), mastery=unit.mastery_score, threshold=threshold)
    return _unless_silent(state, reached)


def _unless_silent(state: Mapping[str, Any], reached: Outcome) -> Outcome:
    """Complete what ended and never said how far it came, as both standards ask."""
    return reached.merged(Outcome(is_completed=True)) if state.get("ended_silently") is True else reached


def start_12(unit: Unit, person: Person, progress: ItemProgress) -> dict[str, Any]:
    """Return the `cmi` that a SCORM 1.2 item starts with: as it was left, and what the manifest says."""
    cmi = deepcopy(dict(_cmi(progress.state)))
    core = _part(cmi, "core")
    place = core.get("lesson_location") or cmi.get("suspend_data")
    entry = _entry(core.pop("exit", ""), progress, place)
    core.pop("session_time", None)
    core |= {
        "student_id": str(person.public_id),
        "student_name": _name(person),
        "credit": "credit",
        "lesson_mode": "normal",
        "entry": entry,
        "lesson_status": core.get("lesson_status") or "not attempted",
    }
    cmi["launch_data"] = unit.scorm.data_from_lms if unit.scorm else ""
    data = _part(cmi, "student_data")
    if unit.mastery_score is not None:
        data["mastery_score"] = _plain(unit.mastery_score * _PERCENT)
    if unit.max_time is not None:
        data["max_time_allowed"] = _clock(unit.max_time)
    if unit.scorm and unit.scorm.time_limit_action:
        data["time_limit_action"] = unit.scorm.time_limit_action
    return cmi


def start_2004(
    unit: Unit, person: Person, progress: ItemProgress, sequence: WayThrough | None = None
) -> dict[str, Any]:
    """Return the `cmi` that a SCORM 2004 item starts with; a sequence knows its objectives."""
    cmi = deepcopy(dict(_cmi(progress.state)))
    entry = _entry(cmi.pop("exit", ""), progress, cmi.get("location") or cmi.get("suspend_data"))
    cmi.pop("session_time", None)
    cmi |= {
        "learner_id": str(person.public_id),
        "learner_name": _name(person),
        "credit": "credit",
        "mode": "normal",
        "entry": entry,
        "launch_data": unit.scorm.data_from_lms if unit.scorm else "",
    }
    if unit.mastery_score is not None:
        cmi["scaled_passing_score"] = _plain(unit.mastery_score)
    if unit.max_time is not None:
        cmi["max_time_allowed"] = f"PT{int(unit.max_time.total_seconds())}S"
    if unit.scorm and unit.scorm.time_limit_action:
        cmi["time_limit_action"] = unit.scorm.time_limit_action
    if unit.scorm and unit.scorm.completion_threshold is not None:
        cmi["completion_threshold"] = _plain(unit.scorm.completion_threshold)
    if sequence is not None:
        activity = sequence.tree.by_id[unit.id]
        if objectives := runtime.give(sequence.tree, activity, cmi):
            cmi["objectives"] = objectives
    elif unit.objectives and not cmi.get("objectives"):
        cmi["objectives"] = {str(place): {"id": name} for place, name in enumerate(unit.objectives)}
    return cmi


def _entry(left: Any, progress: ItemProgress, place: Any) -> str:
    """Return how an item is entered; `place` is what it said of where its learner is.

    Content that ended normally and is not done gets its data back as well: many tools never say "suspend",
    and a window that was closed says nothing. Where it never said "suspend" nor a place, there is nothing to
    resume, and some content breaks when it is told to.
    """
    if not progress.state:
        return "ab-initio"
    if left != "suspend" and not place:
        return ""
    return "" if left in {"normal", "logout", "time-out"} and progress.is_completed else "resume"


def _cmi(state: Mapping[str, Any]) -> Mapping[str, Any]:
    cmi = state.get("cmi")
    return cmi if isinstance(cmi, Mapping) else {}


def _part(cmi: dict[str, Any], name: str) -> dict[str, Any]:
    part = cmi.get(name)
    if not isinstance(part, dict):
        part = cmi[name] = {}
    return part


def _name(person: Person) -> str:
    return f"{person.last_name}, {person.first_name}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _clock(duration: timedelta) -> str:
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:04d}:{minutes:02d}:{seconds:02d}"
