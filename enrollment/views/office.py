"""What officers do with the rounds of their courses."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.catalogue.models import Course
from courses.player.models import WaiverReason
from courses.player.services import waivers
from enrollment import eligibility
from enrollment.eligibility import Window
from enrollment.forms import DecisionForm, PeopleFilterForm, RoundForm, WaiverForm
from enrollment.models import CourseRound, Enrolment, EnrolmentState, Job, JobKind
from enrollment.services import completion, jobs, rounds
from enrollment.tasks import run_job
from learning.people.access import PersonRequest, fetch
from learning.portal.forms import form_page
from learning.portal.paging import page_of

COURSES = Course.objects.select_related("owner__parent__parent")
ENROLMENTS = Enrolment.objects.select_related(
    "person__agency__parent__parent", "round", "course__owner__parent__parent", "registration__person"
)
JOBS = Job.objects.select_related("course__owner__parent__parent", "round")
ROUNDS = CourseRound.objects.select_related("course__owner__parent__parent")


@require_safe
@login_required
@never_cache
def course_rounds(request: PersonRequest, code: str) -> HttpResponse:
    """List the rounds of a course."""
    course = fetch(request.user, COURSES, "enrollment.manage_rounds", code=code)
    page = page_of(request, CourseRound.objects.filter(course=course).with_taken().with_conditions())
    return render(request, "enrollment/office/rounds.html", {"course": course, "page": page})


@require_POST
@login_required
def open_to_all(request: PersonRequest, code: str) -> HttpResponse:
    """Make a round that is open to everybody from now on."""
    course = fetch(request.user, COURSES, "enrollment.manage_rounds", code=code)
    made = rounds.open_to_all(course, actor=request.user, now=timezone.now())
    messages.success(request, _("Round %(name)s is open to everybody.") % {"name": made.name})
    return redirect("enrollment:rounds", course.code)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def new_round(request: PersonRequest, code: str) -> HttpResponse:
    """Make a round."""
    course = fetch(request.user, COURSES, "enrollment.manage_rounds", code=code)
    now = timezone.now()
    form = RoundForm(request.POST or None, initial=RoundForm.initial_new(rounds.next_name(course, now), now))
    if request.method == "POST" and form.is_valid():
        made = rounds.create_round(course, form.values(), actor=request.user)
        messages.success(request, _("Round %(name)s has been made.") % {"name": made.name})
        return redirect("enrollment:round", made.pk)
    return form_page(request, "enrollment/office/round_form.html", {"course": course, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def change_round(request: PersonRequest, pk: int) -> HttpResponse:
    """Change a round."""
    found = fetch(request.user, ROUNDS, "enrollment.manage_round", pk=pk)
    form = RoundForm(request.POST or None, initial=RoundForm.initial_from(found))
    if request.method == "POST" and form.is_valid():
        rounds.change_round(found, form.values(), actor=request.user, now=timezone.now())
        messages.success(request, _("The course round has been changed."))
        return redirect("enrollment:round", found.pk)
    context = {"course": found.course, "round": found, "form": form}
    return form_page(request, "enrollment/office/round_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def delete_round(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask, then delete a round in which nobody ever was."""
    found = fetch(request.user, ROUNDS, "enrollment.manage_round", pk=pk)
    if request.method == "POST":
        rounds.delete_round(found, actor=request.user)
        messages.success(request, _("The round has been deleted."))
        return redirect("enrollment:rounds", found.course.code)
    return render(request, "enrollment/office/delete_round.html", {"round": found})


