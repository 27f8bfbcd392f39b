"""Reminders: when each is due, once each, to whom not; and how they are stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from courses.player.models import Registration
from enrollment.models import NoReminders, Reminder, ReminderKind
from enrollment.services import completion, enrolments, reminders
from learning.people.models import Person
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON
from tests.enrollment.factories import DAY, did, enrol, learning, make_round, make_taught, text, units
from tests.exams.knowledge.pages import statuses

pytestmark = pytest.mark.django_db


def kinds(now) -> list[str]:
    return [kind.value for kind in ReminderKind if reminders.due(kind, now=now).exists()]


def active(enrolment, at) -> None:
    Registration.objects.filter(enrolment=enrolment).update(last_active_at=at)


def test_when_learning_opens(learner):
    enrol(make_round(access_opens_at=NOON + DAY), learner)
    assert kinds(NOON) == []
    assert kinds(NOON + DAY) == ["opening"]
    assert kinds(NOON + 4 * DAY) == []


def test_a_week_before_learning_closes(learner):
    enrolment = enrol(make_round(access_closes_at=NOON + 30 * DAY), learner)
    active(enrolment, NOON)
    assert "closing" not in kinds(NOON + 22 * DAY)
    assert "closing" in kinds(NOON + 23 * DAY)
    assert kinds(NOON + 30 * DAY) == []


def test_a_week_without_a_beginning(learner):
    enrolment = enrol(make_round(), learner)
    assert kinds(NOON + 6 * DAY) == []
    assert kinds(NOON + 7 * DAY) == ["idle"]
    assert kinds(NOON + 100 * DAY) == []
    active(enrolment, NOON + 6 * DAY)
    assert kinds(NOON + 7 * DAY) == []


def test_nearly_done_and_idle(learner):
    course = make_taught(*[text(f"บท {number}") for number in range(4)])
    enrolment = enrol(make_round(course), learner)
    active(enrolment, NOON)
    for unit in units(course)[:2]:
        did(learning(enrolment), unit)
    assert kinds(NOON + 8 * DAY) == []
    did(learning(enrolment), units(course)[2])
    assert kinds(NOON + 8 * DAY) == ["nearly"]


def test_a_seat_from_the_waiting_list(learner, outsider):
    round_ = make_round(capacity=1)
    first = enrol(round_, learner)
    enrol(round_, outsider)
    assert kinds(NOON) == []
    enrolments.withdraw(first, now=NOON + DAY)
    assert kinds(NOON + DAY) == ["seat"]


def test_who_comes_back_is_told_of_the_seat_once_more(learner, outsider):
    round_ = make_round(capacity=1)
    first = enrol(round_, learner)
    waiting = enrol(round_, outsider)
    enrolments.withdraw(first, now=NOON + DAY)
    reminders.note(now=NOON + DAY, queue=lambda _keys: None)
    waiting.refresh_from_db()
    enrolments.withdraw(waiting, now=NOON + 2 * DAY)
    again = enrol(round_, learner, now=NOON + 2 * DAY)
    waiting = enrol(round_, outsider, now=NOON + 2 * DAY)
    # The seat of the first time is no seat of this one.
    assert waiting.enrolled_at is None
    enrolments.withdraw(again, now=NOON + 3 * DAY)
    reminders.note(now=NOON + 3 * DAY, queue=lambda _keys: None)
    assert Reminder.objects.get(kind="seat").noted_at == NOON + 3 * DAY


def test_a_late_seat_brings_one_letter_a_day(learner, outsider, django_capture_on_commit_callbacks):
    """Learning closes in three days when the seat becomes free, so both letters are due."""
    round_ = make_round(capacity=1, access_closes_at=NOON + 4 * DAY)
    first = enrol(round_, learner)
    enrol(round_, outsider)
    enrolments.withdraw(first, now=NOON + DAY)
    assert kinds(NOON + DAY) == ["seat", "closing"]
    for hours, sent in ((0, ["ท่านได้ที่นั่งแล้ว"]), (1, []), (24, ["ใกล้สิ้นสุดเวลาเรียน"]), (48, [])):
        now = NOON + DAY + timedelta(hours=hours)
        keys: list[int] = []
        with django_capture_on_commit_callbacks(execute=True):
            reminders.note(now=now, queue=keys.extend)
        mail.outbox.clear()
        reminders.send(keys, now=now)
        assert [letter.subject.partition(":")[0] for letter in mail.outbox] == sent
        # Whom a day leaves no time for the second letter reads it in the first.
        assert all("เรียนได้ถึง" in letter.body for letter in mail.outbox)


@pytest.fixture
def idle(learner, django_capture_on_commit_callbacks):
    """Somebody who has not begun for a week, and what an hourly run does about it."""
    enrolment = enrol(make_round(), learner)

    def hourly(now=NOON + 7 * DAY) -> None:
        keys: list[int] = []
        with django_capture_on_commit_callbacks(execute=True):
            reminders.note(now=now, queue=keys.extend)
        reminders.send(keys, now=now)

    return enrolment, hourly


def test_a_letter_is_sent_once_and_in_thai(idle, learner):
    _enrolment, hourly = idle
    hourly()
    hourly(NOON + 8 * DAY)
    (letter,) = mail.outbox
    assert letter.to == [learner.email]
    assert letter.subject.startswith("ท่านยังไม่ได้เริ่มเรียน")
    assert learner.full_name in letter.body
    assert reverse("enrollment:stop-reminders", args=[reminders.token(learner)]) in letter.body
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert Reminder.objects.get().sent_at == NOON + 7 * DAY


def test_two_workers_send_one_letter(idle):
    hourly = idle[1]
    hourly()
    key = Reminder.objects.get().pk
    assert reminders.send([key], now=NOON) == 0
    assert len(mail.outbox) == 1


def test_an_address_that_is_refused_is_tried_again(idle, settings):
    hourly = idle[1]
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "tests.enrollment.failing_mail.Backend"
    hourly()
    assert Reminder.objects.get().sent_at is None
    settings.EMAIL_BACKEND = working
    hourly(NOON + 7 * DAY + timedelta(hours=1))
    assert len(mail.outbox) == 1


def test_nobody_is_reminded_who_wants_none_or_cannot_be(idle, learner):
    enrolment, hourly = idle
    reminders.choose(learner, wanted=False)
    hourly()
    reminders.choose(learner, wanted=True)
    Person.objects.filter(pk=learner.pk).update(email="")
    hourly()
    Person.objects.filter(pk=learner.pk).update(email="a@example.org", is_active=False)
    hourly()
    Person.objects.filter(pk=learner.pk).update(is_active=True)
    completion.complete([enrolment.pk], now=NOON)
    hourly()
    assert mail.outbox == []


# -- The choice -------------------------------------------------------------------------------------
def test_a_person_chooses(client, learner):
    address = reverse("enrollment:reminders")
    assert statuses(client, address, learner, None) == [200, 302]
    client.force_login(learner)
    assert "ระบบจะไม่ส่งอีเมลเตือนถึงท่าน" in client.post(address, {"wanted": "no"}, follow=True).text
    assert NoReminders.objects.get().person == learner
    client.post(address, {"wanted": "yes"})
    assert not NoReminders.objects.exists()


def test_the_link_of_a_letter_stops_them_without_signing_in(client, learner):
    address = reverse("enrollment:stop-reminders", args=[reminders.token(learner)])
    client.get(address)
    assert not NoReminders.objects.exists()
    assert "ระบบจะไม่ส่งอีเมลเตือนถึงท่าน" in client.post(address).text
    assert NoReminders.objects.get().person == learner


def test_an_altered_link_stops_nobodys(client, learner):
    token = reminders.token(learner)
    other = f"{make_person().public_id}.{token.rpartition('.')[2]}"
    for text_ in (token[:-1], other, "x"):
        assert client.post(reverse("enrollment:stop-reminders", args=[text_])).status_code == 404
    assert not NoReminders.objects.exists()
