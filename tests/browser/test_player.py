"""Learning in a browser: time that counts, a lost connection, a second device, the keyboard, no scripts."""

from __future__ import annotations

import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from courses.catalogue.lesson_files import LESSONS
from courses.catalogue.services.versions import UnitPlan
from courses.player.models import EvidenceKind, Registration, TestAttempt
from courses.player.services import registrations
from learning.people.models import Agency, Person
from learning.records.models import OutboxEntry
from tests.browser.conftest import OpenPage
from tests.browser.helpers import assert_accessible
from tests.courses.catalogue.factories import make_draft
from tests.courses.player.factories import make_registration, units

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

QUESTIONS = [
    {"stem": f"คำถามที่ {number}", "options": ["ก", "ข", "ค", "ง"], "key": 0, "explanation": "เพราะ"}
    for number in range(3)
]
TEXT = UnitPlan(
    "text", "อ่านเรื่องสิทธิ", "# บทที่ 1\n\nเนื้อหา\n\n| ช่องทาง | มาตรา |\n|---|---|\n| ขอ | 11 |\n", min_seconds=1
)
SLIDES = UnitPlan("slides", "สไลด์สรุป", "# หนึ่ง\n\n---\n\n# สอง\n\n---\n\n# สาม")
TEST = UnitPlan("test", "แบบทดสอบ", content={"items": QUESTIONS, "minutes": 20, "role": "post", "tries": 3})
SURVEYED = [{"id": "a", "text": "เนื้อหา"}, {"id": "b", "text": "ข้อเสนอแนะ", "kind": "comment"}]
SURVEY = UnitPlan("survey", "แบบประเมิน", content={"questions": SURVEYED})
LINK = UnitPlan("link", "อ่านต่อ", address="https://www.example.go.th/read", opens_after=0)


@pytest.fixture
def registration(learner: Person) -> Registration:
    return make_registration(learner, TEXT, SLIDES, TEST, SURVEY, LINK)


def path(registration: Registration, number: int) -> str:
    return f"/learn/{registration.pk}/{units(registration)[number].pk}/"


def move(page: Page) -> None:
    page.mouse.move(100, 300)
    page.mouse.move(140, 340)


def until_counted(page: Page) -> None:
    """Move like a reader until the page says that time was counted."""
    counted = page.locator("[data-time]")
    for _attempt in range(60):
        move(page)
        page.wait_for_timeout(500)
        page.evaluate("dispatchEvent(new Event('online'))")
        if not re.search(r"นับได้ 0 วินาที", counted.inner_text()):
            return
    pytest.fail("no time was counted")


def until_at(page: Page, seconds: int) -> None:
    """Wait until the film has come to a second."""
    until_film(page, f"currentTime >= {seconds}")


def until_film(page: Page, state: str) -> None:
    """Wait until something is true of the film; the page's policy keeps Playwright from waiting by itself."""
    for _attempt in range(400):
        if page.evaluate(f"document.getElementById('film').{state}"):
            return
        page.wait_for_timeout(250)
    pytest.fail(f"the film has not come to {state}")


@pytest.mark.parametrize("width", [360, 1440])
def test_every_page_is_accessible_and_fits(
    open_page: OpenPage, registration: Registration, learner: Person, width: int
):
    page = open_page(f"/learn/{registration.pk}/", person=learner, width=width)
    assert_accessible(page)
    for where in [f"/learn/{registration.pk}/time/", *(path(registration, n) for n in range(5))]:
        page.goto(where)
        assert_accessible(page)
    page.goto(path(registration, 2))
    page.get_by_role("button", name="เริ่มทำแบบทดสอบ").click()
    page.get_by_label("ก", exact=True).first.check()
    assert_accessible(page)
    page.get_by_role("button", name="ส่งแบบทดสอบ").click()
    expect(page.locator(".error-summary")).to_be_focused()
    assert_accessible(page)
    page.get_by_role("button", name="ส่งแบบทดสอบตามที่เป็นอยู่").click()
    expect(page.locator("h1")).to_contain_text("ผลการทำครั้งที่ 1")
    assert_accessible(page)


def test_time_counts_for_a_reader_who_moves_and_not_for_an_open_page(
    open_page: OpenPage, registration: Registration, learner: Person
):
    page = open_page(path(registration, 0), person=learner)
    page.wait_for_timeout(3000)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-time]")).to_contain_text("นับได้ 0 วินาที")
    until_counted(page)
    assert registration.evidence.get().kind == EvidenceKind.FOCUS


