"""Staff pages: the list of persons, one person, roles, and the audit log."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from learning.people import audit, services
from learning.people.access import PersonRequest, fetch, officer_agencies, requires
from learning.people.directory import is_number, persons_visible_to, search
from learning.people.links import send_password_link
from learning.people.models import Agency, AgencyLevel, AuditEntry, Person, Role, RoleGrant
from learning.people.profile_forms import work_rows
from learning.people.staff_forms import AuditFilterForm, GrantForm, PersonFilterForm

PAGE = 25


def agencies_of(actor: Person) -> QuerySet[Agency]:
    """Return the agencies by which the actor may filter."""
    agencies = Agency.objects.exclude(level=AgencyLevel.DIVISION)
    return agencies if actor.has_role(Role.ADMINISTRATOR) else officer_agencies(actor)


def filtered(form: PersonFilterForm, persons: QuerySet[Person]) -> QuerySet[Person]:
    """Return the persons that a valid filter form asks for."""
    if not form.is_valid():
        return persons
    wanted = form.cleaned_data
    if wanted["agency"]:
        persons = persons.filter(agency__in=Agency.objects.within(wanted["agency"]))
    if wanted["group"]:
        persons = persons.filter(group=wanted["group"])
    if wanted["role"]:
        persons = persons.filter(pk__in=RoleGrant.objects.filter(role=wanted["role"]).values("person"))
    return search(persons, wanted["q"])


def _wanted(request: PersonRequest, form: Form) -> dict[str, str]:
    """Return what a posted search asks for, to go on to an address that can be kept."""
    return {name: value for name in form.fields if (value := request.POST.get(name, ""))}


@require_http_methods(["GET", "HEAD", "POST"])
@requires("people.list_persons")
def persons(request: PersonRequest) -> HttpResponse:
    """List the persons the officer may see.

    The search posts, so that a national ID stays out of addresses, histories and access logs.
    """
    form = PersonFilterForm(request.POST or request.GET, agencies=agencies_of(request.user))
    found = filtered(form, persons_visible_to(request.user))
    if request.method == "POST" and form.is_valid():
        if not is_number(form.cleaned_data["q"]):
            return redirect(reverse("people:persons", query=_wanted(request, form)))
        if one := found.first():
            return redirect("people:person", one.public_id)
    # Their keys alone up to the page asked for, which an index has in this order.
    page: Page[Any] = Paginator(found.values_list("pk", flat=True), PAGE).get_page(request.GET.get("page"))
    shown = Person.objects.select_related("agency__parent__parent").prefetch_related("role_grants__agency")
    page.object_list = shown.filter(pk__in=list(page))
    return render(request, "people/persons.html", {"form": form, "page": page})


def _person(request: PersonRequest, public_id: UUID, permission: str) -> Person:
    persons = Person.objects.select_related("agency__parent__parent", "position_type", "position_level")
    return fetch(request.user, persons, permission, public_id=public_id)


@never_cache
@require_safe
@requires("people.list_persons")
def person(request: PersonRequest, public_id: UUID) -> HttpResponse:
    """Show one person to staff."""
    return _show(request, _person(request, public_id, "people.view_person"))


def _show(
    request: PersonRequest,
    person: Person,
    *,
    form: GrantForm | None = None,
    number: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "person": person,
        "grants": person.grants,
        "work": work_rows(person),
        "number": number,
        "form": form or (GrantForm() if request.user.has_perm("people.grant_roles") else None),
        "may_reveal": request.user.has_perm("people.reveal_national_id"),
        "may_send_link": person.email
        and person.is_active
        and request.user.has_perm("people.manage_person", person),
        "may_close": request.user.has_perm("people.close_account"),
    }
    return render(request, "people/person.html", context, status=status)


@never_cache
@require_POST
@requires("people.reveal_national_id")
def reveal(request: PersonRequest, public_id: UUID) -> HttpResponse:
    """Show the full national ID once, and write down that it was shown."""
    found = _person(request, public_id, "people.view_person")
    return _show(request, found, number=services.reveal_national_id(request.user, found))


@require_POST
@requires("people.grant_roles")
def grant(request: PersonRequest, public_id: UUID) -> HttpResponse:
    """Give a role."""
    found = _person(request, public_id, "people.view_person")
    form = GrantForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form=form, status=422)
    services.grant_role(request.user, found, Role(form.cleaned_data["role"]), form.cleaned_data["agency"])
    messages.success(request, _("The role was given."))
    return redirect("people:person", found.public_id)


@require_http_methods(["GET", "POST"])
@requires("people.grant_roles")
def revoke(request: PersonRequest, public_id: UUID, pk: int) -> HttpResponse:
    """Ask, then take a role away."""
    found = _person(request, public_id, "people.view_person")
    grants = RoleGrant.objects.select_related("person", "agency")
    taken = get_object_or_404(grants, pk=pk, person=found)
    if request.method == "GET":
        return render(request, "people/role_revoke.html", {"person": found, "grant": taken})
    services.revoke_role(request.user, taken)
    messages.success(request, _("The role was taken away."))
    return redirect("people:person", found.public_id)


@require_http_methods(["GET", "POST"])
@requires("people.close_account")
def close(request: PersonRequest, public_id: UUID) -> HttpResponse:
    """Ask, then close the account, or open it again."""
    found = _person(request, public_id, "people.view_person")
    if request.method == "GET":
        return render(request, "people/account_close.html", {"person": found})
    if found.is_active:
        services.deactivate_person(request.user, found)
        messages.success(request, _("The account was closed."))
    else:
        services.reactivate_person(request.user, found)
        messages.success(request, _("The account is open again."))
    return redirect("people:person", found.public_id)


@require_POST
@requires("people.list_persons")
def send_link(request: PersonRequest, public_id: UUID) -> HttpResponse:
    """Send the person a link to set a password."""
    found = _person(request, public_id, "people.manage_person")
    services.record_link_sent(request.user, found)
    send_password_link(found)
    messages.success(request, _("A link to set a password was sent to %(email)s.") % {"email": found.email})
    return redirect("people:person", found.public_id)


def _audited(form: AuditFilterForm) -> QuerySet[AuditEntry]:
    entries = AuditEntry.objects.select_related("actor")
    if not form.is_valid():
        return entries
    wanted = form.cleaned_data
    if wanted["action"]:
        entries = entries.filter(action__startswith=wanted["action"])
    if wanted["person"]:
        entries = entries.filter(actor__in=search(Person.objects.all(), wanted["person"]))
    if wanted["target"]:
        entries = entries.filter(target__startswith=wanted["target"])
    zone = timezone.get_default_timezone()
    if wanted["since"]:
        entries = entries.filter(at__gte=datetime.combine(wanted["since"], time.min, zone))
    if wanted["until"]:
        entries = entries.filter(at__lte=datetime.combine(wanted["until"], time.max, zone))
    return entries


@require_http_methods(["GET", "HEAD", "POST"])
@requires("people.view_audit")
def audit_log(request: PersonRequest) -> HttpResponse:
    """List what was done, by whom, to what; in the address a person's public ID stands for the national."""
    form = AuditFilterForm(request.POST or request.GET)
    if request.method == "POST" and form.is_valid():
        wanted = _wanted(request, form)
        actor = search(Person.objects.all(), form.cleaned_data["person"]).first()
        if actor and is_number(form.cleaned_data["person"]):
            wanted["person"] = str(actor.public_id)
        if not is_number(wanted.get("person", "")):
            return redirect(reverse("people:audit_log", query=wanted))
    page = Paginator(_audited(form), PAGE).get_page(request.GET.get("page"))
    entries = list(page.object_list)
    targets = audit.target_names(entries)
    rows = [
        (entry, audit.action_name(entry.action), targets.get(entry.target), said)
        for entry, said in zip(entries, audit.details(entries), strict=True)
    ]
    return render(request, "people/audit_log.html", {"form": form, "page": page, "rows": rows})
