from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from courses.catalogue.services.versions import UnitPlan
from courses.player.models import EvidenceKind
from courses.player.pages import Page
from courses.player.services import (
    attempts,
    commits,
    evidence,
    progress,
    registrations,
    reports,
    runtime,
    surveys,
)
from courses.player.services.commits import Commit
from courses.player.services.launches import LASTS, abandon_lost, launch
from courses.player.services.statements import Film, Watched
from learning.records.models import OutboxEntry
from learning.records.vocabulary import VIDEO_PROFILE, Extension
from tests.courses.player.factories import NOON, make_registration, units
from tests.courses.player.packages import in_package, kept
from tests.courses.player.packages import scorm as scorm_package

pytestmark = pytest.mark.django_db
TEXT = UnitPlan("text", "บทอ่าน", "เนื้อหา")
TEST = UnitPlan("test", "แบบทดสอบ", content={"items": [{"stem": "ข้อ", "options": ["ก", "ข"], "key": 1}]})
PRE = UnitPlan("test", "ก่อนเรียน", content={**TEST.content, "role": "pre"})
VIDEO = UnitPlan("video", "คลิป", "## ฉากที่ 1", content={"captions": ""})
SURVEY = UnitPlan("survey", "สำรวจ", content={"questions": [{"id": "a", "text": "เนื้อหา"}]})


def said() -> list[tuple[str, str]]:
    """What waits in the outbox: verb and object."""
    entries = OutboxEntry.objects.order_by("pk")
    return [
        (each.statement["verb"]["display"]["en"], each.statement["object"]["definition"]["name"]["th"])
        for each in entries
    ]


def test_a_unit_is_begun_and_completed_once_in_the_records(learner):
    registration = make_registration(learner, TEXT)
    (unit,) = units(registration)
    for _time in range(2):
        progress.advance(registration, unit, completed=True, now=NOON)
    assert said() == [("initialized", "บทอ่าน"), ("completed", "บทอ่าน")]
    statement = OutboxEntry.objects.latest("pk").statement
    assert statement["context"]["registration"] == str(registration.pk)
    assert statement["context"]["contextActivities"]["parent"][0]["id"].endswith(
        registration.version.course.code
    )


def test_evidence_that_completes_a_unit_is_told_with_its_time(learner):
    registration = make_registration(learner, UnitPlan("text", "บทอ่าน", "เนื้อหา", min_seconds=60))
    (unit,) = units(registration)
    progress.advance(registration, unit, completed=True, now=NOON)
    evidence.add(registration, unit, EvidenceKind.FOCUS, NOON, 60, now=NOON.replace(minute=1))
    assert OutboxEntry.objects.latest("pk").statement["result"]["duration"] == "PT01M00S"


def test_a_try_is_told_with_its_score_and_a_pre_test_fails_nobody(learner):
    registration = make_registration(learner, PRE, TEST)
    for unit, given in zip(units(registration), (0, 1), strict=True):
        attempt = attempts.start(registration, unit, now=NOON)
        attempts.answer(attempt, {0: given}, now=NOON)
        attempts.submit(attempt, now=NOON)
        attempts.submit(attempt, now=NOON)
    verbs = ["initialized", "attempted", "initialized", "passed"]
    assert said() == list(zip(verbs, ["ก่อนเรียน"] * 2 + ["แบบทดสอบ"] * 2, strict=True))
    assert OutboxEntry.objects.latest("pk").statement["result"]["score"]["scaled"] == 1


def test_of_a_survey_only_that_it_was_answered_is_told(learner):
    registration = make_registration(learner, SURVEY)
    surveys.respond(registration, units(registration)[0], {"a": 1}, now=NOON)
    assert said()[-1] == ("answered", "สำรวจ")
    assert "response" not in OutboxEntry.objects.latest("pk").statement["result"]


def test_a_preview_leaves_no_record(learner):
    registration = make_registration(learner, TEXT)
    preview = registrations.preview(learner, registration.version)
    progress.advance(preview, units(preview)[0], completed=True)
    assert not OutboxEntry.objects.exists()


# -- Run-times ------------------------------------------------------------------------------------------
def ran(opened, sequence: int, status: str, *, ended: bool = False, after: int = 0, **core: Any) -> None:
    """A commit of SCORM 1.2, as the run-time sends it."""
    cmi = {"core": {"lesson_status": status, **core}}
    state = {"cmi": cmi, "ended": ended, "ended_silently": False}
    commits.write(opened, Commit(secret="x" * 43, sequence=sequence, after=after, state=state))


@pytest.fixture
def in_scorm(media, learner, department):
    return in_package(learner, kept(scorm_package("A", "B"), department))


def begun(in_scorm, rf, item: str = "A"):
    registration, unit, session = in_scorm
    opened, _secret = launch(registration, unit, item, session)
    runtime.start(opened, rf.get("/"))
    return opened


