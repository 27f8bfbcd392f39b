"""A package in a real browser: its run-time is found, what it says is kept, and it goes on from there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from courses.player.models import Evidence, EvidenceKind, ItemProgress, UnitProgress, UnitStatus
from learning.people.models import Person
from tests.browser.conftest import OpenPage
from tests.courses.packages.factories import package
from tests.courses.player.packages import scorm

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Looks for the run-time as content does, counts its visits, and ends on request.
LESSON = """<!doctype html>
<html lang="th"><head><title>บทเรียน</title></head><body>
<p id="visits"></p><button id="pass">ผ่าน</button>
<script>
  let api = null;
  for (let page = window; !api && page !== page.parent; page = page.parent) api = page.parent.API;
  api.LMSSetValue("cmi.core.lesson_status", "completed");
  api.LMSInitialize("");
  const visits = Number(api.LMSGetValue("cmi.core.lesson_location") || 0) + 1;
  document.getElementById("visits").textContent = api.LMSGetValue("cmi.core.entry") + " " + visits;
  api.LMSSetValue("cmi.core.lesson_location", String(visits));
  api.LMSSetValue("cmi.core.exit", "suspend");
  api.LMSCommit("");
  document.getElementById("pass").addEventListener("click", () => {
    api.LMSSetValue("cmi.core.score.raw", "85");
    api.LMSSetValue("cmi.core.lesson_status", "passed");
    api.LMSFinish("");
  });
