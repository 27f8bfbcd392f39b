"""What goes over the wire between the exam page and the seat service. Times are epoch milliseconds."""

from typing import Annotated

import msgspec

# Small enough for any honest client: one hour offline is a few hundred entries.
MAX_ENTRIES = 500
MAX_BODY_BYTES = 64 * 1024

_Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class AnswerChange(msgspec.Struct, array_like=True, frozen=True):
    """``[seq, item, choice, flag, client_ms]``: positions and options count from 1, choice 0 clears."""

    seq: Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
    item: Annotated[int, msgspec.Meta(ge=1, lt=2**15)]
    choice: Annotated[int, msgspec.Meta(ge=0, lt=2**15)]
    flag: bool
    client_ms: _Milliseconds


class Append(msgspec.Struct, frozen=True):
    """Body of ``POST /seat/<sitting>/entries``. Without entries it is a heartbeat."""

    entries: Annotated[list[AnswerChange], msgspec.Meta(max_length=MAX_ENTRIES)]


class Submit(msgspec.Struct, frozen=True):
    """Body of ``POST /seat/<sitting>/submit``."""

    seq: Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
    client_ms: _Milliseconds


class Clock(msgspec.Struct, frozen=True, omit_defaults=True):
    """Reply to everything the page sends: what is stored, and the server's time.

    `acked` is the last entry of this request that is stored. `error` is a code of
    `exams.seat.journal`'s Refused classes; what came before the refused entry is stored.
    """

    acked: int
    next_seq: int
    now: int
    deadline: int
    closed: bool = False
    error: str = ""


class Fault(msgspec.Struct, frozen=True):
    """Reply to a request that got no further than the door; `error` says why."""

    error: str
