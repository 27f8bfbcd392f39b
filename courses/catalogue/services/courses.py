"""Courses: made, described, given a cover, retired."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses.catalogue import listing
from courses.catalogue.errors import CodeTaken, CourseRetired, InvalidCourse
from courses.catalogue.models import Course, Instructor
from exams.registration import pictures
from learning.people import audit
from learning.people.models import Person

# What describes a course. Its code is its name for good, its cover has a service of its own.
DESCRIPTION = (
    "name_th",
    "name_en",
    "owner",
    "category",
    "language",
    "objective_th",
    "objective_en",
    "target_group",
    "assessment",
    "hours",
    "keywords",
    "provider",
    "external_url",
    "launch",
)
# Who teaches: names with their positions, in order.
Instructors = Iterable[tuple[str, str]]


@transaction.atomic
def create_course(
    code: str, fields: Mapping[str, Any], *, instructors: Instructors = (), actor: Person | None
) -> Course:
    """Make a course; it is listed once a version of it is published. Raises InvalidCourse, CodeTaken."""
    course = Course(code=code, **fields)
    _check(course)
    try:
        with transaction.atomic():
            course.save(force_insert=True)
    except IntegrityError as error:
        raise CodeTaken from error
    _name_instructors(course, list(instructors))
    audit.record(actor, "catalogue.course_created", course, code=code)
    return course


@transaction.atomic
def change_course(
    course: Course, fields: Mapping[str, Any], *, instructors: Instructors | None = None, actor: Person | None
) -> bool:
    """Describe a course anew, and say whether anything changed. Raises InvalidCourse."""
    changed = [name for name in DESCRIPTION if name in fields and getattr(course, name) != fields[name]]
    for name in changed:
        setattr(course, name, fields[name])
    if changed:
        _check(course)
        course.save(update_fields=changed)
    if instructors is not None and (named := list(instructors)) != instructors_of(course):
        course.instructors.all().delete()
        _name_instructors(course, named)
        changed.append("instructors")
    if changed:
        mark_changed(course, now=timezone.now())
        audit.record(actor, "catalogue.course_changed", course, code=course.code, fields=changed)
    return bool(changed)


def instructors_of(course: Course) -> list[tuple[str, str]]:
    """Return who teaches the course, in order."""
    return [(each.name, each.position) for each in course.instructors.all()]


@transaction.atomic
def set_cover(course: Course, data: bytes, *, actor: Person | None) -> None:
    """Check a picture, keep it without its metadata, and drop the one before. Raises NotAPhotograph."""
    picture = pictures.clean(data)
    before = course.cover.name
    # A random name: an address that browsers may keep for good, and that another picture never gets.
    course.cover.save(f"{secrets.token_hex(16)}.{picture.kind}", ContentFile(picture.data), save=False)
    course.save(update_fields=["cover"])
    mark_changed(course, now=timezone.now())
    audit.record(actor, "catalogue.cover_set", course, code=course.code)
    if before:
        transaction.on_commit(lambda: default_storage.delete(before))


@transaction.atomic
def retire_course(course: Course, *, actor: Person | None, now: datetime) -> None:
    """Offer the course no longer; its page stays. Raises CourseRetired."""
    if not Course.objects.filter(pk=course.pk, retired_at=None).update(retired_at=now):
        raise CourseRetired
    course.retired_at = now
    mark_changed(course, now=now)
    audit.record(actor, "catalogue.course_retired", course, code=course.code)


def mark_changed(course: Course, *, now: datetime) -> None:
    """Let every process read the course anew, in the transaction of the change."""
    course.fingerprint, course.updated_at = uuid4(), now
    course.save(update_fields=["fingerprint", "updated_at"])
    listing.touch()


def _check(course: Course) -> None:
    try:
        course.full_clean(validate_unique=False)
    except ValidationError as error:
        labels = {field.name: field.verbose_name for field in Course._meta.concrete_fields}
        sentences = []
        for name, messages in error.message_dict.items():
            label = labels.get(name, "")
            sentences.append(": ".join(filter(None, (str(label), " ".join(messages)))))
        raise InvalidCourse(" ".join(sentences)) from error


def _name_instructors(course: Course, named: list[tuple[str, str]]) -> None:
    Instructor.objects.bulk_create(
        Instructor(course=course, order=order, name=name, position=position)
        for order, (name, position) in enumerate(named)
    )
