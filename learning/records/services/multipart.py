"""Statements with the data of their attachments: multipart/mixed, read and written (Communication 1.5.2)."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import uuid4

from learning.records.errors import BadRequest

_BOUNDARY = re.compile(r"""boundary=(?:"([^"\r\n]{1,200})"|([^\s;,"]{1,200}))""", re.IGNORECASE)
# A line that begins with a blank goes on with the one before (RFC 5322 2.2.3). Nothing else ends a line:
# names of files in Thai have bytes that Python would take for line breaks of Latin-1.
_HEADER_END = re.compile(rb"\r?\n(?![ \t])")
_HASHES = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_MOST_HEADERS = 8192
# Empty ones take a hundred times more memory than they take to send.
_MOST_PARTS = 10_000


class Part(NamedTuple):
    """A part: its headers with names in lower case, and its bytes."""

    headers: dict[str, str]
    content: bytes


def split(content_type: str, body: bytes) -> list[Part]:
    """Return the parts of a body. Raises BadRequest where it is not made as its boundary says."""
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise BadRequest("multipart/mixed needs a boundary")
    delimiter = b"--" + (match[1] or match[2]).encode("latin-1", "replace")
    # A delimiter stands at the beginning of a line, and the line break before it belongs to it.
    pieces = re.split(rb"(?:^|\r?\n)" + re.escape(delimiter), body, maxsplit=_MOST_PARTS + 2)
    if len(pieces) > _MOST_PARTS + 2:
        raise BadRequest(f"a request has at most {_MOST_PARTS} parts")
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004
        raise BadRequest("the body does not begin and end with the boundary of its Content-Type")
    return [_read_part(piece) for piece in pieces[1:-1]]


def _read_part(piece: bytes) -> Part:
    line = re.match(rb"[ \t]*\r?\n", piece)
    if line is None:
        raise BadRequest("a boundary must stand on a line of its own")
    rest = piece[line.end() :]
    empty = re.search(rb"(?:^|\r?\n)\r?\n", rest[:_MOST_HEADERS])
    if empty is None:
        raise BadRequest("a part has no empty line between its headers and its content")
    headers = {}
    for header in filter(None, _HEADER_END.split(rest[: empty.start()])):
        name, colon, value = header.decode("latin-1").partition(":")
        if not colon:
            raise BadRequest("a header of a part cannot be read")
        headers[name.strip().lower()] = value.strip()
    return Part(headers, rest[empty.end() :])


def read(content_type: str, body: bytes) -> tuple[bytes, dict[str, Part]]:
    """Return the JSON text of the statements, and the parts of attachments by their hash."""
    first, *others = split(content_type, body)
    if first.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("the first part must be application/json")
    parts: dict[str, Part] = {}
    for part in others:
        sha2 = part.headers.get("x-experience-api-hash", "").lower()
        if not sha2:
            raise BadRequest("a part of an attachment needs an X-Experience-API-Hash")
        if part.headers.get("content-transfer-encoding", "").lower() != "binary":
            raise BadRequest("a part of an attachment needs Content-Transfer-Encoding: binary")
        name = _HASHES.get(len(sha2))
        if name is None or hashlib.new(name, part.content).hexdigest() != sha2:
            raise BadRequest("X-Experience-API-Hash is not the hash of its part")
        parts[sha2] = part
    return first.content, parts


def write(statements: bytes, files: Iterable[tuple[dict[str, Any], bytes]]) -> tuple[str, bytes]:
    """Return the Content-Type and the body of statements with (attachment, data) pairs."""
    boundary = uuid4().hex
    lines = [f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode() + statements]
    lines += [
        (
            f"--{boundary}\r\nContent-Type: {given['contentType']}\r\n"
            f"Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {given['sha2']}\r\n\r\n"
        ).encode()
        + content
        for given, content in files
    ]
    lines.append(f"--{boundary}--\r\n".encode())
    return f"multipart/mixed; boundary={boundary}", b"\r\n".join(lines)
