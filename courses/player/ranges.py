"""Parts of files, as browsers ask for them when somebody jumps in a film (RFC 9110, section 14)."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from django.core.files import File
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_TYPES = {".mp4": "video/mp4", ".pdf": "application/pdf"}
_BLOCK = 1 << 18


def part_of(request: HttpRequest, file: File) -> HttpResponseBase:  # type: ignore[type-arg]
    """Answer with a film or document, or with the bytes of it that is asked for; download anything else."""
    kind = _TYPES.get(PurePosixPath(file.name or "").suffix.lower(), "application/octet-stream")
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    if found is None or found.groups() == ("", ""):
        response: HttpResponseBase = FileResponse(
            file.open("rb"), content_type=kind, as_attachment=kind not in _TYPES.values()
        )
    else:
        first, last = _span(found[1], found[2], file.size)
        if first > last:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{file.size}"})
        response = StreamingHttpResponse(
            _blocks(file.open("rb"), first, last - first + 1), status=206, content_type=kind
        )
        response.headers["Content-Range"] = f"bytes {first}-{last}/{file.size}"
        response.headers["Content-Length"] = str(last - first + 1)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _blocks(
    stream: File,  # type: ignore[type-arg]
    first: int,
    length: int,
) -> Iterator[bytes]:
    with stream:
        stream.seek(first)
        while length and (block := stream.read(min(_BLOCK, length))):
            length -= len(block)
            yield block
