"""What a learner reached: in one item of a package, and from its items in the whole of it.

Pure functions over what run-times report. A package says what it likes; whatever is no number or no word
of its standard counts as not said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Outcome:
    """Completed or not, passed or not where somebody judged, and the score as a share of the full marks."""

    is_completed: bool = False
    is_passed: bool | None = None
    score: Decimal | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do here: completed, and not failed where it is judged."""
        return self.is_completed and self.is_passed is not False

    def merged(self, other: "Outcome") -> "Outcome":
        """Return the better of both: what was completed or passed stays so, and the best score counts."""
        verdicts = (self.is_passed, other.is_passed)
        scores = [score for score in (self.score, other.score) if score is not None]
        return Outcome(
            is_completed=self.is_completed or other.is_completed,
            is_passed=True if True in verdicts else (False if False in verdicts else None),
            score=max(scores, default=None),
        )


def of_scorm_12(cmi: Mapping[str, Any], *, mastery: Decimal | None = None) -> Outcome:
    """Read `cmi.core` of SCORM 1.2: one status says both, and a mastery score overrules it."""
    core = _mapping(cmi.get("core"))
    status = core.get("lesson_status")
    score = _score(_mapping(core.get("score")))
    passed = {"passed": True, "failed": False}.get(str(status))
    completed = status in {"completed", "passed"}
    if mastery is not None and score is not None and status in {"completed", "passed", "failed"}:
        passed = score >= mastery
        completed = completed or passed
    return Outcome(completed, passed, score)


def of_scorm_2004(
    cmi: Mapping[str, Any], *, mastery: Decimal | None = None, threshold: Decimal | None = None
) -> Outcome:
    """Read `cmi` of SCORM 2004: the measure of progress and the passing score overrule what is said."""
    score = _score(_mapping(cmi.get("score")))
    passed = {"passed": True, "failed": False}.get(str(cmi.get("success_status")))
    completed = cmi.get("completion_status") == "completed"
    progress = _number(cmi.get("progress_measure"))
    if threshold is not None and progress is not None:
        completed = progress >= threshold
    if mastery is not None and score is not None:
        passed = score >= mastery
    # Whoever has passed has nothing left to do, also where the content forgets to say so.
    return Outcome(completed or passed is True, passed, score)


def roll_up(items: Iterable[Outcome]) -> Outcome:
    """Return what the items of a package make together.

    Completed when all of them are done; failed when one that judges says so, and passed when all that judge
    do; the score is the mean of those that have one, those still open counting for nothing yet.
    """
    items = list(items)
    verdicts = [item.is_passed for item in items if item.is_passed is not None]
    scores = [item.score for item in items if item.score is not None]
    completed = bool(items) and all(item.is_done for item in items)
    passed = None if not verdicts else (False if False in verdicts else (True if completed else None))
    score = (sum(scores, Decimal(0)) / len(scores)).quantize(_PLACES) if scores else None
    return Outcome(completed, passed, score)


def share(score: Mapping[str, Any]) -> Decimal | None:
    """Return a score with `scaled`, or `raw` between `min` and `max`, as a share of the full marks."""
    return _score(score)


def _score(score: Mapping[str, Any]) -> Decimal | None:
    scaled = _number(score.get("scaled"))
    if scaled is None:
        raw, least, most = (_number(score.get(name)) for name in ("raw", "min", "max"))
        if raw is None:
            return None
        least = least or Decimal(0)
        most = most if most is not None and most > least else Decimal(100)
        if most <= least:
            return None
        scaled = (raw - least) / (most - least)
    return min(max(scaled, Decimal(0)), Decimal(1)).quantize(_PLACES)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or value in ("", None):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    # Beyond that nobody marks, and Decimal would calculate for minutes.
    return number if number.is_finite() and abs(number.adjusted()) < 20 else None  # noqa: PLR2004


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
