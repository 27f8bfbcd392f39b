"""The Locust user: one candidate, from the door to the end of the sitting.

A process of the generator has one `Hall`, in which its candidates find their places, codes and ways to the
service. Each candidate is one greenlet that sleeps most of the day.
"""

import hashlib
import random
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import gevent
import msgspec
from gevent.event import Event
from locust import User, task
from locust.exception import StopUser

from loadtest.acked import Acked, Kind, pack
from loadtest.machine import TIMEOUT_S, Clock, Machine, Record, State, decode_clock
from loadtest.plan import Plan, behaviour, centre_address, mistyped
from loadtest.wire import Connections, Lost, Reply

OK, PARTIAL, FORBIDDEN, CONFLICT, TOO_EARLY, TOO_MANY, SERVER_ERROR = 200, 206, 403, 409, 425, 429, 500
# Under way at once to one process of the service; both ends may open 20,000 files.
_POOL_SIZE = 4000
# Shares of all messages that the network delivers twice, late, or before the one that comes first.
_DOUBLED, _LATE, _AHEAD = 0.02, 0.01, 0.25
# Shares of all changes: a second thought right after, back to an earlier item, only the flag, cleared.
_SECOND_THOUGHT, _GO_BACK, _FLAG_ONLY, _CLEAR = 0.1, 0.15, 0.08, 0.02
# How much of a bundle each candidate asks for; each process reads every bundle whole, once.
_SAMPLE_BYTES = 1024


class Pass(msgspec.Struct):
    """Reply to the seat code."""

    token: str


class PaperReply(msgspec.Struct):
    """Where the sealed paper is, and when to ask for its key."""

    bundle: str
    sha256: str
    size: int
    key_at: int


class KeyReply(msgspec.Struct):
    """The paper key, the same for everybody."""

    key: str


_decode_key = msgspec.json.Decoder(KeyReply).decode
_decode_pass = msgspec.json.Decoder(Pass).decode
_decode_paper = msgspec.json.Decoder(PaperReply).decode


@dataclass(slots=True)
class Place:
    """A seat of this process: which sitting, whose number, the code that the room has given.

    `address` is that of the centre's network, which nginx would hand on.
    """

    index: int
    sitting: int
    number: str
    address: str
    code: str = ""
    admitted: Event = field(default_factory=Event)


