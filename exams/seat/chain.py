"""The hash chain of a sitting's journal and the answer sheet folded from it. Pure: no database, no clock.

Every entry's hash covers the previous one's, so that an entry altered, removed, inserted or moved after
the fact changes every later hash, and the last hash alone (the *head*) stands for the whole journal. The
chain starts from the sitting and its form, so that a journal cannot be shown as another sitting's.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from exams.seat.models import CloseReason, EntryKind

# Integers are hashed, not text, so that no two spellings of one entry exist.
_LAYOUT = struct.Struct(">qqhhh?qq")
_HASH_SIZE = 32
# An entry as it is hashed, then its hash. Packed one behind the other, what an entry's hash covers (the
# previous hash and the entry) lies in one piece.
_RECORD = struct.Struct(_LAYOUT.format + f"{_HASH_SIZE}s")

CLOSE_REASONS: dict[int, CloseReason] = {
    EntryKind.SUBMIT: CloseReason.SUBMITTED,
    EntryKind.DEADLINE: CloseReason.DEADLINE,
    EntryKind.FORCED: CloseReason.FORCED,
}
# Looking a member up in an enumeration takes longer than hashing.
_OPEN, _ANSWER = int(EntryKind.OPEN), int(EntryKind.ANSWER)


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


def fold(sitting: int, form_sha256: str, entries: Iterable[tuple[Entry, bytes]]) -> Sheet:
    """Check a journal in order of `seq` against its hashes and return the sheet it amounts to.

    Raises ChainBroken at the first entry that is missing, doubled or altered.
    """
    return fold_packed(sitting, form_sha256, b"".join(_records(sitting, entries)))


def _records(sitting: int, entries: Iterable[tuple[Entry, bytes]]) -> Iterator[bytes]:
    for entry, digest in entries:
        if len(digest) != _HASH_SIZE:
            raise ChainBroken(entry.seq)
        yield _RECORD.pack(sitting, *entry, digest)


def fold_packed(sitting: int, form_sha256: str, packed: bytes) -> Sheet:
    """Fold a journal packed entry by entry as hashed, each followed by its hash. Raises ChainBroken.

    The database packs so when a full round is marked; the loop then runs some thirteen million times, which
    is why it is one loop. That every entry names the sitting leaves no room for a hash of another length.
    """
    if len(packed) % _RECORD.size:
        raise ChainBroken(len(packed) // _RECORD.size + 1)
    sheet = Sheet(head=genesis(sitting, form_sha256))
    sha256, size = hashlib.sha256, _RECORD.size
    chain, start, count = sheet.head + packed, 0, 0
    choices, flags, changed_ms = sheet.choices, {}, sheet.changed_ms
    for owner, seq, kind, item, choice, flag, client_ms, server_ms, digest in _RECORD.iter_unpack(packed):
        count += 1
        covered = chain[start : start + size]
        if seq != count or owner != sitting or sha256(covered).digest() != digest:
            raise ChainBroken(seq)
        start += size
        if kind == _ANSWER:
            choices[item], flags[item], changed_ms[item] = choice, flag, client_ms
        elif kind == _OPEN:
            sheet.generation = seq
        else:
            sheet.closed, sheet.closed_ms = CLOSE_REASONS[kind], server_ms
    sheet.head, sheet.count = chain[-_HASH_SIZE:], count
    sheet.choices = {item: choice for item, choice in choices.items() if choice}
    sheet.flags = {item for item, is_flagged in flags.items() if is_flagged}
    return sheet
