"""Who may do what: predicates, the guard for views, and the helper that fetches and authorises."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import rules
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from learning.people.models import Agency, AgencyQuerySet, Person, Role

M = TypeVar("M", bound=Model)


class PersonRequest(HttpRequest):
    """A request that passed `requires`: its user is a signed-in person."""

    user: Person


@rules.predicate
def is_signed_in(user: Any) -> bool:
    """Whether the user is a signed-in, active person."""
    return isinstance(user, Person) and user.is_active


def has_role(*roles: str) -> rules.Predicate:
    """Return the predicate: the user holds one of `roles`."""

    @rules.predicate(f"has_role:{':'.join(roles)}")
    def check(user: Any) -> bool:
        return isinstance(user, Person) and user.has_role(*roles)

    return check


is_administrator = has_role(Role.ADMINISTRATOR)
is_agency_officer = has_role(Role.AGENCY_OFFICER)
is_staff = has_role(*Role.values)


def officer_agencies(person: Person) -> AgencyQuerySet:
    """Return the agencies in which the person acts as agency officer, with everything below them."""
    agencies = Agency.objects.none()
    for grant in person.grants:
        if grant.role == Role.AGENCY_OFFICER and grant.agency is not None:
            agencies = agencies | Agency.objects.within(grant.agency)
    return agencies


def is_officer_of(person: Any, agency: Agency | None) -> bool:
    """Say whether the person is agency officer of `agency` or of one above it."""
    return (
        agency is not None
        and isinstance(person, Person)
        and any(
            grant.role == Role.AGENCY_OFFICER and grant.agency is not None and agency.is_within(grant.agency)
            for grant in person.grants
        )
    )


View = Callable[..., HttpResponse]


def requires(permission: str) -> Callable[[View], View]:
    """Guard a view: anonymous users are sent to sign in, persons without `permission` get 403.

    Use it for permissions that need no object; `fetch` is for those that do.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def fetch(person: Person, queryset: QuerySet[M], permission: str, **lookup: Any) -> M:
    """Fetch one object and authorise, so that a view cannot forget the second.

    Raises Http404 when no object matches `lookup`, PermissionDenied when the person lacks
    `permission` on the one that does.
    """
    found = get_object_or_404(queryset, **lookup)
    if not person.has_perm(permission, found):
        raise PermissionDenied
    return found