</script></body></html>"""


@pytest.fixture
def page(open_lesson: OpenPage) -> Page:
    return open_lesson(scorm("A", page=LESSON), width=360)


@pytest.fixture
def visit(page: Page, open_page: OpenPage, learner: Person) -> Callable[[], Page]:
    """Return a function that opens the unit on another device."""
    return lambda: open_page(page.url, person=learner, width=360)


def work(page: Page, seconds: float) -> None:
    """Move over the lesson like somebody who works in it, for so long after its page heard of it.

    By elements, not by places: a frame that has moved meanwhile is found again, and one that does not answer
    ends the test instead of keeping it.
    """
    expect(lesson(page).locator("#visits")).not_to_be_empty()
    page.evaluate(
        """() => {
          window.heard = false;
          addEventListener("message", ({ data }) => { window.heard ||= data?.player === "sign"; });
        }"""
    )
    ends = None
    for _attempt in range(120):
        for place in ("#visits", "#pass"):
            lesson(page).locator(place).hover()
            page.wait_for_timeout(250)
        if ends is None and page.evaluate("heard"):
            ends = time.monotonic() + seconds
        if ends is not None and time.monotonic() >= ends:
            return
    pytest.fail("the page heard nothing of what was done in the lesson")


def leave(page: Page) -> None:
    # By key: where a frame scrolls away under the pointer, Chromium may give it the next press.
    page.get_by_role("link", name="บทเรียนทั้งหมด").press("Enter")
    page.wait_for_url(re.compile(r"/learn/[0-9a-f-]+/$"))


def lesson(page: Page) -> FrameLocator:
    return page.frame_locator("#package-frame").frame_locator("iframe")


def test_a_lesson_is_kept_resumed_and_passed(page: Page):
    status = page.locator("#package-status")
    expect(lesson(page).locator("#visits")).to_have_text("ab-initio 1")
    expect(status).to_have_text("บันทึกแล้ว")
    # What was said before the run-time was initialised has done nothing.
    assert not ItemProgress.objects.get().is_completed
    page.reload()
    expect(lesson(page).locator("#visits")).to_have_text("resume 2")
    lesson(page).locator("#pass").click()
    expect(page.locator('#package[data-ended="true"][data-status="saved"]')).to_be_attached()
    expect(page.locator("#unit-state")).to_have_text("เรียนจบแล้ว")
    progress = UnitProgress.objects.get()
    assert (progress.status, progress.is_passed, float(progress.score or 0)) == (
        UnitStatus.COMPLETED,
        True,
        0.85,
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_a_connection_the_lesson_goes_on_and_is_sent_later(page: Page):
    status, heard = page.locator("#package-status"), page.locator("#package-said[role=status]")
    expect(status).to_have_text("บันทึกแล้ว")
    expect(heard).to_have_text("")
    page.route("**/learn/run/commit", lambda route: route.abort())
    lesson(page).locator("#pass").click()
    expect(status).to_contain_text("เก็บไว้ในเครื่องนี้")
    expect(heard).to_contain_text("เก็บไว้ในเครื่องนี้")
    assert not UnitProgress.objects.filter(status=UnitStatus.COMPLETED).exists()
    page.unroute("**/learn/run/commit")
    page.reload()
    expect(lesson(page).locator("#visits")).to_have_text("resume 2")
    expect(page.locator("#unit-state")).to_have_text("เรียนจบแล้ว")
    assert UnitProgress.objects.get().status == UnitStatus.COMPLETED


def test_contents_are_asked_for_again_when_something_changed(open_lesson: OpenPage):
    page = open_lesson(scorm("A", "B", page=LESSON))
    menu = page.locator("#package-contents")
    page.locator(".package-menu summary").click()
    expect(menu).to_contain_text("เริ่มแล้ว")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "?contents" in request.url else None)
    for place in ("3", "4"):
        keeps = f"() => {{ api.LMSSetValue('cmi.core.lesson_location', '{place}'); api.LMSCommit(''); }}"
        with page.expect_response("**/learn/run/commit"):
            lesson(page).locator("body").evaluate(keeps)
    page.wait_for_timeout(500)
    assert asked == []
    lesson(page).locator("#pass").click()
    expect(menu).to_contain_text("ทำแล้ว")
    assert len(asked) == 1


def test_time_in_a_lesson_counts_while_its_learner_stays(page: Page):
    counted = page.locator("[data-time]")
    # All of the lesson is seen: to scroll to it would be something done on the portal's page.
    page.set_viewport_size({"width": 360, "height": 1600})
    page.wait_for_timeout(2000)
    with page.expect_response("**/report/"):
        page.evaluate("dispatchEvent(new Event('online'))")
    expect(counted).to_contain_text("นับได้ 0 วินาที")
    began = time.monotonic()
    work(page, 2.5)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(counted).to_contain_text(re.compile(r"นับได้ [1-9]\d* วินาที"))
    # On a busy machine more time passes, and no more than that is counted.
    found = re.search(r"นับได้ (\d+) วินาที", counted.inner_text())
    assert found is not None
    assert int(found[1]) <= time.monotonic() - began
    assert {each.kind for each in Evidence.objects.all()} == {EvidenceKind.INTERACTION}


def test_time_in_a_lesson_counts_when_its_learner_leaves_and_goes_on_elsewhere(
    page: Page, visit: Callable[[], Page]
):
    work(page, 2.5)
    leave(page)
    progress = UnitProgress.objects.get()
    assert progress.seconds > 0
    page.go_back()
    work(page, 2.5)
    other = visit()
    other.get_by_role("button", name="เรียนต่อที่นี่").click()
    work(other, 2.5)
    page.evaluate("dispatchEvent(new Event('online'))")
    # The first device is told; what it saw until then counts.
    expect(page.locator("[data-unit]").locator("xpath=preceding-sibling::*[@role='alert']")).to_be_visible()
    expect(page.locator("#package-frame")).to_have_count(0)
    first = UnitProgress.objects.get().seconds
    assert first > progress.seconds
    leave(other)
    assert UnitProgress.objects.get().seconds > first


# A questionnaire: what is said of a question does not name the whole, and its end has no result.
QUESTIONNAIRE = """
H5P.Quiz = function (params, id) {
  H5P.EventDispatcher.call(this);
  this.contentId = id;
  const say = (verb, part) => {
    const event = this.createXAPIEventTemplate(verb);
    if (part) {
      event.data.statement.object.definition.extensions["http://h5p.org/x-api/h5p-subContentId"] = part;
      event.setScoredResult(1, 1, this, true, true);
    }
    this.trigger(event);
  };
  this.attach = (container) => {
    container.html('<button id="answer">ตอบ</button><button id="submit">ส่ง</button>');
    container.find("#answer").on("click", () => say("answered", "1"));
    container.find("#submit").on("click", () => {
      say("completed");
      say("interacted");
    });
  };
};
H5P.Quiz.prototype = Object.create(H5P.EventDispatcher.prototype);
"""


def test_a_questionnaire_is_done_when_it_is_sent_and_not_by_an_answer(open_lesson: OpenPage):
    upload = package("h5p", **{"H5P.Quiz-1.2/quiz.js": QUESTIONNAIRE})
    page = open_lesson(upload, "quiz.h5p", width=360)
    content = lesson(page)
    content.locator("#answer").click()
    page.wait_for_timeout(1500)
    assert not UnitProgress.objects.filter(is_done=True).exists()
    content.locator("#submit").click()
    expect(page.locator("#unit-state")).to_have_text("เรียนจบแล้ว")
    progress = UnitProgress.objects.get()
    assert (progress.is_done, progress.is_passed, progress.score) == (True, None, None)


def test_content_that_has_nothing_to_keep_is_not_told_of_a_reset(open_lesson: OpenPage):
    keeps_null = QUESTIONNAIRE.replace("this.attach", "this.getCurrentState = () => null;\n  this.attach", 1)
    page = open_lesson(package("h5p", **{"H5P.Quiz-1.2/quiz.js": keeps_null}), "quiz.h5p")
    expect(page.locator('#package[data-status="saved"]')).to_be_attached()
    item = ItemProgress.objects.get()
    assert item.state["user_data"] == [{"dataType": "state", "subContentId": "0", "previousState": "null"}]
    # As it was kept before, in the form of the player.
    item.state["user_data"].insert(0, {"state": "null"})
    item.save()
    page.reload()
    expect(lesson(page).locator("#answer")).to_be_visible()
    expect(lesson(page).locator(".h5p-content-user-data-reset-dialog")).to_have_count(0)


# Asks for storage as much content does: unguarded, before anything else, on every page and in a frame.
ASKING = """<!doctype html>
<html lang="th"><head><title>บทเรียน</title><script>
  localStorage.setItem("visits", Number(localStorage.getItem("visits") || 0) + 1);
  sessionStorage.place = "here";
