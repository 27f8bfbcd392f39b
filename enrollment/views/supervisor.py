"""What supervisors and officers decide: requests to learn."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from enrollment.forms import ReasonForm
from enrollment.models import Enrolment
from enrollment.services import enrolments
from learning.people.access import PersonRequest, fetch, requires
from learning.portal.paging import page_of

ASKED = Enrolment.objects.select_related(
    "person__agency__parent__parent", "round", "course__owner", "supervisor"
)


@require_safe
@requires("people.use")
@never_cache
def approvals(request: PersonRequest) -> HttpResponse:
    """List the requests that this person may decide."""
    page = page_of(request, enrolments.to_decide(request.user))
    return render(request, "enrollment/approvals.html", {"page": page})


@require_http_methods(["GET", "HEAD"])
@login_required
@never_cache
def approval(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one request with what can be decided."""
    enrolment = fetch(request.user, ASKED, "enrollment.decide", pk=pk)
    return render(request, "enrollment/approval.html", {"enrolment": enrolment, "form": ReasonForm()})


@require_POST
@login_required
def approve(request: PersonRequest, pk: int) -> HttpResponse:
    """Approve a request."""
    enrolment = fetch(request.user, ASKED, "enrollment.decide", pk=pk)
    enrolments.approve(enrolment, actor=request.user, now=timezone.now())
    messages.success(
        request, _("The request of %(name)s was approved.") % {"name": enrolment.person.full_name}
    )
    return redirect("enrollment:approvals")


@require_POST
@login_required
def refuse(request: PersonRequest, pk: int) -> HttpResponse:
    """Refuse a request, with the reason."""
    enrolment = fetch(request.user, ASKED, "enrollment.decide", pk=pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        context = {"enrolment": enrolment, "form": form}
        return render(request, "enrollment/approval.html", context, status=422)
    enrolments.refuse(enrolment, form.cleaned_data["reason"], actor=request.user, now=timezone.now())
    messages.success(
        request, _("The request of %(name)s was refused.") % {"name": enrolment.person.full_name}
    )
    return redirect("enrollment:approvals")
