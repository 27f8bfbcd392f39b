"""The room console, one seat of it, and the poll that keeps it up to date."""

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_safe

from exams.room import live, overview
from exams.room.live import PassRefused, RoomKey, Snapshot
from exams.room.overview import Figures
from exams.room.presentation import SeatLine, board, script_data
from exams.room.services import actions, checkin
from exams.room.views.pictures import picture_response
from exams.room.views.reach import reach
from exams.seat.journal import now_ms
from learning.people.access import PersonRequest

_LOG_LINES = 10
# Seconds between two loads of the page for who asked for it without scripts.
_RELOAD = 10


@require_safe
@login_required
@never_cache
def room(request: PersonRequest, round_pk: int, room_pk: int) -> HttpResponse:
    """Show the room as a seat plan and as a table."""
    scope = reach(request, "room.watch", round_pk, room_pk=room_pk)
    now = timezone.now()
    found = board(scope, list(checkin.of_room(scope)), now=now)
    addresses = {
        "passUrl": scope.url("pass"),
        "seatUrl": reverse("room:seat", args=[round_pk, room_pk, 0]),
    }
    context = {
        "scope": scope,
        "board": found,
        "data": script_data(scope, found, now=now, addresses=addresses),
        "may_act": request.user.has_perm("room.act", scope),
        "oversees": request.user.has_perm("room.oversee"),
        "has_ended": actions.has_ended(scope),
        "log": actions.log(scope, limit=_LOG_LINES),
        "incidents": scope.room.incidents.filter(round=scope.round).count() if scope.room else 0,
        "reload": _RELOAD if "reload" in request.GET else 0,
        "now": now,
    }
    return render(request, "room/room.html", context)


@require_GET
@login_required
@never_cache
def renew_pass(request: PersonRequest, round_pk: int, **where: int) -> HttpResponse:
    """Give the page of somebody who may still watch the room, centre or round a new pass."""
    scope = reach(request, "room.watch", round_pk, **where)
    is_room = scope.room is not None
    renewed = live.issue_pass(RoomKey(*scope.keys)) if is_room else overview.issue_pass(scope)
    return JsonResponse({"pass": renewed})


@csrf_exempt
@require_GET
@never_cache
def poll(request: HttpRequest) -> HttpResponse:
    """Answer a pass with the states of its room, or the figures of its centre or round; 304 where known.

    `exams.room.asgi` stands in front of this where the platform runs under ASGI.
    """
    try:
        found = _read(request.headers.get("Authorization", "").removeprefix("Bearer "))
    except PassRefused:
        return JsonResponse({"error": "pass_refused"}, status=401)
    is_known = request.headers.get("If-None-Match") == found.etag
    response = HttpResponse(b"" if is_known else found.body, status=304 if is_known else 200)
    response["Content-Type"] = "application/json"
    response["ETag"] = found.etag
    response["X-Now"] = str(now_ms())
    return response


def _read(text: str) -> Snapshot | Figures:
    """Return what a pass is for, a centre or round as it was within a second. Raises PassRefused."""
    now = timezone.now()
    try:
        room = live.read_pass(text)
    except PassRefused:
        key = overview.read_pass(text)
        name = f"room-overview:{key.round}:{key.centre}"
        found: Figures | None = cache.get(name)
        if found is None:
            found = overview.read([key], now=now)[key]
            cache.set(name, found, overview.EVERY_S)
        return found
    return live.read([room], now=now)[room]


@require_safe
@login_required
@never_cache
def seat(request: PersonRequest, round_pk: int, room_pk: int, placement_pk: int) -> HttpResponse:
    """Show one candidate at their seat: photograph, clock, what was done, what can be done."""
    scope = reach(request, "room.watch", round_pk, room_pk=room_pk)
    placement = get_object_or_404(checkin.of_room(scope), pk=placement_pk)
    now = timezone.now()
    context = {
        "scope": scope,
        "placement": placement,
        "line": SeatLine(placement.seat, placement, live.state_of(placement.pk, now=now), now),
        "admission": getattr(placement.sitting, "admission", None),
        "events": [
            (event, round(event.delta_ms / 1000))
            for event in placement.sitting.clock_events.select_related("actor").order_by("-pk")
        ],
        "log": placement.actions.select_related("actor", "room", "placement__candidate__person"),
        "incidents": placement.incidents.select_related(
            "author", "placement__seat", "placement__candidate__person"
        ),
        "may_act": request.user.has_perm("room.act", scope) and not actions.has_ended(scope),
    }
    return render(request, "room/seat.html", context)


@require_safe
@login_required
def photograph(request: PersonRequest, round_pk: int, room_pk: int, placement_pk: int) -> HttpResponse:
    """Show a candidate's photograph to those who check it against a face."""
    scope = reach(request, "room.watch", round_pk, room_pk=room_pk)
    placement = get_object_or_404(scope.placements().select_related("candidate"), pk=placement_pk)
    return picture_response(placement.candidate.photograph, max_age=3600)
