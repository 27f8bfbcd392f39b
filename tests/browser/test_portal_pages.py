"""The portal's own pages in a real browser, at phone and desktop size."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import expect

from learning.people.models import Agency, AgencyLevel, Role
from tests.browser.helpers import assert_accessible, assert_no_sideways_scroll
from tests.conftest import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE, DESKTOP = 360, 1440


def assert_accessible_in_both_languages(open_page, path, width, person=None):
    for language in ("th", "en"):
        page = open_page(path, person=person, width=width, language=language)
        assert_accessible(page)
        page.context.close()


@pytest.fixture
def officer(ministry):
    for number in range(1, 45):
        Agency.objects.create(
            code=f"T01{number:02}",
            name_th=f"สำนักงานคณะกรรมการพัฒนาข้อมูลข่าวสารของราชการแห่งชาติ ที่ {number}",
            level=AgencyLevel.DEPARTMENT,
            parent=ministry,
        )
    return make_person(
        first_name="ประกายกาญจน์เกศินี",
        last_name="ศรีสุวรรณพงศ์ไพบูลย์กิจ",
        roles=[(role, ministry if role == Role.AGENCY_OFFICER else None) for role in Role.values],
    )


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("path", ["/", "/accessibility/", "/privacy/", "/styleguide/", "/no/such/page/"])
def test_a_public_page_is_accessible(open_page, path, width):
    assert_accessible_in_both_languages(open_page, path, width)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("path", ["/my/", "/staff/", "/agency/", "/agency/?q=ไม่มี"])
def test_a_page_behind_sign_in_is_accessible(open_page, officer, path, width):
    assert_accessible_in_both_languages(open_page, path, width, officer)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_an_agency_page_is_accessible(open_page, officer, ministry, width):
    assert_accessible_in_both_languages(open_page, f"/agency/{ministry.pk}/", width, officer)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_page_of_a_refused_person_is_accessible(open_page, learner, width):
    assert_accessible_in_both_languages(open_page, "/staff/", width, learner)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("template", ["400.html", "500.html", "errors/csrf.html", "errors/domain.html"])
def test_an_error_page_is_accessible(open_page, template, width):
    page = open_page("/robots.txt", width=width)
    error = {"message": "ปิดรับคำขอแล้ว"}
    body = render_to_string(template, {"reference": "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "error": error})
    page.route("**/broken/", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"))
    page.goto("/broken/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("path", ["/", "/privacy/", "/styleguide/", "/agency/"])
def test_text_of_twice_the_size_fits_a_tablet(open_page, officer, path):
    page = open_page(path, person=officer, width=720)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert_no_sideways_scroll(page)


def test_the_first_key_leads_past_the_menu(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="ข้ามไปยังเนื้อหาหลัก")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_menu_opens_and_closes_on_a_phone(open_page, learner):
    page = open_page("/", person=learner, width=PHONE)
    button = page.get_by_role("button", name="เมนู")
    my_page = page.get_by_role("navigation", name="เมนูหลัก").get_by_role("link", name="หน้าของฉัน")
    expect(my_page).to_be_hidden()
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(my_page).to_be_visible()
    button.press("Enter")
    expect(my_page).to_be_hidden()


def test_the_menu_stands_open_on_a_phone_without_scripts(open_page, learner):
    page = open_page("/", person=learner, width=PHONE, scripts=False)
    expect(page.get_by_role("navigation", name="เมนูหลัก").get_by_role("link", name="หน้าของฉัน")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_language_is_switched_and_the_page_kept(open_page, scripts):
    page = open_page("/privacy/", scripts=scripts)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Privacy notice")
    page.get_by_role("button", name="ภาษาไทย").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ประกาศความเป็นส่วนตัว")


def test_numerals_are_switched_without_scripts(open_page):
    page = open_page("/privacy/", scripts=False)
    page.get_by_role("button", name="แสดงเลขไทย").click()
    expect(page.get_by_text("มาตรา ๒๔ (๔)")).to_be_visible()
    page.get_by_role("button", name="แสดงเลขอารบิก").click()
    expect(page.get_by_text("มาตรา 24 (4)")).to_be_visible()


def test_a_person_signs_out_from_any_page(open_page, learner):
    page = open_page("/privacy/", person=learner)
    page.get_by_role("button", name="ออกจากระบบ").click()
    expect(page.get_by_role("banner").get_by_role("link", name="เข้าสู่ระบบ")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_officer_searches_and_turns_pages(open_page, officer, scripts):
    page = open_page("/agency/", person=officer, scripts=scripts)
    page.get_by_label("ค้นหาจากชื่อ").fill("พัฒนาข้อมูล")
    page.get_by_role("button", name="ค้นหา").click()
    page.get_by_role("link", name="ถัดไป").click()
    expect(page.get_by_text("แสดงรายการที่ 31–44 จาก 44 รายการ")).to_be_visible()
    expect(page.get_by_label("ค้นหาจากชื่อ")).to_have_value("พัฒนาข้อมูล")


def test_a_refused_form_takes_the_focus_and_its_links_lead_to_the_fields(open_page):
    page = open_page("/accounts/login/")
    page.locator("form[action*='login'] button[type=submit]").click()
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("listitem")).to_have_count(2)
    summary.get_by_role("link").first.click()
    expect(page.locator("#id_login")).to_be_focused()
    assert_accessible(page)


def test_a_part_of_a_page_that_cannot_be_fetched_is_told_once(open_page):
    page = open_page("/")
    for _ in range(2):
        with page.expect_response("**/no/such/page/"):
            page.evaluate("htmx.ajax('GET', '/no/such/page/', 'main')")
    expect(page.get_by_role("alert")).to_have_text("ปรับปรุงหน้านี้ไม่สำเร็จ โปรดตรวจสอบการเชื่อมต่อแล้วโหลดหน้าใหม่")


def test_dark_follows_the_system_without_scripts(open_page):
    grounds = {
        scheme: open_page("/", scheme=scheme, scripts=False).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert grounds == {"light": "rgb(253, 252, 249)", "dark": "rgb(16, 24, 22)"}


def test_paper_shows_the_content_without_the_controls(open_page, officer):
    page = open_page("/agency/", person=officer)
    page.emulate_media(media="print")
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.locator(".main-navigation")).to_be_hidden()
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator(".site-footer")).to_be_hidden()


def test_thai_text_is_set_in_the_portals_face(open_page):
    page = open_page("/")
    page.evaluate("document.fonts.ready.then(() => true)")
    assert page.evaluate("document.fonts.check('16px Sarabun', 'ก')")
    line = page.evaluate("parseFloat(getComputedStyle(document.body).lineHeight)")
    size = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert line / size >= 1.7
