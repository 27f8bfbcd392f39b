"""Pages of results: the candidate's, the office's, and the public check of a receipt."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exams.registration.models import Candidate, Placement, Round, RoundStatus
from exams.results import figures
from exams.results.forms import ReasonForm, ReceiptForm, ReleaseForm, ResultFilterForm
from exams.results.models import ROOT_BLOBS, ExamResult, RoundResults, RoundRoot
from exams.results.services import concluding, releasing, roots
from exams.seat.keys import receipt_public_key
from learning.people import audit
from learning.people.access import PersonRequest, fetch, requires
from learning.portal.paging import page_of
from learning.spreadsheets import CONTENT_TYPES, write_table

_BLOBS = [f"root__{name}" for name in ROOT_BLOBS]
ROUNDS = Round.objects.select_related("examination", "results", "root").defer(*_BLOBS)
RESULTS = ExamResult.objects.select_related(
    "candidate__person", "round__examination", "round__results", "mark", "certificate", "withheld_by"
)
CANDIDATES = Candidate.objects.select_related(
    "person", "round__examination", "round__results", "round__root"
).defer(*(f"round__{name}" for name in _BLOBS))


# -- The candidate -----------------------------------------------------------------------------------
@require_safe
@requires("people.use")
def own_result(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a candidate their result, or from when it can be seen."""
    found = fetch(request.user, CANDIDATES, "results.view_own", pk=pk)
    shown = visible_result(found, timezone.now())
    context = {
        "candidate": found,
        "round": found.round,
        "results": getattr(found.round, "results", None),
        "root": getattr(found.round, "root", None),
        "result": shown,
        "has_receipt": Placement.objects.filter(candidate=found, sitting__closed_at__isnull=False).exists(),
        "subjects": shown.subjects.select_related("subject") if shown and not shown.is_withheld else [],
    }
    return render(request, "results/own.html", context)


