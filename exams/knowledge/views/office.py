"""Pages for exam officers: tests, definitions, rounds."""

from datetime import datetime

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exams.knowledge.forms import DefinitionForm, RoundFilterForm, TestForm, WindowForm
from exams.knowledge.models import KnowledgeTest, Round, RoundStatus, TestDefinition
from exams.knowledge.services import definitions, rounds
from exams.knowledge.services.attempts import with_item_counts
from exams.knowledge.timing import preview
from learning.people.access import PersonRequest, requires
from learning.portal.forms import form_page
from learning.portal.paging import page_of

TESTS = KnowledgeTest.objects.select_related("bank")
ROUNDS = Round.objects.select_related("test__bank", "definition", "support_request__agency")

# The longest number that a primary key can be.
_MAX_DIGITS = 19


@require_safe
@requires("knowledge.manage")
def tests(request: HttpRequest) -> HttpResponse:
    """List the tests."""
    now = timezone.now()
    rows = TESTS.annotate(
        round_count=Count("rounds", distinct=True),
        open_count=Count(
            "rounds",
            distinct=True,
            filter=Q(rounds__opens_at__lte=now, rounds__closes_at__gt=now),
        ),
        definition_count=Count("definitions", distinct=True),
    ).order_by("code")
    return render(request, "knowledge/office/tests.html", {"page": page_of(request, rows)})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("knowledge.manage")
def new_test(request: PersonRequest) -> HttpResponse:
    """Create a test."""
    form = TestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        test = definitions.create_test(form.cleaned_data, actor=request.user)
        messages.success(request, _("The test has been created. Now make its first definition."))
        return redirect("knowledge:new-definition", test.pk)
    return form_page(request, "knowledge/office/new_test.html", {"form": form})


@require_safe
@requires("knowledge.manage")
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one test: its definitions, and its rounds with search and filter."""
    found = get_object_or_404(TESTS, pk=pk)
    now = timezone.now()
    form = RoundFilterForm(request.GET)
    rows = ROUNDS.filter(test=found).order_by("-opens_at", "-pk")
    rows = rows.annotate(taker_count=Count("attempts__person", distinct=True))
    if form.is_valid():
        rows = rows.filter(name__icontains=form.cleaned_data["q"])
        if status := form.cleaned_data["status"]:
            rows = rows.with_status(status, now)
    page = page_of(request, rows)
    context = {
        "test": found,
        "current": definitions.current(found, timezone.localdate(now)),
        "definitions": definitions.with_item_counts(found.definitions.select_related("created_by")),
        "form": form,
        "page": page,
        "rounds": [(round_, round_.status(now)) for round_ in page],
    }
    return render(request, "knowledge/office/test.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("knowledge.manage")
def new_definition(request: PersonRequest, pk: int) -> HttpResponse:
    """Make a definition, starting from a copy of another or from the platform's default."""
    found = get_object_or_404(TESTS, pk=pk)
    today = timezone.localdate()
    if request.method == "POST":
        form = DefinitionForm(request.POST, bank=found.bank)
        if form.is_valid():
            definition = definitions.define(found, form.rules(), actor=request.user)
            messages.success(request, _("The definition has been made."))
            return redirect("knowledge:definition", definition.pk)
    else:
        copied = found.definitions.filter(pk=_number(request.GET.get("copy", ""))).first()
        source = copied or definitions.current(found, today)
        initial = DefinitionForm.initial_from(source, found.bank, today)
        form = DefinitionForm(bank=found.bank, initial=initial)
    return form_page(request, "knowledge/office/new_definition.html", {"form": form, "test": found})


@require_POST
@requires("knowledge.manage")
def check_definition(request: HttpRequest, pk: int) -> HttpResponse:
    """Check the table of items against the bank while it is typed; nothing is kept."""
    found = get_object_or_404(TESTS, pk=pk)
    form = DefinitionForm(request.POST, bank=found.bank)
    form.is_valid()
    context = {"items": sum(form.items().values()), "shortages": form.shortage_sentences()}
    return render(request, "knowledge/office/parts/definition_check.html", context)


@require_safe
@requires("knowledge.manage")
def definition(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one definition with its table of items."""
    definitions_ = definitions.with_item_counts(TestDefinition.objects.select_related("test", "created_by"))
    found = get_object_or_404(definitions_, pk=pk)
    context = {
        "definition": found,
        "rules": found.rules.select_related("topic").order_by("topic__order", "pk"),
        "round_count": found.rounds.count(),
        "starters": preview(*_example_day(), found.duration),
    }
    return render(request, "knowledge/office/definition.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("knowledge.manage")
def new_round(request: PersonRequest, pk: int) -> HttpResponse:
    """Make a round that is open to everybody."""
    found = get_object_or_404(TESTS, pk=pk)
    form = WindowForm(request.POST or None, initial=WindowForm.initial_new(timezone.now()))
    if request.method == "POST" and form.is_valid():
        created = rounds.create_round(found, form.window(), actor=request.user)
        messages.success(request, _("The round has been made. Check the times below."))
        return redirect("knowledge:office-round", created.pk)
    return form_page(request, "knowledge/office/round_form.html", {"form": form, "test": found})


@require_safe
@requires("knowledge.manage")
def round_(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one round: state, times, and what starters will meet."""
    found = get_object_or_404(with_item_counts(ROUNDS), pk=pk)
    context = {
        "round": found,
        "status": found.status(timezone.now()),
        "counts": rounds.counts(found),
        "starters": preview(found.opens_at, found.closes_at, found.definition.duration),
    }
    return render(request, "knowledge/office/round.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("knowledge.manage")
def change_round(request: PersonRequest, pk: int) -> HttpResponse:
    """Change a round that has not opened."""
    found = get_object_or_404(ROUNDS, pk=pk)
    initial = WindowForm.initial_from(found.name, found.opens_at, found.closes_at)
    form = WindowForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        rounds.change_round(found, form.window(), actor=request.user, now=timezone.now())
        messages.success(request, _("The round has been changed. Check the times below."))
        return redirect("knowledge:office-round", found.pk)
    context = {"form": form, "test": found.test, "round": found}
    return form_page(request, "knowledge/office/round_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("knowledge.manage")
def close_round(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask, then close a round early."""
    found = get_object_or_404(ROUNDS, pk=pk)
    if request.method == "POST":
        rounds.close_early(found, actor=request.user, now=timezone.now())
        messages.success(request, _("The round is closed. Who is sitting keeps their time."))
        return redirect("knowledge:office-round", found.pk)
    is_open = found.status(timezone.now()) == RoundStatus.OPEN
    context = {"round": found, "is_open": is_open, "counts": rounds.counts(found)}
    return render(request, "knowledge/office/close_round.html", context)


def _number(text: str) -> int:
    """Return the primary key in a query string; 0, which is nothing's, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else 0


def _example_day() -> tuple[datetime, datetime]:
    """Return office hours of today, the example for a definition that has no window of its own."""
    today = timezone.localtime()
    return (
        today.replace(hour=8, minute=30, second=0, microsecond=0),
        today.replace(hour=16, minute=30, second=0, microsecond=0),
    )
