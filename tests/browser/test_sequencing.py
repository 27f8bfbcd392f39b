"""SCORM 2004 with rules in a real browser: what is locked opens, content asks, another device goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect
from pytest_django.fixtures import Settings

from courses.player.models import ItemProgress, UnitProgress, UnitStatus
from learning.people.models import Agency, Person
from tests.browser.conftest import OpenPage
from tests.browser.helpers import assert_accessible
from tests.courses.player.packages import kept, new_package_page, scorm
from tests.courses.player.sequencing.learner import FLOW, sequencing
from tests.courses.player.test_walking import RULES, SHARED

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Finds the run-time, tells what it may ask for, and does what its buttons say.
LESSON = """<!doctype html>
<html lang="th"><head><title>บทเรียน</title></head><body>
<p id="entry"></p><button id="valid">ถาม</button><p id="answer"></p><button id="pass">ผ่าน</button>
<button id="next">ต่อไป</button><button id="pause">พัก</button><button id="jump">ข้าม</button>
<script>
  let api = null;
  for (let page = window; !api && page !== page.parent; page = page.parent) api = page.parent.API_1484_11;
  const on = (name, act) => document.getElementById(name).addEventListener("click", act);
  const end = (wish, exit) => {
    api.SetValue("cmi.exit", exit);
    api.SetValue("adl.nav.request", wish);
    api.Terminate("");
  };
  api.Initialize("");
  document.getElementById("entry").textContent = api.GetValue("cmi.entry") || "-";
  on("valid", () => {
    const asked = ["continue", "previous", "choice.{target=B}", "choice.{target=C}"];
    const answers = asked.map((name) => api.GetValue("adl.nav.request_valid." + name));
    document.getElementById("answer").textContent = answers.join(" ");
  });
  on("pass", () => {
    api.SetValue("cmi.completion_status", "completed");
    api.SetValue("cmi.success_status", "passed");
    api.Commit("");
  });
  on("next", () => end("continue", "normal"));
  on("pause", () => end("suspendAll", "suspend"));
  on("jump", () => end("{target=C}choice", "normal"));
