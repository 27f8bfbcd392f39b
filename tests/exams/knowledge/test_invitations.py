"""The staff list of an agency's round: import, personal links, letters, progress."""

from __future__ import annotations

import io
from datetime import timedelta

import openpyxl
import pytest
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from exams.knowledge.errors import HasPassword, HasStarted, LinkExpired, LinkInvalid, RemindedLately
from exams.knowledge.models import Invitation, Round
from exams.knowledge.services import identity, invitations
from exams.knowledge.services.invitations import (
    Progress,
    count_progress,
    link_token,
    open_link,
    with_progress,
)
from exams.knowledge.services.results import conclude
from exams.knowledge.tasks import send_letters
from learning.people.models import Agency, AuditEntry, Person, Role, RoleGrant
from learning.spreadsheets import write_table
from tests.conftest import make_national_id, make_person
from tests.exams.knowledge.factories import invite, make_agency_round, make_round, sit, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_(department, agency_officer, exam_officer) -> Round:
    return make_agency_round(department, agency_officer, exam_officer, max_attempts=1)


@pytest.fixture
def staff(department) -> list[Person]:
    return [make_person(first_name=f"บุคลากร{n}", agency=department) for n in range(3)]


def _upload(client, round_: Round, content: bytes, name: str = "list.csv"):
    path = reverse("knowledge:import-list", args=[round_.pk])
    return client.post(path, {"file": SimpleUploadedFile(name, content)})


def _csv(headings: list[str], *rows: list[str]) -> bytes:
    return write_table(headings, rows, "csv")


def _sealed(page: str) -> str:
    return page.split('name="sealed" value="')[1].split('"', maxsplit=1)[0]


# -- Import -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_list_is_checked_then_added(client, agency_officer, round_, staff, kind):
    client.force_login(agency_officer)
    rows = [[staff[0].national_id, ""], ["", staff[1].email.upper()]]
    content = write_table(["เลขประจำตัวประชาชน", "อีเมล"], rows, kind)
    page = _upload(client, round_, content, f"list.{kind}").content.decode()
    assert "เพิ่ม 2 คนนี้ในรายชื่อ" in page
    assert not Invitation.objects.exists()
    client.post(reverse("knowledge:add-to-list", args=[round_.pk]), {"sealed": _sealed(page)})
    assert set(round_.invitations.values_list("person", flat=True)) == {staff[0].pk, staff[1].pk}


def test_bad_rows_are_named_and_the_good_ones_kept(client, agency_officer, round_, staff, outsider):
    client.force_login(agency_officer)
    content = _csv(
        ["เลขประจำตัวประชาชน", "หมายเหตุ"],
        [staff[0].national_id, ""],
        ["1234567890123", "หลักตรวจสอบผิด"],
        [outsider.national_id, "คนของที่อื่น"],
        [make_national_id(9_000_000), "ไม่มีในระบบ"],
        [staff[0].national_id, "ซ้ำ"],
        ["", "ว่าง"],
    )
    page = _upload(client, round_, content).content.decode()
    assert "เลขประจำตัวประชาชนไม่ถูกต้อง" in page
    assert page.count("ไม่พบบุคลากรของหน่วยงาน") == 2
    assert "บุคคลเดียวกับแถวที่ 2" in page
    assert "แถวนี้ไม่ได้ระบุบุคคล" in page
    assert outsider.full_name not in page
    client.post(reverse("knowledge:add-to-list", args=[round_.pk]), {"sealed": _sealed(page)})
    assert round_.invitations.get().person == staff[0]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (_csv(["ชื่อ"], ["สมชาย"]), "list.csv", "รายชื่อต้องมีคอลัมน์"),
        (b"MZ\x90\x00" + b"\x00" * 300, "list.xlsx", "ไม่ได้เปิดไฟล์นี้|ไฟล์|list.xlsx"),
        (b"", "list.csv", ""),
    ],
)
def test_a_file_that_is_no_list_is_refused(client, agency_officer, round_, content, name, said):
    client.force_login(agency_officer)
    response = _upload(client, round_, content, name)
    assert response.status_code == 422
    assert any(part in response.content.decode() for part in said.split("|"))


