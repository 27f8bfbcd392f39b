"""Lists of persons: checked, imported, undone, exported."""

import csv
import io
import re
import threading

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from learning.people.imports import batches
from learning.people.imports.files import TooManyToExport, export_persons
from learning.people.imports.resource import HEADINGS
from learning.people.models import (
    AuditEntry,
    BatchStatus,
    ImportBatch,
    ImportedRow,
    Person,
    Role,
    RoleGrant,
    RowState,
)
from learning.people.reference_data import load_reference_data
from learning.spreadsheets import (
    BadHeadings,
    EmptyTable,
    NotASpreadsheet,
    TooManyRows,
    read_table,
    write_table,
)
from tests.conftest import make_national_id, make_person

pytestmark = pytest.mark.django_db

BACKEND = "learning.people.auth.NationalIdOrEmailBackend"


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    load_reference_data()


@pytest.fixture
def officer():
    from learning.people.models import Agency

    return make_person(roles=[(Role.AGENCY_OFFICER, Agency.objects.get(code="0102"))])


def row(serial, **changes):
    return {
        "national_id": make_national_id(700_000 + serial),
        "title": "นาง",
        "first_name": "นำเข้า",
        "last_name": "ตามแฟ้ม",
        "birth_year": "2530",
        "sex": "หญิง",
        "education_level": "ปริญญาตรี",
        "email": f"import{serial}@example.org",
        "group": "ข้าราชการพลเรือนสามัญ",
        "agency": "0102",
        "division_name": "",
        "service_start": "1/10/2555",
        "personnel_kind": "-",
        "position_level": "K2",
        "position": "นักทรัพยากรบุคคล",
        "level_text": "",
        "occupation": "",
        "organisation": "",
    } | changes


def file_of(*rows, kind="xlsx"):
    lines = [[line[name] for name in HEADINGS] for line in rows]
    return io.BytesIO(write_table(list(HEADINGS.values()), lines, kind))


def checked(officer, *rows):
    batch = batches.upload_batch(officer, file_of(*rows), "รายชื่อ.xlsx")
    batches.check_batch(batch.pk)
    batch.refresh_from_db()
    return batch


def imported(officer, *rows):
    batch = checked(officer, *rows)
    batches.accept_batch(officer, batch)
    batches.import_batch(batch.pk)
    batch.refresh_from_db()
    return batch


def undone(officer, batch):
    batches.undo_batch(officer, batch)
    batches.revert_batch(batch.pk)
    batch.refresh_from_db()
    return batches.counts(batch)


def faults(batch):
    return [
        (found.number, error["column"], error["message"])
        for found in batch.rows.filter(state=RowState.FAULTY)
        for error in found.errors
    ]


def test_a_list_is_imported_after_a_check(administrator):
    batch = checked(administrator, row(1), row(2))
    assert batch.status == BatchStatus.CHECKED
    assert batches.counts(batch) == {RowState.TO_CREATE: 2}
    assert not Person.objects.filter(last_name="ตามแฟ้ม").exists()
    batches.accept_batch(administrator, batch)
    batches.import_batch(batch.pk)
    person = Person.objects.by_national_id(row(1)["national_id"]).get()
    assert (person.full_name, person.birth_year, person.sex) == ("นางนำเข้า ตามแฟ้ม", 1987, "female")
    assert person.agency is not None
    assert (person.agency.code, person.position_type_id, person.position_level_id) == ("0102", "K", "K2")
    assert not person.has_usable_password()
    entry = AuditEntry.objects.get(action="people.batch_imported")
    assert entry.data == {"created": 2}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "tis-620"])
def test_csv_is_imported_in_every_encoding_that_offices_use(administrator, encoding):
    text = file_of(row(1), kind="csv").read().decode("utf-8-sig")
    batch = batches.upload_batch(administrator, io.BytesIO(text.encode(encoding)), "list.csv")
    batches.check_batch(batch.pk)
    assert batches.counts(batch) == {RowState.TO_CREATE: 1}


