"""The exam page in a real browser against the real server: what happens on a bad morning."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import BrowserContext, Route, expect

from exams.seat.clock import give_extra_time
from exams.seat.models import CloseReason, Sitting
from exams.seat.services import take_seat
from learning.people.models import Person
from tests.browser.helpers import assert_accessible
from tests.browser.seats import (
    choose,
    expect_kept,
    expect_saved,
    sheet_of,
    show_all,
    submit,
    wait_for_offline_copy,
)
from tests.conftest import CHROMIUM
from tests.exams.seat.conftest import make_sitting
from tests.server import PlatformServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ITEMS = 5


@pytest.fixture
def sitting(learner: Person, server: PlatformServer) -> Sitting:
    return make_sitting(learner, items=ITEMS)


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_exam_page_is_accessible_in_every_state(open_seat, sitting, width, scheme):
    page = open_seat(sitting, width=width, scheme=scheme)
    choose(page, 1, 2)
    expect_saved(page)
    assert_accessible(page)
    show_all(page)
    assert_accessible(page)
    page.locator("#finish").click()
    assert_accessible(page)
    page.locator('dialog button[value="submit"]').click()
    expect(page.locator("h1")).to_contain_text("ส่งแบบทดสอบเรียบร้อยแล้ว")
    page.locator("summary").click()
    assert_accessible(page)


def test_a_sitting_by_keyboard_alone(open_seat, sitting):
    page = open_seat(sitting)
    for key in ("2", "f", "ArrowRight", "1", "ArrowRight", "4", "ArrowLeft", "3"):
        page.keyboard.press(key)
    expect_saved(page)
    sheet = sheet_of(sitting)
    assert (sheet.choices, sheet.flags) == ({1: 2, 2: 3, 3: 4}, {1})
    for _ in range(30):
        if page.evaluate("document.activeElement.id") == "finish":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#confirm-text")).to_contain_text("ท่านยังไม่ได้ตอบ 2 ข้อ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("ส่งแบบทดสอบเรียบร้อยแล้ว")
    assert sheet_of(sitting).closed == CloseReason.SUBMITTED


def test_keys_can_be_switched_off_for_those_who_speak_to_their_device(open_seat, sitting):
    page = open_seat(sitting)
    if not page.locator("#shortcuts").is_visible():
        page.locator("#tools summary").click()
    page.locator("#shortcuts").uncheck()
    page.keyboard.press("2")
    page.keyboard.press("f")
    page.reload()
    page.keyboard.press("2")
    expect_saved(page)
    assert sheet_of(sitting).count == 1


def test_a_reload_shows_the_answers_and_goes_on(open_seat, sitting):
    page = open_seat(sitting)
    choose(page, 1, 2)
    expect_saved(page)
    page.reload()
    expect(page.locator('input[name="a1"][value="2"]')).to_be_checked()
    choose(page, 1, 3)
    expect_saved(page)
    assert sheet_of(sitting).choices == {1: 3}


def test_answers_made_without_network_survive_a_reload_and_are_sent_when_it_is_back(
    open_seat, sitting, server
):
    page = open_seat(sitting)
    wait_for_offline_copy(page)
    show_all(page)
    choose(page, 1, 2)
    expect_saved(page)
    # Not by the browser's own switch: what goes through a service worker after a reload escapes it.
    server.kill()
    choose(page, 2, 4)
    choose(page, 1, 1)
    expect_kept(page)
    expect(page.locator("#status")).to_contain_text("เก็บไว้ในเครื่องนี้แล้ว")
    page.reload()
    expect(page.locator('input[name="a2"][value="4"]')).to_be_checked()
    expect(page.locator('input[name="a1"][value="1"]')).to_be_checked()
    choose(page, 3, 3)
    expect_kept(page)
    assert sheet_of(sitting).choices == {1: 2}
    server.start()
    expect_saved(page)
    assert sheet_of(sitting).choices == {1: 1, 2: 4, 3: 3}


def test_a_killed_server_loses_nothing_that_was_acknowledged_and_the_page_goes_on(open_seat, sitting, server):
    page = open_seat(sitting)
    show_all(page)
    choose(page, 1, 2)
    expect_saved(page)
    server.kill()
    assert sheet_of(sitting).choices == {1: 2}
    choose(page, 2, 3)
    expect_kept(page)
    server.start()
    expect_saved(page)
    assert sheet_of(sitting).choices == {1: 2, 2: 3}


@contextmanager
def journal_away() -> Iterator[None]:
    """The server runs and answers, but no answer can be read or stored."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE seat_journalentry RENAME TO seat_journalentry_away")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE seat_journalentry_away RENAME TO seat_journalentry")


