"""Requests and responses of the seat service: what every handler needs of HTTP, and nothing of exams."""

import gzip
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from exams.seat.page import Page
from learning.request_ids import Receive, Scope

# The names are in lower case.
Headers = Mapping[bytes, bytes]

_NO_STORE = (b"cache-control", b"no-store")
_JSON = [(b"content-type", b"application/json"), _NO_STORE]
_HTML = [
    (b"content-type", b"text/html; charset=utf-8"),
    _NO_STORE,
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; "  # noqa: ISC004
        b"img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"vary", b"cookie, accept-encoding"),
]
_encode = msgspec.json.Encoder().encode


class Response(NamedTuple):
    """A complete response."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]]


class Rejected(Exception):
    """The request is not one that we answer; `code` says why, for machines."""

    def __init__(self, code: str, status: int) -> None:
        self.code, self.status = code, status
        super().__init__(code)


def json_response(status: int, value: object) -> Response:
    """Return a value as JSON, for nobody to keep."""
    return Response(status, _encode(value), _JSON)


def html_response(page: Page, headers: Headers) -> Response:
    """Return a page, compressed where the browser asks for it."""
    if b"gzip" in headers.get(b"accept-encoding", b""):
        encoding = (b"content-encoding", b"gzip")
        return Response(page.status, gzip.compress(page.html, 6), [*_HTML, encoding])
    return Response(page.status, page.html, _HTML)


def script_response(body: bytes) -> Response:
    """Return a script that browsers ask for anew each time."""
    return Response(200, body, [(b"content-type", b"text/javascript"), _NO_STORE])


def redirect(path: str, cookie: str) -> Response:
    """Send a browser on with a GET, and with a cookie."""
    return Response(303, b"", [(b"location", path.encode()), (b"set-cookie", cookie.encode()), _NO_STORE])


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return the body. Raises Rejected as soon as it is longer than `limit` bytes."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > limit:
            raise Rejected("too_large", 413)
        if not message.get("more_body"):
            return body


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


def check_origin(headers: Headers) -> None:
    """Refuse a post that a browser says comes from another site. Programs send no Origin."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin or origin in settings.CSRF_TRUSTED_ORIGINS:
        return
    if urlsplit(origin).netloc.encode() != headers.get(b"host", b""):
        raise Rejected("foreign_origin", 403)


def client_address(scope: Scope) -> str:
    """Return the address a request came from; uvicorn has put there what a trusted proxy says."""
    return str((scope.get("client") or ("",))[0])
