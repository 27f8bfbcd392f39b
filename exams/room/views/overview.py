"""From the country to a centre to a room: how many seats are in each state, and who is silent."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from exams.registration.models import RoomDuty
from exams.room import counts
from exams.room.presentation import since_words
from exams.room.scopes import Scope
from exams.room.services import actions
from exams.room.states import State
from exams.room.views.reach import ROUNDS, reach
from exams.seat.journal import to_ms
from learning.people.access import PersonRequest, requires

_ROUNDS = 30
_SILENT = 100
_LOG_LINES = 10


@require_safe
@requires("room.use")
@never_cache
def index(request: PersonRequest) -> HttpResponse:
    """List the rooms in which the person has duty, and to overseers all rounds."""
    duties = RoomDuty.objects.filter(person=request.user).select_related("round", "room__centre")
    rounds = ROUNDS.none()
    if request.user.has_perm("room.oversee"):
        rounds = ROUNDS.annotate(placed=Count("placements"))[:_ROUNDS]
    context = {"duties": duties.order_by("-round__starts_at", "room__name")[:_ROUNDS], "rounds": rounds}
    return render(request, "room/index.html", context)


@require_safe
@login_required
@never_cache
def round_(request: PersonRequest, round_pk: int) -> HttpResponse:
    """Show a round by centre. htmx asks again for the figures alone."""
    return _overview(request, reach(request, "room.watch", round_pk))


@require_safe
@login_required
@never_cache
def centre(request: PersonRequest, round_pk: int, centre_pk: int) -> HttpResponse:
    """Show a centre by room. htmx asks again for the figures alone."""
    return _overview(request, reach(request, "room.watch", round_pk, centre_pk=centre_pk))


def _overview(request: PersonRequest, scope: Scope) -> HttpResponse:
    now = timezone.now()
    tallies = counts.by_room(scope, now=now) if scope.centre else counts.by_centre(scope.round, now=now)
    silent = counts.silent(scope, now=now, limit=_SILENT)
    context = {
        "scope": scope,
        "states": list(State),
        "lines": [{"tally": tally, "address": _within(scope, tally.pk)} for tally in tallies],
        "whole": counts.total(tallies),
        "silent": [row | _words(row, now_ms=to_ms(now)) for row in silent],
        "silent_limit": _SILENT,
        "may_act": request.user.has_perm("room.act", scope),
        "log": actions.log(scope, limit=_LOG_LINES),
        "is_paused": "pause" in request.GET,
        "now": now,
    }
    is_renewal = request.headers.get("HX-Request") == "true"
    return render(request, "room/parts/overview.html" if is_renewal else "room/overview.html", context)


def _within(scope: Scope, pk: int) -> str:
    """Return the address that a line leads to: a room of a centre, or a centre of a round."""
    return reverse("room:room" if scope.centre else "room:centre", args=[scope.round.pk, pk])


def _words(row: dict[str, Any], *, now_ms: int) -> dict[str, Any]:
    # Opened, but nothing has come from the page yet: then since it was opened.
    since = row["seen_ms"] if row["seen_ms"] is not None else to_ms(row["used_at"])
    return {
        "state": State(row["state"]).label,
        "since": since_words((now_ms - since) // 1000),
        "name": f"{row['title']}{row['first_name']} {row['last_name']}",
    }
