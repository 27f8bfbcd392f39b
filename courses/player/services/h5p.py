"""H5P at run time: the results its content reports, and the state it resumes from."""

from collections.abc import Mapping
from typing import Any

from courses.packages.package import Unit
from courses.player import outcomes
from courses.player.models import ItemProgress
from courses.player.outcomes import Outcome

# What ends an exercise; "answered" is all that single questions say, and right or wrong is then their score.
_ENDING = frozenset({"completed", "answered", "passed", "failed", "mastered", "consumed"})
_JUDGED = {"passed": True, "mastered": True, "failed": False}


def outcome(_unit: Unit, state: Mapping[str, Any]) -> Outcome:
    """Read the result of the content as a whole, as it last stood in a statement about it."""
    result = state.get("result")
    verb = result.get("verb") if isinstance(result, Mapping) else None
    if not isinstance(verb, str) or verb not in _ENDING:
        return Outcome()
    assert isinstance(result, Mapping)
    score = result.get("score")
    share = outcomes.share(score) if isinstance(score, Mapping) and score.get("max") != 0 else None
    success = result.get("success")
    passed = _JUDGED.get(verb)
    if passed is None and verb == "completed" and isinstance(success, bool):
        passed = success
    return Outcome(result.get("completion") is not False, passed, share)


def start(progress: ItemProgress) -> dict[str, Any]:
    """Return the user data from which h5p-standalone resumes, and the result there was."""
    kept, result = progress.state.get("user_data"), progress.state.get("result")
    return {
        "user_data": kept if isinstance(kept, list) else [],
        "result": result if isinstance(result, Mapping) else None,
    }