def test_who_has_learnt_long_enough_is_told_on_the_page(open_page: OpenPage, learner: Person):
    unit = UnitPlan("text", "อ่านเรื่องสิทธิ", "เนื้อหา", min_seconds=8)
    registration = make_registration(learner, unit)
    page = open_page(path(registration, 0), person=learner)
    page.get_by_role("button", name="อ่านแล้ว เรียนต่อ").click()
    page.wait_for_url(f"**{path(registration, 0)}")
    state = page.locator("#unit-state[role=status]")
    expect(state).to_contain_text("กำลังเรียน")
    for _attempt in range(60):
        move(page)
        page.wait_for_timeout(500)
        page.evaluate("dispatchEvent(new Event('online'))")
        if "เรียนจบแล้ว" in state.inner_text():
            break
    expect(state).to_have_text("เรียนจบแล้ว")
    assert_accessible(page)


def test_time_without_a_connection_is_kept_and_sent_later(
    open_page: OpenPage, registration: Registration, learner: Person
):
    page = open_page(path(registration, 0), person=learner)
    page.context.set_offline(True)
    kept = "() => Object.keys(localStorage).some((key) => key.startsWith('learning-time:'))"
    for _attempt in range(60):
        move(page)
        page.wait_for_timeout(500)
        page.evaluate("dispatchEvent(new Event('online'))")
        if page.evaluate(kept):
            break
    expect(page.locator("[data-unsent]")).to_be_visible()
    assert not registration.evidence.exists()
    page.context.set_offline(False)
    expect(page.locator("[data-unsent]")).to_be_hidden()
    expect(page.locator("[data-time]")).not_to_contain_text("นับได้ 0 วินาที")
    assert registration.evidence.exists()


def test_a_second_device_takes_over_and_the_first_is_told(
    open_page: OpenPage, registration: Registration, learner: Person
):
    first = open_page(path(registration, 1), person=learner)
    first.keyboard.press("ArrowRight")
    expect(first.locator(".slide")).to_contain_text("สอง")
    second = open_page(f"/learn/{registration.pk}/", person=learner, width=360)
    second.get_by_role("link", name="เรียนต่อ").click()
    expect(second.locator("h1")).to_have_text("รายวิชานี้เปิดอยู่บนอุปกรณ์อื่น")
    assert_accessible(second)
    second.get_by_role("button", name="เรียนต่อที่นี่").click()
    expect(second.locator(".slide")).to_contain_text("สอง")
    first.evaluate("dispatchEvent(new Event('online'))")
    expect(first.locator("[role=alert]")).to_contain_text("เปิดเรียนบนอุปกรณ์อื่นแล้ว")


LONG = UnitPlan("text", "บทยาว", "# บทที่ 1\n\n" + "เนื้อหา\n\n" * 100)


def test_who_has_scrolled_down_is_brought_to_what_the_first_device_is_told(
    open_page: OpenPage, learner: Person
):
    registration = make_registration(learner, LONG)
    page = open_page(path(registration, 0), person=learner, width=360)
    page.get_by_role("link", name="บทเรียนทั้งหมด").scroll_into_view_if_needed()
    page.evaluate("document.documentElement.requestFullscreen()")
    registrations.take_session(registration, "Firefox", now=timezone.now())
    page.evaluate("dispatchEvent(new Event('online'))")
    told = page.get_by_role("alert")
    expect(told).to_contain_text("เปิดเรียนบนอุปกรณ์อื่นแล้ว")
    expect(told).to_be_focused()
    expect(told).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.fullscreenElement") is None
    page.keyboard.press("Tab")
    expect(told.get_by_role("link", name="เรียนต่อที่นี่")).to_be_focused()
    assert_accessible(page)


def test_who_has_scrolled_down_sees_that_there_is_no_connection(open_page: OpenPage, learner: Person):
    registration = make_registration(learner, LONG)
    page = open_page(path(registration, 0), person=learner, width=360)
    page.context.set_offline(True)
    page.get_by_role("link", name="บทเรียนทั้งหมด").scroll_into_view_if_needed()
    told = page.locator("[data-unsent]")
    for _attempt in range(60):
        move(page)
        page.wait_for_timeout(500)
        page.evaluate("dispatchEvent(new Event('online'))")
        if told.is_visible():
            break
    expect(told).to_be_in_viewport(ratio=1)
    assert_accessible(page)


