"""What auditors read of enrolment."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from enrollment.models import JobKind
from enrollment.services import completion, jobs
from tests.enrollment.factories import enrol, make_round, make_taught, text

pytestmark = pytest.mark.django_db


def test_auditors_read_in_words_what_was_granted_to_whom_and_where(
    client, auditor, administrator, learner, department
):
    round_ = make_round(make_taught(text(), code="KD10", owner=department), name="2569/7")
    enrolment = enrol(round_, learner)
    completion.grant(enrolment, "เทียบโอน", actor=administrator, now=timezone.now())
    client.force_login(auditor)
    page = client.get(reverse("people:audit_log"), {"action": "enrollment."}).text
    for said in ("ให้ผู้เรียนเรียนจบโดยการพิจารณาของเจ้าหน้าที่", "KD10", "รุ่น 2569/7", learner.full_name, "เทียบโอน"):
        assert said in page, said


def test_auditors_read_of_which_round_or_course_a_list_was_asked_for(
    client, auditor, administrator, department
):
    round_ = make_round(make_taught(text(), code="KD10", owner=department), name="2569/7")
    asked = {"actor": administrator, "queue": lambda _key: None, "file_format": "csv"}
    jobs.ask(JobKind.EXPORT, round_.course, round_=round_, **asked)
    jobs.ask(JobKind.EXPORT, round_.course, **asked)
    client.force_login(auditor)
    page = client.get(reverse("people:audit_log"), {"action": "enrollment.export"}).text
    assert page.count(f"{round_.course} รุ่น 2569/7<br>") == 1
    assert page.count(f"{round_.course}<br>") == 1
