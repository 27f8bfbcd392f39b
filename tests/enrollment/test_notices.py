"""Letters of requests: who is asked, who is told what was decided, once each."""

from __future__ import annotations

import pytest
from django.core import mail
from django.urls import reverse

from enrollment.models import Notice
from enrollment.services import enrolments, notices, reminders
from learning.people.models import Person
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON
from tests.enrollment.factories import DAY, enrol, make_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervisor(department) -> Person:
    return make_person(agency=department, email="head@example.org")


@pytest.fixture
def asker(department) -> Person:
    return make_person(agency=department, email="asker@example.org")


def ask(asker, supervisor, **values):
    return enrol(make_round(needs_approval=True, **values), asker, supervisor=supervisor)


def test_the_supervisor_is_asked_once_in_thai_with_a_link_to_the_request(asker, supervisor):
    request = ask(asker, supervisor)
    reminders.choose(supervisor, wanted=False)
    assert [notices.send_waiting(now=NOON) for _ in range(2)] == [1, 0]
    (letter,) = mail.outbox
    assert letter.to == ["head@example.org"]
    assert letter.subject.startswith("ขออนุมัติให้")
    assert supervisor.full_name in letter.body
    assert asker.full_name in letter.body
    assert request.course.name in letter.body
    assert reverse("enrollment:approval", args=[request.pk]) in letter.body


def test_nobody_is_asked_for_what_was_withdrawn_meanwhile(asker, supervisor):
    request = ask(asker, supervisor)
    enrolments.withdraw(request, now=NOON)
    assert notices.send_waiting(now=NOON) == 0
    assert not Notice.objects.exists()
    # Asking again is told again.
    enrol(request.round, asker, supervisor=supervisor)
    assert notices.send_waiting(now=NOON) == 1


def test_the_learner_is_told_of_an_approval_and_whether_there_is_a_seat(asker, supervisor, department):
    request = ask(asker, supervisor, capacity=1)
    other = make_person(agency=department, email="other@example.org")
    late = enrol(request.round, other, supervisor=supervisor, now=NOON + DAY)
    notices.send_waiting(now=NOON)
    mail.outbox.clear()
    for each in (request, late):
        enrolments.approve(each, actor=supervisor, now=NOON + 2 * DAY)
    notices.send_waiting(now=NOON)
    seated, waiting = mail.outbox
    assert (seated.to, waiting.to) == ([asker.email], ["other@example.org"])
    assert "ท่านเริ่มเรียนได้ทันทีหรือเมื่อถึงวันเริ่มเรียน" in seated.body
    assert "ท่านอยู่ในรายชื่อสำรอง" in waiting.body


def test_the_learner_is_told_why_a_request_was_refused(asker, supervisor):
    request = ask(asker, supervisor)
    enrolments.refuse(request, "ติดภารกิจ", actor=supervisor, now=NOON)
    notices.send_waiting(now=NOON)
    (letter,) = mail.outbox
    assert letter.to == [asker.email]
    assert "เหตุผล: ติดภารกิจ" in letter.body


def test_a_letter_that_is_refused_is_tried_again(asker, supervisor, settings):
    ask(asker, supervisor)
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "tests.enrollment.failing_mail.Backend"
    assert notices.send_waiting(now=NOON) == 0
    settings.EMAIL_BACKEND = working
    assert notices.send_waiting(now=NOON) == 1


def test_who_has_no_address_gets_no_letter(asker, supervisor):
    Person.objects.filter(pk=supervisor.pk).update(email="")
    supervisor.refresh_from_db()
    ask(asker, supervisor)
    assert not Notice.objects.exists()
