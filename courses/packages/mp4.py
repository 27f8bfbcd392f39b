"""Read what an MP4 file says about itself: how long it is and how it is coded (ISO/IEC 14496-12). Pure."""

import struct
from collections.abc import Iterator
from datetime import timedelta
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from courses.packages.package import Video

# What every browser plays; anything else is worth a word.
PLAYED_EVERYWHERE = {"avc1", "avc3", "mp4a"}

_HEADER = 8
# The table of contents of ten hours of video takes about 20 MB.
_MOST_CONTENTS = 64 << 20
_MOST_BOXES = 100_000
_MEDIA = {b"vide", b"soun"}


class NotAVideo(Exception):
    """The bytes are no MP4 file that can be played; the text says why."""


def probe(stream: BinaryIO, size: int) -> Video:
    """Return what a video of `size` bytes says about itself, read forwards only. Raises NotAVideo."""
    contents, starts_fast = b"", False
    at, seen_media = 0, False
    for number in range(_MOST_BOXES):
        if at >= size:
            break
        kind, length, header = _next_box(stream, size - at)
        if number == 0 and kind != b"ftyp":
            raise NotAVideo(_("it is another kind of file"))
        if kind == b"moov":
            if length - header > _MOST_CONTENTS:
                raise NotAVideo(_("its table of contents is too large"))
            contents, starts_fast = stream.read(length - header), not seen_media
        else:
            seen_media = seen_media or kind == b"mdat"
            stream.seek(length - header, 1)
        at += length
    if not contents:
        raise NotAVideo(_("its table of contents is missing"))
    if not seen_media:
        raise NotAVideo(_("it holds no pictures and no sound"))
    return _described(contents, starts_fast=starts_fast)


def _next_box(stream: BinaryIO, left: int) -> tuple[bytes, int, int]:
    """Return kind, length and length of the header of the box at which the stream stands."""
    start = stream.read(_HEADER)
    if len(start) < _HEADER:
        raise NotAVideo(_("it ends too early"))
    length, kind = struct.unpack(">I4s", start)
    header = _HEADER
    if length == 1:
        # The length takes eight more bytes.
        header += 8
        length = int.from_bytes(stream.read(8))
    elif length == 0:
        length = left
    if not header <= length <= left:
        raise NotAVideo(_("it ends too early"))
    return kind, length, header


def _described(contents: bytes, *, starts_fast: bool) -> Video:
    codecs = []
    for track in _inside(contents, b"trak"):
        for media in _inside(track, b"mdia"):
            if _handler(media) in _MEDIA:
                codecs += [codec for info in _inside(media, b"minf") for codec in _codecs(info)]
    if not codecs:
        raise NotAVideo(_("it holds no pictures and no sound"))
    duration = _duration(next(_inside(contents, b"mvhd"), b""))
    return Video(duration=duration, codecs=tuple(codecs), starts_fast=starts_fast)


def _inside(data: bytes, wanted: bytes) -> Iterator[bytes]:
    """Yield the contents of the boxes of one kind among those that lie side by side in the data."""
    at = 0
    while at + _HEADER <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        length = length or len(data) - at
        if length < _HEADER:
            return
        if kind == wanted:
            yield data[at + _HEADER : at + length]
        at += length


def _handler(media: bytes) -> bytes:
    return next(_inside(media, b"hdlr"), b"")[8:12]


def _codecs(info: bytes) -> Iterator[str]:
    for table in _inside(info, b"stbl"):
        for description in _inside(table, b"stsd"):
            # Behind version, flags and count: a length and four letters.
            if codec := description[12:16]:
                yield codec.decode("ascii", "replace")


def _duration(header: bytes) -> timedelta:
    """Return the duration in a mvhd box; zero where it has none, as while a broadcast goes on."""
    try:
        form = ">20xIQ" if header[:1] == b"\1" else ">12xII"
        units, length = struct.unpack_from(form, header)
        return timedelta(seconds=length / units)
    except (struct.error, ZeroDivisionError, OverflowError):
        return timedelta(0)
