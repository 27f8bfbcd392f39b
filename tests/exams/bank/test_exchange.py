"""Lists of items: what an import would do, what it does, and what it refuses in which cell."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from exams.bank import errors, exchange, services
from exams.bank.models import ItemImport, ItemStatus, ItemVersion
from learning import spreadsheets
from learning.people.models import AuditEntry, Role
from tests.conftest import make_person
from tests.exams.bank.factories import make_bank, make_figure, make_version

pytestmark = pytest.mark.django_db

HEADINGS = [
    "รหัสข้อสอบ",
    "หัวข้อ",
    "มาตรา",
    "ระดับความยาก",
    "คำถาม",
    "ตัวเลือก 1",
    "ตัวเลือก 2",
    "ตัวเลือก 3",
    "ตัวเลือกที่ถูก",
    "คำอธิบาย",
]
GOOD = ["", "หัวข้อที่ 1", "7", "ง่าย", "ข้อใดถูก", "หนึ่ง", "สอง", "สาม", "1", "มาตรา 7"]


@pytest.fixture(autouse=True)
def _thai():
    with translation.override("th"):
        yield


@pytest.fixture
def officer(exam_officer):
    return exam_officer


def row(changes=()):
    """Return a good row with changes by heading; not as keywords, which Python would spell another way."""
    values = dict(zip(HEADINGS, GOOD, strict=True)) | dict(changes)
    return [values[heading] for heading in HEADINGS]


def table(*rows, headings=HEADINGS, kind="xlsx"):
    return spreadsheets.write_table(headings, rows, kind)


def uploaded(bank, actor, *rows, **options):
    return exchange.upload(bank, io.BytesIO(table(*rows, **options)), "รายการ.xlsx", actor=actor)


def problems(plan):
    return [(row.number, p.column, p.message) for row in plan.refused for p in row.problems]


# -- Dry run ----------------------------------------------------------------------------------------
def test_a_good_row_becomes_a_draft_of_the_person_who_imports(bank, officer):
    listed = uploaded(bank, officer, row())
    plan = exchange.plan(listed, actor=officer)
    assert (plan.counts["create"], plan.refused) == (1, [])
    assert not ItemVersion.objects.exists()
    exchange.apply(listed, actor=officer)
    version = ItemVersion.objects.get()
    assert (version.status, version.author, version.section) == (ItemStatus.DRAFT, officer, 7)
    assert (version.options, version.key) == (["หนึ่ง", "สอง", "สาม"], 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"หัวข้อ": "t1"},
        {"ระดับความยาก": "Easy"},
        {"ระดับความยาก": "easy"},
        {"ตัวเลือกที่ถูก": "ก"},
        {"ตัวเลือกที่ถูก": "A"},
        {"ตัวเลือกที่ถูก": "๑"},
        {"มาตรา": "๗"},
        {"มาตรา": ""},
    ],
)
def test_people_may_write_the_same_thing_in_several_ways(bank, officer, changes):
    plan = exchange.plan(uploaded(bank, officer, row(changes)), actor=officer)
    assert problems(plan) == []


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_english_headings_are_understood_too(bank, officer, kind):
    headings = ["Topic", "Difficulty", "Question", "Option 1", "Option 2", "Right option"]
    data = table(["หัวข้อที่ 1", "hard", "ข้อใดถูก", "ก", "ข", 2], headings=headings, kind=kind)
    listed = exchange.upload(bank, io.BytesIO(data), "list", actor=officer)
    [planned] = exchange.plan(listed, actor=officer).accepted
    assert (planned.content.difficulty, planned.content.key) == ("hard", 1)


@pytest.mark.parametrize(
    ("changes", "column", "sentence"),
    [
        ({"ตัวเลือกที่ถูก": ""}, "ตัวเลือกที่ถูก", "ไม่ใช่หมายเลขตัวเลือก"),
        ({"ตัวเลือกที่ถูก": "6"}, "ตัวเลือกที่ถูก", "“6” ไม่ใช่หมายเลขตัวเลือก"),
        ({"ตัวเลือกที่ถูก": "5"}, "ตัวเลือกที่ถูก", "ยังว่างอยู่"),
        ({"ตัวเลือก 3": "สอง "}, "ตัวเลือก 3", "ตัวเลือก 3 ซ้ำกับตัวเลือก 2"),
        ({"ตัวเลือก 2": ""}, "ตัวเลือก 2", "ตัวเลือกนี้ว่างอยู่"),
        ({"หัวข้อ": "หมวด 99"}, "หัวข้อ", "“หมวด 99” ไม่ใช่หัวข้อ"),
        ({"ระดับความยาก": "ยากมาก"}, "ระดับความยาก", "ไม่ใช่ระดับความยาก"),
        ({"มาตรา": "44"}, "มาตรา", "ไม่มีมาตรา 44"),
        ({"มาตรา": "เจ็ด"}, "มาตรา", "“เจ็ด” ไม่ใช่เลขมาตรา"),
        ({"คำถาม": ""}, "คำถาม", "กรอกคำถาม"),
        ({"คำถาม": "=HYPERLINK(1)"}, "คำถาม", "ช่องนี้เป็นสูตร"),
        ({"รหัสข้อสอบ": "ก" * 41}, "รหัสข้อสอบ", "ไม่เกิน 40"),
    ],
)
def test_what_is_wrong_is_said_with_row_and_column(bank, officer, changes, column, sentence):
    listed = uploaded(bank, officer, row(), row({"คำถาม": "อีกข้อ"} | changes))
    plan = exchange.plan(listed, actor=officer)
    [(number, name, message)] = problems(plan)
    assert (number, name) == (3, column)
    assert sentence in message
    assert plan.counts["create"] == 1


def test_rows_that_repeat_each_other_or_the_bank_are_refused(bank, officer):
    kept = services.create_item(
        bank, exchange.plan(uploaded(bank, officer, row()), actor=officer).rows[0].content, author=officer
    )
    rows = [
        row(),
        row({"คำถาม": "ใหม่", "รหัสข้อสอบ": "A"}),
        row({"คำถาม": "ใหม่  "}),
        row({"คำถาม": "ใหม่กว่า", "รหัสข้อสอบ": "A"}),
    ]
    plan = exchange.plan(uploaded(bank, officer, *rows), actor=officer)
    assert problems(plan) == [
        (2, "คำถาม", f"คำถามและตัวเลือกซ้ำกับข้อสอบ {kept.item.code}"),
        (4, "คำถาม", "คำถามและตัวเลือกซ้ำกับแถวที่ 3"),
        (5, "รหัสข้อสอบ", "รหัสซ้ำกับแถวที่ 3"),
    ]


def test_missing_columns_are_named(bank, officer):
    with pytest.raises(spreadsheets.BadHeadings, match="ระดับความยาก, ตัวเลือกที่ถูก"):
        uploaded(bank, officer, ["t1", "ข้อใด", "ก", "ข"], headings=["หัวข้อ", "คำถาม", "ตัวเลือก 1", "ตัวเลือก 2"])


def test_a_row_with_text_beyond_the_last_heading_is_refused(bank, officer):
    data = (",".join(HEADINGS) + "\n" + ",".join(GOOD) + ",เกิน\n").encode()
    listed = exchange.upload(bank, io.BytesIO(data), "a.csv", actor=officer)
    [(number, column, message)] = problems(exchange.plan(listed, actor=officer))
    assert (number, column) == (2, "")
    assert "เกิน" in message


def test_more_rows_than_allowed_are_refused_at_once(bank, officer):
    with pytest.raises(spreadsheets.TooManyRows):
        uploaded(bank, officer, *[row({"คำถาม": f"ข้อ {n}"}) for n in range(exchange.MAX_ROWS + 1)])


def test_uploaded_lists_are_forgotten_after_a_day(bank, officer):
    old = uploaded(bank, officer, row())
    ItemImport.objects.filter(pk=old.pk).update(uploaded_at=old.uploaded_at - exchange.KEEP)
    new = uploaded(bank, officer, row())
    assert list(ItemImport.objects.all()) == [new]


def test_a_dry_run_reads_the_bank_once(bank, officer, django_assert_num_queries):
    make_version(bank)
    listed = uploaded(bank, officer, *[row({"คำถาม": f"ข้อ {n}"}) for n in range(20)])
    with django_assert_num_queries(2):
        exchange.plan(listed, actor=officer)


# -- Importing --------------------------------------------------------------------------------------
def test_good_rows_are_kept_and_bad_ones_left_out(bank, officer):
    listed = uploaded(bank, officer, row(), row({"คำถาม": "ไม่มีเฉลย", "ตัวเลือกที่ถูก": ""}), row({"คำถาม": "ดี"}))
    counts = exchange.apply(listed, actor=officer)
    assert (counts["create"], counts["refused"]) == (2, 1)
    assert set(ItemVersion.objects.values_list("stem", flat=True)) == {"ข้อใดถูก", "ดี"}
    assert AuditEntry.objects.get(action="bank.items_imported").data["refused"] == 1


def test_a_known_code_makes_a_new_version_and_leaves_the_approved_one(bank, officer):
    approved = make_version(bank)
    listed = uploaded(bank, officer, row({"รหัสข้อสอบ": approved.item.code}))
    assert exchange.plan(listed, actor=officer).counts == {"revise": 1}
    exchange.apply(listed, actor=officer)
    assert list(approved.item.versions.order_by("number").values_list("status", flat=True)) == [
        "approved",
        "draft",
    ]


def test_a_draft_of_ones_own_is_edited_and_somebody_elses_is_not(bank, officer):
    own = make_version(bank, author=officer, status=ItemStatus.DRAFT)
    foreign = make_version(bank, author=make_person(), status=ItemStatus.DRAFT)
    rows = [row({"รหัสข้อสอบ": own.item.code}), row({"คำถาม": "อื่น", "รหัสข้อสอบ": foreign.item.code})]
    listed = uploaded(bank, officer, *rows)
    plan = exchange.plan(listed, actor=officer)
    assert plan.counts == {"edit": 1, "refused": 1}
    assert "ผู้อื่นกำลังจัดทำ" in problems(plan)[0][2]
    exchange.apply(listed, actor=officer)
    own.refresh_from_db()
    foreign.refresh_from_db()
    assert own.stem == "ข้อใดถูก"
    assert foreign.stem != "อื่น"


def test_a_list_is_imported_once(bank, officer):
    listed = uploaded(bank, officer, row())
    exchange.apply(listed, actor=officer)
    with pytest.raises(errors.ImportDone):
        exchange.apply(listed, actor=officer)
    assert ItemVersion.objects.count() == 1


def test_a_list_without_a_good_row_changes_nothing(bank, officer):
    listed = uploaded(bank, officer, row({"คำถาม": ""}))
    with pytest.raises(errors.NothingToImport):
        exchange.apply(listed, actor=officer)
    listed.refresh_from_db()
    assert listed.applied_at is None


def test_a_list_leaves_an_item_its_figure(bank, officer):
    figure = make_figure()
    version = make_version(bank, figure=figure, figure_alt="กราฟแท่ง")
    listed = uploaded(bank, officer, row({"รหัสข้อสอบ": version.item.code}))
    exchange.apply(listed, actor=officer)
    newest = version.item.versions.latest("number")
    assert (newest.number, newest.stem) == (2, "ข้อใดถูก")
    assert (newest.figure, newest.figure_alt) == (figure, "กราฟแท่ง")


def test_the_same_question_about_another_figure_is_another_item(bank, officer):
    wording = {"stem": "ข้อใดถูก", "options": ["หนึ่ง", "สอง", "สาม"]}
    make_version(bank, figure=make_figure(), figure_alt="กราฟแท่ง", **wording)
    assert exchange.plan(uploaded(bank, officer, row()), actor=officer).counts == {"create": 1}


# -- Exporting --------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_is_exported_can_be_imported_and_changes_nothing(bank, officer, kind):
    make_version(bank, options=["ก", "ข", "ค", "ง", "จ"], key=4, stem="บรรทัดแรก\nบรรทัดสอง")
    make_version(bank, section=None, options=["+66 2 123 4567", "-1"], key=1, paragraph="วรรคสอง")
    data = exchange.export(bank, ItemVersion.objects.select_related("item", "topic"), kind, actor=officer)
    listed = exchange.upload(bank, io.BytesIO(data), f"a.{kind}", actor=officer)
    assert exchange.plan(listed, actor=officer).counts == {"unchanged": 2}
    assert AuditEntry.objects.get(action="bank.items_exported").data == {"items": 2, "format": kind}


def test_an_exported_text_is_never_a_formula(bank, officer):
    make_version(bank, stem="=cmd|' /C calc'!A0", explanation="@SUM(1)")
    versions = ItemVersion.objects.select_related("item", "topic")
    sheet = openpyxl.load_workbook(
        io.BytesIO(exchange.export(bank, versions, "xlsx", actor=officer))
    ).worksheets[0]
    assert {cell.data_type for cell in sheet[2]} <= {"inlineStr", "s", "n"}
    text = exchange.export(bank, versions, "csv", actor=officer).decode("utf-8-sig")
    assert "'=cmd" in text
    assert "'@SUM" in text


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_template_has_the_headings_that_an_import_needs(bank, officer, kind):
    data = exchange.template_table(bank, kind)
    listed = exchange.upload(bank, io.BytesIO(data), f"a.{kind}", actor=officer)
    assert exchange.plan(listed, actor=officer).counts == {"create": 1}


# -- Pages ------------------------------------------------------------------------------------------
def post(client, data, name="รายการ.xlsx"):
    return client.post(reverse("bank:upload", args=["law"]), {"file": SimpleUploadedFile(name, data)})


def test_an_upload_shows_the_dry_run_and_then_imports_the_good_rows(bank, officer, signed_in):
    client = signed_in(officer)
    response = post(client, table(row(), row({"คำถาม": "ไม่มีเฉลย", "ตัวเลือกที่ถูก": ""})))
    address = response["Location"]
    page = client.get(address).content.decode()
    assert "แถวที่ 3" in page
    assert "คอลัมน์ “ตัวเลือกที่ถูก”" in page
    assert "นำเข้าเฉพาะ 1 แถวที่ถูกต้อง" in page
    response = client.post(address, follow=True)
    assert "เพิ่มข้อสอบใหม่ 1 ข้อ" in response.content.decode()
    assert "นำเข้ารายการนี้แล้ว" in client.get(address).content.decode()
    assert client.post(address).status_code == 409


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 600, "ไม่"),
        (b"", "ไม่มีข้อมูล"),
        ("หัวข้อ,คำถาม\nt1,ข้อใด\n".encode(), "ขาดคอลัมน์"),
        (b"a,b\n1,2\n\xff\xfe\xfd\x00", ""),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_thai(bank, officer, signed_in, data, sentence):
    response = post(signed_in(officer), data, name="รายการ.xlsx")
    assert response.status_code == 200
    assert sentence in response.context["form"].errors["file"][0]
    assert not ItemImport.objects.exists()


def test_a_dry_run_belongs_to_who_uploaded_it(bank, officer, reviewer, learner, signed_in):
    listed = uploaded(bank, officer, row())
    address = reverse("bank:import", args=["law", listed.pk])
    assert signed_in(officer).get(address).status_code == 200
    for person in (reviewer, learner, make_person(roles=[(Role.EXAM_OFFICER, None)])):
        assert signed_in(person).get(address).status_code == 403
        assert signed_in(person).post(address).status_code == 403
    assert signed_in(None).get(address).status_code == 302
    make_bank("other")
    assert signed_in(officer).get(reverse("bank:import", args=["other", listed.pk])).status_code == 404
    assert not ItemVersion.objects.exists()


def test_an_export_holds_what_the_filters_keep(bank, officer, signed_in):
    make_version(bank)
    hard = make_version(bank, difficulty="hard")
    address = reverse("bank:export", args=["law", "csv"])
    response = signed_in(officer).get(address, {"difficulty": "hard"})
    assert response["Content-Disposition"] == 'attachment; filename="law-items.csv"'
    lines = response.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert hard.item.code in lines[1]


def test_an_export_takes_the_same_queries_however_long_it_is(
    bank, officer, signed_in, django_assert_num_queries
):
    client = signed_in(officer)
    address = reverse("bank:export", args=["law", "xlsx"])
    for _ in range(2):
        make_version(bank)
        make_version(bank)
        with django_assert_num_queries(8):
            client.get(address)
