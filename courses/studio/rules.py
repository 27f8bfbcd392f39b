"""Permissions over the studio. What a version's status allows is the services' matter."""

from typing import Any

import rules
from rules.permissions import set_perm

# Its permission to preview is widened below, so it has to be there first.
import courses.player.rules  # noqa: F401
from courses.catalogue.models import CourseVersion
from courses.catalogue.rules import is_officer_of_owner
from courses.studio.models import Assignment, UploadCheck
from learning.people.access import has_role, is_administrator, is_agency_officer, is_officer_of
from learning.people.models import Agency, Person, Role


@rules.predicate
def builds(user: Any, version: CourseVersion | None) -> bool:
    """Whether the user is officer of the agency that owns the version's course; without one, of any."""
    return version is None or is_officer_of_owner(user, version.course)


@rules.predicate
def is_named(user: Any, version: CourseVersion | None) -> bool:
    """Whether the user is named in the last review of the version, or said something in one before."""
    return (
        version is not None
        and isinstance(user, Person)
        and Assignment.objects.by_which_is_read().filter(person=user, stage__review__version=version).exists()
    )


@rules.predicate
def builds_course_of(user: Any, check: UploadCheck | None) -> bool:
    """Whether the user is officer of the agency for whose course the file was uploaded."""
    return check is not None and is_officer_of_owner(user, check.course)


@rules.predicate
def reviews_file(user: Any, check: UploadCheck | None) -> bool:
    """Whether the user reads, as its reviewer, a version in which a unit uses the file."""
    return (
        check is not None
        and check.package_id is not None
        and isinstance(user, Person)
        and Assignment.objects.by_which_is_read()
        .filter(
            person=user,
            stage__review__version__course=check.course_id,
            stage__review__version__topics__units__package=check.package_id,
        )
        .exists()
    )


@rules.predicate
def is_officer_of_agency(user: Any, agency: Agency | None) -> bool:
    """Whether the user is officer of the agency or of one above it; without one, of any."""
    return agency is None or is_officer_of(user, agency)


# Who makes courses: the agency's officers, for what is theirs and below them.
rules.add_perm("studio.build", is_administrator | (is_agency_officer & is_officer_of_owner))
rules.add_perm("studio.write", is_administrator | (is_agency_officer & builds))
# Who may see a version that is no learner's yet.
rules.add_perm("studio.see", is_administrator | (is_agency_officer & builds) | is_named)
# A preview is theirs for as long: it holds tests with their keys, and what nobody has approved.
set_perm(  # type: ignore[no-untyped-call]
    "player.preview", is_administrator | (is_agency_officer & builds) | is_named
)
rules.add_perm("studio.read_report", is_administrator | (is_agency_officer & builds_course_of) | reviews_file)
rules.add_perm("studio.set_stages", is_administrator | (is_agency_officer & is_officer_of_agency))
# Items of examinations must not come out through courses: who guards them says which banks are open.
rules.add_perm("studio.open_banks", has_role(Role.ADMINISTRATOR, Role.EXAM_OFFICER))