def test_a_confirmation_of_another_round_or_officer_adds_nobody(
    client, agency_officer, exam_officer, round_, staff
):
    client.force_login(agency_officer)
    page = _upload(client, round_, _csv(["อีเมล"], [staff[0].email])).content.decode()
    path = reverse("knowledge:add-to-list", args=[round_.pk])
    client.force_login(exam_officer)
    assert client.post(path, {"sealed": _sealed(page)}).status_code == 400
    client.force_login(agency_officer)
    altered = client.post(path, {"sealed": _sealed(page) + "x"}, headers={"accept": "application/json"})
    assert (altered.status_code, altered.json()["error"]) == (400, "roster_check_expired")
    assert not Invitation.objects.exists()


def test_who_is_on_the_list_stays_with_their_link(agency_officer, round_, staff):
    before = invite(round_, staff[0], agency_officer)
    added = invitations.invite(round_, [p.pk for p in staff], actor=agency_officer, now=timezone.now())
    assert added == 2
    assert round_.invitations.get(person=staff[0]).nonce == before.nonce


def test_the_check_costs_the_same_queries_for_a_long_list(
    client, agency_officer, round_, department, django_assert_max_num_queries
):
    many = [make_person(agency=department) for _ in range(30)]
    client.force_login(agency_officer)
    content = _csv(["อีเมล"], *([person.email] for person in many))
    with django_assert_max_num_queries(10):
        assert "เพิ่ม 30 คนนี้" in _upload(client, round_, content).content.decode()


# -- Access -----------------------------------------------------------------------------------------
def test_the_list_is_its_agencys_and_the_exam_offices(
    client, round_, agency_officer, exam_officer, other_agency_officer, learner
):
    invitation = invite(round_, learner, agency_officer)
    names = ["watch", "import-list", "list-template", "links-file", "links-sheet"]
    names += ["progress-file", "send-links", "summary"]
    paths = [reverse(f"knowledge:{name}", args=[round_.pk]) for name in names]
    paths.append(reverse("knowledge:remove", args=[round_.pk, invitation.pk]))
    for path in paths:
        for person, status in (
            (agency_officer, 200),
            (exam_officer, 200),
            (other_agency_officer, 403),
            (learner, 403),
        ):
            client.force_login(person)
            assert client.get(path).status_code == status, path
        client.logout()
        assert client.get(path).status_code == 302, path


def test_posts_to_the_list_are_its_agencys_too(client, round_, other_agency_officer, learner):
    for name in ("add-to-list", "remind", "send-links", "import-list"):
        path = reverse(f"knowledge:{name}", args=[round_.pk])
        for person in (other_agency_officer, learner):
            client.force_login(person)
            assert client.post(path).status_code == 403
        client.logout()
        assert client.post(path).status_code == 302


def test_a_round_for_everybody_has_no_list(client, exam_officer):
    client.force_login(exam_officer)
    assert client.get(reverse("knowledge:watch", args=[make_round().pk])).status_code == 403


def test_an_invitation_of_another_round_is_not_removed_through_this_one(
    client, agency_officer, exam_officer, department, round_, staff
):
    other = make_round(round_.test)
    foreign = invite(other, staff[0], exam_officer)
    client.force_login(agency_officer)
    path = reverse("knowledge:remove", args=[round_.pk, foreign.pk])
    assert client.post(path).status_code == 404
    assert Invitation.objects.filter(pk=foreign.pk).exists()


# -- Links ------------------------------------------------------------------------------------------
def test_a_link_leads_its_person_to_the_round(client, agency_officer, round_, staff):
    invitation = invite(round_, staff[0], agency_officer)
    client.force_login(staff[0])
    response = client.get(reverse("knowledge:invitation", args=[link_token(invitation)]))
    assert response.url == f"/tests/{round_.pk}/"
    invitation.refresh_from_db()
    assert invitation.opened_at is not None


def test_a_link_of_another_person_is_refused_by_name_of_nobody(client, agency_officer, round_, staff):
    invitation = invite(round_, staff[0], agency_officer)
    client.force_login(staff[1])
    response = client.get(reverse("knowledge:invitation", args=[link_token(invitation)]))
    assert response.status_code == 403
    assert "เป็นของผู้อื่น" in response.content.decode()
    assert staff[0].full_name not in response.content.decode()


