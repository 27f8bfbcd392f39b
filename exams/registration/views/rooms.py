"""The rooms of a round: which it uses, who invigilates, and their papers for the door and the desk."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exams.registration import documents
from exams.registration.forms import DutyForm, RoomsForm
from exams.registration.models import Room, Round
from exams.registration.services import rounds, venues
from learning.people.access import PersonRequest, fetch, requires
from learning.portal.paging import page_of

ROUNDS = Round.objects.select_related("examination")


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def rooms(request: PersonRequest, pk: int) -> HttpResponse:
    """Choose the rooms of a round."""
    found = get_object_or_404(ROUNDS, pk=pk)
    form = RoomsForm(request.POST or None, initial={"rooms": found.rooms.all()})
    if request.method == "POST" and form.is_valid():
        venues.use_rooms(found, form.cleaned_data["rooms"], actor=request.user)
        messages.success(request, _("The rooms of the round have been chosen."))
        return redirect("registration:duties", found.pk)
    return render(request, "registration/office/rooms.html", {"round": found, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def duties(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the rooms with their invigilators and papers, and give somebody a duty."""
    found = get_object_or_404(ROUNDS, pk=pk)
    form = DutyForm(request.POST or None, round_=found)
    if request.method == "POST" and form.is_valid():
        rounds.assign(found, form.cleaned_data["room"], form.cleaned_data["login"], actor=request.user)
        messages.success(request, _("The duty has been given."))
        return redirect("registration:duties", found.pk)
    rows = found.rooms.select_related("centre").annotate(
        placed=Count("seats__placements", filter=Q(seats__placements__round=found))
    )
    page = page_of(request, rows.order_by("centre__code", "name"))
    by_room: dict[int, list[Any]] = {room.pk: [] for room in page}
    for duty in found.duties.filter(room__in=by_room).select_related("person"):
        by_room[duty.room_id].append(duty)
    context = {
        "round": found,
        "form": form,
        "page": page,
        "rows": [(room, by_room[room.pk]) for room in page],
    }
    return render(request, "registration/office/duties.html", context, status=422 if form.errors else 200)


@require_POST
@requires("registration.manage")
def relieve(request: PersonRequest, pk: int, duty: int) -> HttpResponse:
    """Take a duty back."""
    found = get_object_or_404(ROUNDS, pk=pk)
    rounds.relieve(get_object_or_404(found.duties.select_related("round"), pk=duty), actor=request.user)
    messages.success(request, _("The duty has been taken back."))
    return redirect("registration:duties", found.pk)


@require_safe
@login_required
@never_cache
def door_list(request: PersonRequest, pk: int, room: int) -> HttpResponse:
    """Download the list for the door."""
    return _paper(request, pk, room, documents.door_list, "door-list")


@require_safe
@login_required
@never_cache
def seat_plan(request: PersonRequest, pk: int, room: int) -> HttpResponse:
    """Download the plan of the seats."""
    return _paper(request, pk, room, documents.seat_plan, "seat-plan")


def _paper(
    request: PersonRequest, pk: int, room: int, typeset: Callable[..., bytes], name: str
) -> HttpResponse:
    uses = Round.rooms.through.objects.select_related("round__examination", "room__centre")
    use: Any = fetch(request.user, uses, "registration.see_room", round=pk, room=room)
    found: Room = use.room
    response = HttpResponse(typeset(use.round, [found], now=timezone.now()), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}-{pk}-{room}.pdf"'
    return response
