"""Portal pages."""

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from learning.people.access import PersonRequest, fetch, is_administrator, officer_agencies, requires
from learning.people.models import Agency
from learning.people.registration import PRIVACY_NOTICE_VERSION
from learning.portal import preferences, registry
from learning.portal.search import SearchForm

AGENCIES_PER_PAGE = 30
# Pages of one person or one certificate are nobody's search result.
ROBOTS = (
    "User-agent: *\nAllow: /$\nAllow: /accessibility/\nAllow: /privacy/\nAllow: /static/\n"
    # Every course, but not every combination of filters. The longest path that fits decides.
    "Allow: /courses/\nDisallow: /courses/?\nAllow: /courses/?page=\n"
    "Disallow: /courses/suggest/\nDisallow: /\n"
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the front page."""
    return render(request, "portal/home.html", {"panels": registry.panels(request, "home")})


@require_safe
@requires("people.use")
def my(request: PersonRequest) -> HttpResponse:
    """Show the person what is theirs."""
    person = request.user
    affiliation = " · ".join(filter(None, (person.position, person.agency.name if person.agency else "")))
    context = {"panels": registry.panels(request, "my"), "affiliation": affiliation}
    return render(request, "portal/my.html", context)


@require_safe
@requires("people.staff")
def staff(request: PersonRequest) -> HttpResponse:
    """Show those who hold a role the work that role does."""
    context = {
        "panels": registry.panels(request, "staff"),
        "grants": request.user.grants,
        "may_list_agencies": request.user.has_perm("portal.list_agencies"),
    }
    return render(request, "portal/staff.html", context)


@require_safe
@requires("portal.list_agencies")
def agencies(request: PersonRequest) -> HttpResponse:
    """List the agencies a person looks after: an officer's own and those below, an administrator's all."""
    person = request.user
    found = Agency.objects.all() if is_administrator(person) else officer_agencies(person)
    form = SearchForm(request.GET)
    if form.is_valid() and (text := form.cleaned_data["q"]):
        found = found.filter(
            Q(name_th__icontains=text) | Q(name_en__icontains=text) | Q(abbreviation__icontains=text)
        )
    page = Paginator(found.select_related("parent"), AGENCIES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "portal/agencies.html", {"page": page, "form": form})


@require_safe
@requires("people.use")
def agency(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one agency to its officers."""
    tree = Agency.objects.select_related("parent__parent")
    found = fetch(request.user, tree, "portal.view_agency", pk=pk)
    panels = registry.panels(request, "agency", agency=found)
    return render(
        request, "portal/agency.html", {"agency": found, "children": found.children.all(), "panels": panels}
    )


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Show the accessibility statement."""
    return render(request, "portal/accessibility.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the privacy notice."""
    context = {
        "version": PRIVACY_NOTICE_VERSION,
        "session_cookie": settings.SESSION_COOKIE_NAME,
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
    }
    return render(request, "portal/privacy.html", context)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Tell search engines what is for them."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")


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
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
