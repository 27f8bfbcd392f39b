"""The answer journal: reading it, and appending to it in groups.

Nothing here belongs to one process. An entry's place is taken by inserting its primary key ``(sitting,
seq)``: of two writers one succeeds, and the other reads what was written and plans again. What a writer
remembers of a sitting is a belief that the insert confirms or refutes, so any process may be killed at
any time, and any number of them may serve one sitting.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

from exams.papers.models import Form
from exams.seat import timing
from exams.seat.chain import CLOSE_REASONS, ChainBroken, Entry, Sheet, fold, fold_packed, genesis, link
from exams.seat.feed import ClockFeed
from exams.seat.models import EntryKind, JournalEntry, Sitting

# Rounds of insert and re-read before giving up. Each lost round means that another writer got an entry
# in; a sitting has one candidate, so even two at once is a rarity.
_MAX_CONFLICTS = 100
# Plain SQL: the way of an answer does not pass through the ORM.
_COPY = """
COPY seat_journalentry (sitting_id, seq, kind, item, choice, flag, client_ms, server_ms, hash) FROM STDIN
"""
_INSERT = """
INSERT INTO seat_journalentry (sitting_id, seq, kind, item, choice, flag, client_ms, server_ms, hash)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_NOTE_CLOSED = """
WITH closing (sitting, closed_at, reason) AS (VALUES %s)
UPDATE seat_sitting SET closed_at = closing.closed_at, close_reason = closing.reason
FROM closing WHERE seat_sitting.id = closing.sitting
"""
# The last entry of each sitting, with the generation in force; kind 1 is EntryKind.OPEN.
_TIPS = """
SELECT tip.sitting_id, tip.seq, tip.kind, tip.hash, known.generation
FROM seat_journalentry AS tip
JOIN (
    SELECT sitting_id, MAX(seq) AS seq, COALESCE(MAX(CASE WHEN kind = 1 THEN seq END), 0) AS generation
    FROM seat_journalentry WHERE sitting_id IN (%s) GROUP BY sitting_id
) AS known ON known.sitting_id = tip.sitting_id AND known.seq = tip.seq
"""
# Entries that a client sends again, as they stand.
_STANDING = """
SELECT seq, kind, item, choice, flag, client_ms, server_ms FROM seat_journalentry
WHERE sitting_id = %s AND seq IN ({})
"""
# Journals as `chain.fold_packed` reads them. An aggregate takes its input as it comes, so the inner order is
# the order in the value; were it not, the chains would not verify.
_PACKED = """
SELECT sitting_id, string_agg(
    int8send(sitting_id) || int8send(seq) || int2send(kind) || int2send(item) || int2send(choice)
    || boolsend(flag) || int8send(client_ms) || int8send(server_ms) || hash, ''
)
FROM (
    SELECT * FROM seat_journalentry WHERE sitting_id = ANY(%s) ORDER BY sitting_id, seq
) AS entry
GROUP BY sitting_id
"""
# Looking a member up in an enumeration takes longer than all the checks that need it.
_OPEN, _ANSWER, _SUBMIT, _DEADLINE, _FORCED = map(int, EntryKind)
# As the choice of a submission: the page handed in by itself, because time was over.
AT_END = 1
# How long a remembered clock is used before it is read again, unless the feed of changes is followed.
_CLOCK_TTL_MS = 2000
# Before T-0 nothing is answered; the clocks of two machines may differ by this much.
_EARLY_MS = 5000
# Five a second for an hour. A program in a candidate's place could write millions, and marking, which folds
# the journals of many sittings at once, would run out of memory for all of them.
MAX_ENTRIES = 20_000
# A full journal can still be opened so often, so that its candidate can change machines.
_OPENINGS = 100
# About 700 bytes each.
_REMEMBERED_SITTINGS = 150_000


def now_ms() -> int:
    """Return the server's time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def to_ms(moment: datetime) -> int:
    """Return an aware datetime as milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)


def grace_ms() -> int:
    """Return how long after the deadline the server still takes what was under way, in milliseconds."""
    return int(settings.SEAT_GRACE.total_seconds() * 1000)


class Refused(Exception):
    """The journal will not take an entry; `code` says why, for machines."""

    code = "refused"
    status = 409


class UnknownSitting(Refused):
    """There is no such sitting."""

    code = "unknown_sitting"
    status = 404


class Superseded(Refused):
    """The sitting was opened again elsewhere after this token was issued."""

    code = "superseded"


class SittingClosed(Refused):
    """The sitting has been submitted."""

    code = "closed"