def test_a_forged_link_is_refused(client, agency_officer, round_, staff):
    invitation = invite(round_, staff[0], agency_officer)
    for token in (invitation.nonce, f"{invitation.nonce}.AAAA", link_token(invitation)[:-1], "x"):
        response = client.get(reverse("knowledge:invitation", args=[token]))
        assert response.status_code == 404
        assert "ลิงก์ส่วนบุคคลนี้ใช้ไม่ได้" in response.content.decode()


def test_a_link_expires_with_its_round(agency_officer, round_, staff):
    invitation = invite(round_, staff[0], agency_officer)
    with pytest.raises(LinkExpired):
        open_link(link_token(invitation), now=round_.closes_at)


def test_a_withdrawn_link_is_dead_and_a_new_one_differs(agency_officer, round_, staff):
    invitation = invite(round_, staff[0], agency_officer)
    old = link_token(invitation)
    invitations.withdraw(invitation, actor=agency_officer)
    with pytest.raises(LinkInvalid):
        open_link(old, now=timezone.now())
    assert link_token(invite(round_, staff[0], agency_officer)) != old


def test_who_has_started_is_not_withdrawn(agency_officer, round_, staff):
    invitation = invite(round_, staff[0], agency_officer)
    start(round_, staff[0])
    with pytest.raises(HasStarted):
        invitations.withdraw(invitation, actor=agency_officer)


def test_a_person_with_a_password_signs_in_first(client, agency_officer, round_, staff):
    invitation = invite(round_, staff[0], agency_officer)
    path = reverse("knowledge:invitation", args=[link_token(invitation)])
    page = client.get(path).content.decode()
    assert "เข้าสู่ระบบ" in page
    assert staff[0].full_name not in page
    assert "next=" in page
    values = {"number": staff[0].national_id, "birth_year": "2533", "password": "newpass-123"}
    client.post(path, values | {"password_again": "newpass-123"})
    staff[0].refresh_from_db()
    assert staff[0].check_password("correct-horse-1")


@pytest.fixture
def imported(department) -> Person:
    person = make_person(first_name="ผู้นำเข้า", agency=department)
    person.set_unusable_password()
    person.save()
    return person


def _proof(person: Person, **changes: str) -> dict[str, str]:
    typed = {
        "number": person.national_id,
        "birth_year": str(person.birth_year + 543),
        "password": "reed-basket-9",
        "password_again": "reed-basket-9",
    }
    return typed | changes


def test_an_imported_person_proves_identity_sets_a_password_and_is_told(
    client, agency_officer, round_, imported, django_capture_on_commit_callbacks
):
    invitation = invite(round_, imported, agency_officer)
    path = reverse("knowledge:invitation", args=[link_token(invitation)])
    assert imported.full_name not in client.get(path).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(path, _proof(imported))
    assert response.url == f"/tests/{round_.pk}/"
    imported.refresh_from_db()
    assert imported.check_password("reed-basket-9")
    assert client.get(response.url).status_code == 200
    assert mail.outbox[0].to == [imported.email]
    assert "มีการตั้งรหัสผ่าน" in mail.outbox[0].subject
    assert AuditEntry.objects.filter(action="knowledge.account_activated").count() == 1


@pytest.mark.parametrize("wrong", [{"number": make_national_id(77)}, {"birth_year": "2500"}])
def test_a_forwarded_link_without_the_persons_facts_opens_nothing(
    client, agency_officer, round_, imported, wrong
):
    invitation = invite(round_, imported, agency_officer)
    path = reverse("knowledge:invitation", args=[link_token(invitation)])
    response = client.post(path, _proof(imported, **wrong))
    assert response.status_code == 422
    assert "ไม่ตรงกับเจ้าของลิงก์นี้" in response.content.decode()
    imported.refresh_from_db()
    assert not imported.has_usable_password()


