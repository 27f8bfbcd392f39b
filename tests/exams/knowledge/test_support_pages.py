"""Asking for a supported sitting, and deciding."""

from __future__ import annotations

import pytest
from django.urls import reverse

from exams.knowledge.models import KnowledgeTest, RequestStatus, SupportRequest
from learning.people.models import RoleGrant
from tests.conftest import make_person
from tests.exams.knowledge.factories import (
    make_definition,
    make_request,
    make_test,
)
from tests.exams.knowledge.pages import statuses, window_form

pytestmark = pytest.mark.django_db


def test_a_request_is_seen_by_its_agency_and_the_exam_office(
    client, agency_officer, exam_officer, other_agency_officer, learner, department
):
    asked = make_request(department, agency_officer)
    colleague = make_person(first_name="เพื่อนร่วมงาน")
    RoleGrant.objects.create(person=colleague, role="agency_officer", agency=department.parent)
    for name in ("knowledge:support-request", "knowledge:asked"):
        path = reverse(name, args=[asked.pk])
        people = (agency_officer, colleague, exam_officer, other_agency_officer, learner, None)
        assert statuses(client, path, *people) == [200, 200, 200, 403, 403, 302]


def test_requests_are_listed_for_their_agency_only(
    client, agency_officer, other_agency_officer, exam_officer, learner, department
):
    asked = make_request(department, agency_officer)
    path = reverse("knowledge:support")
    for person, is_listed in ((agency_officer, True), (exam_officer, True), (other_agency_officer, False)):
        client.force_login(person)
        assert (asked.reference in client.get(path).content.decode()) is is_listed
    assert statuses(client, path, learner, None) == [403, 302]


def test_asking_is_offered_to_those_who_may(client, agency_officer, exam_officer):
    ask = reverse("knowledge:ask")
    for person, is_offered in ((agency_officer, True), (exam_officer, False)):
        client.force_login(person)
        assert (ask in client.get(reverse("knowledge:support")).content.decode()) is is_offered


def test_deciding_is_the_exam_officers(client, exam_officer, agency_officer, learner, department):
    asked = make_request(department, agency_officer)
    for name in ("knowledge:approve", "knowledge:decline"):
        path = reverse(name, args=[asked.pk])
        found = statuses(client, path, exam_officer, agency_officer, learner, None)
        assert found == [200, 403, 403, 302]


def _request_form(test: KnowledgeTest, agency_pk: int, **changes: object) -> dict[str, object]:
    values = window_form() | {
        "test": test.pk,
        "agency": agency_pk,
        "expected_takers": 40,
        "contact": "งานบุคคล 02 000 0000",
        "reason": "พัฒนาบุคลากร",
    }
    return values | changes


def test_asking_is_checked_then_confirmed_with_a_reference(client, agency_officer, department):
    test = make_test()
    make_definition(test)
    client.force_login(agency_officer)
    path = reverse("knowledge:ask")
    values = _request_form(test, department.pk)
    check = client.post(path, values | {"step": "check"})
    assert "ตรวจสอบข้อมูลของท่าน" in check.content.decode()
    assert not SupportRequest.objects.exists()
    change = client.post(path, values | {"step": "change"})
    assert "งานบุคคล 02 000 0000" in change.content.decode()
    sent = client.post(path, values | {"step": "send"}, follow=True)
    asked = SupportRequest.objects.get()
    assert asked.reference in sent.content.decode()
    assert asked.requested_by == agency_officer


def test_nobody_asks_for_another_agency(client, agency_officer, other_department):
    test = make_test()
    make_definition(test)
    client.force_login(agency_officer)
    values = _request_form(test, other_department.pk, step="send")
    assert client.post(reverse("knowledge:ask"), values).status_code == 422
    assert not SupportRequest.objects.exists()


def test_who_is_no_agency_officer_cannot_ask(client, exam_officer, learner):
    assert statuses(client, reverse("knowledge:ask"), exam_officer, learner, None) == [403, 403, 302]


def test_approving_makes_the_round(client, exam_officer, agency_officer, department):
    asked = make_request(department, agency_officer)
    make_definition(asked.test)
    client.force_login(exam_officer)
    client.post(reverse("knowledge:approve", args=[asked.pk]), window_form(note="ได้ตามขอ"))
    asked.refresh_from_db()
    assert asked.status == RequestStatus.APPROVED
    assert asked.round.name == "รอบใหม่"
    assert asked.decided_by == exam_officer


def test_a_decided_request_is_not_decided_again(client, exam_officer, agency_officer, department):
    asked = make_request(department, agency_officer)
    client.force_login(exam_officer)
    path = reverse("knowledge:decline", args=[asked.pk])
    assert client.post(path, {"note": "ห้องสอบไม่ว่าง"}).status_code == 302
    response = client.post(path, {"note": "อีกครั้ง"})
    assert response.status_code == 409
    assert "ได้รับการพิจารณาแล้ว" in response.content.decode()
    asked.refresh_from_db()
    assert asked.decision_note == "ห้องสอบไม่ว่าง"


def test_declining_needs_a_reason(client, exam_officer, agency_officer, department):
    asked = make_request(department, agency_officer)
    client.force_login(exam_officer)
    assert client.post(reverse("knowledge:decline", args=[asked.pk]), {"note": ""}).status_code == 422


def test_approving_without_a_definition_leaves_the_request_open(
    client, exam_officer, agency_officer, department
):
    asked = make_request(department, agency_officer)
    client.force_login(exam_officer)
    response = client.post(reverse("knowledge:approve", args=[asked.pk]), window_form())
    assert response.status_code == 409
    asked.refresh_from_db()
    assert asked.status == RequestStatus.SUBMITTED


def test_the_request_list_costs_the_same_queries_whatever_its_length(
    client, exam_officer, agency_officer, department, django_assert_max_num_queries
):
    test = make_test()
    for _ in range(6):
        make_request(department, agency_officer, test)
    client.force_login(exam_officer)
    with django_assert_max_num_queries(6):
        client.get(reverse("knowledge:support"))


def test_the_staff_page_counts_the_requests_that_wait(client, exam_officer, agency_officer, department):
    make_request(department, agency_officer)
    for person, is_told in ((exam_officer, True), (agency_officer, False)):
        client.force_login(person)
        page = client.get("/staff/").content.decode()
        assert "การสอบที่หน่วยงานขอรับการสนับสนุน" in page
        assert ("มีคำขอรอการพิจารณา 1 คำขอ" in page) is is_told
