"""Results in a real browser: the candidate's page, the office's, and a receipt checked by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from exams.results.services.roots import receipt_file
from tests.browser.helpers import assert_accessible
from tests.exams.results.factories import FAILING, PASSING, alter, announce, conclude, make_sat_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = pytest.mark.parametrize(
    "look", [{"width": 360}, {"width": 1440, "language": "en", "scheme": "dark"}], ids=["phone", "desk"]
)


@pytest.fixture
def round_(learner):
    round_ = make_sat_round(learner, candidates=2, right=[PASSING, FAILING, PASSING])
    alter(round_.candidates.order_by("number")[2])
    conclude(round_)
    return round_


@LOOKS
def test_pages_of_results_are_accessible(open_page, round_, learner, exam_officer, look):
    page = open_page("/exams/results/office/", person=exam_officer, **look)
    assert_accessible(page)
    base, altered = f"/exams/results/office/{round_.pk}/", round_.candidates.order_by("number")[2]
    office = f"/exams/results/office/candidates/{altered.pk}/"
    for path in (base, f"{base}release/", office, f"{office}set-free/"):
        page.goto(path)
        assert_accessible(page)
    page.locator("main form button[type=submit]").click()
    assert_accessible(page)
    own = f"/exams/results/{round_.candidates.get(person=learner).pk}/"
    before = open_page(own, person=learner, **look)
    assert_accessible(before)
    announce(round_, exam_officer)
    before.reload()
    expect(before.locator("table")).to_be_visible()
    assert_accessible(before)


@LOOKS
def test_a_receipt_is_checked_by_keyboard_alone(open_page, round_, learner, look):
    page = open_page(f"/exams/rounds/{round_.pk}/root/", **look)
    assert_accessible(page)
    text = receipt_file(round_.candidates.get(person=learner)) or b""
    page.locator("main textarea").focus()
    page.keyboard.insert_text(text.decode())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".alert-success")).to_be_visible()
    assert_accessible(page)
    page.locator("main textarea").fill("{}")
    page.locator("main button[type=submit]").click()
    expect(page.locator("main textarea")).to_have_attribute("aria-invalid", "true")
    assert_accessible(page)
