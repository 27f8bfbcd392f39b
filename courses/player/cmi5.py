"""The rules that cmi5 has for the statements of one session, and when an assignable unit is satisfied. Pure.

Numbers are clauses of the cmi5 specification (Quartz).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from learning.records import vocabulary as words

_CONTEXT = "https://w3id.org/xapi/cmi5/context/"
CMI5 = _CONTEXT + "categories/cmi5"
MOVE_ON = _CONTEXT + "categories/moveon"
SESSION = _CONTEXT + "extensions/sessionid"
MASTERY = _CONTEXT + "extensions/masteryscore"
LAUNCH_MODE = _CONTEXT + "extensions/launchmode"
LAUNCH_URL = _CONTEXT + "extensions/launchurl"
MOVE_ON_RULE = _CONTEXT + "extensions/moveon"
LAUNCH_PARAMETERS = _CONTEXT + "extensions/launchparameters"
REASON = "https://w3id.org/xapi/cmi5/result/extensions/reason"
LAUNCH_DATA = "LMS.LaunchData"
PREFERENCES = "cmi5LearnerPreferences"

_DEFINED = {
    verb.iri: verb.english
    for verb in (words.INITIALIZED, words.COMPLETED, words.PASSED, words.FAILED, words.TERMINATED)
}
_OF_THE_PLATFORM = frozenset(
    verb.iri for verb in (words.LAUNCHED, words.ABANDONED, words.WAIVED, words.SATISFIED)
)
_SUCCESS = frozenset({"passed", "failed"})
_JUDGING = _SUCCESS | {"completed"}
_PLACES = Decimal("0.0001")
_UTC = re.compile(r".+(Z|[+]00(:?00)?)", re.IGNORECASE)


class Mode(StrEnum):
    """What a session is for (10.2.2): only a normal one is judged."""

    NORMAL = "Normal"
    BROWSE = "Browse"
    REVIEW = "Review"


class RuleBroken(Exception):
    """A statement breaks a rule; the message says which, for whoever wrote the content."""


@dataclass(frozen=True)
class Session:
    """A session as far as it has come, with what its registration had reached before."""

    id: str
    registration: str
    activity: str
    # The id that the publisher gave to the unit.
    publisher: str
    mastery: Decimal | None = None
    mode: Mode = Mode.NORMAL
    # Launch data and learner preferences have been read.
    is_prepared: bool = False
    # Defined verbs of this session, in order.
    verbs: tuple[str, ...] = ()
    is_completed: bool = False
    is_passed: bool = False
    is_failed: bool = False
    score: Decimal | None = None

    def after(self, statement: Mapping[str, Any]) -> "Session":
        """Return the session after a statement. Raises RuleBroken."""
        _check_all(self, statement)
        if not _is_defined(statement):
            return self
        verb = _DEFINED[statement["verb"]["id"]]
        return replace(
            self,
            verbs=(*self.verbs, verb),
            is_completed=self.is_completed or verb == "completed",
            is_passed=self.is_passed or verb == "passed",
            is_failed=self.is_failed or verb == "failed",
            score=_best(self.score, _scaled(statement)) if verb in _SUCCESS else self.score,
        )


def is_satisfied(move_on: str, *, completed: bool, passed: bool) -> bool:
    """Say whether what was reached satisfies a unit (10.2.4)."""
    return {
        "Passed": passed,
        "Completed": completed,
        "CompletedAndPassed": completed and passed,
        "CompletedOrPassed": completed or passed,
    }.get(move_on, True)


def mode_of(
    move_on: str,
    mastery: Decimal | None,
    *,
    completed: bool,
    passed: bool,
    failed: bool,
) -> Mode:
    """Return the mode for a learner who has come so far: who has nothing left to reach comes to review.

    A unit that never judged is over once it is completed; one that may still be passed is not.
    """
    is_over = passed or (completed and mastery is None and not failed)
    done = is_satisfied(move_on, completed=completed, passed=passed)
    return Mode.REVIEW if is_over and done else Mode.NORMAL


def _check_all(session: Session, statement: Mapping[str, Any]) -> None:
    verb = statement["verb"]["id"]
    if "terminated" in session.verbs:
        raise RuleBroken("9.3.8: the session has been terminated")
    if verb in _OF_THE_PLATFORM:
        raise RuleBroken("9.3: only the LMS uses this verb")
    if "id" not in statement:
        raise RuleBroken("9.1: a statement has an id from its sender")
    if not _UTC.fullmatch(str(statement.get("timestamp", ""))):
        raise RuleBroken("9.7: a timestamp in UTC is required")
    _check_context(session, statement)
    if _is_defined(statement):
        _check_defined(session, statement)
    else:
        _check_allowed(session, statement)


def _check_context(session: Session, statement: Mapping[str, Any]) -> None:
    context = statement.get("context", {})
    if str(context.get("registration")).lower() != session.registration:
        raise RuleBroken("9.6.1: context.registration is required")
    if context.get("extensions", {}).get(SESSION) != session.id:
        raise RuleBroken("9.6.3.1: the session id is required in context.extensions")
    if session.publisher not in _named(statement, "grouping"):
        raise RuleBroken("9.6.2.3, 10.2.1: what the context template groups by is required")


def _check_defined(session: Session, statement: Mapping[str, Any]) -> None:
    verb = statement["verb"]["id"]
    if statement["actor"].get("objectType", "Agent") != "Agent" or "account" not in statement["actor"]:
        raise RuleBroken("9.2: the actor is an agent with an account")
    if verb not in _DEFINED:
        raise RuleBroken("9.3: this verb is not one of cmi5's")
    if statement["object"].get("id") != session.activity:
        raise RuleBroken("9.4: the object is the activity of the launch")
    _check_order(session, _DEFINED[verb])
    _check_result(session, _DEFINED[verb], statement)


def _check_allowed(session: Session, statement: Mapping[str, Any]) -> None:
    if MOVE_ON in _categories(statement):
        raise RuleBroken("9.6.2.2: the category moveon is for completed, passed and failed only")
    if not session.verbs:
        raise RuleBroken("9.3.2: initialized comes first")


def _check_order(session: Session, verb: str) -> None:
    if verb == "initialized":
        if session.verbs:
            raise RuleBroken("9.3.2: a session is initialized once")
        if not session.is_prepared:
            raise RuleBroken("10.1, 11: launch data and learner preferences are read first")
        return
    if not session.verbs:
        raise RuleBroken("9.3.2: initialized comes first")
    if verb in _JUDGING and session.mode is not Mode.NORMAL:
        raise RuleBroken("10.2.2: nothing is judged in Browse and Review")
    if verb == "completed" and session.is_completed:
        raise RuleBroken("9.3.3: completed is said once in a registration")
    if verb in _SUCCESS and session.is_passed:
        raise RuleBroken("9.3.4: passed is said once in a registration, and nothing else after it")
    if verb in _SUCCESS and _SUCCESS & set(session.verbs):
        raise RuleBroken("9.3.5: a session says once either passed or failed")


def _check_result(session: Session, verb: str, statement: Mapping[str, Any]) -> None:
    result = statement.get("result", {})
    is_judging = verb in _JUDGING
    if is_judging != (MOVE_ON in _categories(statement)):
        raise RuleBroken("9.6.2.2: completed, passed and failed have the category moveon, and nothing else")
    if verb != "initialized" and "duration" not in result:
        raise RuleBroken("9.5.4.1: result.duration is required")
    if result.get("success") is not {"passed": True, "failed": False}.get(verb):
        raise RuleBroken("9.5.2: success is true in passed, false in failed, and nowhere else")
    if result.get("completion") is not (True if verb == "completed" else None):
        raise RuleBroken("9.5.3: completion is true in completed, and nowhere else")
    if "score" in result and verb not in _SUCCESS:
        raise RuleBroken("9.5.1: only passed and failed have a score")
    if verb in _SUCCESS:
        _check_score(session, verb, statement)


def _check_score(session: Session, verb: str, statement: Mapping[str, Any]) -> None:
    score = statement.get("result", {}).get("score", {})
    if "raw" in score and not {"min", "max"} <= set(score):
        raise RuleBroken("9.5.1: a raw score needs min and max")
    if session.mastery is None or not score:
        return
    said = statement["context"]["extensions"].get(MASTERY)
    if isinstance(said, bool) or not isinstance(said, int | float) or Decimal(str(said)) != session.mastery:
        raise RuleBroken("9.6.3.2: the mastery score of the launch is required in context.extensions")
    scaled = _scaled(statement)
    if scaled is not None and (scaled >= session.mastery) != (verb == "passed"):
        raise RuleBroken("9.3.4, 9.3.5: the score and the mastery score say otherwise")


def _is_defined(statement: Mapping[str, Any]) -> bool:
    return CMI5 in _categories(statement)


def _categories(statement: Mapping[str, Any]) -> set[str]:
    return _named(statement, "category")


def _named(statement: Mapping[str, Any], kind: str) -> set[str]:
    """Return the ids of the activities of one kind in the context, given singly or as a list."""
    given = statement.get("context", {}).get("contextActivities", {}).get(kind, [])
    return {activity["id"] for activity in (given if isinstance(given, list) else [given])}


def _scaled(statement: Mapping[str, Any]) -> Decimal | None:
    scaled = statement.get("result", {}).get("score", {}).get("scaled")
    if scaled is None:
        return None
    return min(max(Decimal(str(scaled)), Decimal(0)), Decimal(1)).quantize(_PLACES)


def _best(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return max((score for score in (one, other) if score is not None), default=None)
