"""How many seats are in each state, counted by the database: per room of a centre, per centre of a round.

The conditions say in SQL what `exams.room.states.seat_state` says in Python; a test holds them to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypedDict, cast

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.fields import CharField

from exams.registration.models import Centre, Placement, Room, RoomDuty, Round
from exams.room.scopes import Scope
from exams.room.states import State
from exams.seat.admissions import MAX_FAILURES
from exams.seat.journal import to_ms
from exams.seat.presence import SILENT_MS

_OPEN = Q(sitting__closed_at=None)


def state_expression(now: datetime) -> Case:
    """Return the SQL expression of a placement's state at `now`."""
    silent_before = now - timedelta(milliseconds=SILENT_MS)
    is_silent = Q(sitting__presence__seen_ms__lt=to_ms(now) - SILENT_MS) | Q(
        sitting__presence=None, sitting__admission__used_at__lt=silent_before
    )
    return Case(
        When(sitting__closed_at__isnull=False, then=Value(State.SUBMITTED)),
        When(sitting__presence=None, sitting__admission=None, then=Value(State.NOT_ARRIVED)),
        When(sitting__presence=None, sitting__admission__used_at=None, then=Value(State.ADMITTED)),
        When(sitting__paused_at__isnull=False, then=Value(State.PAUSED)),
        When(sitting__deadline__lte=now, then=Value(State.ENDING)),
        When(is_silent & Q(sitting__presence__is_durable=True), then=Value(State.OFFLINE)),
        When(is_silent, then=Value(State.SILENT)),
        When(sitting__starts_at__gt=now, then=Value(State.WAITING)),
        default=Value(State.ANSWERING),
        output_field=CharField(),
    )


@dataclass
class Tally:
    """One line of a view: a centre or a room, its seats per state, and how many codes are locked."""

    pk: int
    name: str = ""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(State.values, 0))
    locked: int = 0
    invigilators: int = 0

    @property
    def seats(self) -> int:
        """How many candidates are placed here."""
        return sum(self.counts.values())

    @property
    def cells(self) -> list[tuple[State, int]]:
        """The states in their order with their numbers."""
        return [(state, self.counts[state]) for state in State]

    @property
    def calls(self) -> int:
        """How many seats need somebody: silent ones, and codes somebody guessed at."""
        return self.counts[State.SILENT] + self.locked

    def add(self, state: str, n: int, locked: int) -> None:
        """Count what the database counted."""
        self.counts[state] += n
        self.locked += locked


def by_centre(round_: Round, *, now: datetime) -> list[Tally]:
    """Return a tally per centre of a round, in the order of their codes; three queries."""
    found = tallies(Placement.objects.filter(round=round_), "seat__room__centre", now=now)
    centres = Centre.objects.in_bulk([tally.pk for tally in found])
    for tally in found:
        tally.name = f"{centres[tally.pk].code} {centres[tally.pk].name_th}"
    duties = RoomDuty.objects.filter(round=round_).values_list("room__centre").order_by("room__centre")
    return _complete(found, dict(duties.annotate(n=Count("pk"))))


def by_room(scope: Scope, *, now: datetime) -> list[Tally]:
    """Return a tally per room of a centre in a round, in the order of their names; three queries."""
    found = tallies(scope.placements(), "seat__room", now=now)
    rooms = Room.objects.in_bulk([tally.pk for tally in found])
    for tally in found:
        tally.name = rooms[tally.pk].name
    duties = RoomDuty.objects.filter(round=scope.round, room__centre=scope.centre)
    counted = duties.values_list("room").order_by("room").annotate(n=Count("pk"))
    return _complete(found, dict(counted))


def total(lines: Iterable[Tally]) -> Tally:
    """Return the sum of tallies."""
    whole = Tally(0)
    for tally in lines:
        whole.locked += tally.locked
        for state, n in tally.counts.items():
            whole.counts[state] += n
    return whole


class SilentRow(TypedDict):
    """Somebody silent: who, where, since when."""

    pk: int
    state: str
    number: str
    title: str
    first_name: str
    last_name: str
    seat_label: str
    room: int
    room_name: str
    centre_name: str
    seen_ms: int | None
    answered: int | None
    used_at: datetime


def silent(placements: QuerySet[Placement], *, now: datetime, limit: int) -> list[SilentRow]:
    """Return who of these is silent, longest first, at most `limit`."""
    found = placements.annotate(state=state_expression(now))
    rows = found.filter(state__in=(State.SILENT, State.OFFLINE)).order_by("sitting__presence__seen_ms", "pk")
    values = rows.values(
        "pk",
        "state",
        number=F("candidate__number"),
        title=F("candidate__person__title"),
        first_name=F("candidate__person__first_name"),
        last_name=F("candidate__person__last_name"),
        seat_label=F("seat__label"),
        room=F("seat__room"),
        room_name=F("seat__room__name"),
        centre_name=F("seat__room__centre__name_th"),
        seen_ms=F("sitting__presence__seen_ms"),
        answered=F("sitting__presence__answered"),
        used_at=F("sitting__admission__used_at"),
    )
    return cast("list[SilentRow]", list(values[:limit]))


def tallies(placements: QuerySet[Placement], group: str, *, now: datetime) -> list[Tally]:
    """Count the placements of each group, a room or centre; one query. The tallies have no names yet."""
    locked = Count("pk", filter=_OPEN & Q(sitting__admission__failures__gte=MAX_FAILURES))
    # Grouped by numbers alone: names would make the database compare 100,000 texts.
    rows = (
        placements.annotate(state=state_expression(now))
        .values_list(group, "state")
        .annotate(n=Count("pk"), locked=locked)
        .order_by(group)
    )
    found: dict[int, Tally] = {}
    for pk, state, n, locked_codes in rows:
        found.setdefault(pk, Tally(pk)).add(state, n, locked_codes)
    return list(found.values())


def _complete(lines: list[Tally], duties: dict[int, int]) -> list[Tally]:
    for tally in lines:
        tally.invigilators = duties.get(tally.pk, 0)
    return sorted(lines, key=lambda tally: tally.name)