</script></head><body><a href="A.html?next">หน้าต่อไป</a><p id="visits"></p>
<script>
  const kept = [...Object.keys(sessionStorage), localStorage.visits];
  document.getElementById("visits").textContent = kept.join(" ");
  if (location.search === "?next") {
    document.body.insertAdjacentHTML("beforeend", '<iframe title="ข้างใน" src="A.html?inside"></iframe>');
  }
</script></body></html>"""


def test_content_has_storage_where_the_browser_gives_frames_none(open_lesson: OpenPage):
    # Contexts under test are private windows, in which Chromium gives frames of other sites no storage.
    page = open_lesson(scorm("A", page=ASKING))
    expect(lesson(page).locator("#visits")).to_have_text("place 1")
    lesson(page).get_by_role("link").click()
    expect(lesson(page).locator("#visits")).to_have_text("place 2")
    expect(lesson(page).frame_locator("iframe").locator("#visits")).to_have_text("place 3")


# Writes to a group of elements as if it were one of them, then says what it has to say.
GROUPING = """<!doctype html>
<html lang="th"><head><title>บทเรียน</title></head><body><p id="said"></p><script>
  const api = parent.API;
  api.LMSInitialize("");
  const said = [
    api.LMSSetValue("cmi.core.score", "85"), api.LMSGetLastError(), api.LMSGetValue("cmi.core.score"),
    api.LMSSetValue("cmi.core.score.raw", "85"), api.LMSSetValue("cmi.interactions.0.id", "q1"),
    api.LMSSetValue("cmi.interactions.0", "q1"), api.LMSSetValue("cmi.core.lesson_status", "passed"),
    api.LMSGetValue("cmi.core.score.raw"), api.LMSFinish(""),
  ];
  document.getElementById("said").textContent = said.join(" ");
