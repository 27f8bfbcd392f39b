"""Pages on which tests get their questions."""

from __future__ import annotations

import pytest

from courses.catalogue.models import Unit
from courses.studio.models import CourseBank
from courses.studio.services.writing import unit_seen
from exams.bank.models import ItemStatus
from learning.spreadsheets import write_table
from tests.courses.studio.factories import (
    QUESTION,
    V,
    add_unit,
    new_unit,
    sign_in,
    unit_data,
    upload,
)
from tests.exams.bank.factories import make_bank
from tests.exams.bank.factories import make_version as make_item

pytestmark = pytest.mark.django_db


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


def test_banks_are_listed_by_their_code(client, exam_officer):
    for code in ("b", "a"):
        make_item(make_bank(code), status=ItemStatus.APPROVED)
    for address in ("/studio/banks/", "/bank/"):
        text = sign_in(client, exam_officer).get(address).text
        assert text.index("คลัง a") < text.index("คลัง b")


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
