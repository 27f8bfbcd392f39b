"""How views find what they show: each of these fetches and authorises."""

from django.shortcuts import get_object_or_404

from courses.catalogue.models import Course, CourseVersion, Topic, Unit
from learning.people.access import PersonRequest, fetch

COURSES = Course.objects.select_related("owner__parent__parent")
VERSIONS = CourseVersion.objects.select_related("course__owner__parent__parent", "author")


def course_of(request: PersonRequest, code: str) -> Course:
    """Return a course that the person builds."""
    return fetch(request.user, COURSES, "studio.build", code=code)


def version_of(
    request: PersonRequest, code: str, number: int, permission: str = "studio.write"
) -> CourseVersion:
    """Return a version of a course that the person writes; with "studio.see", that they may see."""
    return fetch(request.user, VERSIONS, permission, course__code=code, number=number)


def topic_in(version: CourseVersion, pk: int) -> Topic:
    """Return a topic of the version."""
    found: Topic = get_object_or_404(Topic.objects.select_related("version"), version=version, pk=pk)
    return found


def unit_in(version: CourseVersion, pk: int) -> Unit:
    """Return a unit of the version."""
    units = Unit.objects.select_related("topic__version", "package", "opens_after")
    found: Unit = get_object_or_404(units, topic__version=version, pk=pk)
    return found