def test_errors_name_row_and_column_and_good_rows_are_not_lost(administrator):
    wrong = make_national_id(700_001)[:12] + "x"
    batch = imported(administrator, row(1, national_id=wrong), row(2), row(3, birth_year="ไม่ทราบ", sex="?"))
    assert {(number, column) for number, column, _message in faults(batch)} == {
        (2, "เลขประจำตัวประชาชน"),
        (4, "ปีเกิด (พ.ศ.)"),
        (4, "เพศ"),
    }
    assert batches.counts(batch) == {RowState.FAULTY: 2, RowState.CREATED: 1}
    assert Person.objects.filter(last_name="ตามแฟ้ม").count() == 1


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"national_id": "1234567890123"}, "เลขประจำตัวประชาชน", "เลขตรวจสอบ"),
        ({"national_id": "12345"}, "เลขประจำตัวประชาชน", "13 หลัก"),
        ({"national_id": ""}, "เลขประจำตัวประชาชน", "ว่าง"),
        ({"first_name": "=HYPERLINK(1)"}, "ชื่อ", "ขึ้นต้นด้วย"),
        ({"position": "@SUM(A1)"}, "ตำแหน่ง", "ขึ้นต้นด้วย"),
        ({"first_name": "สม2"}, "ชื่อ", "ตัวอักษรเท่านั้น"),
        ({"last_name": "ก" * 121}, "นามสกุล", "120"),
        ({"email": "nobody"}, "อีเมล", "อีเมล"),
        ({"group": "อื่น ๆ"}, "กลุ่มบุคลากร", "ข้าราชการพลเรือนสามัญ"),
        ({"agency": "9999"}, "หน่วยงาน", "9999"),
        ({"agency": ""}, "หน่วยงาน", "กรอก"),
        ({"agency": "2301"}, "หน่วยงาน", "รัฐวิสาหกิจ"),
        ({"position_level": "ต้น"}, "ระดับตำแหน่ง", "รหัส"),
        ({"position_level": ""}, "ระดับตำแหน่ง", "กรอก"),
        ({"service_start": "31/2/2560"}, "วันที่เข้ารับราชการ", "1/10/2569"),
        ({"service_start": "1/10/2590"}, "วันที่เข้ารับราชการ", "ยังมาไม่ถึง"),
        ({"group": "เจ้าหน้าที่ของรัฐ", "position_level": "", "personnel_kind": ""}, "ประเภทบุคลากร", "กรอก"),
        ({"birth_year": "2469x"}, "ปีเกิด (พ.ศ.)", "สี่หลัก"),
        ({"birth_year": "2569"}, "ปีเกิด (พ.ศ.)", "ไม่น่าถูกต้อง"),
    ],
)
def test_each_wrong_cell_gets_a_sentence(administrator, changes, column, words):
    [(number, where, message)] = faults(checked(administrator, row(1, **changes)))
    assert (number, where) == (2, column)
    assert words in message


@pytest.mark.parametrize(
    "changes",
    [
        {"agency": "สำนักงาน ก.พ."},
        {"agency": "102"},
        {"national_id": "๑-๒๓๔๕-๖๗๘๙๐-๑๒-๑"},
        {"position_level": "ชำนาญการ"},
        {"position_level": "อำนวยการต้น"},
        {"group": "civil_servant", "sex": "female"},
        {"sex": "Female"},
        {"service_start": "2012-10-01"},
        {"email": ""},
        {"first_name": "เเก้ว"},
    ],
)
def test_the_usual_ways_to_write_a_cell_are_understood(administrator, changes):
    assert faults(checked(administrator, row(1, **changes))) == []


def test_the_same_person_twice_in_one_file_is_found_in_any_spelling(administrator):
    number = row(1)["national_id"]
    again = row(2, national_id=f"{number[0]}-{number[1:5]}-{number[5:10]}-{number[10:12]}-{number[12]}")
    batch = checked(administrator, row(1), again)
    assert faults(batch) == [(3, "เลขประจำตัวประชาชน", "บุคคลนี้ซ้ำกับแถว 2")]


def test_the_same_email_twice_in_one_file_is_found(administrator):
    batch = checked(administrator, row(1), row(2, email="IMPORT1@example.org"))
    assert faults(batch) == [(3, "อีเมล", "อีเมลนี้ซ้ำกับแถว 2")]


def test_an_email_of_another_person_is_refused(administrator, learner):
    assert "อีเมล" in faults(checked(administrator, row(1, email=learner.email)))[0][1]


def test_a_person_who_is_there_is_changed_and_not_doubled(administrator):
    existing = make_person(national_id=row(1)["national_id"], email="import1@example.org", first_name="เดิม")
    batch = imported(administrator, row(1))
    existing.refresh_from_db()
    assert (existing.first_name, existing.group, existing.occupation) == ("นำเข้า", "civil_servant", "")
    assert batches.counts(batch) == {RowState.UPDATED: 1}
    assert existing.check_password("correct-horse-1")


