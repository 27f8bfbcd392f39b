"""Permissions over what people do in courses."""

from typing import Any

import rules

from courses.catalogue.models import CourseVersion
from courses.player.models import Purpose, Registration
from learning.people.access import is_administrator, is_agency_officer, is_officer_of


@rules.predicate
def is_own(user: Any, registration: Registration | None) -> bool:
    """Whether the registration is the user's."""
    return registration is not None and registration.person_id == user.pk


@rules.predicate
def is_still_shown(user: Any, registration: Registration | None) -> bool:
    """Whether the registration is a learner's, or a preview of a version that the user may preview today."""
    return registration is not None and (
        registration.purpose != Purpose.PREVIEW or user.has_perm("player.preview", registration.version)
    )


@rules.predicate
def is_officer_of_owner(user: Any, version: CourseVersion | None) -> bool:
    """Whether the user is officer of the agency whose course this is a version of."""
    return version is not None and is_officer_of(user, version.course.owner)


# Nobody learns in another's name: not an officer, not an administrator.
rules.add_perm("player.learn", is_own & is_still_shown)
# The studio lets in those who are named to review a version as well.
rules.add_perm("player.preview", is_administrator | (is_agency_officer & is_officer_of_owner))
