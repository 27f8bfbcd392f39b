"""The words and shapes of a seat, the same for the page as first drawn and for the script that renews it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from exams.registration.models import Placement, Seat
from exams.registration.services.venues import row_label
from exams.room import live
from exams.room.live import RoomKey, Snapshot
from exams.room.scopes import Scope
from exams.room.states import Attention, Mark, SeatState, State
from exams.seat.journal import to_ms
from learning.people.models import Person

_MINUTE = 60


@dataclass(frozen=True)
class SeatLine:
    """A seat as the page shows it; an empty one has no placement."""

    seat: Seat
    placement: Placement | None
    state: SeatState | None
    now: datetime

    @property
    def person(self) -> Person | None:
        """Who sits here."""
        return self.placement.candidate.person if self.placement else None

    @property
    def words(self) -> str:
        """The state in words, with its number."""
        return state_words(self.state, self.now) if self.state else ""

    @property
    def marks(self) -> list[str]:
        """What else is worth knowing, in words."""
        return [mark_words(mark, number) for mark, number in self.state.marks] if self.state else []

    @property
    def call(self) -> str:
        """What stands at a seat that needs somebody."""
        attention = Attention(self.state.attention) if self.state else Attention.NONE
        return str(attention.label) if attention else ""


@dataclass(frozen=True)
class Board:
    """All of a room: the plan from its front row on, and the lines of those placed in it."""

    # Each row under the letter that its seats have on their stickers.
    plan: list[tuple[str, list[SeatLine | None]]]
    lines: list[SeatLine]
    snapshot: Snapshot
    columns: int

    @property
    def counts(self) -> list[tuple[State, int]]:
        """How many seats are in each state."""
        counted = live.count(self.snapshot.states)
        return [(state, counted[state]) for state in State]

    @property
    def calls(self) -> list[SeatLine]:
        """Who needs somebody, the worst first."""
        called = [line for line in self.lines if line.state and line.state.attention]
        return sorted(called, key=lambda line: -line.state.attention if line.state else 0)


def board(scope: Scope, placements: list[Placement], *, now: datetime) -> Board:
    """Return everything the console shows of a room."""
    assert scope.room is not None
    key = RoomKey(scope.round.pk, scope.room.pk)
    snapshot = live.read([key], now=now)[key]
    seats = list(Seat.objects.filter(room=scope.room).order_by("row", "column"))
    taken = {placement.seat_id: placement for placement in placements}
    lines = {}
    for seat in seats:
        placement = taken.get(seat.pk)
        # Somebody moved here since the states were read comes with the next poll.
        state = snapshot.states.get(placement.pk) if placement else None
        lines[seat.row, seat.column] = SeatLine(seat, placement if state else None, state, now)
    columns = max((seat.column for seat in seats), default=0)
    rows = sorted({seat.row for seat in seats})
    plan = [(row_label(row), [lines.get((row, column)) for column in range(1, columns + 1)]) for row in rows]
    placed = [line for line in lines.values() if line.placement]
    return Board(plan, placed, snapshot, columns)


def state_words(state: SeatState, now: datetime) -> str:
    """Say a state with the number that belongs to it: "Answering 45", "Silent 2 min"."""
    if state.since_ms and state.state in {State.SILENT, State.OFFLINE}:
        return f"{state.state.label} {since_words((to_ms(now) - state.since_ms) // 1000)}"
    if state.state in {State.ANSWERING, State.PAUSED, State.SUBMITTED, State.ENDING}:
        return f"{state.state.label} {state.answered}"
    return str(state.state.label)


def since_words(seconds: int) -> str:
    """Say how long, in seconds up to two minutes."""
    if seconds < 2 * _MINUTE:
        return _("%(n)s s") % {"n": seconds}
    return _("%(n)s min") % {"n": seconds // _MINUTE}


def mark_words(mark: Mark, number: int) -> str:
    """Say a mark with its number."""
    return f"{mark.label}: {number}" if number else str(mark.label)


def script_data(scope: Scope, found: Board, *, now: datetime, addresses: dict[str, str]) -> dict[str, Any]:
    """Return what the console's script needs beside the markup."""
    assert scope.room is not None
    shared = poll_data(now)
    moved = _("Somebody was moved. Load the page again to see the seats as they are now.")
    fine = _("No seat needs anybody now")
    return (
        shared
        | addresses
        | {
            "pass": live.issue_pass(RoomKey(scope.round.pk, scope.room.pk)),
            "etag": found.snapshot.etag,
            "seats": {line.placement.pk: line.seat.label for line in found.lines if line.placement},
            "places": found.snapshot.places,
            "states": {state.value: str(state.label) for state in State},
            "counted": [State.ANSWERING, State.PAUSED, State.SUBMITTED, State.ENDING],
            "marks": {mark.value: str(mark.label) for mark in Mark},
            "calls": {int(attention): str(attention.label) for attention in Attention},
            "text": shared["text"] | {"fine": fine, "moved": moved},
        }
    )


def poll_data(now: datetime) -> dict[str, Any]:
    """Return what every page needs that renews itself."""
    return {
        "liveUrl": reverse("room:live"),
        "passSeconds": int(live.PASS_LIFE.total_seconds()),
        "now": to_ms(now),
        "text": {
            "seconds": _("%(n)s s"),
            "minutes": _("%(n)s min"),
            "fresh": _("Up to date at %(at)s"),
            "stale": _("No connection to the centre of the system. What you see may be out of date."),
            "ended": _("You are no longer signed in here. Load the page again."),
            "paused": _("Not renewed"),
            "announce": _("Needs somebody: %(seats)s"),
            "moved": _("Somebody was moved to a line that is not here. Load the page again."),
        },
    }
