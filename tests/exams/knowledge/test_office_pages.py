"""Pages of the exam office: who may open them, and what they refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from exams.knowledge.models import KnowledgeTest
from tests.exams.knowledge.factories import (
    make_definition,
    make_round,
    make_test,
)
from tests.exams.knowledge.pages import statuses, window_form

pytestmark = pytest.mark.django_db


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
        found = statuses(client, path, exam_officer, agency_officer, reviewer, learner, None)
        assert found == [200, 403, 403, 403, 302], path


def test_the_live_check_is_the_exam_officers(client, exam_officer, learner):
    path = reverse("knowledge:check-definition", args=[make_test().pk])
    assert statuses(client, path, exam_officer, learner, None, method="post") == [200, 403, 302]


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


def test_a_round_is_made_and_its_times_are_shown(client, exam_officer):
    test = make_test()
    make_definition(test)
    client.force_login(exam_officer)
    response = client.post(reverse("knowledge:new-round", args=[test.pk]), window_form(), follow=True)
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
    response = client.post(reverse("knowledge:new-round", args=[test.pk]), window_form(**changes))
    assert response.status_code == 422
    assert said in response.content.decode()


def test_a_round_is_changed_before_it_opens(client, exam_officer):
    round_ = make_round(opens=timedelta(days=1), closes=timedelta(days=2))
    client.force_login(exam_officer)
    client.post(reverse("knowledge:change-round", args=[round_.pk]), window_form(name="ชื่อที่แก้"))
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


@pytest.mark.parametrize("number", ["x", "9" * 30, "9" * 5000])
def test_a_copy_of_no_definition_starts_from_the_default(client, exam_officer, number):
    test = make_round().test
    client.force_login(exam_officer)
    path = reverse("knowledge:new-definition", args=[test.pk])
    assert client.get(path, {"copy": number}).status_code == 200
