"""The catalogue in a browser: suggestions by keyboard, filters, a narrow screen, no scripts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.helpers import assert_accessible, assert_no_sideways_scroll
from tests.courses.catalogue.factories import make_agency, make_course, make_curriculum, make_external

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _courses() -> None:
    owner = make_agency("T01", "สำนักงานปลัดกระทรวงการทดสอบระบบและการเรียนรู้ตลอดชีวิต")
    first = make_course(
        "KD10", name_th="พระราชบัญญัติข้อมูลข่าวสารของราชการ พ.ศ. 2540", owner=owner, name_en="The Act"
    )
    second = make_course(
        "DS01", name_th="ข้อมูลเปิดภาครัฐ", owner=owner, hours=Decimal(8), instructors=[("ดร. มานะ", "วิทยากร")]
    )
    make_external("DS02", name_th="ข้อมูลขนาดใหญ่", owner=owner)
    make_curriculum("001M", [first, second])


PATHS = ["/", "/courses/", "/courses/?q=ไม่มีแน่&category=DS", "/courses/KD10/", "/courses/DS02/"]
PATHS += ["/courses/curricula/", "/courses/curricula/001M/"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_are_accessible_and_fit(open_page: OpenPage, path: str, width: int):
    assert_accessible(open_page(path, width=width))


def test_pages_are_accessible_in_english(open_page: OpenPage):
    page = open_page("/courses/", language="en")
    expect(page.get_by_role("link", name="The Act")).to_be_visible()
    assert_accessible(page)


def typed(page: Page, text: str) -> Page:
    box = page.get_by_role("combobox", name="ค้นหารายวิชา")
    box.press_sequentially(text)
    expect(page.get_by_role("listbox")).to_be_visible()
    return page


def test_suggestions_are_chosen_with_the_keyboard(open_page: OpenPage):
    page = typed(open_page("/courses/"), "ขอมู")
    box = page.get_by_role("combobox", name="ค้นหารายวิชา")
    expect(box).to_have_attribute("aria-expanded", "true")
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options).to_have_count(3)
    expect(page.locator("#catalogue-q_status")).to_have_text("มีรายวิชาแนะนำ 3 รายวิชา เลือกได้ด้วยแป้นลูกศร")
    assert_accessible(page)
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", options.nth(1).get_attribute("id") or "-")
    chosen = options.nth(1).get_attribute("data-address")
    box.press("Enter")
    page.wait_for_url(f"**{chosen}")


def test_escape_closes_the_list_and_keeps_the_text(open_page: OpenPage):
    page = typed(open_page("/courses/"), "ข้อมูล")
    box = page.get_by_role("combobox", name="ค้นหารายวิชา")
    box.press("ArrowUp")
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("ข้อมูล")
    box.press("Enter")
    page.wait_for_url("**/courses/?**")
    expect(page.get_by_role("heading", name="3 รายวิชา")).to_be_visible()


def test_a_suggestion_is_chosen_with_the_mouse(open_page: OpenPage):
    page = typed(open_page("/"), "KD1")
    page.get_by_role("option", name="KD10").click()
    page.wait_for_url("**/courses/KD10/")


def test_filters_work_with_a_question(open_page: OpenPage):
    page = open_page("/courses/?q=ข้อมูล")
    page.get_by_label("ทักษะดิจิทัล").check()
    page.get_by_label("ในเว็บไซต์นี้").check()
    page.get_by_role("button", name="แสดง", exact=True).click()
    expect(page.get_by_role("heading", name="1 รายวิชา")).to_be_visible()
    page.get_by_role("link", name="นำออก: ในเว็บไซต์นี้").click()
    expect(page.get_by_role("heading", name="2 รายวิชา")).to_be_visible()


def test_search_and_filters_work_without_scripts(open_page: OpenPage):
    page = open_page("/courses/", scripts=False, width=360)
    page.get_by_label("ค้นหารายวิชา").fill("ดิจิตอล ข้อมูล")
    page.get_by_role("button", name="ค้นหา").click()
    expect(page.get_by_text("ไม่พบรายวิชา")).to_be_visible()
    page.get_by_label("ค้นหารายวิชา").fill("big data")
    page.get_by_label("ทักษะดิจิทัล").check()
    page.get_by_role("button", name="แสดง", exact=True).click()
    expect(page.get_by_role("link", name="ข้อมูลขนาดใหญ่")).to_be_visible()


def test_a_printed_course_has_its_facts_and_no_controls(open_page: OpenPage):
    page = open_page("/courses/DS02/")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="ข้อมูลขนาดใหญ่")).to_be_visible()
    expect(page.get_by_text("บทนำ")).to_be_visible()
    expect(page.get_by_role("link", name="ไปยังเว็บไซต์ของ")).to_be_hidden()
    assert_no_sideways_scroll(page)


def test_the_printed_list_has_no_filters(open_page: OpenPage):
    page = open_page("/courses/")
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="ข้อมูลเปิดภาครัฐ")).to_be_visible()
    expect(page.get_by_label("ทักษะดิจิทัล")).to_be_hidden()
