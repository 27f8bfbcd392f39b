"""Files that come in pieces: for which course, from whom, and what is done with one that is whole."""

from collections.abc import Callable
from typing import BinaryIO

from django.core.exceptions import PermissionDenied
from django.urls import reverse

from courses.catalogue.models import Course
from courses.studio.services import uploads
from learning.people.access import fetch
from learning.people.models import Agency, Person


def owner(person: Person, key: str) -> Agency:
    """Return the agency of the course with the code `key`. Raises Http404, PermissionDenied."""
    if not person.has_perm("studio.build"):
        raise PermissionDenied
    courses = Course.objects.select_related("owner__parent__parent")
    return fetch(person, courses, "studio.build", code=key).owner


def take(key: str, file: BinaryIO, name: str, person: Person, progress: Callable[[int, int], object]) -> str:
    """Check the file for the course, and return the address of its report."""
    course = Course.objects.select_related("owner").get(code=key)
    check = uploads.take(course, file, name, actor=person, progress=progress)
    return reverse("studio:report", args=[check.pk])