</script></body></html>"""


@pytest.fixture
def address(settings: Settings, tmp_path: Path, learner: Person, department: Agency) -> str:
    settings.MEDIA_ROOT = tmp_path
    package = scorm("A", "B", "C", version="2004 4th Edition", root=sequencing(FLOW), page=LESSON, **RULES)
    return new_package_page(learner, kept(package, department))


def lesson(page: Page) -> FrameLocator:
    return page.frame_locator("#package-frame").frame_locator("iframe")


def asks(page: Page) -> str:
    lesson(page).locator("#valid").click()
    return lesson(page).locator("#answer").text_content() or ""


def test_a_lesson_opens_what_comes_next_and_leads_to_the_end(
    open_page: OpenPage, address: str, learner: Person
):
    page = open_page(address, person=learner, width=360)
    title = page.locator(".package-title")
    expect(title).to_have_text("บทที่ A")
    expect(lesson(page).locator("#entry")).to_have_text("ab-initio")
    assert asks(page) == "false false false true"
    menu = page.locator("#package-contents")
    page.locator(".package-menu summary").press("Enter")
    expect(menu.get_by_role("listitem").filter(has_text="บทที่ B")).to_contain_text("ขึ้นอยู่กับผลของท่านใน “บทที่ A”")
    # By the keyboard, and what is still locked is said.
    with page.expect_navigation():
        page.locator("#package-next").press("Enter")
    expect(page.locator("main")).to_contain_text("ขึ้นอยู่กับผลของท่านใน “บทที่ A”")
    expect(title).to_have_text("บทที่ A")
    assert_accessible(page)
    page.locator("#package-next").focus()
    lesson(page).locator("#pass").click()
    expect(page.locator("#package-next")).to_have_text("เรียนต่อ: บทที่ B")
    assert asks(page) == "true false true true"
    lesson(page).locator("#next").click()
    expect(title).to_have_text("บทที่ B")
    lesson(page).locator("#pass").click()
    expect(page.locator("#package-status")).to_have_text("บันทึกแล้ว")
    page.locator("#package-next").click()
    expect(title).to_have_text("บทที่ C")
    lesson(page).locator("#pass").click()
    expect(page.locator("#package-status")).to_have_text("บันทึกแล้ว")
    page.locator("#package-next").click()
    page.wait_for_url("**/learn/*/")
    expect(page.locator("main")).to_contain_text("ท่านเรียนมาถึงตอนสุดท้าย")
    assert UnitProgress.objects.get().status == UnitStatus.COMPLETED


def test_content_pauses_and_another_device_goes_on(open_page: OpenPage, address: str, learner: Person):
    page = open_page(address, person=learner)
    lesson(page).locator("#jump").click()
    expect(page.locator(".package-title")).to_have_text("บทที่ C")
    lesson(page).locator("#pause").click()
    page.wait_for_url("**/learn/*/")
    other = open_page(address, person=learner, width=360)
    other.get_by_role("button").filter(has_text="เรียนต่อ").click()
    expect(other.locator(".package-title")).to_have_text("บทที่ C")
    expect(lesson(other).locator("#entry")).to_have_text("resume")


# Says what it was given, leaves a note for the next lesson, and goes on by its own button.
SHARING = """<!doctype html>
<html lang="th"><head><title>บทเรียน</title></head><body>
<p id="given"></p><p id="shared"></p><button id="jump">ข้าม</button><button id="out">เลิก</button>
<script>
  let api = null;
  for (let page = window; !api && page !== page.parent; page = page.parent) api = page.parent.API_1484_11;
  api.Initialize("");
  const get = (name) => api.GetValue(name) || `(${api.GetLastError()})`;
  const names = ["cmi.max_time_allowed", "cmi.time_limit_action", "cmi.completion_threshold",
    "adl.nav.request_valid.jump.{target=C}", "adl.nav.request_valid.choice.{target=C}"];
  document.getElementById("given").textContent = names.map(get).join(" ");
  const stores = ["adl.data._count", "adl.data.0.id", "adl.data.0.store", "adl.data.1.store"];
  document.getElementById("shared").textContent = stores.map(get).join(" ");
  const note = (get("adl.data.0.store").match(/^[AC]+/) ?? [""])[0] + location.pathname.at(-6);
  api.SetValue("adl.data.0.store", note);
  api.SetValue("adl.data.1.store", "not mine");
  const end = (wish) => { api.SetValue("adl.nav.request", wish); api.Terminate(""); };
  document.getElementById("jump").addEventListener("click", () => end("{target=C}jump"));
  document.getElementById("out").addEventListener("click", () => end("exitAll"));
</script></body></html>"""
LIMITED = '<limitConditions attemptAbsoluteDurationLimit="PT30M"/>'
TIMED = (
    "<adlcp:timeLimitAction>exit,message</adlcp:timeLimitAction>"
    '<adlcp:completionThreshold completedByMeasure="true" minProgressMeasure="0.6"/>'
)


def test_lessons_share_data_and_know_their_limits(open_lesson: OpenPage):
    package = scorm(
        "A", "B", "C", version="2004 4th Edition", root=sequencing(FLOW), page=SHARING,
        A=TIMED + SHARED + sequencing(LIMITED), C=SHARED,
    )  # fmt: skip
    page = open_lesson(package, width=360)
    expect(lesson(page).locator("#given")).to_have_text("PT1800S exit,message 0.6 true true")
    # Nobody has written anything yet (403), and the second store is not for this lesson to write.
    expect(lesson(page).locator("#shared")).to_have_text("2 notes (403) (403)")
    expect(page.locator("#package-status")).to_have_text("บันทึกแล้ว")
    page.reload()
    expect(lesson(page).locator("#shared")).to_have_text("2 notes A (403)")
    lesson(page).locator("#jump").click()
    expect(page.locator(".package-title")).to_have_text("บทที่ C")
    expect(lesson(page).locator("#shared")).to_have_text("2 notes AA (403)")
    lesson(page).locator("#out").click()
    page.wait_for_url("**/learn/*/")
    row = ItemProgress.objects.get(item="")
    assert row.state["shared_data"] == {"notes": "AAC"}
