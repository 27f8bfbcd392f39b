"""The record store over HTTP: a small ASGI application in front of Django, on ``/xapi/``.

No middleware, session or cookie is on the way of a statement. A request is read whole and answered by
`api.resources` in one of a few threads, each with its database connection. Statements take a shorter way:
they are checked, and then all that came meanwhile are stored in one transaction (`services.store`); the reply
leaves after its commit.
"""

import asyncio
import time
from collections.abc import Callable, MutableMapping
from functools import partial
from typing import Any

import structlog
from django.conf import settings

from learning.commit import DatabaseThread, Group, Overloaded
from learning.records.api import resources
from learning.records.api.messages import Reply, Request, read_query
from learning.records.errors import BadRequest, HeadersTooLarge, Refused, TooLarge, TooSlow, Unavailable
from learning.records.services import credentials
from learning.records.services.store import Submission, store
from learning.request_ids import Receive, Scope, Send

log = structlog.get_logger(__name__)

_READERS = 3
_MAX_WAITING = 500
# Groups may begin so soon after one another: who sends one statement after another waits for each.
_GATHER_S = 0.003
# A body of more than this would hold up everybody else while it is checked, so a thread does that.
_SMALL = 64 * 1024
# What all requests under way may hold in memory together.
_HELD_BYTES = 96 * 1024 * 1024
# From the headers to the last part of a body. A few that never end would hold all the room there is, where no
# proxy reads them first.
_BODY_S = 120
# Browsers and proxies send some dozens.
_MOST_HEADERS, _HEADER_BYTES = 100, 64 * 1024
_EXPOSED = "ETag, Last-Modified, X-Experience-API-Version, X-Experience-API-Consistent-Through"
_ALLOWED = (
    "Authorization, Content-Type, If-Match, If-None-Match, Accept-Language, X-Experience-API-Version, "
    "X-Experience-API-Hash"
)


class RecordStore:
    """The ASGI application. One per process."""

    def __init__(self) -> None:
        self._writer = DatabaseThread("records-writer")
        self._group: Group[Submission, list[str] | Refused] = Group(self._writer, store, gather_s=_GATHER_S)
        self._readers = [
            DatabaseThread(f"records-reader-{number}", limit=_MAX_WAITING) for number in range(_READERS)
        ]
        self._turn = 0
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"].removeprefix("/xapi").strip("/")
        request = Request(scope["method"], path, {}, headers, b"")
        if request.method == "OPTIONS" and (methods := resources.allowed_methods(path)):
            allowed = {"Allow": ", ".join(sorted(methods)), "Access-Control-Max-Age": "600"}
            reply = Reply(204, headers=allowed)
        else:
            reply = await self._read_and_answer(request, scope, receive)
        await _send(reply, headers.get("origin", ""), send)

    async def close(self) -> None:
        """Store what is waiting and close the database connections."""
        await self._group.finish()
        for thread in (self._writer, *self._readers):
            await thread.close()

    async def _read_and_answer(self, request: Request, scope: Scope, receive: Receive) -> Reply:
        held = 0
        try:
            _check_headers(scope)
            chunks: list[bytes] = []
            more, until = True, time.monotonic() + _BODY_S
            while more:
                message = await _in_time(receive, until)
                if message["type"] == "http.disconnect":
                    raise BadRequest("the request broke off")
                chunks.append(message.get("body", b""))
                held += len(chunks[-1])
                self._held += len(chunks[-1])
                if held > settings.XAPI_MAX_BODY_BYTES:
                    raise TooLarge(f"a request has at most {settings.XAPI_MAX_BODY_BYTES} bytes")
                if self._held > _HELD_BYTES:
                    raise Unavailable("too much is being sent at once: come back in a moment")
                more = message.get("more_body", False)
            request.body = b"".join(chunks)
            request.query = read_query(scope["query_string"].decode("latin-1"))
            return await self._answer(request)
        except Refused as refused:
            return await self._refuse(request, refused)
        except Overloaded:
            return await self._refuse(request, Unavailable("too much waits here: come back in a moment"))
        finally:
            self._held -= held

    async def _answer(self, request: Request) -> Reply:
        known = credentials.remembered(request.headers.get("authorization", ""))
        if known is not None and _writes_statements(request) and len(request.body) <= _SMALL:
            # Nothing of this asks the database, and a thread would cost more than the check.
            prepared: Reply | Submission = resources.prepare(request, known)
        else:
            prepared = await self._in_reader(partial(resources.prepare_or_reply, request))
        if isinstance(prepared, Reply):
            return prepared
        outcome: list[str] | Refused | Exception
        try:
            outcome = await self._group.do(prepared)
        except Overloaded:
            raise
        except Exception as error:  # noqa: BLE001 (told to the one who sent it, with the headers of every reply)
            outcome = error
        return resources.concluded(request, outcome)

    async def _refuse(self, request: Request, refused: Refused) -> Reply:
        return resources.concluded(request, refused)

    async def _in_reader(self, work: Callable[[], Reply | Submission]) -> Reply | Submission:
        self._turn = (self._turn + 1) % _READERS
        return await self._readers[self._turn].run(work)


async def _in_time(receive: Receive, until: float) -> MutableMapping[str, Any]:
    try:
        async with asyncio.timeout(until - time.monotonic()):
            return await receive()
    except TimeoutError as error:
        raise TooSlow(f"a request comes to its end within {_BODY_S} seconds") from error


def _check_headers(scope: Scope) -> None:
    headers = scope["headers"]
    if len(headers) > _MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > _HEADER_BYTES:
        raise HeadersTooLarge(f"a request has at most {_MOST_HEADERS} headers of {_HEADER_BYTES} bytes")


def _writes_statements(request: Request) -> bool:
    return (
        request.path == "statements" and request.method in {"POST", "PUT"} and "method" not in request.query
    )


async def _send(reply: Reply, origin: str, send: Send) -> None:
    headers = {"Content-Length": str(len(reply.body))} | reply.headers
    if reply.content_type:
        headers["Content-Type"] = reply.content_type
    if "*" not in settings.XAPI_ORIGINS:
        headers["Vary"] = "Origin"
    if origin and ("*" in settings.XAPI_ORIGINS or origin in settings.XAPI_ORIGINS):
        headers["Access-Control-Allow-Origin"] = "*" if "*" in settings.XAPI_ORIGINS else origin
        headers["Access-Control-Allow-Methods"] = "GET, HEAD, PUT, POST, DELETE, OPTIONS"
        headers["Access-Control-Allow-Headers"] = _ALLOWED
        headers["Access-Control-Expose-Headers"] = _EXPOSED
    if reply.status == 204:  # noqa: PLR2004 (has no body, so no length)
        del headers["Content-Length"]
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    await send({"type": "http.response.body", "body": reply.body})
