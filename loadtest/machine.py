"""What a candidate's machine keeps and sends: the bookkeeping of ``sheet.js`` and ``sender.js``. Pure.

It is written from those files, not from the server's, so that a disagreement between page and server shows
here too.
"""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import msgspec

# As in sender.js.
BATCH = 200
TIMEOUT_S = 10.0
RETRY_MS = (1000, 2000, 4000, 8000, 15_000)
HEARTBEAT_MS = 60_000
_HELD = frozenset({"paused", "too_early"})
_NOT_OURS = frozenset({"not_on_form", "malformed"})
_TOO_LATE = frozenset({"deadline_passed", "closed"})


class Record(NamedTuple):
    """One change on the machine. `item` 0 is the submission; `choice` is then 1 where time was over."""

    seq: int
    item: int
    choice: int
    flag: bool
    client_ms: int


class Clock(msgspec.Struct):
    """The reply to everything a machine sends; what is absent is 0."""

    acked: int = 0
    next_seq: int = 0
    now: int = 0
    deadline: int = 0
    starts: int = 0
    paused: int = 0
    beat: int = 0
    retry_ms: int = 0
    closed: bool = False
    error: str = ""


class State(Enum):
    """Where the machine stands."""

    OPEN = "open"
    # The sitting is closed, and this machine knows it.
    CLOSED = "closed"
    # It is closed although this machine still had answers.
    LATE = "late"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


decode_clock = msgspec.json.Decoder(Clock).decode
_encode = msgspec.json.Encoder().encode


class Machine:
    """One machine in one sitting, from its entering to its end."""

    __slots__ = (
        "acked_seq",
        "beat_ms",
        "deadline_ms",
        "failures",
        "is_held",
        "next_seq",
        "paused_ms",
        "pending",
        "regressed",
        "state",
    )

    def __init__(self, next_seq: int, deadline_ms: int) -> None:
        self.next_seq = next_seq
        self.deadline_ms = deadline_ms
        self.beat_ms = HEARTBEAT_MS
        self.pending: list[Record] = []
        self.acked_seq = next_seq - 1
        self.failures = 0
        # The last message was put off until the clock runs; and since when it stands still, 0 while it runs.
        self.is_held = False
        self.paused_ms = 0
        self.state = State.OPEN
        # How often the server asked again for what it had acknowledged: never, if it keeps its word.
        self.regressed = 0

    def change(self, item: int, choice: int, client_ms: int, *, flag: bool) -> Record:
        """Record an answer with its flag."""
        record = Record(self.next_seq, item, choice, flag, client_ms)
        self.pending.append(record)
        self.next_seq += 1
        return record

    def submit(self, client_ms: int, *, at_end: bool) -> None:
        """Record the submission, once; `at_end` says that the page hands in because time is over."""
        if not self.is_submitting:
            self.pending.append(Record(self.next_seq, 0, int(at_end), flag=False, client_ms=client_ms))
            self.next_seq += 1

    @property
    def is_submitting(self) -> bool:
        """Whether the submission is on its way."""
        return bool(self.pending) and self.pending[-1].item == 0

    def message(self, status: Sequence[object]) -> tuple[str, bytes]:
        """Return the next request, ``entries`` or ``submit``, and its body; `status` goes with entries."""
        pending = self.pending
        if pending and pending[0].item == 0:
            seq, _item, at_end, _flag, client_ms = pending[0]
            return "submit", _encode({"seq": seq, "client_ms": client_ms, "at_end": bool(at_end)})
        entries = [record for record in pending[:BATCH] if record.item]
        return "entries", _encode({"entries": entries, "status": status})

    @property
    def left_behind(self) -> int:
        """How many changes stay unsent after the next message."""
        return len(self.pending) - sum(record.item > 0 for record in self.pending[:BATCH])

    def wait_ms(self) -> int:
        """Return how long to wait after one more exchange that came to nothing, before jitter."""
        wait = RETRY_MS[min(self.failures, len(RETRY_MS) - 1)]
        self.failures += 1
        return wait

    def digest(self, reply: Clock) -> list[Record]:
        """Take a reply into account; return the records that it acknowledges."""
        settled: list[Record] = []
        if reply.deadline:
            self.deadline_ms = reply.deadline
        self.beat_ms = reply.beat or HEARTBEAT_MS
        self.is_held = reply.error in _HELD
        self.paused_ms = reply.paused
        if reply.acked:
            settled = [record for record in self.pending if record.seq <= reply.acked]
            self.pending = self.pending[len(settled) :]
            self.acked_seq = max(self.acked_seq, reply.acked)
        if reply.error == "sequence_gap":
            self._fill_gap(reply.next_seq)
        elif reply.error == "sequence_conflict":
            self._renumber(reply.next_seq)
        elif reply.error in _NOT_OURS and self.pending:
            self._drop(self.pending[:1], reply.next_seq or self.pending[0].seq)
        elif reply.error == "journal_full":
            self._drop([record for record in self.pending if record.item], reply.next_seq)
        elif reply.error == "deadline_ahead":
            # There is more time than the page knew: it goes on.
            self._drop(self.pending[-1:], reply.next_seq)
        else:
            self._end(reply)
        return settled

    def _end(self, reply: Clock) -> None:
        """Take note of the end, if the reply says so."""
        if reply.error in _TOO_LATE:
            self.state = State.LATE
        elif reply.closed:
            self.state = State.CLOSED
        elif reply.error and not self.is_held:
            self.state = State.SUPERSEDED if reply.error == "superseded" else State.REFUSED

    def _drop(self, records: Sequence[Record], seq: int) -> None:
        self.pending = [record for record in self.pending if record not in records]
        self._renumber(seq)

    def _fill_gap(self, seq: int) -> None:
        if seq <= self.acked_seq:
            self.regressed += 1
        if not self.pending or self.pending[0].seq != seq:
            self._renumber(seq)

    def _renumber(self, seq: int) -> None:
        self.pending = [record._replace(seq=seq + n) for n, record in enumerate(self.pending)]
        self.next_seq = seq + len(self.pending)
