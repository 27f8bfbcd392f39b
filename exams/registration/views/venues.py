"""Centres with their rooms and seats."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from exams.registration.errors import NameTaken
from exams.registration.forms import BrokenSeatsForm, CentreForm, NewRoomsForm
from exams.registration.models import Centre, Room
from exams.registration.services import venues
from learning.people.access import PersonRequest, requires
from learning.portal.paging import page_of

CENTRES = Centre.objects.select_related("province")


@require_safe
@requires("registration.manage")
def centres(request: HttpRequest) -> HttpResponse:
    """List the centres."""
    rows = CENTRES.annotate(
        room_count=Count("rooms", distinct=True),
        seat_count=Count("rooms__seats", filter=Q(rooms__seats__is_usable=True)),
    )
    page = page_of(request, rows.order_by("code"))
    return render(request, "registration/office/centres.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def new_centre(request: PersonRequest) -> HttpResponse:
    """Make a centre."""
    form = CentreForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        created = venues.create_centre(**form.cleaned_data, actor=request.user)
        messages.success(request, _("The centre has been made. Now add its rooms."))
        return redirect("registration:centre", created.pk)
    status = 422 if form.errors else 200
    return render(request, "registration/office/centre_form.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def centre(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a centre's rooms, and add some."""
    found = get_object_or_404(CENTRES, pk=pk)
    form = NewRoomsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = venues.create_rooms(
                found, data["names"], rows=data["rows"], columns=data["columns"], actor=request.user
            )
        except NameTaken:
            form.add_error("names", _("The centre has a room of one of these names already."))
        else:
            text = ngettext("%(n)s room has been made.", "%(n)s rooms have been made.", len(made))
            messages.success(request, text % {"n": len(made)})
            return redirect("registration:centre", found.pk)
    rows = found.rooms.annotate(
        seat_count=Count("seats"), broken=Count("seats", filter=Q(seats__is_usable=False))
    )
    context = {"centre": found, "form": form, "page": page_of(request, rows.order_by("name"))}
    return render(request, "registration/office/centre.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("registration.manage")
def room(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a room's seats, and say which machines are out of order."""
    found = get_object_or_404(Room.objects.select_related("centre"), pk=pk)
    form = BrokenSeatsForm(request.POST or None, room=found)
    if request.method == "POST" and form.is_valid():
        venues.set_broken(found, form.cleaned_data["broken"], actor=request.user)
        messages.success(request, _("The seats have been saved."))
        return redirect("registration:centre", found.centre_id)
    return render(request, "registration/office/room.html", {"room": found, "form": form})
