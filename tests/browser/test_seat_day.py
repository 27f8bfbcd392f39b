"""The candidate's exam day in a real browser: door, waiting room, the sealed paper, pauses, the end."""

from __future__ import annotations

import gzip
import hashlib
import time
from datetime import timedelta

import msgspec
import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from exams.bank.models import Figure
from exams.papers.assembly import Paper, PaperFigure, PaperItem, PaperSection, digest
from exams.papers.models import Form
from exams.papers.services import paper_key, seal_forms
from exams.seat import admissions, clock
from exams.seat.models import CloseReason, Presence, Sitting
from learning.people.models import Person
from tests.browser.helpers import assert_accessible
from tests.browser.seats import (
    choose,
    expect_kept,
    expect_saved,
    sheet_of,
    submit,
    wait_for_offline_copy,
)
from tests.exams.seat.conftest import answer, append, make_sitting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBER = "69000001"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><path d="M5 5h80v50H5z"/></svg>'
SUBJECTS = ("ความสามารถในการคิดวิเคราะห์", "ภาษาอังกฤษ")


@pytest.fixture(autouse=True)
def _keys_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of these tests spreads the requests for keys over one second."""
    monkeypatch.setenv("SEAT_KEY_SPREAD_SECONDS", "1")


def make_sealed(person: Person, *, starts_in: float, minutes: float = 60, title: str = "ภาค ก.") -> Sitting:
    """A sitting of six questions in two subjects, sealed, that begins in so many seconds."""
    name = hashlib.sha256(DRAWING).hexdigest()
    Figure.objects.get_or_create(
        sha256=name, defaults={"media_type": "image/svg+xml", "data": DRAWING, "width": 90, "height": 60}
    )
    items = [
        PaperItem(
            n,
            f"ข้อใดถูกต้องเกี่ยวกับเรื่องที่ {n} {{n}} <b>" + ("\nIt is ______." if n > 4 else ""),
            [f"ตัวเลือก {n}.{o}" for o in range(1, 5)],
            PaperFigure(name, "สี่เหลี่ยมผืนผ้า", 90, 60) if n == 2 else None,
        )
        for n in range(1, 7)
    ]
    sections = [PaperSection(SUBJECTS[0], 1, 4), PaperSection(SUBJECTS[1], 5, 2, "en")]
    paper = Paper(title, items, sections)
    form = Form.objects.create(
        sha256=digest(paper), seed="-", title=title, layout=[], paper=msgspec.to_builtins(paper)
    )
    seal_forms(title, [form])
    starts_at = timezone.now() + timedelta(seconds=starts_in)
    return Sitting.objects.create(
        person=person,
        form=form,
        starts_at=starts_at,
        deadline=starts_at + timedelta(minutes=minutes),
        return_path="/my/",
    )


def key_of(sitting: Sitting) -> str:
    return paper_key(sitting.form.sealed.envelope)


def change_clock(change, sitting: Sitting, *values: object) -> None:
    change([sitting.pk], *values, actor=None, reason="ทดสอบ", now=timezone.now())


def expect_sealed_here(page: Page) -> None:
    expect(page.locator("#paper-state")).to_have_attribute("data-state", "ready", timeout=20_000)


def expect_open(page: Page) -> None:
    expect(page.locator("#q1 legend")).to_contain_text("ข้อใดถูกต้องเกี่ยวกับเรื่องที่ 1", timeout=60_000)


def hear(page: Page) -> None:
    """Let the page ask the server now, as it does when the network comes back, and not a minute later."""
    page.wait_for_timeout(1500)
    page.evaluate("dispatchEvent(new Event('online'))")


def kept_names(page: Page) -> list[list[object]]:
    keys: list[list[object]] = page.evaluate(
        """() => new Promise((resolve) => {
          indexedDB.open("seat").onsuccess = ({ target }) => {
            const keys = target.result.transaction("kept").objectStore("kept").getAllKeys();
            keys.onsuccess = () => resolve(keys.result);
          };
        })"""
    )
    return keys


def test_the_whole_day_with_a_sealed_paper_on_a_small_screen(new_page, server, learner):
    sitting = make_sealed(learner, starts_in=25)
    code = admissions.admit({sitting.pk: NUMBER}, now=timezone.now())[sitting.pk]
    page = new_page(width=360)
    page.goto("/seat/")
    assert_accessible(page)
    page.locator("#number").fill("๖๙๐๐๐๐๐๑")
    page.locator("#code").fill("000-000" if code != "000000" else "111111")
    page.get_by_role("button").click()
    expect(page.locator("#problem")).to_contain_text("ลองได้อีก 4 ครั้ง")
    assert_accessible(page)
    page.locator("#code").fill(f" {code[:3].lower()} {code[3:].lower()}")
    page.keyboard.press("Enter")
    expect(page.locator("#waiting .facts")).to_contain_text(NUMBER)
    expect(page.locator("#waiting .facts")).to_contain_text("สมหญิง ใจดี")
    expect_sealed_here(page)
    assert "ข้อใดถูกต้อง" not in page.content()
    assert page.evaluate("fetch('key').then((reply) => reply.status)") == 425
    assert_accessible(page)
    expect_open(page)
    expect(page.locator("#questions .part:not([hidden]) h2")).to_have_text(SUBJECTS[0])
    assert_accessible(page)
    choose(page, 1, 2)
    expect_saved(page)
    page.locator("#tools summary").click()
    expect(page.locator("#navigator .done")).to_have_text(["1/4", "0/2"])
    page.locator("#next").click()
    # What looks like markup or like the page's own placeholders stays text.
    expect(page.locator("#q2 legend")).to_contain_text("เรื่องที่ 2 {n} <b>")
    spoken = page.locator("#q5 legend [lang]").evaluate_all("(spans) => spans.map((span) => span.lang)")
    assert spoken == ["th", "en"]
    figure = page.get_by_role("img", name="สี่เหลี่ยมผืนผ้า")
    assert figure.evaluate("(image) => [image.complete, image.naturalWidth]") == [True, 90]
    page.locator('#navigator a[data-n="5"]').click()
    expect(page.locator("#questions .part:not([hidden]) h2")).to_have_text(SUBJECTS[1])
    choose(page, 5, 4)
    expect_saved(page)
    assert {name for _sitting, name in kept_names(page)} == {"bundle", "clock", "code", "paper"}
    submit(page)
    expect(page.locator("h1")).to_contain_text("ส่งแบบทดสอบเรียบร้อยแล้ว")
    expect(page.locator("html")).to_have_attribute("data-forgotten", "")
    assert kept_names(page) == []
    sheet = sheet_of(sitting)
    assert (sheet.choices, sheet.closed) == ({1: 2, 5: 4}, CloseReason.SUBMITTED)
    # What machines tell is written about once a second.
    page.wait_for_timeout(2000)
    presence = Presence.objects.get(pk=sitting.pk)
    assert (presence.answered, presence.loads, presence.is_durable) == (2, 1, True)


def test_the_door_waits_for_a_server_that_does_not_answer(new_page, server, learner):
    sitting = make_sealed(learner, starts_in=600)
    code = admissions.admit({sitting.pk: NUMBER}, now=timezone.now())[sitting.pk]
    page = new_page(width=360)
    page.goto("/seat/")
    server.kill()
    page.locator("#number").fill(NUMBER)
    page.locator("#code").fill("กข")
    expect(page.locator("#thai")).to_contain_text("แป้นพิมพ์อยู่ในภาษาไทย")
    page.locator("#code").fill(code)
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_contain_text("ระบบสอบยังไม่ตอบ")
    server.start()
    expect(page.locator("#waiting")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("failures", [1, 99])
def test_an_altered_bundle_is_refused_and_fetched_again_once(open_seat, new_page, server, learner, failures):
    sitting = make_sealed(learner, starts_in=4)
    page = new_page(width=360)
    fetched = []

    def alter(route: Route) -> None:
        fetched.append(route.request.url)
        body = bytearray(route.fetch().body())
        if len(fetched) <= failures:
            body[len(body) // 2] ^= 1
        route.fulfill(body=bytes(body), content_type="application/octet-stream")

    page.context.route("**/seat/papers/*", alter)
    admit_page(page, sitting)
    if failures == 1:
        expect_open(page)
    else:
        expect(page.locator("#alert")).to_contain_text("โปรดแจ้งผู้คุมห้องสอบ")
        assert_accessible(page)
        assert "ข้อใดถูกต้อง" not in page.content()
    assert len(fetched) == 2


def test_a_machine_whose_paper_does_not_come_is_known_to_the_room_until_it_has_come(
    new_page, server, learner
):
    sitting = make_sealed(learner, starts_in=600)
    page = new_page()
    page.context.route("**/seat/papers/*", lambda route: route.abort())
    admit_page(page, sitting)
    expect(page.locator("#paper-state")).to_have_attribute("data-state", "trouble", timeout=20_000)
    wait_for_presence(sitting, has_paper=False)
    page.context.unroute("**/seat/papers/*")
    expect_sealed_here(page)
    wait_for_presence(sitting, has_paper=True)
    page.reload()
    expect_sealed_here(page)
    wait_for_presence(sitting, has_paper=True, loads=2)


def wait_for_presence(sitting: Sitting, **fields: object) -> None:
    """Wait until this is what the server last heard; it is written about a second late."""
    for _ in range(100):
        if Presence.objects.filter(sitting=sitting, **fields).exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"never heard: {fields}, but {Presence.objects.filter(sitting=sitting).values()}")


def admit_page(page: Page, sitting: Sitting) -> None:
    """Enter by number and code."""
    code = admissions.admit({sitting.pk: NUMBER}, now=timezone.now())[sitting.pk]
    page.goto("/seat/")
    page.locator("#number").fill(NUMBER)
    page.locator("#code").fill(code)
    page.keyboard.press("Enter")


def test_a_room_without_network_at_the_start_opens_the_paper_by_hand(open_seat, server, learner):
    sitting = make_sealed(learner, starts_in=15)
    other = make_sealed(learner, starts_in=600, title="รอบอื่น")
    page = open_seat(sitting, width=360)
    expect_sealed_here(page)
    wait_for_offline_copy(page)
    server.kill()
    expect(page.locator("#hand")).to_be_visible(timeout=40_000)
    assert_accessible(page)
    key = key_of(sitting)
    field, said = page.locator("#hand-code"), page.locator("#hand-state")
    field.fill(key[:9])
    expect(said).to_have_text("8 จาก 21 ตัว")
    field.fill(key[:-1] + ("0" if key[-1] != "0" else "1"))
    expect(said).to_contain_text("โปรดเทียบรหัสทีละกลุ่ม")
    field.fill(key_of(other))
    expect(said).to_contain_text("พิมพ์รหัสถูกต้องแล้ว")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("เปิดข้อสอบชุดนี้ไม่ได้")
    page.wait_for_timeout(1500)
    field.fill(key.lower().replace("-", " "))
    page.keyboard.press("Enter")
    expect_open(page)
    choose(page, 1, 3)
    expect_kept(page)
    page.reload()
    expect_open(page)
    expect(page.locator('input[name="a1"][value="3"]')).to_be_checked()
    assert page.locator("#clock-left").inner_text()[:2] in {"59", "58", "57"}
    page.keyboard.press("ArrowRight")
    page.keyboard.press("2")
    expect_kept(page)
    server.start()
    expect_saved(page)
    assert sheet_of(sitting).choices == {1: 3, 2: 2}


def test_a_reload_in_the_waiting_room_needs_no_network(open_seat, server, learner):
    sitting = make_sealed(learner, starts_in=590)
    page = open_seat(sitting)
    expect_sealed_here(page)
    wait_for_offline_copy(page)
    server.kill()
    page.reload()
    expect_sealed_here(page)
    expect(page.locator("#status")).to_contain_text("ไม่มีสัญญาณ", timeout=15_000)
    assert page.locator("#clock-left").inner_text()[:2] in {"9:", "8:"}


def test_a_pause_covers_the_paper_and_ends_by_itself(open_seat, server, learner):
    sitting = make_sealed(learner, starts_in=-60)
    page = open_seat(sitting, width=360)
    expect_open(page)
    change_clock(clock.give_extra_time, sitting, timedelta(minutes=7))
    hear(page)
    expect(page.locator("#news")).to_contain_text("ท่านได้รับเวลาเพิ่ม 7 นาที")
    assert page.locator("#clock-left").inner_text().startswith("1:0")
    change_clock(clock.pause, sitting)
    hear(page)
    expect(page.locator("#pause")).to_be_visible()
    assert_accessible(page)
    stands = page.locator("#pause-left").inner_text()
    for key in ("Escape", "Escape", "2", "f"):
        page.keyboard.press(key)
    page.wait_for_timeout(1500)
    expect(page.locator("#pause")).to_be_visible()
    expect(page.locator("#pause-left")).to_have_text(stands)
    change_clock(clock.resume, sitting)
    hear(page)
    expect(page.locator("#pause")).to_be_hidden()
    expect(page.locator("#news")).to_contain_text("การสอบดำเนินต่อแล้ว")
    choose(page, 1, 4)
    expect_saved(page)
    assert sheet_of(sitting).choices == {1: 4}


def test_a_start_that_is_moved_is_shown_and_obeyed(open_seat, server, learner):
    sitting = make_sealed(learner, starts_in=20)
    page = open_seat(sitting, width=360)
    expect_sealed_here(page)
    change_clock(clock.move_start, sitting, timezone.now() + timedelta(minutes=30))
    hear(page)
    expect(page.locator("#news")).to_contain_text("มีการเลื่อนเวลาเริ่มสอบ")
    assert page.locator("#clock-left").inner_text()[:2] in {"30", "29"}
    change_clock(clock.move_start, sitting, timezone.now() + timedelta(seconds=5))
    hear(page)
    expect_open(page)


def test_an_officer_who_submits_ends_the_sitting_on_the_screen(open_seat, server, learner, exam_officer):
    from exams.seat.services import force_submit

    sitting = make_sealed(learner, starts_in=-60)
    page = open_seat(sitting)
    expect_open(page)
    choose(page, 1, 1)
    expect_saved(page)
    force_submit([sitting.pk], actor=exam_officer, reason="ทดสอบ", now=timezone.now())
    hear(page)
    expect(page.locator("h1")).to_contain_text("ส่งแบบทดสอบเรียบร้อยแล้ว")
    assert sheet_of(sitting).choices == {1: 1}


def test_the_sitting_goes_on_at_another_machine_with_its_answers_and_its_clock(open_seat, new_page, learner):
    sitting = make_sealed(learner, starts_in=-600)
    admissions.admit({sitting.pk: NUMBER}, now=timezone.now())
    first = open_seat(sitting)
    expect_open(first)
    choose(first, 1, 2)
    expect_saved(first)
    code = admissions.move(sitting.pk, actor=None, reason="เครื่องเสีย", now=timezone.now())
    second = new_page(width=360)
    second.goto("/seat/")
    second.locator("#number").fill(NUMBER)
    second.locator("#code").fill(code)
    second.keyboard.press("Enter")
    expect_open(second)
    expect(second.locator('input[name="a1"][value="2"]')).to_be_checked()
    assert second.locator("#clock-left").inner_text()[:2] in {"50", "49"}
    choose(first, 1, 3)
    expect(first.locator("#alert")).to_contain_text("เปิดในอุปกรณ์หรือหน้าต่างอื่นแล้ว")
    choose(second, 1, 4)
    expect_saved(second)
    assert sheet_of(sitting).choices == {1: 4}


def test_a_machine_that_only_waits_learns_that_it_was_left(open_seat, learner):
    sitting = make_sealed(learner, starts_in=600)
    first = open_seat(sitting)
    expect_sealed_here(first)
    open_seat(sitting)
    hear(first)
    expect(first.locator("#alert")).to_contain_text("เปิดในอุปกรณ์หรือหน้าต่างอื่นแล้ว")


def test_a_day_with_scripts_off(open_seat, server, learner):
    sitting = make_sealed(learner, starts_in=12)
    page = open_seat(sitting, scripts=False, width=360)
    expect(page.locator("#waiting")).to_contain_text("หน้านี้จะตรวจดูให้เอง")
    assert "ข้อใดถูกต้อง" not in page.content()
    expect(page.locator("#q1")).to_be_visible(timeout=60_000)
    assert page.url.endswith("?plain")
    choose(page, 1, 2)
    page.get_by_role("button", name="บันทึกคำตอบ").click()
    expect(page.locator(".notice")).to_have_text("บันทึกคำตอบของท่านแล้ว")
    change_clock(clock.pause, sitting)
    page.goto(f"/seat/{sitting.pk}/?plain")
    expect(page.locator("h1")).to_have_text("หยุดการสอบชั่วคราว")
    change_clock(clock.resume, sitting)
    expect(page.locator("#q1")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="ตรวจและส่ง").click()
    page.get_by_role("link", name="กลับไปที่ข้อสอบ").click()
    expect(page.locator("#q1")).to_be_visible()
    page.get_by_role("button", name="ตรวจและส่ง").click()
    page.get_by_role("button", name="ส่งแบบทดสอบ").click()
    expect(page.locator("h1")).to_contain_text("ส่งแบบทดสอบเรียบร้อยแล้ว")
    assert sheet_of(sitting).choices == {1: 2}


def test_a_day_by_keyboard_alone(new_page, server, learner):
    sitting = make_sealed(learner, starts_in=10)
    code = admissions.admit({sitting.pk: NUMBER}, now=timezone.now())[sitting.pk]
    page = new_page()
    page.goto("/seat/")
    page.keyboard.type(NUMBER)
    page.keyboard.press("Tab")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect_open(page)
    for key in ("2", "ArrowRight", "f", "3"):
        page.keyboard.press(key)
    expect_saved(page)
    sheet = sheet_of(sitting)
    assert (sheet.choices, sheet.flags) == ({1: 2, 2: 3}, {2})


def test_a_browser_without_encryption_gets_the_paper_from_the_server(open_seat, learner):
    """As on a page without TLS, which has no WebCrypto."""
    sitting = make_sealed(learner, starts_in=8)
    page = open_seat(sitting, script="Object.defineProperty(crypto, 'subtle', { value: undefined })")
    expect(page.locator("#q1")).to_be_visible(timeout=60_000)
    assert page.url.endswith("?plain")
    # The paper stands there before the scripts do; they say so in the status.
    expect(page.locator("#status")).not_to_be_empty(timeout=15_000)
    choose(page, 1, 2)
    expect_saved(page)
    assert sheet_of(sitting).choices == {1: 2}


def test_a_browser_that_cannot_unpack_unpacks_all_the_same(open_seat, learner):
    page = open_seat(make_sealed(learner, starts_in=-60), script="delete self.DecompressionStream")
    expect_open(page)
    assert page.locator("#questions .option").count() == 6 * 5


def test_a_sitting_that_is_not_sealed_waits_for_its_start_too(open_seat, learner):
    sitting = make_sitting(learner, items=5)
    Sitting.objects.filter(pk=sitting.pk).update(starts_at=timezone.now() + timedelta(seconds=8))
    page = open_seat(sitting, width=360)
    expect(page.locator("#waiting")).to_be_visible()
    assert "ข้อใดถูกต้อง" not in page.content()
    expect_open(page)
    choose(page, 1, 2)
    expect_saved(page)


def test_what_a_device_holds_at_the_end_of_time_is_sent_before_the_receipt(monkeypatch, request, learner):
    monkeypatch.setenv("SEAT_GRACE_SECONDS", "300")
    open_seat = request.getfixturevalue("open_seat")
    sitting = make_sealed(learner, starts_in=-60, minutes=1.4)
    page = open_seat(sitting, width=360)
    expect_open(page)
    page.context.route("**/entries", lambda route: route.abort())
    page.context.route("**/submit", lambda route: route.abort())
    choose(page, 1, 3)
    expect_kept(page)
    expect(page.locator("#clock-left")).to_have_text("0:00", timeout=60_000)
    page.wait_for_timeout(1000)
    page.reload()
    expect(page.locator("h1")).to_have_text("หมดเวลาแล้ว")
    expect(page.locator("#unsent")).to_contain_text("ไม่มีสัญญาณ")
    assert_accessible(page)
    page.context.unroute("**/entries")
    page.context.unroute("**/submit")
    expect(page.locator("h1")).to_contain_text("ส่งแบบทดสอบเรียบร้อยแล้ว", timeout=30_000)
    assert sheet_of(sitting).choices == {1: 3}


def test_a_full_journal_says_so_and_can_still_be_submitted(open_seat, learner):
    sitting = make_sealed(learner, starts_in=-60)
    page = open_seat(sitting)
    expect_open(page)
    append(sitting, *(answer(seq, choice=1 + seq % 4) for seq in range(2, 20_001)), generation=1)
    page.reload()
    expect_open(page)
    page.keyboard.press("ArrowRight")
    choose(page, 2, 2)
    expect(page.locator("#alert")).to_contain_text("รับเพิ่มไม่ได้แล้ว")
    expect(page.locator('input[name="a2"]').first).to_be_disabled()
    submit(page)
    expect(page.locator("h1")).to_contain_text("ส่งแบบทดสอบเรียบร้อยแล้ว")
    assert set(sheet_of(sitting).choices) == {1}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_waiting_room_is_accessible(open_seat, learner, scheme):
    page = open_seat(make_sealed(learner, starts_in=600), scheme=scheme)
    expect_sealed_here(page)
    page.locator(".practice summary").click()
    page.locator("#practice input[value='2']").check()
    assert_accessible(page)


def test_the_shell_weighs_little_without_the_paper(open_seat, learner):
    """At most 60 KB compressed for everything but the bundle."""
    page = open_seat(make_sealed(learner, starts_in=600))
    wait_for_offline_copy(page)
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    sizes = {
        url: len(gzip.compress(page.request.get(url).body()))
        for url in {page.url, *loaded}
        if url.endswith((".js", ".css", "/"))
    }
    assert len(sizes) >= 15
    assert sum(sizes.values()) <= 60 * 1024
