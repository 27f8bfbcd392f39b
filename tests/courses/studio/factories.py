"""Versions on their way through the studio, with defaults that say nothing."""

from __future__ import annotations

import io
from typing import Any

from django.conf import settings
from django.test import Client

from courses.catalogue.models import Course, CourseVersion, Unit
from courses.studio.services import copying, outline, reviews
from courses.studio.services.stages import StagePlan, set_stages, stages_seen
from courses.studio.workflow import Quorum, Verdict
from learning.people.models import Agency, Person
from tests.courses.catalogue.factories import NOON, make_draft

QUESTION = {"stem": "หนึ่งบวกหนึ่งเท่ากับเท่าใด", "options": ["หนึ่ง", "สอง"], "key": 1, "explanation": "นับนิ้วดู"}

# The version that `make_version` makes.
V = "/studio/KD90/1/"


def sign_in(client: Client, person: Person) -> Client:
    client.force_login(person, settings.AUTHENTICATION_BACKENDS[-1])
    return client


def make_version(owner: Agency, author: Person, code: str = "KD90", **fields: Any) -> CourseVersion:
    """A draft of the author's with one topic and one text, ready to be submitted."""
    course = make_draft(code, owner=owner, **fields)
    course.versions.all().delete()
    version = copying.start(course, actor=author)
    topic = outline.add_topic(version, {"name_th": "บทนำ", "name_en": "", "minutes": 30}, actor=author)
    outline.add_unit(topic, "text", {"title": "อ่านก่อนเริ่ม", "body": "# อ่าน\n\nเนื้อหา\n"}, actor=author)
    return version


def add_unit(version: CourseVersion, kind: str, author: Person, title: str = "", **values: Any) -> Unit:
    topic = version.topics.get() if version.topics.count() == 1 else version.topics.first()
    assert topic is not None
    return outline.add_unit(topic, kind, {"title": title or f"บท {kind}"} | values, actor=author)


def name_reviewers(agency: Agency, *stages: tuple[str, list[Person]], actor: Person) -> None:
    """Each stage as (quorum, persons)."""
    plans = [
        StagePlan(f"ขั้นที่ {number}", quorum, tuple(persons))
        for number, (quorum, persons) in enumerate(stages, start=1)
    ]
    set_stages(agency, plans, seen=stages_seen(agency), actor=actor)


def submit_to(version: CourseVersion, reviewer: Person, *, actor: Person) -> CourseVersion:
    name_reviewers(version.course.owner, (Quorum.ALL, [reviewer]), actor=actor)
    reviews.submit(version, note="โปรดตรวจ", actor=actor, now=NOON)
    return version


def approve(version: CourseVersion, *persons: Person) -> None:
    for person in persons:
        reviews.decide(version, Verdict.APPROVE, actor=person, now=NOON)


def course_of(version: CourseVersion) -> Course:
    return version.course


# -- What pages are sent ------------------------------------------------------------------------------
def unit_data(**fields: Any) -> dict[str, Any]:
    return {"title": "บทใหม่", "least_minutes": "1", "least_seconds": "30", "is_required": "on"} | fields


def new_unit(officer: Client, version: CourseVersion, kind: str, **fields: Any) -> Any:
    return officer.post(f"{V}topics/{version.topics.get().pk}/new/{kind}/", unit_data(**fields))


def upload(name: str, data: bytes) -> io.BytesIO:
    file = io.BytesIO(data)
    file.name = name
    return file
