"""What a candidate sees of their own entry; card and photograph also for those who check them in."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from exams.registration import documents
from exams.registration.models import Candidate
from learning.people.access import PersonRequest, fetch

CANDIDATES = Candidate.objects.select_related(
    "person", "round__examination", "placement__round__examination", "placement__seat__room__centre"
)


@require_safe
@login_required
@never_cache
def candidacy(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the candidate when and where they sit, and what to bring."""
    found = fetch(request.user, CANDIDATES, "registration.own", pk=pk)
    context = {"candidate": found, "placement": getattr(found, "placement", None), "now": timezone.now()}
    return render(request, "registration/candidacy.html", context)


@require_safe
@login_required
@never_cache
def card(request: PersonRequest, pk: int) -> HttpResponse:
    """Download the admission card; there is one as soon as there is a seat."""
    found = fetch(request.user, CANDIDATES, "registration.see_candidate", pk=pk)
    if not hasattr(found, "placement"):
        raise Http404
    placement = found.placement
    # Already read, and otherwise read again one by one.
    placement.candidate = found
    data = documents.admission_card(placement, now=timezone.now())
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="admission-card-{found.number}.pdf"'
    return response


@require_safe
@login_required
@never_cache
def photograph(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the photograph."""
    found = fetch(request.user, CANDIDATES, "registration.see_candidate", pk=pk)
    if not found.photograph:
        raise Http404
    kind = "image/png" if found.photograph.name.endswith("png") else "image/jpeg"
    with found.photograph.open("rb") as file:
        return HttpResponse(file.read(), content_type=kind)
