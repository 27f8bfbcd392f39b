"""One round from the admission card to the certificate, by everybody who takes part, in one browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from exams.papers.services import answer_key
from exams.registration.models import Candidate, Round, RoundStatus
from exams.seat.models import Sitting
from learning.people.models import Person, Role
from tests.browser.conftest import OpenPage
from tests.browser.helpers import assert_accessible, sign_in
from tests.browser.seats import choose, expect_saved, show_all, submit
from tests.certificates.pdf_text import pages
from tests.conftest import make_person
from tests.exams.registration.factories import make_round
from tests.exams.room.conftest import invigilator_of
from tests.server import PlatformServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The schedule issues certificates, and works results out, every half minute.
SCHEDULE_S = 90


@pytest.fixture(autouse=True)
def _keys_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAT_KEY_SPREAD_SECONDS", "1")


class Day:
    """Opens pages of the server, each in a window of its own, as the people of the round."""

    def __init__(self, new_page: OpenPage, server: PlatformServer) -> None:
        self._new_page = new_page
        self._origin = server.origin

    def open(self, path: str, person: Person | None = None, *, width: int = 1440) -> Page:
        """Open a page as somebody, or as nobody: a machine of the room, a stranger."""
        page = self._new_page(width=width)
        if person is not None:
            sign_in(page.context, person, self._origin)
        page.goto(path)
        return page


@pytest.fixture
def day(new_page: OpenPage, server: PlatformServer) -> Day:
    return Day(new_page, server)


def text_of(page: Page, path: str) -> str:
    """Return the text of a PDF that the person of the page may have."""
    response = page.request.get(path)
    assert response.headers["content-type"] == "application/pdf"
    return "\n".join(text for sheet in pages(response.body()) for text in sheet)


def reload_until(page: Page, wanted: Locator) -> None:
    """Load the page again, as a person would, until something that the schedule does is there."""
    for _ in range(SCHEDULE_S):
        if wanted.count():
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError(f"{page.url} never shows {wanted}")


def take_the_card(day: Day, candidate: Candidate) -> Page:
    """The candidate finds the round on their page, and the admission card says where they sit."""
    page = day.open("/my/", candidate.person, width=360)
    page.get_by_role("link", name=candidate.round.title).first.click()
    expect(page.locator("main")).to_contain_text(candidate.number)
    assert_accessible(page)
    address = page.get_by_role("link", name="บัตรประจำตัวผู้เข้าสอบ (PDF)").get_attribute("href") or ""
    card = text_of(page, address)
    for part in (candidate.number, candidate.person.full_name, candidate.placement.seat.label):
        assert part in card
    return page


def start_in_a_minute(day: Day, officer: Person, round_: Round) -> Page:
    page = day.open(f"/exams/office/rounds/{round_.pk}/", officer)
    page.get_by_role("link", name="เริ่มสอบในอีกไม่กี่นาที").click()
    page.locator("#id_minutes").fill("1")
    page.locator("#id_reason").fill("ทดลองระบบ")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("เลื่อนเวลาของผู้เข้าสอบทุกคนในรอบนี้ตามไปด้วยแล้ว")
    return page


def check_in(console: Page, candidate: Candidate) -> str:
    """The invigilator admits who stands at the door, and reads the code aloud."""
    console.get_by_role("link", name="รายงานตัว").first.click()
    # Keys go to the page in front: the new page is there once its search field has the focus.
    expect(console.locator("#search input[name=q]")).to_be_focused()
    console.keyboard.type(candidate.number)
    console.keyboard.press("Enter")
    expect(console.get_by_role("heading", name=candidate.person.full_name)).to_be_visible()
    expect(console.locator("#admit")).to_be_focused()
    console.keyboard.press("Enter")
    expect(console.locator(".code")).to_be_visible()
    code = console.locator(".code").inner_text()
    console.get_by_role("link", name="กลับไปที่ห้องสอบ").click()
    return code


def expect_state(console: Page, candidate: Candidate, words: str) -> None:
    seat = console.locator(f'.plan [data-seat="{candidate.placement.pk}"] .words')
    expect(seat).to_have_text(words, timeout=15_000)


def enter(machine: Page, candidate: Candidate, code: str) -> None:
    machine.locator("#number").fill(candidate.number)
    machine.locator("#code").fill(code)
    machine.keyboard.press("Enter")
    expect(machine.locator("#waiting")).to_contain_text(candidate.person.full_name)


def answer_all_rightly(machine: Page, sitting: Sitting) -> int:
    # The paper opens by itself, when its time has come.
    expect(machine.locator("#q1")).to_be_visible(timeout=120_000)
    show_all(machine)
    key = answer_key(sitting.form)
    for item, option in enumerate(key, start=1):
        choose(machine, item, option)
    expect_saved(machine)
    return len(key)


def close_the_round(page: Page, round_: Round) -> None:
    """The officer submits for who never came; the results are worked out."""
    page.goto(f"/exams/office/rounds/{round_.pk}/")
    page.get_by_role("link", name="ห้องสอบในวันสอบ").click()
    page.get_by_role("link", name="ส่งคำตอบแทน").click()
    page.locator("#id_reason").fill("ขาดสอบ")
    page.get_by_role("button", name="ส่งคำตอบทันที").click()
    expect(page.locator("main")).to_contain_text("เรียบร้อยแล้ว (1 คน)")


def announce(page: Page, round_: Round) -> None:
    page.goto(f"/exams/office/rounds/{round_.pk}/")
    page.get_by_role("link", name="ผลสอบของรอบนี้").click()
    announcement = page.get_by_role("link", name="กำหนดวันประกาศผล")
    work_out = page.get_by_role("button", name="ประมวลผลสอบทันที")
    # The schedule may have been quicker.
    if work_out.count():
        work_out.click()
    reload_until(page, announcement)
    announcement.click()
    page.get_by_role("button", name="กำหนดวันประกาศผล").click()
    expect(page.locator("main")).to_contain_text("ประกาศผลแล้ว")


def print_certificate(day: Day, officer: Person, holder: Person) -> str:
    """The certificate officer finds the certificate and prints it; its text is returned."""
    page = day.open(f"/staff/certificates/?q={holder.first_name}", officer)
    form = page.locator("form[method=post]", has=page.locator("input[name=certificate]"))
    response = page.request.post(
        page.url.split("?")[0] + "print/",
        form={
            "csrfmiddlewaretoken": form.locator("input[name=csrfmiddlewaretoken]").input_value(),
            "certificate": form.locator("input[name=certificate]").input_value(),
        },
        headers={"Referer": page.url},
    )
    assert response.headers["content-type"] == "application/pdf"
    return "\n".join(text for sheet in pages(response.body()) for text in sheet)


def test_a_day_from_the_admission_card_to_the_certificate(
    day, server, learner, exam_officer, certificate_officer
):
    absent = make_person(first_name="ขาดสอบ")
    round_ = make_round(persons=[learner, absent], candidates=0, starts=timedelta(hours=1))
    candidates = Candidate.objects.select_related(
        "person", "round", "placement__seat", "placement__sitting__form"
    )
    candidate = candidates.get(person=learner)

    own = take_the_card(day, candidate)
    office = start_in_a_minute(day, exam_officer, round_)
    invigilator = invigilator_of(round_, round_.rooms.get())
    assert invigilator.has_role(Role.INVIGILATOR)
    console = day.open("/room/", invigilator)
    console.get_by_role("link", name=re.compile(r"ศูนย์สอบ 1001 · 101")).click()
    code = check_in(console, candidate)
    expect_state(console, candidate, "ให้เข้าสอบแล้ว")

    machine = day.open("/seat/")
    enter(machine, candidate, code)
    expect_state(console, candidate, "รอเริ่มสอบ")
    answered = answer_all_rightly(machine, candidate.placement.sitting)
    expect_state(console, candidate, f"กำลังทำ {answered}")
    submit(machine)
    expect(machine.locator("h1")).to_contain_text("ส่งแบบทดสอบเรียบร้อยแล้ว", timeout=15_000)
    expect_state(console, candidate, f"ส่งแล้ว {answered}")

    close_the_round(office, round_)
    announce(office, round_)
    round_.refresh_from_db()
    assert round_.status == RoundStatus.CLOSED

    own.goto("/my/")
    own.locator("#my-results ~ * a", has_text=round_.title).click()
    expect(own.locator("h1")).to_have_text("ท่านสอบผ่าน")
    download = own.get_by_role("link", name="ดาวน์โหลดหนังสือรับรอง (PDF)")
    reload_until(own, download)
    assert_accessible(own)
    taken = text_of(own, download.get_attribute("href") or "")
    printed = print_certificate(day, certificate_officer, learner)
    for sheet in (taken, printed):
        assert learner.full_name in sheet
    grouped = re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", printed)
    assert grouped
    stranger = day.open("/", width=360)
    stranger.get_by_label("รหัสบนหนังสือรับรอง").fill(grouped[0])
    stranger.get_by_role("button", name="ตรวจสอบ", exact=True).click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("หนังสือรับรองฉบับนี้เป็นของแท้และใช้ได้")