def test_importing_the_same_list_again_changes_nothing(administrator):
    imported(administrator, row(1), row(2))
    assert batches.counts(checked(administrator, row(1), row(2))) == {RowState.UNCHANGED: 2}


def test_an_empty_cell_leaves_what_is_stored(administrator):
    imported(administrator, row(1))
    imported(administrator, row(1, email="", position="", first_name="ใหม่"))
    person = Person.objects.by_national_id(row(1)["national_id"]).get()
    assert (person.email, person.position) == ("import1@example.org", "นักทรัพยากรบุคคล")
    assert person.first_name == "ใหม่"


@pytest.mark.parametrize("protect", ["password", "role"])
def test_the_address_of_an_account_in_use_or_of_staff_is_not_changed(administrator, protect):
    imported(administrator, row(1))
    person = Person.objects.by_national_id(row(1)["national_id"]).get()
    if protect == "password":
        person.set_password("in-use-since-today")
        person.save()
    else:
        RoleGrant.objects.create(person=person, role=Role.REVIEWER)
    batch = checked(administrator, row(1, email="thief@example.org"))
    assert [column for _number, column, _message in faults(batch)] == ["อีเมล"]


def test_an_address_taken_into_use_after_the_check_is_not_changed_either(administrator):
    imported(administrator, row(1))
    batch = checked(administrator, row(1, email="thief@example.org"))
    person = Person.objects.by_national_id(row(1)["national_id"]).get()
    person.set_password("in-use-since-today")
    person.save()
    batches.accept_batch(administrator, batch)
    batches.import_batch(batch.pk)
    person.refresh_from_db()
    assert person.email == "import1@example.org"
    assert batches.counts(batch) == {RowState.FAULTY: 1}


def test_an_officer_imports_into_their_own_agency_only(officer):
    batch = checked(officer, row(1), row(2, agency="0301"), row(3, agency="010202"))
    assert [(number, column) for number, column, _message in faults(batch)] == [(3, "หน่วยงาน")]


def test_an_officer_cannot_fetch_a_person_out_of_another_agency(officer, other_department):
    make_person(national_id=row(1)["national_id"], agency=other_department)
    [(_number, column, message)] = faults(checked(officer, row(1)))
    assert column == "เลขประจำตัวประชาชน"
    assert "นอกความรับผิดชอบ" in message


def test_an_officer_who_lost_the_role_after_the_check_imports_nobody(officer):
    batch = checked(officer, row(1))
    officer.role_grants.all().delete()
    batches.accept_batch(officer, batch)
    batches.import_batch(batch.pk)
    assert not Person.objects.filter(last_name="ตามแฟ้ม").exists()


def test_a_person_added_by_others_after_the_check_is_left_alone(administrator):
    batch = checked(administrator, row(1), row(2))
    make_person(national_id=row(1)["national_id"], first_name="มาก่อน")
    batches.accept_batch(administrator, batch)
    batches.import_batch(batch.pk)
    assert Person.objects.by_national_id(row(1)["national_id"]).get().first_name == "มาก่อน"
    assert batches.counts(batch) == {RowState.FAULTY: 1, RowState.CREATED: 1}


def test_stray_text_beside_the_table_is_an_error_of_its_row(administrator):
    content = file_of(row(1), kind="csv").read().decode("utf-8-sig").rstrip() + ",เกิน\n"
    batch = batches.upload_batch(administrator, io.BytesIO(content.encode()), "list.csv")
    batches.check_batch(batch.pk)
    assert "เกิน" in faults(batch)[0][2]


def test_missing_columns_are_named_and_nothing_is_kept(administrator):
    upload = io.BytesIO(write_table(["ชื่อ", "นามสกุล"], [["ก", "ข"]], "xlsx"))
    with pytest.raises(BadHeadings, match="เลขประจำตัวประชาชน"):
        batches.upload_batch(administrator, upload, "list.xlsx")
    assert not ImportBatch.objects.exists()


def test_half_a_million_rows_are_refused_at_once(administrator):
    upload = io.BytesIO(write_table(list(HEADINGS.values()), (["1"] for _ in range(500_000)), "csv"))
    with pytest.raises(TooManyRows, match="400,000"):
        batches.upload_batch(administrator, upload, "list.csv")


def test_a_program_in_disguise_is_refused(administrator):
    with pytest.raises(NotASpreadsheet, match="โปรแกรม"):
        batches.upload_batch(administrator, io.BytesIO(b"MZ\x90\x00" + b"\x00" * 400), "list.xlsx")


