"""ASGI entry point: seat service and record store in front, the portal in threads, the schedule beside them.

The portal is ordinary synchronous Django, so it runs under its WSGI handler in a pool of threads. Under
Django's own ASGI handler every request would start a thread of its own, cross between it and the event
loop for each middleware, and never reuse a database connection; docs/architecture.md has the figures.
"""

import asyncio
import gc
import os
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.settings")

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

from learning.celery import app as celery_app
from learning.checks import refuse_unsafe_production
from learning.embedded_beat import EmbeddedBeat
from learning.request_ids import AsgiApp, Receive, RequestIds, Scope, Send

if TYPE_CHECKING:
    from learning.records.asgi import RecordStore

_MAX_BACKSLASHES = 100


async def _no_seat_service(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand where no seat service is configured: answer lifespan, and 404 to anything else."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _spare_the_collector() -> None:
    """Take what start-up made out of the garbage collector's sight, and let it look less often.

    Django's modules are some 300,000 objects that never die. Hundreds of requests in flight
    make the collector walk through all of them again and again; that was half the time of an answer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class Platform:
    """The whole platform as one ASGI application."""

    def __init__(
        self,
        portal: AsgiApp,
        seat: AsgiApp,
        beat: EmbeddedBeat | None,
        *,
        live: AsgiApp | None = None,
        records: "RecordStore | None" = None,
    ) -> None:
        self._portal = portal
        self._seat = seat
        self._live = live
        self._records = records
        self._beat = beat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route by path; websockets are refused, since nothing here speaks them."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["path"].startswith("/seat/"):
            await self._seat(scope, receive, send)
        elif self._live is not None and scope["path"] == settings.LIVE_PATH:
            await self._live(scope, receive, send)
        elif self._records is not None and (scope["path"] + "/").startswith("/xapi/"):
            await self._records(scope, receive, send)
        elif _is_slow_to_read(scope):
            await send({"type": "http.response.start", "status": 400, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._portal(scope, _whole_body(receive), send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand start-up and shutdown to the seat service; the schedule runs only while it is up."""

        async def receive_for_seat() -> MutableMapping[str, Any]:
            message = await receive()
            if message["type"] == "lifespan.shutdown" and self._beat is not None:
                await asyncio.to_thread(self._beat.stop)
            if message["type"] == "lifespan.shutdown" and self._records is not None:
                await self._records.close()
            return message

        async def send_from_seat(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "lifespan.startup.complete":
                _spare_the_collector()
                if self._beat is not None:
                    self._beat.start()
            await send(message)

        await self._seat(scope, receive_for_seat, send_from_seat)


def _is_slow_to_read(scope: Scope) -> bool:
    """Say whether a request's cookies are full of backslashes.

    Until 3.11.10 Python takes the square of their number to read them (CVE-2024-7592): seconds in which no
    other thread runs. No cookie of ours has any.
    """
    headers: list[tuple[bytes, bytes]] = scope.get("headers", [])
    cookies = (value for name, value in headers if name == b"cookie")
    return sum(value.count(b"\\") for value in cookies) > _MAX_BACKSLASHES


def _whole_body(receive: Receive) -> Receive:
    """Raise when the client goes away inside a body, which would otherwise look like its end.

    Half a form must not be taken for a form; Django turns an OSError here into UnreadablePostError.
    """

    async def receive_or_raise() -> MutableMapping[str, Any]:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("the client went away before the end of its request")
        return message

    return receive_or_raise


def _build() -> AsgiApp:
    django: Any = get_wsgi_application()
    portal: Any = WSGIMiddleware(django, workers=settings.PORTAL_THREADS)
    refuse_unsafe_production()
    seat = RequestIds(import_string(settings.SEAT_APP)) if settings.SEAT_APP else _no_seat_service
    live = RequestIds(import_string(settings.LIVE_APP))
    # Its models cannot be imported before Django is set up.
    records: RecordStore = import_string("learning.records.asgi.RecordStore")()
    beat = EmbeddedBeat(celery_app) if settings.CELERY_TASK_ALWAYS_EAGER else None
    platform = Platform(portal, seat, beat, live=live, records=records)
    in_front: Callable[[AsgiApp], AsgiApp] = import_string(settings.CONTENT_APP)
    return in_front(platform)


application = _build()
