"""The certificates' pages in a real browser, at phone and desktop size."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from certificates import services
from tests.browser.helpers import assert_accessible
from tests.certificates.conftest import NOW, issue_certificate
from tests.conftest import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = pytest.mark.parametrize("width", [360, 1440])


@pytest.fixture
def several(certificate_officer):
    """A valid certificate with a long name, a revoked one and one with its name put in order."""
    people = [
        {"title": "พันตำรวจเอก (พิเศษ) หม่อมหลวง", "first_name": "ปิ่นเกล้าวรวุฒิเกียรติไพศาล"},
        {"first_name": "มานะ"},
        {"first_name": "ก่ิงแก้ว"},
    ]
    issued = [issue_certificate(make_person(**fields), f"s:{n}") for n, fields in enumerate(people)]
    services.revoke(issued[1], "ทุจริต", certificate_officer, NOW)
    return issued


@WIDTHS
@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_public_pages_are_accessible(open_page, several, width, language, scheme):
    options = {"width": width, "language": language, "scheme": scheme}
    for path in ("/v/", "/v/wrong", f"/v/{several[0].code}", f"/v/{several[1].code}"):
        assert_accessible(open_page(path, **options))


@WIDTHS
def test_the_officers_pages_are_accessible(open_page, several, certificate_officer, width):
    one = f"/staff/certificates/{several[2].pk}/"
    for path in (
        "/staff/",
        "/staff/certificates/",
        "/staff/certificates/?q=ไม่มีใคร",
        "/staff/certificates/signatories/",
        one,
        f"{one}revoke/",
        f"{one}replace/",
    ):
        assert_accessible(open_page(path, person=certificate_officer, width=width))


@WIDTHS
def test_the_holders_pages_are_accessible(open_page, several, width):
    for path in ("/my/", "/my/certificates/"):
        assert_accessible(open_page(path, person=several[0].person, width=width))


@pytest.mark.parametrize("scripts", [True, False])
def test_a_stranger_checks_a_certificate_and_sees_the_name(open_page, several, scripts):
    page = open_page("/", scripts=scripts)
    page.get_by_label("รหัสบนหนังสือรับรอง").fill(several[0].grouped_code.lower())
    page.get_by_role("button", name="ตรวจสอบ", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("หนังสือรับรองฉบับนี้เป็นของแท้และใช้ได้")
    assert page.get_by_text(several[0].holder_name).count() == 0
    page.get_by_label("นามสกุลในหนังสือรับรอง").fill("ระบบ")
    page.keyboard.press("Enter")
    page.get_by_text(several[0].holder_name).wait_for()
    if scripts:
        assert_accessible(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_an_officer_ticks_all_and_prints(open_page, several, certificate_officer, scripts):
    page = open_page("/staff/certificates/", person=certificate_officer, scripts=scripts)
    page.get_by_role("link", name="เลือกทั้งหน้านี้").click()
    expect(page.locator("input[name=certificate]:checked")).to_have_count(2)
    form = page.locator("form[method=post]", has=page.locator("input[name=certificate]"))
    response = page.request.post(
        page.url.split("?")[0] + "print/",
        form={
            "csrfmiddlewaretoken": form.locator("input[name=csrfmiddlewaretoken]").input_value(),
            "certificate": several[0].code,
        },
        headers={"Referer": page.url},
    )
    assert response.headers["content-type"] == "application/pdf"
