"""Sittings to write into, and short ways to say what is written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, MutableMapping
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
import pytest
from django.utils import timezone

from exams.papers.models import Form
from exams.seat.asgi import SeatService
from exams.seat.chain import Entry
from exams.seat.journal import Journal, Outcome, Request, now_ms
from exams.seat.models import EntryKind, Sitting
from exams.seat.services import take_seat
from learning.people.models import Person

ITEMS = 4
OPTIONS = 4


def make_form(items: int = ITEMS) -> Form:
    shown = [
        {
            "n": n,
            "stem": f"ข้อใดถูกต้องเกี่ยวกับเรื่องที่ {n}",
            "options": [f"ตัวเลือก {n}.{o}" for o in range(1, OPTIONS + 1)],
        }
        for n in range(1, items + 1)
    ]
    return Form.objects.create(
        sha256="ab" * 32,
        seed="seed",
        title="แบบทดสอบตัวอย่าง",
        layout=[],
        paper={"title": "แบบทดสอบตัวอย่าง", "items": shown},
    )


def make_sitting(person: Person, *, minutes: float = 60, items: int = ITEMS) -> Sitting:
    """A sitting that began an hour before its end, which is `minutes` from now."""
    now = timezone.now()
    return Sitting.objects.create(
        person=person,
        form=make_form(items),
        starts_at=now + timedelta(minutes=minutes - 60),
        deadline=now + timedelta(minutes=minutes),
        return_path="/my/",
    )


def answer(seq: int, item: int = 1, choice: int = 1, *, flag: bool = False, client_ms: int = 1000) -> Entry:
    return Entry(seq, EntryKind.ANSWER, item, choice, flag, client_ms)


def opening() -> Entry:
    return Entry(0, EntryKind.OPEN)


def append(
    sitting: Sitting | int,
    *entries: Entry,
    generation: int = 0,
    journal: Journal | None = None,
    at: int | None = None,
) -> Outcome:
    """Append as one request and return its outcome."""
    pk = sitting if isinstance(sitting, int) else sitting.pk
    [outcome] = (journal or Journal()).append([Request(pk, generation, entries, at or now_ms())])
    return outcome


@pytest.fixture
def sitting(learner: Person) -> Sitting:
    return make_sitting(learner)


@pytest.fixture
def opened(sitting: Sitting) -> Sitting:
    """A sitting opened as generation 1, so that its first answer is entry 2."""
    assert append(sitting, opening()).acknowledged == 1
    return sitting


Messages = list[MutableMapping[str, Any]]


class SeatClient:
    """The seat service in this process, spoken to as a browser or a program speaks to it."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self.runner = runner
        self.service = SeatService()
        self.address = "203.0.113.7"

    def close(self) -> None:
        self.runner.run(self.service.close())

    def request(
        self, method: str, path: str, body: bytes = b"", parts: Messages | None = None, **headers: str
    ) -> SeatResponse:
        """Ask as a browser does; `parts` is what the server hears instead of one whole body."""
        return self.runner.run(self._request(method, path, body, headers, parts))

    def post_in_chunks(self, path: str, chunks: Iterable[bytes], **headers: str) -> tuple[SeatResponse, int]:
        """Post a body that comes piece by piece; return the reply, and how many pieces were taken."""
        taken = 0

        def messages() -> Iterator[MutableMapping[str, Any]]:
            nonlocal taken
            for taken, chunk in enumerate(chunks, start=1):  # noqa: B007
                yield {"type": "http.request", "body": chunk, "more_body": True}
            yield {"type": "http.request", "body": b"", "more_body": False}

        reply = self.runner.run(self._request("POST", path, b"", headers, messages()))
        return reply, taken

    def post(self, sitting: Sitting, action: str, value: object, token: str) -> SeatResponse:
        """Post JSON as the exam page does."""
        body = msgspec.json.encode(value)
        return self.request("POST", f"/seat/{sitting.pk}/{action}", body, authorization=f"Bearer {token}")

    async def _request(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
        parts: Iterable[MutableMapping[str, Any]] | None = None,
    ) -> SeatResponse:
        sent: Messages = []
        given = iter(parts or [{"type": "http.request", "body": body}])

        async def receive() -> MutableMapping[str, Any]:
            return next(given)

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        path, _question, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": raw,
            "client": (self.address, 0),
        }
        await self.service(scope, receive, send)
        start, end = sent
        names = [name for name, _value in start["headers"] if name != b"set-cookie"]
        # nginx answers 502 where the service behind it says one thing twice.
        assert len(names) == len(set(names))
        return SeatResponse(start["status"], end["body"], dict(start["headers"]))


class SeatResponse(NamedTuple):
    status: int
    body: bytes
    headers: dict[bytes, bytes]

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@pytest.fixture
def seat(transactional_db: None) -> Iterator[SeatClient]:
    with asyncio.Runner() as runner:
        client = SeatClient(runner)
        yield client
        client.close()


@pytest.fixture
def token(sitting: Sitting) -> str:
    """The candidate's token, after opening the sitting as generation 1."""
    return take_seat(sitting, now=timezone.now()).token
