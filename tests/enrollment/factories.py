"""Rounds, courses with things to do in them, and enrolments, with defaults that say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from courses.catalogue.models import CompletionRule, Course, CourseVersion, Unit
from courses.catalogue.services.versions import TopicPlan, UnitPlan
from courses.player.models import Registration, SurveyResponse, UnitProgress, UnitStatus
from enrollment.models import CourseRound, Enrolment
from enrollment.services import enrolments, rounds
from learning.people.models import Agency, Person
from tests.courses.catalogue.factories import NOON, make_course, published_version

DAY = timedelta(days=1)
_ITEM = {"stem": "ข้อใดถูก", "options": ["ก", "ข"], "key": 0}
SURVEY = {
    "questions": [
        {"id": "use", "text": "นำไปใช้ได้"},
        {"id": "say", "text": "ข้อเสนอแนะ", "kind": "comment", "is_required": False},
    ]
}


def text(title: str = "อ่าน", **fields: Any) -> UnitPlan:
    return UnitPlan("text", title, "# อ่าน", **fields)


def quiz(role: str, **fields: Any) -> UnitPlan:
    return UnitPlan("test", f"แบบทดสอบ {role}", content={"items": [_ITEM], "role": role}, **fields)


def survey(**fields: Any) -> UnitPlan:
    return UnitPlan("survey", "แบบประเมิน", content=SURVEY, **fields)


def make_taught(*units: UnitPlan, code: str = "", owner: Agency | None = None, **rule: Any) -> Course:
    """A published course of these units, with this completion rule."""
    course = make_course(code, topics=[TopicPlan("เนื้อหา", 30, units=units)], owner=owner)
    if rule:
        CompletionRule.objects.create(version=published_version(course), **rule)
    return course


def make_round(course: Course | None = None, **values: Any) -> CourseRound:
    """A round open since yesterday, without an end, for everybody."""
    course = course or make_course()
    values = {"name": rounds.next_name(course, NOON), "registration_opens_at": NOON - DAY} | values
    return rounds.create_round(course, values, actor=None)


def enrol(round_: CourseRound, person: Person, **kwargs: Any) -> Enrolment:
    return enrolments.enrol(round_, person, **{"now": NOON} | kwargs)


def learning(enrolment: Enrolment) -> Registration:
    """The registration of somebody who has a seat."""
    assert enrolment.registration is not None
    return enrolment.registration


def units(course: Course) -> list[Unit]:
    version: CourseVersion = published_version(course)
    return list(Unit.objects.filter(topic__version=version).order_by("topic__order", "order"))


def did(
    registration: Registration,
    unit: Unit,
    *,
    completed: bool = True,
    passed: bool | None = None,
    score: str | None = None,
    seconds: int = 0,
) -> None:
    """Write progress behind the player's back, as it would stand in the table."""
    UnitProgress.objects.create(
        registration=registration,
        unit=unit,
        status=UnitStatus.COMPLETED if completed else UnitStatus.STARTED,
        is_done=completed,
        is_passed=passed,
        score=None if score is None else Decimal(score),
        seconds=seconds,
        completed_at=NOON if completed else None,
    )


def answered(registration: Registration, unit: Unit, **answers: Any) -> None:
    SurveyResponse.objects.create(registration=registration, unit=unit, answers=answers or {"use": 5})


def enrol_many(round_: CourseRound, people: Sequence[Person]) -> list[Enrolment]:
    return [enrol(round_, person) for person in people]
