"""The rooms of a round: which it uses, who invigilates, and their papers for the door and the desk."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exams.registration import documents
from exams.registration.errors import TooManyRooms
from exams.registration.forms import DutyForm, EntriesForm, RoomsForm
from exams.registration.models import Room, Round
from exams.registration.services import duties as duty_lists
from exams.registration.services import rounds, venues
from learning.people.access import PersonRequest, fetch, requires
from learning.portal.lists import list_page
from learning.portal.paging import page_of
from learning.spreadsheets import CONTENT_TYPES

ROUNDS = Round.objects.select_related("examination")
# Rooms set in one PDF: Typst takes 0.05 s of CPU and about 8 MB for a room of 60.
MAX_ROOMS_IN_A_FILE = 50


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
        "centres": venues.taken_centres(found),
        "all_at_once": venues.taken_rooms(found).count() <= MAX_ROOMS_IN_A_FILE,
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


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def import_duties(request: PersonRequest, pk: int) -> HttpResponse:
    """Check an uploaded list of rooms and invigilators and show which duties would be given."""
    found = get_object_or_404(ROUNDS, pk=pk)
    return list_page(
        request,
        EntriesForm(request.POST or None, request.FILES or None),
        check=partial(duty_lists.check_file, found),
        seal=partial(duty_lists.seal, found, request.user),
        pages=("registration/office/duties_import.html", "registration/office/duties_check.html"),
        context={"round": found, "headings": duty_lists.HEADINGS},
    )


@require_POST
@requires("registration.manage")
def add_duties(request: PersonRequest, pk: int) -> HttpResponse:
    """Give the duties of a checked list."""
    found = get_object_or_404(ROUNDS, pk=pk)
    checked = duty_lists.unseal(found, request.user, request.POST.get("sealed", ""))
    given = duty_lists.give(found, checked, actor=request.user)
    text = ngettext("%(n)s duty has been given.", "%(n)s duties have been given.", given)
    messages.success(request, text % {"n": given})
    return redirect("registration:duties", found.pk)


@require_safe
@requires("registration.manage")
def duties_template(_request: PersonRequest, pk: int) -> HttpResponse:
    """Download the round's rooms as a list to fill in."""
    found = get_object_or_404(ROUNDS, pk=pk)
    response = HttpResponse(duty_lists.template(found), content_type=CONTENT_TYPES["xlsx"])
    response["Content-Disposition"] = f'attachment; filename="invigilators-{found.pk}.xlsx"'
    return response


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


@require_safe
@requires("registration.manage")
@never_cache
def door_lists(_request: PersonRequest, pk: int, centre: int | None = None) -> HttpResponse:
    """Download the lists for all doors of a centre, or of the round, in one file."""
    return _papers(pk, centre, documents.door_list, "door-lists")


@require_safe
@requires("registration.manage")
@never_cache
def seat_plans(_request: PersonRequest, pk: int, centre: int | None = None) -> HttpResponse:
    """Download the plans of all rooms of a centre, or of the round, in one file."""
    return _papers(pk, centre, documents.seat_plan, "seat-plans")


def _papers(pk: int, centre: int | None, typeset: Callable[..., bytes], name: str) -> HttpResponse:
    found = get_object_or_404(ROUNDS, pk=pk)
    rooms = venues.taken_rooms(found)
    if centre is not None:
        rooms = rooms.filter(centre=centre)
    chosen = list(rooms[: MAX_ROOMS_IN_A_FILE + 1])
    if not chosen:
        raise Http404
    if len(chosen) > MAX_ROOMS_IN_A_FILE:
        raise TooManyRooms
    response = HttpResponse(typeset(found, chosen, now=timezone.now()), content_type="application/pdf")
    which = f"{pk}" if centre is None else f"{pk}-{centre}"
    response["Content-Disposition"] = f'attachment; filename="{name}-{which}.pdf"'
    return response


def _paper(
    request: PersonRequest, pk: int, room: int, typeset: Callable[..., bytes], name: str
) -> HttpResponse:
    uses = Round.rooms.through.objects.select_related("round__examination", "room__centre")
    use: Any = fetch(request.user, uses, "registration.see_room", round=pk, room=room)
    found: Room = use.room
    response = HttpResponse(typeset(use.round, [found], now=timezone.now()), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}-{pk}-{room}.pdf"'
    return response
