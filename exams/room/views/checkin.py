"""At the door: find who stands there, look at the photograph, admit, say the code."""

from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from exams.room.forms import SearchForm
from exams.room.presentation import board
from exams.room.services import actions, checkin
from exams.room.services.checkin import Found
from exams.room.views.acting import chosen_seats
from exams.room.views.reach import reach
from exams.seat.admissions import MAX_FAILURES
from learning.people.access import PersonRequest


@require_safe
@login_required
@never_cache
def check_in(request: PersonRequest, round_pk: int, room_pk: int) -> HttpResponse:
    """Find a candidate, or list the room; who belongs elsewhere is told where."""
    scope = reach(request, "room.act", round_pk, room_pk=room_pk)
    form = SearchForm(request.GET)
    typed = form.cleaned_data["q"].strip() if form.is_valid() else ""
    found = checkin.find(scope, typed) if typed else Found(list(checkin.of_room(scope)))
    lines = board(scope, found.here, now=timezone.now()).lines
    context = {
        "scope": scope,
        "form": form,
        "typed": typed,
        "lines": lines,
        "one": lines[0] if typed and len(lines) == 1 else None,
        "elsewhere": found.elsewhere,
        "key": uuid4(),
        "has_ended": actions.has_ended(scope),
    }
    return render(request, "room/check_in.html", context)


@require_safe
@login_required
@never_cache
def codes(request: PersonRequest, round_pk: int, room_pk: int) -> HttpResponse:
    """Show unused seat codes large, to be read aloud or cut into slips: of the seats named, or of all."""
    scope = reach(request, "room.act", round_pk, room_pk=room_pk)
    chosen = chosen_seats(request.GET)
    placements = checkin.of_room(scope).filter(
        sitting__admission__used_at=None,
        sitting__admission__failures__lt=MAX_FAILURES,
        sitting__admission__isnull=False,
        sitting__closed_at=None,
    )
    shown = placements.filter(pk__in=chosen) if chosen else placements
    return render(request, "room/codes.html", {"scope": scope, "placements": list(shown)})
