"""What the studio puts on the portal's pages."""

from typing import cast

from django.http import HttpRequest

from courses.catalogue.models import Course
from courses.player.models import Purpose, Registration
from courses.studio import work
from learning.people.models import Agency, Person

_AGENCY_COURSES = 10


def staff(_request: HttpRequest) -> dict[str, object]:
    """Link to the pages of those who build courses, and of those who open item banks to them."""
    return {}


def agency(_request: HttpRequest, *, agency: Agency) -> dict[str, object]:
    """Show the agency's courses, the last changed first."""
    owned = Course.objects.filter(owner=agency)
    return {"courses": list(owned.order_by("-updated_at", "-pk")[:_AGENCY_COURSES])}


def reviews(request: HttpRequest) -> dict[str, object] | None:
    """Show the versions that wait for this person's review; nothing where there are none."""
    waiting = work.waiting_for(cast("Person", request.user))
    return {"waiting": waiting} if waiting else None


def preview(request: HttpRequest, *, registration: Registration) -> dict[str, object] | None:
    """Lead from a preview to the comments on what is previewed; learners see nothing of it."""
    version = registration.version
    if registration.purpose != Purpose.PREVIEW or not cast("Person", request.user).has_perm(
        "studio.see", version
    ):
        return None
    return {"previewed": version, "unresolved": work.unresolved(version)}