@require_safe
@requires("people.use")
def receipt(request: PersonRequest, pk: int) -> HttpResponse:
    """Download the candidate's receipt, with the proof that it is under the root once that is published."""
    found = fetch(request.user, CANDIDATES, "results.view_own", pk=pk)
    taken = roots.receipt_file(found)
    if taken is None:
        raise Http404
    response = HttpResponse(taken, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="receipt-{found.number}.json"'
    return response


def visible_result(candidate: Candidate, now: datetime) -> ExamResult | None:
    """Return the result of a candidate once it is released, None before."""
    results: RoundResults | None = getattr(candidate.round, "results", None)
    if results is None or not results.is_released(now):
        return None
    return RESULTS.filter(candidate=candidate).first()


# -- The office --------------------------------------------------------------------------------------
@require_safe
@requires("results.view_figures")
def rounds(request: HttpRequest) -> HttpResponse:
    """List the rounds that are over or under way, with what has to be done about their results."""
    rows = ROUNDS.exclude(status=RoundStatus.DRAFT).annotate(
        candidate_count=Count("candidates", distinct=True),
    )
    page = page_of(request, rows.order_by("-starts_at", "-pk"))
    now = timezone.now()
    return render(
        request,
        "results/office/rounds.html",
        {"page": page, "rounds": [(found, _state(found, now)) for found in page]},
    )


def _state(found: Round, now: datetime) -> tuple[str, str]:
    """Return what stands with a round's results, as a word and the kind of its tag."""
    results: RoundResults | None = getattr(found, "results", None)
    if results is None or results.concluded_at is None:
        return (_("Not worked out"), "neutral")
    if results.release_at is None:
        return (_("Waiting for release"), "info")
    return (_("Announced"), "success") if results.is_released(now) else (_("Date set"), "info")


@require_safe
@requires("results.view_figures")
def round_(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the results of a round: figures for all who may see them, single results for exam officers."""
    found = get_object_or_404(ROUNDS.exclude(status=RoundStatus.DRAFT), pk=pk)
    now, results = timezone.now(), getattr(found, "results", None)
    form = ResultFilterForm(request.GET)
    rows = form.apply(RESULTS.filter(round=found)).order_by("candidate__number")
    context = {
        "round": found,
        "results": results,
        "root": getattr(found, "root", None),
        "state": _state(found, now),
        "is_released": results is not None and results.is_released(now),
        "figures": figures.make_figures(found) if results and results.concluded_at else None,
        "sitting": found.placements.filter(sitting__closed_at=None).count(),
        "certificates": ExamResult.objects.filter(round=found, certificate__isnull=False).count(),
        "form": form,
        "page": page_of(request, rows) if request.user.has_perm("results.manage") else None,
        "may_manage": request.user.has_perm("results.manage"),
    }
    return render(request, "results/office/round.html", context)


@require_POST
@requires("results.manage")
def conclude(request: PersonRequest, pk: int) -> HttpResponse:
    """Close a round whose candidates have all submitted, and work out its results."""
    found = get_object_or_404(ROUNDS, pk=pk)
    done = concluding.conclude_round(found, now=timezone.now(), actor=request.user)
    messages.success(request, _("Results worked out: %(count)s.") % {"count": f"{done.candidates:,}"})
    return redirect("results:round", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("results.manage")
def release(request: PersonRequest, pk: int) -> HttpResponse:
    """Set from when candidates see their results."""
    found, now = get_object_or_404(ROUNDS, pk=pk), timezone.now()
    results: RoundResults | None = getattr(found, "results", None)
    initial = ReleaseForm.initial_from((results and results.release_at) or now)
    form = ReleaseForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        releasing.release(found, form.moment(), actor=request.user, now=now)
        messages.success(request, _("The announcement has been set."))
        return redirect("results:round", pk)
    status = 422 if form.is_bound else 200
    return render(
        request, "results/office/release.html", {"round": found, "form": form, "now": now}, status=status
    )


@require_safe
@requires("results.manage")
def export(request: PersonRequest, pk: int, kind: str) -> HttpResponse:
    """Download the results of a round as a workbook or CSV."""
    if kind not in CONTENT_TYPES:
        raise Http404
    found = get_object_or_404(ROUNDS, pk=pk)
    data = write_table(*figures.table(found), "xlsx" if kind == "xlsx" else "csv")
    audit.record(request.user, "results.exported", found, format=kind)
    response = HttpResponse(data, content_type=CONTENT_TYPES["xlsx" if kind == "xlsx" else "csv"])
    response["Content-Disposition"] = f'attachment; filename="results-round-{found.pk}.{kind}"'
    return response


@require_safe
@requires("results.manage")
def candidate(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the office one candidate's result."""
    found = fetch(request.user, RESULTS, "results.manage", pk=pk)
    context = {"result": found, "subjects": found.subjects.select_related("subject")}
    return render(request, "results/office/candidate.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("results.manage")
def withhold(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask for a reason, and keep a result back."""
    return _change(request, pk, is_withholding=True)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("results.manage")
def set_free(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask for a reason, and give a withheld result free."""
    return _change(request, pk, is_withholding=False)


def _change(request: PersonRequest, pk: int, *, is_withholding: bool) -> HttpResponse:
    found = fetch(request.user, RESULTS, "results.manage", pk=pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        change = releasing.withhold if is_withholding else releasing.set_free
        change(found, form.cleaned_data["reason"], actor=request.user, now=timezone.now())
        messages.success(
            request, _("The result is withheld.") if is_withholding else _("The result is given free.")
        )
        return redirect("results:candidate", pk)
    context = {"result": found, "form": form, "is_withholding": is_withholding}
    return render(request, "results/office/change.html", context, status=422 if form.is_bound else 200)


# -- Anybody -----------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
def root(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the published root of a round, and check a receipt against it."""
    found = get_object_or_404(RoundRoot.objects.light().select_related("round__examination"), pk=pk)
    form = ReceiptForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {
        "root": found,
        "round": found.round,
        "form": form,
        "public_key": receipt_public_key(),
    }
    if form.is_bound and form.is_valid():
        checked = roots.check(found, form.receipt())
        context["checked"] = checked
        if checked.proof is not None:
            context |= {"place": checked.proof.index + 1, "proof_text": checked.proof.text}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "results/root.html", context, status=status)
