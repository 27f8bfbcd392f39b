"""Every page: who may open it, and what it says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from exams.knowledge.models import Attempt, KnowledgeTest, RequestStatus, Reveal, Round, SupportRequest
from exams.knowledge.services.results import conclude
from learning.people.models import RoleGrant
from tests.conftest import make_person
from tests.exams.knowledge.factories import (
    answer,
    close,
    invite,
    make_agency_round,
    make_definition,
    make_request,
    make_round,
    make_test,
    sit,
    sitting_of,
    start,
)

pytestmark = pytest.mark.django_db


def _statuses(client, path: str, *persons: object, method: str = "get") -> list[int]:
    """The status of the page for each person; None is nobody signed in."""
    statuses = []
    for person in persons:
        client.logout()
        if person is not None:
            client.force_login(person)
        statuses.append(getattr(client, method)(path).status_code)
    return statuses


@pytest.fixture
def agency_round(department, agency_officer, exam_officer) -> Round:
    return make_agency_round(department, agency_officer, exam_officer)


# -- Taking -----------------------------------------------------------------------------------------
def test_the_list_of_tests_is_for_who_is_signed_in(client, learner, exam_officer):
    make_round()
    assert _statuses(client, "/tests/", learner, exam_officer, None) == [200, 200, 302]


def test_the_list_says_what_to_expect(client, learner):
    round_ = make_round()
    client.force_login(learner)
    page = client.get("/tests/").content.decode()
    assert round_.name in page
    assert "10" in page
    assert "60 นาที" in page
    assert "ท่านสอบได้อีก 2 ครั้ง" in page


def test_an_empty_list_says_what_to_do(client, learner):
    client.force_login(learner)
    assert "ลิงก์ส่วนบุคคล" in client.get("/tests/").content.decode()


def test_the_list_costs_the_same_queries_for_one_round_as_for_five(
    client, learner, django_assert_max_num_queries
):
    test = make_test()
    make_definition(test)
    for _ in range(5):
        sit(make_round(test), learner, right=1)
    client.force_login(learner)
    with django_assert_max_num_queries(9):
        client.get("/tests/")


def test_an_agency_round_is_listed_for_its_list_only(client, learner, outsider, agency_round, agency_officer):
    invite(agency_round, learner, agency_officer)
    for person, is_listed in ((learner, True), (outsider, False)):
        client.force_login(person)
        assert (agency_round.name in client.get("/tests/").content.decode()) is is_listed


def test_an_agency_round_is_open_to_its_list_only(client, learner, outsider, agency_round, agency_officer):
    invite(agency_round, learner, agency_officer)
    path = reverse("knowledge:round", args=[agency_round.pk])
    assert _statuses(client, path, learner, outsider, None) == [200, 403, 302]
    path = reverse("knowledge:start", args=[agency_round.pk])
    assert _statuses(client, path, learner, outsider, None) == [200, 403, 302]


def test_before_starting_the_page_says_that_the_clock_is_the_servers(client, learner):
    round_ = make_round(closes=timedelta(minutes=20))
    client.force_login(learner)
    page = client.get(reverse("knowledge:start", args=[round_.pk])).content.decode()
    assert "เวลานับที่เครื่องแม่ข่าย" in page
    assert "แทนที่จะเป็น 60 นาที" in page


def test_starting_leads_into_the_seat_with_its_cookie(client, learner):
    round_ = make_round()
    client.force_login(learner)
    response = client.post(reverse("knowledge:start", args=[round_.pk]))
    sitting = sitting_of(Attempt.objects.select_related("sitting").get())
    assert response.status_code == 302
    assert response.url == f"/seat/{sitting.pk}/"
    assert response.cookies["seat"]["path"] == f"/seat/{sitting.pk}/"
    assert response.cookies["seat"]["httponly"]


def test_going_on_opens_the_same_sitting_anew(client, learner):
    round_ = make_round()
    client.force_login(learner)
    first = client.post(reverse("knowledge:start", args=[round_.pk]))
    second = client.post(reverse("knowledge:start", args=[round_.pk]))
    assert first.url == second.url
    assert first.cookies["seat"].value != second.cookies["seat"].value


def test_what_cannot_be_started_is_said_in_thai(client, learner):
    round_ = make_round(max_attempts=1)
    sit(round_, learner, right=0)
    client.force_login(learner)
    response = client.post(reverse("knowledge:start", args=[round_.pk]))
    assert response.status_code == 409
    assert "ครบแล้ว" in response.content.decode()


def test_the_confirmation_of_a_used_up_round_leads_back_to_the_round(client, learner):
    round_ = make_round(max_attempts=1)
    conclude(sit(round_, learner, right=0), now=timezone.now())
    client.force_login(learner)
    assert client.get(reverse("knowledge:start", args=[round_.pk])).url == f"/tests/{round_.pk}/"


def test_a_result_is_its_takers_alone(client, learner, outsider, exam_officer, agency_officer):
    attempt = sit(make_round(reveal=Reveal.AFTER_SITTING), learner, right=8)
    for name in ("knowledge:result", "knowledge:explanations"):
        path = reverse(name, args=[attempt.pk])
        people = (learner, outsider, exam_officer, agency_officer, None)
        if name == "knowledge:explanations":
            conclude(attempt, now=timezone.now())
        assert _statuses(client, path, *people) == [200, 403, 403, 403, 302]


def test_a_pass_shows_score_chapters_certificate_and_receipt(client, learner):
    attempt = sit(make_round(), learner, right=8)
    client.force_login(learner)
    page = client.get(reverse("knowledge:result", args=[attempt.pk])).content.decode()
    attempt.refresh_from_db()
    assert attempt.certificate is not None
    assert "ท่านสอบผ่าน" in page
    assert "8 จาก 10 (ร้อยละ 80.00)" in page
    assert "หัวข้อที่ 1" in page
    assert reverse("certificates:download", args=[attempt.certificate.pk]) in page
    assert attempt.sitting is not None
    assert attempt.sitting.result.chain_head in page


def test_a_fail_states_the_retry_rules(client, learner):
    attempt = sit(make_round(max_attempts=3, retry_wait_hours=2), learner, right=1)
    client.force_login(learner)
    page = client.get(reverse("knowledge:result", args=[attempt.pk])).content.decode()
    assert "ท่านสอบไม่ผ่าน" in page
    assert "รอบสอบนี้ให้สอบได้ 3 ครั้ง" in page
    assert "ห่างกันอย่างน้อย 2 ชั่วโมง" in page


def test_a_hidden_score_is_not_shown(client, learner):
    attempt = sit(make_round(show_score=False), learner, right=8)
    client.force_login(learner)
    page = client.get(reverse("knowledge:result", args=[attempt.pk])).content.decode()
    assert "80.00" not in page
    assert "ท่านสอบผ่าน" in page


def test_an_open_sitting_can_be_gone_on_with_from_its_result_page(client, learner):
    attempt = start(make_round(), learner)
    client.force_login(learner)
    page = client.get(reverse("knowledge:result", args=[attempt.pk])).content.decode()
    assert "ทำแบบทดสอบต่อ" in page


def test_a_sitting_past_its_time_says_that_it_is_being_marked(client, learner):
    round_ = make_round()
    attempt = start(round_, learner, now=timezone.now() - timedelta(minutes=61) + timedelta(minutes=1))
    sitting = sitting_of(attempt)
    sitting.starts_at, sitting.deadline = timezone.now() - timedelta(hours=2), timezone.now()
    sitting.save()
    client.force_login(learner)
    page = client.get(reverse("knowledge:result", args=[attempt.pk])).content.decode()
    assert "หมดเวลาแล้ว" in page
    close(sitting, timezone.now() + timedelta(minutes=1))
    assert "ท่านสอบไม่ผ่าน" in client.get(reverse("knowledge:result", args=[attempt.pk])).content.decode()


def test_explanations_stay_shut_until_their_time(client, learner):
    attempt = conclude(sit(make_round(), learner, right=8), now=timezone.now())
    client.force_login(learner)
    assert client.get(reverse("knowledge:explanations", args=[attempt.pk])).status_code == 403


def test_explanations_name_answer_reason_and_section(client, learner):
    attempt = start(make_round(reveal=Reveal.AFTER_SITTING), learner)
    answer(sitting_of(attempt), 1, wrong=1)
    conclude(attempt, now=timezone.now())
    client.force_login(learner)
    page = client.get(reverse("knowledge:explanations", args=[attempt.pk])).content.decode()
    for said in ("คำตอบของท่าน", "คำตอบที่ถูก", "มาตรา 11", "ตอบผิด", "ไม่ได้ตอบ"):
        assert said in page


def test_panels_show_open_tests_and_my_attempts(client, learner):
    round_ = make_round()
    assert round_.name in client.get("/").content.decode()
    conclude(sit(round_, learner, right=8), now=timezone.now())
    client.force_login(learner)
    page = client.get("/my/").content.decode()
    assert round_.name in page
    assert "แบบทดสอบความรู้ของฉัน" in page


# -- Exam office ------------------------------------------------------------------------------------
def test_office_pages_are_the_exam_officers(client, exam_officer, agency_officer, reviewer, learner):
    upcoming = make_round(opens=timedelta(hours=1), closes=timedelta(hours=3))
    paths = [
        reverse("knowledge:office"),
        reverse("knowledge:new-test"),
        reverse("knowledge:office-test", args=[upcoming.test_id]),
        reverse("knowledge:new-definition", args=[upcoming.test_id]),
        reverse("knowledge:definition", args=[upcoming.definition_id]),
        reverse("knowledge:new-round", args=[upcoming.test_id]),
        reverse("knowledge:office-round", args=[upcoming.pk]),
        reverse("knowledge:change-round", args=[upcoming.pk]),
        reverse("knowledge:close-round", args=[upcoming.pk]),
    ]
    for path in paths:
        found = _statuses(client, path, exam_officer, agency_officer, reviewer, learner, None)
        assert found == [200, 403, 403, 403, 302], path


def test_the_live_check_is_the_exam_officers(client, exam_officer, learner):
    path = reverse("knowledge:check-definition", args=[make_test().pk])
    assert _statuses(client, path, exam_officer, learner, None, method="post") == [200, 403, 302]


def _definition_form(test: KnowledgeTest, **changes: object) -> dict[str, object]:
    topic = test.bank.topics.earliest("order")
    values: dict[str, object] = {
        "effective_from": "1/1/2569",
        "minutes": 60,
        "pass_percent": 60,
        "max_attempts": 1,
        "retry_wait_hours": 0,
        "reveal": "after_window",
        "source": "ค่าตั้งต้นของระบบ",
        f"items-{topic.pk}-any": 5,
    }
    return values | changes


def test_a_definition_is_made_from_the_table(client, exam_officer):
    test = make_test()
    client.force_login(exam_officer)
    response = client.post(reverse("knowledge:new-definition", args=[test.pk]), _definition_form(test))
    definition = test.definitions.get()
    assert response.url == f"/tests/office/definitions/{definition.pk}/"
    assert list(definition.rules.values_list("count", flat=True)) == [5]
    assert definition.created_by == exam_officer


def test_a_table_asking_for_too_much_names_topic_wanted_and_available(client, exam_officer):
    test = make_test()
    topic = test.bank.topics.earliest("order")
    client.force_login(exam_officer)
    values = _definition_form(test, **{f"items-{topic.pk}-hard": 9})
    response = client.post(reverse("knowledge:new-definition", args=[test.pk]), values)
    assert response.status_code == 422
    assert f"{topic.name_th} ยาก: ขอ 9 ข้อ แต่คลังข้อสอบมี 4 ข้อ" in response.content.decode()
    assert not test.definitions.exists()


def test_the_live_check_says_the_same(client, exam_officer):
    test = make_test()
    topic = test.bank.topics.earliest("order")
    client.force_login(exam_officer)
    path = reverse("knowledge:check-definition", args=[test.pk])
    said = client.post(path, {f"items-{topic.pk}-hard": 9, f"items-{topic.pk}-any": 2}).content.decode()
    assert "ข้อสอบหนึ่งชุดมี 11 ข้อ" in said
    assert "ขอ 9 ข้อ แต่คลังข้อสอบมี 4 ข้อ" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"effective_from": "1/1/2026"}, "พ.ศ."),
        ({"minutes": 0}, "1"),
        ({"pass_percent": 101}, "100"),
        ({"source": ""}, "ที่มาของตัวเลข"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_reason(client, exam_officer, changes, said):
    test = make_test()
    client.force_login(exam_officer)
    path = reverse("knowledge:new-definition", args=[test.pk])
    response = client.post(path, _definition_form(test, **changes))
    assert response.status_code == 422
    assert said in response.content.decode()


def test_a_table_that_asks_for_nothing_is_refused(client, exam_officer):
    test = make_test()
    topic = test.bank.topics.earliest("order")
    client.force_login(exam_officer)
    path = reverse("knowledge:new-definition", args=[test.pk])
    response = client.post(path, _definition_form(test, **{f"items-{topic.pk}-any": ""}))
    assert "อย่างน้อยหนึ่งข้อ" in response.content.decode()


def test_a_new_definition_starts_from_a_copy(client, exam_officer):
    test = make_test()
    old = make_definition(test, minutes=37)
    make_definition(test, minutes=99)
    client.force_login(exam_officer)
    page = client.get(reverse("knowledge:new-definition", args=[test.pk]), {"copy": old.pk}).content.decode()
    assert 'value="37"' in page


def test_the_first_definition_starts_from_the_platforms_own_default(client, exam_officer):
    client.force_login(exam_officer)
    page = client.get(reverse("knowledge:new-definition", args=[make_test().pk])).content.decode()
    assert "ค่าตั้งต้นของระบบเอง ไม่พบตัวเลขทางการ" in page


def _window_form(**changes: object) -> dict[str, object]:
    day = timezone.localdate() + timedelta(days=3)
    typed = f"{day.day}/{day.month}/{day.year + 543}"
    values = {
        "name": "รอบใหม่",
        "opens_on": typed,
        "opens_at": "08:30",
        "closes_on": typed,
        "closes_at": "16:30",
    }
    return values | changes


def test_a_round_is_made_and_its_times_are_shown(client, exam_officer):
    test = make_test()
    make_definition(test)
    client.force_login(exam_officer)
    response = client.post(reverse("knowledge:new-round", args=[test.pk]), _window_form(), follow=True)
    assert test.rounds.get().name == "รอบใหม่"
    page = response.content.decode()
    assert "08.30" in page
    assert "09.30" in page
    assert "สั้นลงเพราะรอบสอบปิด" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"closes_at": "08:00"}, "เวลาปิดสอบต้องอยู่หลังเวลาเปิดสอบ"),
        ({"opens_on": "1/1/2560", "closes_on": "2/1/2560"}, "ช่วงเวลานี้ผ่านไปแล้ว"),
        ({"opens_on": "สามวันหน้า"}, "วัน/เดือน/ปี"),
    ],
)
def test_a_wrong_window_is_refused_with_its_reason(client, exam_officer, changes, said):
    test = make_test()
    make_definition(test)
    client.force_login(exam_officer)
    response = client.post(reverse("knowledge:new-round", args=[test.pk]), _window_form(**changes))
    assert response.status_code == 422
    assert said in response.content.decode()


def test_a_round_is_changed_before_it_opens(client, exam_officer):
    round_ = make_round(opens=timedelta(days=1), closes=timedelta(days=2))
    client.force_login(exam_officer)
    client.post(reverse("knowledge:change-round", args=[round_.pk]), _window_form(name="ชื่อที่แก้"))
    round_.refresh_from_db()
    assert round_.name == "ชื่อที่แก้"


def test_closing_early_asks_first(client, exam_officer):
    round_ = make_round()
    client.force_login(exam_officer)
    path = reverse("knowledge:close-round", args=[round_.pk])
    assert "เปิดคืนไม่ได้" in client.get(path).content.decode()
    client.post(path)
    round_.refresh_from_db()
    assert round_.closes_at <= timezone.now()


def test_rounds_are_searched_and_filtered(client, exam_officer):
    test = make_test()
    make_definition(test)
    make_round(test, name="รอบเปิดอยู่")
    make_round(test, name="รอบปิดแล้ว", opens=timedelta(days=-2), closes=timedelta(days=-1))
    client.force_login(exam_officer)
    path = reverse("knowledge:office-test", args=[test.pk])
    page = client.get(path, {"status": "closed"}).content.decode()
    assert "รอบปิดแล้ว" in page
    assert "รอบเปิดอยู่" not in page
    assert "ไม่พบรอบสอบ" in client.get(path, {"q": "ไม่มีชื่อนี้"}).content.decode()


def test_a_new_test_is_created(client, exam_officer):
    bank = make_test().bank
    client.force_login(exam_officer)
    values = {"code": "pdpa", "name_th": "แบบทดสอบใหม่", "bank": bank.pk}
    response = client.post(reverse("knowledge:new-test"), values)
    created = KnowledgeTest.objects.get(code="pdpa")
    assert response.url == f"/tests/office/{created.pk}/definition/"


def test_a_code_that_is_taken_is_refused(client, exam_officer):
    test = make_test()
    client.force_login(exam_officer)
    values = {"code": test.code, "name_th": "ซ้ำ", "bank": test.bank_id}
    assert client.post(reverse("knowledge:new-test"), values).status_code == 422


# -- Requests ---------------------------------------------------------------------------------------
def test_a_request_is_seen_by_its_agency_and_the_exam_office(
    client, agency_officer, exam_officer, other_agency_officer, learner, department
):
    asked = make_request(department, agency_officer)
    colleague = make_person(first_name="เพื่อนร่วมงาน")
    RoleGrant.objects.create(person=colleague, role="agency_officer", agency=department.parent)
    for name in ("knowledge:support-request", "knowledge:asked"):
        path = reverse(name, args=[asked.pk])
        people = (agency_officer, colleague, exam_officer, other_agency_officer, learner, None)
        assert _statuses(client, path, *people) == [200, 200, 200, 403, 403, 302]


def test_requests_are_listed_for_their_agency_only(
    client, agency_officer, other_agency_officer, exam_officer, learner, department
):
    asked = make_request(department, agency_officer)
    path = reverse("knowledge:support")
    for person, is_listed in ((agency_officer, True), (exam_officer, True), (other_agency_officer, False)):
        client.force_login(person)
        assert (asked.reference in client.get(path).content.decode()) is is_listed
    assert _statuses(client, path, learner, None) == [403, 302]


def test_deciding_is_the_exam_officers(client, exam_officer, agency_officer, learner, department):
    asked = make_request(department, agency_officer)
    for name in ("knowledge:approve", "knowledge:decline"):
        path = reverse(name, args=[asked.pk])
        found = _statuses(client, path, exam_officer, agency_officer, learner, None)
        assert found == [200, 403, 403, 302]


def _request_form(test: KnowledgeTest, agency_pk: int, **changes: object) -> dict[str, object]:
    values = _window_form() | {
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
    assert _statuses(client, reverse("knowledge:ask"), exam_officer, learner, None) == [403, 403, 302]


def test_approving_makes_the_round(client, exam_officer, agency_officer, department):
    asked = make_request(department, agency_officer)
    make_definition(asked.test)
    client.force_login(exam_officer)
    client.post(reverse("knowledge:approve", args=[asked.pk]), _window_form(note="ได้ตามขอ"))
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
    response = client.post(reverse("knowledge:approve", args=[asked.pk]), _window_form())
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
