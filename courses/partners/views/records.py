"""Pages of administrators: partners that report by learning records, and the courses they report of."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from courses.partners.forms import LetInForm, ReportedForm
from courses.partners.services import records as service
from learning.people.access import PersonRequest, requires
from learning.portal.forms import form_page
from learning.portal.paging import page_of
from learning.records.services.clients import endpoint


@require_safe
@requires("partners.manage_tools")
def partners(request: PersonRequest) -> HttpResponse:
    """List the partners that report by learning records, with their courses."""
    page = page_of(request, service.let_in_partners())
    return render(request, "partners/records/partners.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("partners.manage_tools")
def new(request: PersonRequest) -> HttpResponse:
    """Let a partner in for its first course; only the reply to the form shows the secret."""
    form = LetInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        client, secret = service.let_in_for(
            given["course"], given["activity"], name=given["name"], actor=request.user
        )
        context = {"client": client, "secret": secret, "endpoint": endpoint()}
        return render(request, "partners/records/made.html", context)
    return form_page(request, "partners/records/new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("partners.manage_tools")
def connect(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a partner report of one more course."""
    client = get_object_or_404(service.let_in_partners().filter(revoked_at=None), pk=pk)
    form = ReportedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        course = form.cleaned_data["course"]
        service.connect(client, course, form.cleaned_data["activity"], actor=request.user)
        said = _("%(partner)s reports of %(course)s from now on.")
        messages.success(request, said % {"partner": client.name, "course": course})
        return redirect("partners:records")
    return form_page(request, "partners/records/connect.html", {"form": form, "client": client})
