"""What run-times report, and what that makes of an item and of a package."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.player.outcomes import Outcome, of_scorm_12, of_scorm_2004, roll_up

_words = st.none() | st.booleans() | st.text(max_size=8) | st.integers() | st.floats()
_cmi = st.recursive(
    _words, lambda inner: st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8
)
_shares = st.none() | st.decimals(0, 1, places=4)
_outcomes = st.builds(Outcome, st.booleans(), st.none() | st.booleans(), _shares)


def _12(status: str, **score: Any) -> dict[str, Any]:
    return {"core": {"lesson_status": status, "score": score}}


@pytest.mark.parametrize(
    ("status", "completed", "passed"),
    [
        ("not attempted", False, None),
        ("incomplete", False, None),
        ("browsed", False, None),
        ("completed", True, None),
        ("passed", True, True),
        ("failed", False, False),
        ("เสร็จ", False, None),
    ],
)
def test_one_status_of_scorm_12_says_both(status: str, completed: bool, passed: bool | None):
    assert of_scorm_12(_12(status)) == Outcome(completed, passed)


@pytest.mark.parametrize(
    ("score", "share"),
    [
        ({"raw": "80"}, "0.8"),
        ({"raw": "8", "max": "10"}, "0.8"),
        ({"raw": "15", "min": "10", "max": "20"}, "0.5"),
        ({"raw": "8", "min": "0", "max": "0"}, "0.08"),
        ({"raw": "120", "max": "100"}, "1"),
        ({"raw": "-5"}, "0"),
        ({"scaled": "-0.5"}, "0"),
        ({"scaled": 0.25, "raw": "90"}, "0.25"),
    ],
)
def test_a_score_is_a_share_of_the_full_marks(score: dict[str, Any], share: str):
    assert of_scorm_12(_12("completed", **score)).score == Decimal(share)


@pytest.mark.parametrize("raw", ["", "NaN", "Infinity", "1e999999999", "eighty", True, None, [], {}])
def test_what_is_no_number_is_no_score(raw: Any):
    assert of_scorm_12(_12("completed", raw=raw)).score is None


def test_the_mastery_score_overrules_the_status_of_scorm_12():
    mastery = Decimal("0.8")
    assert of_scorm_12(_12("completed", raw="80"), mastery=mastery).is_passed is True
    assert of_scorm_12(_12("passed", raw="79"), mastery=mastery).is_passed is False
    assert of_scorm_12(_12("failed", raw="90"), mastery=mastery) == Outcome(
        is_completed=True, is_passed=True, score=Decimal("0.9")
    )
    # Before the end a score is not yet judged.
    assert of_scorm_12(_12("incomplete", raw="90"), mastery=mastery).is_passed is None


def test_scorm_2004_says_completion_and_success_apart():
    assert of_scorm_2004({"completion_status": "completed", "success_status": "failed"}) == Outcome(
        is_completed=True, is_passed=False
    )
    assert of_scorm_2004({"success_status": "passed"}).is_completed
    assert of_scorm_2004({"completion_status": "incomplete", "success_status": "unknown"}) == Outcome()


def test_measures_of_scorm_2004_overrule_what_is_said():
    done = of_scorm_2004(
        {"progress_measure": "0.75", "completion_status": "incomplete"}, threshold=Decimal("0.75")
    )
    assert done.is_completed
    undone = of_scorm_2004(
        {"progress_measure": "0.5", "completion_status": "completed"}, threshold=Decimal("0.75")
    )
    assert not undone.is_completed
    judged = {"score": {"scaled": "0.6"}, "success_status": "passed"}
    assert of_scorm_2004(judged, mastery=Decimal("0.7")).is_passed is False


def test_a_package_is_done_when_all_its_items_are():
    done, open_ = Outcome(is_completed=True), Outcome()
    assert roll_up([done, done]).is_completed
    assert not roll_up([done, open_]).is_completed
    assert not roll_up([]).is_completed


def test_a_package_is_passed_when_all_that_judge_passed():
    passed, failed = Outcome(is_completed=True, is_passed=True), Outcome(is_completed=True, is_passed=False)
    read = Outcome(is_completed=True)
    assert roll_up([read, passed]).is_passed is True
    assert roll_up([read, read]).is_passed is None
    assert roll_up([passed, failed]) == Outcome(is_completed=False, is_passed=False)
    # The rest may still fail.
    assert roll_up([passed, Outcome()]).is_passed is None


def test_the_score_of_a_package_is_the_mean_of_what_was_scored():
    scored = [Outcome(score=Decimal("0.5")), Outcome(score=Decimal(1)), Outcome()]
    assert roll_up(scored).score == Decimal("0.75")


@given(_cmi)
def test_no_data_model_breaks_the_reading(cmi: Any):
    state = cmi if isinstance(cmi, dict) else {"core": cmi, "score": cmi, "progress_measure": cmi}
    for outcome in (
        of_scorm_12(state, mastery=Decimal("0.5")),
        of_scorm_2004(state, mastery=Decimal("0.5"), threshold=Decimal("0.5")),
    ):
        assert outcome.score is None or 0 <= outcome.score <= 1


@given(_outcomes, _outcomes)
def test_nothing_that_was_reached_is_taken_back(one: Outcome, other: Outcome):
    both = one.merged(other)
    assert both == other.merged(one)
    assert both.is_completed >= one.is_completed
    assert both.is_passed is True or one.is_passed is not True
    assert one.score is None or (both.score is not None and both.score >= one.score)
    assert both.merged(one) == both
