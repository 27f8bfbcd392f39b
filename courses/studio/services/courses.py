"""The description of a course, changed by one of several officers."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from courses.catalogue.models import Course
from courses.catalogue.services import courses
from courses.studio.services.writing import compare
from learning.people.models import Person


@transaction.atomic
def change_course(
    course: Course,
    fields: Mapping[str, Any],
    *,
    instructors: Iterable[tuple[str, str]],
    cover: bytes | None,
    seen: str,
    actor: Person,
) -> None:
    """Describe a course anew, as one change. Raises ChangedMeanwhile, InvalidCourse, NotAPhotograph."""
    locked = Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    compare(seen, str(locked.fingerprint))
    courses.change_course(locked, fields, instructors=instructors, actor=actor)
    if cover:
        courses.set_cover(locked, cover, actor=actor)
