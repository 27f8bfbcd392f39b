"""What the page of a centre or of a round asks for every second: a line a room or centre, and who is silent.

As with a room (`exams.room.live`), a signed pass says what may be watched, and asking costs no session. The
database counts; whoever asks for the same centre or round within a second gets the same answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from django.core import signing

from exams.registration.models import Placement
from exams.room import counts
from exams.room.counts import SilentRow, Tally
from exams.room.live import PASS_LIFE, PassRefused
from exams.room.scopes import Scope
from exams.room.states import State
from exams.seat.journal import to_ms

# Who is silent is listed up to here; beyond, the figures say how many there are.
SILENT_LISTED = 100
# Seconds between two questions of the page.
EVERY_S = 1
_SALT = "exams.room.overview"
_encode = msgspec.json.Encoder().encode


class ScopeKey(NamedTuple):
    """A centre in a round, or with centre 0 the whole round."""

    round: int
    centre: int


@dataclass(frozen=True)
class Figures:
    """The reply: lines, sums, and who is silent."""

    body: bytes
    etag: str


def issue_pass(scope: Scope) -> str:
    """Return a pass for a centre or round. The caller has checked that the person may watch it."""
    key = ScopeKey(scope.round.pk, scope.centre.pk if scope.centre else 0)
    return signing.dumps(list(key), salt=_SALT, compress=False)


def read_pass(text: str) -> ScopeKey:
    """Return what a pass is for. Raises PassRefused."""
    try:
        return ScopeKey(*signing.loads(text, salt=_SALT, max_age=PASS_LIFE))
    except signing.BadSignature as error:
        raise PassRefused from error


def read(keys: Iterable[ScopeKey], *, now: datetime) -> dict[ScopeKey, Figures]:
    """Return the figures of each; two queries a key, whatever its size."""
    return {key: _read(key, now) for key in keys}


def _read(key: ScopeKey, now: datetime) -> Figures:
    placements = Placement.objects.filter(round=key.round)
    if key.centre:
        placements = placements.filter(seat__room__centre=key.centre)
    group = "seat__room" if key.centre else "seat__room__centre"
    tallies = counts.tallies(placements, group, now=now)
    silent = counts.silent(placements, now=now, limit=SILENT_LISTED)
    body = _encode(
        {
            "lines": [line(tally) for tally in tallies],
            "whole": line(counts.total(tallies)),
            "silent": [silent_line(row) for row in silent],
        }
    )
    return Figures(body, f'"{blake2b(body, digest_size=9).hexdigest()}"')


def line(tally: Tally) -> list[int]:
    """Return a line as numbers: its key, seats that need somebody, candidates, then each state in order."""
    return [tally.pk, tally.calls, tally.seats, *(tally.counts[state] for state in State)]


class SilentLine(NamedTuple):
    """Who is silent, in the order in which the page's script reads it."""

    pk: int
    room: int
    who: str
    where: str
    state: str
    since_ms: int
    answered: int


def silent_line(row: SilentRow) -> SilentLine:
    """Return who is silent as the page shows it."""
    name = f"{row['number']} {row['title']}{row['first_name']} {row['last_name']}"
    where = f"{row['centre_name']} · {row['room_name']} · {row['seat_label']}"
    # Opened, but nothing has come from the page yet: then since it was opened.
    since_ms = row["seen_ms"] if row["seen_ms"] is not None else to_ms(row["used_at"])
    return SilentLine(row["pk"], row["room"], name, where, row["state"], since_ms, row["answered"] or 0)
