"""Pages of those who take a test: who may open them, and what they say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from certificates.services import revoke
from exams.knowledge.models import Attempt, Reveal, Round
from exams.knowledge.services.results import conclude
from tests.exams.knowledge.factories import (
    answer,
    close,
    invite,
    make_agency_round,
    make_definition,
    make_round,
    make_test,
    sit,
    sitting_of,
    start,
)
from tests.exams.knowledge.pages import statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency_round(department, agency_officer, exam_officer) -> Round:
    return make_agency_round(department, agency_officer, exam_officer)


def test_the_list_of_tests_is_for_who_is_signed_in(client, learner, exam_officer):
    make_round()
    assert statuses(client, "/tests/", learner, exam_officer, None) == [200, 200, 302]


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
    assert statuses(client, path, learner, outsider, None) == [200, 403, 302]
    path = reverse("knowledge:start", args=[agency_round.pk])
    assert statuses(client, path, learner, outsider, None) == [200, 403, 302]


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
        assert statuses(client, path, *people) == [200, 403, 403, 403, 302]


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


def test_a_revoked_certificate_is_named_as_such_and_not_offered(client, learner, certificate_officer):
    attempt = conclude(sit(make_round(), learner, right=8), now=timezone.now())
    assert attempt.certificate is not None
    revoke(attempt.certificate, "ออกผิดพลาด", certificate_officer, timezone.now())
    client.force_login(learner)
    page = client.get(reverse("knowledge:result", args=[attempt.pk])).content.decode()
    assert "ถูกยกเลิกแล้ว" in page
    assert reverse("certificates:download", args=[attempt.certificate.pk]) not in page


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
