"""A room on exam day in a real browser: the console that renews itself, actions, the door."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from exams.registration.models import Placement, Round
from exams.room.models import Action
from exams.seat.models import Admission, CloseReason, Sitting
from learning.people.models import Person
from tests.browser.conftest import OpenPage
from tests.browser.helpers import assert_accessible
from tests.exams.registration.factories import make_round
from tests.exams.room.conftest import admitted, invigilator_of, present, sitting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def round_() -> Round:
    return make_round(candidates=12, rows=3, columns=5, starts=timedelta(minutes=-10))


@pytest.fixture
def placements(round_: Round) -> list[Placement]:
    found = round_.placements.select_related("sitting", "candidate__person", "seat__room__centre")
    return list(found.order_by("seat__row", "seat__column"))


@pytest.fixture
def invigilator(round_: Round) -> Person:
    return invigilator_of(round_, round_.rooms.get())


@pytest.fixture
def address(round_: Round) -> str:
    return f"/room/{round_.pk}/rooms/{round_.rooms.get().pk}/"


def mix(placements: list[Placement]) -> None:
    """Seats in many states at once."""
    admitted(placements[0])
    admitted(placements[1], failures=5)
    present(placements[2], answered=45)
    present(placements[3], ago=200, is_durable=False)
    present(placements[4], ago=200)
    present(placements[5], loads=4, left=5, drift_ms=200_000, unsent=2, generation=9)
    present(placements[6])
    sitting(placements[6], paused_at=timezone.now())
    Sitting.objects.filter(pk=placements[7].sitting_id).update(
        closed_at=timezone.now(), close_reason=CloseReason.DEADLINE
    )


def seat(page: Page, placement: Placement):
    return page.locator(f'.plan [data-seat="{placement.pk}"]')


@pytest.mark.parametrize("width", [360, 1440])
def test_the_console_is_for_everybody(open_page: OpenPage, address, invigilator, placements, width):
    mix(placements)
    page = open_page(address, person=invigilator, width=width)
    expect(seat(page, placements[3])).to_contain_text("ต้องช่วย")
    assert_accessible(page)


@pytest.mark.parametrize("width", [360, 1440])
def test_a_room_of_sixty_is_on_one_console(open_page: OpenPage, width):
    """The largest room: every seat is drawn, renewed and reached, and the plan alone scrolls sideways."""
    round_ = make_round(candidates=60, rows=6, columns=10, starts=timedelta(minutes=-10))
    found = list(round_.placements.select_related("seat", "sitting", "candidate__person").order_by("seat"))
    for placement in found[:40]:
        present(placement, answered=30)
    mix(found)
    room = round_.rooms.get()
    page = open_page(f"/room/{round_.pk}/rooms/{room.pk}/", person=invigilator_of(round_, room), width=width)
    expect(page.locator(".plan .seat")).to_have_count(60)
    expect(page.locator(".plan tbody th")).to_have_text([f"แถว {letter}" for letter in "ABCDEF"])
    expect(page.locator(".seats tbody tr")).to_have_count(60)
    for placement in found:
        present(placement, answered=99)
    for placement in (found[8], found[-1]):
        expect(seat(page, placement).locator(".words")).to_have_text("กำลังทำ 99")
    assert_accessible(page)
    last = seat(page, found[-1]).locator(".pick")
    last.focus()
    page.keyboard.press("Space")
    expect(last).to_be_checked()
    bar = page.locator(".act-bar").bounding_box()
    box = last.bounding_box()
    assert bar
    assert box
    # What the keyboard is on is not under the bar.
    assert box["y"] + box["height"] <= bar["y"] or box["y"] >= bar["y"] + bar["height"]


def test_a_change_is_seen_within_three_seconds(open_page: OpenPage, address, invigilator, placements):
    page = open_page(address, person=invigilator)
    expect(seat(page, placements[0])).to_contain_text("ยังไม่มา")
    present(placements[0], answered=7)
    expect(seat(page, placements[0]).locator(".words")).to_have_text("กำลังทำ 7")
    row = page.locator(f'tr[data-seat="{placements[0].pk}"]')
    expect(row.locator(".words")).to_have_text("กำลังทำ 7")
    expect(page.locator('[data-count="answering"]')).to_have_text("1")


def test_a_call_is_announced_once_and_goes_when_it_is_over(
    open_page: OpenPage, address, invigilator, placements
):
    present(placements[0])
    page = open_page(address, person=invigilator)
    present(placements[0], ago=500, is_durable=False)
    expect(page.locator("#announce")).to_have_text(f"ที่นั่งที่ต้องดูแล: {placements[0].seat.label}")
    expect(page.locator("#calls li")).to_have_count(1)
    present(placements[0])
    expect(page.locator("#calls")).to_have_text("ขณะนี้ไม่มีที่นั่งที่ต้องดูแล")


def test_a_console_that_hears_nothing_says_so(open_page: OpenPage, address, invigilator, placements):
    page = open_page(address, person=invigilator)
    page.route("**/room/live", lambda route: route.abort())
    expect(page.locator("#stale")).to_contain_text("ไม่เป็นปัจจุบัน", timeout=15_000)
    page.unroute("**/room/live")
    expect(page.locator("#stale")).to_be_hidden()


def test_holding_stops_the_page_and_letting_go_renews_it(
    open_page: OpenPage, address, invigilator, placements
):
    page = open_page(address, person=invigilator)
    hold = page.get_by_role("button", name="หยุดปรับปรุงเอง")
    hold.click()
    present(placements[0], answered=7)
    page.wait_for_timeout(2500)
    expect(seat(page, placements[0])).to_contain_text("ยังไม่มา")
    hold.click()
    expect(seat(page, placements[0])).to_contain_text("กำลังทำ 7")


def test_by_keyboard_alone_a_seat_is_chosen_and_given_time(
    open_page: OpenPage, address, invigilator, placements
):
    present(placements[0])
    present(placements[1])
    page = open_page(address, person=invigilator)
    for placement in placements[:2]:
        seat(page, placement).locator(".pick").focus()
        page.keyboard.press("Space")
    # The same seats are ticked in the table.
    expect(page.locator(f'tr[data-seat="{placements[0].pk}"] .pick')).to_be_checked()
    page.locator(".act-bar").get_by_role("button", name="ให้เวลาเพิ่ม").focus()
    page.keyboard.press("Enter")
    dialogue = page.get_by_role("dialog")
    expect(dialogue).to_contain_text(placements[1].candidate.number)
    assert_accessible(page)
    page.keyboard.type("5")
    page.keyboard.press("Tab")
    page.keyboard.type("ไฟฟ้าดับ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("ให้เวลาเพิ่ม เรียบร้อยแล้ว (2 คน)")).to_be_visible()
    assert Action.objects.get().count == 2


def test_a_dialogue_is_left_with_escape(open_page: OpenPage, address, invigilator, placements):
    page = open_page(address, person=invigilator)
    page.get_by_role("link", name="พักเวลา").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert not Action.objects.exists()


def test_without_scripts_everything_is_a_page(open_page: OpenPage, address, invigilator, placements):
    page = open_page(address, person=invigilator, scripts=False, width=360)
    row = page.locator(f'tr[data-seat="{placements[0].pk}"]')
    row.locator(".pick").check()
    page.locator(".act-bar").get_by_role("button", name="ให้เข้าสอบ", exact=True).click()
    page.get_by_role("button", name="ให้เข้าสอบและแสดงรหัส").click()
    expect(page.locator(".code")).to_be_visible()
    expect(page.locator(".code")).to_have_text(Admission.objects.get().code)


@pytest.mark.parametrize("width", [360, 1440])
def test_the_door_from_a_scanner_to_the_code(open_page: OpenPage, address, invigilator, placements, width):
    page = open_page(f"{address}check-in/", person=invigilator, width=width)
    assert_accessible(page)
    # A scanner types the number and presses Enter; the caret is in the box already.
    expect(page.locator("input[name=q]")).to_be_focused()
    page.keyboard.type(placements[2].candidate.number)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=placements[2].candidate.person.full_name)).to_be_visible()
    expect(page.locator("#admit")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("Enter")
    expect(page.locator(".code")).to_be_visible()
    expect(page.locator(".code")).to_have_text(Admission.objects.get().code)
    assert_accessible(page)


@pytest.mark.parametrize("where", ["", "centre"])
def test_an_overview_shows_a_change_by_itself_and_moves_nobody(
    open_page: OpenPage, round_, placements, exam_officer, where
):
    centre = placements[0].seat.room.centre
    address = f"/room/{round_.pk}/" + (f"centres/{centre.pk}/" if where else "")
    page = open_page(address, person=exam_officer)
    states = page.locator("#whole dd")
    expect(states.nth(0)).to_have_text("12")
    expect(page.locator("#nobody-silent")).to_be_visible()
    link = page.locator("[data-line] a")
    link.focus()
    for placement in placements[:3]:
        present(placement, ago=500, is_durable=False)
    admitted(placements[3], failures=5)
    expect(page.locator("[data-line] .status-tag")).to_have_text("4 ที่นั่ง")
    expect(page.locator('#whole [data-state="silent"] dd')).to_have_text("3")
    expect(page.locator("[data-silent]")).to_have_count(3)
    expect(page.locator("[data-silent] a").first).to_have_attribute(
        "href", f"/room/{round_.pk}/rooms/{placements[0].seat.room_id}/seats/{placements[0].pk}/"
    )
    expect(page.locator("#announce")).to_contain_text(link.inner_text())
    expect(link).to_be_focused()
    assert_accessible(page)
    for placement in placements[:3]:
        present(placement)
    expect(page.locator("#nobody-silent")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1440])
def test_the_overviews_and_the_seat_are_for_everybody(
    open_page: OpenPage, address, round_, placements, exam_officer, width
):
    mix(placements)
    centre = placements[0].seat.room.centre
    for path in (
        "/room/",
        f"/room/{round_.pk}/",
        f"/room/{round_.pk}/centres/{centre.pk}/",
        f"{address}seats/{placements[5].pk}/",
        f"{address}incidents/new/",
        f"{address}act/show_key/",
        f"{address}act/move/?seat={placements[2].pk}",
    ):
        page = open_page(path, person=exam_officer, width=width)
        assert_accessible(page)


def test_the_key_is_letters_and_a_picture(open_page: OpenPage, address, invigilator):
    page = open_page(f"{address}act/show_key/", person=invigilator, width=360)
    page.get_by_label("เหตุผล").fill("เครือข่ายของศูนย์ขัดข้อง")
    page.get_by_role("button", name="แสดงรหัส").click()
    expect(page.locator(".paper-key span")).to_have_count(5)
    expect(page.locator(".key-picture")).to_be_visible()
    assert_accessible(page)
