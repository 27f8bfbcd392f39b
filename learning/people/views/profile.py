"""My profile: what is stored about me, and changing it."""

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from learning.people.access import PersonRequest, requires
from learning.people.models import PersonnelGroup
from learning.people.profile_forms import (
    REFRESH,
    AboutForm,
    GroupForm,
    NoticeForm,
    WorkForm,
    posted_initial,
    work_initial,
    work_rows,
)
from learning.people.registration import PRIVACY_NOTICE_VERSION
from learning.people.services import give_consent, update_person
from learning.people.views.registration import say_respelled


@never_cache
@require_safe
@requires("people.use")
def show(request: PersonRequest) -> HttpResponse:
    """Show what is stored about the person."""
    person = request.user
    addresses = EmailAddress.objects.filter(user=person, email=person.email, verified=True)
    context = {
        "person": person,
        "work": work_rows(person),
        "email_verified": addresses.exists(),
        "roles": person.grants,
    }
    return render(request, "people/profile.html", context)


@require_http_methods(["GET", "POST"])
@requires("people.use")
def edit_about(request: PersonRequest) -> HttpResponse:
    """Change name, birth year, sex and education."""
    person = request.user
    initial = {name: getattr(person, name) for name in AboutForm.base_fields}
    form = AboutForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        update_person(person, person, form.cleaned_data)
        say_respelled(request, form)
        messages.success(request, _("Your data was saved."))
        return redirect("people:profile")
    context = {"form": form, "title": _("About you"), "cancel": reverse("people:profile")}
    return render(request, "people/profile_edit.html", context)


@require_http_methods(["GET", "POST"])
@requires("people.use")
def choose_group(request: PersonRequest) -> HttpResponse:
    """Choose a group; it is stored together with the fields it demands."""
    form = GroupForm(request.POST or None, initial={"group": request.user.group})
    if request.method == "POST" and form.is_valid():
        return redirect("people:profile_work", form.cleaned_data["group"])
    context = {
        "form": form,
        "title": _("Your personnel group"),
        "cancel": reverse("people:profile"),
        "button": _("Continue"),
    }
    return render(request, "people/profile_edit.html", context)


@require_http_methods(["GET", "POST"])
@requires("people.use")
def edit_work(request: PersonRequest, group: str) -> HttpResponse:
    """Change the fields that the group demands, and the group."""
    if group not in PersonnelGroup.values:
        raise Http404
    person = request.user
    is_check = request.method == "POST" and REFRESH not in request.POST
    initial = posted_initial(request.POST) if REFRESH in request.POST else work_initial(person)
    data = request.POST if is_check else None
    form = WorkForm(PersonnelGroup(group), person.birth_year, data, initial=initial)
    if is_check and form.is_valid():
        update_person(person, person, form.all_values())
        say_respelled(request, form)
        messages.success(request, _("Your data was saved."))
        return redirect("people:profile")
    context = {
        "form": form,
        "title": _("Your work"),
        "cancel": reverse("people:profile"),
        "refresh": REFRESH if "ministry" in form.fields else None,
    }
    return render(request, "people/profile_edit.html", context)


@require_http_methods(["GET", "POST"])
@requires("people.use")
def notice(request: PersonRequest) -> HttpResponse:
    """Ask those whom an agency added, or who accepted an older notice, to accept the present one."""
    form = NoticeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        give_consent(request.user, notice_version=PRIVACY_NOTICE_VERSION, now=timezone.now())
        messages.success(request, _("Your consent was recorded."))
        return redirect("portal:my")
    return render(request, "people/notice.html", {"form": form})
