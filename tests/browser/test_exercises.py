"""Exercises of our own lessons as a learner does them, SCORM against its real run-time."""

from __future__ import annotations

import io
import json
import mimetypes
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, FrameLocator, Page, Route, expect

from courses.catalogue import lesson_files
from courses.catalogue.making.exercises import ChooseOne, Exercise, Reading, Sort, read_exercise
from courses.catalogue.making.packages import build
from courses.packages.package import Kind
from courses.player.models import UnitProgress, UnitStatus
from tests.browser.conftest import OpenPage
from tests.browser.helpers import assert_accessible, watch

pytestmark = pytest.mark.browser

VENDOR = Path(__file__).resolve().parents[2] / "learning/portal/static/vendor"
ORIGIN = "http://lesson.test"
# A page that has a run-time and shows the lesson in a frame, as every platform does.
PLATFORM = """<!doctype html><html lang="th"><title>platform</title><body>
<script type="module">
import {{ {name} }} from "/vendor/scorm-again/{file}.min.js";
const api = new {name}({{ autocommit: false, logLevel: 5 }});
const before = sessionStorage.getItem("cmi");
if (before) api.loadFromJSON(JSON.parse(before));
window.{variable} = api;
window.keep = () => sessionStorage.setItem("cmi", JSON.stringify(api.renderCMIToJSONObject().cmi));
const frame = document.createElement("iframe");
frame.title = "lesson";
frame.src = "/index.html";
document.body.append(frame);
</script></body></html>"""
SCORM_12 = PLATFORM.format(name="Scorm12API", file="scorm12", variable="API")
SCORM_2004 = PLATFORM.format(name="Scorm2004API", file="scorm2004", variable="API_1484_11")
Play = Callable[..., Page]


def exercise_of(code: str) -> Exercise:
    return read_exercise((lesson_files.LESSONS / code / "exercise.toml").read_bytes())