def test_the_upload_is_stored_sealed_and_forgotten_after_the_check(administrator, tmp_path):
    batch = batches.upload_batch(administrator, file_of(row(1), kind="csv"), "list.csv")
    stored = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert row(1)["national_id"].encode() not in stored[0].read_bytes()
    batches.check_batch(batch.pk)
    assert not stored[0].exists()
    assert not ImportedRow.objects.filter(label__contains=row(1)["national_id"]).exists()
    assert row(1)["national_id"].encode() not in bytes(ImportedRow.objects.get().values_sealed)


def test_work_that_died_between_chunks_goes_on_where_it_stopped(administrator, tmp_path):
    batch = batches.upload_batch(administrator, file_of(row(0), row(1), row(2), row(1)), "list.xlsx")
    stored = tmp_path / batch.stored_as
    content = stored.read_bytes()
    batches.check_batch(batch.pk)
    # As it was when the second of two chunks had been checked and the third had not.
    batch.rows.filter(number__gt=3).delete()
    stored.write_bytes(content)
    ImportBatch.objects.update(status=BatchStatus.CHECKING, done_count=2, stored_as=batch.stored_as)
    batches.check_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.CHECKED
    assert batches.counts(batch) == {RowState.TO_CREATE: 3, RowState.FAULTY: 1}
    assert faults(batch)[0][2] == "บุคคลนี้ซ้ำกับแถว 3"


def test_a_second_worker_on_the_same_batch_leaves_rows_alone_that_the_first_checked(administrator):
    batch = batches.upload_batch(administrator, file_of(row(0), row(1)), "list.xlsx")
    batches.check_batch(batch.pk)
    batches.accept_batch(administrator, batch)
    batches.import_batch(batch.pk)
    batches.import_batch(batch.pk)
    assert batches.counts(batch) == {RowState.CREATED: 2}
    assert AuditEntry.objects.filter(action="people.batch_imported").count() == 1


def test_a_chunk_takes_the_same_queries_however_many_rows_it_has(
    administrator, django_assert_max_num_queries
):
    batch = batches.upload_batch(administrator, file_of(*(row(n) for n in range(40))), "list.xlsx")
    with django_assert_max_num_queries(26):
        batches.check_batch(batch.pk)
    batches.accept_batch(administrator, batch)
    with django_assert_max_num_queries(26):
        batches.import_batch(batch.pk)


# -- Undo -------------------------------------------------------------------------------------------
def test_undo_removes_whom_the_import_added(administrator):
    batch = imported(administrator, row(1), row(2))
    assert undone(administrator, batch) == {RowState.UNDONE: 2}
    assert not Person.objects.filter(last_name="ตามแฟ้ม").exists()
    assert AuditEntry.objects.get(action="people.batch_undone").data == {"undone": 2}


def test_undo_puts_back_what_the_import_changed(administrator):
    existing = make_person(national_id=row(1)["national_id"], email="import1@example.org", first_name="เดิม")
    undone(administrator, imported(administrator, row(1)))
    existing.refresh_from_db()
    assert (existing.first_name, existing.group, existing.occupation) == ("เดิม", "public", "รับจ้าง")
    assert existing.agency is None


@pytest.mark.parametrize("use", ["signs_in", "role", "password", "profile"])
def test_undo_keeps_persons_who_were_used_since(administrator, use):
    batch = imported(administrator, row(1), row(2))
    person = Person.objects.by_national_id(row(1)["national_id"]).get()
    if use == "role":
        RoleGrant.objects.create(person=person, role=Role.REVIEWER)
    elif use == "password":
        person.set_password("in-use-since-today")
    elif use == "signs_in":
        person.last_login = timezone.now()
    else:
        person.first_name = "แก้เอง"
    person.save()
    assert undone(administrator, batch) == {RowState.UNDONE: 1, RowState.KEPT: 1}
    assert Person.objects.filter(pk=person.pk).exists()


def test_undo_keeps_values_that_were_changed_again(administrator):
    existing = make_person(national_id=row(1)["national_id"], email="import1@example.org")
    batch = imported(administrator, row(1))
    Person.objects.filter(pk=existing.pk).update(position="ใหม่กว่า")
    assert undone(administrator, batch) == {RowState.KEPT: 1}
    existing.refresh_from_db()
    assert (existing.position, existing.first_name) == ("ใหม่กว่า", "นำเข้า")


