"""Tests inside courses: tries, answers, marks, and what of the key may be seen when."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.catalogue.models import CompletionRule
from courses.catalogue.services.versions import UnitPlan
from courses.player.errors import AttemptOver, NoSuchAnswer, NoTriesLeft, TestUnusable, UnitClosed
from courses.player.models import TestAttempt, UnitStatus
from courses.player.services import attempts, registrations
from courses.player.services.progress import progress_of
from courses.player.tasks import submit_overdue_attempts
from tests.courses.player.factories import NOON, make_registration, units
from tests.exams.bank.factories import make_bank, make_version

pytestmark = pytest.mark.django_db
QUESTIONS = [
    {
        "stem": f"คำถามที่ {number}",
        "options": ["ก", "ข", "ค", "ง"],
        "key": number % 4,
        "explanation": f"เพราะ {number}",
    }
    for number in range(1, 5)
]


def plan(**content) -> UnitPlan:
    return UnitPlan("test", "แบบทดสอบ", content={"items": QUESTIONS, **content})


def after(minutes: float):
    return NOON + timedelta(minutes=minutes)


def try_out(registration, unit, right: int, *, now=NOON) -> TestAttempt:
    """A try of which the first `right` answers are right, and the others wrong."""
    attempt = attempts.start(registration, unit, now=now)
    given = {place: (place + 1 + (place >= right)) % 4 for place in range(4)}
    return attempts.submit(attempts.answer(attempt, given, now=now), now=now)


@pytest.fixture
def registration(learner, department):
    return make_registration(learner, plan(tries=2, minutes=20))


@pytest.fixture
def unit(registration):
    return units(registration)[0]


# -- Tries ------------------------------------------------------------------------------------------
def test_the_best_score_counts_and_what_was_passed_stays_passed(registration, unit):
    assert try_out(registration, unit, 3).score == Decimal("0.75")
    try_out(registration, unit, 1, now=after(30))
    progress = progress_of(registration)[unit.pk]
    assert (progress.score, progress.is_passed, progress.status) == (
        Decimal("0.75"),
        True,
        UnitStatus.COMPLETED,
    )


def test_the_mark_of_the_version_stands_over_that_of_its_post_test(learner, department):
    """Who passed with less would read the right answers, and then lack the mark."""
    registration = make_registration(learner, plan(role="post", pass_percent=50))
    (unit,) = units(registration)
    rule = CompletionRule.objects.create(version=registration.version, test_mark=Decimal("0.75"))
    try_out(registration, unit, 2)
    assert progress_of(registration)[unit.pk].is_passed is False
    assert not attempts.is_explained(registration, unit, now=NOON)
    assert attempts.standing(registration, unit, now=NOON).content.pass_percent == 75
    try_out(registration, unit, 3, now=after(5))
    assert progress_of(registration)[unit.pk].is_passed
    assert attempts.is_explained(registration, unit, now=after(5))
    rule.delete()
    assert attempts.standing(registration, unit, now=after(5)).content.pass_percent == 50


def test_a_test_that_was_not_passed_is_not_completed_and_tries_run_out(registration, unit):
    try_out(registration, unit, 1)
    try_out(registration, unit, 2, now=after(30))
    assert progress_of(registration)[unit.pk].status == UnitStatus.STARTED
    assert progress_of(registration)[unit.pk].is_passed is False
    with pytest.raises(NoTriesLeft):
        attempts.start(registration, unit, now=after(60))


def test_a_try_that_is_open_is_gone_on_with(registration, unit):
    first = attempts.start(registration, unit, now=NOON)
    assert attempts.start(registration, unit, now=after(5)) == first


def test_a_pre_test_keeps_nobody_out(learner):
    registration = make_registration(learner, plan(role="pre"), is_sequential=True)
    (unit,) = units(registration)
    try_out(registration, unit, 0)
    progress = progress_of(registration)[unit.pk]
    assert (progress.status, progress.is_passed, progress.score) == (UnitStatus.COMPLETED, None, Decimal(0))


def test_a_closed_test_is_not_begun(learner):
    registration = make_registration(learner, plan(), closes_at=NOON)
    with pytest.raises(UnitClosed):
        attempts.start(registration, units(registration)[0], now=NOON)


# -- Time -------------------------------------------------------------------------------------------
def test_the_servers_clock_ends_a_try_with_what_was_answered(registration, unit):
    attempt = attempts.start(registration, unit, now=NOON)
    attempts.answer(attempt, {0: 1}, now=after(20))
    with pytest.raises(AttemptOver):
        attempts.answer(attempt, {1: 2}, now=after(20.5))
    assert attempts.submit_overdue(now=after(20)) == 0
    assert attempts.submit_overdue(now=after(21)) == 1
    attempt.refresh_from_db()
    assert (attempt.submitted_at, attempt.score) == (after(20), Decimal("0.25"))


def test_a_try_ends_when_the_course_closes(learner):
    registration = make_registration(learner, plan(minutes=60), closes_at=after(10))
    attempt = attempts.start(registration, units(registration)[0], now=NOON)
    assert attempt.deadline == after(10)


def test_overdue_tries_are_submitted_in_the_background(registration, unit):
    attempts.start(registration, unit, now=NOON)
    assert submit_overdue_attempts() == 1
    assert submit_overdue_attempts() == 0


# -- Answers ----------------------------------------------------------------------------------------
def test_the_last_answer_stands_and_submitting_twice_changes_nothing(registration, unit):
    attempt = attempts.start(registration, unit, now=NOON)
    attempts.answer(attempt, {0: 3, 1: 2}, now=NOON)
    kept = attempts.answer(attempt, {0: 1}, now=NOON)
    assert kept.answers == {"0": 1, "1": 2}
    assert attempts.unanswered(kept) == [3, 4]
    assert (
        attempts.submit(kept, now=NOON).score == attempts.submit(kept, now=after(9)).score == Decimal("0.5")
    )


@pytest.mark.parametrize("given", [{4: 0}, {0: 4}, {0: -1}, {-1: 0}])
def test_an_answer_to_nothing_is_refused_and_the_others_with_it(registration, unit, given):
    attempt = attempts.start(registration, unit, now=NOON)
    with pytest.raises(NoSuchAnswer):
        attempts.answer(attempt, {1: 1, **given}, now=NOON)
    attempt.refresh_from_db()
    assert attempt.answers == {}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_answers_and_beginnings_at_once_lose_nothing(learner):
    registration = make_registration(learner, plan())
    (unit,) = units(registration)

    def work(number):
        try:
            attempt = attempts.start(registration, unit, now=NOON)
            attempts.answer(attempt, {number % 4: number % 4}, now=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert TestAttempt.objects.get().answers == {"0": 0, "1": 1, "2": 2, "3": 3}


# -- Drawn from an item bank --------------------------------------------------------------------------
def test_questions_are_drawn_from_approved_items(learner):
    bank = make_bank()
    make_version(bank, status="draft")
    for _number in range(3):
        make_version(bank)
    content = {"draw": {"bank": bank.code, "count": 3}}
    registration = make_registration(learner, UnitPlan("test", "แบบทดสอบ", content=content))
    attempt = attempts.start(registration, units(registration)[0], now=NOON)
    assert len({question["stem"] for question in attempt.questions}) == 3


def test_a_bank_with_too_few_items_is_said_to_the_learner(learner):
    content = {"draw": {"bank": "nowhere", "count": 3}}
    registration = make_registration(learner, UnitPlan("test", "แบบทดสอบ", content=content))
    with pytest.raises(TestUnusable):
        attempts.start(registration, units(registration)[0], now=NOON)


# -- The key ----------------------------------------------------------------------------------------
def test_the_key_of_pre_and_post_test_is_shown_when_nothing_more_can_be_won(learner):
    registration = make_registration(
        learner, plan(role="pre"), plan(role="post", tries=2), plan(role="check")
    )
    pre, post, check = units(registration)

    def shown(now):
        return [attempts.is_explained(registration, each, now=now) for each in (pre, post, check)]

    try_out(registration, pre, 1)
    try_out(registration, post, 1, now=after(30))
    assert shown(after(31)) == [False, False, True]
    try_out(registration, post, 4, now=after(60))
    assert shown(after(61)) == [True, True, True]


def test_the_key_of_a_post_test_is_shown_after_the_last_try(learner):
    registration = make_registration(learner, plan(role="post", tries=1))
    (post,) = units(registration)
    try_out(registration, post, 0)
    assert attempts.is_explained(registration, post, now=after(1))


# -- Pages ------------------------------------------------------------------------------------------
@pytest.fixture
def signed_in(client, learner):
    client.force_login(learner)
    return client


@pytest.fixture
def here(registration, unit):
    return reverse("player:unit", args=[registration.pk, unit.pk])


def test_a_test_is_taken_with_plain_forms(signed_in, registration, unit, here):
    page = signed_in.get(here).content.decode()
    assert "ไม่น้อยกว่าร้อยละ 60" in page
    assert signed_in.post(here, {"action": "start"}).status_code == 302
    signed_in.post(here, {"action": "keep", "attempt": 1, "q0": "1"})
    page = signed_in.get(here).content.decode()
    assert 'value="1" id="q1o1" checked' in page
    asked = signed_in.post(here, {"action": "submit", "attempt": 1, "q1": "2"})
    assert "ยังมีข้อที่ไม่ได้ตอบ" in asked.content.decode()
    assert asked.context["asks"] == [3, 4]
    done = signed_in.post(here, {"action": "submit", "attempt": 1, "q2": "3", "anyway": "1"})
    result = signed_in.get(done.headers["Location"]).content.decode()
    assert "ตอบถูก 3 จาก 4 ข้อ คิดเป็นร้อยละ 75" in result
    assert "เพราะ 1" in result


def test_the_key_never_leaves_the_server_before_the_end(signed_in, registration, unit, here):
    signed_in.post(here, {"action": "start"})
    page = signed_in.get(here).content.decode()
    assert "คำถามที่ 1" in page
    assert "เพราะ" not in page
    assert "key" not in page.partition('id="test-data"')[2]
    assert signed_in.get(reverse("player:result", args=[registration.pk, unit.pk, 1])).status_code == 404


def send(client, registration, unit, said):
    return client.post(
        reverse("player:answers", args=[registration.pk, unit.pk]),
        said if isinstance(said, str) else json.dumps(said),
        content_type="application/json",
        headers={"Accept": "application/json"},
    )


def test_each_answer_is_acknowledged_with_the_time_that_is_left(signed_in, registration, unit, here):
    signed_in.post(here, {"action": "start"})
    said = send(signed_in, registration, unit, {"attempt": 1, "answers": {"0": 1, "3": 0}}).json()
    assert said["kept"] == 2
    assert 1190 <= said["seconds"] <= 1200
    assert TestAttempt.objects.get().answers == {"0": 1, "3": 0}


@pytest.mark.parametrize(
    "said",
    ["", "[]", {"attempt": 1}, {"attempt": 1, "answers": {"0": 9}}, {"attempt": 1, "answers": {"x": 1}},
     {"attempt": 1, "answers": {"0": "1"}}, {"attempt": 1, "answers": {str(n): 0 for n in range(201)}}],
)  # fmt: skip
def test_what_is_no_answer_is_refused_in_words(signed_in, registration, unit, here, said):
    signed_in.post(here, {"action": "start"})
    answer = send(signed_in, registration, unit, said)
    assert (answer.status_code, answer.json()["error"]) == (422, "no_such_answer")


def test_answers_to_another_try_or_after_the_end_are_refused(signed_in, registration, unit, here):
    signed_in.post(here, {"action": "start"})
    assert (
        send(signed_in, registration, unit, {"attempt": 2, "answers": {}}).json()["error"] == "attempt_over"
    )
    TestAttempt.objects.update(deadline=timezone.now() - timedelta(minutes=1))
    assert (
        send(signed_in, registration, unit, {"attempt": 1, "answers": {}}).json()["error"] == "attempt_over"
    )
    assert signed_in.post(here, {"action": "submit", "attempt": 1, "q0": "1"}).status_code == 409


@pytest.mark.parametrize("value", ["x", "-1", "²", "99", "9" * 5000])
def test_a_forged_form_is_refused(signed_in, here, value):
    signed_in.post(here, {"action": "start"})
    assert signed_in.post(here, {"action": "keep", "attempt": 1, "q0": value}).status_code == 422


def test_a_device_that_lost_the_course_writes_no_answers(signed_in, registration, unit, here):
    signed_in.post(here, {"action": "start"})
    registrations.take_session(registration, "Phone")
    refused = send(signed_in, registration, unit, {"attempt": 1, "answers": {"0": 1}})
    assert (refused.status_code, refused.json()["error"]) == (409, "session_taken")


def test_results_are_their_learners_alone_and_stay_readable(
    signed_in, registration, unit, outsider, agency_officer
):
    try_out(registration, unit, 4, now=timezone.now())
    registrations.reschedule(registration, None, timezone.now() - timedelta(days=1))
    for name, args in (("results", []), ("result", [1])):
        where = reverse(f"player:{name}", args=[registration.pk, unit.pk, *args])
        assert signed_in.get(where).status_code == 200
        assert Client().get(where).status_code == 302
        for person in (outsider, agency_officer):
            other = Client()
            other.force_login(person)
            assert other.get(where).status_code == 403


# -- Surveys ----------------------------------------------------------------------------------------
SURVEY = UnitPlan(
    "survey",
    "แบบประเมิน",
    content={"questions": [
        {"id": "content", "text": "เนื้อหาตรงกับงาน"},
        {"id": "more", "text": "ข้อเสนอแนะ", "kind": "comment", "is_required": False},
    ]},
)  # fmt: skip


def test_a_survey_is_answered_once(signed_in, learner):
    registration = make_registration(learner, SURVEY)
    (unit,) = units(registration)
    where = reverse("player:unit", args=[registration.pk, unit.pk])
    assert signed_in.get(where).status_code == 200
    for given in ({}, {"content": "6"}, {"content": "x"}):
        refused = signed_in.post(where, given)
        assert refused.status_code == 422
        assert "เนื้อหาตรงกับงาน" in refused.content.decode()
    assert signed_in.post(where, {"content": "4", "more": " ดี "}).status_code == 302
    assert registration.surveys.get().answers == {"content": 4, "more": "ดี"}
    assert progress_of(registration)[unit.pk].status == UnitStatus.COMPLETED
    assert signed_in.post(where, {"content": "1"}).status_code == 409
    assert "ขอขอบคุณ" in signed_in.get(where).content.decode()


def test_nobody_answers_a_survey_for_another(client, learner, outsider):
    registration = make_registration(learner, SURVEY)
    client.force_login(outsider)
    where = reverse("player:unit", args=[registration.pk, units(registration)[0].pk])
    assert client.post(where, {"content": "1"}).status_code == 403
    assert not registration.surveys.exists()
