"""The staff list of an agency's round: import, links, letters, progress."""

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exams.knowledge.forms import ProgressFilterForm, StaffListForm
from exams.knowledge.models import Round, RoundStatus
from exams.knowledge.reports import Line
from exams.knowledge.services import exports, invitations, roster, rounds
from exams.knowledge.services.invitations import Progress
from exams.knowledge.tasks import send_letters
from learning.people.access import PersonRequest, fetch
from learning.portal.lists import list_page
from learning.portal.paging import page_of
from learning.spreadsheets import CONTENT_TYPES

ROUNDS = Round.objects.select_related("test", "definition", "support_request__agency__parent__parent")
_LIST_PAGE = 50


def _round(request: PersonRequest, pk: int) -> Round:
    return fetch(request.user, ROUNDS, "knowledge.manage_list", pk=pk)


@require_safe
@login_required
@never_cache
def watch(request: PersonRequest, pk: int) -> HttpResponse:
    """Show who has not started, is sitting, is done, has passed. htmx asks again for the table alone."""
    round_ = _round(request, pk)
    now = timezone.now()
    form = ProgressFilterForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {"q": "", "progress": ""}
    states = [chosen["progress"]] if chosen["progress"] else Progress.values
    rows = invitations.with_progress(round_, states=states, q=chosen["q"])
    page = page_of(request, rows, _LIST_PAGE)
    context = {
        "round": round_,
        "status": round_.status(now),
        "is_closed": round_.status(now) == RoundStatus.CLOSED,
        "counts": invitations.count_progress(round_),
        "form": form,
        "is_paused": "pause" in request.GET,
        "page": page,
        "rows": [(row, Progress(row.progress)) for row in page],
        "now": now,
    }
    is_renewal = request.headers.get("HX-Request") == "true"
    name = "knowledge/roster/parts/progress.html" if is_renewal else "knowledge/roster/watch.html"
    return render(request, name, context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_list(request: PersonRequest, pk: int) -> HttpResponse:
    """Check an uploaded staff list and show what would be added."""
    round_ = _round(request, pk)
    return list_page(
        request,
        StaffListForm(request.POST or None, request.FILES or None),
        check=partial(roster.check_file, round_),
        seal=partial(roster.seal, round_, request.user),
        pages=("knowledge/roster/import.html", "knowledge/roster/check.html"),
        context={"round": round_},
    )


@require_POST
@login_required
def add(request: PersonRequest, pk: int) -> HttpResponse:
    """Put the persons of a checked list on the round's list."""
    round_ = _round(request, pk)
    persons = roster.unseal(round_, request.user, request.POST.get("sealed", ""))
    added = invitations.invite(round_, persons, actor=request.user, now=timezone.now())
    text = ngettext("%(n)s person was added to the list.", "%(n)s persons were added to the list.", added)
    messages.success(request, text % {"n": added})
    return redirect("knowledge:watch", round_.pk)


@require_safe
@login_required
def template(request: PersonRequest, pk: int) -> HttpResponse:
    """Download an empty staff list."""
    _round(request, pk)
    return _download(exports.list_template(), "xlsx", "staff-list.xlsx")


@require_safe
@login_required
@never_cache
def links_file(request: PersonRequest, pk: int) -> HttpResponse:
    """Download the personal links, for staff without e-mail."""
    round_ = _round(request, pk)
    content = exports.links_file(round_, actor=request.user)
    return _download(content, "xlsx", f"personal-links-{round_.pk}.xlsx")


@require_safe
@login_required
@never_cache
def links_sheet(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the personal links as slips to print and cut."""
    round_ = _round(request, pk)
    slips = exports.link_slips(round_, actor=request.user)
    return render(request, "knowledge/roster/slips.html", {"round": round_, "slips": slips})


@require_safe
@login_required
@never_cache
def progress_file(request: PersonRequest, pk: int) -> HttpResponse:
    """Download the list with everybody's progress."""
    round_ = _round(request, pk)
    return _download(exports.progress_file(round_), "xlsx", f"progress-{round_.pk}.xlsx")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def send(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask, then send the personal links to everybody who has had none."""
    round_ = _round(request, pk)
    if request.method == "POST":
        letters = invitations.send_links(round_, actor=request.user, queue=send_letters.delay)
        text = ngettext("%(n)s letter is being sent.", "%(n)s letters are being sent.", letters)
        messages.success(request, text % {"n": letters})
        return redirect("knowledge:watch", round_.pk)
    context = {"round": round_, "due": invitations.letters_due(round_)}
    return render(request, "knowledge/roster/send.html", context)


@require_POST
@login_required
def remind(request: PersonRequest, pk: int) -> HttpResponse:
    """Remind everybody who is not done."""
    round_ = _round(request, pk)
    letters = invitations.remind(round_, actor=request.user, queue=send_letters.delay, now=timezone.now())
    text = ngettext("%(n)s reminder is being sent.", "%(n)s reminders are being sent.", letters)
    messages.success(request, text % {"n": letters})
    return redirect("knowledge:watch", round_.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def remove(request: PersonRequest, pk: int, invitation: int) -> HttpResponse:
    """Ask, then take a person off the list."""
    round_ = _round(request, pk)
    found = get_object_or_404(round_.invitations.select_related("person", "round"), pk=invitation)
    if request.method == "POST":
        invitations.withdraw(found, actor=request.user)
        messages.success(request, _("%(name)s was taken off the list.") % {"name": found.person.full_name})
        return redirect("knowledge:watch", round_.pk)
    return render(request, "knowledge/roster/remove.html", {"round": round_, "invitation": found})


@require_safe
@login_required
def summary(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the agency the figures of its sitting, ready to print."""
    round_ = _round(request, pk)
    counts = rounds.counts(round_)
    context = {
        "round": round_,
        "line": Line("", counts.takers, counts.passed),
        "progress": invitations.count_progress(round_),
    }
    return render(request, "knowledge/roster/summary.html", context)


def _download(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=CONTENT_TYPES[kind])  # type: ignore[index]
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
