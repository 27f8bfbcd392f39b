"""The lost-time ledger: read for a room, a centre or a round, compensated, exported. Set-based."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.db.models import Sum as DbSum

from exams.registration.models import Centre, Placement, Room
from exams.room.errors import NothingToDo, ScopeTooLarge
from exams.room.ledger import Account, Change, Facts, Span, Stamp, account
from exams.room.scopes import Scope
from exams.room.services import actions
from exams.room.services.actions import Order
from exams.seat.journal import to_ms
from exams.seat.models import (
    ClockChange,
    ClockEvent,
    CloseReason,
    EntryKind,
    JournalEntry,
    Silence,
    Sitting,
)
from exams.seat.presence import SILENT_MS
from learning.people.models import Person

# Seats read at once: five queries, however many of them lost something.
_BATCH = 1000
# More sittings than this are added up by the database on the page, and their file is written as it is read:
# a whole round of 100,000 read at once would take minutes and gigabytes.
LARGE = 10_000
# Sittings compensated in one transaction, so that no seat waits long for a lock.
_ONE_TRANSACTION = 1000
_CLOCK = (ClockChange.EXTRA, ClockChange.PAUSE, ClockChange.RESUME, ClockChange.MOVED)


class _Row(NamedTuple):
    """One placement with what is stored beside it; the names are the query's."""

    pk: int
    sitting: int
    candidate__number: str
    candidate__person__title: str
    candidate__person__first_name: str
    candidate__person__last_name: str
    seat__room: int
    seat__room__name: str
    seat__room__centre__name_th: str
    seat__label: str
    sitting__starts_at: datetime
    sitting__deadline: datetime
    sitting__closed_at: datetime | None
    sitting__close_reason: str
    sitting__admission__issued_at: datetime | None
    sitting__admission__admitted_at: datetime | None
    sitting__presence__seen_ms: int | None
    sitting__presence__drift_ms: int | None
    sitting__presence__loads: int | None
    sitting__presence__generation: int | None


@dataclass(frozen=True)
class Line:
    """One candidate of whom there is something to tell."""

    placement: int
    room_pk: int
    number: str
    name: str
    centre: str
    room: str
    seat: str
    account: Account


def read(placements: QuerySet[Placement], *, now: datetime) -> list[Line]:
    """Return the ledger of these placements: most owed first, then most lost, then by number."""
    return sorted(walk(placements, now=now), key=lambda line: (*_weight(line.account), line.number))


def walk(placements: QuerySet[Placement], *, now: datetime) -> Iterator[Line]:
    """Yield the ledger in the order in which candidates were placed, with a thousand of them in memory."""
    for rows in _batches(placements):
        yield from _lines(rows, now)


def is_large(scope: Scope) -> bool:
    """Say whether a scope has more sittings than one page reads: see `sums` and `walk`."""
    return scope.placements().order_by()[LARGE : LARGE + 1].exists()


@dataclass
class Sum:
    """What the database can add up of a centre, or of a room of a centre, without reading a journal.

    `silent` candidates had a silence; `silent_ms` is all of them together, answers kept on machines included.
    """

    pk: int
    name: str = ""
    candidates: int = 0
    silent: int = 0
    silent_ms: int = 0
    moved: int = 0
    given: int = 0
    given_ms: int = 0


def sums(scope: Scope) -> list[Sum]:
    """Add up a large scope, by centre or by room; five queries, whatever its size."""
    group = "seat__room" if scope.centre else "seat__room__centre"
    of_sitting = f"sitting__placement__{group}"
    placed = scope.placements().order_by().values_list(group).annotate(n=Count("pk"))
    found = {pk: Sum(pk, candidates=n) for pk, n in placed}
    inside: dict[str, object] = {"sitting__placement__round": scope.round}
    if scope.centre:
        inside["sitting__placement__seat__room__centre"] = scope.centre
    length = DbSum(F("to_ms") - F("from_ms"))
    who = Count("sitting", distinct=True)
    silences = Silence.objects.filter(**inside).order_by().values_list(of_sitting)
    for pk, n, silent_ms in silences.annotate(n=who, length=length):
        found[pk].silent, found[pk].silent_ms = n, silent_ms
    events = ClockEvent.objects.filter(**inside, kind__in=(ClockChange.MOVED, ClockChange.EXTRA))
    counted = events.order_by().values_list(of_sitting, "kind").annotate(n=who, length=DbSum("delta_ms"))
    for pk, kind, n, given_ms in counted:
        if kind == ClockChange.MOVED:
            found[pk].moved = n
        else:
            found[pk].given, found[pk].given_ms = n, given_ms
    named = Room.objects.in_bulk(found) if scope.centre else Centre.objects.in_bulk(found)
    for pk, each in found.items():
        each.name = named[pk].name
    return sorted(found.values(), key=lambda each: each.name)


def _weight(account: Account) -> tuple[int, int]:
    return -account.owed_ms, -account.lost_ms - account.ongoing_ms


def compensate(
    scope: Scope, chosen: Collection[int] | None, *, actor: Person, reason: str, now: datetime
) -> dict[int, int]:
    """Give each chosen placement (None: everybody in the scope) what is proposed for it.

    What is owed is counted anew under a lock, so that of two officers, or two clicks, only one gives.
    Return how many sittings got how many minutes. Raises ScopeTooLarge, NobodyChosen, NotInRoom, RoomEnded,
    NothingToDo.
    """
    if chosen is None and is_large(scope):
        raise ScopeTooLarge
    placements = Order(scope, actor, reason, now, chosen).placements()
    owed = sorted(line.placement for line in read(placements, now=now) if line.account.minutes)
    given: Counter[int] = Counter()
    for first in range(0, len(owed), _ONE_TRANSACTION):
        given += _give(scope, owed[first : first + _ONE_TRANSACTION], actor=actor, reason=reason, now=now)
    if not given:
        raise NothingToDo
    return dict(sorted(given.items()))


