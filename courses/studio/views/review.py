"""Steps of a version, verdicts, previews, history, differences."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.catalogue.models import CompletionRule, CourseVersion
from courses.catalogue.services.versions import outline_of
from courses.player.services import registrations
from courses.studio import comparing, work
from courses.studio import history as happened
from courses.studio.errors import NoReviewers, NoteNeeded, NotReady, OwnWork, ReviewsAlready, TooLate
from courses.studio.forms.review import NoteForm, ReviewerForm, ScheduleForm, VerdictForm
from courses.studio.models import Assignment, Schedule
from courses.studio.services import publishing, reviews, rules
from courses.studio.views.fetching import VERSIONS, version_of
from courses.studio.workflow import Outcome, Step, Verdict
from learning.people.access import PersonRequest, requires
from learning.people.models import Person
from learning.portal.forms import form_page


@dataclass(frozen=True)
class _Wording:
    """How a step is asked about, and what is said when it is done."""

    title: Promise
    consequence: Promise
    done: Promise
    has_note: bool = False
    is_destructive: bool = False


STEPS: dict[str, _Wording] = {
    Step.SUBMIT: _Wording(
        gettext_lazy("Submit for review"),
        gettext_lazy(
            "From here on nothing in this version changes until the reviewers have decided. "
            "They get an e-mail."
        ),
        gettext_lazy("The version has been submitted. The reviewers get an e-mail."),
        has_note=True,
    ),
    Step.WITHDRAW: _Wording(
        gettext_lazy("Withdraw from review"),
        gettext_lazy("The version becomes a draft again. The reviewers are told that they need not read it."),
        gettext_lazy("The version is a draft again."),
    ),
    Step.REOPEN: _Wording(
        gettext_lazy("Open again for writing"),
        gettext_lazy("The approval is void: the version is reviewed again before it can be published."),
        gettext_lazy("The version is a draft again, and will be reviewed again."),
        is_destructive=True,
    ),
    Step.PUBLISH: _Wording(
        gettext_lazy("Publish now"),
        gettext_lazy("New learners get this version. Who is learning in the version before stays in it."),
        gettext_lazy("The version has been published."),
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def step(request: PersonRequest, code: str, number: int, name: str) -> HttpResponse:
    """Ask for confirmation of a step, and take it."""
    if name not in STEPS:
        raise Http404
    found = version_of(request, code, number)
    wording = STEPS[name]
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _take(found, name, form.cleaned_data["note"], request.user)
        except NotReady as error:
            for problem in error.problems:
                form.add_error(None, problem)
        except NoReviewers as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, str(wording.done))
            return redirect("studio:version", code, number)
    context = {
        "version": found,
        "course": found.course,
        "wording": wording,
        "form": form,
        "unresolved": work.unresolved(found),
        "stages": reviews.stages_for(found.course.owner) if name == Step.SUBMIT else [],
    }
    return form_page(request, "studio/step.html", context)


def _take(version: CourseVersion, name: str, note: str, actor: Person) -> None:
    now = timezone.now()
    match name:
        case Step.SUBMIT:
            reviews.submit(version, note=note, actor=actor, now=now)
        case Step.WITHDRAW:
            reviews.withdraw(version, actor=actor, now=now)
        case Step.REOPEN:
            reviews.reopen(version, actor=actor)
        case _:
            publishing.publish(version, actor=actor, now=now)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def schedule(request: PersonRequest, code: str, number: int) -> HttpResponse:
    """Set the date of publication, or take it away."""
    found = version_of(request, code, number)
    now = timezone.now()
    if request.method == "POST" and "remove" in request.POST:
        publishing.unschedule(found, actor=request.user)
        messages.success(request, _("The date has been removed."))
        return redirect("studio:version", code, number)
    present = Schedule.objects.filter(version=found).first()
    initial: dict[str, Any] = {"day": timezone.localdate(now) + timedelta(days=1), "clock": "08:30"}
    if present is not None:
        at = timezone.localtime(present.at)
        initial = {"day": at.date(), "clock": f"{at:%H:%M}"}
    form = ScheduleForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            publishing.schedule(found, form.at, actor=request.user, now=now)
        except TooLate as error:
            form.add_error("day", str(error))
        else:
            messages.success(request, _("The version will be published at that time."))
            return redirect("studio:version", code, number)
    context = {"version": found, "course": found.course, "form": form, "present": present}
    return form_page(request, "studio/schedule.html", context)


# -- Reviewers --------------------------------------------------------------------------------------
@require_POST
@requires("people.use")
def verdict(request: PersonRequest, code: str, number: int) -> HttpResponse:
    """Give a reviewer's verdict."""
    found = version_of(request, code, number, "studio.see")
    form = VerdictForm(request.POST)
    if form.is_valid():
        try:
            outcome = reviews.decide(
                found,
                Verdict(form.cleaned_data["verdict"]),
                note=form.cleaned_data["note"],
                actor=request.user,
                now=timezone.now(),
            )
        except NoteNeeded as error:
            form.add_error("note", str(error))
        else:
            messages.success(request, _SAID[outcome])
            return redirect("studio:version", code, number)
    context = {"version": found, "course": found.course, "form": form}
    return form_page(request, "studio/verdict.html", context)


