"""Requests and responses of the seat service: what every handler needs of HTTP, and nothing of exams."""

import gzip
import math
import random
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

from exams.seat.page import Page
from learning.request_ids import Receive, Scope

# The names are in lower case.
Headers = Mapping[bytes, bytes]

# Somebody who was turned away comes back after so long, when nothing better is known.
_RETRY_MS = (1500, 4000)
_NO_STORE = (b"cache-control", b"no-store")
_NO_SNIFF = (b"x-content-type-options", b"nosniff")
_JSON = [(b"content-type", b"application/json"), _NO_STORE, _NO_SNIFF]
_HTML = [
    (b"content-type", b"text/html; charset=utf-8"),
    _NO_STORE,
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; "  # noqa: ISC004
        b"img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    _NO_SNIFF,
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"vary", b"cookie, accept-encoding"),
]
_encode = msgspec.json.Encoder().encode
T = TypeVar("T")


class Response(NamedTuple):
    """A complete response."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]]


class Rejected(Exception):
    """The request is not one that we answer; `code` says why, for machines, `retry_ms` when to come back."""

    def __init__(self, code: str, status: int, *, retry_ms: int = 0) -> None:
        self.code, self.status, self.retry_ms = code, status, retry_ms
        super().__init__(code)


def json_response(status: int, value: object) -> Response:
    """Return a value as JSON, for nobody to keep."""
    return Response(status, _encode(value), _JSON)


def html_response(page: Page, headers: Headers) -> Response:
    """Return a page, compressed where the browser asks for it."""
    sent, body = list(_HTML), page.html
    if settings.SECURE_HSTS_SECONDS:
        # As the portal says on its pages; the machines of an exam room may never see one of those.
        sent.append((b"strict-transport-security", f"max-age={settings.SECURE_HSTS_SECONDS}".encode()))
    if b"gzip" in headers.get(b"accept-encoding", b""):
        sent.append((b"content-encoding", b"gzip"))
        body = gzip.compress(body, 6)
    return Response(page.status, body, sent)


def retry_in(seconds: float) -> int:
    """Return in how many milliseconds to come back: after `seconds`, and not all at the same moment."""
    return round(seconds * 1000) + random.randint(*_RETRY_MS)  # noqa: S311 (spreads load, guards nothing)


def with_retry(response: Response, retry_ms: int) -> Response:
    """Return the response with ``Retry-After``, where there is something to wait for."""
    if not retry_ms:
        return response
    retry = (b"retry-after", str(math.ceil(retry_ms / 1000)).encode())
    return response._replace(headers=[*response.headers, retry])


def script_response(body: bytes) -> Response:
    """Return a script that browsers ask for anew each time."""
    return Response(200, body, [(b"content-type", b"text/javascript"), _NO_STORE, _NO_SNIFF])


def redirect(path: str, cookie: str) -> Response:
    """Send a browser on with a GET, and with a cookie."""
    return Response(303, b"", [(b"location", path.encode()), (b"set-cookie", cookie.encode()), _NO_STORE])


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return the body. Raises Rejected as soon as it is longer than `limit` bytes, or where it breaks off."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Half a form would be a form in which the other half was cleared.
            raise Rejected("malformed", 400)
        body += bytes(message.get("body", b""))
        if len(body) > limit:
            raise Rejected("too_large", 413)
        if not message.get("more_body"):
            return body


def read_json(decode: Callable[[bytes], T], body: bytes) -> T:
    """Return what a decoder makes of a body. Raises Rejected for what is not of its kind."""
    try:
        return decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        # Also brackets in brackets, deeper than any program can follow.
        raise Rejected("malformed", 400) from error


def read_form(body: bytes) -> QueryDict:
    """Return the fields of a posted form. Raises Rejected for more of them than any form of ours has."""
    try:
        return QueryDict(body)
    except TooManyFieldsSent as error:
        raise Rejected("malformed", 400) from error


def cookie(headers: Headers, name: bytes) -> bytes:
    """Return the value of a cookie, empty where there is none."""
    prefix = name + b"="
    for pair in headers.get(b"cookie", b"").split(b";"):
        name_value = pair.strip()
        if name_value.startswith(prefix):
            return name_value[len(prefix) :]
    return b""


def bearer(headers: Headers) -> bytes:
    """Return the token of the Authorization header, empty where there is none."""
    authorization = headers.get(b"authorization", b"")
    return authorization[7:] if authorization[:7].lower() == b"bearer " else b""


def is_form(headers: Headers) -> bool:
    """Say whether a browser posts a form by itself, so that a person reads what comes back."""
    return headers.get(b"content-type", b"").startswith(b"application/x-www-form-urlencoded")


def check_origin(headers: Headers) -> None:
    """Refuse a post that a browser says comes from another site. Programs send no Origin."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin or origin in settings.CSRF_TRUSTED_ORIGINS:
        return
    try:
        place = urlsplit(origin).netloc
    except ValueError:
        place = ""
    if not place or place.encode("latin-1") != headers.get(b"host", b""):
        raise Rejected("foreign_origin", 403)


def language_of(headers: Headers) -> str:
    """Return the language that the portal's switch left in a cookie; Thai unless it was switched.

    Not with Python's own reader of cookies: until 3.11.10 it takes seconds over one full of backslashes, in
    which nobody else is answered.
    """
    chosen = cookie(headers, settings.LANGUAGE_COOKIE_NAME.encode()).decode("latin-1")
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def client_address(scope: Scope) -> str:
    """Return the address a request came from; uvicorn has put there what a trusted proxy says."""
    return str((scope.get("client") or ("",))[0])
