"""Portal pages."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from learning.people.access import PersonRequest, fetch, officer_agencies, requires
from learning.people.models import Agency
from learning.portal import preferences, registry


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the front page."""
    return render(request, "portal/home.html", {"panels": registry.panels(request, "home")})


@require_safe
@requires("people.use")
def my(request: PersonRequest) -> HttpResponse:
    """Show the person what is theirs."""
    return render(request, "portal/my.html", {"panels": registry.panels(request, "my")})


@require_safe
@requires("people.staff")
def staff(request: PersonRequest) -> HttpResponse:
    """Show those who hold a role the work that role does."""
    return render(
        request,
        "portal/staff.html",
        {
            "panels": registry.panels(request, "staff"),
            "grants": request.user.grants,
            "agencies": officer_agencies(request.user).select_related("parent"),
        },
    )


@require_safe
@login_required
def agency(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one agency to its officers."""
    agencies = Agency.objects.select_related("parent__parent")
    found = fetch(request.user, agencies, "portal.view_agency", pk=pk)
    return render(
        request,
        "portal/agency.html",
        {
            "agency": found,
            "children": found.children.all(),
            "panels": registry.panels(request, "agency", agency=found),
        },
    )


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Show the accessibility statement."""
    return render(request, "portal/accessibility.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the privacy notice."""
    return render(request, "portal/privacy.html")


@require_POST
def numerals(request: HttpRequest) -> HttpResponse:
    """Keep the choice of numerals in a cookie and go back to the page."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    response.set_cookie(
        preferences.NUMERALS_COOKIE,
        preferences.THAI if request.POST.get("numerals") == preferences.THAI else preferences.ARABIC,
        max_age=365 * 24 * 60 * 60,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
