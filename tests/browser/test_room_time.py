"""Lost time and the times of a round in a real browser, at phone and desktop size."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse
from playwright.sync_api import expect

from exams.registration.models import Placement, Round, RoundStatus
from exams.room.scopes import Scope
from exams.room.services import lost_time
from exams.seat import admissions, clock
from exams.seat.journal import to_ms
from exams.seat.models import ClockChange, ClockEvent, Silence, Sitting
from exams.seat.services import take_seat
from tests.browser.helpers import assert_accessible
from tests.exams.registration.factories import make_round
from tests.exams.room.conftest import present

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = pytest.mark.parametrize(
    "look", [{"width": 360}, {"width": 1440, "language": "en", "scheme": "dark"}], ids=["phone", "desk"]
)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def troubled(exam_officer) -> Round:
    """Half an hour into a round: one opened late, one was silent, one paused, one is silent now."""
    round_ = make_round(candidates=5, starts=timedelta(minutes=-30))
    start = round_.starts_at
    placed = list(Placement.objects.filter(round=round_).select_related("sitting", "candidate"))
    for index, placement in enumerate(placed):
        admissions.admit({placement.sitting_id: placement.candidate.number}, now=start - 5 * MINUTE)
        take_seat(placement.sitting, now=start + (4 * MINUTE if index == 0 else -MINUTE))
        present(placement, ago=600 if index == 3 else 5)
    began, ended = to_ms(start + 9 * MINUTE), to_ms(start + 16 * MINUTE)
    Silence.objects.create(sitting=placed[1].sitting, from_ms=began, to_ms=ended)
    by = {"actor": exam_officer, "reason": "สัญญาณเตือนภัย"}
    clock.pause([placed[2].sitting_id], now=start + 10 * MINUTE, **by)
    clock.resume([placed[2].sitting_id], now=start + 15 * MINUTE, **by)
    return round_


@LOOKS
def test_lost_time_is_read_and_given_back_by_keyboard(open_page, troubled, exam_officer, look):
    page = open_page(Scope(troubled).url("ledger"), person=exam_officer, **look)
    assert_accessible(page)
    expect(page.locator("tbody tr")).to_have_count(4)
    page.locator("input[name=seat]").first.focus()
    page.keyboard.press("Space")
    page.locator("#id_reason").focus()
    page.keyboard.insert_text("ระบบเครือข่ายขัดข้อง")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".alert-success, .messages").first).to_be_visible()
    assert ClockEvent.objects.get(kind=ClockChange.EXTRA).delta_ms == 7 * 60_000
    assert_accessible(page)


@LOOKS
def test_the_sums_of_a_large_round_are_for_everybody(open_page, monkeypatch, troubled, exam_officer, look):
    monkeypatch.setattr(lost_time, "LARGE", 2)
    page = open_page(Scope(troubled).url("ledger"), person=exam_officer, **look)
    expect(page.locator("tbody tr")).to_have_count(1)
    assert_accessible(page)
    page.locator("tbody a").click()
    page.wait_for_url("**" + Scope(troubled, troubled.rooms.get().centre).url("ledger"))
    assert_accessible(page)


def test_a_form_without_seats_says_so_without_scripts(open_page, troubled, exam_officer):
    page = open_page(Scope(troubled).url("ledger"), person=exam_officer, scripts=False, width=360)
    page.locator("#id_reason").fill("ไฟฟ้าดับ")
    page.locator("#compensation button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("ยังไม่ได้เลือกที่นั่ง")
    assert not ClockEvent.objects.filter(kind=ClockChange.EXTRA).exists()


@LOOKS
def test_a_round_is_released_after_a_look_at_its_times(open_page, exam_officer, look):
    draft = make_round(starts=timedelta(hours=3), is_released=False)
    page = open_page(reverse("room:release", args=[draft.pk]), person=exam_officer, **look)
    assert_accessible(page)
    page.locator("#id_is_seen").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{page.url.split('/room/')[0]}/room/{draft.pk}/")
    draft.refresh_from_db()
    assert draft.status == RoundStatus.RELEASED


@LOOKS
def test_a_round_that_would_wrong_somebody_names_them(open_page, exam_officer, look):
    draft = make_round(starts=timedelta(hours=3), is_released=False)
    short = Placement.objects.filter(round=draft).select_related("candidate")[0]
    Sitting.objects.filter(pk=short.sitting_id).update(deadline=F("deadline") - 10 * MINUTE)
    page = open_page(reverse("room:release", args=[draft.pk]), person=exam_officer, **look)
    assert_accessible(page)
    expect(page.get_by_role("alert").first).to_contain_text(short.candidate.number)
    expect(page.locator("#id_is_seen")).to_have_count(0)