def test_what_a_run_time_hears_of_an_item_is_told_once(in_scorm, rf):
    opened = begun(in_scorm, rf)
    runtime.start(opened, rf.get("/"))
    ran(opened, 1, "incomplete")
    ran(opened, 2, "incomplete", exit="suspend", ended=True)
    ran(opened, 2, "incomplete", exit="suspend", ended=True)
    again = begun(in_scorm, rf)
    for sequence in (3, 4):
        ran(again, sequence, "passed", score={"raw": "90"}, after=2, ended=sequence == 4)
    about = [each for each in said() if each[1] == "บทที่ A"]
    verbs = ["initialized", "suspended", "resumed", "completed", "passed", "terminated"]
    assert [verb for verb, _what in about] == verbs
    passed = OutboxEntry.objects.get(statement__verb__display__en="passed").statement
    assert passed["result"] == {"score": {"scaled": 0.9}, "success": True}
    assert passed["context"]["registration"] == str(opened.registration_id)
    parent = passed["context"]["contextActivities"]["parent"][0]
    assert parent["definition"]["name"]["th"] == "ชุดบทเรียน"


def test_each_session_in_which_an_item_was_failed_tells_it(in_scorm, rf):
    sequence = 0
    for _session in range(2):
        opened = begun(in_scorm, rf)
        for ended in (False, True):
            sequence += 1
            ran(opened, sequence, "failed", score={"raw": "10"}, after=sequence - 1, ended=ended)
    assert [verb for verb, _what in said()].count("failed") == 2


def test_what_an_earlier_session_could_not_send_ends_no_later_one(in_scorm, rf):
    first = begun(in_scorm, rf)
    second = begun(in_scorm, rf)
    state = {"cmi": {"core": {"lesson_status": "incomplete"}}, "ended": True}
    commits.write(second, Commit(secret="x" * 43, sequence=1, state=state, launch=first.pk))
    assert "terminated" not in [verb for verb, _what in said()]


def test_a_session_that_nothing_ended_is_abandoned_once_it_is_too_old(in_scorm, rf):
    lost, ended = begun(in_scorm, rf), begun(in_scorm, rf)
    ran(ended, 1, "incomplete", ended=True)
    assert abandon_lost(now=timezone.now()) == 0
    late = timezone.now() + LASTS
    assert [abandon_lost(now=late) for _time in range(2)] == [1, 0]
    assert [verb for verb, what in said() if what == "บทที่ A"][-1] == "abandoned"
    lost.refresh_from_db()
    told = OutboxEntry.objects.latest("pk").statement
    # It ended when another window took over.
    assert parse_datetime(told["timestamp"]) == lost.ended_at


def test_of_a_session_that_never_began_nothing_is_told(in_scorm, learner):
    registration, unit, session = in_scorm
    launch(registration, unit, "A", session)
    assert abandon_lost(now=timezone.now() + LASTS) == 0
    assert said() == []


@pytest.mark.parametrize(
    "state", [{"cmi": "x", "ended": True}, {"cmi": {"core": 5}, "ended": True}, {"ended": 1}]
)
def test_a_state_of_any_shape_is_told_or_not_and_kept(in_scorm, rf, state):
    opened = begun(in_scorm, rf)
    assert commits.write(opened, Commit(secret="x" * 43, sequence=1, state=state)).is_kept


# -- Films ----------------------------------------------------------------------------------------------


def watch(registration, *watched: Watched, unit: int = 0) -> None:
    page = Page(registration.pk, units(registration)[unit].pk, registration.session, NOON)
    reports.take_report(
        registration,
        units(registration)[unit],
        page,
        [],
        watched,
        position=None,
        duration=300,
        now=NOON + timedelta(minutes=1),
    )


def test_what_is_done_to_a_film_is_told_by_the_video_profile_and_once(learner):
    registration = make_registration(learner, VIDEO)
    jump = Watched(Film.SEEKED, 5000, 120.5, 12.25)
    watch(registration, Watched(Film.PLAYED, 1000, 0), jump)
    watch(registration, jump, Watched(Film.PAUSED, 9000, 124))
    assert [verb for verb, _what in said()] == ["played", "seeked", "paused"]
    seeked = OutboxEntry.objects.get(statement__verb__display__en="seeked").statement
    assert seeked["result"]["extensions"] == {Extension.TIME_FROM: 12.25, Extension.TIME_TO: 120.5}
    assert seeked["timestamp"].startswith("2026-11-21T05:00:05")
    assert seeked["context"]["extensions"][Extension.VIDEO_LENGTH] == 300
    assert seeked["context"]["contextActivities"]["category"][0]["id"] == VIDEO_PROFILE


def test_what_is_said_of_the_future_or_of_a_text_is_not_told(learner):
    registration = make_registration(learner, VIDEO, TEXT)
    watch(registration, Watched(Film.PLAYED, 3_600_000, 0))
    watch(registration, Watched(Film.PLAYED, 0, 0), unit=1)
    assert said() == []