def test_what_was_written_into_a_survey_stays_when_another_device_takes_over(
    open_page: OpenPage, registration: Registration, learner: Person
):
    page = open_page(path(registration, 3), person=learner, width=360)
    page.locator("input[type=radio]").first.check()
    page.locator("textarea").fill("ดีมาก")
    registrations.take_session(registration, "Firefox", now=timezone.now())
    page.get_by_role("button", name="ส่งคำตอบ").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("button", name="ส่งคำตอบ").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("textarea")).to_have_value("ดีมาก")


def test_slides_are_turned_by_keyboard_alone(
    open_page: OpenPage, registration: Registration, learner: Person
):
    page = open_page(path(registration, 1), person=learner)
    for key, shown in (("ArrowRight", "สอง"), ("ArrowRight", "สาม"), ("ArrowLeft", "สอง")):
        page.keyboard.press(key)
        expect(page.locator(".slide")).to_contain_text(shown)
        expect(page.locator(".slide")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="สไลด์ถัดไป")).to_be_focused()


def test_answers_survive_a_lost_connection_and_a_reload(
    open_page: OpenPage, registration: Registration, learner: Person
):
    page = open_page(path(registration, 2), person=learner)
    page.get_by_role("button", name="เริ่มทำแบบทดสอบ").click()
    first, second = page.locator("#q1"), page.locator("#q2")
    first.get_by_label("ข").check()
    expect(first.locator("[data-state]")).to_have_text("บันทึกคำตอบแล้ว")
    page.context.set_offline(True)
    second.get_by_label("ค").check()
    expect(second.locator("[data-state]")).to_contain_text("เก็บไว้ในเครื่องนี้")
    assert TestAttempt.objects.get().answers == {"0": 1}
    page.context.set_offline(False)
    expect(second.locator("[data-state]")).to_have_text("บันทึกคำตอบแล้ว", timeout=20_000)
    assert TestAttempt.objects.get().answers == {"0": 1, "1": 2}
    page.reload()
    expect(page.locator("#q2").get_by_label("ค")).to_be_checked()


def test_who_hears_the_page_is_told_once_what_became_of_an_answer(
    open_page: OpenPage, registration: Registration, learner: Person
):
    page = open_page(path(registration, 2), person=learner)
    page.get_by_role("button", name="เริ่มทำแบบทดสอบ").click()
    status = page.locator("[data-kept][role=status]")
    expect(status).to_be_attached()
    page.evaluate(
        """() => {
          window.said = [];
          const status = document.querySelector("[data-kept]");
          new MutationObserver(() => said.push(status.textContent)).observe(status, { childList: true });
        }"""
    )
    page.locator("#q1").get_by_label("ข").check()
    expect(status).to_have_text("ข้อ 1: บันทึกคำตอบแล้ว")
    page.context.set_offline(True)
    page.locator("#q2").get_by_label("ค").check()
    expect(status).to_contain_text("ข้อ 2: เก็บไว้ในเครื่องนี้")
    # It is tried again every five seconds.
    page.wait_for_timeout(6000)
    page.context.set_offline(False)
    expect(status).to_have_text("ข้อ 2: บันทึกคำตอบแล้ว")
    assert len(page.evaluate("said")) == 3


def test_a_test_submitted_without_a_connection_loses_no_answer(
    open_page: OpenPage, registration: Registration, learner: Person
):
    page = open_page(path(registration, 2), person=learner)
    page.get_by_role("button", name="เริ่มทำแบบทดสอบ").click()
    expect(page.locator("#q1")).to_be_visible()
    page.context.set_offline(True)
    for number in (1, 2, 3):
        page.locator(f"#q{number}").get_by_label("ก").check()
    page.get_by_role("button", name="ส่งแบบทดสอบ").click()
    expect(page.locator("form [role=alert]")).to_contain_text("ขณะนี้ไม่มีการเชื่อมต่อ")
    assert_accessible(page)
    page.context.set_offline(False)
    expect(page.locator("#q3 [data-state]")).to_have_text("บันทึกคำตอบแล้ว")
    page.get_by_role("button", name="ส่งแบบทดสอบ").click()
    expect(page.locator(".lead")).to_contain_text("ตอบถูก 3 จาก 3 ข้อ")