def test_guessing_is_stopped_after_five_tries_even_for_the_right_answer(
    client, agency_officer, round_, imported
):
    cache.clear()
    invitation = invite(round_, imported, agency_officer)
    path = reverse("knowledge:invitation", args=[link_token(invitation)])
    for _ in range(identity.MAX_TRIES):
        client.post(path, _proof(imported, birth_year="2500"))
    response = client.post(path, _proof(imported))
    assert response.status_code == 429
    assert "หลายครั้งเกินไป" in response.content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"number": "1234567890123"}, "ตัวเลข 13 หลัก"),
        ({"birth_year": "35"}, "ปีเกิดเป็น พ.ศ."),
        ({"password_again": "other-one-9"}, "ไม่ตรงกัน"),
        ({"password": "12345678", "password_again": "12345678"}, "รหัสผ่าน"),
    ],
)
def test_a_slip_of_the_hand_costs_no_try(client, agency_officer, round_, imported, wrong, said):
    cache.clear()
    invitation = invite(round_, imported, agency_officer)
    path = reverse("knowledge:invitation", args=[link_token(invitation)])
    for _ in range(identity.MAX_TRIES + 1):
        response = client.post(path, _proof(imported, **wrong))
    assert response.status_code == 422
    assert said in response.content.decode()


# -- Letters ----------------------------------------------------------------------------------------
def test_letters_go_once_to_everybody_with_an_address(agency_officer, round_, staff):
    staff[2].email = ""
    staff[2].save()
    invitations.invite(round_, [person.pk for person in staff], actor=agency_officer, now=timezone.now())
    queued: list[list[int]] = []
    due = invitations.letters_due(round_)
    assert (due.with_email, due.without_email) == (2, 1)
    assert invitations.send_links(round_, actor=agency_officer, queue=queued.append) == 2
    send_letters([invitation.pk for invitation in round_.invitations.all()])
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted(p.email for p in staff[:2])
    assert invitations.send_links(round_, actor=agency_officer, queue=queued.append) == 0


def test_a_letter_holds_name_window_and_personal_link_in_thai(agency_officer, round_, staff):
    invitation = invite(round_, staff[0], agency_officer)
    send_letters([invitation.pk])
    letter = mail.outbox[0]
    assert letter.subject.startswith("ลิงก์ส่วนบุคคลสำหรับแบบทดสอบ")
    assert f"เรียน {staff[0].full_name}" in letter.body
    assert invitations.link_url(invitation) in letter.body
    assert "60 นาที" in letter.body


def test_sending_is_asked_for_and_done_in_the_background(
    client, agency_officer, round_, staff, django_capture_on_commit_callbacks
):
    invite(round_, staff[0], agency_officer)
    client.force_login(agency_officer)
    path = reverse("knowledge:send-links", args=[round_.pk])
    assert "1 คน" in client.get(path).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(path)
    assert len(mail.outbox) == 1
    assert round_.invitations.get().sent_at is not None


def test_reminders_go_to_those_not_done_and_not_twice_within_the_hour(agency_officer, round_, staff):
    now = timezone.now()
    invitations.invite(round_, [person.pk for person in staff], actor=agency_officer, now=now)
    conclude(sit(round_, staff[0], right=10), now=now)
    queue: list[int] = []
    assert invitations.remind(round_, actor=agency_officer, queue=queue.extend, now=now) == 2
    with pytest.raises(RemindedLately):
        invitations.remind(round_, actor=agency_officer, queue=queue.extend, now=now)
    later = now + timedelta(hours=2)
    assert invitations.remind(round_, actor=agency_officer, queue=queue.extend, now=later) == 2


def test_links_for_staff_without_e_mail_are_a_file_and_slips(client, agency_officer, round_, staff):
    invitation = invite(round_, staff[0], agency_officer)
    client.force_login(agency_officer)
    response = client.get(reverse("knowledge:links-file", args=[round_.pk]))
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][-1] == invitations.link_url(invitation)
    page = client.get(reverse("knowledge:links-sheet", args=[round_.pk])).content.decode()
    assert invitations.link_url(invitation) in page
    assert AuditEntry.objects.filter(action="knowledge.links_listed", actor=agency_officer).count() == 2


# -- Watching ---------------------------------------------------------------------------------------
@pytest.fixture
def watched(agency_officer: Person, round_: Round, department: Agency) -> Round:
    people = [make_person(first_name=name, agency=department) for name in ("ยัง", "กำลัง", "ตก", "ผ่าน")]
    invitations.invite(round_, [person.pk for person in people], actor=agency_officer, now=timezone.now())
    start(round_, people[1])
    conclude(sit(round_, people[2], right=1), now=timezone.now())
    conclude(sit(round_, people[3], right=10), now=timezone.now())
    return round_


