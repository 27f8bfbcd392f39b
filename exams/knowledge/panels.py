"""What the knowledge tests put on the portal's pages."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from exams.knowledge.models import Attempt, RequestStatus, Round, RoundStatus, SupportRequest
from exams.knowledge.services.attempts import with_item_counts
from learning.people.models import Agency, Person

_HOME_ROUNDS = 5
_MY_ATTEMPTS = 10
_AGENCY_REQUESTS = 10


def home(request: HttpRequest) -> dict[str, object] | None:
    """Show the rounds open now: to everybody, and to this person by their agency's list."""
    open_now = Round.objects.with_status(RoundStatus.OPEN, timezone.now())
    user = request.user
    mine = open_now.takeable_by(user) if isinstance(user, Person) else open_now.filter(support_request=None)
    rounds = list(
        with_item_counts(mine).select_related("definition").order_by("closes_at", "pk")[:_HOME_ROUNDS]
    )
    return {"rounds": rounds} if rounds else None


def my(request: HttpRequest) -> dict[str, object]:
    """Show the person's latest attempts."""
    own = Attempt.objects.filter(person=request.user.pk).select_related("round")
    return {"attempts": list(own.order_by("-started_at", "-pk")[:_MY_ATTEMPTS])}


def staff(request: HttpRequest) -> dict[str, object] | None:
    """Link to the staff pages that this person may use."""
    entries: list[tuple[str, str, Any]] = [
        (_("Tests and rounds"), "knowledge:office", "knowledge.manage"),
        (_("Agency-supported sittings"), "knowledge:support", "knowledge.list_requests"),
        (_("Report"), "knowledge:report", "knowledge.view_report"),
    ]
    links = [(label, reverse(name)) for label, name, perm in entries if request.user.has_perm(perm)]
    if not links:
        return None
    is_decider = request.user.has_perm("knowledge.manage")
    submitted = SupportRequest.objects.filter(status=RequestStatus.SUBMITTED)
    return {"links": links, "waiting": submitted.count() if is_decider else 0}


def agency(request: HttpRequest, *, agency: Agency) -> dict[str, object]:
    """Show an agency's requests for supported sittings."""
    asked = SupportRequest.objects.filter(agency=agency).select_related("test")
    may_ask = request.user.is_authenticated and request.user.has_perm("knowledge.ask_support")
    return {"requests": list(asked[:_AGENCY_REQUESTS]), "may_ask": may_ask}
