"""What officers did in a room, at its centre or to a round, as far as it concerns one sitting."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import Model, Q

from exams.registration.models import Placement, Room, Seat
from exams.room.models import ActionKind, Incident
from exams.seat.deeds import Deed
from learning.people.models import AuditEntry

_MOVED = "registration.seat_changed"


class _Stay(NamedTuple):
    """Where the candidate had their seat, up to when; None: to this day."""

    room: Room
    until: datetime | None


def find_deeds(sitting: int) -> list[Deed]:
    """Return actions, seat changes and incidents that concern a sitting of a round; none for any other."""
    found = Placement.objects.select_related("round", "seat__room__centre").filter(sitting=sitting).first()
    if found is None:
        return []
    changes = list(
        AuditEntry.objects.select_related("actor")
        .filter(action=_MOVED, target=_target(found))
        .order_by("at", "pk")
    )
    wanted = {change.data[name] for change in changes for name in ("before", "after")}
    seats = Seat.objects.select_related("room__centre").in_bulk(sorted(wanted))
    stays = [_Stay(seats[change.data["before"]].room, change.at) for change in changes]
    stays.append(_Stay(found.seat.room, None))
    return [*_moves(changes, seats), *_actions(found, stays), *_incidents(found, stays)]


def _target(thing: Model) -> str:
    return f"{thing._meta.label_lower}:{thing.pk}"


def _name(room: Room) -> str:
    return f"{room.centre.name_th} · {room.name}"


def _stay_at(stays: Iterable[_Stay], at: datetime) -> Room:
    return next(stay.room for stay in stays if stay.until is None or at <= stay.until)


def _moves(changes: Iterable[AuditEntry], seats: dict[int, Seat]) -> Iterator[Deed]:
    for change in changes:
        before, after = (seats[change.data[name]] for name in ("before", "after"))
        detail = f"{before.room.name} {before.label} → {after.room.name} {after.label}"
        yield Deed(
            change.at, change.action, change.actor, "seat", _name(before.room), change.data["reason"], detail
        )


def _actions(placement: Placement, stays: list[_Stay]) -> Iterator[Deed]:
    """Yield what was done to this seat, and to everybody of the room in which the candidate sat just then."""
    names: dict[str, str] = {_target(placement.round): placement.round.title}
    for stay in stays:
        names[_target(stay.room.centre)] = stay.room.centre.name_th
        names[_target(stay.room)] = _name(stay.room)
    entries = AuditEntry.objects.select_related("actor").filter(
        action__in=[f"room.{kind}" for kind in ActionKind.values],
        target__in=list(names),
        data__round=placement.round_id,
    )
    for entry in entries.order_by("at", "pk"):
        here = _stay_at(stays, entry.at)
        if entry.target not in {_target(here), _target(here.centre), _target(placement.round)}:
            continue
        named = entry.data["placements"]
        if placement.pk in named:
            scope = "seat"
        elif not named:
            scope = "everybody"
        elif len(named) < entry.data["sittings"]:
            scope = "several"
        else:
            continue
        yield Deed(
            entry.at,
            entry.action,
            entry.actor,
            scope,
            names[entry.target],
            entry.data["reason"],
            entry.data["detail"],
        )


def _incidents(placement: Placement, stays: list[_Stay]) -> Iterator[Deed]:
    """Yield the notes about this candidate, and those about nobody in particular in the room they sat in."""
    rooms = {stay.room.pk for stay in stays}
    found = Incident.objects.select_related("author", "room__centre").filter(
        Q(placement=placement) | Q(placement=None, room__in=rooms), round=placement.round_id
    )
    for incident in found.order_by("at", "pk"):
        is_named = incident.placement_id is not None
        if not is_named and incident.room_id != _stay_at(stays, incident.at).pk:
            continue
        yield Deed(
            incident.at,
            "room.incident_noted",
            incident.author,
            "seat" if is_named else "everybody",
            _name(incident.room),
            incident.text,
            incident.picture.name or "",
        )
