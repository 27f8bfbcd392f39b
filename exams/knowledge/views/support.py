"""Agency-supported sittings: asking, deciding."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from exams.knowledge.forms import ApprovalForm, DeclineForm, RequestFilterForm, SupportForm, WindowForm
from exams.knowledge.models import RequestStatus, Round, SupportRequest
from exams.knowledge.services import definitions, support
from exams.knowledge.timing import preview
from learning.people.access import PersonRequest, fetch, officer_agencies, requires
from learning.portal.paging import page_of

REQUESTS = SupportRequest.objects.select_related(
    "test", "agency__parent__parent", "requested_by", "decided_by", "round"
)


@require_safe
@requires("knowledge.list_requests")
def requests(request: PersonRequest) -> HttpResponse:
    """List the requests: all of them for exam officers, an agency's own for its officers."""
    rows = REQUESTS
    if not request.user.has_perm("knowledge.manage"):
        rows = rows.filter(agency__in=officer_agencies(request.user))
    form = RequestFilterForm(request.GET)
    if form.is_valid():
        q = form.cleaned_data["q"]
        rows = rows.filter(Q(agency__name_th__icontains=q) | Q(agency__name_en__icontains=q))
        if status := form.cleaned_data["status"]:
            rows = rows.filter(status=status)
    context = {
        "page": page_of(request, rows),
        "form": form,
        "may_ask": request.user.has_perm("knowledge.ask_support"),
    }
    return render(request, "knowledge/support/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("knowledge.ask_support")
def ask(request: PersonRequest) -> HttpResponse:
    """Ask for a sitting: form, check your answers, then the confirmation."""
    initial = WindowForm.initial_new(timezone.now())
    agencies = officer_agencies(request.user)
    form = SupportForm(request.POST or None, agencies=agencies, initial=initial)
    step = request.POST.get("step", "")
    if request.method == "POST" and form.is_valid():
        wish = form.wish()
        if step == "send":
            filed = support.ask(wish, actor=request.user, now=timezone.now())
            return redirect("knowledge:asked", filed.pk)
        if step == "check":
            return render(request, "knowledge/support/check.html", {"form": form, "wish": wish})
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "knowledge/support/ask.html", {"form": form}, status=status)


@require_safe
@login_required
def asked(request: PersonRequest, pk: int) -> HttpResponse:
    """Confirm that a request has been filed, with its reference number."""
    found = fetch(request.user, REQUESTS, "knowledge.view_request", pk=pk)
    return render(request, "knowledge/support/asked.html", {"asked": found})


@require_safe
@login_required
def detail(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one request and where it stands."""
    found = fetch(request.user, REQUESTS, "knowledge.view_request", pk=pk)
    context = {
        "asked": found,
        "round": Round.objects.filter(support_request=found).first(),
        "may_decide": found.status == RequestStatus.SUBMITTED and request.user.has_perm("knowledge.manage"),
    }
    return render(request, "knowledge/support/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("knowledge.manage")
def approve(request: PersonRequest, pk: int) -> HttpResponse:
    """Approve a request with the window as decided."""
    found = fetch(request.user, REQUESTS, "knowledge.view_request", pk=pk)
    initial = WindowForm.initial_from(support.round_name(found), found.opens_at, found.closes_at)
    form = ApprovalForm(request.POST or None, initial=initial)
    now = timezone.now()
    if request.method == "POST" and form.is_valid():
        note = form.cleaned_data["note"]
        support.approve(found, form.window(), note, actor=request.user, now=now)
        messages.success(request, _("The request is approved and its round has been made."))
        return redirect("knowledge:support-request", found.pk)
    definition = definitions.current(found.test, timezone.localdate(found.opens_at))
    starters = preview(found.opens_at, found.closes_at, definition.duration) if definition else []
    context = {"asked": found, "form": form, "definition": definition, "starters": starters}
    return render(request, "knowledge/support/approve.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("knowledge.manage")
def decline(request: PersonRequest, pk: int) -> HttpResponse:
    """Decline a request with a reason."""
    found = fetch(request.user, REQUESTS, "knowledge.view_request", pk=pk)
    form = DeclineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        support.decline(found, form.cleaned_data["note"], actor=request.user, now=timezone.now())
        messages.success(request, _("The request is declined. The agency can read your note."))
        return redirect("knowledge:support-request", found.pk)
    context = {"asked": found, "form": form}
    return render(request, "knowledge/support/decline.html", context, status=422 if form.errors else 200)