class Hall:
    """What the candidates of one process share."""

    def __init__(self, plan: Plan, fire: Callable[..., None]) -> None:
        self.plan = plan
        self.counts: Counter[str] = Counter()
        self.phase = "check-in"
        self._fire = fire
        self._places: dict[int, Place] = {}
        self._waiting: deque[Place] = deque()
        self._log = bytearray()
        self._bundles: dict[str, bytes] = {}
        self.random = random.Random(plan.seed)  # noqa: S311 (a simulation, not a secret)
        self.connections = Connections(
            plan.services, size=_POOL_SIZE, owns=plan.owns_connections, timeout_s=TIMEOUT_S
        )
        gevent.spawn(self._keep_phase)

    def _keep_phase(self) -> None:
        while True:
            self.phase = self.plan.phase(now_ms())
            gevent.sleep(0.2)

    def seat(self, places: list[tuple[int, int, str]]) -> None:
        """Take the places (index, sitting, candidate number) that this process plays."""
        for index, sitting, number in places:
            place = Place(index, sitting, number, centre_address(index))
            self._places[sitting] = place
            self._waiting.append(place)

    def take_place(self) -> Place | None:
        """Return a place that nobody has taken."""
        return self._waiting.popleft() if self._waiting else None

    def admit(self, codes: list[tuple[int, str]]) -> None:
        """Hand codes out. A second code for a sitting sends its candidate to another machine."""
        for sitting, code in codes:
            place = self._places[sitting]
            place.code = code
            place.admitted.set()

    def ask(self, action: str, request: bytes, place: Place) -> Reply | None:
        """Send a request and enter it in Locust's statistics; None where no reply came."""
        began = time.perf_counter()
        error: Exception | None = None
        reply: Reply | None = None
        try:
            reply = self.connections.exchange(request, self._home(place), place.index)
            if is_failure(reply):
                error = Lost(f"status {reply.status}")
        except Lost as lost:
            error = lost
        self._fire(
            request_type=request[: request.index(b" ")].decode(),
            name=f"{self.phase} {action}",
            response_time=(time.perf_counter() - began) * 1000,
            response_length=len(reply.body) if reply else 0,
            exception=error,
            context={},
        )
        return reply

    def cut_off(self, request: bytes, place: Place) -> None:
        """Send a request whose reply the network will not bring back."""
        self.counts["cut off"] += 1
        self.connections.cut_off(request, self._home(place), place.index)

    def _home(self, place: Place) -> int:
        return place.sitting % len(self.plan.services)

    def record(self, place: Place, record: Record, kind: Kind, process: int) -> None:
        """Remember what the server has acknowledged, or what it never did."""
        at_ms = now_ms() - self.plan.doors_ms
        seq, item, choice, flag, client_ms = record
        self._log += pack(Acked(place.sitting, seq, client_ms, at_ms, item, choice, flag, kind, process))
        self.counts[kind.name] += 1

    def take_log(self) -> bytes:
        """Return what was recorded since the last call."""
        log, self._log = bytes(self._log), bytearray()
        return log

    def bundle(self, paper: PaperReply, read: Callable[[], bytes | None]) -> bytes | None:
        """Return a sealed paper, which `read` fetches once a process; None where it is not as named."""
        if paper.sha256 not in self._bundles:
            data = read()
            if data is None or hashlib.sha256(data).hexdigest() != paper.sha256 or len(data) != paper.size:
                return None
            self._bundles[paper.sha256] = data
        return self._bundles[paper.sha256]


