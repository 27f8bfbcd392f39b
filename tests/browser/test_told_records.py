"""Content that talks to the record store itself, from the content origin: cmi5, xAPI, TinCanJS."""

from __future__ import annotations

import io
import json
import os
import re
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from courses.catalogue.making.packages import build
from courses.content.serving import LOCAL_HOST
from courses.packages.package import Kind
from courses.player.models import UnitProgress, UnitStatus
from courses.player.services import launches, xapi
from courses.player.services.launches import Contents
from learning.people.models import Agency, Person
from learning.records.models import Statement
from learning.records.services.credentials import create_client
from tests.browser.conftest import OpenPage
from tests.browser.helpers import sign_in
from tests.browser.test_exercises import do, exercise_of
from tests.courses.packages.factories import package as good_package
from tests.courses.player.packages import in_package, kept, new_package_page
from tests.server import PlatformServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TINCAN = Path(__file__).resolve().parents[2] / "node_modules/tincanjs/build/tincan-min.js"


def told() -> list[dict[str, Any]]:
    received = Statement.objects.order_by("position").values_list("received", flat=True)
    return [json.loads(text) for text in received]


def verbs() -> list[str]:
    return [statement["verb"]["id"].rpartition("/")[2] for statement in told()]


def reached() -> tuple[str, bool | None, float | None]:
    """How far the learner is in the one unit."""
    unit = UnitProgress.objects.get()
    return unit.status, unit.is_passed, None if unit.score is None else float(unit.score)


def until_told(page: Page, verb: str, times: int = 1) -> list[str]:
    """Wait until a verb has come so often, and return all verbs."""
    for _attempt in range(200):
        if verbs().count(verb) >= times:
            return verbs()
        page.wait_for_timeout(100)
    pytest.fail(f"{verb} did not come: {verbs()}")


@pytest.fixture
def opened(
    server: PlatformServer, new_page: OpenPage, learner: Person, department: Agency, request: Any
) -> Page:
    """The page of a unit with the exercise as a package of the kind that the test names."""
    package = kept(io.BytesIO(build(exercise_of("KD53"), request.param, "KD53")), department)
    address = new_package_page(learner, package)
    page = new_page(width=360)
    sign_in(page.context, learner, server.origin)
    page.goto(address)
    return page


def lesson(page: Page) -> FrameLocator:
    return page.frame_locator("#package-frame").frame_locator("iframe")


@pytest.mark.parametrize("opened", [Kind.CMI5], indirect=True)
def test_a_cmi5_lesson_is_passed_and_comes_back_for_review(opened: Page):
    address = opened.url
    do(lesson(opened), exercise_of("KD53"))
    until_told(opened, "satisfied")
    assert reached() == (UnitStatus.COMPLETED, True, 1.0)
    opened.locator(".unit-ways a:not([rel])").click()
    # The page waits for the lesson's last word before it goes.
    expect(opened).to_have_url(re.compile(r"/learn/[0-9a-f-]{36}/$"))
    said = until_told(opened, "terminated")
    assert [verb for verb in said if verb != "answered"] == [
        "launched", "initialized", "completed", "passed", "satisfied", "terminated"
    ]  # fmt: skip
    opened.goto(address)
    expect(lesson(opened).get_by_role("heading", name="ผลของท่าน")).to_be_visible()
    assert until_told(opened, "initialized", 2).count("launched") == 2
    extensions = told()[-2]["context"]["extensions"]
    assert extensions["https://w3id.org/xapi/cmi5/context/extensions/launchmode"] == "Review"


def test_a_cmi5_lesson_in_its_own_window_leads_back_to_the_course(
    server: PlatformServer, new_page: OpenPage, learner: Person, department: Agency
):
    whole = zipfile.ZipFile(io.BytesIO(build(exercise_of("KD53"), Kind.CMI5, "KD53")))
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, whole.read(name).replace(b"AnyWindow", b"OwnWindow"))
    address = new_package_page(learner, kept(changed, department))
    page = new_page()
    sign_in(page.context, learner, server.origin)
    page.goto(address)
    with page.expect_popup() as opening:
        page.frame_locator("#package-frame").get_by_role("button", name="เปิดบทเรียน").click()
    own = opening.value
    ends = time.monotonic() + 4
    while time.monotonic() < ends:
        for place in (40, 60):
            own.mouse.move(place, place)
            own.wait_for_timeout(250)
    do(own, exercise_of("KD53"))
    until_told(page, "satisfied")
    # As content does at its end, which finds the address in its launch data.
    with own.expect_event("close"):
        own.evaluate("location.href = new URL('/-/player/runtime/return.html', location)")
    expect(page).to_have_url(re.compile(r"/learn/[0-9a-f-]{36}/$"))
    until_told(page, "terminated")
    assert reached() == (UnitStatus.COMPLETED, True, 1.0)
    assert UnitProgress.objects.get().seconds > 0


@pytest.mark.parametrize("opened", [Kind.XAPI], indirect=True)
def test_an_xapi_lesson_is_passed_and_goes_on_where_it_was(opened: Page):
    exercise = exercise_of("KD53")
    do(lesson(opened), exercise, last=2)
    opened.reload()
    do(lesson(opened), exercise, first=2)
    until_told(opened, "passed")
    assert reached() == (UnitStatus.COMPLETED, True, 1.0)