_SAID = {
    Outcome.OPEN: gettext_lazy("Your verdict has been noted."),
    Outcome.APPROVED: gettext_lazy("Your verdict has been noted. The version is approved."),
    Outcome.CHANGES_ASKED: gettext_lazy("Your verdict has been noted. The version goes back to its authors."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def replace(request: PersonRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Name somebody else for a reviewer who has not decided."""
    found = version_of(request, code, number)
    assignments = Assignment.objects.select_related("person", "stage__review__version")
    assignment = get_object_or_404(assignments, pk=pk, stage__review__version=found)
    form = ReviewerForm(request.POST if request.method == "POST" else None, agency=found.course.owner)
    if request.method == "POST" and form.is_valid():
        try:
            reviews.replace_reviewer(assignment, form.cleaned_data["reviewers"], actor=request.user)
        except (OwnWork, ReviewsAlready) as error:
            form.add_error("reviewers", str(error))
        else:
            messages.success(request, _("The reviewer has been replaced."))
            return redirect("studio:version", code, number)
    context = {"version": found, "course": found.course, "form": form, "assignment": assignment}
    return form_page(request, "studio/replace.html", context)


# -- Looking ----------------------------------------------------------------------------------------
@require_POST
@requires("people.use")
def preview(request: PersonRequest, code: str, number: int) -> HttpResponse:
    """Open the version as a learner sees it; a reviewer thereby begins to review."""
    found = version_of(request, code, number, "studio.see")
    if reviews.may_decide(found, request.user):
        reviews.begin(found, actor=request.user)
    registration = registrations.preview(request.user, found)
    return redirect("player:outline", registration.pk)


@require_POST
@requires("people.use")
def reset_preview(request: PersonRequest, code: str, number: int) -> HttpResponse:
    """Forget what the person did in their preview."""
    found = version_of(request, code, number, "studio.see")
    registrations.reset_preview(registrations.preview(request.user, found))
    messages.success(request, _("The preview begins anew."))
    return redirect("studio:version", code, number)


@require_safe
@requires("people.use")
def history(request: PersonRequest, code: str, number: int) -> HttpResponse:
    """Show everything that happened to a version."""
    found = version_of(request, code, number, "studio.see")
    context = {
        "version": found,
        "course": found.course,
        "events": happened.history(found.course, version=found),
    }
    return render(request, "studio/history.html", context)


@require_safe
@requires("people.use")
def changes(request: PersonRequest, code: str, number: int, other: int) -> HttpResponse:
    """Show what changed from another version to this one."""
    found = version_of(request, code, number, "studio.see")
    before = get_object_or_404(VERSIONS, course=found.course, number=other)
    # What was published is no secret; of anything else a reviewer sees what they are named for.
    if before.published_at is None and not request.user.has_perm("studio.see", before):
        raise PermissionDenied
    compared = comparing.compare(outline_of(before), outline_of(found))
    context: dict[str, Any] = {
        "version": found,
        "course": found.course,
        "before": before,
        "topics": compared,
        "is_same": comparing.is_same(compared),
        "has_another_rule": rules.held_by(before) != rules.held_by(found),
        "rule_before": CompletionRule.objects.filter(version=before).first(),
        "rule": CompletionRule.objects.filter(version=found).first(),
    }
    return render(request, "studio/changes.html", context)
