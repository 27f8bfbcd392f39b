"""Permissions over courses. Whoever reads the catalogue needs none."""

from typing import Any

import rules

from courses.catalogue.models import Course
from learning.people.access import is_administrator, is_agency_officer, is_officer_of


@rules.predicate
def is_officer_of_owner(user: Any, course: Course | None) -> bool:
    """Whether the user is officer of the agency that owns the course; without a course, of any."""
    return course is None or is_officer_of(user, course.owner)


rules.add_perm("catalogue.look_after", is_administrator | (is_agency_officer & is_officer_of_owner))
