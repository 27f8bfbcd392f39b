"""Pages on which topics, units and rules are written."""

from __future__ import annotations

import pytest

from courses.catalogue.models import CompletionRule, Unit
from courses.studio.services import publishing
from tests.courses.catalogue.factories import NOON
from tests.courses.studio.factories import (
    V,
    approve,
    make_version,
    new_unit,
    unit_data,
)

pytestmark = pytest.mark.django_db


def test_topics_and_units_are_written_without_scripts(officer, version):
    response = officer.post(f"{V}topics/new/", {"name_th": "สอง", "minutes": "20"})
    assert response.status_code == 302
    topic = version.topics.get(name_th="สอง")
    assert response["Location"].endswith(f"#topic-{topic.pk}")
    first = Unit.objects.get()
    fields = unit_data(body="ข้อความ", opens_after=str(first.pk))
    assert officer.post(f"{V}topics/{topic.pk}/new/text/", fields).status_code == 302
    unit = topic.units.get()
    assert (unit.min_seconds, unit.is_required, unit.opens_after, unit.body) == (90, True, first, "ข้อความ\n")
    response = officer.post(f"{V}units/{unit.pk}/move/", {"direction": "up"}, follow=True)
    unit.refresh_from_db()
    assert unit.topic.name_th == "บทนำ"
    response = officer.post(f"{V}units/{unit.pk}/move/", {"direction": "up"}, follow=True)
    assert "จึงต้องอยู่ถัดจาก" in response.text
    assert officer.post(f"{V}units/{unit.pk}/remove/").status_code == 302
    assert officer.post(f"{V}topics/{topic.pk}/remove/").status_code == 302
    assert version.topics.count() == 1


def test_markdown_is_shown_as_learners_see_it_and_runs_nothing(officer, version):
    body = "# หัว\n\n**หนา** <script>alert(1)</script> [ลิงก์](javascript:alert(1))"
    for response in (
        officer.post("/studio/markdown/", {"body": body}),
        new_unit(officer, version, "text", body=body, preview="1"),
    ):
        assert "<strong>หนา</strong>" in response.text
        assert "<script>alert" not in response.text
        assert 'href="javascript' not in response.text
    assert Unit.objects.count() == 1


def test_of_two_who_write_a_unit_the_second_is_told(officer, version):
    unit = Unit.objects.get()
    path = f"{V}units/{unit.pk}/"
    data = unit_data(seen=officer.get(path).context["form"].initial["seen"])
    assert officer.post(path, data | {"body": "คนแรก"}).status_code == 302
    response = officer.post(path, data | {"body": "คนที่สอง"})
    assert response.status_code == 422
    assert "คนแรก" in response.text
    assert "คนที่สอง" in response.text
    unit.refresh_from_db()
    assert unit.body == "คนแรก\n"
    seen = response.context["form"]["seen"].value()
    assert officer.post(path, data | {"body": "คนที่สอง", "seen": seen}).status_code == 302


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("text", {"body": ""}, "กรอกข้อมูล"),
        ("link", {"address": "http://example.org"}, "https://"),
        ("link", {"address": "javascript:alert(1)"}, "https://"),
        ("pdf", {}, "กรอกข้อมูล"),
        (
            "test",
            {"role": "check", "pass_percent": "60", "tries": "0", "minutes": "0", "source": "drawn"},
            "เลือก",
        ),
        ("text", {"body": "x", "least_seconds": "90"}, "59"),
        ("text", {"body": "x", "opens_after": "999999"}, "เลือก"),
    ],
)
def test_a_unit_that_cannot_be_is_refused_in_thai(officer, version, kind, fields, said):
    response = new_unit(officer, version, kind, **fields)
    assert response.status_code == 422
    summary = response.text.partition('class="error-summary"')[2].partition("</div>")[0]
    assert said in summary
    assert Unit.objects.count() == 1


def test_there_is_no_unit_of_an_unknown_kind(officer, version):
    assert officer.get(f"{V}topics/{version.topics.get().pk}/new/game/").status_code == 404


def test_a_unit_of_another_version_is_not_found(officer, version, department, agency_officer):
    other = make_version(department, agency_officer, "KD95")
    unit = Unit.objects.get(topic__version=other)
    assert officer.get(f"{V}units/{unit.pk}/").status_code == 404
    assert officer.post(f"{V}units/{unit.pk}/move/", {"direction": "up"}).status_code == 404


