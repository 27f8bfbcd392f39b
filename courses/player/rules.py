"""Permissions over what people do in courses."""

from typing import Any

import rules

from courses.catalogue.models import CourseVersion
from courses.player.models import Registration
from learning.people.access import is_administrator, is_agency_officer, is_officer_of


@rules.predicate
def is_own(user: Any, registration: Registration | None) -> bool:
    """Whether the registration is the user's."""
    return registration is not None and registration.person_id == user.pk


@rules.predicate
def is_officer_of_owner(user: Any, version: CourseVersion | None) -> bool:
    """Whether the user is officer of the agency whose course this is a version of."""
    return version is not None and is_officer_of(user, version.course.owner)


# Nobody learns in another's name: not an officer, not an administrator.
rules.add_perm("player.learn", is_own)
# Reviewers are named for a version by the studio, which makes their previews itself.
rules.add_perm("player.preview", is_administrator | (is_agency_officer & is_officer_of_owner))