def test_progress_of_everybody_is_known(watched):
    found = {row.person.first_name: row.progress for row in with_progress(watched)}
    assert found == {
        "ยัง": Progress.NOT_STARTED,
        "กำลัง": Progress.SITTING,
        "ตก": Progress.NOT_PASSED,
        "ผ่าน": Progress.PASSED,
    }
    assert count_progress(watched) == {
        "not_started": 1,
        "sitting": 1,
        "not_passed": 1,
        "passed": 1,
        "all": 4,
    }


def test_the_watch_page_is_filtered_searched_and_renewed_in_part(client, agency_officer, watched):
    client.force_login(agency_officer)
    path = reverse("knowledge:watch", args=[watched.pk])
    whole = client.get(path).content.decode()
    assert "<html" in whole
    assert "นายผ่าน" in whole
    part = client.get(path, {"progress": "passed"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "นายผ่าน" in part
    assert "นายตก" not in part
    assert "ไม่พบบุคคลในรายชื่อ" in client.get(path, {"q": "ไม่มี"}).content.decode()


def test_the_watch_page_costs_the_same_queries_whatever_the_list(
    client, agency_officer, watched, django_assert_max_num_queries
):
    client.force_login(agency_officer)
    with django_assert_max_num_queries(8):
        client.get(reverse("knowledge:watch", args=[watched.pk]))


def test_the_sittings_report_and_file_have_no_marks(client, agency_officer, watched):
    client.force_login(agency_officer)
    page = client.get(reverse("knowledge:summary", args=[watched.pk])).content.decode()
    assert "33.33" in page
    response = client.get(reverse("knowledge:progress-file", args=[watched.pk]))
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 5
    assert "คะแนน" not in str(rows[0])


def test_taking_off_asks_first(client, agency_officer, round_, staff):
    invitation = invite(round_, staff[0], agency_officer)
    client.force_login(agency_officer)
    path = reverse("knowledge:remove", args=[round_.pk, invitation.pk])
    assert staff[0].full_name in client.get(path).content.decode()
    assert round_.invitations.count() == 1
    client.post(path)
    assert round_.invitations.count() == 0


def test_renewing_can_be_stopped(client, agency_officer, watched):
    client.force_login(agency_officer)
    path = reverse("knowledge:watch", args=[watched.pk])
    assert 'hx-trigger="every 10s"' in client.get(path).content.decode()
    assert "hx-trigger" not in client.get(path, {"pause": 1}).content.decode()


def test_letters_are_queued_in_portions(
    agency_officer, round_, department, django_capture_on_commit_callbacks
):
    persons = [make_person(agency=department).pk for _ in range(60)]
    invitations.invite(round_, persons, actor=agency_officer, now=timezone.now())
    queued: list[list[int]] = []
    with django_capture_on_commit_callbacks(execute=True):
        assert invitations.send_links(round_, actor=agency_officer, queue=queued.append) == 60
    assert [len(portion) for portion in queued] == [50, 10]


@pytest.mark.parametrize("change", ["role", "closed"])
def test_a_link_gives_no_password_to_staff_or_a_closed_account(
    client, agency_officer, round_, imported, change
):
    """Else the officer who imported somebody could become what an administrator made of them since."""
    invitation = invite(round_, imported, agency_officer)
    if change == "role":
        RoleGrant.objects.create(person=imported, role=Role.ADMINISTRATOR)
    else:
        Person.objects.filter(pk=imported.pk).update(is_active=False)
    path = reverse("knowledge:invitation", args=[link_token(invitation)])
    assert "เข้าสู่ระบบ" in client.post(path, _proof(imported)).content.decode()
    imported.refresh_from_db()
    assert not imported.has_usable_password()


def test_a_link_never_replaces_a_password(agency_officer, round_, staff):
    invitation = invite(round_, staff[0], agency_officer)
    with pytest.raises(HasPassword):
        identity.set_first_password(invitation, "reed-basket-9", now=timezone.now())