@pytest.fixture
def play(browser: Browser) -> Iterator[Play]:
    """Return a function that serves a package by itself, and opens a page beside it or the package's own."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    problems: list[str] = []

    def open_it(exercise: Exercise, kind: Kind, platform: str = "") -> Page:
        files = zipfile.ZipFile(io.BytesIO(build(exercise, kind, "KD10")))

        def answer(route: Route) -> None:
            path = route.request.url.removeprefix(ORIGIN).lstrip("/")
            kind_of_file = mimetypes.guess_type(path)[0] or "text/plain"
            if path == "platform":
                route.fulfill(body=platform, content_type="text/html")
            elif path.startswith("vendor/"):
                route.fulfill(path=VENDOR.parent / path, content_type=kind_of_file)
            elif path in files.namelist():
                route.fulfill(body=files.read(path), content_type=kind_of_file)
            else:
                route.fulfill(status=404)

        context.route(f"{ORIGIN}/**", answer)
        page = context.new_page()
        watch(page, problems)
        page.goto(f"{ORIGIN}/platform" if platform else f"{ORIGIN}/index.html")
        return page

    yield open_it
    context.close()
    assert not problems, "\n".join(problems)


def lesson_in(page: Page) -> Frame:
    page.frame_locator("iframe").locator("h2").wait_for()
    return page.frames[1]


def do(
    lesson: Page | Frame | FrameLocator,
    exercise: Exercise,
    *,
    first: int = 0,
    last: int | None = None,
    wrong: int = 0,
) -> None:
    """Do some of the steps, as many of the questions wrong as said."""
    for step in exercise.steps[first:last]:
        expect(lesson.get_by_role("heading", name=step.heading, level=2)).to_be_visible()
        if not isinstance(step, Reading):
            keys = [(key + 1) % len(step.options) for key in step.keys] if wrong > 0 else step.keys
            wrong -= 1
            for line, key in enumerate(keys):
                if isinstance(step, Sort):
                    lesson.locator("select").nth(line).select_option(str(key))
                else:
                    lesson.locator("input").nth(key).check()
            lesson.get_by_role("button", name="ตรวจคำตอบ").click()
        lesson.get_by_role("button", name="ต่อไป").click()


def kept(page: Page, variable: str) -> dict[str, Any]:
    cmi: dict[str, Any] = json.loads(page.evaluate(f"JSON.stringify({variable}.renderCMIToJSONObject().cmi)"))
    return cmi


def test_an_exercise_is_accessible_at_every_step_and_says_where_nothing_is_kept(play: Play) -> None:
    exercise = exercise_of("KD10")
    page = play(exercise, Kind.SCORM_12)
    expect(page.get_by_role("note")).to_contain_text("ผลจะไม่ถูกบันทึก")
    for number in range(len(exercise.steps)):
        assert_accessible(page)
        if number == 1:
            page.get_by_role("button", name="ตรวจคำตอบ").click()
            expect(page.get_by_role("status")).to_contain_text("เลือกคำตอบก่อน")
            assert_accessible(page)
        do(page, exercise, first=number, last=number + 1, wrong=number % 2)
    expect(page.get_by_role("heading", name="ผลของท่าน")).to_be_focused()
    assert_accessible(page)


def test_an_exercise_is_done_with_the_keyboard_alone(play: Play) -> None:
    exercise = exercise_of("KD10")
    page = play(exercise, Kind.SCORM_12)
    page.get_by_role("button", name="ต่อไป").press("Enter")
    question = exercise.questions[0]
    assert isinstance(question, ChooseOne)
    expect(page.get_by_role("heading", name=question.heading)).to_be_focused()
    page.keyboard.press("Tab")
    for _step in range(question.key):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("ถูกต้อง")
    expect(page.get_by_role("button", name="ต่อไป")).to_be_focused()


def test_scorm_1_2_is_told_of_progress_score_and_answers_and_gives_the_place_back(play: Play) -> None:
    exercise = exercise_of("DS02")
    page = play(exercise, Kind.SCORM_12, SCORM_12)
    do(lesson_in(page), exercise, last=3, wrong=5)
    assert kept(page, "API")["core"]["lesson_status"] == "incomplete"
    page.evaluate("keep()")
    page.reload()
    do(lesson_in(page), exercise, first=3, wrong=5)
    cmi = kept(page, "API")
    assert (cmi["core"]["lesson_status"], cmi["core"]["score"]["raw"]) == ("failed", "0")
    lesson_in(page).get_by_role("button", name="ทำใหม่ทั้งหมด").click()
    do(lesson_in(page), exercise)
    cmi = kept(page, "API")
    assert (cmi["core"]["lesson_status"], cmi["core"]["score"]["raw"]) == ("passed", "100")
    results = [each["result"] for each in cmi["interactions"].values()]
    assert results == ["wrong"] * 5 + ["correct"] * 5


@pytest.mark.parametrize("kind", [Kind.SCORM_2004_3, Kind.SCORM_2004_4])
def test_scorm_2004_is_told_of_progress_score_and_answers(play: Play, kind: Kind) -> None:
    exercise = exercise_of("KD10")
    page = play(exercise, kind, SCORM_2004)
    do(lesson_in(page), exercise, last=3)
    cmi = kept(page, "API_1484_11")
    assert (cmi["completion_status"], cmi["progress_measure"]) == ("incomplete", "0.5000")
    do(lesson_in(page), exercise, first=3, wrong=1)
    cmi = kept(page, "API_1484_11")
    assert (cmi["completion_status"], cmi["success_status"]) == ("completed", "passed")
    assert cmi["score"]["scaled"] == "0.8"
    assert [each["result"] for each in cmi["interactions"].values()].count("incorrect") == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [Kind.SCORM_12, Kind.SCORM_2004_4, Kind.H5P])
def test_an_exercise_is_passed_in_the_player(kind: Kind, open_lesson: OpenPage) -> None:
    exercise = exercise_of("KD53")
    page = open_lesson(io.BytesIO(build(exercise, kind, "KD53")), width=360)
    frames = page.frame_locator("#package-frame")
    lesson = frames.frame_locator("iframe")
    do(lesson, exercise)
    expect(lesson.get_by_role("heading", name="ผลของท่าน")).to_be_visible()
    expect(page.locator('#package[data-status="saved"]')).to_be_attached()
    progress = UnitProgress.objects.get()
    assert progress.status == UnitStatus.COMPLETED
    assert progress.is_passed
    assert progress.score == 1


def test_pages_without_scripts_are_accessible_with_every_answer_open(play: Play) -> None:
    page = play(exercise_of("DS01"), Kind.HTML)
    assert_accessible(page)
    for summary in page.locator("summary").all():
        summary.click()
    assert_accessible(page)
