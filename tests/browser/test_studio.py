"""The studio in a real browser: an officer and a reviewer, by keyboard, at both sizes, without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from courses.catalogue.models import CourseVersion, Unit, VersionStatus
from courses.studio.models import UploadCheck
from courses.studio.services import comments, uploads
from courses.studio.services.writing import is_contributor
from tests.browser.helpers import assert_accessible
from tests.conftest import make_person
from tests.courses.packages.factories import package
from tests.courses.studio.factories import QUESTION, add_unit, make_version, name_reviewers, submit_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
V = "/studio/KD90/1/"


@pytest.fixture
def version(department, agency_officer):
    version = make_version(department, agency_officer, name_th="การเปิดเผยข้อมูลข่าวสารของราชการ")
    add_unit(
        version, "test", agency_officer, "แบบทดสอบหลังเรียน", content={"items": [QUESTION], "role": "post"}
    )
    add_unit(version, "link", agency_officer, "เว็บไซต์ สขร.", address="https://example.org/")
    return version


@pytest.fixture
def check(version, agency_officer, settings, tmp_path) -> UploadCheck:
    settings.MEDIA_ROOT = tmp_path
    broken = package("scorm-1.2", **{"index.html": None})
    return uploads.take(version.course, broken, "บทเรียนที่หนึ่ง.zip", actor=agency_officer)


@pytest.mark.parametrize("width", [360, 1440])
def test_pages_of_an_officer_are_accessible(
    open_page, version, check, department, agency_officer, reviewer, width
):
    name_reviewers(department, ("any", [reviewer]), actor=agency_officer)
    comments.say(version, "โปรดตรวจสอบเลขมาตรา", unit=Unit.objects.first(), actor=reviewer)
    topic, unit = version.topics.get(), Unit.objects.get(kind="text")
    test = Unit.objects.get(kind="test")
    page = open_page("/studio/", person=agency_officer, width=width)
    for path in (
        "/studio/",
        "/studio/new/",
        "/studio/KD90/",
        "/studio/KD90/uploads/",
        f"/studio/checks/{check.pk}/",
        V,
        f"{V}units/{unit.pk}/",
        f"{V}topics/{topic.pk}/new/test/",
        f"{V}topics/{topic.pk}/new/survey/",
        f"{V}units/{test.pk}/questions/",
        f"{V}units/{test.pk}/questions/new/",
        f"{V}rule/",
        f"{V}steps/submit/",
        f"{V}history/",
        f"/studio/agencies/{department.pk}/",
    ):
        page.goto(path)
        assert_accessible(page)


@pytest.mark.parametrize("width", [360, 1440])
def test_pages_of_a_reviewer_are_accessible(open_page, version, agency_officer, reviewer, width):
    submit_to(version, reviewer, actor=agency_officer)
    comments.say(version, "โปรดตรวจสอบเลขมาตรา", unit=Unit.objects.first(), actor=reviewer)
    page = open_page(V, person=reviewer, width=width)
    for path in (V, f"{V}units/{Unit.objects.get(kind='test').pk}/", "/studio/", f"{V}changes/1/"):
        page.goto(path)
        assert_accessible(page)


def press_to(page: Page, name: str) -> None:
    """Walk with the Tab key to a link or a button, and follow it."""
    for _step in range(120):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.innerText || ''"):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"the keyboard does not reach {name}")


def test_an_officer_builds_by_keyboard_alone(open_page, version, agency_officer):
    page = open_page(V, person=agency_officer)
    press_to(page, "เพิ่มหัวข้อ")
    expect(page.get_by_role("heading", level=1)).to_contain_text("เพิ่มหัวข้อ")
    page.get_by_label("ชื่อหัวข้อภาษาไทย").focus()
    page.keyboard.type("ภาคปฏิบัติ")
    page.get_by_label("ระยะเวลา (นาที)").focus()
    page.keyboard.type("45")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="ภาคปฏิบัติ")).to_be_visible()

    # The button that moves a unit keeps the focus, so that it can be pressed again.
    unit = Unit.objects.get(kind="link")
    button = page.get_by_role("button", name="ย้าย เว็บไซต์ สขร. ลง")
    button.focus()
    page.keyboard.press("Enter")
    section = page.locator(".studio-topic", has=page.get_by_role("heading", name="ภาคปฏิบัติ"))
    expect(section.get_by_role("link", name="เว็บไซต์ สขร.", exact=True)).to_be_visible()
    expect(button).to_be_focused()
    unit.refresh_from_db()
    assert unit.topic.name_th == "ภาคปฏิบัติ"

    # What cannot be moved says why, where it is seen.
    Unit.objects.filter(pk=unit.pk).update(opens_after=Unit.objects.get(kind="test"))
    page.set_viewport_size({"width": 360, "height": 320})
    up = page.get_by_role("button", name="ย้าย เว็บไซต์ สขร. ขึ้น")
    up.focus()
    page.keyboard.press("Enter")
    expect(section.get_by_role("link", name="เว็บไซต์ สขร.", exact=True)).to_be_hidden()
    expect(up).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("จึงต้องอยู่ถัดจากบทเรียนนั้น")
    expect(page.get_by_role("alert")).to_be_in_viewport()


def test_a_wrong_form_names_every_field_and_row_and_leads_to_it(open_page, version, agency_officer):
    page = open_page("/studio/new/", person=agency_officer, width=360)
    page.get_by_label("ตำแหน่ง").first.fill("ผู้อำนวยการ")
    page.get_by_role("button", name="สร้างรายวิชา").click()
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link").first).to_have_text("รหัสรายวิชา: โปรดกรอกข้อมูลนี้")
    row = summary.get_by_role("link").last
    expect(row).to_contain_text("วิทยากรคนที่ 1 – ")
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name=instructors-0-name]")).to_be_focused()
    assert_accessible(page)


def test_markdown_is_shown_beside_while_writing(open_page, version, agency_officer):
    page = open_page(f"{V}units/{Unit.objects.get(kind='text').pk}/", person=agency_officer)
    page.get_by_label("ข้อความ", exact=True).fill("# หัวเรื่อง\n\nมี **ตัวหนา** อยู่")
    page.get_by_role("button", name="ดูตัวอย่าง").click()
    expect(page.locator("#shown strong")).to_have_text("ตัวหนา")
    expect(page.get_by_label("ข้อความ", exact=True)).to_have_value("# หัวเรื่อง\n\nมี **ตัวหนา** อยู่")
    assert_accessible(page)
    page.get_by_role("button", name="บันทึกบทเรียน").click()
    expect(page.get_by_text("บันทึกบทเรียนแล้ว")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_from_draft_to_published(open_page, version, department, agency_officer, scripts):
    checker = make_person(first_name="ผู้ตรวจ", agency=department, email="checker@example.org")
    page = open_page(f"/studio/agencies/{department.pk}/", person=agency_officer, width=360, scripts=scripts)
    first = page.get_by_role("group", name="ขั้นตอนที่ 1")
    first.get_by_label("ชื่อขั้นตอน").fill("ตรวจเนื้อหา")
    first.get_by_label("ผู้ตรวจ").fill("checker@example.org")
    page.get_by_role("button", name="บันทึกขั้นตอน").click()
    page.goto(V)
    page.get_by_role("link", name="ส่งให้ตรวจ").click()
    page.get_by_label("ข้อความถึงผู้ตรวจ").fill("ฉบับแรก")
    page.get_by_role("button", name="ส่งให้ตรวจ").click()
    expect(page.get_by_text("ส่งฉบับนี้ให้ตรวจแล้ว")).to_be_visible()

    desk = open_page("/my/", person=checker, width=1440, scripts=scripts)
    desk.get_by_role("link", name="KD90").click()
    desk.get_by_role("link", name="อ่านก่อนเริ่ม").click()
    desk.get_by_role("textbox", name="ข้อคิดเห็น").fill("เลขมาตราในย่อหน้าแรกไม่ถูกต้อง")
    desk.get_by_role("button", name="บันทึกข้อคิดเห็น").click()
    expect(desk.locator("article p").get_by_text("เลขมาตราในย่อหน้าแรกไม่ถูกต้อง", exact=True)).to_be_visible()
    desk.goto(V)
    desk.get_by_label("ขอให้แก้ไข").check()
    desk.get_by_role("button", name="บันทึกผลการพิจารณา").click()
    expect(desk.get_by_text("ส่งกลับให้ผู้จัดทำแก้ไข")).to_be_visible()

    page.goto(f"{V}units/{Unit.objects.get(kind='text').pk}/")
    expect(page.locator("article p").get_by_text("เลขมาตราในย่อหน้าแรกไม่ถูกต้อง", exact=True)).to_be_visible()
    page.get_by_label("ข้อความ", exact=True).fill("แก้ไขเลขมาตราแล้ว")
    page.get_by_role("button", name="บันทึกบทเรียน").click()
    page.get_by_role("button", name="ทำเครื่องหมายว่าดำเนินการแล้ว").click()
    page.get_by_role("link", name="ส่งให้ตรวจ").click()
    page.get_by_role("button", name="ส่งให้ตรวจ").click()
    expect(page.get_by_text("ส่งฉบับนี้ให้ตรวจแล้ว")).to_be_visible()

    desk.goto(V)
    desk.get_by_role("button", name="ดูแบบผู้เรียน").click()
    expect(desk.get_by_role("link", name="อ่านก่อนเริ่ม")).to_be_visible()
    desk.get_by_role("link", name="ไปที่ข้อคิดเห็นและการตรวจ").click()
    desk.get_by_label("เห็นชอบ").check()
    desk.get_by_role("button", name="บันทึกผลการพิจารณา").click()
    expect(desk.get_by_text("ฉบับนี้ได้รับความเห็นชอบ")).to_be_visible()

    page.goto(V)
    page.get_by_role("link", name="เผยแพร่ทันที").click()
    page.get_by_role("button", name="เผยแพร่ทันที").click()
    expect(page.get_by_text("เผยแพร่ฉบับนี้แล้ว")).to_be_visible()
    found = CourseVersion.objects.get()
    assert found.status == VersionStatus.PUBLISHED
    assert not is_contributor(found, checker)
