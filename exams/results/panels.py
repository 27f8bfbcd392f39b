"""What results put on the portal's pages."""

from django.http import HttpRequest
from django.utils import timezone

from exams.registration.models import Candidate, RoundStatus
from exams.results.models import ExamResult

_MY_ROUNDS = 10


def my(request: HttpRequest) -> dict[str, object] | None:
    """Show the rounds that the person has sat in, with the result once it is released."""
    own = Candidate.objects.filter(person=request.user.pk, round__status=RoundStatus.CLOSED).select_related(
        "round__examination", "round__results"
    )
    candidacies = list(own.order_by("-round__starts_at", "-pk")[:_MY_ROUNDS])
    if not candidacies:
        return None
    now = timezone.now()
    released = [
        each.pk
        for each in candidacies
        if hasattr(each.round, "results") and each.round.results.is_released(now)
    ]
    results = ExamResult.objects.in_bulk(released)
    return {"candidacies": [(each, results.get(each.pk)) for each in candidacies]}


def staff(request: HttpRequest) -> dict[str, object]:  # noqa: ARG001 — every panel gets the request
    """Link to the results of rounds."""
    return {}