# What TinCanJS calls back with, as a promise.
CLIENT = """
const asked = (client, name, ...given) => new Promise((resolve, reject) => {
  const options = given.pop();
  client[name](...given, { ...options, callback(error, result) {
    if (error === null) resolve(result);
    else reject(new Error(`${name}: ${error} ${result?.responseText ?? ""}`));
  } });
});
"""
AS_CLIENT = """async ([endpoint, username, password]) => {
  const lrs = new TinCan.LRS({ endpoint, username, password, allowFail: false });
  const actor = new TinCan.Agent({ mbox: "mailto:somying@example.org" });
  const activity = new TinCan.Activity({ id: "https://learning.example/สิทธิ" });
  const verb = new TinCan.Verb({ id: "http://adlnet.gov/expapi/verbs/attempted" });
  const paper = new TinCan.Attachment({
    usageType: "https://learning.example/paper", display: { th: "กระดาษคำตอบ" }, contentType: "text/plain",
  });
  paper.setContentFromString("ข้อ 1 ก");
  const sent = new TinCan.Statement({ actor, verb, target: activity, attachments: [paper] });
  await asked(lrs, "saveStatement", sent, {});
  await asked(lrs, "saveStatements", [new TinCan.Statement({ actor, verb, target: activity })], {});
  const back = await asked(lrs, "retrieveStatement", sent.id, { params: { attachments: true } });
  const found = await asked(lrs, "queryStatements", { params: { agent: actor, verb, activity, limit: 1 } });
  const rest = await asked(lrs, "moreStatements", { url: found.more });
  await asked(lrs, "saveState", "place", "ข้อ 3", { activity, agent: actor, contentType: "text/plain" });
  const state = await asked(lrs, "retrieveState", "place", { activity, agent: actor });
  const kept = { activity, agent: actor, contentType: "application/json" };
  await asked(lrs, "saveAgentProfile", "taste", { sound: "off" }, kept);
  await asked(lrs, "saveActivityProfile", "best", { score: 9 }, kept);
  const taste = await asked(lrs, "retrieveAgentProfile", "taste", { agent: actor });
  const best = await asked(lrs, "retrieveActivityProfile", "best", { activity });
  await asked(lrs, "dropState", "place", { activity, agent: actor });
  const gone = await asked(lrs, "retrieveState", "place", { activity, agent: actor });
  return {
    paper: back.attachments[0].getContentAsString(),
    stored: Boolean(back.stored),
    found: [...found.statements, ...rest.statements].map((each) => each.id).length,
    state: state.contents,
    profiles: [taste.contents.sound, best.contents.score],
    gone,
  };
}"""
AS_CONTENT = """async (url) => {
  const tincan = new TinCan({ url });
  const lrs = tincan.recordStores[0];
  const about = { activity: tincan.activity, agent: tincan.actor, registration: tincan.registration };
  const verb = { id: "http://adlnet.gov/expapi/verbs/passed" };
  const result = { score: { scaled: 0.9 }, success: true };
  const passed = () => tincan.prepareStatement({ verb, result, target: tincan.activity });
  await asked(lrs, "saveState", "place", "3", { ...about, contentType: "text/plain" });
  const place = (await asked(lrs, "retrieveState", "place", about)).contents;
  await asked(lrs, "saveStatement", passed(), {});
  const mine = await asked(lrs, "queryStatements", {
    params: { registration: tincan.registration, activity: tincan.activity },
  });
  const another = passed();
  another.actor = new TinCan.Agent({ mbox: "mailto:somying@example.org" });
  const refused = await asked(lrs, "saveStatement", another, {}).catch((error) => error.message);
  return { place, mine: mine.statements.length, refused };
}"""


@pytest.fixture
def content(server: PlatformServer, new_page: OpenPage) -> Page:
    """A page of the content origin in which TinCanJS is loaded."""
    if not TINCAN.is_file() and not os.environ.get("REQUIRE_BROWSER"):
        pytest.skip("TinCanJS is not installed: make setup-dev")
    page = new_page()
    page.goto(server.origin.replace("127.0.0.1", LOCAL_HOST) + "/-/player/runtime/frame.css")
    page.add_script_tag(path=TINCAN)
    page.add_script_tag(content=CLIENT)
    return page


def test_tincanjs_writes_reads_and_keeps_documents(content: Page, server: PlatformServer):
    secret = create_client("tincanjs", ["all"])
    said = content.evaluate(AS_CLIENT, [f"{server.origin}/xapi/", secret.key, secret.secret])
    assert said == {
        "paper": "ข้อ 1 ก",
        "stored": True,
        "found": 2,
        "state": "ข้อ 3",
        "profiles": ["off", 9],
        "gone": None,
    }


def test_tincanjs_in_a_package_reaches_its_learner_and_activity_alone(
    content: Page, server: PlatformServer, learner: Person, department: Agency
):
    registration, unit, session = in_package(learner, kept(good_package("xapi"), department))
    item = Contents(registration, unit).startable[0].unit
    launched, _secret = launches.launch(registration, unit, item.id, session)
    address = xapi.start(launched, item, "https://lessons.example/", f"{server.origin}/learn/run/")
    said = content.evaluate(AS_CONTENT, address)
    assert (said["place"], said["mine"]) == ("3", 1)
    assert "403" in said["refused"]
    assert reached() == (UnitStatus.COMPLETED, True, 0.9)
