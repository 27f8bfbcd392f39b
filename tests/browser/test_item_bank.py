"""The item bank in a real browser: readable at both sizes, usable by keyboard and without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from exams.bank import services
from exams.bank.models import ItemStatus, ItemVersion
from exams.bank.reports import status_counts
from tests.browser.helpers import assert_accessible
from tests.exams.bank.factories import fill_bank, make_bank, make_version

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bank(db):
    bank = make_bank()
    fill_bank(bank, per_cell=5)
    return bank


@pytest.fixture
def draft(bank, exam_officer, reviewer):
    draft = make_version(bank, author=exam_officer, status=ItemStatus.DRAFT)
    return services.send_back(draft, reviewer=reviewer, revision=0, note="ตัวเลือก 2 กำกวม")


def paths(draft):
    item = f"/bank/law/items/{draft.item_id}/"
    version = f"{item}versions/1/"
    return {
        "list": "/bank/law/",
        "counts": "/bank/law/counts/",
        "new": "/bank/law/items/new/",
        "item": item,
        "edit": f"{item}edit/",
        "preview": f"{version}preview/",
        "retire": f"{version}retire/",
        "upload": "/bank/law/import/",
        "staff": "/staff/",
    }


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize(
    "name", ["list", "counts", "new", "item", "edit", "preview", "retire", "upload", "staff"]
)
def test_pages_are_accessible(open_page, draft, exam_officer, name, width):
    assert_accessible(open_page(paths(draft)[name], person=exam_officer, width=width))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_in_english_and_in_the_dark(open_page, draft, reviewer, scheme):
    for name in ("list", "item"):
        page = open_page(paths(draft)[name], person=reviewer, language="en", scheme=scheme)
        assert_accessible(page)
        assert not re.search("[ก-๙]", page.locator("main h2").first.inner_text())


@pytest.mark.parametrize("scripts", [True, False])
def test_an_item_is_written_and_its_faults_are_led_to(open_page, bank, exam_officer, scripts):
    page = open_page("/bank/law/items/new/", person=exam_officer, width=360, scripts=scripts)
    page.get_by_label("หัวข้อ", exact=True).select_option("หัวข้อที่ 2")
    page.get_by_label("มาตรา", exact=True).fill("7")
    page.get_by_label("ยาก", exact=True).check()
    page.get_by_label("คำถาม").fill("ข้อใดต้องลงพิมพ์ในราชกิจจานุเบกษา")
    page.get_by_label("ตัวเลือก 1", exact=True).fill("โครงสร้าง")
    page.get_by_label("ตัวเลือก 2", exact=True).fill("โครงสร้าง")
    page.get_by_label("ตัวเลือก 1 ถูก").check()
    page.get_by_role("button", name="บันทึกร่าง").click()

    fault = page.get_by_role("alert").get_by_role("link", name="ตัวเลือก 2 ซ้ำกับตัวเลือก 1")
    fault.click()
    expect(page.get_by_label("ตัวเลือก 2", exact=True)).to_be_focused()
    expect(page.get_by_label("ตัวเลือก 1 ถูก")).to_be_checked()
    if scripts:
        assert_accessible(page)
    page.get_by_label("ตัวเลือก 2", exact=True).fill("แผนงาน")
    page.get_by_role("button", name="บันทึกร่าง").click()

    expect(page.get_by_role("status")).to_contain_text("บันทึกข้อสอบเป็นร่างแล้ว")
    version = ItemVersion.objects.get(stem__startswith="ข้อใดต้องลงพิมพ์")
    assert (version.options, version.key, version.section) == (["โครงสร้าง", "แผนงาน"], 0, 7)


def test_a_reviewer_confirms_and_an_officer_sees_it_waiting(open_page, bank, draft, reviewer):
    page = open_page(paths(draft)["item"], person=reviewer)
    page.get_by_role("link", name="ยืนยันผลการตรวจทาน").click()
    page.get_by_role("button", name="ยืนยันผลการตรวจทาน").click()
    expect(page.get_by_role("status")).to_contain_text("บันทึกผลการตรวจทานแล้ว")
    assert status_counts(bank)["reviewed"] == 1


def test_a_list_is_imported_without_a_mouse_or_scripts(open_page, bank, exam_officer, tmp_path):
    sheet = tmp_path / "รายการ.csv"
    sheet.write_text(
        "หัวข้อ,ระดับความยาก,คำถาม,ตัวเลือก 1,ตัวเลือก 2,ตัวเลือกที่ถูก\n"
        "หัวข้อที่ 1,ง่าย,ข้อใหม่,ก,ข,2\n"
        "หัวข้อที่ 9,ง่าย,ข้อผิด,ก,ข,2\n",
        encoding="utf-8-sig",
    )
    page = open_page("/bank/law/import/", person=exam_officer, width=360, scripts=False)
    page.get_by_label("ไฟล์").set_input_files(sheet)
    page.get_by_role("button", name="ตรวจรายการ").press("Enter")
    expect(page.get_by_text("“หัวข้อที่ 9” ไม่ใช่หัวข้อของคลังข้อสอบนี้")).to_be_visible()
    page.get_by_role("button", name="นำเข้าเฉพาะ 1 แถวที่ถูกต้อง").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("เพิ่มข้อสอบใหม่ 1 ข้อ")


def test_a_dry_run_is_accessible(open_page, bank, exam_officer, tmp_path):
    sheet = tmp_path / "list.csv"
    sheet.write_text(
        "Topic,Difficulty,Question,Option 1,Option 2,Right option\nt1,easy,Q,a,b,1\nt1,easy,R,a,a,9\n"
    )
    page = open_page("/bank/law/import/", person=exam_officer, width=360)
    page.get_by_label("ไฟล์").set_input_files(sheet)
    page.get_by_role("button", name="ตรวจรายการ").click()
    expect(page.get_by_role("heading", name="แถวที่นำเข้าไม่ได้")).to_be_visible()
    assert_accessible(page)