@transaction.atomic
def _give(scope: Scope, owed: list[int], *, actor: Person, reason: str, now: datetime) -> Counter[int]:
    placements = Placement.objects.filter(pk__in=owed)
    sittings = list(placements.values_list("sitting", flat=True))
    # In the order in which every change of clocks locks them.
    locked = Sitting.objects.select_for_update(no_key=True).filter(pk__in=sittings).order_by("pk")
    list(locked.values_list("pk"))
    amounts: dict[int, list[int]] = defaultdict(list)
    for line in read(placements, now=now):
        if line.account.minutes:
            amounts[line.account.minutes].append(line.placement)
    return Counter(
        {
            minutes: actions.give_extra_time(Order(scope, actor, reason, now, chosen), minutes)
            for minutes, chosen in sorted(amounts.items())
        }
    )


# -- reading --------------------------------------------------------------------------------------------


def _batches(placements: QuerySet[Placement]) -> Iterator[list[_Row]]:
    last = 0
    while True:
        found = placements.filter(pk__gt=last).order_by("pk").values_list(*_Row._fields)[:_BATCH]
        rows = [_Row(*row) for row in found]
        if not rows:
            return
        yield rows
        last = rows[-1].pk


def _lines(rows: list[_Row], now: datetime) -> Iterator[Line]:
    sittings = [row.sitting for row in rows]
    silences: dict[int, list[Span]] = defaultdict(list)
    gaps = Silence.objects.filter(sitting__in=sittings).values_list("sitting_id", "from_ms", "to_ms")
    for pk, *span in gaps:
        silences[pk].append(Span(*span))
    changes: dict[int, list[Change]] = defaultdict(list)
    events = ClockEvent.objects.filter(sitting__in=sittings, kind__in=_CLOCK)
    for pk, event, kind, at, delta in events.values_list("sitting_id", "pk", "kind", "at", "delta_ms"):
        changes[pk].append(Change(event, kind, to_ms(at), delta))
    now_ms = to_ms(now)
    doubtful = [row.sitting for row in rows if row.sitting in silences or _is_doubtful(row, changes, now_ms)]
    stamps = _stamps(sittings, doubtful)
    slack_ms = round(settings.SEAT_KEY_SPREAD.total_seconds() * 1000)
    for row in rows:
        facts = _facts(row, stamps[row.sitting], silences[row.sitting], changes[row.sitting])
        found = account(facts, now_ms=now_ms, slack_ms=slack_ms)
        if not found.is_empty:
            yield _line(row, found)


def _is_doubtful(row: _Row, changes: dict[int, list[Change]], now_ms: int) -> bool:
    """Say whether the whole journal is needed: a second opening, or a silence that has not ended."""
    if any(change.kind == ClockChange.MOVED for change in changes[row.sitting]):
        return True
    end = to_ms(row.sitting__closed_at) if row.sitting__closed_at else now_ms
    seen = row.sitting__presence__seen_ms
    return seen is None or end - seen > SILENT_MS or row.sitting__presence__generation != 1


def _stamps(sittings: Iterable[int], doubtful: Iterable[int]) -> dict[int, list[Stamp]]:
    """Return the first opening of every sitting, and all openings and answers of the doubtful ones."""
    stamps: dict[int, list[Stamp]] = defaultdict(list)
    kinds = (EntryKind.OPEN, EntryKind.ANSWER)
    columns = ("sitting_id", "seq", "kind", "client_ms", "server_ms")
    # The first entry is found by its primary key, without reading the journals of everybody.
    first = JournalEntry.objects.filter(sitting__in=list(sittings), seq=1, kind=EntryKind.OPEN)
    rest = JournalEntry.objects.filter(sitting__in=list(doubtful), seq__gt=1, kind__in=kinds)
    for entries in (first, rest):
        for pk, seq, kind, client_ms, server_ms in entries.values_list(*columns).iterator(chunk_size=5000):
            stamps[pk].append(Stamp(seq, kind == EntryKind.OPEN, client_ms, server_ms))
    return stamps


def _facts(row: _Row, stamps: list[Stamp], silences: list[Span], changes: list[Change]) -> Facts:
    admitted = row.sitting__admission__admitted_at or row.sitting__admission__issued_at
    return Facts(
        starts_ms=to_ms(row.sitting__starts_at),
        deadline_ms=to_ms(row.sitting__deadline),
        closed_ms=to_ms(row.sitting__closed_at) if row.sitting__closed_at else 0,
        is_submitted=row.sitting__close_reason == CloseReason.SUBMITTED,
        admitted_ms=to_ms(admitted) if admitted else 0,
        seen_ms=row.sitting__presence__seen_ms or 0,
        drift_ms=row.sitting__presence__drift_ms,
        # Every page with scripts has been loaded once at least.
        has_reports=bool(row.sitting__presence__loads),
        stamps=stamps,
        silences=silences,
        changes=changes,
    )


def _line(row: _Row, found: Account) -> Line:
    person = row.candidate__person__title + row.candidate__person__first_name
    return Line(
        placement=row.pk,
        room_pk=row.seat__room,
        number=row.candidate__number,
        name=f"{person} {row.candidate__person__last_name}",
        centre=row.seat__room__centre__name_th,
        room=row.seat__room__name,
        seat=row.seat__label,
        account=found,
    )
