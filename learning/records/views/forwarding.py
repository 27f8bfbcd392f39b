"""Staff pages of forwarding: the stores that records are sent to as well, and what they would not have."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from learning.people.access import PersonRequest, requires
from learning.portal.forms import form_page
from learning.portal.paging import page_of
from learning.records.forms import DestinationForm
from learning.records.models import Destination, Undelivered
from learning.records.services import explorer, forwarding


@require_GET
@requires("records.operate")
def destinations(request: PersonRequest) -> HttpResponse:
    """Show the stores that statements are forwarded to, what waits for them, and what they would not have."""
    page = page_of(request, explorer.undelivered())
    context = {"destinations": explorer.destinations(), "page": page, "rows": explorer.refused(page)}
    return render(request, "records/destinations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("records.operate")
def destination(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """Add a store that statements are forwarded to, or change one."""
    found = get_object_or_404(Destination, pk=pk) if pk is not None else None
    form = DestinationForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        forwarding.save(
            form.save(commit=False),
            secret=form.cleaned_data["secret"],
            from_now_on=form.cleaned_data.get("from_now_on", False),
            actor=request.user,
        )
        messages.success(request, _("The record store was saved."))
        return redirect("records:destinations")
    return form_page(request, "records/destination.html", {"form": form, "destination": found})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("records.operate")
def destination_remove(request: PersonRequest, pk: int) -> HttpResponse:
    """Forward to a store no longer, once it was confirmed."""
    found = get_object_or_404(Destination, pk=pk)
    if request.method == "POST":
        forwarding.remove(found, actor=request.user)
        messages.success(request, _("Nothing is forwarded there any more."))
        return redirect("records:destinations")
    context = {
        "title": _("Forward nothing to %(name)s any more") % {"name": found.name},
        "text": _("What went there already stays there. The key and the secret are deleted here."),
        "action": _("Remove"),
        "danger": True,
        "cancel_url": reverse("records:destinations"),
    }
    return render(request, "portal/confirm.html", context)


@require_POST
@requires("records.operate")
def destination_try(request: PersonRequest, pk: int) -> HttpResponse:
    """Try a store again that took nothing."""
    forwarding.try_now(get_object_or_404(Destination, pk=pk), actor=request.user)
    messages.success(request, _("It is tried again within seconds."))
    return redirect("records:destinations")


@require_POST
@requires("records.operate")
def undelivered_all(request: PersonRequest, pk: int) -> HttpResponse:
    """Send everything again that a store would not have, for example after its settings were put right."""
    forwarding.send_all_again(get_object_or_404(Destination, pk=pk), actor=request.user)
    messages.success(request, _("What the store would not have is sent again, one record after the other."))
    return redirect("records:destinations")


@require_POST
@requires("records.operate")
def undelivered_decide(request: PersonRequest, pk: int) -> HttpResponse:
    """Send a statement again that a store would not have, or give it up."""
    waiting = get_object_or_404(Undelivered, pk=pk)
    if request.POST.get("decision") == "give_up":
        forwarding.give_up(waiting, actor=request.user)
        messages.success(request, _("The record is not sent there."))
    else:
        forwarding.send_again(waiting, actor=request.user)
        messages.success(request, _("The record is sent again within seconds."))
    return redirect("records:destinations")
