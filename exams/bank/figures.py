"""What picture an item may have: PNG, WebP or SVG, without anything in it that is not drawn. Pure.

A picture comes from anybody's computer and is shown on exam day, so it is judged by its bytes, never by its
name, and only what draws is kept: a comment or a text chunk could tell the answer, a photograph where it was
taken. An SVG is a document that can run scripts and fetch addresses; one that tries is refused, and all
are shown through ``<img>`` only, where browsers do neither.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, register_namespace, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.errors import DomainError

MAX_BYTES = 300 * 1024
MAX_PIXELS = 4000
PNG, WEBP, SVG = "image/png", "image/webp", "image/svg+xml"


class UnfitFigure(DomainError):
    """The file is no picture that an item may have; the message says why."""

    code = "figure_unfit"
    status = 422
    message: str | Promise = gettext_lazy("The figure must be a PNG, WebP or SVG picture.")


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept; width and height in pixels, those of an SVG as it declares them."""

    media_type: str
    data: bytes
    width: int
    height: int


def check_size(size: int) -> None:
    """Raise UnfitFigure when a file of `size` bytes is more than a figure may have."""
    if size > MAX_BYTES:
        raise UnfitFigure(
            _("The figure has %(size)d kB; at most %(limit)d kB fit.")
            % {"size": -(-size // 1024), "limit": MAX_BYTES // 1024}
        )


def examine(data: bytes) -> Picture:
    """Return the picture in the bytes, without what is not drawn. Raises UnfitFigure."""
    check_size(len(data))
    if data.startswith(_PNG_SIGNATURE):
        picture = _png(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        picture = _webp(data)
    elif b"<svg" in data[:4096]:
        picture = _svg(data)
    else:
        raise UnfitFigure
    if not (0 < picture.width <= MAX_PIXELS and 0 < picture.height <= MAX_PIXELS):
        raise UnfitFigure(
            _("The figure is %(width)d × %(height)d pixels; each side may have 1 to %(limit)d.")
            % {"width": picture.width, "height": picture.height, "limit": MAX_PIXELS}
        )
    return picture


def _damaged() -> UnfitFigure:
    return UnfitFigure(_("The picture file is damaged. Save it again and upload the new file."))


def _animated() -> UnfitFigure:
    return UnfitFigure(_("The figure moves. Save a still picture."))


# -- PNG: signature, then chunks of length, type, data, CRC (W3C PNG, third edition, section 5) --------
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"gAMA", b"IDAT", b"IEND"}


def _png(data: bytes) -> Picture:
    chunks = list(_png_chunks(data))
    kinds = [kind for kind, _whole in chunks]
    if b"acTL" in kinds:
        raise _animated()
    if kinds[:1] != [b"IHDR"] or b"IDAT" not in kinds or kinds[-1] != b"IEND":
        raise _damaged()
    kept = b"".join(whole for kind, whole in chunks if kind in _PNG_KEPT)
    header = chunks[0][1]
    width, height = int.from_bytes(header[8:12]), int.from_bytes(header[12:16])
    return Picture(PNG, _PNG_SIGNATURE + kept, width, height)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and all bytes of each chunk up to the end of the picture. Raises UnfitFigure."""
    at, kind = len(_PNG_SIGNATURE), b""
    while kind != b"IEND":
        end = at + 12 + int.from_bytes(data[at : at + 4])
        chunk = data[at:end]
        if len(chunk) < 12 or end > len(data):  # noqa: PLR2004
            raise _damaged()
        kind = chunk[4:8]
        if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
            raise _damaged()
        yield kind, chunk
        at = end


# -- WebP: a RIFF container (RFC 9649) ----------------------------------------------------------------
_WEBP_KEPT = {b"VP8X", b"ALPH", b"VP8 ", b"VP8L"}
_ALPHA_FLAG, _ANIMATION_FLAG = 0b00010000, 0b00000010


def _webp(data: bytes) -> Picture:
    chunks = list(_riff_chunks(data))
    by_kind = dict(reversed(chunks))
    extended = by_kind.get(b"VP8X", b"")
    if b"ANIM" in by_kind or b"ANMF" in by_kind or (extended and extended[0] & _ANIMATION_FLAG):
        raise _animated()
    width, height = _webp_size(by_kind)
    body = b"WEBP"
    for kind, content in chunks:
        if kind in _WEBP_KEPT:
            # Colour profile, Exif and XMP are left out, so their flags are cleared.
            kept = bytes([content[0] & _ALPHA_FLAG]) + content[1:] if kind == b"VP8X" else content
            body += kind + len(kept).to_bytes(4, "little") + kept + b"\0" * (len(kept) % 2)
    return Picture(WEBP, b"RIFF" + len(body).to_bytes(4, "little") + body, width, height)


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    end = 8 + int.from_bytes(data[4:8], "little")
    at = 12
    while at < end:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        content = data[at + 8 : at + 8 + size]
        if len(content) != size or at + 8 > len(data):
            raise _damaged()
        yield data[at : at + 4], content
        at += 8 + size + size % 2


def _webp_size(chunks: dict[bytes, bytes]) -> tuple[int, int]:
    if len(lossy := chunks.get(b"VP8 ", b"")) >= 10 and lossy[3:6] == b"\x9d\x01\x2a":  # noqa: PLR2004
        size = (int.from_bytes(lossy[start : start + 2], "little") & 0x3FFF for start in (6, 8))
        return next(size), next(size)
    if len(lossless := chunks.get(b"VP8L", b"")) >= 5 and lossless[0] == 0x2F:  # noqa: PLR2004
        bits = int.from_bytes(lossless[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise _damaged()


# -- SVG ----------------------------------------------------------------------------------------------
_SVG_SPACE = "http://www.w3.org/2000/svg"
_XLINK_SPACE = "http://www.w3.org/1999/xlink"
_USE = f"{{{_SVG_SPACE}}}use"
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
# fmt: off
_DRAWS = {
    "svg", "g", "defs", "symbol", "use", "switch", "style",
    "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textPath",
    "linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern", "marker",
}
# fmt: on
# What editors write beside the drawing. Nobody sees it in an <img>, so it goes, like all foreign elements.
_BESIDE = {"title", "desc", "metadata"}
_LENGTH = re.compile(r"\s*(\d{1,6}(?:\.\d+)?)(?:px)?\s*", re.ASCII)
# Everything that makes a style reach outside the file; a backslash could spell any of them.
_REACHES_OUT = re.compile(r"""url\(\s*["']?\s*[^"'#\s]|@import|\\|javascript:|expression\(""", re.IGNORECASE)
# Far beyond what editors write, and far below what makes a program that walks the tree fail.
_MAX_DEPTH = 60

register_namespace("", _SVG_SPACE)
register_namespace("xlink", _XLINK_SPACE)


def _svg(data: bytes) -> Picture:
    try:
        # Comments and processing instructions, style sheets among them, do not survive the parser.
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UnfitFigure(
            _("The SVG has a document type or entities. Save it again as “plain SVG”.")
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise _damaged() from error
    if root.tag != f"{{{_SVG_SPACE}}}svg":
        raise UnfitFigure
    waiting = [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise _too_intricate()
        _clean_attributes(element)
        _clean_children(element)
        waiting += [(child, depth + 1) for child in element]
    _check_copies(root)
    width, height = _svg_size(root)
    return Picture(SVG, tostring(root, encoding="utf-8"), width, height)


def _reaches_out() -> UnfitFigure:
    return UnfitFigure(_("The SVG refers to other addresses. Save it with everything inside the file."))


def _too_intricate() -> UnfitFigure:
    return UnfitFigure(_("The SVG is nested too deeply. Simplify the drawing, or save it as PNG."))


def _clean_children(element: Element) -> None:
    """Take out what is not drawn; refuse elements that could run or fetch. Raises UnfitFigure."""
    for child in list(element):
        space, name = _split(child.tag)
        if space != _SVG_SPACE or name in _BESIDE:
            _remove(element, child)
        elif name not in _DRAWS:
            raise UnfitFigure(
                _("The SVG has a “%(element)s” element, which a figure may not have.") % {"element": name}
            )
        elif name == "style" and _REACHES_OUT.search("".join(child.itertext())):
            raise _reaches_out()


def _clean_attributes(element: Element) -> None:
    """Take out attributes of editors; refuse what could run or fetch. Raises UnfitFigure."""
    for key, value in list(element.attrib.items()):
        space, name = _split(key)
        if name == "href" and space in {"", _XLINK_SPACE}:
            if not value.strip().startswith("#"):
                raise _reaches_out()
        elif name.lower().startswith("on"):
            raise UnfitFigure(_("The SVG has a script. A figure may not have any."))
        elif _REACHES_OUT.search(value):
            raise _reaches_out()
        elif space and key != _XML_SPACE:
            del element.attrib[key]


def _check_copies(root: Element) -> None:
    """Refuse copies of copies: a few lines of them draw more than any machine can. Raises UnfitFigure."""
    # Of several elements with one id the first counts, so it is written last.
    by_id = {element.get("id"): element for element in reversed(list(root.iter()))}
    for target in {_target(element) for element in root.iter(_USE)}:
        copied = by_id.get(target)
        if copied is not None and next(copied.iter(_USE), None) is not None:
            raise _too_intricate()


def _target(use: Element) -> str:
    reference = use.get("href") or use.get(f"{{{_XLINK_SPACE}}}href") or ""
    return reference.strip().removeprefix("#")


def _remove(parent: Element, child: Element) -> None:
    """Remove an element but not the text behind it, which belongs to its parent."""
    place = list(parent).index(child)
    if place:
        parent[place - 1].tail = (parent[place - 1].tail or "") + (child.tail or "")
    else:
        parent.text = (parent.text or "") + (child.tail or "")
    parent.remove(child)


def _split(name: str) -> tuple[str, str]:
    space, _brace, local = name.rpartition("}")
    return space.removeprefix("{"), local


def _svg_size(root: Element) -> tuple[int, int]:
    """Return width and height in pixels as declared, or those of the view box; write them where missing."""
    declared = [_LENGTH.fullmatch(root.get(side, "")) for side in ("width", "height")]
    box = root.get("viewBox", "").replace(",", " ").split()
    if all(declared):
        sides = [found[1] for found in declared if found]
    elif len(box) == 4 and all(map(_LENGTH.fullmatch, box[2:])):  # noqa: PLR2004
        sides = box[2:]
    else:
        raise UnfitFigure(_("The SVG does not say how large it is. Save it with width and height."))
    # Without a view box a browser would cut the drawing off where it has to show it smaller.
    root.set("viewBox", root.get("viewBox") or f"0 0 {sides[0]} {sides[1]}")
    width, height = (round(float(side)) for side in sides)
    root.set("width", str(width))
    root.set("height", str(height))
    return width, height
