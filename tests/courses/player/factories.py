"""Learners inside courses, made through the services."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from courses.catalogue.models import Course, CourseVersion, Unit
from courses.catalogue.services.versions import TopicPlan, UnitPlan
from courses.player.models import Registration
from courses.player.services.registrations import register
from learning.people.models import Person
from tests.courses.catalogue.factories import make_course, published_version

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)


def make_learnable(*units: UnitPlan, code: str = "", is_sequential: bool = False, **fields: Any) -> Course:
    """A published course of one topic of ten minutes with these units."""
    course = make_course(code, topics=[TopicPlan("หัวข้อ", 10, units=units)], **fields)
    CourseVersion.objects.filter(course=course).update(is_sequential=is_sequential)
    return course


def make_registration(
    person: Person, *units: UnitPlan, is_sequential: bool = False, **dates: Any
) -> Registration:
    course = make_learnable(*units, is_sequential=is_sequential)
    return register(person, published_version(course), **dates)


def units(registration: Registration) -> list[Unit]:
    return list(Unit.objects.filter(topic__version=registration.version).order_by("topic__order", "order"))
