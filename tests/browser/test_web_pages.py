"""Web pages in a ZIP file, made for a server of their own: they show, lead on, and can be finished."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from courses.player.models import UnitProgress, UnitStatus
from learning.people.models import Agency, Person
from tests.browser.conftest import OpenPage
from tests.browser.test_packages import lesson
from tests.courses.packages.factories import zipped
from tests.courses.player.packages import in_package, kept

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_HEAD = '<!doctype html><html lang="th"><head><meta charset="utf-8"><title>คู่มือ</title>'
# As programs build it that expect to be at "/": a module that others import, styles, a picture, data.
SITE = {
    "index.html": f"""{_HEAD}<link rel="stylesheet" href="/assets/a.css">
<script type="module" crossorigin src="/assets/app.js"></script></head>
<body><p id="said"></p><a href="บท 1/">บทที่ 1</a></body></html>""",
    "assets/app.js": """
export const runs = (window.runs = (window.runs ?? 0) + 1);
import("./more.js").then(async ({ more }) => {
  const said = [window.runs, more, (await (await fetch("/data.json")).json()).is];
  document.getElementById("said").textContent = said.join(" ");
});""",
    "assets/more.js": 'import { runs } from "./app.js"; export const more = runs && "more";',
    "assets/a.css": "#said { width: 200px; background: url(/assets/b.svg) }",
    "assets/b.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "data.json": '{"is": "data"}',
    "บท 1/index.html": f'{_HEAD}</head><body><h1>บทที่ 1</h1><a href="../">หน้าแรก</a></body></html>',
}


def test_pages_made_for_a_server_of_their_own_show_and_are_finished_by_hand(
    open_page: OpenPage, settings: Settings, tmp_path: Path, learner: Person, department: Agency
):
    settings.MEDIA_ROOT = tmp_path
    package = kept(zipped(SITE), department)
    registration, unit, _session = in_package(learner, package, min_seconds=2)
    registration.session = ""
    registration.save(update_fields=["session"])
    page = open_page(reverse("player:unit", args=[registration.pk, unit.pk]), person=learner, width=360)
    expect(lesson(page).locator("#said")).to_have_text("1 more data")
    lesson(page).get_by_role("link", name="บทที่ 1").press("Enter")
    expect(lesson(page).get_by_role("heading", name="บทที่ 1")).to_be_visible()
    lesson(page).get_by_role("link", name="หน้าแรก").press("Enter")
    expect(lesson(page).locator("#said")).to_have_text("1 more data")
    page.get_by_role("button", name="ทำเครื่องหมายว่าเรียนแล้ว").press("Enter")
    expect(page.locator("#package-done")).to_contain_text("ทำแล้ว")
    lesson(page).get_by_role("link", name="บทที่ 1").focus()
    for _each in range(12):
        page.keyboard.press("Tab")
        page.wait_for_timeout(300)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#unit-state")).to_contain_text("เรียนจบแล้ว")
    assert UnitProgress.objects.get().status == UnitStatus.COMPLETED


# Pages of the time of framesets: a menu whose links lead the whole window on.
FRAMES = {
    "index.html": f"""{_HEAD}</head><frameset cols="40%,*"><frame src="menu.html" title="สารบัญ">
<frame src="one.html" name="page" title="เนื้อหา"></frameset></html>""",
    "menu.html": f"""{_HEAD}</head><body><a href="one.html" target="page">หน้าหนึ่ง</a>
<a href="two.html" target="_top">หน้าสอง</a></body></html>""",
    "one.html": f"{_HEAD}</head><body><h1>หนึ่ง</h1></body></html>",
    "two.html": f"""{_HEAD}</head><body><h1>สอง</h1>
<a href="index.html" target="_parent">กลับ</a></body></html>""",
}


def test_links_that_mean_the_whole_window_stay_in_the_lesson(
    open_page: OpenPage, settings: Settings, tmp_path: Path, learner: Person, department: Agency
):
    settings.MEDIA_ROOT = tmp_path
    registration, unit, _session = in_package(learner, kept(zipped(FRAMES), department))
    registration.session = ""
    registration.save(update_fields=["session"])
    page = open_page(reverse("player:unit", args=[registration.pk, unit.pk]), person=learner)
    menu = lesson(page).frame_locator("frame[src='menu.html']")
    menu.get_by_role("link", name="หน้าสอง").press("Enter")
    expect(lesson(page).get_by_role("heading", name="สอง")).to_be_visible()
    lesson(page).get_by_role("link", name="กลับ").press("Enter")
    expect(menu.get_by_role("link", name="หน้าหนึ่ง")).to_be_visible()
    expect(page.locator("#package-done")).to_be_visible()


# In the ways of that time a menu leads the frame beside it.
MENU = f"""{_HEAD}<base target="page"></head><body><a href="1.html">link</a>
<a href="#" target="_self" onclick="parent.page.location.href = '2.html'">script</a>
<a href="#" target="_self" onclick="parent.frames[1].location = '3.html'">number</a>
<a href="#" target="_self" onclick="parent.page.document.location.replace('4.html')">replace</a>
<a href="#" target="_self" onclick="window.open('5.html', 'page')">open</a>
<form action="6.html"><input name="q" value="ก"><button>form</button></form>
<a href="#" target="_self" onclick="parent.page.say('7')">call</a><p id="said"></p>
<script>parent.page.location.href = "0.html";</script></body></html>"""
PAGE = f"""{_HEAD}</head><body><h1></h1><script>
  function say(what) {{ document.querySelector("h1").textContent = what; return this === window; }}
  say((location.pathname.match(/(\\d)\\.html/) ?? ["", "first"])[1] + decodeURI(location.search));
</script></body></html>"""


def test_a_menu_leads_the_frame_beside_it(
    open_page: OpenPage, settings: Settings, tmp_path: Path, learner: Person, department: Agency
):
    settings.MEDIA_ROOT = tmp_path
    files = {"index.html": FRAMES["index.html"], "menu.html": MENU, "one.html": PAGE}
    package = kept(zipped(files | {f"{number}.html": PAGE for number in range(7)}), department)
    registration, unit, _session = in_package(learner, package)
    registration.session = ""
    registration.save(update_fields=["session"])
    page = open_page(reverse("player:unit", args=[registration.pk, unit.pk]), person=learner)
    menu = lesson(page).frame_locator("frame[src='menu.html']")
    shown = lesson(page).frame_locator("frame[name='page']").locator("h1")
    # Already while it is loaded.
    expect(shown).to_have_text("0")
    for number, name in enumerate(("link", "script", "number", "replace", "open"), start=1):
        menu.get_by_role("link", name=name).click()
        expect(shown).to_have_text(str(number))
    menu.get_by_role("button", name="form").click()
    expect(shown).to_have_text("6?q=ก")
    menu.get_by_role("link", name="call").click()
    expect(shown).to_have_text("7")
    assert len(page.context.pages) == 1
