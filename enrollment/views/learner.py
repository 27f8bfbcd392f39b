"""What learners do: enrol, withdraw, see their courses."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from courses.player.services.progress import out_of_dates
from enrollment import eligibility
from enrollment.forms import SupervisorForm
from enrollment.models import CourseRound, Enrolment, EnrolmentState
from enrollment.services import completion, enrolments, learning
from learning.people.access import PersonRequest, fetch, requires
from learning.portal.paging import page_of
from learning.portal.templatetags.portal import thai_datetime

OWN = Enrolment.objects.select_related("course__owner", "round", "person__agency__parent__parent")
_SAID = {
    EnrolmentState.WAITING: gettext_lazy(
        "All seats are taken. You are on the waiting list and get the next seat that is free."
    ),
    EnrolmentState.REQUESTED: gettext_lazy(
        "Your supervisor has been asked. The answer comes by e-mail, and stands among your courses."
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@requires("enrollment.enrol")
def enrol(request: PersonRequest, pk: int) -> HttpResponse:
    """Say what enrolling in a round means; on POST enrol."""
    rounds = CourseRound.objects.visible_to(request.user).select_related("course")
    found = get_object_or_404(rounds.with_conditions().with_taken(), pk=pk)
    form = SupervisorForm(request.POST or None, learner=request.user) if found.needs_approval else None
    if request.method == "POST" and (form is None or form.is_valid()):
        supervisor = form.cleaned_data["supervisor"] if form else None
        made = enrolments.enrol(found, request.user, supervisor=supervisor, now=timezone.now())
        messages.success(request, _said(made, found))
        return redirect("catalogue:course", found.course.code)
    sentences = eligibility.unmet(eligibility.conditions_of(found), eligibility.applicant(request.user))
    context = {"round": found, "form": form, "unmet": sentences}
    return render(request, "enrollment/enrol.html", context, status=422 if form and form.errors else 200)


def _said(made: Enrolment, round_: CourseRound) -> str:
    """Return what follows from an enrolment, as a sentence."""
    if made.status != EnrolmentState.ENROLLED:
        return str(_SAID[EnrolmentState(made.status)])
    opens = round_.access_opens_at
    if opens is None or opens <= timezone.now():
        return _("You are enrolled. You can begin now.")
    return _("You are enrolled. Learning opens on %(when)s.") % {"when": thai_datetime(opens)}


@require_safe
@requires("people.use")
@never_cache
def mine(request: PersonRequest) -> HttpResponse:
    """List the person's courses."""
    page = page_of(request, learning.mine(request.user))
    asked = enrolments.to_decide(request.user).count()
    return render(request, "enrollment/mine.html", {"page": page, "asked": asked})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def progress(request: PersonRequest, pk: int) -> HttpResponse:
    """Say why a course is not completed yet; on POST weigh it again."""
    own = OWN.select_related("registration", "certificate").with_waivers()
    enrolment = fetch(request.user, own, "enrollment.use_own", pk=pk)
    if request.method == "POST":
        missing = completion.check_again(enrolment, now=timezone.now())
        if missing:
            messages.info(request, _("Checked again: what is missing stands below."))
        else:
            messages.success(request, _("Everything is there. You have completed the course."))
        return redirect("enrollment:progress", pk)
    context: dict[str, object] = {"enrolment": enrolment, "is_learning": False}
    if enrolment.state == EnrolmentState.ENROLLED and enrolment.registration is not None:
        now, missing = timezone.now(), completion.lacks(enrolment.registration)
        context |= {
            "is_learning": True,
            "missing": missing,
            "spent": completion.out_of_tries(enrolment.registration, missing, now=now),
            "refusal": out_of_dates(enrolment.registration, now=now),
        }
    return render(request, "enrollment/progress.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def withdraw(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask, then end an enrolment."""
    enrolment = fetch(request.user, OWN, "enrollment.use_own", pk=pk)
    if request.method == "POST":
        enrolments.withdraw(enrolment, now=timezone.now())
        messages.success(
            request, _("You have withdrawn from %(course)s.") % {"course": enrolment.course.name}
        )
        return redirect("enrollment:mine")
    return render(request, "enrollment/withdraw.html", {"enrolment": enrolment})
