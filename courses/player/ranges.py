"""Films and documents that come with the platform, or the part of one that a browser asks for."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from courses.content import ranges
from courses.content.files import open_kept

_TYPES = {".mp4": "video/mp4", ".pdf": "application/pdf"}
_BLOCK = 1 << 18


def part_of(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer with a file of the storage, or with the bytes of it that are asked for; download other kinds."""
    kind = _TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
    part = ranges.part(request.headers.get("Range", ""))
    stream = open_kept(name)
    if part is None:
        response: HttpResponseBase = FileResponse(
            stream, content_type=kind, as_attachment=kind not in _TYPES.values()
        )
    else:
        size = stream.seek(0, 2)
        start, length = ranges.within(part, size)
        if not length:
            stream.close()
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        response = StreamingHttpResponse(_blocks(stream, start, length), status=206, content_type=kind)
        response.headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
        response.headers["Content-Length"] = str(length)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def _blocks(stream: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    with stream:
        stream.seek(start)
        while length and (block := stream.read(min(_BLOCK, length))):
            length -= len(block)
            yield block
