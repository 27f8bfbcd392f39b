"""What a console asks for every two seconds: the states of a room's seats, in as little work as possible.

A console carries a signed pass that says which room it may watch, so that asking costs no session, no
person and no permission query. One query reads the rooms of all consoles that ask at the same moment, as
plain values. What a console has seen already is not sent again (ETag, 304).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from django.core import signing
from django.db import connection

from exams.room.states import (
    AdmissionFacts,
    Limits,
    PresenceFacts,
    SeatState,
    SittingFacts,
    State,
    seat_state,
)
from exams.seat.admissions import CODE_LIFE, MAX_FAILURES
from exams.seat.journal import to_ms
from exams.seat.presence import SILENT_MS

LIMITS = Limits(MAX_FAILURES, CODE_LIFE // timedelta(milliseconds=1), SILENT_MS)
# A pass outlives a duty that was taken away by at most this long; the page renews it while it is open.
PASS_LIFE = timedelta(minutes=15)
_SALT = "exams.room.live"
# Plain SQL, and times as numbers: building the query and reading its datetimes took most of a poll.
_ROWS = """
SELECT placement.round_id, place.room_id, placement.id, placement.seat_id,
    {starts_at}, {deadline}, {paused_at}, sitting.close_reason,
    {issued_at}, {used_at}, admission.failures,
    presence.seen_ms, presence.answered, presence.unsent, presence.drift_ms, presence.loads,
    presence."left", presence.is_durable, presence.generation,
    presence.has_paper
FROM registration_placement AS placement
JOIN registration_seat AS place ON place.id = placement.seat_id
JOIN seat_sitting AS sitting ON sitting.id = placement.sitting_id
LEFT JOIN seat_admission AS admission ON admission.sitting_id = sitting.id
LEFT JOIN seat_presence AS presence ON presence.sitting_id = sitting.id
WHERE {{}} ORDER BY placement.id
"""
_TIMES = (
    "sitting.starts_at",
    "sitting.deadline",
    "sitting.paused_at",
    "admission.issued_at",
    "admission.used_at",
)
# An instant in epoch milliseconds. EXTRACT would count in decimals, which takes longer than all the joins;
# SQLite keeps instants as text, in UTC.
_MILLISECONDS = {
    "postgresql": "CAST(date_part('epoch', {0}) * 1000 AS bigint)",
    "sqlite": "CAST(ROUND((julianday({0}) - 2440587.5) * 86400000) AS integer)",
}
_SITTING, _ADMISSION, _PRESENCE = 4, 8, 11
_NO_SEATS: dict[str, int] = dict.fromkeys([*State.values, "attention"], 0)
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
    rows: dict[RoomKey, list[tuple[Any, ...]]] = {key: [] for key in keys}
    rooms: dict[int, list[int]] = {}
    for key in rows:
        rooms.setdefault(key.round, []).append(key.room)
    # At one moment it is nearly always one round.
    which = " OR ".join(
        f"(placement.round_id = %s AND place.room_id IN ({_marks(pks)}))" for pks in rooms.values()
    )
    for row in _rows(which, [number for round_, pks in rooms.items() for number in (round_, *pks)]):
        rows[RoomKey(row[0], row[1])].append(row)
    now_ms = to_ms(now)
    return {key: _snapshot(found, now_ms) for key, found in rows.items()}


def state_of(placement: int, *, now: datetime) -> SeatState:
    """Return the state of one placement, which exists."""
    [row] = _rows("placement.id = %s", [placement])
    return _state(row, to_ms(now))


def _marks(values: Sequence[int]) -> str:
    return ", ".join(["%s"] * len(values))


@cache
def _sql(vendor: str) -> str:
    times = {name.split(".")[1]: _MILLISECONDS[vendor].format(name) for name in _TIMES}
    return _ROWS.format(**times)


def _rows(which: str, values: list[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_sql(connection.vendor).format(which), values)
        return list(cursor.fetchall())


def _state(row: tuple[Any, ...], now_ms: int) -> SeatState:
    # Left joins: a sitting without admission or presence has nulls in their places.
    admission = AdmissionFacts._make(row[_ADMISSION:_PRESENCE]) if row[_ADMISSION] is not None else None
    presence = PresenceFacts._make(row[_PRESENCE:]) if row[_PRESENCE] is not None else None
    return seat_state(admission, presence, SittingFacts._make(row[_SITTING:_ADMISSION]), now_ms, LIMITS)


def _snapshot(rows: list[tuple[Any, ...]], now_ms: int) -> Snapshot:
    states = {row[2]: _state(row, now_ms) for row in rows}
    places = {row[2]: row[3] for row in rows}
    seats = [[pk, *state, places[pk]] for pk, state in states.items()]
    body = _encode({"seats": seats, "counts": count(states)})
    return Snapshot(states, places, body, f'"{blake2b(body, digest_size=9).hexdigest()}"')


def count(states: dict[int, SeatState]) -> dict[str, int]:
    """Return how many seats are in each state, and how many need somebody."""
    counts = _NO_SEATS.copy()
    for state in states.values():
        counts[state.state] += 1
        counts["attention"] += state.attention > 0
    return counts