def test_a_survey_keeps_the_ids_of_its_questions(officer, version):
    rows = {"questions-TOTAL_FORMS": "3", "questions-INITIAL_FORMS": "0"}
    for place, text in enumerate(("ดี", "ง่าย", "")):
        rows |= {
            f"questions-{place}-text": text,
            f"questions-{place}-kind": "scale",
            f"questions-{place}-ORDER": str(place + 1),
            f"questions-{place}-is_required": "on",
        }
    assert new_unit(officer, version, "survey", **rows).status_code == 302
    unit = Unit.objects.get(kind="survey")
    before = {each["text"]: each["id"] for each in unit.content["questions"]}
    assert list(before) == ["ดี", "ง่าย"]
    form = officer.get(f"{V}units/{unit.pk}/").context
    data = unit_data(seen=form["form"].initial["seen"]) | {
        "questions-TOTAL_FORMS": "2",
        "questions-INITIAL_FORMS": "2",
        "questions-0-text": "ดีมาก",
        "questions-0-kind": "scale",
        "questions-0-key": before["ดี"],
        "questions-0-ORDER": "2",
        "questions-1-text": "ง่าย",
        "questions-1-kind": "comment",
        "questions-1-key": before["ง่าย"],
        "questions-1-ORDER": "1",
    }
    assert officer.post(f"{V}units/{unit.pk}/", data).status_code == 302
    unit.refresh_from_db()
    assert [(each["text"], each["id"], each["kind"]) for each in unit.content["questions"]] == [
        ("ง่าย", before["ง่าย"], "comment"),
        ("ดีมาก", before["ดี"], "scale"),
    ]


def test_a_survey_without_questions_is_refused(officer, version):
    rows = {"questions-TOTAL_FORMS": "1", "questions-INITIAL_FORMS": "0", "questions-0-kind": "scale"}
    assert new_unit(officer, version, "survey", **rows).status_code == 422


def test_the_rule_is_set(officer, version):
    data = {"is_sequential": "on", "min_minutes": "30", "test_mark": "70", "units_needed": ""}
    seen = officer.get(f"{V}rule/").context["form"].initial["seen"]
    assert officer.post(f"{V}rule/", data | {"seen": seen}).status_code == 302
    rule = CompletionRule.objects.get()
    assert (rule.min_minutes, float(rule.test_mark), rule.units_needed) == (30, 0.7, None)
    assert "ร้อยละ 70" in officer.get(V).text
    assert officer.post(f"{V}rule/", data | {"seen": seen}).status_code == 422


def test_of_two_who_set_the_rule_the_second_reads_what_it_says_now(officer, version):
    data = {"min_minutes": "30", "test_mark": "0", "units_needed": ""}
    data["seen"] = officer.get(f"{V}rule/").context["form"].initial["seen"]
    officer.post(f"{V}rule/", data | {"is_sequential": "on"})
    text = officer.post(f"{V}rule/", data | {"min_minutes": "45"}).text
    for said in ("เวลาเรียนที่นับได้อย่างน้อย 30 นาที", "บทเรียนเปิดตามลำดับ"):
        assert said in text, said
    assert 'value="45"' in text


def test_nobody_sets_the_rule_of_what_is_reviewed(officer, version, named):
    for method in (officer.get, officer.post):
        response = method(f"{V}rule/")
        assert response.status_code == 409
        assert "มีผู้เรียนฉบับนี้อยู่" not in response.text
    assert f"{V}rule/" not in officer.get(V).text


def test_a_rule_of_a_published_version_asks_for_what_is_there(officer, version, named, agency_officer):
    approve(version, named)
    publishing.publish(version, actor=agency_officer, now=NOON)
    page = officer.get(f"{V}rule/")
    data = {"min_minutes": "0", "test_mark": "60", "units_needed": "", "needs_survey": "on"}
    data["seen"] = page.context["form"].initial["seen"]
    response = officer.post(f"{V}rule/", data)
    assert response.status_code == 422
    assert "ยังไม่มีแบบทดสอบหลังเรียน" in response.text
    assert "ยังไม่มีแบบประเมิน" in response.text
    assert not CompletionRule.objects.exists()
    data = {"min_minutes": "5", "test_mark": "0", "units_needed": "", "seen": data["seen"]}
    assert officer.post(f"{V}rule/", data).status_code == 302
