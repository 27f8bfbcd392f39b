"""Registering by keyboard alone on a phone, for every personnel group, with axe on every page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from learning.people.models import Person, PersonnelGroup
from learning.people.reference_data import load_reference_data
from tests.browser.helpers import assert_accessible
from tests.conftest import make_national_id, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBER = make_national_id(123_123)
START = {"#id_service_start_0": "1", "#id_service_start_1": "10", "#id_service_start_2": "2558"}
AGENCY = {"#id_ministry": "01", "#id_department": "0101"}
WORK = {
    PersonnelGroup.CIVIL_SERVANT: AGENCY | START | {"#id_position_level": "K1", "#id_position": "นิติกร"},
    PersonnelGroup.OTHER_OFFICIAL: AGENCY
    | START
    | {"#id_personnel_kind": "police", "#id_position": "รองสารวัตร"},
    PersonnelGroup.STATE_OFFICER: AGENCY
    | START
    | {"#id_personnel_kind": "permanent_employee", "#id_position": "พนักงานขับรถ"},
    PersonnelGroup.STATE_ENTERPRISE: {"#id_department": "2301"} | START | {"#id_position": "วิศวกร"},
    PersonnelGroup.PUBLIC: {"#id_occupation": "ค้าขาย"},
}


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the control has the focus."""
    wanted = page.locator(selector)
    for _press in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {selector}")


def answer(page: Page, answers: dict[str, str]) -> None:
    """Fill controls from the keyboard; a select by its arrow keys."""
    for selector, value in answers.items():
        control = page.locator(selector)
        if control.evaluate("element => element.tagName") == "SELECT":
            option = page.locator(f"{selector} option[value='{value}']")
            # The departments come from the server after the ministry was chosen.
            option.wait_for(state="attached")
            tab_to(page, selector)
            for _press in range(option.evaluate("element => element.index")):
                page.keyboard.press("ArrowDown")
            expect(control).to_have_value(value)
        else:
            tab_to(page, selector)
            page.keyboard.insert_text(value)


def choose(page: Page, name: str, value: str) -> None:
    """Choose a radio button from the keyboard."""
    tab_to(page, f"input[name={name}] >> nth=0")
    page.keyboard.press("Space")
    wanted = page.locator(f"input[name={name}][value={value}]")
    for _press in range(6):
        if wanted.is_checked():
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"the arrow keys never reach {value}")


def go_on(page: Page, heading: str) -> None:
    """Press the page's button and wait for the next page."""
    assert_accessible(page)
    tab_to(page, "main form button.btn-primary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


@pytest.mark.parametrize("group", PersonnelGroup)
def test_every_group_registers_by_keyboard_on_a_phone(open_page, group):
    load_reference_data()
    page = open_page("/register/", width=360)
    tab_to(page, "#id_consent")
    page.keyboard.press("Space")
    go_on(page, "เลขประจำตัวประชาชนของท่าน")
    answer(page, {"#id_national_id": NUMBER})
    go_on(page, "กลุ่มบุคลากรของท่าน")
    choose(page, "group", group.value)
    go_on(page, "ข้อมูลส่วนตัว")
    names = {"#id_title": "นางสาว", "#id_first_name": "แก้ว", "#id_last_name": "ใจดี", "#id_birth_year": "๒๕๓๕"}
    answer(page, names)
    choose(page, "sex", "female")
    answer(page, {"#id_education_level": "bachelor", "#id_email": "kaew@example.org"})
    go_on(page, "ข้อมูลการทำงาน")
    answer(page, WORK[group])
    go_on(page, "ตั้งรหัสผ่าน")
    answer(page, {"#id_password": "ฝนตกที่นครปฐม", "#id_again": "ฝนตกที่นครปฐม"})
    go_on(page, "ตรวจสอบข้อมูลของท่าน")
    go_on(page, "ลงทะเบียนเรียบร้อยแล้ว")
    assert_accessible(page)
    assert Person.objects.by_national_id(NUMBER).get().group == group


def test_registering_works_without_scripts(open_page):
    load_reference_data()
    page = open_page("/register/", width=360, scripts=False)
    page.check("#id_consent")
    page.click("main form button.btn-primary")
    page.fill("#id_national_id", NUMBER)
    page.click("main form button.btn-primary")
    page.check("input[value=state_officer]")
    page.click("main form button.btn-primary")
    for selector, value in {
        "#id_title": "นาย",
        "#id_first_name": "ก้อง",
        "#id_last_name": "ใจดี",
        "#id_birth_year": "2535",
        "#id_email": "kong@example.org",
    }.items():
        page.fill(selector, value)
    page.check("input[value=male]")
    page.select_option("#id_education_level", "bachelor")
    page.click("main form button.btn-primary")
    page.select_option("#id_ministry", "03")
    page.get_by_role("button", name="แสดงส่วนราชการในสังกัด").click()
    page.select_option("#id_department", label="กรมสรรพากร")
    expect(page.locator("#id_ministry")).to_have_value("03")


def test_an_error_takes_the_reader_to_its_field(open_page):
    page = open_page("/accounts/login/", width=360)
    tab_to(page, "main form button.btn-primary")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    page.locator(".error-summary a").first.click()
    expect(page.locator("#id_login")).to_be_focused()


@pytest.mark.parametrize("width", [360, 1440])
def test_account_and_staff_pages_are_accessible(open_page, administrator, width):
    load_reference_data()
    person = make_person(roles=[("reviewer", None)])
    for path in ("/accounts/login/", "/accounts/password/reset/"):
        assert_accessible(open_page(path, width=width))
    page = open_page("/my/profile/", width=width, person=administrator)
    for path in (
        "/my/profile/",
        "/my/profile/about/",
        "/my/profile/work/civil_servant/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/staff/persons/",
        f"/staff/persons/{person.public_id}/",
        "/staff/audit/",
        "/staff/imports/",
        "/staff/persons/export/",
    ):
        page.goto(path)
        assert_accessible(page)