def test_a_batch_is_accepted_cancelled_and_undone_once(administrator):
    batch = imported(administrator, row(1))
    for decide in (batches.accept_batch, batches.cancel_batch):
        with pytest.raises(batches.BatchNotReady):
            decide(administrator, batch)
    undone(administrator, batch)
    with pytest.raises(batches.BatchNotReady):
        batches.undo_batch(administrator, batch)


def test_cancelling_forgets_the_rows(administrator):
    batch = checked(administrator, row(1))
    batches.cancel_batch(administrator, batch)
    assert not batch.rows.exists()


# -- Links ------------------------------------------------------------------------------------------
def test_new_persons_are_sent_a_link_once(administrator, mailoutbox):
    make_person(national_id=row(3)["national_id"], email="import3@example.org")
    batch = imported(administrator, row(1), row(2, email=""), row(3))
    batches.ask_links(administrator, batch)
    batches.send_links(batch.pk)
    batches.send_links(batch.pk)
    assert [mail.to for mail in mailoutbox] == [["import1@example.org"]]
    assert AuditEntry.objects.get(action="people.batch_links_sent").data == {"count": 1}
    with pytest.raises(batches.BatchNotReady):
        batches.ask_links(administrator, batch)


def test_the_link_sets_a_password(client, administrator, mailoutbox, settings):
    settings.PUBLIC_ORIGIN = "http://testserver"
    batches.send_links(imported(administrator, row(1)).pk)
    link = re.search(r"http://testserver(/\S+)", mailoutbox[0].body)
    assert link
    page = client.get(link[1], follow=True)
    new = {"password1": "a-new-sentence-9", "password2": "a-new-sentence-9"}
    assert client.post(page.redirect_chain[-1][0], new).status_code == 302
    person = Person.objects.by_national_id(row(1)["national_id"]).get()
    assert person.check_password("a-new-sentence-9")


# -- Pages ------------------------------------------------------------------------------------------
def wait_for_work():
    for thread in threading.enumerate():
        if thread.name.startswith("import-"):
            thread.join(30)


def upload(client, officer, content, name="list.xlsx"):
    client.force_login(officer, backend=BACKEND)
    return client.post(reverse("people:imports"), {"file": SimpleUploadedFile(name, content)})


def test_the_page_of_a_batch_shows_errors_and_decisions(client, administrator):
    batch = checked(administrator, row(1), row(2, birth_year="x"))
    client.force_login(administrator, backend=BACKEND)
    page = client.get(reverse("people:import", args=[batch.public_id])).content.decode()
    assert "แถว 3 คอลัมน์ ปีเกิด (พ.ศ.):" in page
    assert "นำเข้าเฉพาะแถวที่ถูกต้อง 1 แถว" in page
    assert row(1)["national_id"] not in page


def test_a_file_that_cannot_be_read_is_refused_at_its_field(client, administrator):
    response = upload(client, administrator, b"MZ\x90\x00" + b"\x00" * 400)
    assert response.status_code == 422
    assert 'href="#id_file"' in response.content.decode()


def test_an_upload_leads_to_its_page_which_shows_progress(client, officer):
    response = upload(client, officer, file_of(row(1)).read())
    page = client.get(response.url).content.decode()
    assert "<progress" in page
    assert 'hx-trigger="every 1s"' in page


@pytest.mark.django_db(transaction=True)
def test_the_officer_decides_on_the_page_while_the_work_is_done_beside_the_request(client, administrator):
    address = upload(client, administrator, file_of(row(1), row(2)).read()).url
    wait_for_work()
    assert "นำเข้าทั้ง 2 แถว" in client.get(address).content.decode()
    client.post(f"{address}decide/", {"action": "accept"})
    wait_for_work()
    assert Person.objects.filter(last_name="ตามแฟ้ม").count() == 2
    assert client.get(f"{address}undo/").status_code == 200
    client.post(f"{address}decide/", {"action": "undo"})
    wait_for_work()
    assert not Person.objects.filter(last_name="ตามแฟ้ม").exists()
    assert client.post(f"{address}decide/", {"action": "resume"}).status_code == 409


def test_work_that_stands_still_can_be_gone_on_with(
    client, administrator, django_capture_on_commit_callbacks
):
    client.force_login(administrator, backend=BACKEND)
    batch = batches.upload_batch(administrator, file_of(row(1)), "list.xlsx")
    ImportBatch.objects.update(progressed_at=timezone.now() - batches.STALLED_AFTER * 2)
    address = reverse("people:import", args=[batch.public_id])
    assert "ทำต่อ" in client.get(address).content.decode()
    with django_capture_on_commit_callbacks() as callbacks:
        client.post(f"{address}decide/", {"action": "resume"})
    assert len(callbacks) == 1


