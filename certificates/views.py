"""Pages: the public check, a person's own certificates, and the certificate officers' work."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certificates import checking, kinds, printing, services
from certificates.errors import UnknownCode
from certificates.forms import CodeForm, ReplaceForm, RevokeForm, SearchForm, SignatoryForm, SurnameForm
from certificates.models import Certificate, CertificateQuerySet, Signatory
from certificates.searching import is_national_id, search
from learning.errors import DomainError
from learning.people.access import PersonRequest, fetch, requires

PAGE_SIZE = 50

View = Callable[..., HttpResponse]


def unlisted(view: View) -> View:
    """Keep a page out of caches and search engines: it tells of a person."""

    @never_cache
    @wraps(view)
    def hidden(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return hidden


def _address(request: HttpRequest) -> str:
    # The way sign-in finds it, so that one setting says how many proxies to trust.
    return str(get_adapter(request).get_client_ip(request))


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


# -- Anybody ----------------------------------------------------------------------------------------


@require_safe
@unlisted
def check_form(request: HttpRequest) -> HttpResponse:
    """Ask for a code, and lead to its page."""
    form = CodeForm(request.GET if "code" in request.GET else None)
    if form.is_bound and form.is_valid():
        try:
            found = checking.find(form.cleaned_data["code"], address=_address(request))
        except UnknownCode as error:
            return _unknown(request, form, error)
        return redirect("certificates:check", code=found.code)
    return render(request, "certificates/check_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@unlisted
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Say whether a certificate stands; name its holder to those who know the surname."""
    try:
        certificate = checking.find(code, address=_address(request))
    except UnknownCode as error:
        return _unknown(request, CodeForm({"code": code}), error)
    form = SurnameForm(request.POST or None)
    is_known = False
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data["surname"]
        is_known = checking.knows_surname(certificate, typed, address=_address(request))
        if not is_known:
            form.add_error("surname", _("This is not the surname on the certificate."))
    facts = kinds.read_facts(certificate.facts)
    context = {"certificate": certificate, "facts": facts, "form": form, "is_known": is_known}
    return render(request, "certificates/check.html", context)


def _unknown(request: HttpRequest, form: CodeForm, error: UnknownCode) -> HttpResponse:
    # The same sentence for every code, too long and empty ones included.
    form.errors.clear()
    form.add_error("code", str(error.message))
    return render(request, "certificates/check_form.html", {"form": form}, status=error.status)


# -- The holder -------------------------------------------------------------------------------------


@require_safe
@requires("people.use")
def mine(request: PersonRequest) -> HttpResponse:
    """List the person's own certificates."""
    own = Certificate.objects.filter(person=request.user)
    return render(request, "certificates/mine.html", {"certificates": own})


@require_safe
@login_required
def download(request: PersonRequest, pk: int) -> HttpResponse:
    """Give the holder, or an officer, the PDF."""
    certificate = fetch(request.user, Certificate.objects.all(), "certificates.download", pk=pk)
    name = f"certificate-{certificate.year}-{certificate.number}"
    return _pdf(printing.print_one(certificate, by=request.user), name)


# -- Certificate officers ---------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@requires("certificates.manage")
def staff_list(request: PersonRequest) -> HttpResponse:
    """List certificates to search, filter and print.

    The search form posts, so that a national ID stays out of addresses, histories and access logs; any
    other search goes on to an address that can be kept.
    """
    form = SearchForm(request.POST or request.GET)
    if request.method == "POST" and form.is_valid() and not is_national_id(form.cleaned_data["q"]):
        wanted = {name: value for name, value in form.cleaned_data.items() if value}
        return redirect(reverse("certificates:staff_list", query=wanted))
    return _list(request, form)


