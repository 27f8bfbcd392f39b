"""The audit is clean where nothing is wrong, and finds every single thing that is."""

from __future__ import annotations

from datetime import timedelta

from exams.marking.models import Result
from exams.results.models import ExamResult, Outcome
from exams.seat.models import EntryKind, JournalEntry, Sitting
from loadtest.acked import Kind
from loadtest.audit import right_options

from .conftest import SEATS, SatDay


def answers_of(sitting: Sitting):
    return JournalEntry.objects.filter(sitting=sitting, kind=EntryKind.ANSWER).order_by("seq")


def test_a_day_without_faults_is_clean(sat_day: SatDay):
    findings = sat_day.audit()
    assert findings.examples == []
    assert findings.is_clean
    assert (findings.seats, findings.acknowledged, findings.stored) == (SEATS, 12, 12)
    assert (findings.submitted, findings.submitted_by_server) == (3, 1)


def test_a_journal_row_that_is_gone_is_a_lost_answer(sat_day: SatDay, sitting: Sitting):
    answers_of(sitting)[2].delete()
    findings = sat_day.audit()
    assert findings.lost == 1
    assert findings.broken_chains == 1
    assert not findings.is_clean


def test_an_answer_that_was_acknowledged_and_never_stored_is_lost(sat_day: SatDay):
    sat_day.log.append(sat_day.log[0]._replace(seq=99))
    assert sat_day.audit().lost == 1


def test_a_journal_row_that_says_something_else_is_an_altered_answer(sat_day: SatDay, sitting: Sitting):
    answers_of(sitting).filter(seq=2).update(choice=1)
    findings = sat_day.audit()
    assert findings.altered == 1
    assert findings.broken_chains == 1


def test_even_the_time_that_the_client_wrote_may_not_change(sat_day: SatDay):
    sat_day.log[0] = sat_day.log[0]._replace(client_ms=sat_day.log[0].client_ms + 1)
    assert sat_day.audit().altered == 1


def test_a_flag_that_changed_is_an_altered_answer(sat_day: SatDay):
    sat_day.log[0] = sat_day.log[0]._replace(flag=True)
    assert sat_day.audit().altered == 1


def test_an_answer_that_nobody_sent_is_found(sat_day: SatDay):
    del sat_day.log[0]
    findings = sat_day.audit()
    assert (findings.never_sent, findings.stored_unacknowledged) == (1, 1)


def test_an_answer_whose_acknowledgement_got_lost_counts_and_is_no_fault(sat_day: SatDay):
    sat_day.log[0] = sat_day.log[0]._replace(kind=Kind.UNSETTLED)
    findings = sat_day.audit()
    assert findings.is_clean
    assert findings.stored_unacknowledged == 1


def test_a_score_that_was_changed_is_found(sat_day: SatDay, sitting: Sitting):
    result = Result.objects.get(sitting=sitting)
    Result.objects.filter(pk=result.pk).update(score=result.score + 1)
    findings = sat_day.audit()
    assert findings.mismarked == 1
    assert findings.lost == 0


def test_a_score_in_the_wrong_section_is_found(sat_day: SatDay, sitting: Sitting):
    result = Result.objects.get(sitting=sitting)
    result.sections[0]["score"] += 1
    result.sections[1]["score"] -= 1
    result.save(update_fields=["sections"])
    assert sat_day.audit().mismarked == 1


def test_a_candidate_who_passed_without_the_marks_is_found(sat_day: SatDay, sitting: Sitting):
    ExamResult.objects.filter(mark__sitting=sitting).update(outcome=Outcome.PASSED)
    assert sat_day.audit().mismarked == 1


def test_a_result_of_another_journal_is_found(sat_day: SatDay, sitting: Sitting):
    Result.objects.filter(sitting=sitting).update(chain_head="0" * 64)
    assert sat_day.audit().mismarked == 1


def test_a_seat_without_a_result_is_found(sat_day: SatDay, sitting: Sitting):
    ExamResult.objects.filter(mark__sitting=sitting).delete()
    Result.objects.filter(sitting=sitting).delete()
    assert sat_day.audit().unmarked == 1


def test_one_entry_acknowledged_as_two_answers_is_found(sat_day: SatDay):
    sat_day.log.append(sat_day.log[0]._replace(choice=1))
    assert sat_day.audit().contradictory == 1


def test_a_sitting_left_open_is_found(sat_day: SatDay, sitting: Sitting):
    Sitting.objects.filter(pk=sitting.pk).update(closed_at=None)
    assert sat_day.audit().left_open == 1


def test_a_submission_that_the_server_forgot_is_found(sat_day: SatDay):
    last = sat_day.sittings[3]
    sat_day.log.append(sat_day.log[-1]._replace(sitting=last))
    assert sat_day.audit().lost_submissions == 1


def test_a_sitting_that_the_server_submitted_before_its_time_is_found(sat_day: SatDay):
    last = sat_day.sittings[3]
    sat_day.deadlines[last] += 60_000
    findings = sat_day.audit()
    assert (findings.submitted_too_early, findings.wrong_clocks) == (1, 1)


def test_a_deadline_that_nobody_moved_is_found(sat_day: SatDay):
    moved = Sitting.objects.get(pk=sat_day.sittings[3])
    Sitting.objects.filter(pk=moved.pk).update(deadline=moved.deadline + timedelta(seconds=1))
    assert sat_day.audit().wrong_clocks == 1


def test_what_was_acknowledged_for_no_sitting_is_lost(sat_day: SatDay):
    sat_day.log.append(sat_day.log[0]._replace(sitting=10**6))
    assert sat_day.audit().lost == 1


def test_the_right_options_are_found_by_their_texts():
    paper = {
        "items": [
            {"n": 1, "stem": "a", "options": ["x", "y"]},
            {"n": 2, "stem": "b", "options": ["x", "y"]},
        ]
    }
    assert right_options(paper, {"a": "y", "b": "x"}) == [2, 1]