</script></body></html>"""


def test_content_that_writes_to_a_group_of_elements_loses_nothing(open_lesson: OpenPage):
    page = open_lesson(scorm("A", page=GROUPING))
    expect(lesson(page).locator("#said")).to_have_text("false 401  true true false true 85 true")
    expect(page.locator('#package[data-ended="true"][data-status="saved"]')).to_be_attached()
    progress = UnitProgress.objects.get()
    assert (progress.status, float(progress.score or 0)) == (UnitStatus.COMPLETED, 0.85)


# Opens itself in a window of its own, as many courses do, and finds its run-time from there.
OPENING = """<!doctype html>
<html lang="th"><head><title>บทเรียน</title></head><body>
<button id="open">เปิดบทเรียน</button><button id="pass">ผ่าน</button><p id="said"></p>
<script>
  if (opener) {
    const api = opener.parent.API;
    const begun = api.LMSInitialize("");
    const place = Number(api.LMSGetValue("cmi.core.lesson_location") || 2) + 1;
    document.getElementById("said").textContent = `${begun} ${place}`;
    api.LMSSetValue("cmi.core.lesson_location", String(place));
    api.LMSSetValue("cmi.core.exit", "suspend");
    api.LMSCommit("");
    document.getElementById("pass").addEventListener("click", () => {
      api.LMSSetValue("cmi.core.lesson_status", "passed");
    });
    addEventListener("unload", () => api.LMSFinish(""));
  }
  document.getElementById("open").addEventListener("click", () => {
    const page = open("about:blank", "course", "width=600,height=400");
    page.location = "A.html?opened";
    document.getElementById("said").textContent = "opened";
  });
</script></body></html>"""


def test_content_in_a_window_of_its_own_is_kept_counted_and_closed(open_lesson: OpenPage):
    page = open_lesson(scorm("A", page=OPENING))
    with page.expect_popup() as opening:
        lesson(page).locator("#open").click()
    expect(lesson(page).locator("#said")).to_have_text("opened")
    course = opening.value
    ends = time.monotonic() + 4
    while time.monotonic() < ends:
        for place in (40, 60):
            course.mouse.move(place, place)
            course.wait_for_timeout(250)
    course.locator("#pass").click()
    with course.expect_event("close"):
        leave(page)
    progress = UnitProgress.objects.get()
    assert progress.status == UnitStatus.COMPLETED
    assert progress.seconds > 0
    assert ItemProgress.objects.get().state["cmi"]["core"]["lesson_location"] == "3"


def test_a_window_that_content_opens_while_it_loads_is_followed_too(open_lesson: OpenPage):
    at_once = 'if (!opener) document.getElementById("open").click();\n</script></body>'
    page = open_lesson(scorm("A", page=OPENING.replace("</script></body>", at_once)))
    expect(lesson(page).locator("#said")).to_have_text("opened")
    course = page.context.pages[-1]
    expect(course.locator("#said")).to_have_text("true 3")
    with course.expect_event("close"):
        leave(page)


def test_content_whose_window_was_closed_opens_again(open_lesson: OpenPage):
    page = open_lesson(scorm("A", page=OPENING))
    for place in ("3", "4", "5"):
        with page.expect_popup() as opening:
            lesson(page).locator("#open").click()
        expect(opening.value.locator("#said")).to_have_text(f"true {place}")
        with page.expect_event("load"):
            opening.value.close(run_before_unload=True)
        expect(lesson(page).locator("#open")).to_be_visible()
    assert ItemProgress.objects.get().state["cmi"]["core"]["lesson_location"] == "5"