@pytest.mark.parametrize("name", ["people:import", "people:import_faults"])
def test_an_import_opens_for_its_officer_and_administrators_only(
    client, officer, other_agency_officer, administrator, learner, name
):
    batch = checked(officer, row(1))
    address = reverse(name, args=[batch.public_id])
    assert client.get(address).status_code == 302
    for person, status in ((officer, 200), (administrator, 200), (other_agency_officer, 403), (learner, 403)):
        client.force_login(person, backend=BACKEND)
        assert client.get(address).status_code == status


def test_another_officer_cannot_decide(client, officer, other_agency_officer):
    batch = checked(officer, row(1))
    client.force_login(other_agency_officer, backend=BACKEND)
    address = reverse("people:import_decide", args=[batch.public_id])
    assert client.post(address, {"action": "accept"}).status_code == 403


def test_faulty_rows_are_taken_away_to_be_corrected_and_imported_again(client, administrator):
    batch = checked(administrator, row(1, birth_year="x"), row(2))
    client.force_login(administrator, backend=BACKEND)
    content = client.get(reverse("people:import_faults", args=[batch.public_id])).content
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    lines = list(sheet.iter_rows(values_only=True))
    assert len(lines) == 2
    assert "ปีเกิด" in str(lines[1][-1])
    again = batches.upload_batch(administrator, io.BytesIO(content), "again.xlsx")
    batches.check_batch(again.pk)
    assert len(faults(again)) == 1


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_template_has_the_headings_and_no_rows(client, administrator, kind):
    client.force_login(administrator, backend=BACKEND)
    content = client.get(reverse("people:import_template", args=[kind])).content
    with pytest.raises(EmptyTable):
        read_table(io.BytesIO(content), "template", max_rows=5, max_bytes=10**6)
    assert content == write_table(list(HEADINGS.values()), [], kind) or kind == "xlsx"


def test_there_is_no_template_of_another_kind(client, administrator):
    client.force_login(administrator, backend=BACKEND)
    assert client.get("/staff/imports/template.exe").status_code == 404


# -- Export -----------------------------------------------------------------------------------------
def exported(client, person, **data):
    client.force_login(person, backend=BACKEND)
    response = client.post(reverse("people:export"), {"format": "csv"} | data)
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_an_export_masks_the_national_id_and_is_written_down(client, administrator, learner):
    lines = exported(client, administrator)
    assert learner.masked_national_id in {line["เลขประจำตัวประชาชน"] for line in lines}
    entry = AuditEntry.objects.get(action="people.persons_exported")
    assert entry.data == {"count": 2, "full_national_id": False}


def test_only_administrators_export_whole_numbers(client, administrator, officer, learner):
    assert learner.national_id in {
        line["เลขประจำตัวประชาชน"] for line in exported(client, administrator, full="on")
    }
    make_person(agency=officer.role_grants.get().agency)
    assert all("x" in line["เลขประจำตัวประชาชน"] for line in exported(client, officer, full="on"))


def test_an_officer_exports_their_own_agency_only(client, officer, learner):
    inside = make_person(agency=officer.role_grants.get().agency, first_name="ในสังกัด")
    assert [line["ชื่อ"] for line in exported(client, officer)] == [inside.first_name]


def test_an_export_cannot_be_run_as_a_formula(client, administrator):
    make_person(occupation="=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in {line["อาชีพ"] for line in exported(client, administrator)}


def test_an_export_is_imported_again_without_change(client, administrator):
    imported(administrator, row(1), row(2))
    client.force_login(administrator, backend=BACKEND)
    data = {"format": "xlsx", "full": "on"}
    content = client.post(reverse("people:export") + "?group=civil_servant", data).content
    batch = batches.upload_batch(administrator, io.BytesIO(content), "export.xlsx")
    batches.check_batch(batch.pk)
    assert batches.counts(batch) == {RowState.UNCHANGED: 2}


def test_a_list_too_long_for_a_file_is_refused(administrator, learner, settings):
    settings.EXPORT_MAX_ROWS = 1
    with pytest.raises(TooManyToExport):
        export_persons(administrator, Person.objects.all(), "csv", show_national_id=False)
