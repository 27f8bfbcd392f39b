"""Look for what a PDF would do beside being read. Pure.

No PDF library: readers of PDF run the scripts or they do not, and ours does not (docs/packages.md). This
tells the uploader, and counts the pages.
"""

import re
import zlib
from collections.abc import Iterator
from itertools import islice

from courses.packages.package import Document

MOST = 100 << 20

_MOST_INFLATED = 64 << 20
_MOST_A_STREAM = 4 << 20
_MOST_STREAMS = 20_000
# From the kind of an object to its bytes there are a few more words about it.
_MOST_BETWEEN = 400
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_OBJECT_STREAM = re.compile(rb"/ObjStm\b")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_FOUND = (
    (re.compile(rb"/Encrypt\b"), "pdf-encrypted"),
    (re.compile(rb"/(?:Launch|ImportData|SubmitForm)\b"), "pdf-launches"),
    (re.compile(rb"/JavaScript\b"), "pdf-script"),
)
# What a document for everybody has.
_WANTED = ((re.compile(rb"/StructTreeRoot\b"), "pdf-untagged"), (re.compile(rb"/Font\b"), "pdf-without-text"))


def inspect(data: bytes) -> tuple[Document, list[str]]:
    """Return what the PDF says about itself, and the codes of the rules that it breaks."""
    if not data.startswith(b"%PDF-") or b"startxref" not in data[-4096:]:
        return Document(pages=0), ["pdf-damaged"]
    parts = [_plain(part) for part in (data, *_object_streams(data))]
    pages = sum(len(_PAGE.findall(part)) for part in parts)
    codes = [code for pattern, code in _FOUND if any(map(pattern.search, parts))]
    if "pdf-encrypted" not in codes:
        codes += [code for pattern, code in _WANTED if not any(map(pattern.search, parts))]
    return Document(pages=pages), codes


def _plain(part: bytes) -> bytes:
    # A name may be written /J#61vaScript.
    return _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), part) if b"#" in part else part


def _object_streams(data: bytes) -> Iterator[bytes]:
    """Yield the objects that lie compressed together, as every newer program writes them."""
    left, view = _MOST_INFLATED, memoryview(data)
    for match in islice(_OBJECT_STREAM.finditer(data), _MOST_STREAMS):
        start = data.find(b"stream", match.end(), match.end() + _MOST_BETWEEN)
        if start < 0 or left <= 0:
            continue
        # Behind the word comes the end of its line, which is one or two bytes.
        start = data.find(b"\n", start, start + 9) + 1
        try:
            inflated = zlib.decompressobj().decompress(view[start : start + _MOST_A_STREAM], _MOST_A_STREAM)
        except zlib.error:
            continue
        left -= len(inflated)
        yield inflated