class DeadlinePassed(Refused):
    """The entry came after the deadline and its grace."""

    code = "deadline_passed"


class DeadlineAhead(Refused):
    """Nobody but the candidate or an officer submits a sitting whose time is not over."""

    code = "deadline_ahead"


class TooEarly(Refused):
    """The papers are not open yet."""

    code = "too_early"
    status = 425


class Paused(Refused):
    """The sitting's clock stands still; keep the entry and send it again when it runs."""

    code = "paused"


class SequenceGap(Refused):
    """Earlier entries are missing; send them first."""

    code = "sequence_gap"


class SequenceConflict(Refused):
    """Another entry stands under this number; number the entry anew."""

    code = "sequence_conflict"


class NotOnForm(Refused):
    """The form has no such item or option."""

    code = "not_on_form"
    status = 422


class JournalFull(Refused):
    """The sitting has more entries than any candidate makes; it can still be submitted."""

    code = "journal_full"


class TooBusy(Exception):
    """Other writers kept getting in between; nothing was stored."""


@dataclass(slots=True)
class Request:
    """Entries for one sitting, to be appended in order.

    `generation` is the one in the candidate's token; 0 is the system itself, which nothing supersedes.
    An entry with ``seq`` 0 takes the next free number; any other must come next or repeat what is stored.
    """

    sitting: int
    generation: int
    entries: Sequence[Entry]
    received_ms: int


@dataclass(slots=True)
class Outcome:
    """What became of a request. `acknowledged` is the number of its last stored entry, 0 if none is.

    `paused_ms` is the moment at which the clock was stopped, 0 while it runs.
    """

    acknowledged: int = 0
    next_seq: int = 0
    generation: int = 0
    form: int = 0
    starts_ms: int = 0
    deadline_ms: int = 0
    paused_ms: int = 0
    is_closed: bool = False
    error: Refused | None = None


@dataclass(slots=True)
class _State:
    """What this writer believes about a sitting."""

    form: int
    options: tuple[int, ...]
    starts_ms: int
    deadline_ms: int
    paused_ms: int
    head: bytes
    clock_read_ms: int
    next_seq: int = 1
    generation: int = 0
    is_closed: bool = False
    # What this writer appended last: most resends are of it, and need no look into the journal.
    last: Entry | None = None

    def copy(self) -> "_State":
        # A fifth of the time of copy.copy(), once an answer.
        return _State(
            self.form,
            self.options,
            self.starts_ms,
            self.deadline_ms,
            self.paused_ms,
            self.head,
            self.clock_read_ms,
            self.next_seq,
            self.generation,
            self.is_closed,
            self.last,
        )

    def tell(self, outcome: Outcome) -> Outcome:
        """Write into an outcome how the sitting stands."""
        outcome.next_seq, outcome.is_closed, outcome.form = self.next_seq, self.is_closed, self.form
        outcome.starts_ms, outcome.deadline_ms = self.starts_ms, self.deadline_ms
        outcome.paused_ms, outcome.generation = self.paused_ms, self.generation
        return outcome


# An entry about to be written: sitting, entry, hash.
_Row = tuple[int, Entry, bytes]


@dataclass(slots=True)
class _Plan:
    """What a batch would write, on copies of the states, so that a plan can be thrown away."""

    states: dict[int, _State] = field(default_factory=dict)
    rows: list[_Row] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