def test_a_database_that_is_away_is_told_the_candidate_and_loses_nothing(open_seat, sitting):
    page = open_seat(sitting)
    replies: list[tuple[str, int]] = []
    page.on("response", lambda reply: replies.append((reply.url.rpartition("/")[2], reply.status)))
    wait_for_offline_copy(page)
    show_all(page)
    choose(page, 1, 2)
    expect_saved(page)
    with journal_away():
        choose(page, 2, 4)
        choose(page, 1, 1)
        expect_kept(page)
        expect(page.locator("#status")).to_contain_text("เก็บไว้ในเครื่องนี้แล้ว")
        assert ("entries", 503) in replies
        # The server cannot show the page either; the service worker gives the one it has.
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-kept", "")
        expect(page.locator('input[name="a2"][value="4"]')).to_be_checked()
        expect(page.locator('input[name="a1"][value="1"]')).to_be_checked()
        choose(page, 3, 3)
        expect_kept(page)
    expect_saved(page)
    # One entry for each choice and one for the opening: nothing was stored twice.
    sheet = sheet_of(sitting)
    assert (sheet.choices, sheet.count) == ({1: 1, 2: 4, 3: 3}, 5)


def test_a_killed_browser_loses_nothing_that_was_chosen(browser, sitting, server, tmp_path):
    """A crash of the browser while offline: the profile on disk is all that is left."""
    seat_pass = take_seat(sitting, now=timezone.now())
    chromium = browser.browser_type

    def launch() -> BrowserContext:
        context: BrowserContext = chromium.launch_persistent_context(
            tmp_path / "profile",
            base_url=server.origin,
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        return context

    first = launch()
    first.add_cookies(
        [
            {
                "name": "seat",
                "value": seat_pass.token,
                "url": f"{server.origin}{seat_pass.path}",
                "expires": time.time() + 3600,
            }
        ]
    )
    page = first.new_page()
    page.goto(seat_pass.path)
    wait_for_offline_copy(page)
    first.set_offline(True)
    choose(page, 1, 4)
    expect_kept(page)
    first.close()
    second = launch()
    page = second.new_page()
    page.goto(seat_pass.path)
    expect_saved(page)
    expect(page.locator('input[name="a1"][value="4"]')).to_be_checked()
    second.close()
    assert sheet_of(sitting).choices == {1: 4}


def test_the_second_browser_takes_over_and_the_first_is_told_in_plain_words(open_seat, sitting):
    first = open_seat(sitting)
    choose(first, 1, 2)
    expect_saved(first)
    second = open_seat(sitting)
    choose(first, 1, 3)
    expect(first.locator("#alert")).to_contain_text("เปิดในอุปกรณ์หรือหน้าต่างอื่นแล้ว")
    expect(first.locator('input[name="a1"]').first).to_be_disabled()
    expect(second.locator('input[name="a1"][value="2"]')).to_be_checked()
    choose(second, 1, 4)
    expect_saved(second)
    assert sheet_of(sitting).choices == {1: 4}


def test_a_second_tab_of_the_same_browser_does_not_write(open_seat, sitting):
    first = open_seat(sitting)
    expect_saved(first)
    second = first.context.new_page()
    second.goto(first.url)
    expect(second.locator("#alert")).to_contain_text("แท็บอื่น")
    choose(first, 1, 2)
    expect_saved(first)
    assert sheet_of(sitting).choices == {1: 2}


def test_what_this_device_could_not_send_before_it_was_opened_again_is_not_lost(open_seat, sitting, server):
    page = open_seat(sitting)
    wait_for_offline_copy(page)
    page.context.set_offline(True)
    choose(page, 1, 2)
    expect_kept(page)
    page.context.set_offline(False)
    context = page.context
    page.close()
    again = take_seat(sitting, now=timezone.now())
    context.add_cookies([{"name": "seat", "value": again.token, "url": f"{server.origin}{again.path}"}])
    page = context.new_page()
    page.goto(again.path)
    expect_saved(page)
    expect(page.locator('input[name="a1"][value="2"]')).to_be_checked()
    assert sheet_of(sitting).choices == {1: 2}


def test_a_clock_a_day_off_changes_neither_the_time_left_nor_the_answers(open_seat, learner, server):
    sitting = make_sitting(learner, minutes=40)
    page = open_seat(sitting)
    page.clock.install(time=timezone.now() + timedelta(days=1))
    page.reload()
    choose(page, 1, 2)
    expect_saved(page)
    shown = page.locator("#clock b").inner_text()
    assert re.fullmatch(r"(40|39|38):\d\d", shown)
    assert sheet_of(sitting).choices == {1: 2}


def test_at_the_end_of_time_the_page_submits_by_itself(open_seat, learner, server):
    sitting = make_sitting(learner, minutes=0.12, items=ITEMS)
    page = open_seat(sitting)
    choose(page, 1, 2)
    expect(page.locator("h1")).to_contain_text("ส่งแบบทดสอบเรียบร้อยแล้ว", timeout=30_000)
    sheet = sheet_of(sitting)
    assert (sheet.choices, sheet.closed) == ({1: 2}, CloseReason.SUBMITTED)


def test_a_page_whose_time_ran_out_goes_on_with_extra_time_it_had_not_heard_of(
    open_seat, learner, exam_officer, server
):
    sitting = make_sitting(learner, minutes=0.2, items=ITEMS)
    page = open_seat(sitting)
    choose(page, 1, 2)
    expect_saved(page)
    extra = timedelta(minutes=5)
    give_extra_time([sitting.pk], extra, actor=exam_officer, reason="ไฟดับ", now=timezone.now())
    expect(page.locator("#alert")).to_contain_text("หมดเวลา", timeout=30_000)
    expect(page.locator("#clock b")).to_have_text(re.compile(r"[45]:\d\d"), timeout=30_000)
    choose(page, 1, 3)
    expect_saved(page)
    assert (sheet_of(sitting).choices, sheet_of(sitting).closed) == ({1: 3}, None)


def test_submitting_without_network_waits_and_then_submits(open_seat, sitting):
    page = open_seat(sitting)
    choose(page, 1, 2)
    expect_saved(page)
    page.context.set_offline(True)
    choose(page, 1, 3)
    submit(page)
    expect(page.locator("#alert")).to_contain_text("ระบบจะส่งแบบทดสอบทันทีที่สัญญาณกลับมา")
    page.context.set_offline(False)
    expect(page.locator("h1")).to_contain_text("ส่งแบบทดสอบเรียบร้อยแล้ว", timeout=30_000)
    assert sheet_of(sitting).choices == {1: 3}


def test_a_sitting_with_scripts_off(open_seat, sitting):
    page = open_seat(sitting, scripts=False, width=360)
    choose(page, 1, 2)
    page.get_by_role("button", name="บันทึกคำตอบ").click()
    expect(page.locator(".notice")).to_have_text("บันทึกคำตอบของท่านแล้ว")
    choose(page, 2, 1)
    page.get_by_role("button", name="ตรวจและส่ง").click()
    expect(page.locator("main")).to_contain_text("ตอบแล้ว 2 จาก 5 ข้อ")
    page.get_by_role("button", name="ส่งแบบทดสอบ").click()
    expect(page.locator("h1")).to_contain_text("ส่งแบบทดสอบเรียบร้อยแล้ว")
    assert sheet_of(sitting).choices == {1: 2, 2: 1}


def test_the_page_weighs_little_without_the_paper(open_seat, sitting, server):
    """At most 60 KB compressed, whatever the browser has to load before the first question."""
    page = open_seat(sitting)
    wait_for_offline_copy(page)
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    sizes = {}
    for url in [page.url, *loaded]:
        if url.endswith((".js", ".css", "/")):
            sizes[url] = len(gzip.compress(page.request.get(url).body()))
    assert len(sizes) >= 6
    assert sum(sizes.values()) <= 60 * 1024


def test_the_receipt_makes_the_device_forget_this_sitting_and_no_other(open_seat, sitting, learner, server):
    other = make_sitting(learner, items=ITEMS)
    page = open_seat(other)
    wait_for_offline_copy(page)
    page.context.set_offline(True)
    choose(page, 1, 4)
    expect_kept(page)
    context = page.context
    page.close()
    context.set_offline(False)
    seat_pass = take_seat(sitting, now=timezone.now())
    context.add_cookies(
        [{"name": "seat", "value": seat_pass.token, "url": f"{server.origin}{seat_pass.path}"}]
    )
    page = context.new_page()
    page.goto(seat_pass.path)
    wait_for_offline_copy(page)
    cached = (
        "async () => (await (await caches.open('seat')).keys()).map((kept) => new URL(kept.url).pathname)"
    )
    pages = [path for path in page.evaluate(cached) if path.startswith("/seat/")]
    assert pages == [seat_pass.path]
    submit(page)
    expect(page.locator("html")).to_have_attribute("data-forgotten", "")
    assert [path for path in page.evaluate(cached) if path.startswith("/seat/")] == []
    unsent = page.evaluate(
        """() => new Promise((resolve) => {
          indexedDB.open("seat").onsuccess = ({ target }) => {
            const all = target.result.transaction("entries").objectStore("entries").getAll();
            all.onsuccess = () => resolve(all.result.map((record) => [record.sitting, record.choice]));
          };
        })"""
    )
    assert unsent == [[other.pk, 4]]


def test_what_is_chosen_before_the_scripts_are_there_is_an_answer(new_page, server, sitting):
    page = new_page()
    seat = take_seat(sitting, now=timezone.now())
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/seat/seat*.js", hold)
    page.context.add_cookies([{"name": "seat", "value": seat.token, "url": f"{server.origin}{seat.path}"}])
    page.goto(seat.path, wait_until="commit")
    choose(page, 1, 2)
    page.locator("#q2 input[type=checkbox]").check()
    held[0].continue_()
    expect(page.locator("#navigator a[data-n='1']")).to_have_attribute("data-answered", "")
    expect_saved(page)
    expect(page.locator("#q1 input[value='2']")).to_be_checked()
    sheet = sheet_of(sitting)
    assert (sheet.choices, sheet.flags) == ({1: 2}, {2})
