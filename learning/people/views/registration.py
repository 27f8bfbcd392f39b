"""Registration: one decision per page, then check your answers."""

from typing import Any

import structlog
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.hashers import make_password
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from learning.people import national_id, registration
from learning.people.access import PersonRequest, requires
from learning.people.models import Person, PersonnelGroup
from learning.people.profile_forms import (
    REFRESH,
    AboutWithEmailForm,
    GroupForm,
    IdentityForm,
    NoticeForm,
    PasswordForm,
    TidyForm,
    WorkForm,
    posted_initial,
    work_rows,
)
from learning.people.registration import STEPS, Answers
from learning.people.services import register_person

BACKEND = "learning.people.auth.NationalIdOrEmailBackend"
TITLES = {
    "notice": gettext_lazy("Before you register"),
    "identity": gettext_lazy("Your national ID"),
    "group": gettext_lazy("Your personnel group"),
    "about": gettext_lazy("About you"),
    "work": gettext_lazy("Your work"),
    "password": gettext_lazy("Choose a password"),
}
FORMS: dict[str, type[forms.Form]] = {
    "notice": NoticeForm,
    "identity": IdentityForm,
    "group": GroupForm,
    "about": AboutWithEmailForm,
    "password": PasswordForm,
}
log = structlog.get_logger(__name__)


def _form(step: str, answers: Answers, data: Any = None, initial: Any = None) -> forms.Form:
    """Return the form of a step, with what was answered before."""
    kept = answers.get(step, {})
    if step != "work":
        return FORMS[step](data, initial={} if step == "password" else kept)
    group = PersonnelGroup(answers["group"]["group"])
    initial = kept.get("typed") if initial is None else initial
    return WorkForm(group, answers["about"]["birth_year"], data, initial=initial)


def _store(step: str, form: forms.Form, answers: Answers) -> None:
    """Put a valid form's answers under its step."""
    if isinstance(form, WorkForm):
        typed = posted_initial(form.data)  # type: ignore[arg-type]
        answers[step] = {"values": registration.storable(form.values), "typed": typed}
    elif isinstance(form, PasswordForm):
        answers[step] = {"hash": make_password(form.cleaned_data["password"])}
    else:
        if step == "group" and answers.get("group") != form.cleaned_data:
            answers.pop("work", None)
        answers[step] = form.cleaned_data


def _check_identity(request: HttpRequest, form: forms.Form) -> None:
    """Add an error when the number cannot be used; how often one may ask is limited."""
    if not ratelimit.consume(request, action="registration"):
        form.add_error("national_id", _("Too many numbers were tried from here. Try again in an hour."))
    elif Person.objects.by_national_id(form.cleaned_data["national_id"]).exists():
        form.add_error(
            "national_id",
            _(
                "This number has an account already. If it is yours, sign in or set a new password; if you "
                "never set one, ask the officer of your agency to send you a link."
            ),
        )


@never_cache
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, step: str = "notice") -> HttpResponse:
    """Ask one step."""
    if request.user.is_authenticated:
        return redirect("portal:my")
    if step not in STEPS:
        raise Http404
    answers = registration.load(request.session)
    if not registration.may_open(answers, step):
        return redirect("people:register_step", registration.next_step(answers))
    if request.method == "GET":
        return _draw(request, step, _form(step, answers))
    if REFRESH in request.POST:
        return _draw(request, step, _form(step, answers, initial=posted_initial(request.POST)))
    form = _form(step, answers, request.POST)
    if form.is_valid() and step == "identity":
        _check_identity(request, form)
    if not form.is_valid():
        return _draw(request, step, form)
    _store(step, form, answers)
    say_respelled(request, form)
    registration.keep(request.session, answers)
    following = registration.next_step(answers)
    return redirect("people:register_step", following) if following else redirect("people:register_check")


def _draw(request: HttpRequest, step: str, form: forms.Form) -> HttpResponse:
    place = STEPS.index(step)
    context = {
        "form": form,
        "step": step,
        "title": TITLES[step],
        "number": place + 1,
        "of": len(STEPS) + 1,
        "back": reverse("people:register_step", args=[STEPS[place - 1]]) if place else None,
        "refresh": REFRESH if "ministry" in form.fields else None,
    }
    return render(request, "people/register_step.html", context)


def say_respelled(request: HttpRequest, form: forms.Form) -> None:
    """Tell the person which text was put into the standard spelling."""
    if isinstance(form, TidyForm) and form.respelled:
        text = _(
            "We put the Thai letters into standard order in: %(values)s. Check that it still reads well."
        )
        messages.info(request, text % {"values": ", ".join(form.respelled)})


@never_cache
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Show all answers, each with a way to change it, and register."""
    answers = registration.load(request.session)
    if missing := registration.next_step(answers):
        return redirect("people:register_step", missing)
    person = registration.person_from(answers)
    if request.method == "POST":
        return _finish(request, person)
    context = {
        "person": person,
        "masked": national_id.masked(answers["identity"]["national_id"]),
        "work": work_rows(person),
        "number": len(STEPS) + 1,
        "of": len(STEPS) + 1,
    }
    return render(request, "people/register_check.html", context)


def _finish(request: HttpRequest, person: Person) -> HttpResponseRedirect:
    register_person(person, notice_version=registration.PRIVACY_NOTICE_VERSION, now=timezone.now())
    registration.forget(request.session)
    login(request, person, backend=BACKEND)
    try:
        EmailAddress.objects.get(user=person).send_confirmation(request, signup=True)
    except OSError:
        # The mail server is away; the profile page offers to send the link again.
        log.warning("confirmation_mail_failed", person=person.pk, exc_info=True)
    return redirect("people:register_done")


@require_safe
@requires("people.use")
def done(request: PersonRequest) -> HttpResponse:
    """Confirm, and say what to do next."""
    return render(request, "people/register_done.html")
