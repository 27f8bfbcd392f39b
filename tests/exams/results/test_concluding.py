"""Working out a round: everybody once, the altered withheld, the others unaffected."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exams.marking.models import Result
from exams.registration.errors import RoundNotOver, RoundNotReleased
from exams.registration.models import Level, PassMark, Round, RoundStatus
from exams.results.errors import PassMarkMissing
from exams.results.models import ExamResult, Outcome, RoundResults, RoundRoot, SubjectResult
from exams.results.services.concluding import conclude_due
from learning.people.models import AuditEntry
from tests.certificates.test_concurrency import in_threads
from tests.exams.registration.factories import make_round

from .factories import FAILING, PASSING, alter, be_absent, conclude, make_sat_round

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes():
    return list(ExamResult.objects.order_by("candidate__number").values_list("outcome", flat=True))


def test_each_candidate_gets_points_per_subject_and_all_must_pass():
    round_ = make_sat_round(candidates=2, right=[PASSING, FAILING])
    conclude(round_)
    assert outcomes() == [Outcome.PASSED, Outcome.FAILED]
    passed = ExamResult.objects.get(outcome=Outcome.PASSED)
    assert [int(each.points) for each in passed.subjects.all()] == [75, 50, 50]
    assert all(each.is_passed for each in passed.subjects.all())
    assert passed.points == 175
    assert passed.mark_id


def test_the_pass_mark_is_that_of_the_candidates_level():
    """Three of four items are 75 percent."""
    PassMark.objects.all().delete()
    round_ = make_sat_round(candidates=2, right=[PASSING, PASSING])
    for subject in round_.examination.subjects.all():
        PassMark.objects.filter(subject=subject).update(percent=60)
        PassMark.objects.filter(subject=subject, level=Level.MASTER).update(percent="75.01")
    first = round_.candidates.order_by("number")[0]
    first.level = Level.MASTER
    first.save()
    conclude(round_)
    assert outcomes() == [Outcome.FAILED, Outcome.PASSED]
    assert str(SubjectResult.objects.filter(result=first.pk)[0].pass_percent) == "75.01"


def test_who_never_opened_the_paper_was_absent():
    round_ = make_sat_round(candidates=2, right=[PASSING])
    be_absent(round_.candidates.order_by("number")[1])
    conclude(round_)
    assert outcomes() == [Outcome.PASSED, Outcome.ABSENT]


def test_concluding_closes_the_round_and_publishes_the_root():
    round_ = make_sat_round(candidates=2, right=[PASSING, FAILING])
    conclude(round_)
    round_.refresh_from_db()
    assert round_.status == RoundStatus.CLOSED
    root = RoundRoot.objects.get(round=round_)
    assert root.count == 2
    assert list(root.sitting_keys()) == sorted(round_.placements.values_list("sitting_id", flat=True))


def test_concluding_again_changes_nothing():
    round_ = make_sat_round(candidates=1, right=[PASSING])
    first, second = conclude(round_), conclude(round_)
    assert first == second
    assert (ExamResult.objects.count(), SubjectResult.objects.count(), RoundRoot.objects.count()) == (1, 3, 1)
    assert AuditEntry.objects.filter(action="results.round_concluded").count() == 1


def test_a_round_is_not_concluded_while_somebody_sits():
    round_ = make_sat_round(candidates=2, right=[PASSING])
    with pytest.raises(RoundNotOver):
        conclude(round_)
    assert not ExamResult.objects.exists()


def test_a_round_in_preparation_is_not_concluded():
    with pytest.raises(RoundNotReleased):
        conclude(make_round(is_released=False))


def test_a_level_without_a_pass_mark_stops_the_round_and_says_so():
    round_ = make_sat_round(candidates=1, right=[PASSING])
    PassMark.objects.filter(level=Level.BACHELOR).delete()
    with pytest.raises(PassMarkMissing):
        conclude(round_)
    assert not ExamResult.objects.exists()


def test_an_altered_journal_is_withheld_and_logged_and_the_others_are_unaffected():
    round_ = make_sat_round(candidates=3, right=[PASSING, PASSING, FAILING])
    altered = round_.candidates.order_by("number")[1]
    alter(altered)
    done = conclude(round_)
    assert (done.candidates, done.unmarked) == (3, 1)
    assert outcomes() == [Outcome.PASSED, Outcome.UNMARKED, Outcome.FAILED]
    assert ExamResult.objects.get(pk=altered.pk).is_withheld
    assert not Result.objects.filter(sitting=altered.placement.sitting).exists()
    entry = AuditEntry.objects.get(action="results.withheld")
    assert entry.target == f"results.examresult:{altered.pk}"
    assert RoundRoot.objects.get().count == 2


def test_the_task_concludes_what_is_over_and_leaves_the_rest():
    over = make_sat_round(candidates=1, right=[PASSING])
    under_way = make_sat_round(candidates=1)
    assert conclude_due(now=timezone.now()) == 1
    assert RoundResults.objects.get(concluded_at__isnull=False).round == over
    assert not ExamResult.objects.filter(round=under_way).exists()
    assert conclude_due(now=timezone.now()) == 0


def test_the_task_leaves_a_round_to_the_process_that_has_it_and_takes_over_from_one_that_died():
    round_ = make_sat_round(candidates=1, right=[PASSING])
    now = timezone.now()
    RoundResults.objects.create(round=round_, claimed_at=now - timedelta(minutes=5))
    assert conclude_due(now=now) == 0
    assert conclude_due(now=now + timedelta(minutes=11)) == 1


def test_one_round_that_cannot_be_concluded_does_not_hold_up_the_next():
    stuck = make_sat_round(candidates=1, right=[PASSING])
    stuck.candidates.update(level="doctor")
    make_sat_round(candidates=1, right=[PASSING])
    assert conclude_due(now=timezone.now()) == 1


def test_statements_do_not_grow_with_the_round():
    counts = []
    for size in (1, 5):
        round_ = make_sat_round(candidates=size, right=[PASSING] * size)
        with CaptureQueriesContext(connection) as captured:
            conclude(round_)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_two_that_conclude_at_once_give_one_result():
    round_ = make_sat_round(candidates=4, right=[PASSING, FAILING, PASSING, FAILING])

    def work(_n):
        done = conclude(Round.objects.get(pk=round_.pk))
        return done.candidates, done.unmarked

    assert in_threads(work, 2) == [(4, 0), (4, 0)]
    assert (ExamResult.objects.count(), SubjectResult.objects.count()) == (4, 12)
    assert RoundRoot.objects.filter(round=round_).count() == 1
    assert (
        AuditEntry.objects.filter(action="results.round_concluded", target__endswith=f":{round_.pk}").count()
        == 1
    )


def test_the_command_concludes_and_names_the_root(capsys):
    round_ = make_sat_round(candidates=1, right=[PASSING])
    call_command("conclude_round", round_.pk, "--processes", "1", "--format", "json")
    assert RoundRoot.objects.get().root in capsys.readouterr().out
    with pytest.raises(CommandError, match="no round"):
        call_command("conclude_round", "999999")


def test_the_command_says_why_it_cannot(capsys):
    round_ = make_sat_round(candidates=1)
    with pytest.raises(CommandError, match="round_not_over"):
        call_command("conclude_round", round_.pk)
