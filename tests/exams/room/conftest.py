"""A released round in two rooms, the people in charge of them, and short ways to bring seats into a state."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from exams.registration.models import Placement, Room, Round, Seat
from exams.room.scopes import Scope
from exams.room.services.actions import Order
from exams.seat.chain import Entry
from exams.seat.journal import Journal, Request, now_ms
from exams.seat.models import Admission, EntryKind, Presence, Sitting
from learning.people.models import Person
from tests.exams.registration.factories import make_round


@pytest.fixture
def round_(db: None) -> Round:
    """Two rooms of three candidates and a free seat each; it began ten minutes ago."""
    made = make_round(rooms=2, candidates=6, rows=1, columns=3, starts=timedelta(minutes=-10))
    Seat.objects.bulk_create(Seat(room=room, row=2, column=1, label="B1") for room in made.rooms.all())
    return made


@pytest.fixture
def room(round_: Round) -> Room:
    return round_.rooms.select_related("centre").order_by("name")[0]


@pytest.fixture
def other_room(round_: Round) -> Room:
    return round_.rooms.select_related("centre").order_by("name")[1]


def invigilator_of(round_: Round, room: Room) -> Person:
    return Person.objects.get(room_duties__round=round_, room_duties__room=room)


@pytest.fixture
def invigilator(round_: Round, room: Room) -> Person:
    return invigilator_of(round_, room)


@pytest.fixture
def colleague(round_: Round, other_room: Room) -> Person:
    """The invigilator of the other room."""
    return invigilator_of(round_, other_room)


@pytest.fixture
def scope(round_: Round, room: Room) -> Scope:
    return Scope(round_, room.centre, room)


@pytest.fixture
def placements(scope: Scope) -> list[Placement]:
    """Everybody of the room, in the order of the seats."""
    found = scope.placements().select_related("sitting", "candidate__person", "seat__room")
    return list(found.order_by("seat__row", "seat__column"))


def order(scope: Scope, actor: Person, *chosen: Placement, now: datetime | None = None, **fields) -> Order:
    """What a form asks for; without placements it is for everybody."""
    pks = [placement.pk for placement in chosen] or None
    values = {"reason": "ทดสอบ", "chosen": pks} | fields
    return Order(scope, actor, now=now or timezone.now(), **values)


def admitted(
    placement: Placement, *, used: bool = False, failures: int = 0, at: datetime | None = None
) -> None:
    at = at or timezone.now()
    Admission.objects.update_or_create(
        sitting=placement.sitting,
        defaults={
            "number": placement.candidate.number,
            "code": "ABC234",
            "issued_at": at,
            "used_at": at if used else None,
            "failures": failures,
        },
    )


def present(placement: Placement, *, ago: float = 0, now: datetime | None = None, **fields) -> None:
    """The machine said something `ago` seconds before `now`."""
    moment = (now or timezone.now()) - timedelta(seconds=ago)
    values = {"answered": 2, "loads": 1, "is_durable": True, "generation": 1} | fields
    Presence.objects.update_or_create(
        sitting=placement.sitting, defaults={"seen_ms": round(moment.timestamp() * 1000)} | values
    )


def sitting(placement: Placement, **fields) -> None:
    Sitting.objects.filter(pk=placement.sitting_id).update(**fields)


def closed(placement: Placement) -> None:
    """The candidate has submitted."""
    submission = Request(placement.sitting_id, 0, [Entry(seq=0, kind=EntryKind.SUBMIT)], now_ms())
    [outcome] = Journal().append([submission])
    assert outcome.error is None