def test_who_says_without_a_connection_to_have_read_a_lesson_stays_in_it(
    open_page: OpenPage, learner: Person
):
    registration = make_registration(learner, LONG, SLIDES)
    page = open_page(path(registration, 0), person=learner, width=360)
    page.context.set_offline(True)
    page.get_by_role("button", name="อ่านแล้ว เรียนต่อ").click()
    expect(page.locator("form [role=alert]")).to_contain_text("ขณะนี้ไม่มีการเชื่อมต่อ")
    expect(page.locator("h1")).to_contain_text("บทยาว")
    assert_accessible(page)
    page.context.set_offline(False)
    page.get_by_role("button", name="อ่านแล้ว เรียนต่อ").click()
    expect(page.locator("h1")).to_contain_text("สไลด์สรุป")
    assert registration.progress.get(unit=units(registration)[0]).is_done


def test_a_survey_sent_without_a_connection_keeps_what_was_written(
    open_page: OpenPage, registration: Registration, learner: Person
):
    page = open_page(path(registration, 3), person=learner)
    page.locator("input[type=radio]").first.check()
    page.locator("textarea").fill("ดีมาก")
    page.context.set_offline(True)
    page.get_by_role("button", name="ส่งคำตอบ").click()
    expect(page.locator("form [role=alert]")).to_contain_text("ขณะนี้ไม่มีการเชื่อมต่อ")
    expect(page.locator("textarea")).to_have_value("ดีมาก")
    page.context.set_offline(False)
    page.get_by_role("button", name="ส่งคำตอบ").click()
    expect(page.locator(".alert-success").first).to_be_visible()


def test_a_test_goes_on_elsewhere_and_comes_back_with_the_newer_answers(
    open_page: OpenPage, registration: Registration, learner: Person
):
    first = open_page(path(registration, 2), person=learner)
    first.get_by_role("button", name="เริ่มทำแบบทดสอบ").click()
    expect(first.locator("#q1")).to_be_visible()
    first.context.set_offline(True)
    for number in (1, 2):
        first.locator(f"#q{number}").get_by_label("ข").check()
    expect(first.locator("#q2 [data-state]")).to_contain_text("เก็บไว้ในเครื่องนี้")
    second = open_page(path(registration, 2), person=learner, width=360)
    second.get_by_role("button", name="เรียนต่อที่นี่").click()
    second.locator("#q1").get_by_label("ค").check()
    expect(second.locator("#q1 [data-state]")).to_have_text("บันทึกคำตอบแล้ว")
    first.context.set_offline(False)
    expect(first.get_by_role("link", name="เรียนต่อที่นี่")).to_be_visible()
    expect(first.locator("#q3").get_by_label("ก")).to_be_disabled()
    first.get_by_role("link", name="เรียนต่อที่นี่").click()
    first.get_by_role("button", name="เรียนต่อที่นี่").click()
    expect(first.locator("#q2 [data-state]")).to_have_text("บันทึกคำตอบแล้ว")
    expect(first.locator("#q1").get_by_label("ค")).to_be_checked()
    # What only the first device had was not lost, and what the second one had said since was not undone.
    assert TestAttempt.objects.get().answers == {"0": 2, "1": 1}


def test_a_test_is_submitted_by_itself_when_its_time_is_over(
    open_page: OpenPage, registration: Registration, learner: Person
):
    page = open_page(path(registration, 2), person=learner)
    page.get_by_role("button", name="เริ่มทำแบบทดสอบ").click()
    page.locator("#q1").get_by_label("ก").check()
    expect(page.locator("#q1 [data-state]")).to_have_text("บันทึกคำตอบแล้ว")
    attempt = TestAttempt.objects.get()
    TestAttempt.objects.update(deadline=attempt.started_at)
    page.reload()
    expect(page.get_by_text("ครั้งที่ 1").first).to_be_visible()
    attempt.refresh_from_db()
    assert attempt.submitted_at is not None
    assert attempt.answers == {"0": 0}


