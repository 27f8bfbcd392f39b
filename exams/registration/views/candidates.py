"""The candidates of a round: list, import, entry by entry, photographs."""

from functools import partial

from django.contrib import messages
from django.db.models import Q
from django.db.models.query import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exams.registration.forms import (
    CandidateFilterForm,
    CandidateForm,
    EntriesForm,
    PhotographForm,
    PhotographsForm,
)
from exams.registration.models import Candidate, Round
from exams.registration.pictures import NotAPhotograph
from exams.registration.services import candidates as service
from exams.registration.services import entries, photographs
from exams.registration.services.photographs import NotAnArchive
from learning import thai
from learning.people import national_id
from learning.people.access import PersonRequest, requires
from learning.portal.lists import list_page
from learning.portal.paging import page_of
from learning.spreadsheets import CONTENT_TYPES

ROUNDS = Round.objects.select_related("examination")
CANDIDATES = Candidate.objects.select_related("round", "person", "centre", "placement__seat__room__centre")
_LIST_PAGE = 50


@require_safe
@requires("registration.manage")
@never_cache
def candidates(request: HttpRequest, pk: int) -> HttpResponse:
    """List the candidates of a round, with search and filter."""
    found = get_object_or_404(ROUNDS, pk=pk)
    form = CandidateFilterForm(request.GET)
    rows = CANDIDATES.filter(round=found).order_by("number")
    if form.is_valid():
        rows = _chosen(rows, **form.cleaned_data)
    context = {"round": found, "form": form, "page": page_of(request, rows, _LIST_PAGE)}
    return render(request, "registration/office/candidates.html", context)


def _chosen(rows: QuerySet[Candidate], *, q: str, level: str, state: str) -> QuerySet[Candidate]:
    if level:
        rows = rows.filter(level=level)
    if state:
        rows = rows.filter(
            {"seated": ~Q(placement=None), "waiting": Q(placement=None), "faceless": Q(photograph="")}[state]
        )
    number = national_id.clean(q)
    if national_id.is_valid(number):
        return rows.filter(person__national_id_index=national_id.blind_index(number))
    for word in thai.to_arabic_numerals(q).split():
        rows = rows.filter(
            Q(number__startswith=word)
            | Q(person__first_name__icontains=word)
            | Q(person__last_name__icontains=word)
            | Q(person__email__iexact=word)
        )
    return rows


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def import_list(request: PersonRequest, pk: int) -> HttpResponse:
    """Check an uploaded list of candidates and show what would be entered."""
    found = get_object_or_404(ROUNDS, pk=pk)
    return list_page(
        request,
        EntriesForm(request.POST or None, request.FILES or None),
        check=partial(entries.check_file, found),
        seal=partial(entries.seal, found, request.user),
        pages=("registration/office/import.html", "registration/office/import_check.html"),
        context={"round": found, "headings": entries.HEADINGS},
    )


@require_POST
@requires("registration.manage")
def add(request: PersonRequest, pk: int) -> HttpResponse:
    """Enter the persons of a checked list."""
    found = get_object_or_404(ROUNDS, pk=pk)
    checked = entries.unseal(found, request.user, request.POST.get("sealed", ""))
    made = service.add_candidates(found, checked, actor=request.user)
    text = ngettext("%(n)s candidate has been entered.", "%(n)s candidates have been entered.", len(made))
    messages.success(request, text % {"n": len(made)})
    return redirect("registration:candidates", found.pk)


@require_safe
@requires("registration.manage")
def template(_request: HttpRequest) -> HttpResponse:
    """Download an empty list."""
    response = HttpResponse(entries.template(), content_type=CONTENT_TYPES["xlsx"])
    response["Content-Disposition"] = 'attachment; filename="candidates.xlsx"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def photographs_file(request: PersonRequest, pk: int) -> HttpResponse:
    """Set many photographs from a ZIP file and say which were refused."""
    found = get_object_or_404(ROUNDS, pk=pk)
    form = PhotographsForm(request.POST or None, request.FILES or None)
    report = None
    if request.method == "POST" and form.is_valid():
        try:
            report = photographs.import_photographs(found, form.cleaned_data["file"], actor=request.user)
        except NotAnArchive as error:
            form.add_error("file", str(error.message))
    context = {"round": found, "form": form, "report": report}
    status = 422 if form.errors else 200
    return render(request, "registration/office/photographs.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
@never_cache
def candidate(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one entry, and change it while its round is in preparation."""
    found = get_object_or_404(CANDIDATES, pk=pk)
    form = CandidateForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        service.change_candidate(form.save(commit=False), actor=request.user)
        messages.success(request, _("The entry has been changed."))
        return redirect("registration:candidate", found.pk)
    return _candidate_page(request, found, form, PhotographForm())


@require_POST
@requires("registration.manage")
def set_photograph(request: PersonRequest, pk: int) -> HttpResponse:
    """Set one candidate's photograph."""
    found = get_object_or_404(CANDIDATES, pk=pk)
    form = PhotographForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            photographs.set_photograph(found, form.cleaned_data["photograph"].read(), actor=request.user)
        except NotAPhotograph as error:
            form.add_error("photograph", str(error.message))
        else:
            messages.success(request, _("The photograph has been set."))
            return redirect("registration:candidate", found.pk)
    return _candidate_page(request, found, CandidateForm(instance=found), form)


def _candidate_page(
    request: HttpRequest, found: Candidate, form: CandidateForm, photograph_form: PhotographForm
) -> HttpResponse:
    context = {
        "candidate": found,
        "placement": getattr(found, "placement", None),
        "form": form,
        "photograph_form": photograph_form,
    }
    status = 422 if form.errors or photograph_form.errors else 200
    return render(request, "registration/office/candidate.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def remove(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask, then take an entry back."""
    found = get_object_or_404(CANDIDATES, pk=pk)
    if request.method == "POST":
        service.remove_candidate(found, actor=request.user)
        messages.success(request, _("The entry has been taken back."))
        return redirect("registration:candidates", found.round_id)
    return render(request, "registration/office/remove.html", {"candidate": found})
