"""Check a photograph and take everything out of the file that is not the picture. Pure.

A telephone writes into its photographs where and when they were taken. The pixels stay as they are: only
parts of the file without which it still shows the same picture are left out. Of the Exif data one number
stays, which way up the picture is.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.errors import DomainError

MAX_BYTES = 3 * 1024 * 1024
MIN_SIDE, MAX_SIDE = 90, 6000

_PNG = b"\x89PNG\r\n\x1a\n"
# What decides how the pixels look; texts, times and Exif are other chunks.
_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"IDAT", b"IEND"}
_SOI, _SOS, _EOI, _APP0, _APP1, _APP14 = 0xD8, 0xDA, 0xD9, 0xE0, 0xE1, 0xEE
# Frames of Huffman-coded images that every browser shows: baseline, extended, progressive.
_FRAMES = {0xC0, 0xC1, 0xC2}
_TABLES = {0xC4, 0xDB, 0xDD}


class NotAPhotograph(DomainError):
    """The file is no JPEG or PNG picture, is damaged, or is too large or too small."""

    code = "not_a_photograph"
    status = 422
    message: str | Promise = _(
        "This file is not a whole JPEG or PNG picture. Save the photograph again as one of these."
    )


@dataclass(frozen=True)
class Picture:
    """A photograph without anything else."""

    kind: Literal["jpg", "png"]
    data: bytes


def clean(data: bytes) -> Picture:
    """Return the photograph in a file. Raises NotAPhotograph."""
    if len(data) > MAX_BYTES:
        raise NotAPhotograph(_("The photograph is larger than 3 MB. Make it smaller."))
    try:
        if data.startswith(_PNG):
            return Picture("png", _clean_png(data))
        if data.startswith(b"\xff\xd8"):
            return Picture("jpg", _clean_jpeg(data))
    except (struct.error, IndexError, zlib.error) as error:
        raise NotAPhotograph from error
    raise NotAPhotograph


def _check_size(width: int, height: int) -> None:
    if not (min(width, height) >= MIN_SIDE and max(width, height) <= MAX_SIDE):
        raise NotAPhotograph(
            _("The photograph is %(width)d × %(height)d pixels. Each side needs %(min)d to %(max)d.")
            % {"width": width, "height": height, "min": MIN_SIDE, "max": MAX_SIDE}
        )


def _clean_png(data: bytes) -> bytes:
    kept, kinds = [_PNG], []
    for kind, body in _png_chunks(data):
        kinds.append(kind)
        if kind == b"IHDR":
            _check_size(*struct.unpack(">II", body[:8]))
        if kind in _PNG_KEPT:
            kept.append(
                struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            )
    if kinds[:1] != [b"IHDR"] or b"IDAT" not in kinds or kinds[-1] != b"IEND":
        raise NotAPhotograph
    return b"".join(kept)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks up to IEND; what follows it is no part of the picture."""
    at = len(_PNG)
    kind = b""
    while kind != b"IEND":
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
        if zlib.crc32(kind + body) != checksum:
            raise NotAPhotograph
        yield kind, body
        at += 12 + length


def _clean_jpeg(data: bytes) -> bytes:
    kept, turn, is_sized = [], 1, False
    end = data.rfind(b"\xff\xd9")
    at = 2
    while True:
        if data[at] != 0xFF:  # noqa: PLR2004
            raise NotAPhotograph
        marker = data[at + 1]
        (length,) = struct.unpack_from(">H", data, at + 2)
        segment = data[at : at + 2 + length]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", segment, 5)
            _check_size(width, height)
            is_sized = True
        if marker == _APP1 and segment[4:10] == b"Exif\0\0":
            turn = _orientation(segment[10:])
        if marker in _FRAMES | _TABLES | {_APP0, _APP14, _SOS}:
            kept.append(segment)
        at += 2 + length
        if marker == _SOS:
            break
    if not is_sized or end < at:
        raise NotAPhotograph
    return b"\xff\xd8" + _exif(turn) + b"".join(kept) + data[at : end + 2]


def _orientation(tiff: bytes) -> int:
    """Return the orientation, 1 to 8, in the Exif data; 1, upright, where there is none."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (offset,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, offset)
        for entry in range(min(count, 100)):
            tag, _kind, _number, value = struct.unpack_from(order + "HHIH", tiff, offset + 2 + 12 * entry)
            if tag == 0x0112 and 1 <= value <= 8:  # noqa: PLR2004
                return int(value)
    except struct.error:
        return 1
    return 1


def _exif(turn: int) -> bytes:
    """Return an Exif segment that holds the orientation and nothing else; none for an upright picture."""
    if turn == 1:
        return b""
    tiff = b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, turn, 0, 0)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
