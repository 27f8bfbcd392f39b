"""One id per request, in the log lines and in the response, under WSGI and under ASGI."""

import itertools
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

# What a proxy may send us: long enough for a UUID or a trace id, and nothing that can forge a log line.
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")


# Ours are counted, not drawn: a random id for every answer costs more than checking its token.
_PROCESS = secrets.token_hex(8)
_count = itertools.count(1)


def accept_or_make(given: str) -> str:
    """Return the id that came with the request if it is well formed, a new one otherwise."""
    return given if given and _ACCEPTED.fullmatch(given) else f"{_PROCESS}-{next(_count):08x}"


class RequestIdMiddleware:
    """Django: settle the id before anything else; django-structlog binds it to every log line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Put the settled id where django-structlog reads it, and into the response."""
        # Not from `request.headers`, which is made once and would keep what was sent.
        request_id = accept_or_make(request.META.get("HTTP_X_REQUEST_ID", ""))
        request.META["HTTP_X_REQUEST_ID"] = request_id
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class RequestIds:
    """ASGI: the same for an application that is not Django; its structlog lines carry the id."""

    def __init__(self, app: AsgiApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind the id for this request; the server runs each request in a context of its own."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given: bytes = dict(scope["headers"]).get(b"x-request-id", b"")
        request_id = accept_or_make(given.decode("latin-1"))
        structlog.contextvars.bind_contextvars(request_id=request_id)

        def send_with_id(message: MutableMapping[str, Any]) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            return send(message)

        await self.app(scope, receive, send_with_id)
