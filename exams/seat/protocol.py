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


_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**15)]


class Status(msgspec.Struct, array_like=True, frozen=True):
    """``[client_ms, answered, flagged, unsent, loads, left, is_durable, has_paper]``: the machine of itself.

    `client_ms` is its calendar when it wrote this; `unsent` the answers it had kept before; `loads` how
    often the page was loaded and `left` how often its window was left; `is_durable` says that it keeps
    answers on its own disk, and `has_paper` is false while it waits for a sealed paper that it has not got.
    """

    client_ms: _Milliseconds
    answered: _Count
    flagged: _Count
    unsent: _Count
    loads: _Count
    left: _Count
    is_durable: bool
    has_paper: bool = True


class Append(msgspec.Struct, frozen=True):
    """Body of ``POST /seat/<sitting>/entries``. Without entries it is a heartbeat."""

    entries: Annotated[list[AnswerChange], msgspec.Meta(max_length=MAX_ENTRIES)]
    status: Status | None = None


class Submit(msgspec.Struct, frozen=True):
    """Body of ``POST /seat/<sitting>/submit``.

    `at_end`: the page hands in because time is over, not because the candidate wants to. It is refused
    with ``deadline_ahead`` where the server knows of more time than the page.
    """

    seq: Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
    client_ms: _Milliseconds
    at_end: bool = False


class Clock(msgspec.Struct, frozen=True, omit_defaults=True):
    """Reply to everything the page sends: what is stored, and the server's time.

    `acked` is the last entry of this request that is stored. `error` is a code of
    `exams.seat.journal`'s Refused classes; what came before the refused entry is stored. `paused` is when
    the clock was stopped, 0 while it runs. `beat` is in how many milliseconds to say something again when
    there is nothing to send; the server spreads it. `receipt`, of a closed sitting, is in how many to load
    the receipt.
    """

    acked: int
    next_seq: int
    now: int
    starts: int
    deadline: int
    beat: int
    paused: int = 0
    receipt: int = 0
    closed: bool = False
    error: str = ""


class Enter(msgspec.Struct, frozen=True):
    """Body of ``POST /seat/enter``. `nonce` names the page, so that it may repeat an unanswered request."""

    number: Annotated[str, msgspec.Meta(max_length=40)]
    code: Annotated[str, msgspec.Meta(max_length=40)]
    nonce: Annotated[str, msgspec.Meta(max_length=32, pattern="^[0-9A-Za-z]*$")] = ""


class Entered(msgspec.Struct, frozen=True):
    """Reply to a right code: where to go; the same token is set as a cookie."""

    path: str
    token: str


class Paper(msgspec.Struct, frozen=True):
    """Reply to ``GET /seat/<sitting>/paper``: the sealed bundle, and when to ask for its key.

    `form` is the paper's own SHA-256, from which its key is derived; `sha256` names the bundle's bytes.
    """

    bundle: str
    sha256: str
    size: int
    form: str
    now: int
    starts: int
    key_at: int


class Key(msgspec.Struct, frozen=True):
    """Reply to ``GET /seat/<sitting>/key`` from T-0 on: the same for everybody in the round."""

    key: str


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """Reply to a request that got no further than the door; `error` says why.

    `retry_ms`: come back in so many milliseconds, spread by the server. `left`: tries that a code has
    left. `opens`: when the papers open, with the server's time in `now`.
    """

    error: str
    retry_ms: int = 0
    left: int = 0
    opens: int = 0
    now: int = 0
