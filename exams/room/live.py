"""What a console asks for every two seconds: the states of a room's seats, in as little work as possible.

A console carries a signed pass that says which room it may watch, so that asking costs no session, no
person and no permission query. One query reads the rooms of all consoles that ask at the same moment, as
plain values. What a console has seen already is not sent again (ETag, 304).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from django.core import signing
from django.db.models import Q

from exams.registration.models import Placement
from exams.room.states import (
    AdmissionFacts,
    Attention,
    Limits,
    PresenceFacts,
    SeatState,
    SittingFacts,
    State,
    seat_state,
)
from exams.seat.admissions import CODE_LIFE, MAX_FAILURES

LIMITS = Limits(MAX_FAILURES, CODE_LIFE)
# A pass outlives a duty that was taken away by at most this long; the page renews it while it is open.
PASS_LIFE = timedelta(minutes=15)
_SALT = "exams.room.live"
_COLUMNS = (
    "round_id",
    "seat__room_id",
    "pk",
    "seat_id",
    *(f"sitting__{name}" for name in SittingFacts._fields),
    *(f"sitting__admission__{name}" for name in AdmissionFacts._fields),
    *(f"sitting__presence__{name}" for name in PresenceFacts._fields),
)
_SITTING = 4
_ADMISSION = _SITTING + len(SittingFacts._fields)
_PRESENCE = _ADMISSION + len(AdmissionFacts._fields)
_encode = msgspec.json.Encoder().encode


class RoomKey(NamedTuple):
    """A room in a round."""

    round: int
    room: int


@dataclass(frozen=True)
class Snapshot:
    """The states and seats of a room's placements (by primary key), and the reply that says them."""

    states: dict[int, SeatState]
    places: dict[int, int]
    body: bytes
    etag: str


class PassRefused(Exception):
    """The pass is forged, or too old: the page asks for a new one."""


def issue_pass(key: RoomKey) -> str:
    """Return a pass for a room's console. The caller has checked that the person may watch it."""
    return signing.dumps(list(key), salt=_SALT, compress=False)


def read_pass(text: str) -> RoomKey:
    """Return the room that a pass is for. Raises PassRefused."""
    try:
        return RoomKey(*signing.loads(text, salt=_SALT, max_age=PASS_LIFE))
    except signing.BadSignature as error:
        raise PassRefused from error


def read(keys: Iterable[RoomKey], *, now: datetime) -> dict[RoomKey, Snapshot]:
    """Return what is going on in these rooms, in one query."""
    wanted = set(keys)
    rows: dict[RoomKey, list[tuple[Any, ...]]] = {key: [] for key in wanted}
    for row in _rows(wanted):
        rows[RoomKey(row[0], row[1])].append(row)
    return {key: _snapshot(found, now) for key, found in rows.items()}


def state_of(placement: int, *, now: datetime) -> SeatState:
    """Return the state of one placement, which exists."""
    row = Placement.objects.values_list(*_COLUMNS).get(pk=placement)
    return _state(row, now)


def _rows(keys: set[RoomKey]) -> Iterable[tuple[Any, ...]]:
    rooms: dict[int, list[int]] = {}
    for round_, room in keys:
        rooms.setdefault(round_, []).append(room)
    # At one moment it is nearly always one round.
    condition = Q(pk__in=[])
    for round_, pks in rooms.items():
        condition |= Q(round=round_, seat__room__in=pks)
    return Placement.objects.filter(condition).values_list(*_COLUMNS).order_by("pk")


def _state(row: Sequence[Any], now: datetime) -> SeatState:
    # Left joins: a sitting without admission or presence has nulls in their places.
    admission = AdmissionFacts(*row[_ADMISSION:_PRESENCE]) if row[_ADMISSION] is not None else None
    presence = PresenceFacts(*row[_PRESENCE:]) if row[_PRESENCE] is not None else None
    return seat_state(admission, presence, SittingFacts(*row[_SITTING:_ADMISSION]), now, LIMITS)


def _snapshot(rows: list[tuple[Any, ...]], now: datetime) -> Snapshot:
    states = {row[2]: _state(row, now) for row in rows}
    places = {row[2]: row[3] for row in rows}
    seats = [[pk, *state, places[pk]] for pk, state in states.items()]
    body = _encode({"seats": seats, "counts": count(states)})
    return Snapshot(states, places, body, f'"{blake2b(body, digest_size=9).hexdigest()}"')


def count(states: dict[int, SeatState]) -> dict[str, int]:
    """Return how many seats are in each state, and how many need somebody."""
    counts = dict.fromkeys(State.values, 0)
    for state in states.values():
        counts[state.state] += 1
    attention = sum(state.attention > Attention.NONE for state in states.values())
    return counts | {"attention": attention}
