"""The hash chain of a sitting's journal and the answer sheet folded from it. Pure: no database, no clock.

Every entry's hash covers the previous one's, so that an entry altered, removed, inserted or moved after
the fact changes every later hash, and the last hash alone (the *head*) stands for the whole journal. The
chain starts from the sitting and its form, so that a journal cannot be shown as another sitting's.
"""

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from exams.seat.models import CloseReason, EntryKind

# Integers are hashed, not text, so that no two spellings of one entry exist.
_LAYOUT = struct.Struct(">qqhhh?qq")

CLOSE_REASONS: dict[int, CloseReason] = {
    EntryKind.SUBMIT: CloseReason.SUBMITTED,
    EntryKind.DEADLINE: CloseReason.DEADLINE,
    EntryKind.FORCED: CloseReason.FORCED,
}


class Entry(NamedTuple):
    """One journal entry without its hash. `client_ms` and `server_ms` are milliseconds since the epoch."""

    seq: int
    kind: int
    item: int = 0
    choice: int = 0
    flag: bool = False
    client_ms: int = 0
    server_ms: int = 0

    def is_resend_of(self, stored: Self) -> bool:
        """Say whether the client sent the same entry again; only the server's time may differ."""
        return self[:6] == stored[:6]


class ChainBroken(Exception):
    """A journal does not match its hashes. `seq` is the first entry that fails."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        super().__init__(f"journal entry {seq} does not match its hash")


def genesis(sitting: int, form_sha256: str) -> bytes:
    """Return the 32 bytes from which a sitting's chain starts."""
    return hashlib.sha256(f"seat-journal-1:{sitting}:{form_sha256}".encode()).digest()


def link(previous: bytes, sitting: int, entry: Entry) -> bytes:
    """Return the hash (32 bytes) of `entry` after an entry with hash `previous`."""
    seq, kind, item, choice, flag, client_ms, server_ms = entry
    packed = _LAYOUT.pack(sitting, seq, kind, item, choice, flag, client_ms, server_ms)
    return hashlib.sha256(previous + packed).digest()


@dataclass(slots=True)
class Sheet:
    """What a journal says: the current answers and how the sitting ended.

    `choices` maps a position on the form (from 1) to the option as shown (from 1); cleared answers are
    absent. `changed_ms` is the client's time of each position's last change.
    """

    head: bytes
    count: int = 0
    generation: int = 0
    choices: dict[int, int] = field(default_factory=dict)
    flags: set[int] = field(default_factory=set)
    changed_ms: dict[int, int] = field(default_factory=dict)
    closed: CloseReason | None = None
    closed_ms: int = 0

    def apply(self, entry: Entry, digest: bytes) -> None:
        """Take the next entry into account."""
        self.head, self.count = digest, entry.seq
        if entry.kind == EntryKind.ANSWER:
            if entry.choice:
                self.choices[entry.item] = entry.choice
            else:
                self.choices.pop(entry.item, None)
            (self.flags.add if entry.flag else self.flags.discard)(entry.item)
            self.changed_ms[entry.item] = entry.client_ms
        elif entry.kind == EntryKind.OPEN:
            self.generation = entry.seq
        else:
            self.closed, self.closed_ms = CLOSE_REASONS[entry.kind], entry.server_ms


def fold(sitting: int, form_sha256: str, entries: Iterable[tuple[Entry, bytes]]) -> Sheet:
    """Check a journal in order of `seq` against its hashes and return the sheet it amounts to.

    Raises ChainBroken at the first entry that is missing, doubled or altered.
    """
    sheet = Sheet(head=genesis(sitting, form_sha256))
    for entry, digest in entries:
        if entry.seq != sheet.count + 1 or link(sheet.head, sitting, entry) != bytes(digest):
            raise ChainBroken(entry.seq)
        sheet.apply(entry, bytes(digest))
    return sheet
