"""Staff enrolled from a list: what is read, what is refused, who may."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrollment.errors import NotEligible, RoundFull
from enrollment.models import CourseRound, Enrolment
from enrollment.services import completion, enrolments, rosters, rounds
from learning.people.models import AuditEntry, PersonnelGroup
from learning.spreadsheets import BadHeadings, Format, NotASpreadsheet, write_table
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON
from tests.enrollment.factories import DAY, enrol, learning, make_round
from tests.exams.knowledge.pages import statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(department):
    return [make_person(agency=department) for _number in range(3)]


@pytest.fixture
def round_(staff) -> CourseRound:
    return make_round(registration_opens_at=timezone.now() - DAY)


def listed(*emails: str, kind: Format = "csv") -> SimpleUploadedFile:
    content = write_table(["อีเมล"], [[email] for email in emails], kind)
    return SimpleUploadedFile(f"รายชื่อ.{kind}", content)


def check(round_, officer, *emails: str):
    content = write_table(["อีเมล"], [[email] for email in emails], "csv")
    return rosters.check_file(round_, io.BytesIO(content), "รายชื่อ.csv", actor=officer)


# -- The check --------------------------------------------------------------------------------------
def test_every_row_is_judged_and_nothing_changes(round_, staff, agency_officer, outsider):
    enrol(round_, staff[1], now=timezone.now())
    found = check(
        round_, agency_officer, staff[0].email, staff[1].email, outsider.email, "", staff[0].email, "x@y"
    )
    assert found.persons == [staff[0].pk]
    assert [error.row for error in found.errors][:2] == [3, 4]
    assert any("อยู่ในรุ่นนี้แล้ว" in str(error.message) for error in found.errors)
    assert Enrolment.objects.count() == 1


def test_who_completed_the_course_before_is_named_and_may_learn_it_again(
    client, round_, staff, agency_officer, administrator
):
    now = timezone.now()
    first = make_round(round_.course, name="2568/1", registration_opens_at=now - DAY)
    completion.grant(enrol(first, staff[1], now=now), "เทียบโอน", actor=administrator, now=now)
    client.force_login(agency_officer)
    sent = {"file": listed(staff[0].email, staff[1].email)}
    page = client.post(reverse("enrollment:upload-list", args=[round_.pk]), sent)
    assert [(each.row, each.completed.person) for each in page.context["check"].again] == [(3, staff[1])]
    told = page.text.partition("เคยเรียนจบรายวิชานี้มาแล้ว")[2]
    assert staff[1].full_name in told
    assert "2568/1" in told
    sealed = {"sealed": page.context["sealed"]}
    client.post(reverse("enrollment:apply-list", args=[round_.pk]), sealed)
    assert round_.enrolments.count() == 2


def test_the_check_tells_who_will_have_to_wait_for_a_seat(client, staff, agency_officer):
    now = timezone.now()
    round_ = make_round(capacity=2, registration_opens_at=now - DAY)
    emails = [person.email for person in staff]
    client.force_login(agency_officer)
    address = reverse("enrollment:upload-list", args=[round_.pk])
    page = client.post(address, {"file": listed(*emails)})
    assert page.context["check"].without_seat == 1
    assert "ในจำนวนนี้จะอยู่ในรายชื่อสำรอง" in page.text
    assert 'name="sealed"' in page.text
    CourseRound.objects.filter(pk=round_.pk).update(has_waiting_list=False)
    page = client.post(address, {"file": listed(*emails)}).text
    assert "เหลือ 2 ที่นั่ง แต่รายชื่อมี 3 คน" in page
    assert 'name="sealed"' not in page
    assert 'name="sealed"' in client.post(address, {"file": listed(*emails[:2])}).text


def test_a_formula_without_a_result_is_named_in_its_row(round_, staff, agency_officer):
    book = openpyxl.Workbook()
    for row in (["อีเมล"], [staff[0].email], ['=A2&""']):
        book.worksheets[0].append(row)
    content = io.BytesIO()
    book.save(content)
    found = rosters.check_file(round_, content, "รายชื่อ.xlsx", actor=agency_officer)
    assert found.persons == [staff[0].pk]
    (error,) = found.errors
    assert (error.row, str(error.message).startswith("อีเมล: ช่องนี้เป็นสูตร")) == (3, True)


def test_each_unmet_condition_stands_in_its_row(staff, agency_officer):
    round_ = make_round(groups=[PersonnelGroup.CIVIL_SERVANT], registration_opens_at=timezone.now() - DAY)
    found = check(round_, agency_officer, staff[0].email)
    assert [(error.row, str(error.message)) for error in found.errors] == [
        (2, "รุ่นนี้เปิดเฉพาะ ข้าราชการพลเรือนสามัญ")
    ]


def test_the_national_id_is_read_in_any_spelling(round_, staff, agency_officer):
    number = staff[0].national_id
    spelled = f"{number[0]}-{number[1:5]}-{number[5:10]}-{number[10:12]}-{number[12]}"
    content = write_table(["เลขประจำตัวประชาชน"], [[spelled], ["123"]], "xlsx")
    found = rosters.check_file(round_, io.BytesIO(content), "a.xlsx", actor=agency_officer)
    assert found.persons == [staff[0].pk]
    assert [error.row for error in found.errors] == [3]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(300), NotASpreadsheet),
        ("ชื่อ\nสมชาย\n".encode(), BadHeadings),
        (b"PK\x03\x04broken", NotASpreadsheet),
    ],
)
def test_a_broken_list_is_refused(round_, agency_officer, content, error):
    with pytest.raises(error):
        rosters.check_file(round_, io.BytesIO(content), "a.xlsx", actor=agency_officer)


# -- Enrolling --------------------------------------------------------------------------------------
def test_a_list_takes_the_free_seats_and_then_waits(staff, agency_officer):
    round_ = make_round(capacity=2)
    keys = [person.pk for person in staff]
    entered = enrolments.enrol_many(round_, keys, actor=agency_officer, now=NOON)
    assert (entered.enrolled, entered.waiting, entered.left_out) == (2, 1, 0)
    states = Enrolment.objects.order_by("pk").values_list("state", "enrolled_by")
    assert list(states) == [(state, agency_officer.pk) for state in ("enrolled", "enrolled", "waiting")]


def test_seats_go_in_the_order_of_the_list(staff, agency_officer):
    for order in (staff, staff[::-1]):
        round_ = make_round(capacity=1)
        keys = [person.pk for person in order]
        enrolments.enrol_many(round_, keys, actor=agency_officer, now=NOON)
        assert round_.enrolments.get(state="enrolled").person_id == keys[0]
        assert [each.person_id for each in rounds.waiting(round_)] == keys[1:]


def test_without_a_waiting_list_all_or_none(staff, agency_officer):
    round_ = make_round(capacity=2, has_waiting_list=False)
    with pytest.raises(RoundFull, match="เหลือ 2 ที่นั่ง แต่รายชื่อมี 3 คน"):
        enrolments.enrol_many(round_, [person.pk for person in staff], actor=agency_officer, now=NOON)
    assert not Enrolment.objects.exists()


def test_who_came_in_meanwhile_is_left_out_and_who_withdrew_comes_back(staff, agency_officer):
    round_ = make_round()
    enrol(round_, staff[0])
    back = enrol(round_, staff[1])
    enrolments.withdraw(back, now=NOON)
    entered = enrolments.enrol_many(
        round_, [person.pk for person in staff], actor=agency_officer, now=NOON + DAY
    )
    assert (entered.enrolled, entered.left_out) == (2, 1)
    back.refresh_from_db()
    assert (back.state, learning(back).closes_at) == ("enrolled", None)


def test_the_officer_stands_for_the_approval_but_not_for_the_conditions(staff, agency_officer):
    asks = make_round(needs_approval=True)
    assert enrolments.enrol_many(asks, [staff[0].pk], actor=agency_officer, now=NOON).enrolled == 1
    narrow = make_round(groups=[PersonnelGroup.CIVIL_SERVANT])
    assert enrolments.enrol_many(narrow, [staff[1].pk], actor=agency_officer, now=NOON).left_out == 1
    with pytest.raises(NotEligible):
        enrol(narrow, staff[1])


def test_a_long_list_takes_as_many_statements_as_a_short_one(
    department, agency_officer, django_assert_num_queries
):
    people = [make_person(agency=department).pk for _number in range(40)]
    first, second = make_round(), make_round()
    with CaptureQueriesContext(connection) as short:
        enrolments.enrol_many(first, people[:2], actor=agency_officer, now=NOON)
    with django_assert_num_queries(len(short)):
        enrolments.enrol_many(second, people, actor=agency_officer, now=NOON)


# -- The pages --------------------------------------------------------------------------------------
def test_a_list_is_checked_and_then_enrolled(client, round_, staff, agency_officer, outsider):
    client.force_login(agency_officer)
    course = reverse("catalogue:course", args=[round_.course.code])
    address = reverse("enrollment:upload-list", args=[round_.pk])
    assert address in client.get(course).text
    page = client.post(address, {"file": listed(staff[0].email, outsider.email, kind="xlsx")})
    assert (page.status_code, page.context["check"].persons) == (200, [staff[0].pk])
    assert "ไม่พบบุคลากร" in page.text
    sealed = page.context["sealed"]
    done = client.post(reverse("enrollment:apply-list", args=[round_.pk]), {"sealed": sealed}, follow=True)
    assert "1 คน" in done.text
    assert Enrolment.objects.get().person == staff[0]
    assert AuditEntry.objects.get(action="enrollment.staff_enrolled").actor == agency_officer


def test_a_check_is_good_for_its_officer_and_its_round_alone(
    client, round_, staff, agency_officer, administrator
):
    sealed = rosters.seal(round_, agency_officer, rosters.ListCheck(persons=[staff[0].pk]))
    other = make_round(registration_opens_at=timezone.now() - DAY)
    client.force_login(agency_officer)
    for address, text in (
        (reverse("enrollment:apply-list", args=[other.pk]), sealed),
        (reverse("enrollment:apply-list", args=[round_.pk]), sealed + "x"),
        (reverse("enrollment:apply-list", args=[round_.pk]), ""),
    ):
        assert client.post(address, {"sealed": text}).status_code == 400
    client.force_login(administrator)
    assert (
        client.post(reverse("enrollment:apply-list", args=[round_.pk]), {"sealed": sealed}).status_code == 400
    )
    assert not Enrolment.objects.exists()


def test_a_file_that_is_no_list_is_refused_in_words(client, round_, agency_officer):
    client.force_login(agency_officer)
    address = reverse("enrollment:upload-list", args=[round_.pk])
    page = client.post(address, {"file": SimpleUploadedFile("a.xlsx", b"MZ\x90\x00 program")})
    assert page.status_code == 422
    assert client.post(address, {"file": ""}).status_code == 422


def test_lists_are_for_officers(client, round_, agency_officer, administrator, learner, exam_officer):
    for address in (
        reverse("enrollment:upload-list", args=[round_.pk]),
        reverse("enrollment:list-template"),
    ):
        who = (agency_officer, administrator, learner, exam_officer, None)
        assert statuses(client, address, *who) == [200, 200, 403, 403, 302]