@require_POST
@requires("certificates.manage")
def print_selection(request: PersonRequest) -> HttpResponse:
    """Print the ticked certificates, or all that the search found, as one file."""
    form = SearchForm(request.GET)
    if request.POST.get("scope") == "found":
        # A search that is not understood finds all certificates on the page, and none to print.
        chosen = _found(form).standing() if form.is_valid() else Certificate.objects.none()
    else:
        chosen = Certificate.objects.filter(code__in=request.POST.getlist("certificate"))
    try:
        thai_numerals = request.POST.get("numerals") != "arabic"
        content = printing.print_run(chosen, by=request.user, thai_numerals=thai_numerals)
    except DomainError as error:
        messages.error(request, str(error.message))
        return _list(request, form, status=error.status)
    return _pdf(content, f"certificates-{timezone.localdate().isoformat()}")


def _found(form: SearchForm) -> CertificateQuerySet:
    wanted = form.cleaned_data if form.is_valid() else {}
    filters = {name: wanted.get(name, "") for name in ("kind", "year", "status")}
    return search(text=wanted.get("q", ""), **filters)


def _list(request: PersonRequest, form: SearchForm, status: int = 200) -> HttpResponse:
    page = Paginator(_found(form), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [(certificate, kinds.read_facts(certificate.facts)) for certificate in page],
        "is_all_ticked": request.GET.get("tick") == "page",
        "is_filtered": any(form.cleaned_data.values()) if form.is_valid() else True,
        # Found by a national ID, which no link on the page may repeat.
        "is_private": form.is_valid() and is_national_id(form.cleaned_data["q"]),
        "run_limit": printing.RUN_LIMIT,
    }
    return render(request, "certificates/staff_list.html", context, status=status)


@require_safe
@requires("certificates.manage")
def detail(request: PersonRequest, pk: int) -> HttpResponse:
    """Show an officer everything about one certificate."""
    everything = Certificate.objects.select_related("issued_by", "supersedes", "superseded_by")
    certificate = fetch(request.user, everything, "certificates.manage", pk=pk)
    facts = kinds.read_facts(certificate.facts)
    award = kinds.get(certificate.kind).read_award(facts)
    context = {"certificate": certificate, "facts": facts, "award": award}
    return render(request, "certificates/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("certificates.manage")
def revoke(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask for a reason, and revoke."""
    certificate = fetch(request.user, Certificate.objects.all(), "certificates.manage", pk=pk)
    form = RevokeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        services.revoke(certificate, form.cleaned_data["reason"], request.user, timezone.now())
        number = certificate.register_number
        messages.success(request, _("Certificate %(number)s has been revoked.") % {"number": number})
        return redirect("certificates:detail", pk=pk)
    context = {"certificate": certificate, "form": form, "heading": _("Revoke a certificate")}
    return render(request, "certificates/revoke.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("certificates.manage")
def replace(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask for the corrected name, and issue a certificate in place of this one."""
    certificates = Certificate.objects.select_related("person")
    certificate = fetch(request.user, certificates, "certificates.manage", pk=pk)
    person, holder = certificate.person, kinds.read_facts(certificate.facts).holder
    # The account's name, because a correction mostly begins there.
    initial = {"title": person.title, "first_name": person.first_name, "last_name": person.last_name}
    form = ReplaceForm(request.POST or None, initial=initial, printed=holder)
    if form.is_bound and form.is_valid():
        successor = services.supersede(certificate, **form.cleaned_data, by=request.user, now=timezone.now())
        number = successor.register_number
        messages.success(request, _("Certificate %(number)s has been issued instead.") % {"number": number})
        return redirect("certificates:detail", pk=successor.pk)
    context = {"certificate": certificate, "form": form, "heading": _("Correct the name")}
    return render(request, "certificates/replace.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("certificates.manage")
def signatories(request: PersonRequest) -> HttpResponse:
    """Show who signs since when, and take the next."""
    form = SignatoryForm(request.POST or None)
    if form.is_bound and form.is_valid():
        signatory = services.add_signatory(**form.cleaned_data, by=request.user)
        messages.success(request, _("%(name)s has been added.") % {"name": signatory.name})
        return redirect("certificates:signatories")
    context = {
        "form": form,
        "signatories": Signatory.objects.all(),
        "current": Signatory.objects.on(timezone.localdate()),
    }
    return render(request, "certificates/signatories.html", context)
