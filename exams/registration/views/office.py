"""Pages for exam officers: examinations and rounds, from a draft to its release."""

from datetime import timedelta

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from exams.registration import jobs
from exams.registration.forms import MoveForm, PapersForm, RoundFilterForm, RoundForm
from exams.registration.models import Examination, Level, Round
from exams.registration.services import papers as papers_service
from exams.registration.services import placing, progress, rounds
from exams.registration.tasks import make_papers, place_candidates
from learning.people.access import PersonRequest, requires
from learning.portal.forms import form_page
from learning.portal.paging import page_of

ROUNDS = Round.objects.select_related("examination", "envelope")


@require_safe
@requires("registration.manage")
def rounds_list(request: HttpRequest) -> HttpResponse:
    """List the rounds, with search and filter."""
    form = RoundFilterForm(request.GET)
    rows = ROUNDS.annotate(candidate_count=Count("candidates")).order_by("-starts_at", "-pk")
    if form.is_valid():
        rows = rows.filter(title__icontains=form.cleaned_data["q"])
        if status := form.cleaned_data["status"]:
            rows = rows.filter(status=status)
    return render(request, "registration/office/rounds.html", {"form": form, "page": page_of(request, rows)})


@require_safe
@requires("registration.manage")
def examinations_list(request: HttpRequest) -> HttpResponse:
    """List the examinations and the dates of their rules."""
    rows = Examination.objects.annotate(round_count=Count("rounds")).order_by("code", "-effective_from")
    return render(request, "registration/office/examinations.html", {"page": page_of(request, rows)})


@require_safe
@requires("registration.manage")
def examination(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an examination's rules: subjects, topics, pass marks, and where they come from."""
    found = get_object_or_404(Examination, pk=pk)
    subjects = found.subjects.select_related("bank").prefetch_related("rules__topic", "pass_marks")
    rows = subjects.annotate(items=Sum("rules__count")).order_by("order")
    context = {
        "examination": found,
        "subjects": [
            (subject, sorted(subject.pass_marks.all(), key=lambda mark: Level.values.index(mark.level)))
            for subject in rows
        ],
        "round_count": found.rounds.count(),
    }
    return render(request, "registration/office/examination.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def new_round(request: PersonRequest) -> HttpResponse:
    """Make a round."""
    form = RoundForm(request.POST or None, initial=RoundForm.initial_new(timezone.now()))
    if request.method == "POST" and form.is_valid():
        created = rounds.create_round(form.cleaned_data["code"], form.plan(), actor=request.user)
        messages.success(request, _("The round has been made. The list below says what it still needs."))
        return redirect("registration:round", created.pk)
    return form_page(request, "registration/office/round_form.html", {"form": form})


@require_safe
@requires("registration.manage")
def round_(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one round: its times, and how far each thing is that it needs."""
    found = get_object_or_404(ROUNDS, pk=pk)
    context = {
        "round": found,
        "progress": progress.of(found),
        "missing": rounds.missing(found, now=timezone.now()),
        "is_begun": rounds.is_begun(found),
    }
    return render(request, "registration/office/round.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def change_round(request: PersonRequest, pk: int) -> HttpResponse:
    """Change a round in preparation."""
    found = get_object_or_404(ROUNDS, pk=pk)
    form = RoundForm(request.POST or None, initial=RoundForm.initial_from(found))
    # Another examination would be another round.
    form.fields["code"].disabled = True
    if request.method == "POST" and form.is_valid():
        placing.change_round(found, form.plan(), actor=request.user)
        messages.success(request, _("The round has been changed."))
        return redirect("registration:round", found.pk)
    return form_page(request, "registration/office/round_form.html", {"form": form, "round": found})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def move_round(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a round that nobody has begun start so many minutes from now."""
    found = get_object_or_404(ROUNDS, pk=pk)
    form = MoveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now, data = timezone.now(), form.cleaned_data
        starts_at = now + timedelta(minutes=data["minutes"])
        rounds.move_round(found, starts_at, actor=request.user, reason=data["reason"], now=now)
        messages.success(request, _("The start has been moved, and every clock of the round with it."))
        return redirect("registration:round", found.pk)
    context = {"form": form, "round": found, "is_begun": rounds.is_begun(found)}
    return form_page(request, "registration/office/move.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def recall_round(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask, then take a release back."""
    found = get_object_or_404(ROUNDS, pk=pk)
    if request.method == "POST":
        rounds.recall_round(found, actor=request.user, now=timezone.now())
        messages.success(request, _("The release has been taken back. Nobody can be admitted now."))
        return redirect("registration:round", found.pk)
    return render(request, "registration/office/recall.html", {"round": found})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def papers(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the sealed papers of a round, or make them."""
    found = get_object_or_404(ROUNDS, pk=pk)
    form = PapersForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        count, same_items = form.cleaned_data["count"], form.cleaned_data["same_items"]
        if jobs.begin(jobs.PAPERS, found.pk, count):
            make_papers.delay(found.pk, request.user.pk, count, same_items)
        if jobs.current(jobs.PAPERS, found.pk) is None:
            messages.success(request, _("The papers have been drawn and sealed."))
        return redirect("registration:papers", found.pk)
    context = {
        "round": found,
        "form": form,
        "job": jobs.current(jobs.PAPERS, found.pk),
        "sections": papers_service.sections(found.examination),
        "papers": found.envelope.papers.select_related("form") if found.envelope else [],
    }
    return form_page(request, "registration/office/papers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def place(request: PersonRequest, pk: int) -> HttpResponse:
    """Show what stands in the way of giving everybody a seat, and do it."""
    found = get_object_or_404(ROUNDS, pk=pk)
    if request.method == "POST":
        if jobs.begin(jobs.PLACES, found.pk, progress.of(found).waiting):
            place_candidates.delay(found.pk, request.user.pk)
        if jobs.current(jobs.PLACES, found.pk) is None:
            messages.success(request, _("Everybody has a seat."))
        return redirect("registration:place", found.pk)
    context = {
        "round": found,
        "job": jobs.current(jobs.PLACES, found.pk),
        "progress": progress.of(found),
        "lacking": placing.shortfall(found),
    }
    return render(request, "registration/office/place.html", context)
