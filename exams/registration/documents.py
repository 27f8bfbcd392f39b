"""Papers of an exam day as PDF, set with Typst: admission card, door list, seat plan. In Thai always."""

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import segno
from django.utils import timezone, translation

from certificates import pdf
from exams.registration.models import Candidate, Level, Placement, Room, Round, Seat
from learning.thai import date_text, datetime_text, time_text

TEMPLATES = Path(__file__).resolve().parent / "typst"


def admission_card(placement: Placement, *, now: datetime) -> bytes:
    """Return the card that a candidate brings, with the candidate number as a QR code."""
    candidate, room = placement.candidate, placement.seat.room
    with translation.override("th"):
        level = str(Level(candidate.level).label)
    return _typeset(
        "card",
        _head(placement.round, "บัตรประจำตัวผู้เข้าสอบ", now)
        | {
            "name": candidate.person.full_name,
            "number": candidate.number,
            "masked": candidate.person.masked_national_id,
            "level": level,
            "centre": room.centre.name_th,
            "room": room.name,
            "seat": placement.seat.label,
            "accommodation": candidate.accommodation,
            "photograph": _framed(candidate),
            "qr": segno.make(candidate.number, error="m", micro=False).svg_inline(border=0, omitsize=True),
        },
        now,
    )


def door_list(round_: Round, rooms: Sequence[Room], *, now: datetime) -> bytes:
    """Return who sits where, a page or more for each room, in the order of candidate numbers."""
    data = _head(round_, "รายชื่อผู้มีสิทธิเข้าสอบ", now)
    return _typeset("door-list", data | {"rooms": _rooms(round_, rooms)}, now)


def seat_plan(round_: Round, rooms: Sequence[Room], *, now: datetime) -> bytes:
    """Return the grid of seats with who sits there, a page for each room."""
    return _typeset("seat-plan", _head(round_, "ผังที่นั่งสอบ", now) | {"rooms": _rooms(round_, rooms)}, now)


def _head(round_: Round, title: str, now: datetime) -> dict[str, Any]:
    start = timezone.localtime(round_.starts_at)
    return {
        "title": f"{title} {round_.title}",
        "examination": round_.examination.name_th,
        "round": round_.title,
        "day": date_text(start),
        "doors": time_text(timezone.localtime(round_.doors_open_at)),
        "start": time_text(start),
        "printed": datetime_text(timezone.localtime(now)),
    }


def _rooms(round_: Round, rooms: Sequence[Room]) -> list[dict[str, Any]]:
    seats: dict[int, list[Seat]] = {room.pk: [] for room in rooms}
    for seat in Seat.objects.filter(room__in=rooms).order_by("row", "column"):
        seats[seat.room_id].append(seat)
    placed = {
        placement.seat_id: placement.candidate
        for placement in round_.placements.filter(seat__room__in=rooms).select_related("candidate__person")
    }
    return [_room(room, seats[room.pk], placed) for room in rooms]


def _room(room: Room, seats: Iterable[Seat], placed: dict[int, Candidate]) -> dict[str, Any]:
    cells = {(seat.row, seat.column): _cell(seat, placed.get(seat.pk)) for seat in seats}
    rows = max((row for row, _column in cells), default=0)
    columns = max((column for _row, column in cells), default=1)
    return {
        "centre": room.centre.name_th,
        "name": room.name,
        "columns": columns,
        "grid": [
            [cells.get((row, column)) for column in range(1, columns + 1)] for row in range(1, rows + 1)
        ],
        "candidates": sorted(
            (cell for cell in cells.values() if cell["name"]), key=lambda cell: str(cell["number"])
        ),
    }


def _cell(seat: Seat, candidate: Candidate | None) -> dict[str, Any]:
    return {
        "seat": seat.label,
        "usable": seat.is_usable,
        "number": candidate.number if candidate else "",
        "name": candidate.person.full_name if candidate else "",
    }


def _framed(candidate: Candidate) -> str:
    """Return the photograph in an SVG frame of 34 × 44, filled whatever its shape; empty without one."""
    if not candidate.photograph:
        return ""
    with candidate.photograph.open("rb") as file:
        data = base64.b64encode(file.read()).decode()
    kind = "png" if candidate.photograph.name.endswith("png") else "jpeg"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 34 44"><image width="34" height="44" '
        f'preserveAspectRatio="xMidYMid slice" href="data:image/{kind};base64,{data}"/></svg>'
    )


def _typeset(sheet: str, data: dict[str, Any], now: datetime) -> bytes:
    return pdf.sheet(TEMPLATES, "sheets.typ", sheet, data, now)
