"""Seat codes: one use, a few tries, an hour; and what a guesser meets."""

from datetime import timedelta

import pytest
from django.utils import timezone

from exams.seat import admissions
from exams.seat.admissions import Attempt, CodeExpired, CodeLocked, CodeUsed, NotAdmitted, WrongCode
from exams.seat.models import Admission, ClockChange, ClockEvent

from .conftest import make_sitting

pytestmark = pytest.mark.django_db

NUMBER = "6900000001"


@pytest.fixture
def code(sitting):
    return admissions.admit({sitting.pk: NUMBER}, now=timezone.now())[sitting.pk]


def knock(code, *, number=NUMBER, nonce="page", at=None):
    [outcome] = admissions.knock([Attempt(number, code, nonce, at or timezone.now())])
    return outcome


def wrong(code):
    return ("0" if code[0] != "0" else "1") + code[1:]


def test_the_code_opens_the_sitting_once(sitting, code):
    assert knock(code) == sitting.pk
    assert isinstance(knock(code, nonce="another page"), CodeUsed)


def test_the_same_page_may_ask_again_when_the_reply_was_lost(sitting, code):
    assert knock(code) == sitting.pk
    assert knock(code) == sitting.pk


def test_a_code_is_read_as_people_type_it(sitting):
    assert admissions.clean_code(" ab-o1 il๙ ") == "AB01119"
    assert admissions.clean_number(" ๖๙00-0001 ") == "69000001"


def test_a_number_that_was_not_admitted_opens_nothing(sitting, code):
    assert isinstance(knock(code, number="6999999999"), NotAdmitted)


def test_guessing_kills_the_code_after_a_few_tries_and_the_right_one_with_it(sitting, code):
    left = [knock(wrong(code)) for _ in range(admissions.MAX_FAILURES)]
    assert [outcome.left for outcome in left if isinstance(outcome, WrongCode)] == [4, 3, 2, 1]
    assert isinstance(left[-1], CodeLocked)
    assert isinstance(knock(code), CodeLocked)
    assert Admission.objects.get().failures == admissions.MAX_FAILURES


def test_guesses_that_come_together_are_counted_one_by_one(sitting, code):
    now = timezone.now()
    guesses = [Attempt(NUMBER, wrong(code), "page", now)] * 9 + [Attempt(NUMBER, code, "page", now)]
    assert isinstance(admissions.knock(guesses)[-1], CodeLocked)


def test_a_new_code_ends_the_lock_and_the_old_code(sitting, code):
    for _ in range(admissions.MAX_FAILURES):
        knock(wrong(code))
    new = admissions.admit({sitting.pk: NUMBER}, now=timezone.now())[sitting.pk]
    assert knock(new) == sitting.pk


def test_an_old_code_opens_nothing(code):
    late = timezone.now() + admissions.CODE_LIFE + timedelta(seconds=1)
    assert isinstance(knock(code, at=late), CodeExpired)


def test_a_withdrawn_code_opens_nothing_and_a_used_one_stays_on_record(sitting, code, learner):
    assert admissions.withdraw([sitting.pk]) == 1
    assert isinstance(knock(code), NotAdmitted)
    used = admissions.admit({sitting.pk: NUMBER}, now=timezone.now())[sitting.pk]
    knock(used)
    assert admissions.withdraw([sitting.pk]) == 0


def test_a_room_is_admitted_and_enters_in_a_few_statements(learner, django_assert_max_num_queries):
    now = timezone.now()
    numbers = {make_sitting(learner).pk: f"69{place:08}" for place in range(30)}
    with django_assert_max_num_queries(3):
        codes = admissions.admit(numbers, now=now)
    attempts = [Attempt(numbers[pk], code, "page", now) for pk, code in codes.items()]
    with django_assert_max_num_queries(4):
        assert admissions.knock(attempts) == list(codes)


def test_moving_to_another_machine_is_on_record_and_needs_the_new_code(sitting, code, exam_officer):
    knock(code)
    new = admissions.move(sitting.pk, actor=exam_officer, reason="จอดับ", now=timezone.now())
    assert isinstance(knock(code, nonce="elsewhere"), WrongCode)
    assert knock(new, nonce="elsewhere") == sitting.pk
    event = ClockEvent.objects.get()
    assert (event.kind, event.actor, event.reason) == (ClockChange.MOVED, exam_officer, "จอดับ")