def test_without_scripts_a_unit_is_read_and_a_test_taken(open_page: OpenPage, learner: Person):
    registration = make_registration(learner, UnitPlan("text", "บทอ่าน", "เนื้อหา"), SLIDES, TEST)
    page = open_page(path(registration, 0), person=learner, scripts=False)
    # Chromium under test reads the notice and does not draw it.
    assert "ปิดการทำงานของสคริปต์" in page.content()
    page.get_by_role("button", name="อ่านแล้ว เรียนต่อ").click()
    page.get_by_role("link", name="สไลด์ถัดไป").click()
    page.get_by_role("link", name="สไลด์ถัดไป").click()
    page.get_by_role("link", name="ถัดไป: แบบทดสอบ").click()
    page.get_by_role("button", name="เริ่มทำแบบทดสอบ").click()
    for number in (1, 2, 3):
        page.locator(f"#q{number}").get_by_label("ก").check()
    page.get_by_role("button", name="ส่งแบบทดสอบ").click()
    expect(page.locator(".lead")).to_contain_text("ตอบถูก 3 จาก 3 ข้อ")
    page.goto(f"/learn/{registration.pk}/")
    expect(page.locator(".outline-summary")).to_contain_text("เรียนจบแล้ว 3 จาก 3")


@pytest.mark.parametrize("width", [360, 1440])
def test_a_film_plays_counts_and_goes_on_where_it_was_left(open_page: OpenPage, learner: Person, width: int):
    film = UnitPlan("video", "วิดีโอ", "## ฉากที่ 1\n\nคำ", content={"captions": CAPTIONS}, file=_film())
    registration = make_registration(learner, film)
    page = open_page(path(registration, 0), person=learner, width=width)
    assert_accessible(page)
    page.evaluate("document.getElementById('film').play()")
    until_at(page, 3)
    page.evaluate("document.getElementById('film').pause()")
    expect(page.locator("[data-time]")).not_to_contain_text("นับได้ 0 วินาที")
    assert EvidenceKind.PLAYBACK in registration.evidence.values_list("kind", flat=True)
    assert page.evaluate("document.getElementById('film').textTracks[0].cues.length") == 1
    told = OutboxEntry.objects.filter(statement__context__extensions__isnull=False).order_by("pk")
    assert [each.statement["verb"]["display"]["en"] for each in told] == ["played", "paused"]
    page.reload()
    until_at(page, 2)


def test_a_film_that_lost_its_connection_goes_on_where_it_was(open_page: OpenPage, learner: Person):
    registration = make_registration(learner, UnitPlan("video", "วิดีโอ", file=_film()))
    page = open_page("/", person=learner, width=360)
    content = (LESSONS / "KD10" / "video.mp4").read_bytes()

    def first_part_only(route: Route) -> None:
        if route.request.headers.get("range", "bytes=0-") != "bytes=0-":
            route.abort()
            return
        part = content[:90_000]
        headers = {"Content-Range": f"bytes 0-{len(part) - 1}/{len(content)}", "Content-Type": "video/mp4"}
        route.fulfill(status=206, headers=headers, body=part)

    page.route("**/file", first_part_only)
    page.goto(path(registration, 0))
    page.evaluate("document.getElementById('film').play()")
    until_at(page, 3)
    # Chromium tries for half a minute.
    until_film(page, "error?.code === MediaError.MEDIA_ERR_NETWORK")
    was_at = page.evaluate("document.getElementById('film').currentTime")
    page.unroute("**/file")
    page.evaluate("dispatchEvent(new Event('online'))")
    until_film(page, "readyState === 4")
    assert page.evaluate("document.getElementById('film').currentTime") == pytest.approx(was_at)
    page.evaluate("document.getElementById('film').play()")
    until_at(page, int(was_at) + 2)


CAPTIONS = "WEBVTT\n\n00:00:00.000 --> 00:00:10.000\nคำบรรยาย\n"


def _film() -> str:
    film = LESSONS / "KD10" / "video.mp4"
    return default_storage.save("units/film.mp4", ContentFile(film.read_bytes()))


def test_a_preview_says_what_it_is(open_page: OpenPage, department: Agency, agency_officer: Person):
    preview = registrations.preview(agency_officer, make_draft(owner=department).versions.get())
    page = open_page(f"/learn/{preview.pk}/", person=agency_officer)
    expect(page.locator(".alert-info").first).to_contain_text("นี่คือการดูตัวอย่าง")
    assert_accessible(page)
