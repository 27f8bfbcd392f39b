"""What a file is, told from its first bytes. Pure.

A name decides only between kinds of text, which have no mark of their own and are equally harmless.
"""

import re

# As many bytes as are needed to tell.
HEAD = 1024

EXECUTABLE = "application/x-executable"
SCRIPT = "application/x-server-script"
ZIP = "application/zip"
MP4 = "video/mp4"
PDF = "application/pdf"
HTML = "text/html"
SVG = "image/svg+xml"
CSS = "text/css"
JAVASCRIPT = "text/javascript"
TEXT = "text/plain"
XML = "application/xml"
UNKNOWN = "application/octet-stream"
OLE = "application/x-ole-storage"
OTHER_ARCHIVES = {"application/x-7z-compressed", "application/vnd.rar", "application/gzip"}

_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", ZIP),
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"\0\0\1\0", "image/x-icon"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xfa", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"OggS", "application/ogg"),
    (b"0&\xb2u\x8ef\xcf\x11", "video/x-ms-wmv"),
    (b"FLV\x01", "video/x-flv"),
    (b"\0\0\x01\xba", "video/mpeg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"OTTO", "font/otf"),
    (b"\0\1\0\0\0", "font/ttf"),
    (b"true\0", "font/ttf"),
    (b"FWS", "application/x-shockwave-flash"),
    (b"CWS", "application/x-shockwave-flash"),
    (b"ZWS", "application/x-shockwave-flash"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"\x7fELF", EXECUTABLE),
    (b"\xca\xfe\xba\xbe", EXECUTABLE),
    (b"\xcf\xfa\xed\xfe", EXECUTABLE),
    (b"\xce\xfa\xed\xfe", EXECUTABLE),
    (b"\xfe\xed\xfa", EXECUTABLE),
    (b"\0asm", "application/wasm"),
)
# The same boxes hold sound and pictures too.
_BRANDS = {
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"mif1": "image/heic",
}
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_TEXT_BY_ENDING = {
    "css": CSS,
    "js": JAVASCRIPT,
    "mjs": JAVASCRIPT,
    "json": "application/json",
    "map": "application/json",
    "vtt": "text/vtt",
    "csv": "text/csv",
}
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BLANK_OR_COMMENT = re.compile(rb"(?:\s|<\?(?!php)[^>]*>|<!--.*?-->)*", re.DOTALL | re.IGNORECASE)
_HTML_TAG = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|title|meta|div|p|h1|iframe|table)\b", re.IGNORECASE
)
# Where "MZ" starts a text, the word after it has letters; a program has its sizes there, mostly zeros.
_PROGRAM = re.compile(rb"MZ(?=.{0,62}\0)", re.DOTALL)


def ending(path: str) -> str:
    """Return the letters behind the last full stop of the file's name, in small letters."""
    return path.rpartition("/")[2].rpartition(".")[2].lower() if "." in path.rpartition("/")[2] else ""


def media_type(path: str, head: bytes) -> str:
    """Return the media type of a file, given its first `HEAD` bytes."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], MP4)
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if _PROGRAM.match(head):
        return EXECUTABLE
    binary = _BINARY.search(head) is not None
    for mark, kind in _MARKS:
        # A text may well begin with "BM"; it will not begin with "%PDF-".
        if head.startswith(mark) and (binary or len(mark) > len(b"ftyp")):
            return kind
    return _text_type(path, head)


def _text_type(path: str, head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    head = head.removeprefix(b"\xef\xbb\xbf")
    if _BINARY.search(head):
        return UNKNOWN
    if head.startswith(b"#!") or head.lstrip().lower().startswith(b"<?php"):
        return SCRIPT
    start = _BLANK_OR_COMMENT.sub(b"", head, count=1)
    if _HTML_TAG.match(start):
        return HTML
    if start.startswith(b"<svg") or (b"<svg" in start and start.lower().startswith(b"<!doctype svg")):
        return SVG
    known = _TEXT_BY_ENDING.get(ending(path))
    if known is None and start.startswith(b"<"):
        return HTML if ending(path) in {"htm", "html", "xhtml"} else XML
    return known or (HTML if ending(path) in {"htm", "html"} else TEXT)
