"""The seat service: a small ASGI application mounted in front of Django on ``/seat/``.

On the way of an answer there is no Django middleware, session or ORM: a signed token, a typed body, the
group commit, a reply. Pages are rendered by Django's templates in a thread of their own.

=======  ==========================  ===============================================================
GET      ``/seat/``                  the form for candidate number and seat code
POST     ``/seat/enter``             the way in (`protocol.Enter`, or the form)
GET      ``/seat/<id>/``             the exam page, the receipt once closed
POST     ``/seat/<id>/``             the same form without scripts: save, review or submit
GET      ``/seat/<id>/paper``        which sealed bundle, and when to ask for its key (`protocol.Paper`)
GET      ``/seat/<id>/key``          the paper key, from T-0 on (`protocol.Key`)
GET      ``/seat/<id>/receipt.json`` the receipt of a closed sitting, as a file to take home
POST     ``/seat/<id>/entries``      append answers (`protocol.Append`); without any, a heartbeat
POST     ``/seat/<id>/submit``       submit (`protocol.Submit`)
GET      ``/seat/papers/<name>``     a sealed bundle, for ever the same; nginx or a CDN may stand in
GET      ``/seat/worker.js``         the service worker, which must be served from here for its scope
GET      ``/seat/receipt-key``       the public key of receipts
GET      ``/seat/metrics``           figures for Prometheus (`exams.seat.metrics`)
=======  ==========================  ===============================================================
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from exams.papers import delivery
from exams.papers.models import SealedPaper
from exams.papers.services import bundle, bundle_url, paper_key
from exams.seat import metrics, page, presence, protocol
from exams.seat.chain import Entry
from exams.seat.door import Door
from exams.seat.http import (
    Headers,
    Rejected,
    Response,
    bearer,
    check_origin,
    client_address,
    cookie,
    html_response,
    is_form,
    json_response,
    language_of,
    read_body,
    read_form,
    read_json,
    retry_in,
    script_response,
    with_retry,
)
from exams.seat.journal import AT_END, Journal, Outcome, Paused, Request, Superseded, TooBusy, now_ms
from exams.seat.keys import Claims, TokenInvalid, read_token, receipt_public_key
from exams.seat.models import EntryKind, Sitting
from exams.seat.pace import MESSAGE, PAGE, Pace
from exams.seat.presence import Presences
from exams.seat.services import SeatPass, opening, receipt_file, seat_pass
from exams.seat.timing import key_ms
from exams.seat.views import SEAT_COOKIE
from learning.commit import DatabaseThread, Group, Overloaded
from learning.errors import DomainError
from learning.request_ids import Receive, Scope, Send

log = structlog.get_logger(__name__)

_COOKIE = SEAT_COOKIE.encode()
_NOT_MODIFIED = 304
_WORKER = Path(__file__).with_name("static") / "seat" / "worker.js"
# Heartbeats are spread by this share, so that a room opened at one moment does not speak in chorus.
_BEAT_SPREAD = 0.1
_CHORE_S = 1.0
# Receipt pages that one process shows in a second, and pages of all kinds that may wait for one.
_RECEIPTS_PER_S = 150
_MAX_PAGES = 400
# A generation that no sitting has.
_NOBODY = -1

# A plain number: looking it up in the enumeration takes as long as decoding the answer.
_ANSWER = int(EntryKind.ANSWER)
_decode_append = msgspec.json.Decoder(protocol.Append).decode
_decode_submit = msgspec.json.Decoder(protocol.Submit).decode


class _Sealed(NamedTuple):
    """What candidates need to know of a form's bundle, and the key that opens it."""

    bundle: str
    sha256: str
    size: int
    form: str
    key: str


_Post = Callable[[Claims, bytes, Headers], Awaitable[Response]]
_Get = Callable[[Claims, Headers], Awaitable[Response]]


