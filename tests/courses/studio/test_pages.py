"""Pages of the studio: to whom each is open, and what it does."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.conf import settings
from django.db.models import ProtectedError
from django.test import Client
from django.utils import timezone

from courses.catalogue.models import CompletionRule, Course, CourseVersion, Unit, VersionStatus
from courses.content import serving
from courses.content.services import packages
from courses.player.models import Purpose, Registration
from courses.studio.models import AgencyStage, Assignment, Comment, CourseBank, Schedule, UploadCheck
from courses.studio.services import comments, outline, publishing, reviews
from courses.studio.services.writing import unit_seen
from courses.studio.workflow import Quorum
from exams.bank.models import ItemStatus
from exams.registration.portraits import portrait
from learning.people.models import Role
from learning.spreadsheets import write_table
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON
from tests.courses.packages.factories import mp4, package, pdf
from tests.courses.studio.factories import (
    QUESTION,
    add_unit,
    approve,
    make_version,
    name_reviewers,
    submit_to,
)
from tests.exams.bank.factories import make_bank
from tests.exams.bank.factories import make_version as make_item

pytestmark = pytest.mark.django_db


def sign_in(client: Client, person: Any) -> Client:
    client.force_login(person, settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.fixture
def version(department, agency_officer):
    return make_version(department, agency_officer)


@pytest.fixture
def officer(client, agency_officer):
    return sign_in(client, agency_officer)


@pytest.fixture
def named(version, reviewer, agency_officer):
    """The reviewer, to whom the version has been submitted."""
    submit_to(version, reviewer, actor=agency_officer)
    return reviewer


# -- Who may ---------------------------------------------------------------------------------------
class Access:
    """What each of the cast is answered; anonymous people are sent to sign in."""

    def __init__(
        self, path: str, *, method: str = "get", owner: int, named: int = 403, data: Any = None
    ) -> None:
        self.path, self.method, self.owner, self.named, self.data = path, method, owner, named, data


V = "/studio/KD90/1/"
# Only authors, of a version that is being written.
WRITING = [
    Access("/studio/new/", owner=200),
    Access("/studio/courses.xlsx", owner=200),
    Access("/studio/courses.csv", owner=200),
    Access("/studio/agencies/", owner=200),
    Access("/studio/KD90/", owner=200),
    Access("/studio/KD90/edit/", owner=200),
    Access("/studio/KD90/copy/", owner=200),
    Access("/studio/KD90/retire/", owner=200),
    Access("/studio/KD90/uploads/", owner=200),
    Access("/studio/KD90/start/", method="post", owner=409),
    Access("/studio/markdown/", method="post", owner=200),
    Access(f"{V}rule/", owner=200),
    Access(f"{V}topics/new/", owner=200),
    Access(f"{V}topics/{{topic}}/", owner=200),
    Access(f"{V}topics/{{topic}}/move/", method="post", owner=302),
    Access(f"{V}topics/{{topic}}/remove/", owner=200),
    Access(f"{V}topics/{{topic}}/new/text/", owner=200),
    Access(f"{V}topics/{{topic}}/new/test/", owner=200),
    Access(f"{V}topics/{{topic}}/new/survey/", owner=200),
    Access(f"{V}topics/{{topic}}/new/video/", owner=200),
    Access(f"{V}topics/{{topic}}/new/pdf/", owner=200),
    Access(f"{V}topics/{{topic}}/new/package/", owner=200),
    Access(f"{V}topics/{{topic}}/new/slides/", owner=200),
    Access(f"{V}topics/{{topic}}/new/link/", owner=200),
    Access(f"{V}units/{{unit}}/move/", method="post", owner=302),
    Access(f"{V}units/{{unit}}/remove/", owner=200),
    Access(f"{V}units/{{test}}/questions/", owner=200),
    Access(f"{V}units/{{test}}/questions/new/", owner=200),
    Access(f"{V}units/{{test}}/questions/import/", owner=200),
    Access(f"{V}units/{{test}}/questions/table.csv", owner=200),
    Access(f"{V}units/{{test}}/questions/0/", owner=200),
    Access(f"{V}units/{{test}}/questions/0/move/", method="post", owner=302),
    Access(f"{V}units/{{test}}/questions/0/remove/", owner=200),
    Access(f"{V}steps/submit/", owner=200),
    Access(f"{V}schedule/", owner=200),
]


@pytest.mark.parametrize("access", WRITING, ids=lambda access: access.path)
def test_only_the_agency_writes(
    client, access, version, agency_officer, other_agency_officer, reviewer, learner, administrator
):
    test = add_unit(version, "test", agency_officer, content={"items": [QUESTION]})
    unit = Unit.objects.get(kind="text")
    path = access.path.format(topic=unit.topic_id, unit=unit.pk, test=test.pk)

    def asked(person: Any) -> int:
        client.logout()
        if person is not None:
            sign_in(client, person)
        return int(getattr(client, access.method)(path).status_code)

    shared = not access.path.startswith("/studio/KD90")
    assert asked(None) == 302
    assert "/accounts/login/" in getattr(client, access.method)(path)["Location"]
    assert asked(learner) == 403
    assert asked(reviewer) == 403
    assert asked(other_agency_officer) == (access.owner if shared else 403)
    assert asked(agency_officer) == access.owner
    if access.method == "get":
        assert asked(administrator) == access.owner


SEEING = [
    Access(V, owner=200, named=200),
    Access(f"{V}units/{{unit}}/", owner=200, named=200),
    Access(f"{V}history/", owner=200, named=200),
    Access(f"{V}changes/1/", owner=200, named=200),
    Access(f"{V}comments/", method="post", owner=302, named=302, data={"text": "ดี"}),
    Access(f"{V}comments/{{comment}}/answer/", method="post", owner=302, named=302, data={"text": "ดี"}),
    Access(f"{V}comments/{{comment}}/resolve/", method="post", owner=302, named=302),
    Access(f"{V}comments/{{comment}}/reopen/", method="post", owner=302, named=302),
    Access(f"{V}preview/", method="post", owner=302, named=302),
    Access(f"{V}preview/reset/", method="post", owner=302, named=302),
    Access(f"{V}verdict/", method="post", owner=422, named=422),
    Access(f"{V}reviewers/{{assignment}}/", owner=200, named=403),
    Access(f"{V}steps/withdraw/", owner=200, named=403),
]


@pytest.mark.parametrize("access", SEEING, ids=lambda access: access.path)
def test_reviewers_see_what_they_are_named_for(
    client, access, version, agency_officer, other_agency_officer, named, learner, administrator
):
    comment = comments.say(version, "ดูหน่อย", actor=agency_officer)
    path = access.path.format(
        unit=Unit.objects.get().pk, comment=comment.pk, assignment=Assignment.objects.get().pk
    )
    other_reviewer = make_person(roles=[(Role.REVIEWER, None)])

    def asked(person: Any) -> int:
        client.logout()
        if person is not None:
            sign_in(client, person)
        return int(getattr(client, access.method)(path, access.data or {}).status_code)

    assert asked(None) == 302
    assert asked(learner) == 403
    assert asked(other_reviewer) == 403
    assert asked(other_agency_officer) == 403
    assert asked(named) == access.named
    assert asked(agency_officer) == access.owner
    if access.method == "get":
        assert asked(administrator) == access.owner


def test_reports_and_banks_and_stages_have_their_readers(
    client, version, department, agency_officer, other_agency_officer, exam_officer, reviewer, learner
):
    check = UploadCheck.objects.create(
        course=version.course, file_name="a.zip", uploaded_by=agency_officer, report=_EMPTY_REPORT
    )

    def asked(path: str, person: Any) -> int:
        client.logout()
        if person is not None:
            sign_in(client, person)
        return int(client.get(path).status_code)

    report, banks, stages = (
        f"/studio/checks/{check.pk}/",
        "/studio/banks/",
        f"/studio/agencies/{department.pk}/",
    )
    people = (None, learner, reviewer, other_agency_officer, agency_officer, exam_officer)
    assert [asked(report, person) for person in people] == [302, 403, 403, 403, 200, 403]
    assert [asked(banks, person) for person in people] == [302, 403, 403, 403, 403, 200]
    assert [asked(stages, person) for person in people] == [302, 403, 403, 403, 200, 403]


_EMPTY_REPORT: dict[str, Any] = {"status": "ok", "kind": "pdf", "units": [], "errors": [], "warnings": []}


def test_the_list_shows_what_is_the_persons(
    client, version, agency_officer, other_agency_officer, named, learner
):
    def text(person: Any) -> str:
        return str(sign_in(client, person).get("/studio/").text)

    assert "KD90" in text(agency_officer)
    assert "KD90" not in text(other_agency_officer)
    assert "KD90" in text(named)
    assert "KD90" not in text(learner)
    assert V in sign_in(client, named).get("/my/").text
    assert client.get("/studio/").text.count("รอท่านตรวจ") == 1


def test_officers_find_their_pages_on_the_staff_page(client, officer, exam_officer):
    assert "/studio/new/" in officer.get("/staff/").text
    text = sign_in(client, exam_officer).get("/staff/").text
    assert "/studio/banks/" in text
    assert "/studio/new/" not in text


# -- Courses ---------------------------------------------------------------------------------------
def course_data(department, **fields: Any) -> dict[str, Any]:
    rows = {"instructors-TOTAL_FORMS": "2", "instructors-INITIAL_FORMS": "0"}
    rows |= {"instructors-0-name": "กองฝึกอบรม", "instructors-0-position": "ผู้จัด"}
    return (
        {
            "code": "KD77",
            "name_th": "การเขียนหนังสือราชการ",
            "owner": str(department.pk),
            "category": "KD",
            "language": "th",
            "hours": "1.5",
            "objective_th": "เขียนได้ถูกต้อง",
        }
        | rows
        | fields
    )


def test_a_course_is_made_with_its_first_version(officer, department, agency_officer):
    picture = io.BytesIO(portrait(77))
    picture.name = "cover.png"
    response = officer.post("/studio/new/", course_data(department, cover=picture))
    assert response.status_code == 302, response.context["form"].errors
    course = Course.objects.get(code="KD77")
    assert response["Location"] == "/studio/KD77/1/"
    assert course.cover
    assert [each.name for each in course.instructors.all()] == ["กองฝึกอบรม"]
    assert course.versions.get().author == agency_officer


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"code": "kd 77"}, "อักษร"),
        ({"hours": "0"}, "0.1"),
        ({"provider": "ภายนอก"}, "หน่วยงานพันธมิตร"),
        ({"category": "XX"}, "หมวด"),
        ({"instructors-0-name": ""}, "โปรดระบุชื่อ"),
    ],
)
def test_a_course_that_cannot_be_is_refused_in_thai(officer, department, fields, said):
    response = officer.post("/studio/new/", course_data(department, **fields))
    assert response.status_code == (200 if "instructors-0-name" in fields else 422)
    assert said in response.text
    assert not Course.objects.exists()


def test_a_course_is_not_made_for_another_agency(officer, department, other_department):
    response = officer.post("/studio/new/", course_data(department, owner=str(other_department.pk)))
    assert response.status_code == 422


def test_a_code_is_given_once(officer, department, version):
    response = officer.post("/studio/new/", course_data(department, code="KD90"))
    assert response.status_code == 422
    assert "รหัสนี้" in response.text


def test_of_two_who_describe_a_course_the_second_is_told(officer, department, version):
    seen = officer.get("/studio/KD90/edit/").context["form"].initial["seen"]
    data = course_data(department, seen=seen)
    assert officer.post("/studio/KD90/edit/", data | {"hours": "2"}).status_code == 302
    response = officer.post("/studio/KD90/edit/", data | {"hours": "3"})
    assert response.status_code == 422
    assert "มีผู้แก้ไข" in response.text
    assert Course.objects.get().hours == 2
    again = response.context["form"]["seen"].value()
    assert officer.post("/studio/KD90/edit/", data | {"hours": "3", "seen": again}).status_code == 302
    assert Course.objects.get().hours == 3


def test_a_copy_and_an_end(officer, department, version):
    data = {"code": "KD91", "name_th": "สำเนา", "owner": str(department.pk)}
    assert officer.post("/studio/KD90/copy/", data).status_code == 302
    assert Unit.objects.filter(topic__version__course__code="KD91").count() == 1
    assert officer.post("/studio/KD90/retire/").status_code == 302
    assert Course.objects.get(code="KD90").retired_at
    version.delete()
    assert officer.post("/studio/KD90/start/").status_code == 409


# -- Outline ---------------------------------------------------------------------------------------
def unit_data(**fields: Any) -> dict[str, Any]:
    return {"title": "บทใหม่", "least_minutes": "1", "least_seconds": "30", "is_required": "on"} | fields


def new_unit(officer, version, kind: str, **fields: Any):
    return officer.post(f"{V}topics/{version.topics.get().pk}/new/{kind}/", unit_data(**fields))


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


# -- Tests and their questions ----------------------------------------------------------------------
TEST = {"role": "post", "pass_percent": "70", "tries": "3", "minutes": "0", "source": "own"}
FIRST = {
    "question-stem": "ข้อแรก",
    "question-option_1": "ก",
    "question-option_2": "ข",
    "question-key": "0",
}


def test_a_test_with_questions_of_its_own(officer, version):
    # Never without a question, so that it can be looked at as a learner from the beginning.
    response = new_unit(officer, version, "test", **TEST)
    assert response.status_code == 422
    assert "กรอกคำถาม" in response.text
    response = new_unit(officer, version, "test", **TEST, **FIRST)
    unit = Unit.objects.get(kind="test")
    path = f"{V}units/{unit.pk}/questions/"
    assert response["Location"] == path
    seen = officer.get(f"{path}new/").context["form"].initial["seen"]
    question = {"stem": "คำถาม", "option_1": "ก", "option_2": "ข", "key": "1", "seen": seen}
    assert officer.post(f"{path}new/", question).status_code == 302
    unit.refresh_from_db()
    assert [each["key"] for each in unit.content["items"]] == [0, 1]
    assert unit.content["role"] == "post"
    # Of two who write at once the second is told.
    assert officer.post(f"{path}new/", question).status_code == 422
    assert officer.post(f"{path}0/remove/", {"seen": unit_seen(unit)}).status_code == 302
    unit.refresh_from_db()
    assert officer.get(f"{path}1/").status_code == 404
    response = officer.post(f"{path}0/remove/", {"seen": unit_seen(unit)})
    assert response.status_code == 422
    assert "อย่างน้อยหนึ่งข้อ" in response.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"stem": ""}, "กรอกคำถาม"),
        ({"option_2": ""}, "อย่างน้อยสอง"),
        ({"option_2": "ก"}, "ซ้ำ"),
        ({"option_4": "ง"}, "ว่าง"),
        ({"key": "5"}, "ตัวเลือกที่ถูก"),
        ({"key": ""}, "ตัวเลือกที่ถูก"),
    ],
)
def test_a_question_that_cannot_be_is_refused_in_thai(officer, version, agency_officer, fields, said):
    unit = add_unit(version, "test", agency_officer, content={"items": []})
    data = {"stem": "คำถาม", "option_1": "ก", "option_2": "ข", "key": "0", "seen": unit_seen(unit)} | fields
    response = officer.post(f"{V}units/{unit.pk}/questions/new/", data)
    assert response.status_code == 422
    assert said in response.text


def upload(name: str, data: bytes) -> io.BytesIO:
    file = io.BytesIO(data)
    file.name = name
    return file


HEADINGS = ["คำถาม", "ตัวเลือก 1", "ตัวเลือก 2", "ตัวเลือก 3", "ตัวเลือกที่ถูก", "คำอธิบาย"]


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
def test_questions_come_from_a_table_and_good_rows_are_not_lost(
    officer, version, agency_officer, file_format
):
    unit = add_unit(version, "test", agency_officer, content={"items": [QUESTION]})
    rows: list[list[str]] = [
        ["ข้อหนึ่ง", "ก", "ข", "ค", "2", "เพราะ"],
        ["", "ก", "ข", "", "1", ""],
        ["ข้อสาม", "ก", "", "", "1", ""],
        ["ข้อสี่", "ก", "ข", "", "๙", ""],
        [str(QUESTION["stem"]), "ก", "ข", "", "1", ""],
        ["ข้อหนึ่ง", "ก", "ข", "", "ก", ""],
        ["ข้อเจ็ด", "ก", "ข", "", "ข", ""],
    ]
    path = f"{V}units/{unit.pk}/questions/import/"
    response = officer.post(
        path, {"file": upload(f"q.{file_format}", write_table(HEADINGS, rows, file_format))}
    )
    assert response.status_code == 200
    assert [fault.row for fault in response.context["check"].faults] == [3, 4, 5, 6, 7]
    unit.refresh_from_db()
    assert len(unit.content["items"]) == 1
    confirm = {"sealed": response.context["sealed"], "seen": response.context["seen"]}
    assert officer.post(path, confirm).status_code == 302
    unit.refresh_from_db()
    assert [(each["stem"], each["key"]) for each in unit.content["items"][1:]] == [("ข้อหนึ่ง", 1), ("ข้อเจ็ด", 1)]
    # What was signed for one test is good for no other.
    other = add_unit(version, "test", agency_officer, "อื่น", content={"items": []})
    assert officer.post(f"{V}units/{other.pk}/questions/import/", confirm).status_code == 400


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02binary", b"a,b\n1,2\n", b"MZ\x90\x00" + b"\x00" * 100])
def test_a_file_that_is_no_table_of_questions_is_refused(officer, version, agency_officer, data):
    unit = add_unit(version, "test", agency_officer, content={"items": []})
    response = officer.post(f"{V}units/{unit.pk}/questions/import/", {"file": upload("q.csv", data)})
    assert response.status_code == 422
    assert response.context["form"].errors["file"]


def test_the_table_that_is_given_can_be_brought_back(officer, version, agency_officer):
    unit = add_unit(version, "test", agency_officer, content={"items": [QUESTION]})
    given = officer.get(f"{V}units/{unit.pk}/questions/table.xlsx").content
    other = add_unit(version, "test", agency_officer, "อื่น", content={"items": []})
    response = officer.post(f"{V}units/{other.pk}/questions/import/", {"file": upload("q.xlsx", given)})
    assert response.context["check"].questions == [QUESTION]


def test_a_test_draws_only_from_banks_that_are_open(officer, client, version, exam_officer, agency_officer):
    bank = make_bank()
    make_item(bank, status=ItemStatus.APPROVED)
    draw = TEST | {"source": "drawn", "bank": bank.code, "count": "1"}
    assert new_unit(officer, version, "test", **draw).status_code == 422
    sign_in(client, exam_officer)
    assert client.post("/studio/banks/", {"banks": [str(bank.pk)]}).status_code == 302
    assert CourseBank.objects.get().bank == bank
    sign_in(client, agency_officer)
    assert "เลือกคลัง" in new_unit(officer, version, "test", **draw | {"bank": ""}).text
    assert new_unit(officer, version, "test", **draw).status_code == 302
    unit = Unit.objects.get(kind="test")
    assert unit.content["draw"] == {"bank": bank.code, "count": 1, "topics": []}
    assert officer.get(f"{V}units/{unit.pk}/questions/").status_code == 404
    # Closed again: what draws from it can still be saved.
    CourseBank.objects.all().delete()
    seen = officer.get(f"{V}units/{unit.pk}/").context["form"].initial["seen"]
    assert officer.post(f"{V}units/{unit.pk}/", unit_data(**draw, seen=seen)).status_code == 302


# -- Files -----------------------------------------------------------------------------------------
def test_a_fit_package_becomes_a_unit(officer, version, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    response = officer.post(
        "/studio/KD90/uploads/", {"file": upload("บทเรียน.zip", package("scorm-1.2").getvalue())}, follow=True
    )
    check = UploadCheck.objects.get()
    assert response.redirect_chain[-1][0] == f"/studio/checks/{check.pk}/"
    assert check.package is not None, check.report
    response = new_unit(officer, version, "package", upload=str(check.pk))
    assert response.status_code == 302
    assert Unit.objects.get(kind="package").package == check.package
    assert officer.get(f"/studio/checks/{check.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("x.zip", package("scorm-1.2").getvalue(), "package"),
        ("x.mp4", mp4(), "video"),
        ("x.pdf", pdf(), "pdf"),
    ],
)
def test_reviewers_read_the_report_of_a_file_in_their_version(
    client, officer, version, agency_officer, reviewer, settings, tmp_path, name, data, kind
):
    settings.MEDIA_ROOT = tmp_path
    officer.post("/studio/KD90/uploads/", {"file": upload(name, data)})
    check = UploadCheck.objects.get()
    new_unit(officer, version, kind, upload=str(check.pk))
    submit_to(version, reviewer, actor=agency_officer)
    sign_in(client, reviewer)
    path = f"/studio/checks/{check.pk}/"
    assert path in client.get(f"{V}units/{Unit.objects.get(kind=kind).pk}/").text
    assert client.get(path).status_code == 200
    sign_in(client, make_person(roles=[(Role.REVIEWER, None)]))
    assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    ("name", "data", "kind"), [("ฟิล์ม.mp4", mp4(), "video"), ("เอกสาร.pdf", pdf(), "pdf")]
)
def test_a_film_and_a_document_are_played_from_what_was_uploaded(
    officer, version, settings, tmp_path, name, data, kind
):
    settings.MEDIA_ROOT = tmp_path
    officer.post("/studio/KD90/uploads/", {"file": upload(name, data)})
    check = UploadCheck.objects.get()
    assert f"/new/{kind}/?upload={check.pk}" in officer.get(f"/studio/checks/{check.pk}/").text
    captions = {"captions": "WEBVTT\n\n00:00.000 --> 00:05.000\nสวัสดี"} if kind == "video" else {}
    assert new_unit(officer, version, kind, upload=str(check.pk), **captions).status_code == 302
    unit = Unit.objects.get(kind=kind)
    assert unit.package == check.package
    preview = officer.post(f"{V}preview/")["Location"]
    page = officer.get(f"{preview}{unit.pk}/")
    address = urlsplit(page.context["media"].address)
    assert page.context["media"].address in page.text
    served = serving.answer(address.netloc, "GET", unquote(address.path), {})
    assert served.stream is not None
    with served.stream:
        served.stream.seek(served.start)
        assert served.stream.read() == data
    # Saved again without choosing a file, it keeps the one it has.
    seen = officer.get(f"{V}units/{unit.pk}/").context["form"].initial["seen"]
    assert (
        officer.post(f"{V}units/{unit.pk}/", unit_data(seen=seen, upload="", **captions)).status_code == 302
    )
    assert Unit.objects.get(kind=kind).package == check.package
    assert check.package is not None
    # While a unit shows it, it cannot be thrown away.
    with pytest.raises(ProtectedError):
        packages.discard(check.package, actor=None, now=NOON)


def test_a_film_that_an_agency_brings_takes_the_place_of_one_that_came_with_the_platform(
    officer, version, agency_officer, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    unit = add_unit(version, "video", agency_officer, file="units/x.mp4")
    officer.post("/studio/KD90/uploads/", {"file": upload("x.mp4", mp4())})
    check = UploadCheck.objects.get()
    data = unit_data(upload=str(check.pk), seen=unit_seen(unit), captions="")
    assert officer.post(f"{V}units/{unit.pk}/", data).status_code == 302
    unit.refresh_from_db()
    assert (unit.package, unit.file.name) == (check.package, "")


@pytest.mark.parametrize("captions", ["สวัสดี", "WEBVTT"])
def test_captions_that_are_none_are_refused(officer, version, agency_officer, captions):
    unit = add_unit(version, "video", agency_officer, file="units/x.mp4")
    data = unit_data(captions=captions, seen=unit_seen(unit))
    response = officer.post(f"{V}units/{unit.pk}/", data)
    assert response.status_code == 422
    assert "WebVTT" in response.text


def test_a_broken_file_is_reported_and_the_report_stays(officer, version, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    response = officer.post(
        "/studio/KD90/uploads/", {"file": upload("x.mp4", b"not a film" * 50)}, follow=True
    )
    check = UploadCheck.objects.get()
    assert check.package is None
    first = check.report["errors"][0]
    assert first["code"] in response.text
    assert "มีข้อผิดพลาด" in response.text
    assert "x.mp4" in officer.get("/studio/KD90/uploads/").text
    assert new_unit(officer, version, "package", upload=str(check.pk)).status_code == 422


# -- Review ----------------------------------------------------------------------------------------
def test_the_way_of_a_version_through_its_pages(
    client, officer, version, department, agency_officer, reviewer
):
    stages = {
        "stages-TOTAL_FORMS": "1",
        "stages-INITIAL_FORMS": "0",
        "stages-0-name": "ตรวจเนื้อหา",
        "stages-0-quorum": "any",
        "stages-0-reviewers": reviewer.email.upper(),
    }
    page = officer.get(f"/studio/agencies/{department.pk}/")
    path = f"/studio/agencies/{department.pk}/"
    assert officer.post(path, stages | {"seen": page.context["seen"]}).status_code == 302
    assert AgencyStage.objects.get().reviewers.get() == reviewer
    # Somebody else saved in the meantime.
    assert officer.post(path, stages | {"seen": page.context["seen"]}).status_code == 422

    assert officer.post(f"{V}steps/submit/", {"note": "โปรดดูบทที่ 1"}).status_code == 302
    assert officer.get(f"{V}units/{Unit.objects.get().pk}/").context.get("form") is None
    assert officer.post(f"{V}units/{Unit.objects.get().pk}/", {}).status_code == 409
    assert officer.post(f"{V}verdict/", {"verdict": "approve"}).status_code == 403

    sign_in(client, reviewer)
    assert "โปรดดูบทที่ 1" in client.get(V).text
    unit = Unit.objects.get()
    response = client.post(f"{V}comments/", {"text": "แก้คำผิด", "unit": str(unit.pk), "back": "unit"})
    comment = Comment.objects.get()
    assert response["Location"] == f"{V}units/{unit.pk}/#comment-{comment.pk}"
    version.refresh_from_db()
    assert version.status == VersionStatus.IN_REVIEW
    assert client.post(f"{V}verdict/", {"verdict": "changes"}).status_code == 302

    sign_in(client, agency_officer)
    assert "แก้คำผิด" in client.get(f"{V}units/{unit.pk}/").text
    client.post(f"{V}comments/{comment.pk}/resolve/")
    assert client.post(f"{V}steps/submit/").status_code == 302
    sign_in(client, reviewer)
    assert client.post(f"{V}verdict/", {"verdict": "approve"}).status_code == 302
    sign_in(client, agency_officer)
    assert client.post(f"{V}steps/publish/").status_code == 302
    version.refresh_from_db()
    assert version.status == VersionStatus.PUBLISHED
    assert client.get("/courses/KD90/").status_code == 200
    assert "เผยแพร่" in client.get(f"{V}history/").text
    assert client.post("/studio/KD90/start/").status_code == 302
    assert client.get("/studio/KD90/2/changes/1/").context["is_same"]


def test_asking_for_changes_without_a_word_is_refused(client, version, named):
    response = sign_in(client, named).post(f"{V}verdict/", {"verdict": "changes"})
    assert response.status_code == 422
    assert "ระบุสิ่งที่ต้องแก้ไข" in response.text
    assert not Assignment.objects.get().verdict


def test_reviewers_that_nobody_is_are_named(officer, department):
    path = f"/studio/agencies/{department.pk}/"
    stages = {
        "stages-TOTAL_FORMS": "1",
        "stages-INITIAL_FORMS": "0",
        "stages-0-name": "ตรวจเนื้อหา",
        "stages-0-reviewers": "nobody@example.org",
        "seen": officer.get(path).context["seen"],
    }
    response = officer.post(path, stages)
    assert response.status_code == 422
    assert "nobody@example.org" in response.text
    # An outsider is no reviewer, and is not told apart from nobody.
    outsider = make_person()
    assert officer.post(path, stages | {"stages-0-reviewers": outsider.email}).status_code == 422


def test_without_reviewers_the_refusal_says_what_to_do(officer, version):
    assert "กำหนดผู้ตรวจ" in officer.get(f"{V}steps/submit/").text
    response = officer.post(f"{V}steps/submit/")
    assert response.status_code == 422
    assert "กำหนดผู้ตรวจ" in response.text


def test_a_date_of_publication(officer, version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    assert officer.post(f"{V}schedule/", {"day": "1/1/2590", "clock": "08:30"}).status_code == 409
    approve(version, reviewer)
    assert officer.post(f"{V}schedule/", {"day": "1/1/2560", "clock": "08:30"}).status_code == 422
    assert officer.post(f"{V}schedule/", {"day": "31/2/2590", "clock": "08:30"}).status_code == 422
    assert officer.post(f"{V}schedule/", {"day": "1/1/2590", "clock": "08:30"}).status_code == 302
    assert "1 มกราคม 2590" in officer.get(V).text
    assert officer.post(f"{V}schedule/", {"remove": "1"}).status_code == 302
    assert not Schedule.objects.exists()


def test_a_reviewer_is_replaced_by_the_officer(officer, version, named, department):
    path = f"{V}reviewers/{Assignment.objects.get().pk}/"
    second = make_person(agency=department)
    assert officer.post(path, {"reviewers": "x@example.org"}).status_code == 422
    assert officer.post(path, {"reviewers": second.email}).status_code == 302
    assert Assignment.objects.get().person == second


def test_a_preview_opens_as_a_learner_sees_it_and_begins_anew(client, version, named):
    response = sign_in(client, named).post(f"{V}preview/")
    registration = Registration.objects.get()
    assert (registration.purpose, registration.person) == (Purpose.PREVIEW, named)
    assert response["Location"] == f"/learn/{registration.pk}/"
    text = client.get(response["Location"]).text
    assert "อ่านก่อนเริ่ม" in text
    # Back to the comments with one click.
    assert f'href="{V}"' in text or f'href="{V}#comments"' in text
    assert client.post(f"{V}preview/reset/").status_code == 302


def test_a_reviewer_who_was_replaced_previews_no_more(client, version, named, department, agency_officer):
    where = sign_in(client, named).post(f"{V}preview/")["Location"]
    assert client.get(where).status_code == 200
    reviews.replace_reviewer(Assignment.objects.get(), make_person(agency=department), actor=agency_officer)
    assert client.get(where).status_code == 403


def test_what_changed_between_two_versions_is_shown(officer, version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    approve(version, reviewer)
    publishing.publish(version, actor=agency_officer, now=NOON)
    officer.post("/studio/KD90/start/")
    second = CourseVersion.objects.get(number=2)
    unit = Unit.objects.get(topic__version=second)
    outline.change_unit(unit, {"body": "# อ่าน\n\nเนื้อหาใหม่\n"}, seen=unit_seen(unit), actor=agency_officer)
    add_unit(second, "link", agency_officer, "ลิงก์ใหม่", address="https://example.org/")
    text = officer.get("/studio/KD90/2/changes/1/").text
    assert "เนื้อหาใหม่" in text
    assert "ลิงก์ใหม่" in text
    assert officer.get("/studio/KD90/2/changes/9/").status_code == 404


def test_comments_are_text_and_nothing_else(officer, version):
    officer.post(f"{V}comments/", {"text": "<script>alert(1)</script>"})
    assert "<script>alert" not in officer.get(V).text
    assert officer.post(f"{V}comments/", {"text": " "}).status_code == 422


def test_pages_ask_the_database_a_constant_number_of_times(
    officer, version, agency_officer, department, django_assert_max_num_queries
):
    for number in range(12):
        add_unit(version, "text", agency_officer, f"บท {number}", body="x")
        comments.say(version, "ดี", actor=agency_officer)
    with django_assert_max_num_queries(40):
        officer.get(V)
    for number in range(12):
        make_version(department, agency_officer, f"KD{200 + number}")
    with django_assert_max_num_queries(25):
        officer.get("/studio/")


def test_publication_is_due_within_the_task(version, agency_officer, reviewer):
    from courses.studio import tasks

    submit_to(version, reviewer, actor=agency_officer)
    approve(version, reviewer)
    publishing.schedule(
        version, timezone.now() + timedelta(hours=1), actor=agency_officer, now=timezone.now()
    )
    assert tasks.publish_due() == 0
    Schedule.objects.update(at=timezone.now() - timedelta(minutes=1))
    assert tasks.publish_due() == 1
    assert tasks.send_letters() >= 2
    assert reviews.open_review(version) is None
    name_reviewers(version.course.owner, (Quorum.ALL, [reviewer]), actor=agency_officer)
