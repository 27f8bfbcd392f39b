"""Pass or fail: pure functions, no database, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class SubjectRules:
    """What a subject is worth in points, and the percentage that each level needs."""

    subject: int
    points: Decimal
    percent: Mapping[str, Decimal]


class SubjectOutcome(NamedTuple):
    """One subject of one candidate."""

    subject: int
    score: int
    max_score: int
    points: Decimal
    pass_percent: Decimal
    is_passed: bool


def has_passed(score: int, max_score: int, percent: Decimal) -> bool:
    """Say whether a score reaches a pass mark. Exact: no rounding decides about a person."""
    return max_score > 0 and score * 100 >= percent * max_score


def points_of(score: int, max_score: int, points: Decimal) -> Decimal:
    """Return a score in points, rounded down to two decimals; of no items, none."""
    if not max_score:
        return Decimal("0.00")
    return (points * score / max_score).quantize(_CENT, ROUND_DOWN)


def evaluate(
    sections: Sequence[tuple[int, int]], level: str, rules: Sequence[SubjectRules]
) -> list[SubjectOutcome]:
    """Evaluate one candidate: (score, items) of each section of the paper, one for each subject in order.

    All subjects must be passed for the whole to be. Raises ValueError where sections and subjects do not
    match, KeyError where a subject has no pass mark for the level.
    """
    return [
        SubjectOutcome(
            subject=subject.subject,
            score=score,
            max_score=max_score,
            points=points_of(score, max_score, subject.points),
            pass_percent=subject.percent[level],
            is_passed=has_passed(score, max_score, subject.percent[level]),
        )
        for (score, max_score), subject in zip(sections, rules, strict=True)
    ]
