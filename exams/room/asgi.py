"""The polls of consoles and overviews as a small ASGI application in front of Django, on ``/room/live``.

Django's own view on the same address does the same for one page at a time, where the portal runs
without this in front. Here everybody who asks while a read is under way waits for the next one, which
reads all their rooms at once; and within half a second a room is read once, however many watch it. Centres
and rounds are read once a second, in a thread of their own: a whole country takes longer than a room.
"""

import asyncio
import time
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Generic, Protocol, TypeVar

import structlog
from django.db import DatabaseError
from django.utils import timezone

from exams.room import live, overview
from exams.room.live import PassRefused
from learning.commit import DatabaseThread
from learning.request_ids import Receive, Scope, Send

log = structlog.get_logger(__name__)

# Seconds for which a room that was read is not read again: with two between polls, less than three.
_ROOM_FRESH = 0.5
# With one second between polls, and one until the seat service has written, three at most.
_SCOPE_FRESH = 1.0
# Rooms read in one query; about 10,000 seats.
_MAX_ROOMS = 200
_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


Key = TypeVar("Key", bound=tuple[int, ...])


class Reply(Protocol):
    """What a poll is answered with."""

    @property
    def body(self) -> bytes:
        """JSON."""

    @property
    def etag(self) -> str:
        """Another one when the body is another."""


Found = TypeVar("Found", bound=Reply)


class Read(Protocol[Key, Found]):
    """Reads several at once, as `live.read` and `overview.read` do."""

    def __call__(self, keys: Iterable[Key], *, now: datetime) -> dict[Key, Found]:
        """Return what is going on in each."""


class GroupRead(Generic[Key, Found]):
    """Answers who asks for rooms, or for centres and rounds; one thread reads for all who wait.

    What was read is good for `fresh` seconds; at most `at_once` are read together.
    """

    def __init__(
        self, read: Read[Key, Found], *, fresh: float = _ROOM_FRESH, at_once: int = _MAX_ROOMS
    ) -> None:
        self._read_together = read
        self._fresh = fresh
        self._at_once = at_once
        self._thread = DatabaseThread("room-live")
        self._known: dict[Key, tuple[float, Found]] = {}
        self._waiting: dict[Key, asyncio.Future[Found]] = {}
        self._reader: asyncio.Task[None] | None = None

    async def get(self, key: Key) -> Found:
        """Return it as it was at most `fresh` seconds ago. Raises a DatabaseError."""
        read_at, known = self._known.get(key, (0.0, None))
        if known is not None and time.monotonic() - read_at < self._fresh:
            return known
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
        future = self._waiting[key]
        if self._reader is None:
            self._reader = asyncio.create_task(self._read())
        # Others wait for the same: one that goes away must not cancel it for them.
        return await asyncio.shield(future)

    async def _read(self) -> None:
        while self._waiting:
            batch = dict(list(self._waiting.items())[: self._at_once])
            for key in batch:
                del self._waiting[key]
            try:
                found = await self._thread.run(partial(self._read_together, list(batch), now=timezone.now()))
            except Exception as error:  # noqa: BLE001 (each caller gets the error; the reader must live on)
                for future in batch.values():
                    future.set_exception(error)
                    # Nobody may be waiting any more; then nobody else would fetch it.
                    future.exception()
            else:
                read_at = time.monotonic()
                for key, future in batch.items():
                    self._known[key] = (read_at, found[key])
                    future.set_result(found[key])
            self._forget()
        self._reader = None

    def _forget(self) -> None:
        oldest = time.monotonic() - self._fresh
        self._known = {key: known for key, known in self._known.items() if known[0] > oldest}

    async def close(self) -> None:
        """End the thread, after what it has been given to do."""
        if self._reader is not None:
            await self._reader
        await self._thread.close()


class LiveConsole:
    """The ASGI application. One per process."""

    def __init__(self) -> None:
        self._rooms = GroupRead(live.read)
        self._scopes = GroupRead(overview.read, fresh=_SCOPE_FRESH, at_once=1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's start and stop."""
        if scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await self.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        status, extra, body = await self._respond(scope["method"], headers)
        sent = [*_HEADERS, *extra, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body})

    async def _respond(
        self, method: str, headers: dict[bytes, bytes]
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        if method != "GET":
            return 405, [(b"allow", b"GET")], b'{"error":"method_not_allowed"}'
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        try:
            found = await self._found(authorization.removeprefix("Bearer "))
        except PassRefused:
            return 401, [], b'{"error":"pass_refused"}'
        except DatabaseError as error:
            log.warning("room.live_unavailable", error=repr(error))
            return 503, [(b"retry-after", b"2")], b'{"error":"unavailable"}'
        etag = found.etag.encode()
        shared = [(b"etag", etag), (b"x-now", str(time.time_ns() // 1_000_000).encode())]
        if headers.get(b"if-none-match") == etag:
            return 304, shared, b""
        return 200, shared, found.body

    async def _found(self, text: str) -> Reply:
        """Return what a pass is for. Raises PassRefused, a DatabaseError."""
        try:
            room = live.read_pass(text)
        except PassRefused:
            return await self._scopes.get(overview.read_pass(text))
        return await self._rooms.get(room)

    async def close(self) -> None:
        """Close the database connections."""
        await self._rooms.close()
        await self._scopes.close()


app = LiveConsole()