def now_ms() -> int:
    """Return the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def is_failure(reply: Reply) -> bool:
    """Say whether the same request has to be sent again."""
    return reply.status >= SERVER_ERROR or reply.status == TOO_MANY


def _sleep_until(moment_ms: float) -> None:
    # gevent's loop has one clock a turn; a millisecond more saves waking up just before the moment.
    gevent.sleep(max(0.0, moment_ms - now_ms() + 1) / 1000)


class Candidate(User):
    """One candidate. `hall` is set by the process before any is made."""

    hall: Hall
    machine: Machine
    token = ""
    # The end of the time, as this candidate has been told last.
    deadline_ms = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place = self.hall.take_place()

    @task
    def sit(self) -> None:
        """Play the whole day, once."""
        if self.place is not None:
            try:
                self._day(self.place)
            except Exception:
                self.hall.counts["broken"] += 1
                raise
            self.hall.counts["ended"] += 1
        raise StopUser

    def _day(self, place: Place) -> None:
        plan, hall = self.hall.plan, self.hall
        self.behaviour = behaviour(plan, place.index)
        self.sheet = bytearray(plan.items + 1)
        self.flags = 0
        self.reached = 0
        place.admitted.wait()
        # Walks to the seat and types.
        gevent.sleep(hall.random.uniform(0, 4))
        if self.behaviour.mistypes:
            self._mistype(place)
        self._enter(place)
        self._fetch_paper(place)
        if self.behaviour.asks_early and now_ms() < plan.starts_ms - 2000:
            self._ask_early(place)
        self._open_paper(place)
        self._answer(place)

    # -- the door -----------------------------------------------------------------------------------

    def _mistype(self, place: Place) -> None:
        """Type the code wrong; the door must stay shut, and open to the right one after."""
        request = _enter_request(place, mistyped(place.code), self._nonce())
        reply = self.hall.ask("enter, mistyped", request, place)
        if reply is not None and not is_failure(reply):
            is_refused = reply.status == FORBIDDEN and decode_clock(reply.body).error == "wrong_code"
            self.hall.counts["mistyped" if is_refused else "refused mistyped otherwise"] += 1
        # Looks at the slip of paper again.
        gevent.sleep(self.hall.random.uniform(2, 6))

    def _nonce(self) -> str:
        return f"{self.hall.random.getrandbits(64):016x}"

    def _enter(self, place: Place) -> None:
        """Open the sitting with number and code, and learn where its journal stands."""
        code = place.code
        reply = self._insist("enter", _enter_request(place, code, self._nonce()), place)
        self.token = _decode_pass(reply.body).token
        self.entered_with = code
        clock = decode_clock(self._insist("heartbeat", self._entries(b'{"entries":[]}'), place).body)
        self.machine = Machine(clock.next_seq, clock.deadline)
        here = Record(clock.next_seq, 0, 0, flag=False, client_ms=now_ms())
        self.hall.record(place, here, Kind.ENTERED, reply.process)
        self._note_deadline(place, reply.process)

    def _insist(self, action: str, request: bytes, place: Place, *, expects: int = OK) -> Reply:
        """Ask until the expected reply comes, with the page's patience. Raises Refused."""
        patience = Machine(1, 0)
        while True:
            reply = self.hall.ask(action, request, place)
            if reply is not None and reply.status == expects:
                return reply
            if reply is not None and not is_failure(reply):
                self.hall.counts[f"refused {action} {reply.status}"] += 1
                raise StopUser
            self._wait(patience, reply)

    def _wait(self, machine: Machine, reply: Reply | None) -> None:
        gevent.sleep(self._patience_ms(machine, reply) / 1000)

    def _patience_ms(self, machine: Machine, reply: Reply | None) -> float:
        """Return how long to wait after a failure: what the server asks for, or longer every time."""
        told = 0
        if reply is not None and is_failure(reply):
            with suppress(msgspec.DecodeError):
                told = decode_clock(reply.body).retry_ms
        # Never sooner than the server asked, and not a whole room at one moment.
        return max(machine.wait_ms() * self.hall.random.uniform(0.75, 1.25), told)

    # -- the paper ----------------------------------------------------------------------------------

    def _fetch_paper(self, place: Place) -> None:
        """Fetch the sealed paper: a part of it, compared with what this process has read whole."""
        hall = self.hall
        reply = self._insist("paper", _get(place, f"/seat/{place.sitting}/paper", self.token), place)
        paper = _decode_paper(reply.body)
        self.key_at = paper.key_at

        def read() -> bytes:
            return self._insist("bundle", _get(place, paper.bundle, ""), place).body

        whole = hall.bundle(paper, read)
        if whole is None:
            hall.counts["bundle altered"] += 1
            return
        first = hall.random.randrange(max(1, len(whole) - _SAMPLE_BYTES))
        last = min(first + _SAMPLE_BYTES, len(whole)) - 1
        ranged = _get(place, paper.bundle, "", f"range: bytes={first}-{last}\r\n")
        if self._insist("bundle part", ranged, place, expects=PARTIAL).body != whole[first : last + 1]:
            hall.counts["bundle altered"] += 1

    def _ask_early(self, place: Place) -> None:
        reply = self.hall.ask("key too early", _get(place, f"/seat/{place.sitting}/key", self.token), place)
        if reply is not None and reply.status != TOO_EARLY:
            self.hall.counts["key given early"] += 1

    def _wait_for_start(self, place: Place) -> None:
        """Sit in the waiting room, and say so as often as the service wants to hear it."""
        next_send = now_ms() + float(self.machine.beat_ms)
        while next_send < self.key_at:
            _sleep_until(next_send)
            next_send = now_ms() + self._send(place)
        _sleep_until(self.key_at)

    def _open_paper(self, place: Place) -> None:
        """Ask for the key at the moment that the service has named, and again while it is too early."""
        self._wait_for_start(place)
        request = _get(place, f"/seat/{place.sitting}/key", self.token)
        while True:
            reply = self.hall.ask("key", request, place)
            if reply is not None and reply.status == OK:
                key = _decode_key(reply.body).key
                is_right = hashlib.sha256(key.encode()).hexdigest() == self.hall.plan.key_sha256
                self.hall.counts["keys" if is_right else "key wrong"] += 1
                return
            self._wait(self.machine, reply)

    # -- answering ----------------------------------------------------------------------------------

    def _answer(self, place: Place) -> None:
        """Answer until the sitting is closed, or this machine is switched off."""
        hall, before = self.hall, self.behaviour.submits_before_ms
        self.machine.failures = 0
        next_change = now_ms() + hall.random.uniform(0, 2) * hall.plan.change_ms
        next_send = now_ms() + float(self.machine.beat_ms)
        off_ms = hall.random.uniform(0, hall.plan.last_ms) if before < 0 else 0.0
        while self.machine.state is State.OPEN:
            machine = self.machine
            # The deadline is the server's and may have moved; while it stands still, nobody can answer.
            ends = machine.deadline_ms - (off_ms if before < 0 else before)
            is_idle = machine.is_submitting or machine.paused_ms
            _sleep_until(next_send if is_idle else min(next_change, next_send, ends))
            now = now_ms()
            if place.code != self.entered_with:
                self._move(place)
                next_send = now
                continue
            if not is_idle and now >= ends:
                if before < 0:
                    break
                machine.submit(now, at_end=before == 0)
                next_send = now
            elif now >= next_change:
                # What would have been changed meanwhile is not made up for.
                next_change = max(next_change, now - hall.plan.change_ms)
                while not is_idle and now >= next_change:
                    next_change += self._change(now) * hall.plan.change_ms
                next_send = next_send if is_idle else now
            if now >= next_send:
                next_send = now_ms() + self._send(place)
        self._leave_unsettled(place)
        hall.counts[f"left {self.machine.state.value}"] += 1

    def _change(self, now: int) -> float:
        """Change an answer; return the time to the next change, in average intervals."""
        draw, sheet = self.hall.random, self.sheet
        if self.reached and (draw.random() < _GO_BACK or self.reached == self.hall.plan.items):
            item = draw.randint(1, self.reached)
        else:
            self.reached = item = self.reached + 1
        what = draw.random()
        if what < _FLAG_ONLY:
            self.flags ^= 1 << item
        elif what < _FLAG_ONLY + _CLEAR:
            sheet[item] = 0
        else:
            sheet[item] = draw.randint(1, self.hall.plan.options)
        self.machine.change(item, sheet[item], now, flag=bool(self.flags >> item & 1))
        # A second thought follows at once, so the other intervals are longer.
        rest = (1 - _SECOND_THOUGHT * 0.02) / (1 - _SECOND_THOUGHT)
        return 0.02 if draw.random() < _SECOND_THOUGHT else rest * draw.uniform(0.2, 1.8)

    def _send(self, place: Place) -> float:
        """Send what is unsent, or a heartbeat; return how many milliseconds to wait for the next."""
        hall, machine = self.hall, self.machine
        action, body = machine.message(self._status(machine))
        request = self._entries(body, action)
        name = "submit" if action == "submit" else "answer" if machine.pending else "heartbeat"
        if self.behaviour.offline_from_ms <= now_ms() < self.behaviour.offline_until_ms:
            if not machine.failures and machine.pending:
                # The network fails behind the first request: it may arrive, its reply does not.
                hall.cut_off(request, place)
            return self._patience_ms(machine, None)
        if name == "answer":
            self._disorder(place, request)
        reply = hall.ask(name, request, place)
        if reply is None or is_failure(reply):
            return self._patience_ms(machine, reply)
        clock = decode_clock(reply.body)
        self._settle(place, clock, reply.process)
        machine.failures = 0
        if machine.is_held:
            hall.counts["kept while paused"] += 1
        return machine.beat_ms if machine.is_held or not machine.pending else 0

    def _status(self, machine: Machine) -> tuple[object, ...]:
        """Return what the page says of itself with every message."""
        answered = self.hall.plan.items + 1 - self.sheet.count(0)
        return now_ms(), answered, self.flags.bit_count(), machine.left_behind, 1, 0, True

    def _settle(self, place: Place, clock: Clock, process: int) -> None:
        machine = self.machine
        for record in machine.digest(clock):
            self.hall.record(place, record, Kind.ANSWER if record.item else Kind.SUBMISSION, process)
        self._note_deadline(place, process)
        if clock.error:
            self.hall.counts[f"told {clock.error}"] += 1
        if machine.regressed:
            self.hall.counts["asked again for what was acknowledged"] += 1

    def _note_deadline(self, place: Place, process: int) -> None:
        """Remember when more time was heard of than was known."""
        ends = self.machine.deadline_ms
        if 0 < self.deadline_ms < ends:
            told = Record(0, 0, 0, flag=False, client_ms=ends)
            self.hall.record(place, told, Kind.DEADLINE, process)
        self.deadline_ms = ends

    def _disorder(self, place: Place, request: bytes) -> None:
        """Let the network deliver a message twice, late, or ahead of the one before it."""
        hall, draw = self.hall, self.hall.random.random()
        if draw < _DOUBLED:
            hall.counts["doubled"] += 1
            gevent.spawn(hall.ask, "answer doubled", request, place)
        elif draw < _DOUBLED + _LATE:
            hall.counts["delivered late"] += 1
            gevent.spawn_later(hall.random.uniform(0.5, 5), hall.ask, "answer late", request, place)
        elif len(self.machine.pending) > 1 and draw < _DOUBLED + _LATE + _AHEAD:
            hall.counts["delivered ahead"] += 1
            body = msgspec.json.encode({"entries": [self.machine.pending[-1]]})
            hall.ask("answer ahead", self._entries(body), place)

    def _leave_unsettled(self, place: Place) -> None:
        for record in self.machine.pending:
            self.hall.record(place, record, Kind.UNSETTLED, 0)

    # -- another machine ----------------------------------------------------------------------------

    def _move(self, place: Place) -> None:
        """Go on at another machine; the one left behind must be refused from then on."""
        hall, old_token = self.hall, self.token
        self._leave_unsettled(place)
        # What failed was the old machine's network.
        self.behaviour = msgspec.structs.replace(self.behaviour, offline_from_ms=0, offline_until_ms=0)
        self._enter(place)
        hall.counts["moved"] += 1
        body = msgspec.json.encode(
            {"entries": [Record(self.machine.next_seq, 1, 1, flag=False, client_ms=now_ms())]}
        )
        request = _post(place, f"/seat/{place.sitting}/entries", body, old_token)
        reply = self._insist("answer from the machine left", request, place, expects=CONFLICT)
        if decode_clock(reply.body).error != "superseded":
            hall.counts["machine left was not refused"] += 1

    def _entries(self, body: bytes, action: str = "entries") -> bytes:
        assert self.place is not None
        return _post(self.place, f"/seat/{self.place.sitting}/{action}", body, self.token)


def _enter_request(place: Place, code: str, nonce: str) -> bytes:
    body = msgspec.json.encode({"number": place.number, "code": code, "nonce": nonce})
    return _post(place, "/seat/enter", body, "")


def _post(place: Place, path: str, body: bytes, token: str) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: {place.address}\r\n"
        f"cookie: seat={token}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body


def _get(place: Place, path: str, token: str, headers: str = "") -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: {place.address}\r\n"
        f"cookie: seat={token}\r\n{headers}\r\n"
    ).encode()
