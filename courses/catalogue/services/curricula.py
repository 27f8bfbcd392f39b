"""Curricula: written as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from courses.catalogue.errors import InvalidCourse
from courses.catalogue.models import Course, Curriculum, CurriculumCourse, CurriculumRule
from learning.people import audit
from learning.people.models import Person


@dataclass(frozen=True)
class Place:
    """A course's place in a curriculum."""

    course: Course
    group: str = ""
    is_required: bool = True


@transaction.atomic
def write_curriculum(
    code: str, fields: Mapping[str, Any], places: Sequence[Place], *, actor: Person | None
) -> Curriculum:
    """Make a curriculum, or write the one of this code anew; nothing is written where nothing changed.

    Raises InvalidCourse.
    """
    curriculum = Curriculum.objects.filter(code=code).first() or Curriculum(code=code)
    is_new = curriculum.pk is None
    changed = [name for name, value in fields.items() if getattr(curriculum, name, None) != value]
    for name in changed:
        setattr(curriculum, name, fields[name])
    _check(curriculum, places)
    before = [] if is_new else _places_of(curriculum)
    if not is_new and not changed and before == list(places):
        return curriculum
    curriculum.save()
    curriculum.entries.all().delete()
    CurriculumCourse.objects.bulk_create(
        CurriculumCourse(
            curriculum=curriculum,
            course=place.course,
            order=order,
            group=place.group,
            is_required=place.is_required,
        )
        for order, place in enumerate(places)
    )
    action = "catalogue.curriculum_created" if is_new else "catalogue.curriculum_changed"
    audit.record(actor, action, curriculum, code=code, courses=[place.course.code for place in places])
    return curriculum


def _places_of(curriculum: Curriculum) -> list[Place]:
    entries = curriculum.entries.select_related("course")
    return [Place(entry.course, entry.group, entry.is_required) for entry in entries]


def _check(curriculum: Curriculum, places: Sequence[Place]) -> None:
    try:
        curriculum.full_clean(validate_unique=False)
    except ValidationError as error:
        raise InvalidCourse(" ".join(error.messages)) from error
    if len({place.course.pk for place in places}) < len(places):
        raise InvalidCourse(_("A course stands in the curriculum twice."))
    if not places:
        raise InvalidCourse(_("A curriculum needs at least one course."))
    reachable = {
        CurriculumRule.COUNT: len(places) >= (curriculum.rule_count or 0),
        CurriculumRule.HOURS: sum(place.course.hours for place in places) >= (curriculum.rule_hours or 0),
    }
    if not reachable.get(CurriculumRule(curriculum.rule), True):
        raise InvalidCourse(_("The rule asks for more than the courses of the curriculum have."))
