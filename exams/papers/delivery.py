"""Answer requests for a bundle as a static server would: entity tags, ranges, far-future caching. Pure.

A bundle's name is the hash of its bytes, so every copy of it is fresh for ever and says so. Nothing here
depends on who asks; no cookie is read or set.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

_HEADERS = {
    "Content-Type": "application/octet-stream",
    # no-transform: the bundle is compressed inside, and its hash is over the bytes as they are.
    "Cache-Control": "public, max-age=31536000, immutable, no-transform",
    "Accept-Ranges": "bytes",
    # Any copy may be fetched from any page: what it holds is sealed.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Range, ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
# Numbers of more digits than any file has bytes are not read at all.
_ONE_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.ASCII | re.IGNORECASE)


class Reply(NamedTuple):
    """A complete response."""

    status: int
    headers: dict[str, str]
    body: bytes


def respond(data: bytes, sha256: str, headers: Mapping[str, str], *, method: str = "GET") -> Reply:
    """Return the response to a request for the bundle `data` of the name `sha256`.

    `headers` are the request's, with names in lower case. RFC 9110: If-None-Match comes before Range
    (section 13.2.2); a range that cannot be understood, and several ranges at once, are answered with
    the whole (14.2), one that lies behind the end with 416.
    """
    etag = f'"{sha256}"'
    if method not in {"GET", "HEAD"}:
        return Reply(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD", "Content-Length": "0"}, b"")
    common = _HEADERS | {"ETag": etag}
    if _is_known(headers.get("if-none-match", ""), etag):
        return Reply(HTTPStatus.NOT_MODIFIED, common, b"")
    status, body = HTTPStatus.OK, data
    is_range_asked = method == "GET" and headers.get("if-range", etag) == etag
    span = _span(headers.get("range", ""), len(data)) if is_range_asked else None
    if span is not None:
        if not span:
            common |= {"Content-Range": f"bytes */{len(data)}", "Content-Length": "0"}
            return Reply(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, common, b"")
        status, body = HTTPStatus.PARTIAL_CONTENT, data[span.start : span.stop]
        common |= {"Content-Range": f"bytes {span.start}-{span.stop - 1}/{len(data)}"}
    common |= {"Content-Length": str(len(body))}
    return Reply(status, common, body if method == "GET" else b"")


def _is_known(tags: str, etag: str) -> bool:
    # Weak comparison, as RFC 9110 section 13.1.2 asks.
    return any(tag.strip().removeprefix("W/") in {etag, "*"} for tag in tags.split(","))


def _span(asked: str, size: int) -> range | None:
    """Return the bytes that a Range header asks for, empty behind the end; None where it is no one range."""
    found = _ONE_RANGE.fullmatch(asked)
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return range(size - min(int(last), size), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)
