"""Pass marks decide exactly, at every level."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.registration.models import Level
from exams.registration.services.examinations import read_examination
from exams.results.evaluation import SubjectRules, evaluate, has_passed, points_of

PART_A = read_examination("ka-2569")
ITEMS = [sum(sum(counts.values()) for counts in subject.items.values()) for subject in PART_A.subjects]
RULES = [
    SubjectRules(n, Decimal(subject.points), {level: Decimal(p) for level, p in subject.pass_percent.items()})
    for n, subject in enumerate(PART_A.subjects)
]
# Right answers that just pass: 60 percent of 50 items (65 for a master's degree), 50 of 25, 60 of 25.
JUST = {
    Level.VOCATIONAL: (30, 13, 15),
    Level.DIPLOMA: (30, 13, 15),
    Level.BACHELOR: (30, 13, 15),
    Level.MASTER: (33, 13, 15),
}


def outcome(scores, level):
    return evaluate(list(zip(scores, ITEMS, strict=True)), level, RULES)


@pytest.mark.parametrize("level", Level)
def test_the_exact_mark_passes_and_one_answer_less_in_any_subject_does_not(level):
    just = JUST[level]
    assert all(subject.is_passed for subject in outcome(just, level))
    for place in range(3):
        short = [score - (n == place) for n, score in enumerate(just)]
        assert [subject.is_passed for subject in outcome(short, level)] == [n != place for n in range(3)]


def test_full_marks_in_two_subjects_do_not_carry_the_third():
    assert [subject.is_passed for subject in outcome((50, 25, 14), Level.BACHELOR)] == [True, True, False]


def test_points_are_two_for_an_item_of_part_a():
    assert [subject.points for subject in outcome((33, 13, 15), Level.MASTER)] == [66, 26, 30]


def test_points_are_rounded_down_so_that_no_mark_looks_reached_that_was_not():
    assert points_of(2, 3, Decimal(100)) == Decimal("66.66")
    assert not has_passed(2, 3, Decimal("66.67"))
    assert has_passed(2, 3, Decimal("66.66"))


def test_nobody_passes_a_subject_without_items():
    assert not has_passed(0, 0, Decimal(0))
    assert points_of(0, 0, Decimal(50)) == 0


def test_sections_that_are_not_the_subjects_are_refused():
    with pytest.raises(ValueError, match="zip"):
        evaluate([(1, 1)], Level.BACHELOR, RULES)


def test_a_level_without_a_pass_mark_is_refused():
    with pytest.raises(KeyError):
        evaluate([(1, 1)], "doctor", RULES[:1])


@given(st.integers(1, 200), st.data(), st.decimals(0, 100, places=2), st.decimals(1, 500, places=2))
def test_whoever_passes_would_pass_with_one_more_right(items, data, percent, points):
    score = data.draw(st.integers(0, items - 1))
    assert has_passed(score, items, percent) <= has_passed(score + 1, items, percent)
    assert points_of(score, items, points) <= points_of(score + 1, items, points) <= points