@require_safe
@login_required
@never_cache
def round_page(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one round: its dates, whom it is for, who waits."""
    found = fetch(request.user, ROUNDS.with_taken().with_conditions(), "enrollment.manage_round", pk=pk)
    window = eligibility.window(found.registration_opens_at, found.registration_closes_at, timezone.now())
    counts = rounds.counts(found)
    context = {
        "round": found,
        "course": found.course,
        "counts": counts,
        "had_people": any(count for _state, count in counts),
        "may_enrol_staff": window == Window.OPEN and request.user.has_perm("enrollment.enrol_staff"),
    }
    return render(request, "enrollment/office/round.html", context)


@require_safe
@login_required
@never_cache
def waiting_list(request: PersonRequest, pk: int) -> HttpResponse:
    """Show who waits for a seat, in their order."""
    found = fetch(request.user, ROUNDS.with_taken(), "enrollment.manage_round", pk=pk)
    page = page_of(request, rounds.waiting(found), 50)
    return render(request, "enrollment/office/waiting.html", {"round": found, "page": page})


@require_safe
@login_required
@never_cache
def people(request: PersonRequest, pk: int) -> HttpResponse:
    """List who is in a round, found by name and state."""
    found = fetch(request.user, ROUNDS, "enrollment.manage_round", pk=pk)
    form = PeopleFilterForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {"q": "", "state": ""}
    page = page_of(request, rounds.people(found, q=chosen["q"], state=chosen["state"]), 50)
    context = {"round": found, "page": page, "enrolments": rounds.shown(list(page)), "form": form}
    return render(request, "enrollment/office/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def decide(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask what is not asked of a learner, and why; then waive that, or complete the course."""
    enrolment = fetch(request.user, ENROLMENTS.with_waivers(), "enrollment.grant_completion", pk=pk)
    registration = enrolment.registration
    form = DecisionForm(request.POST or None, missing=completion.lacks(registration) if registration else ())
    if request.method == "POST" and form.is_valid():
        reason, now = form.cleaned_data["reason"], timezone.now()
        if form.cleaned_data["what"] == form.ALL:
            completion.grant(enrolment, reason, actor=request.user, now=now)
        else:
            completion.waive(enrolment, form.unit, reason, actor=request.user, now=now)
        if enrolment.state == EnrolmentState.COMPLETED:
            text = _("%(name)s has completed the course by your decision.")
        else:
            text = _("This is not asked of %(name)s any more.")
        messages.success(request, text % {"name": enrolment.person.full_name})
        return redirect("enrollment:people", enrolment.round_id)
    has_waivable = waivers.has_waivable(enrolment.course)
    context = {"enrolment": enrolment, "form": form, "has_waivable": has_waivable}
    return form_page(request, "enrollment/office/decide.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def waive(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask from which lesson and why, then excuse a learner from it."""
    enrolment = fetch(request.user, ENROLMENTS, "enrollment.waive", pk=pk)
    registration = enrolment.registration
    left = []
    if registration is not None and enrolment.state == EnrolmentState.ENROLLED:
        left = waivers.waivable(registration)
    form = WaiverForm(request.POST or None, left=left)
    if request.method == "POST" and form.is_valid():
        wanted, said = form.wanted(), form.cleaned_data
        kind, now = WaiverReason(said["kind"]), timezone.now()
        waivers.waive(wanted, kind, said["reason"], actor=request.user, now=now)
        text = _("%(name)s is excused from “%(lesson)s”.")
        messages.success(request, text % {"name": enrolment.person.full_name, "lesson": wanted.title})
        return redirect("enrollment:people", enrolment.round_id)
    context = {"enrolment": enrolment, "form": form, "has_any": bool(left)}
    return form_page(request, "enrollment/office/waive.html", context)


@require_POST
@login_required
def weigh(request: PersonRequest, code: str) -> HttpResponse:
    """Have everybody in a course weighed again."""
    course = fetch(request.user, COURSES, "enrollment.manage_rounds", code=code)
    made = jobs.ask(JobKind.WEIGH, course, actor=request.user, queue=run_job.delay)
    return redirect("enrollment:job", made.pk)


@require_safe
@login_required
@never_cache
def job(request: PersonRequest, pk: UUID) -> HttpResponse:
    """Show how far a job is."""
    found = fetch(request.user, JOBS, "enrollment.watch_job", pk=pk)
    is_stalled = found.is_working and timezone.now() - found.progressed_at > jobs.STALLED
    context = {"job": found, "is_stalled": is_stalled, "kept_until": jobs.kept_until(found)}
    return render(request, "enrollment/office/job.html", context)


@require_POST
@login_required
def resume(request: PersonRequest, pk: UUID) -> HttpResponse:
    """Go on with a job that stands still."""
    found = fetch(request.user, JOBS, "enrollment.watch_job", pk=pk)
    jobs.resume(found, queue=run_job.delay, now=timezone.now())
    return redirect("enrollment:job", found.pk)
