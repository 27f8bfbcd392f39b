"""What registration puts on the portal's pages."""

from django.http import HttpRequest
from django.utils import timezone

from exams.registration.models import Candidate, Round

_MY_CANDIDACIES = 10
_SOON = 5


def my(request: HttpRequest) -> dict[str, object] | None:
    """Show the rounds for which the person is entered; nothing for who never was."""
    own = Candidate.objects.filter(person=request.user.pk).select_related(
        "round__examination", "placement__seat__room__centre"
    )
    latest = own.order_by("-round__starts_at")[:_MY_CANDIDACIES]
    rows = [(each, getattr(each, "placement", None)) for each in latest]
    return {"candidacies": rows} if rows else None


def staff(_request: HttpRequest) -> dict[str, object]:
    """Show the next rounds, and the way to all."""
    coming = Round.objects.filter(starts_at__gt=timezone.now()).order_by("starts_at", "pk")
    return {"rounds": list(coming[:_SOON])}
