"""Which step leads where, and what verdicts come to: every transition and every wrong one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.catalogue.models import VersionStatus
from courses.studio.errors import WrongStep
from courses.studio.workflow import (
    MOVES,
    Outcome,
    Quorum,
    StageView,
    Step,
    Verdict,
    after,
    is_open,
    stand,
    weigh,
)

S = VersionStatus
WANTED = {
    (S.DRAFT, Step.SUBMIT): S.SUBMITTED,
    (S.CHANGES_ASKED, Step.SUBMIT): S.SUBMITTED,
    (S.SUBMITTED, Step.WITHDRAW): S.DRAFT,
    (S.SUBMITTED, Step.BEGIN): S.IN_REVIEW,
    (S.IN_REVIEW, Step.ASK_CHANGES): S.CHANGES_ASKED,
    (S.IN_REVIEW, Step.APPROVE): S.APPROVED,
    (S.APPROVED, Step.REOPEN): S.DRAFT,
    (S.APPROVED, Step.PUBLISH): S.PUBLISHED,
}
A, C, NONE = Verdict.APPROVE.value, Verdict.CHANGES.value, ""


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("step", list(Step))
def test_every_step_from_every_state(status, step):
    if (status, step) in WANTED:
        assert after(status, step) == WANTED[status, step]
        assert is_open(status, step)
    else:
        assert not is_open(status, step)
        with pytest.raises(WrongStep) as error:
            after(status, step)
        assert str(status.label) in str(error.value)


def test_the_only_way_to_the_learners_is_through_approval():
    """No path reaches "published" that does not pass "in review" and "approved"."""
    before = {target: {source for (source, _step), end in MOVES.items() if end == target} for target in S}
    assert before[S.PUBLISHED] == {S.APPROVED}
    assert before[S.APPROVED] == {S.IN_REVIEW}
    assert before[S.IN_REVIEW] == {S.SUBMITTED}


@pytest.mark.parametrize(
    ("quorum", "verdicts", "outcome"),
    [
        (Quorum.ALL, [NONE, NONE], Outcome.OPEN),
        (Quorum.ALL, [A, NONE], Outcome.OPEN),
        (Quorum.ALL, [A, A], Outcome.APPROVED),
        (Quorum.ALL, [A, C], Outcome.CHANGES_ASKED),
        (Quorum.ALL, [NONE, C], Outcome.CHANGES_ASKED),
        (Quorum.ANY, [NONE, NONE], Outcome.OPEN),
        (Quorum.ANY, [A, NONE], Outcome.APPROVED),
        (Quorum.ANY, [C, NONE], Outcome.CHANGES_ASKED),
        # Nobody is no approval.
        (Quorum.ALL, [], Outcome.OPEN),
        (Quorum.ANY, [], Outcome.OPEN),
    ],
)
def test_what_the_verdicts_of_a_stage_come_to(quorum, verdicts, outcome):
    assert weigh(StageView(quorum, tuple(verdicts))) is outcome


def test_a_review_goes_from_stage_to_stage():
    open_, passed = StageView(Quorum.ALL, (NONE,)), StageView(Quorum.ALL, (A,))
    assert stand([open_, open_]) == (Outcome.OPEN, 0)
    assert stand([passed, open_]) == (Outcome.OPEN, 1)
    assert stand([passed, passed]) == (Outcome.APPROVED, None)
    assert stand([passed, StageView(Quorum.ANY, (C, NONE))]) == (Outcome.CHANGES_ASKED, None)
    # Without a stage nobody has approved anything.
    assert stand([]) == (Outcome.OPEN, None)


stages = st.lists(
    st.builds(
        StageView,
        st.sampled_from(Quorum.values),
        st.lists(st.sampled_from([A, C, NONE]), max_size=4).map(tuple),
    ),
    max_size=4,
)


@given(stages)
def test_approved_means_that_every_stage_approved(review):
    outcome, place = stand(review)
    if outcome is Outcome.APPROVED:
        assert review
        assert all(A in stage.verdicts and C not in stage.verdicts for stage in review)
    if place is not None:
        assert outcome is Outcome.OPEN
        assert all(weigh(stage) is Outcome.APPROVED for stage in review[:place])


@given(stages)
def test_nobody_is_overruled(review):
    """Who asks for changes in the stage whose turn it is, or before it, is heard."""
    outcome, place = stand(review)
    reached = review if place is None and outcome is Outcome.APPROVED else review[: place or 0]
    assert all(C not in stage.verdicts for stage in reached)
