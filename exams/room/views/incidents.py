"""Notes of what happened in a room."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from exams.room.forms import IncidentForm
from exams.room.models import Incident
from exams.room.services import checkin
from exams.room.services.incidents import note
from exams.room.views.acting import chosen_seats
from exams.room.views.pictures import picture_response
from exams.room.views.reach import reach
from learning.people.access import PersonRequest


@require_safe
@login_required
@never_cache
def incidents(request: PersonRequest, round_pk: int, room_pk: int) -> HttpResponse:
    """List the notes of a room."""
    scope = reach(request, "room.watch", round_pk, room_pk=room_pk)
    found = Incident.objects.filter(round=scope.round, room=scope.room)
    context = {
        "scope": scope,
        "incidents": found.select_related("author", "placement__candidate__person", "placement__seat"),
        "may_act": request.user.has_perm("room.act", scope),
    }
    return render(request, "room/incidents.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_incident(request: PersonRequest, round_pk: int, room_pk: int) -> HttpResponse:
    """Write a note, with a picture where one helps."""
    scope = reach(request, "room.act", round_pk, room_pk=room_pk)
    placements = checkin.of_room(scope)
    initial = {"placement": next(iter(chosen_seats(request.GET)), None)}
    is_post = request.method == "POST"
    form = IncidentForm(
        request.POST if is_post else None,
        request.FILES if is_post else None,
        initial=initial,
        placements=placements,
    )
    if is_post and form.is_valid():
        values = form.cleaned_data
        note(
            scope,
            values["text"],
            actor=request.user,
            now=timezone.now(),
            placement=values["placement"],
            picture=values["picture"],
        )
        messages.success(request, _("The incident has been noted."))
        return redirect(scope.url("incidents"))
    context = {"scope": scope, "form": form}
    return render(request, "room/new_incident.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def picture(request: PersonRequest, round_pk: int, room_pk: int, incident_pk: int) -> HttpResponse:
    """Show an incident's picture to those who may watch its room."""
    scope = reach(request, "room.watch", round_pk, room_pk=room_pk)
    incident = get_object_or_404(Incident, pk=incident_pk, round=scope.round, room=scope.room)
    return picture_response(incident.picture, max_age=0)
