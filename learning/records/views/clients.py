"""Staff pages of credentials: who may write and read records, until when, and what was let in anew."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from learning.people.access import PersonRequest, requires
from learning.portal.forms import form_page
from learning.portal.paging import page_of
from learning.records.forms import ClientForm
from learning.records.services import clients as service


@require_GET
@requires("records.operate")
def clients(request: PersonRequest) -> HttpResponse:
    """List the credentials, those in use first."""
    return render(request, "records/clients.html", {"page": page_of(request, service.listed())})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("records.operate")
def client_new(request: PersonRequest) -> HttpResponse:
    """Make a credential; the reply to the form shows its secret, and nothing else ever does."""
    form = ClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        secret = service.make(form.cleaned_data["name"], form.cleaned_data["scopes"], actor=request.user)
        context = {"name": form.cleaned_data["name"], "secret": secret, "endpoint": service.endpoint()}
        return render(request, "records/client_made.html", context)
    return form_page(request, "records/client_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("records.operate")
def client_revoke(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a client in no more, once it was confirmed."""
    found = get_object_or_404(service.listed().filter(revoked_at=None), pk=pk)
    if request.method == "POST":
        service.revoke(found, actor=request.user)
        messages.success(request, _("%(name)s is let in no more.") % {"name": found.name})
        return redirect("records:clients")
    context = {
        "title": _("Let %(name)s in no more") % {"name": found.name},
        "text": _(
            "The key and the secret stop working within a minute, for ever. What was written with them stays."
        ),
        "action": _("Revoke the credential"),
        "danger": True,
        "cancel_url": reverse("records:clients"),
    }
    return render(request, "portal/confirm.html", context)
