"""The seat service: a small ASGI application mounted in front of Django on ``/seat/``.

On the way of an answer there is no Django middleware, session or ORM: a signed token, a typed body, the
group commit, a reply. Pages are rendered by Django's templates in a thread of their own.

=======  ========================  =================================================================
GET      ``/seat/<id>/``           the exam page, the receipt once closed
POST     ``/seat/<id>/``           the same form without scripts: save, review or submit
POST     ``/seat/<id>/entries``    append answers (`protocol.Append`); without any, a heartbeat
POST     ``/seat/<id>/submit``     submit (`protocol.Submit`)
GET      ``/seat/worker.js``       the service worker, which must be served from here for its scope
GET      ``/seat/receipt-key``     the public key of receipts
=======  ========================  =================================================================
"""

import gzip
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from exams.seat import page, protocol
from exams.seat.chain import Entry
from exams.seat.commit import DatabaseThread, GroupCommit, Overloaded
from exams.seat.journal import Outcome, Request, TooBusy, now_ms
from exams.seat.keys import Claims, TokenInvalid, read_token, receipt_public_key
from exams.seat.models import EntryKind, Sitting
from exams.seat.views import SEAT_COOKIE
from learning.request_ids import Receive, Scope, Send

log = structlog.get_logger(__name__)

_COOKIE_PREFIX = f"{SEAT_COOKIE}=".encode()
_WORKER = Path(__file__).with_name("static") / "seat" / "worker.js"
_NO_STORE = (b"cache-control", b"no-store")
_JSON = [(b"content-type", b"application/json"), _NO_STORE]
_HTML = [
    (b"content-type", b"text/html; charset=utf-8"),
    _NO_STORE,
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; "  # noqa: ISC004
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"vary", b"cookie, accept-encoding"),
]
# Seconds after which a client that was turned away may try again.
_RETRY_AFTER = b"2"

# A plain number: looking it up in the enumeration takes as long as decoding the answer.
_ANSWER = int(EntryKind.ANSWER)
_encode = msgspec.json.Encoder().encode
_decode_append = msgspec.json.Decoder(protocol.Append).decode
_decode_submit = msgspec.json.Decoder(protocol.Submit).decode


