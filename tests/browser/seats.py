"""What browser tests of the seat share: how a candidate works the page, and what the journal says."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from exams.seat.chain import Sheet
from exams.seat.journal import read_sheets
from exams.seat.models import Sitting


def sheet_of(sitting: Sitting) -> Sheet:
    return read_sheets([sitting.pk])[sitting.pk]


def choose(page: Page, item: int, option: int) -> None:
    page.locator(f'input[name="a{item}"][value="{option}"]').check()


def expect_saved(page: Page) -> None:
    expect(page.locator("#status")).to_have_attribute("data-state", "saved", timeout=30_000)


def expect_kept(page: Page) -> None:
    expect(page.locator("#status")).to_have_attribute("data-state", "kept", timeout=15_000)


def show_all(page: Page) -> None:
    if not page.locator("#tools").evaluate("tools => tools.open"):
        page.locator("#tools summary").click()
    page.locator("#one-by-one").uncheck()


def wait_for_offline_copy(page: Page) -> None:
    """Wait until the page can be loaded again without network."""
    expect(page.locator("html")).to_have_attribute("data-offline", "ready", timeout=15_000)


def submit(page: Page) -> None:
    page.locator("#finish").click()
    page.locator('dialog button[value="submit"]').click()
