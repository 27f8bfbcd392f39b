"""Concluding an attempt, and what its taker may read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from certificates.models import Certificate
from exams.knowledge.errors import ExplanationsShut
from exams.knowledge.models import Reveal, TestDefinition
from exams.knowledge.services.results import (
    conclude,
    conclude_closed,
    explain,
    has_passed,
    percent,
    result_view,
)
from exams.knowledge.tasks import conclude_closed as conclude_task
from exams.marking.services import SittingStillOpen
from exams.seat.models import JournalEntry
from learning.people.models import AuditEntry
from learning.records.models import OutboxEntry
from tests.conftest import make_person
from tests.exams.knowledge.factories import answer, make_round, sit, sitting_of, start

pytestmark = pytest.mark.django_db


def test_a_pass_gets_score_and_certificate_together(learner):
    attempt = conclude(sit(make_round(), learner, right=6), now=timezone.now())
    assert (attempt.score, attempt.max_score, attempt.is_passed) == (6, 10, True)
    assert attempt.certificate is not None
    assert attempt.certificate.person == learner
    assert attempt.certificate.kind == "knowledge-test-pass"


def test_how_an_attempt_went_waits_for_the_learning_records_once(learner):
    attempt = sit(make_round(), learner, right=6)
    for _ in range(2):
        conclude(attempt, now=timezone.now())
    told = list(OutboxEntry.objects.order_by("pk").values_list("statement", flat=True))
    assert [one["verb"]["display"]["en"] for one in told] == ["initialized", "completed", "passed", "earned"]
    assert told[1]["result"].keys() == {"completion", "duration"}
    assert told[2]["result"]["score"]["raw"] == attempt.score


def test_one_item_below_the_pass_mark_is_no_pass(learner):
    attempt = conclude(sit(make_round(), learner, right=5), now=timezone.now())
    assert (attempt.is_passed, attempt.certificate) == (False, None)


def test_concluding_twice_issues_one_certificate(learner):
    attempt = sit(make_round(), learner, right=10)
    conclude(attempt, now=timezone.now())
    attempt.concluded_at = None  # as a second worker sees it that read the row before
    conclude(attempt, now=timezone.now() + timedelta(minutes=1))
    assert Certificate.objects.count() == 1
    assert AuditEntry.objects.filter(action="knowledge.attempt_concluded").count() == 1
    assert attempt.certificate is not None


def test_an_open_sitting_is_not_concluded(learner):
    with pytest.raises(SittingStillOpen):
        conclude(start(make_round(), learner), now=timezone.now())


def test_the_certificate_says_what_was_passed(learner, department):
    learner.agency = department
    learner.save()
    round_ = make_round()
    attempt = conclude(sit(round_, learner, right=8), now=timezone.now())
    assert attempt.certificate is not None
    award = attempt.certificate.facts["award"]
    assert award["test_name"] == round_.test.name_th
    assert award["round_name"] == round_.name
    assert award["agency_name"] == department.name_th
    assert (award["score"], award["max_score"]) == ("8", "10")


def test_the_task_concludes_everything_that_has_closed():
    round_ = make_round()
    for right in (2, 9):
        sit(round_, make_person(), right)
    start(round_, make_person())
    assert conclude_task() == 2
    assert list(round_.attempts.order_by("pk").values_list("is_passed", flat=True)) == [False, True, None]


def test_an_altered_journal_holds_up_no_other_attempt():
    round_ = make_round()
    altered, sound = sit(round_, make_person(), 9), sit(round_, make_person(), 9)
    JournalEntry.objects.filter(sitting=sitting_of(altered), seq=1).update(flag=True)
    assert conclude_closed(now=timezone.now()) == 1
    altered.refresh_from_db()
    sound.refresh_from_db()
    assert (altered.is_passed, sound.is_passed) == (None, True)


@given(st.integers(0, 200), st.integers(1, 200), st.decimals(0, 100, places=2))
def test_passing_is_exact(score, maximum, mark):
    definition = TestDefinition(pass_percent=mark)
    assert has_passed(score, maximum, definition) == (Decimal(score) * 100 / maximum >= mark) or (
        # The quotient above is rounded at 28 digits; the product is not.
        score * 100 == mark * maximum
    )


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (634, 1737, "36.50"),
        (123, 471, "26.11"),
        (1, 3, "33.33"),
        (2, 3, "66.67"),
        (1, 800, "0.13"),
        (0, 0, "0.00"),
    ],
)
def test_percentages_have_two_decimals_half_up(part, whole, shown):
    assert str(percent(part, whole)) == shown


def test_the_result_shows_chapters_mark_and_receipt(learner):
    attempt = conclude(sit(make_round(), learner, right=10), now=timezone.now())
    view = result_view(attempt, now=timezone.now())
    assert [(line.score, line.max) for line in view.topics] == [(5, 5), (5, 5)]
    assert (view.pass_mark, view.percent) == (6, Decimal("100.00"))
    assert view.receipt is not None
    assert view.result is not None
    assert view.receipt.head == view.result.chain_head
    assert view.certificate == attempt.certificate


def test_explanations_are_shut_until_the_window_closes(learner):
    round_ = make_round()
    attempt = conclude(sit(round_, learner, right=4), now=timezone.now())
    with pytest.raises(ExplanationsShut):
        explain(attempt, now=round_.closes_at - timedelta(seconds=1))
    assert len(explain(attempt, now=round_.closes_at)) == 10


def test_in_a_round_closed_early_explanations_wait_for_who_still_sits(learner, outsider):
    round_ = make_round(max_attempts=1)
    attempt = conclude(sit(round_, learner, right=4), now=timezone.now())
    last = sitting_of(start(round_, outsider)).deadline
    round_.closes_at = timezone.now()
    round_.save()
    attempt.round.refresh_from_db()
    with pytest.raises(ExplanationsShut):
        explain(attempt, now=last - timedelta(seconds=1))
    assert explain(attempt, now=last + settings.SEAT_GRACE)


def test_explanations_wait_for_answers_that_may_still_come_in_the_grace(learner, outsider):
    round_ = make_round()
    attempt = conclude(sit(round_, learner, right=4), now=timezone.now())
    sitting = sitting_of(start(round_, outsider))
    sitting.deadline = round_.closes_at
    sitting.save()
    with pytest.raises(ExplanationsShut):
        explain(attempt, now=round_.closes_at + settings.SEAT_GRACE - timedelta(seconds=1))
    assert explain(attempt, now=round_.closes_at + settings.SEAT_GRACE)


def test_explanations_right_after_the_sitting_where_the_definition_says_so(learner):
    attempt = conclude(sit(make_round(reveal=Reveal.AFTER_SITTING), learner, 4), now=timezone.now())
    assert explain(attempt, now=timezone.now())


def test_explanations_never_where_the_definition_says_so(learner):
    attempt = conclude(sit(make_round(reveal=Reveal.NEVER), learner, 4), now=timezone.now())
    with pytest.raises(ExplanationsShut):
        explain(attempt, now=timezone.now() + timedelta(days=365))


def test_an_explanation_shows_my_answer_and_the_right_one_as_i_saw_them(learner):
    attempt = start(make_round(reveal=Reveal.AFTER_SITTING), learner)
    answer(sitting_of(attempt), 1, wrong=1)
    conclude(attempt, now=timezone.now())
    right, wrong, empty, *_rest = explain(attempt, now=timezone.now())
    shown = sitting_of(attempt).form.paper["items"]
    assert [option.text for option in right.options] == shown[0]["options"]
    assert (right.is_right, wrong.is_right, empty.is_answered) == (True, False, False)
    assert sum(option.is_right for option in wrong.options) == 1
    assert sum(option.is_mine for option in wrong.options) == 1