class Response(NamedTuple):
    """A complete response."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]]


class Rejected(Exception):
    """The request is not one that we answer; `code` says why."""

    def __init__(self, code: str, status: int) -> None:
        self.code, self.status = code, status
        super().__init__(code)


class SeatService:
    """The ASGI application. One per process."""

    def __init__(self) -> None:
        self._journal = GroupCommit()
        self._pages = DatabaseThread("seat-pages")
        self._handlers = {"entries": self._append, "submit": self._submit, "": self._form}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's start and stop when run by itself."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        response = await self._respond(scope, receive)
        headers = [*response.headers, (b"content-length", str(len(response.body)).encode())]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})

    async def close(self) -> None:
        """Store what is waiting and close the database connections."""
        await self._journal.close()
        await self._pages.close()

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        sitting, _slash, action = scope["path"].removeprefix("/seat/").partition("/")
        try:
            return await self._dispatch(scope["method"], sitting, action, headers, receive)
        except Rejected as rejected:
            code, status = rejected.code, rejected.status
        except Sitting.DoesNotExist:
            code, status = "unknown_sitting", 404
        except (DatabaseError, Overloaded, TooBusy) as error:
            log.warning("seat.unavailable", path=scope["path"], error=repr(error))
            code, status = "unavailable", 503
        return _rejection(code, status, headers, is_page=action not in {"entries", "submit"})

    async def _dispatch(
        self, method: str, sitting: str, action: str, headers: dict[bytes, bytes], receive: Receive
    ) -> Response:
        if method == "POST":
            claims = _claims(headers, sitting)
            _check_origin(headers)
            handle = self._handlers.get(action, _not_found)
            return await handle(claims, await _read(receive), headers)
        if sitting in _PUBLIC:
            return _PUBLIC[sitting]()
        if action:
            raise Rejected("not_found", 404)
        return await self._page(_claims(headers, sitting), headers)

    async def _append(self, claims: Claims, body: bytes, _headers: dict[bytes, bytes]) -> Response:
        try:
            changes = _decode_append(body).entries
        except msgspec.DecodeError as error:
            raise Rejected("malformed", 400) from error
        entries = [Entry(c.seq, _ANSWER, c.item, c.choice, c.flag, c.client_ms) for c in changes]
        return _clock(await self._store(claims, entries))

    async def _submit(self, claims: Claims, body: bytes, _headers: dict[bytes, bytes]) -> Response:
        try:
            submit = _decode_submit(body)
        except msgspec.DecodeError as error:
            raise Rejected("malformed", 400) from error
        return _clock(
            await self._store(claims, [Entry(submit.seq, EntryKind.SUBMIT, client_ms=submit.client_ms)])
        )

    async def _form(self, claims: Claims, body: bytes, headers: dict[bytes, bytes]) -> Response:
        form = QueryDict(body)
        entries = await self._pages.run(partial(page.form_entries, form, claims))
        action = form.get("action", "save")
        if action == "submit":
            entries.append(Entry(0, EntryKind.SUBMIT, client_ms=now_ms()))
        outcome = await self._store(claims, entries)
        with translation.override(claims.language):
            notice = "" if outcome.error else _("Your answers have been saved.")
        return await self._page(claims, headers, is_review=action == "review", notice=notice)

    async def _page(
        self, claims: Claims, headers: dict[bytes, bytes], *, is_review: bool = False, notice: str = ""
    ) -> Response:
        render = partial(page.exam_page, claims, is_review=is_review, notice=notice)
        return _html(await self._pages.run(render), headers)

    async def _store(self, claims: Claims, entries: list[Entry]) -> Outcome:
        return await self._journal.append(Request(claims.sitting, claims.generation, entries, now_ms()))


def _worker() -> Response:
    return Response(200, _WORKER.read_bytes(), [(b"content-type", b"text/javascript"), _NO_STORE])


def _receipt_key() -> Response:
    return _json(200, {"algorithm": "Ed25519", "key": receipt_public_key()})


_PUBLIC = {"worker.js": _worker, "receipt-key": _receipt_key}


async def _not_found(_claims: Claims, _body: bytes, _headers: dict[bytes, bytes]) -> Response:
    raise Rejected("not_found", 404)


def _rejection(code: str, status: int, headers: dict[bytes, bytes], *, is_page: bool) -> Response:
    if is_page:
        response = _html(page.problem_page(code, status=status), headers)
    else:
        response = _json(status, protocol.Fault(code))
    retry = [(b"retry-after", _RETRY_AFTER)] if status == 503 else []  # noqa: PLR2004
    return response._replace(headers=[*response.headers, *retry])


def _claims(headers: dict[bytes, bytes], sitting: str) -> Claims:
    """Return the claims of the request's token, from the Authorization header or the cookie."""
    authorization = headers.get(b"authorization", b"")
    token = authorization[7:] if authorization[:7].lower() == b"bearer " else _cookie(headers)
    try:
        claims = read_token(token, now_s=time.time())
    except TokenInvalid as error:
        raise Rejected(error.code, 401) from error
    if sitting != str(claims.sitting):
        raise Rejected("wrong_sitting", 403)
    return claims


def _cookie(headers: dict[bytes, bytes]) -> bytes:
    for pair in headers.get(b"cookie", b"").split(b";"):
        name_value = pair.strip()
        if name_value.startswith(_COOKIE_PREFIX):
            return name_value[len(_COOKIE_PREFIX) :]
    return b""


def _check_origin(headers: dict[bytes, bytes]) -> None:
    """Refuse a post that a browser says comes from another site. Programs send no Origin."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin or origin in settings.CSRF_TRUSTED_ORIGINS:
        return
    if urlsplit(origin).netloc.encode() != headers.get(b"host", b""):
        raise Rejected("foreign_origin", 403)


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > protocol.MAX_BODY_BYTES:
            raise Rejected("too_large", 413)
        if not message.get("more_body"):
            return body


def _clock(outcome: Outcome) -> Response:
    reply = protocol.Clock(
        acked=outcome.acknowledged,
        next_seq=outcome.next_seq,
        now=now_ms(),
        deadline=outcome.deadline_ms,
        closed=outcome.is_closed,
        error=outcome.error.code if outcome.error else "",
    )
    return Response(outcome.error.status if outcome.error else 200, _encode(reply), _JSON)


def _json(status: int, value: object) -> Response:
    return Response(status, _encode(value), _JSON)


def _html(rendered: page.Page, headers: dict[bytes, bytes]) -> Response:
    if b"gzip" in headers.get(b"accept-encoding", b""):
        encoding = (b"content-encoding", b"gzip")
        return Response(rendered.status, gzip.compress(rendered.html, 6), [*_HTML, encoding])
    return Response(rendered.status, rendered.html, _HTML)


app = SeatService()
