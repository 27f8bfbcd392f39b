"""What learning records hear of a round: sittings when it is concluded, results when they are released."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exams.results.models import ExamResult, RoundResults, Told
from exams.results.services.releasing import release, set_free, withhold
from exams.results.services.telling import tell_due
from learning.records.models import OutboxEntry, OutboxState, Statement
from learning.records.services import outbox

from .factories import FAILING, PASSING, announce, append, be_absent, conclude, make_sat_round, sitting_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _undelivered(monkeypatch):
    # What is told is looked at in the outbox, before the store has it.
    monkeypatch.setattr("learning.records.services.outbox._deliver_soon", lambda: None)


def said() -> list[tuple[str, str]]:
    """Verb, and name of the person without the title, in the order of telling."""
    return [(each["verb"]["display"]["en"], each["actor"]["name"]) for each in statements()]


def statements() -> list[dict[str, Any]]:
    told = OutboxEntry.objects.exclude(statement__object__definition__type__endswith="certificate")
    return list(told.order_by("pk").values_list("statement", flat=True))


@pytest.fixture
def round_(learner, outsider):
    round_ = make_sat_round(learner, outsider, right=[PASSING, FAILING])
    conclude(round_)
    return round_


def test_sittings_are_told_when_the_round_is_concluded_and_results_when_they_are_released(
    round_, learner, outsider, exam_officer
):
    now = timezone.now()
    assert tell_due(now=now) == 2
    names = [learner.full_name, outsider.full_name]
    assert sorted(said()) == sorted((verb, name) for name in names for verb in ("initialized", "completed"))
    release(round_, now + timedelta(hours=1), actor=exam_officer, now=now)
    assert tell_due(now=now) == 0
    assert tell_due(now=now + timedelta(hours=1)) == 2
    assert sorted(said()[4:]) == [("failed", outsider.full_name), ("passed", learner.full_name)]
    assert tell_due(now=now + timedelta(hours=2)) == 0
    assert RoundResults.objects.get().told == Told.RESULT


def test_no_answer_and_no_score_leaves_before_the_release(round_):
    tell_due(now=timezone.now())
    results = [each["result"] for each in statements() if "result" in each]
    assert results
    assert {frozenset(each) for each in results} == {frozenset({"completion", "duration"})}


def test_a_released_result_has_its_points(round_, exam_officer, learner):
    announce(round_, exam_officer)
    tell_due(now=timezone.now())
    (passed,) = [each for each in statements() if each["verb"]["id"].endswith("/passed")]
    points = ExamResult.objects.get(candidate__person=learner).points
    assert passed["result"]["score"] == {"raw": float(points), "min": 0.0, "max": 200.0, "scaled": 0.875}
    assert passed["result"]["success"] is True


def test_who_was_absent_told_nothing_and_who_was_ended_by_an_officer_did_not_hand_in(learner, exam_officer):
    from exams.seat.chain import Entry
    from exams.seat.models import EntryKind

    round_ = make_sat_round(learner, candidates=1)
    for candidate in round_.candidates.all():
        if candidate.person == learner:
            append(sitting_of(candidate), [Entry(0, EntryKind.OPEN), Entry(0, EntryKind.FORCED)])
        else:
            be_absent(candidate)
    conclude(round_)
    announce(round_, exam_officer)
    tell_due(now=timezone.now())
    assert said() == [
        ("initialized", learner.full_name),
        ("terminated", learner.full_name),
        ("failed", learner.full_name),
    ]


def test_a_withheld_result_is_told_when_it_is_given_free(round_, learner, outsider, exam_officer):
    now = timezone.now()
    withhold(ExamResult.objects.get(candidate__person=learner), "ตรวจสอบ", actor=exam_officer, now=now)
    announce(round_, exam_officer)
    tell_due(now=timezone.now())
    assert ("passed", learner.full_name) not in said()
    assert ("failed", outsider.full_name) in said()
    set_free(
        ExamResult.objects.get(candidate__person=learner), "ไม่พบ", actor=exam_officer, now=timezone.now()
    )
    tell_due(now=timezone.now())
    assert said()[-1] == ("passed", learner.full_name)
    assert len(said()) == 6


def test_a_result_that_is_withheld_after_it_was_told_is_withdrawn_and_told_anew_when_it_is_free(
    round_, learner, exam_officer
):
    announce(round_, exam_officer)
    tell_due(now=timezone.now())
    uuids = []
    for _time in range(2):
        passed = OutboxEntry.objects.filter(statement__verb__display__en="passed").latest("pk")
        assert passed.statement["actor"]["name"] == learner.full_name
        uuids.append(passed.uuid)
        result = ExamResult.objects.get(candidate__person=learner)
        withhold(result, "ตรวจสอบ", actor=exam_officer, now=timezone.now())
        assert tell_due(now=timezone.now()) == 0
        set_free(result, "ไม่พบ", actor=exam_officer, now=timezone.now())
        assert tell_due(now=timezone.now()) == 1
    withdrawn = OutboxEntry.objects.filter(statement__verb__display__en="voided").order_by("pk")
    assert [each.statement["object"] for each in withdrawn] == [
        {"objectType": "StatementRef", "id": str(uuid)} for uuid in uuids
    ]
    assert {each.person_key for each in withdrawn} == {passed.person_key}
    outbox.deliver(timezone.now())
    assert not OutboxEntry.objects.exclude(state=OutboxState.DELIVERED).exists()
    voided = dict(Statement.objects.filter(uuid__in=uuids).values_list("uuid", "is_voided"))
    assert voided == dict.fromkeys(uuids, True)
    last = OutboxEntry.objects.filter(statement__verb__display__en="passed").latest("pk")
    assert not Statement.objects.get(uuid=last.uuid).is_voided


def test_nothing_is_withdrawn_of_what_was_never_told(round_, learner, exam_officer):
    tell_due(now=timezone.now())
    result = ExamResult.objects.get(candidate__person=learner)
    withhold(result, "ตรวจสอบ", actor=exam_officer, now=timezone.now())
    assert "voided" not in [verb for verb, _name in said()]


def test_a_run_tells_of_so_many_and_the_next_goes_on(round_):
    now = timezone.now()
    assert [tell_due(now=now, most=1) for _ in range(3)] == [1, 1, 0]
    assert len(said()) == 4


def test_what_is_told_twice_is_told_once(round_):
    tell_due(now=timezone.now())
    ExamResult.objects.update(told=Told.NOTHING)
    RoundResults.objects.update(told=Told.NOTHING)
    assert tell_due(now=timezone.now()) == 2
    assert len(said()) == 4


def test_the_number_of_queries_does_not_grow_with_the_round(learner, outsider):
    counts = []
    for persons in ([learner], [learner, outsider]):
        round_ = make_sat_round(*persons, candidates=len(persons), right=[PASSING] * 2 * len(persons))
        conclude(round_)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            tell_due(now=timezone.now())
        counts.append(len(queries))
    assert counts[0] == counts[1]
