"""Courses made through the services, with defaults that say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from courses.catalogue.models import Course, CourseVersion, Curriculum
from courses.catalogue.services.courses import create_course
from courses.catalogue.services.curricula import Place, write_curriculum
from courses.catalogue.services.versions import (
    TopicPlan,
    UnitPlan,
    approve_loaded,
    publish,
    start_version,
    write_outline,
)
from learning.people.models import Agency, AgencyLevel

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)
TOPICS = [TopicPlan("บทนำ", 30, "Introduction", (UnitPlan("text", "อ่าน", "# อ่าน"),)), TopicPlan("ฝึกปฏิบัติ", 60)]
_numbers = count(100)


def make_agency(code: str = "T01", name_th: str = "กระทรวงทดสอบ", **fields: Any) -> Agency:
    values = {"name_th": name_th, "level": AgencyLevel.MINISTRY} | fields
    return Agency.objects.get_or_create(code=code, defaults=values)[0]


def make_draft(code: str = "", *, owner: Agency | None = None, **fields: Any) -> Course:
    """A course of which no version has been published; its first is being written."""
    code = code or f"KD{next(_numbers)}"
    instructors = fields.pop("instructors", [])
    values = {
        "name_th": f"วิชา {code}",
        "owner": owner or make_agency(),
        "category": code[:2],
        "objective_th": "เพื่อให้ผู้เรียนเข้าใจ",
        "hours": Decimal("1.5"),
    } | fields
    course = create_course(code, values, instructors=instructors, actor=None)
    write_outline(start_version(course, author=None), TOPICS, actor=None)
    return course


def make_course(
    code: str = "", *, topics: Sequence[TopicPlan] = TOPICS, now: datetime = NOON, **fields: Any
) -> Course:
    """A published course."""
    course = make_draft(code, **fields)
    version = course.versions.get()
    write_outline(version, topics, actor=None)
    approve_loaded(version, actor=None)
    publish(version, actor=None, now=now)
    course.refresh_from_db()
    return course


def make_external(code: str = "", **fields: Any) -> Course:
    values = {"provider": "สถาบันภายนอก", "external_url": "https://learn.example/c/1", "launch": "link"}
    return make_course(code, **values | fields)


def published_version(course: Course) -> CourseVersion:
    return course.versions.get(status="published")


def make_curriculum(code: str, courses: Sequence[Course], **fields: Any) -> Curriculum:
    values = {"name_th": f"หลักสูตร {code}", "owner": courses[0].owner, "rule": "all"} | fields
    return write_curriculum(code, values, [Place(course) for course in courses], actor=None)