class SeatService:
    """The ASGI application. One per process."""

    def __init__(self) -> None:
        self._journal = Journal()
        self._writer = DatabaseThread("seat-writer")
        self._entries: Group[Request, Outcome] = Group(
            self._writer, self._journal.append, watch=metrics.observe_group
        )
        self._presences = Presences()
        self._listener = DatabaseThread("seat-presence")
        self._pages = DatabaseThread("seat-pages", limit=_MAX_PAGES)
        self._door = Door(self._open_seat)
        self._pace = Pace()
        self._papers: dict[int, asyncio.Task[_Sealed]] = {}
        self._chores: list[asyncio.Task[None]] = []
        self._followed = time.monotonic()
        self._active = 0
        # Until when the moments for receipts are given away.
        self._receipts_until = 0.0
        self._posts: dict[str, _Post] = {"entries": self._append, "submit": self._submit, "": self._form}
        self._gets: dict[str, _Get] = {
            "paper": self._paper,
            "key": self._key,
            "receipt.json": self._receipt,
        }
        self._public: dict[str, Callable[[Scope, Headers], Response]] = {
            "/seat/": self._enter_page,
            "/seat/worker.js": self._worker,
            "/seat/receipt-key": self._receipt_key,
            "/seat/metrics": self._metrics,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's start and stop when run by itself."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        response = await self._respond(scope, receive)
        headers = response.headers
        # The reply to HEAD for a bundle has one, which speaks of the body that it leaves out.
        if response.status != _NOT_MODIFIED and not any(name == b"content-length" for name, _ in headers):
            headers = [*headers, (b"content-length", str(len(response.body)).encode())]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
            self._chores = [asyncio.create_task(self._follow()), asyncio.create_task(self._note_presences())]
            await send({"type": "lifespan.startup.complete"})

    async def close(self) -> None:
        """Store what is waiting and close the database connections."""
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        await self._door.close()
        await self._entries.finish()
        with suppress(DatabaseError):
            await self._listener.run(self._presences.write)
        for thread in (self._writer, self._listener, self._pages):
            await thread.close()

    # -- what goes on beside the requests ----------------------------------------------------------

    async def _follow(self) -> None:
        """Learn once a second which clocks were changed."""
        while True:
            try:
                await self._writer.run(self._journal.follow)
                self._followed = time.monotonic()
            except DatabaseError as error:
                log.warning("seat.feed_unavailable", error=repr(error))
            await asyncio.sleep(_CHORE_S)

    async def _note_presences(self) -> None:
        """Write once a second who was heard."""
        while True:
            await asyncio.sleep(_CHORE_S)
            self._active = self._presences.active(now_ms())
            try:
                await self._listener.run(self._presences.write)
            except DatabaseError as error:
                log.warning("seat.presences_not_written", error=repr(error))

    # -- from a request to its handler -------------------------------------------------------------

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        first, _slash, action = scope["path"].removeprefix("/seat/").partition("/")
        retry_ms = 0
        began = time.perf_counter()
        try:
            return await self._dispatch(scope, receive, headers, first, action)
        except Rejected as rejected:
            code, status, retry_ms = rejected.code, rejected.status, rejected.retry_ms
        except Sitting.DoesNotExist:
            code, status = "unknown_sitting", 404
        except DomainError as error:
            code, status = error.code, error.status
        except Overloaded as overloaded:
            code, status, retry_ms = "unavailable", 503, retry_in(overloaded.seconds)
        except (DatabaseError, TooBusy) as error:
            log.warning("seat.unavailable", path=scope["path"], error=repr(error))
            code, status, retry_ms = "unavailable", 503, retry_in(0)
        finally:
            metrics.observe(
                first if first in {"enter", "papers"} else action or "page", time.perf_counter() - began
            )
        metrics.REFUSED.labels(code).inc()
        is_page = is_form(headers) if first == "enter" else not action
        return _rejection(code, status, headers, is_page=is_page, retry_ms=retry_ms)

    async def _dispatch(
        self, scope: Scope, receive: Receive, headers: Headers, first: str, action: str
    ) -> Response:
        method = scope["method"]
        if first == "papers":
            return await self._bundle(method, action, headers)
        if method == "POST" and (first, action) == ("enter", ""):
            check_origin(headers)
            body = await read_body(receive, protocol.MAX_BODY_BYTES)
            return await self._door.enter(body, headers, client_address(scope))
        if method == "POST":
            claims = _claims(headers, first)
            check_origin(headers)
            if action not in self._posts:
                raise Rejected("not_found", 404)
            self._pace.check(claims, MESSAGE if action else PAGE)
            body = await read_body(receive, protocol.MAX_BODY_BYTES)
            return await self._posts[action](claims, body, headers)
        # By the whole path: what nginx keeps to itself (the figures) has no second spelling here.
        if method in {"GET", "HEAD"} and (shown := self._public.get(scope["path"])) is not None:
            return shown(scope, headers)
        if method == "GET" and not action:
            claims, is_plain = _claims(headers, first), scope.get("query_string", b"") == b"plain"
            self._pace.check(claims, PAGE)
            return await self._page(claims, headers, is_plain=is_plain)
        if method != "GET" or action not in self._gets:
            raise Rejected("not_found", 404)
        claims = _claims(headers, first)
        self._pace.check(claims, PAGE if action == "receipt.json" else MESSAGE)
        return await self._gets[action](claims, headers)

    # -- answers -----------------------------------------------------------------------------------

    async def _append(self, claims: Claims, body: bytes, _headers: Headers) -> Response:
        append = read_json(_decode_append, body)
        entries = [Entry(c.seq, _ANSWER, c.item, c.choice, c.flag, c.client_ms) for c in append.entries]
        return self._clock(await self._store(claims, entries, append.status))

    async def _submit(self, claims: Claims, body: bytes, _headers: Headers) -> Response:
        submit = read_json(_decode_submit, body)
        choice = AT_END if submit.at_end else 0
        entry = Entry(submit.seq, EntryKind.SUBMIT, choice=choice, client_ms=submit.client_ms)
        return self._clock(await self._store(claims, [entry]))

    async def _form(self, claims: Claims, body: bytes, headers: Headers) -> Response:
        form = read_form(body)
        entries = await self._pages.run(partial(page.form_entries, form, claims))
        action = form.get("action", "save")
        if action == "submit":
            entries.append(Entry(0, EntryKind.SUBMIT, client_ms=now_ms()))
        outcome = await self._store(claims, entries)
        with translation.override(claims.language):
            notice = "" if outcome.error else _("Your answers have been saved.")
        return await self._page(
            claims,
            headers,
            is_review=action == "review",
            notice=notice,
            is_plain=True,
            unsaved=form if isinstance(outcome.error, Paused) else None,
        )

    async def _store(
        self, claims: Claims, entries: list[Entry], status: protocol.Status | None = None
    ) -> Outcome:
        now = now_ms()
        # A third of all messages are heartbeats, which need not wait for a transaction.
        outcome = None if entries else self._journal.glance(claims.sitting, claims.generation)
        if outcome is None:
            # A pass given when nothing could be opened any more shows the receipt and writes nothing: in the
            # journal its generation is the system's own.
            generation = claims.generation or (_NOBODY if entries else 0)
            outcome = await self._entries.do(Request(claims.sitting, generation, entries, now))
        if not entries and outcome.error is None and outcome.generation > claims.generation:
            # A machine that has nothing to store must also learn that it was left.
            outcome.error = Superseded()
        if outcome.error is None:
            metrics.ACKNOWLEDGED.inc(len(entries))
        else:
            metrics.REFUSED.labels(outcome.error.code).inc()
        if outcome.generation == claims.generation:
            self._presences.hear(claims.sitting, claims.generation, status, now)
        return outcome

    def _clock(self, outcome: Outcome) -> Response:
        beat = presence.beat_ms(self._active, is_paused=bool(outcome.paused_ms))
        reply = protocol.Clock(
            acked=outcome.acknowledged,
            next_seq=outcome.next_seq,
            now=now_ms(),
            starts=outcome.starts_ms,
            deadline=outcome.deadline_ms,
            beat=round(beat * random.uniform(1 - _BEAT_SPREAD, 1 + _BEAT_SPREAD)),  # noqa: S311
            paused=outcome.paused_ms,
            closed=outcome.is_closed,
            receipt=self._receipt_ms() if outcome.is_closed else 0,
            error=outcome.error.code if outcome.error else "",
        )
        return json_response(outcome.error.status if outcome.error else 200, reply)

    def _receipt_ms(self) -> int:
        """Return in how many milliseconds this page's receipt has its turn.

        Most of a round submits within a minute, and a receipt page costs a hundred times an answer. So each
        gets a moment of its own, at once where few submit.
        """
        now = time.monotonic()
        self._receipts_until = max(now, self._receipts_until) + 1 / _RECEIPTS_PER_S
        return round((self._receipts_until - now) * 1000)

    # -- papers ------------------------------------------------------------------------------------

    async def _paper(self, claims: Claims, _headers: Headers) -> Response:
        outcome = await self._known(claims)
        sealed = await self._sealed(outcome.form)
        now, spread = now_ms(), int(settings.SEAT_KEY_SPREAD.total_seconds() * 1000)
        key_at = key_ms(claims.sitting, outcome.starts_ms, spread)
        return json_response(
            200,
            protocol.Paper(
                sealed.bundle,
                sealed.sha256,
                sealed.size,
                sealed.form,
                now,
                outcome.starts_ms,
                max(key_at, now),
            ),
        )

    async def _key(self, claims: Claims, _headers: Headers) -> Response:
        outcome = await self._known(claims)
        now = now_ms()
        if now < outcome.starts_ms:
            return json_response(425, protocol.Fault("too_early", opens=outcome.starts_ms, now=now))
        if outcome.is_closed:
            raise Rejected("closed", 409)
        if outcome.paused_ms:
            return json_response(409, protocol.Fault("paused", retry_ms=retry_in(0)))
        sealed = await self._sealed(outcome.form)
        return json_response(200, protocol.Key(sealed.key))

    async def _known(self, claims: Claims) -> Outcome:
        """Return the sitting's clock. Raises Rejected for a pass that is no longer good."""
        outcome = await self._store(claims, [])
        if outcome.error is not None:
            raise Rejected(outcome.error.code, outcome.error.status)
        return outcome

    async def _sealed(self, form: int) -> _Sealed:
        """Return the bundle of a form; however many ask at once, it is read once."""
        task = self._papers.get(form)
        if task is None:
            task = self._papers[form] = asyncio.create_task(self._pages.run(partial(_read_sealed, form)))
        try:
            return await asyncio.shield(task)
        except Exception:
            self._papers.pop(form, None)
            raise

    async def _bundle(self, method: str, sha256: str, headers: Headers) -> Response:
        data = await self._pages.run(partial(bundle, sha256))
        asked = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
        status, sent, body = delivery.respond(data, sha256, asked, method=method)
        return Response(
            status, body, [(name.lower().encode(), value.encode()) for name, value in sent.items()]
        )

    # -- pages -------------------------------------------------------------------------------------

    async def _receipt(self, claims: Claims, _headers: Headers) -> Response:
        taken = await self._pages.run(partial(receipt_file, claims.sitting))
        if taken is None:
            raise Rejected("not_found", 404)
        response = json_response(200, taken)
        name = f'attachment; filename="receipt-{claims.sitting}.json"'
        return response._replace(headers=[*response.headers, (b"content-disposition", name.encode())])

    async def _page(
        self,
        claims: Claims,
        headers: Headers,
        *,
        is_review: bool = False,
        notice: str = "",
        is_plain: bool = False,
        unsaved: QueryDict | None = None,
    ) -> Response:
        render = partial(
            page.exam_page, claims, is_review=is_review, notice=notice, is_plain=is_plain, unsaved=unsaved
        )
        return html_response(await self._pages.run(render), headers)

    def _enter_page(self, _scope: Scope, headers: Headers) -> Response:
        return html_response(page.enter_page(language=language_of(headers)), headers)

    def _worker(self, _scope: Scope, _headers: Headers) -> Response:
        return script_response(_WORKER.read_bytes())

    def _receipt_key(self, _scope: Scope, _headers: Headers) -> Response:
        return json_response(200, {"algorithm": "Ed25519", "key": receipt_public_key()})

    def _metrics(self, scope: Scope, headers: Headers) -> Response:
        if not _may_read_metrics(scope, headers):
            raise Rejected("not_found", 404)
        metrics.WAITING.set(self._entries.waiting)
        metrics.ACTIVE.set(self._active)
        metrics.FEED_AGE.set(time.monotonic() - self._followed)
        return Response(200, metrics.text(), [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")])

    async def _open_seat(self, sitting: int, language: str) -> SeatPass:
        outcome = await self._entries.do(opening(sitting, now_ms=now_ms()))
        return seat_pass(sitting, outcome, language, now=timezone.now())


def _read_sealed(form: int) -> _Sealed:
    sealed = SealedPaper.objects.select_related("envelope", "form").filter(form=form).first()
    if sealed is None:
        raise Rejected("not_sealed", 404)
    key = paper_key(sealed.envelope)
    return _Sealed(bundle_url(sealed.sha256), sealed.sha256, sealed.size, sealed.form.sha256, key)


def _may_read_metrics(scope: Scope, headers: Headers) -> bool:
    """Say whether somebody asks who has the token, or, where none is set, is on this machine."""
    if settings.METRICS_TOKEN:
        return constant_time_compare(bearer(headers).decode("latin-1"), settings.METRICS_TOKEN)
    return client_address(scope) in {"127.0.0.1", "::1"}


def _rejection(code: str, status: int, headers: Headers, *, is_page: bool, retry_ms: int) -> Response:
    if is_page:
        shown = page.problem_page(code, status=status, language=language_of(headers))
        response = html_response(shown, headers)
    else:
        response = json_response(status, protocol.Fault(code, retry_ms=retry_ms))
    return with_retry(response, retry_ms)


def _claims(headers: Headers, sitting: str) -> Claims:
    """Return the claims of the request's token, from the Authorization header or the cookie."""
    try:
        claims = read_token(bearer(headers) or cookie(headers, _COOKIE), now_s=time.time())
    except TokenInvalid as error:
        raise Rejected(error.code, 401) from error
    if sitting != str(claims.sitting):
        raise Rejected("wrong_sitting", 403)
    return claims


app = SeatService()
