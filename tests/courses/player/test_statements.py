import pytest

from courses.catalogue.services.versions import UnitPlan
from courses.player.models import EvidenceKind
from courses.player.services import attempts, evidence, progress, registrations, surveys
from learning.records.models import OutboxEntry
from tests.courses.player.factories import NOON, make_registration, units

pytestmark = pytest.mark.django_db
TEXT = UnitPlan("text", "บทอ่าน", "เนื้อหา")
TEST = UnitPlan("test", "แบบทดสอบ", content={"items": [{"stem": "ข้อ", "options": ["ก", "ข"], "key": 1}]})
PRE = UnitPlan("test", "ก่อนเรียน", content={**TEST.content, "role": "pre"})
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