class Journal:
    """Appends over Django's connection of the calling thread, remembering sittings between calls."""

    def __init__(self) -> None:
        self._grace_ms = grace_ms()
        self._states: dict[int, _State] = {}
        self._options: dict[int, tuple[int, ...]] = {}
        self._feed = ClockFeed()
        self._followed_ms = 0

    def append(self, requests: Sequence[Request]) -> list[Outcome]:
        """Store what the requests bring in one durable transaction; return their outcomes in order.

        What is refused in one request harms no other; entries before the refused one are stored. When
        this returns, everything acknowledged is on disk. Raises TooBusy, or the database's own errors,
        in which case nothing is stored.
        """
        sittings = {request.sitting for request in requests}
        confirmed: set[int] = set()
        for _ in range(_MAX_CONFLICTS):
            confirmed |= self._read(sittings)
            plan = self._plan(requests)
            # A refusal may rest on an outdated belief: read again before saying no.
            doubtful = {
                request.sitting
                for request, outcome in zip(requests, plan.outcomes, strict=True)
                if outcome.error is not None
            } - confirmed
            if doubtful:
                self._forget(doubtful)
                continue
            try:
                if plan.rows:
                    _insert(plan.rows)
            except IntegrityError:
                # Another writer was first in one of these sittings.
                self._forget(sittings)
                confirmed.clear()
                continue
            self._states.update(plan.states)
            return plan.outcomes
        raise TooBusy

    def follow(self) -> None:
        """Forget the sittings whose clocks were changed or that were closed from outside since the last call.

        Called once a second it makes every remembered clock good, so that none is read again for its age.
        """
        now = now_ms()
        self._forget(self._feed.read())
        self._followed_ms = now

    def glance(self, sitting: int, generation: int) -> Outcome | None:
        """Return what a request without entries would bring, where that is known without asking anybody.

        For a machine that has nothing to store; any thread may call this. Nothing is known unless the feed of
        changes is followed, and a pass that is not the one in force is left to `append`, which reads again
        before it refuses.
        """
        state = self._states.get(sitting)
        if state is None or generation != state.generation or now_ms() - self._followed_ms > _CLOCK_TTL_MS:
            return None
        return state.tell(Outcome())

    def _forget(self, sittings: Iterable[int]) -> None:
        for sitting in sittings:
            self._states.pop(sitting, None)

    def _read(self, sittings: set[int]) -> set[int]:
        """Read the sittings not remembered and the clocks grown old; return the sittings read whole."""
        now = now_ms()
        # Not `sittings - self._states.keys()`, which walks through all that is remembered.
        unknown = {pk for pk in sittings if pk not in self._states}
        stale = set(unknown)
        if now - self._followed_ms > _CLOCK_TTL_MS:
            stale |= {pk for pk in sittings - unknown if now - self._states[pk].clock_read_ms > _CLOCK_TTL_MS}
        if not stale:
            return unknown
        if len(self._states) + len(unknown) > _REMEMBERED_SITTINGS:
            self._forget(list(self._states.keys() - sittings)[: _REMEMBERED_SITTINGS // 2])
        clocks = Sitting.objects.filter(pk__in=stale)
        rows = list(clocks.values_list("pk", "form_id", "form__sha256", "starts_at", "deadline", "paused_at"))
        self._read_options({row[1] for row in rows if row[0] in unknown})
        for pk, form, sha256, starts_at, deadline, paused_at in rows:
            clock = to_ms(starts_at), to_ms(deadline), to_ms(paused_at) if paused_at else 0
            if pk in unknown:
                self._states[pk] = _State(form, self._options[form], *clock, genesis(pk, sha256), now)
            else:
                # A new one, since another thread may be looking at this one.
                state = self._states[pk].copy()
                state.starts_ms, state.deadline_ms, state.paused_ms = clock
                state.clock_read_ms = now
                self._states[pk] = state
        for pk, seq, kind, digest, generation in _read_tips(unknown):
            state = self._states[pk]
            state.head, state.next_seq, state.generation = bytes(digest), seq + 1, generation
            state.is_closed = kind in CLOSE_REASONS
        return unknown

    def _read_options(self, forms: set[int]) -> None:
        """Learn the number of options of each item of these forms, in one query. Forms never change."""
        if len(self._options) > _REMEMBERED_SITTINGS:
            self._options.clear()
        if unknown := forms - self._options.keys():
            papers = Form.objects.filter(pk__in=unknown).values_list("pk", "paper")
            for pk, paper in papers:
                self._options[pk] = tuple(len(item["options"]) for item in paper["items"])

    def _plan(self, requests: Sequence[Request]) -> _Plan:
        plan = _Plan()
        for request in requests:
            outcome = Outcome()
            plan.outcomes.append(outcome)
            state = plan.states.get(request.sitting)
            if state is None:
                if request.sitting not in self._states:
                    outcome.error = UnknownSitting()
                    continue
                state = plan.states[request.sitting] = self._states[request.sitting].copy()
            try:
                _check_generation(state, request)
                standing = _Standing(request, plan.rows)
                for entry in request.entries:
                    outcome.acknowledged = _take(plan.rows, state, request, entry, standing, self._grace_ms)
            except Refused as refused:
                outcome.error = refused
            state.tell(outcome)
        return plan


class _Standing:
    """What stands in a sitting's journal, or earlier in the same batch, under the numbers of a request.

    Read at the first question, and all at once: a client that lost a reply sends hundreds of entries again,
    and everybody else waits while they are looked up.
    """

    __slots__ = ("_entries", "_request", "_rows", "_seen")

    def __init__(self, request: Request, rows: list[_Row]) -> None:
        self._request, self._rows, self._seen = request, rows, 0
        self._entries: dict[int, Entry] | None = None

    def has(self, entry: Entry) -> bool:
        """Say whether exactly this entry stands there."""
        if self._entries is None:
            self._entries = _read_entries_under(
                self._request.sitting, {sent.seq for sent in self._request.entries}
            )
        for sitting, planned, _ in islice(self._rows, self._seen, None):
            if sitting == self._request.sitting:
                self._entries[planned.seq] = planned
        self._seen = len(self._rows)
        stored = self._entries.get(entry.seq)
        return stored is not None and entry.is_resend_of(stored)


def _take(
    rows: list[_Row], state: _State, request: Request, entry: Entry, standing: _Standing, grace: int
) -> int:
    """Plan one entry and return its number. Raises a Refused subclass."""
    if 0 < entry.seq < state.next_seq and (
        (state.last is not None and entry.is_resend_of(state.last)) or standing.has(entry)
    ):
        # Stored is stored: a resend is acknowledged even when the sitting has closed since.
        return entry.seq
    _check(state, request, entry, grace)
    _seq, kind, item, choice, flag, client_ms, _ = entry
    entry = Entry(state.next_seq, kind, item, choice, flag, client_ms, request.received_ms)
    state.head, state.next_seq = link(state.head, request.sitting, entry), entry.seq + 1
    state.last = entry
    rows.append((request.sitting, entry, state.head))
    if kind == _OPEN:
        state.generation = entry.seq
    elif kind in CLOSE_REASONS:
        state.is_closed = True
    return entry.seq


def _check_generation(state: _State, request: Request) -> None:
    if request.generation not in (0, state.generation):
        raise Superseded


def _check(state: _State, request: Request, entry: Entry, grace: int) -> None:
    """Raise the Refused subclass that says why the entry cannot be appended now, if it cannot."""
    if state.is_closed:
        raise SittingClosed
    _check_time(state, request.received_ms, entry, grace)
    if entry.seq > state.next_seq:
        raise SequenceGap
    if 0 < entry.seq < state.next_seq:
        raise SequenceConflict
    if entry.kind == _ANSWER and not (
        1 <= entry.item <= len(state.options) and 0 <= entry.choice <= state.options[entry.item - 1]
    ):
        raise NotOnForm
    if state.next_seq > MAX_ENTRIES and (
        entry.kind == _ANSWER or (entry.kind == _OPEN and state.next_seq > MAX_ENTRIES + _OPENINGS)
    ):
        raise JournalFull


def _check_time(state: _State, now: int, entry: Entry, grace: int) -> None:
    """Raise what the sitting's clock has against this entry now."""
    kind = entry.kind
    is_over = timing.is_over(state.deadline_ms, now, grace) and not state.paused_ms
    if kind == _FORCED:
        return
    if kind == _DEADLINE:
        if not is_over:
            raise DeadlineAhead
        return
    if is_over:
        raise DeadlinePassed
    if kind != _OPEN:
        _check_running(state, now, grace)
    # A page that hands in because time is over may not have heard of extra time yet.
    if kind == _SUBMIT and entry.choice == AT_END and now < state.deadline_ms - _EARLY_MS:
        raise DeadlineAhead


def _check_running(state: _State, now: int, grace: int) -> None:
    """Raise TooEarly or Paused while the clock does not run for candidates."""
    if now < state.starts_ms - _EARLY_MS:
        raise TooEarly
    # What was under way when the clock was stopped is taken, as at the deadline.
    if state.paused_ms and now > max(state.paused_ms, state.starts_ms) + grace:
        raise Paused


def _read_entries_under(sitting: int, numbers: Collection[int]) -> dict[int, Entry]:
    """Return the stored entries of a sitting under these numbers."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING.format(", ".join(["%s"] * len(numbers))), [sitting, *numbers])
        return {row[0]: Entry(*row) for row in cursor.fetchall()}


def _copy_line(row: _Row) -> str:
    sitting, (seq, kind, item, choice, flag, client_ms, server_ms), digest = row
    numbers = f"{sitting}\t{seq}\t{kind}\t{item}\t{choice}\t{flag:d}\t{client_ms}\t{server_ms}"
    return f"{numbers}\t\\\\x{digest.hex()}\n"


def _insert(rows: Sequence[_Row]) -> None:
    """Write rows, and the sittings' own note of being closed, in one transaction that ends on disk.

    Raises IntegrityError when any of the primary keys is taken; then nothing is written.
    """
    closing = [row for row in rows if row[1].kind in CLOSE_REASONS]
    is_postgres = connection.vendor == "postgresql"
    # COPY alone is a transaction by itself; BEGIN and COMMIT would be two more round trips.
    # `durable` refuses to run inside an outer transaction, whose end we would acknowledge too early.
    is_alone = is_postgres and not closing and not connection.in_atomic_block
    with nullcontext() if is_alone else transaction.atomic(durable=True), connection.cursor() as cursor:
        if is_postgres:
            # COPY takes a fraction of the time of an INSERT with as many values.
            with connection.wrap_database_errors, cursor.copy(_COPY) as copying:
                copying.write("".join(map(_copy_line, rows)))
        else:
            cursor.executemany(_INSERT, [(sitting, *entry, digest) for sitting, entry, digest in rows])
        _note_closed(cursor, closing)


def _note_closed(cursor: CursorWrapper, rows: Sequence[_Row]) -> None:
    """Copy the closing entries to their sittings; one statement, however many submit together."""
    values: list[Any] = []
    for sitting, entry, _ in rows:
        closed_at = datetime.fromtimestamp(entry.server_ms / 1000, UTC)
        values += (
            sitting,
            connection.ops.adapt_datetimefield_value(closed_at),
            CLOSE_REASONS[entry.kind].value,
        )
    if rows:
        cursor.execute(_NOTE_CLOSED % ", ".join(["(%s, %s, %s)"] * len(rows)), values)


def _read_tips(sittings: Iterable[int]) -> list[tuple[int, int, int, bytes, int]]:
    """Return (sitting, seq, kind, hash, generation) of the last entry of each sitting that has any."""
    if not (wanted := list(sittings)):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_TIPS % ", ".join(["%s"] * len(wanted)), wanted)
        return list(cursor.fetchall())


def _entries(stored: QuerySet[JournalEntry]) -> Iterator[tuple[int, Entry, bytes]]:
    """Yield (sitting, entry, hash) in the order of the chains."""
    columns = ("sitting_id", "seq", "kind", "item", "choice", "flag", "client_ms", "server_ms", "hash")
    rows = stored.order_by("sitting_id", "seq").values_list(*columns)
    for sitting, *entry, digest in rows.iterator(chunk_size=5000):
        yield sitting, Entry(*entry), bytes(digest)


def read_entries(sitting: int) -> list[tuple[Entry, bytes]]:
    """Return the entries of one sitting with their hashes as stored, in order and unchecked."""
    return [(entry, digest) for _, entry, digest in _entries(JournalEntry.objects.filter(sitting=sitting))]


def read_sheets(sittings: Sequence[int]) -> dict[int, Sheet]:
    """Return the folded sheet of each sitting, in a constant number of queries.

    Raises ChainBroken when a stored journal does not match its hashes.
    """
    forms = dict(Sitting.objects.filter(pk__in=sittings).values_list("pk", "form__sha256"))
    journals: dict[int, list[tuple[Entry, bytes]]] = {pk: [] for pk in forms}
    for sitting, entry, digest in _entries(JournalEntry.objects.filter(sitting__in=list(forms))):
        journals[sitting].append((entry, digest))
    return {pk: fold(pk, forms[pk], journal) for pk, journal in journals.items()}


def stream_sheets(forms: Mapping[int, str]) -> Iterator[tuple[int, Sheet | ChainBroken]]:
    """Yield each sitting that has a journal, with its sheet or with what is wrong with the journal.

    `forms` maps sittings to the hashes of their forms. To be called in a transaction. Memory is that of a
    few journals, however many there are: PostgreSQL packs one journal into one value while this process
    folds the one before.
    """
    is_packed = connection.vendor == "postgresql"
    fold_one: Any = fold_packed if is_packed else fold
    for sitting, journal in _packed(forms) if is_packed else _journals(forms):
        try:
            yield sitting, fold_one(sitting, forms[sitting], journal)
        except ChainBroken as error:
            yield sitting, error


def _packed(forms: Mapping[int, str]) -> Iterator[tuple[int, bytes]]:
    import psycopg

    connection.ensure_connection()
    # Django's own cursors take values as text only, and all of them at once.
    with psycopg.Cursor(connection.connection) as cursor:
        # With the usual 4 MB the map of the pages that a batch touches loses its detail in a full round's
        # journal, and every batch would look at every entry. It holds until the transaction ends.
        cursor.execute("SET LOCAL work_mem = '64MB'")
        yield from cursor.stream(_PACKED, [list(forms)], binary=True)


def _journals(forms: Mapping[int, str]) -> Iterator[tuple[int, list[tuple[Entry, bytes]]]]:
    rows = _entries(JournalEntry.objects.filter(sitting__in=list(forms)))
    for sitting, journal in groupby(rows, key=itemgetter(0)):
        yield sitting, [(entry, digest) for _, entry, digest in journal]
