"""Centres, their rooms and seats, and which of them a round uses."""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from exams.registration.errors import InvalidGrid, NameTaken, RoomInUse, RoundNotDraft
from exams.registration.models import Centre, Placement, Room, Round, RoundStatus, Seat
from learning.people import audit
from learning.people.models import Person, Province

MAX_SIDE = 40
_BATCH = 5000


@transaction.atomic
def create_centre(
    code: str, name_th: str, *, province: Province, actor: Person | None, name_en: str = ""
) -> Centre:
    """Make a centre. Raises NameTaken."""
    try:
        with transaction.atomic():
            centre = Centre.objects.create(code=code, name_th=name_th, name_en=name_en, province=province)
    except IntegrityError as error:
        raise NameTaken from error
    audit.record(actor, "registration.centre_created", centre, code=code)
    return centre


def create_room(centre: Centre, name: str, *, rows: int, columns: int, actor: Person | None) -> Room:
    """Make a room with its grid of seats. Raises InvalidGrid, NameTaken."""
    [room] = create_rooms(centre, [name], rows=rows, columns=columns, actor=actor)
    return room


@transaction.atomic
def create_rooms(
    centre: Centre, names: Sequence[str], *, rows: int, columns: int, actor: Person | None
) -> list[Room]:
    """Make rooms of one size with their seats, set-based. Raises InvalidGrid, NameTaken."""
    if not (0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE):
        raise InvalidGrid
    try:
        with transaction.atomic():
            rooms = Room.objects.bulk_create([Room(centre=centre, name=name) for name in names])
    except IntegrityError as error:
        raise NameTaken from error
    Seat.objects.bulk_create(
        (
            Seat(room=room, row=row, column=column, label=seat_label(row, column))
            for room in rooms
            for row in range(1, rows + 1)
            for column in range(1, columns + 1)
        ),
        batch_size=_BATCH,
    )
    audit.record(
        actor, "registration.rooms_created", centre, names=list(names)[:50], rows=rows, columns=columns
    )
    return rooms


def seat_label(row: int, column: int) -> str:
    """Return what the sticker says: the letter of the row, then the column."""
    return f"{row_label(row)}{column}"


def row_label(row: int) -> str:
    """Return the letter of a row counted from the front: A to Z, then AA."""
    letters = ""
    while row:
        row, rest = divmod(row - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@transaction.atomic
def use_rooms(round_: Round, rooms: Iterable[Room], *, actor: Person | None) -> None:
    """Let a round use these rooms and no others. Raises RoundNotDraft, RoomInUse."""
    if round_.status != RoundStatus.DRAFT:
        raise RoundNotDraft
    wanted = list(rooms)
    if round_.placements.exclude(seat__room__in=wanted).exists():
        raise RoomInUse
    round_.rooms.set(wanted)
    round_.duties.exclude(room__in=wanted).delete()
    audit.record(actor, "registration.rooms_chosen", round_, rooms=len(wanted))


def taken_rooms(round_: Round) -> QuerySet[Room]:
    """Return the rooms in which somebody of the round sits, by centre and name."""
    taken = Placement.objects.filter(round=round_, seat__room=OuterRef("pk"))
    return Room.objects.filter(Exists(taken)).select_related("centre").order_by("centre__code", "name")


def taken_centres(round_: Round) -> list[tuple[Centre, int]]:
    """Return the centres in which somebody of the round sits, with how many of their rooms are taken."""
    counted = taken_rooms(round_).order_by().values_list("centre").annotate(rooms=Count("pk"))
    rooms = dict(counted)
    return [(centre, rooms[centre.pk]) for centre in Centre.objects.filter(pk__in=rooms).order_by("code")]


@transaction.atomic
def set_broken(room: Room, broken: Iterable[Seat], *, actor: Person) -> None:
    """Say which machines of a room are out of order. Who has such a seat keeps it until given another."""
    labels = [seat.label for seat in broken]
    room.seats.update(is_usable=~Q(label__in=labels))
    audit.record(actor, "registration.seats_broken", room, labels=labels)
