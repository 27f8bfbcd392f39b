"""The log of what was acknowledged: fixed records, appended by the generator, read by the audit.

A record is 25 bytes, little-endian: sitting, number in the journal, the client's milliseconds, when the
acknowledgement came (milliseconds since the doors opened), item, choice, what it is, which process of the
service said so.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

_LAYOUT = struct.Struct("<IIqIHBBB")
RECORD_BYTES = _LAYOUT.size
_FLAG = 0x80


class Kind(IntEnum):
    """What a record says."""

    # The server has said that it holds this answer.
    ANSWER = 1
    # The server has said that it holds the submission.
    SUBMISSION = 2
    # Sent, or kept to be sent, and never acknowledged: it may be in the journal or not.
    UNSETTLED = 3
    # The candidate has got in with number and code; the number is that of the next entry.
    ENTERED = 4
    # A reply has told of more time than the machine knew; the client's milliseconds are the new deadline.
    DEADLINE = 5


class Acked(NamedTuple):
    """One record; `at_ms` counts from the opening of the doors, `process` is the service's index."""

    sitting: int
    seq: int
    client_ms: int
    at_ms: int
    item: int
    choice: int
    flag: bool
    kind: Kind
    process: int


def pack(record: Acked) -> bytes:
    """Return a record's bytes."""
    bits = record.kind | (_FLAG if record.flag else 0)
    at_ms = max(0, record.at_ms)
    return _LAYOUT.pack(
        record.sitting, record.seq, record.client_ms, at_ms, record.item, record.choice, bits, record.process
    )


def unpack(data: bytes) -> Iterator[Acked]:
    """Yield the records of a log, or of a part of one that begins and ends with whole records."""
    for sitting, seq, client_ms, at_ms, item, choice, bits, process in _LAYOUT.iter_unpack(data):
        kind = Kind(bits & ~_FLAG)
        yield Acked(sitting, seq, client_ms, at_ms, item, choice, bool(bits & _FLAG), kind, process)


def read_groups(folder: Path, size: int) -> dict[int, bytes]:
    """Return the records of all logs of a folder, those of `size` consecutive sittings together.

    The key is the sitting divided by `size`. 100,000 seats with a hundred answers each are 250 MB.
    """
    groups: dict[int, bytearray] = {}
    for path in sorted(folder.glob("acked-*.bin")):
        data = path.read_bytes()
        for offset in range(0, len(data), RECORD_BYTES):
            sitting = int.from_bytes(data[offset : offset + 4], "little")
            groups.setdefault(sitting // size, bytearray()).extend(data[offset : offset + RECORD_BYTES])
    return {key: bytes(group) for key, group in groups.items()}
