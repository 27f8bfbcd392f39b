"""From the country to a centre to a room: how many seats are in each state, and who is silent."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from exams.registration.models import RoomDuty
from exams.room import counts, overview
from exams.room.counts import SilentRow
from exams.room.presentation import poll_data, since_words
from exams.room.scopes import Scope
from exams.room.services import actions
from exams.room.states import State
from exams.room.views.reach import ROUNDS, reach
from exams.seat.journal import to_ms
from learning.people.access import PersonRequest, requires
from learning.portal import preferences

_ROUNDS = 30
_LOG_LINES = 10


@require_safe
@requires("room.use")
@never_cache
def index(request: PersonRequest) -> HttpResponse:
    """List the rooms in which the person has duty, and to overseers all rounds."""
    duties = RoomDuty.objects.filter(person=request.user).select_related("round", "room__centre")
    rounds = ROUNDS.none()
    if request.user.has_perm("room.oversee"):
        rounds = ROUNDS.annotate(placed=Count("placements")).order_by("-starts_at", "-pk")[:_ROUNDS]
    context = {"duties": duties.order_by("-round__starts_at", "room__name")[:_ROUNDS], "rounds": rounds}
    return render(request, "room/index.html", context)


@require_safe
@login_required
@never_cache
def round_(request: PersonRequest, round_pk: int) -> HttpResponse:
    """Show a round by centre."""
    return _overview(request, reach(request, "room.watch", round_pk))


@require_safe
@login_required
@never_cache
def centre(request: PersonRequest, round_pk: int, centre_pk: int) -> HttpResponse:
    """Show a centre by room."""
    return _overview(request, reach(request, "room.watch", round_pk, centre_pk=centre_pk))


def _overview(request: PersonRequest, scope: Scope) -> HttpResponse:
    now = timezone.now()
    tallies = counts.by_room(scope, now=now) if scope.centre else counts.by_centre(scope.round, now=now)
    silent = counts.silent(scope.placements(), now=now, limit=overview.SILENT_LISTED)
    context = {
        "scope": scope,
        "states": list(State),
        "lines": [{"tally": tally, "address": _within(scope, tally.pk)} for tally in tallies],
        "whole": counts.total(tallies),
        "silent": [_silent_line(row, now) for row in silent],
        "silent_limit": overview.SILENT_LISTED,
        "data": _script_data(scope, now),
        "may_act": request.user.has_perm("room.act", scope),
        "log": actions.log(scope, limit=_LOG_LINES),
        "now": now,
    }
    return render(request, "room/overview.html", context)


def _within(scope: Scope, pk: int) -> str:
    """Return the address that a line leads to: a room of a centre, or a centre of a round."""
    return reverse("room:room" if scope.centre else "room:centre", args=[scope.round.pk, pk])


def _silent_line(row: SilentRow, now: datetime) -> dict[str, Any]:
    line = overview.silent_line(row)
    since = since_words((to_ms(now) - line.since_ms) // 1000)
    return line._asdict() | {"state": State(line.state).label, "since": since}


def _script_data(scope: Scope, now: datetime) -> dict[str, Any]:
    shared = poll_data(now)
    calls = _("%(n)s seats")
    return shared | {
        "text": shared["text"] | {"calls": calls},
        "pass": overview.issue_pass(scope),
        "everyMs": overview.EVERY_S * 1000,
        "etag": "",
        "passUrl": scope.url("pass"),
        "seatUrl": reverse("room:seat", args=[scope.round.pk, 0, 0]),
        "states": {state.value: str(state.label) for state in State},
        # As the page itself writes numbers for this reader.
        "numbers": "th-TH-u-nu-thai" if preferences.thai_numerals_chosen() else "en-US",
    }
