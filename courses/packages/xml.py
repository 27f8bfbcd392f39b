"""Read the XML of strangers: no document type, no entities, no more than a course needs. Pure.

defusedxml's SAX parser, because it is pinned already and because it hands over one element at a time: size
and depth are counted while reading, and every element knows its line. lxml would be a second XML library.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import BinaryIO
from xml.etree import ElementTree
from xml.parsers.expat import errors
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from courses.packages.findings import Finding, PackageRefused

_CHUNK = 1 << 16
_DECLARATION = re.compile(rb"(\s*)(<\?xml\s[^>]*\?>)")
_ENCODING = re.compile(rb"""(?<=\sencoding=["'])[\w.-]+""")
# Names that parsers of XML do not know, and UTF-16 over bytes that are none of it: tools on Windows do so.
_ENCODINGS = {b"windows-874": b"cp874", b"utf-16": b"utf-8", b"utf-16le": b"utf-8", b"unicode": b"utf-8"}
# How UTF-16 begins, with a mark or without; a declaration may say UTF-8 all the same, as editors leave it.
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_UTF_8 = {b"", b"utf-8", b"utf8"}
_CONTINUED = bytes(range(0x80, 0xC0))

_NO_XML = _("there is no XML in the file")
_ENDS_EARLY = _("the file ends before all its tags are closed")
_OTHER_LETTERS = _("its letters are not in the encoding that it names; save it as UTF-8")
# What expat says, for authors; the rest is as rare as it is technical.
_WHY: dict[str, Promise] = {
    errors.XML_ERROR_SYNTAX: _NO_XML,
    errors.XML_ERROR_NO_ELEMENTS: _ENDS_EARLY,
    errors.XML_ERROR_UNCLOSED_TOKEN: _ENDS_EARLY,
    errors.XML_ERROR_UNCLOSED_CDATA_SECTION: _ENDS_EARLY,
    errors.XML_ERROR_INVALID_TOKEN: _("a sign stands where it may not, such as & that is not written &amp;"),
    errors.XML_ERROR_TAG_MISMATCH: _("the tag that is closed is not the one that was opened last"),
    errors.XML_ERROR_DUPLICATE_ATTRIBUTE: _("a tag has the same attribute twice"),
    errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: _("there is more after the end of the description"),
    errors.XML_ERROR_UNDEFINED_ENTITY: _("XML does not know an entity that is used, such as &nbsp;"),
    errors.XML_ERROR_UNBOUND_PREFIX: _("a prefix such as adlcp: is used and not declared by xmlns"),
    errors.XML_ERROR_UNKNOWN_ENCODING: _OTHER_LETTERS,
    errors.XML_ERROR_INCORRECT_ENCODING: _OTHER_LETTERS,
    errors.XML_ERROR_PARTIAL_CHAR: _OTHER_LETTERS,
}


@dataclass(frozen=True)
class Limits:
    """How much XML a description of a course may be."""

    size: int = 10 << 20
    depth: int = 60
    # Elements and attributes: they take far more memory than the bytes they are written with.
    nodes: int = 300_000
    # Bytes from one tag to the next; expat keeps reading an endless one from its beginning.
    token: int = 1 << 20


DEFAULT_LIMITS = Limits()


@dataclass(slots=True)
class Element:
    """An element. Names are asked for without namespace and in any case: authoring tools differ in both."""

    name: str
    namespace: str
    line: int
    attributes: dict[tuple[str, str], str]
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, name: str) -> list["Element"]:
        """Return the children of this name."""
        return [child for child in self.children if child.name.lower() == name.lower()]

    def first(self, name: str) -> "Element | None":
        """Return the first child of this name."""
        return next(iter(self.all(name)), None)

    def text_of(self, name: str) -> str:
        """Return the text of the first child of this name, empty where there is none."""
        child = self.first(name)
        return child.text if child else ""

    def get(self, name: str) -> str:
        """Return an attribute without blanks around it, empty where there is none."""
        found = (value for (_space, key), value in self.attributes.items() if key.lower() == name.lower())
        return next(found, "").strip()

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return an attribute that says yes or no, the default where it says neither."""
        return {"true": True, "1": True, "false": False, "0": False}.get(self.get(name).lower(), default)

    def walk(self) -> Iterator["Element"]:
        """Yield this element and all under it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()

    def as_text(self) -> str:
        """Return the element as XML that stands alone."""
        return ElementTree.tostring(_tree(self), encoding="unicode")


def parse(stream: BinaryIO, file: str, limits: Limits = DEFAULT_LIMITS) -> Element:
    """Return the root element. Raises PackageRefused with the line at which reading ended."""
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setFeature(feature_namespaces, True)  # noqa: FBT003
    builder = _Builder(limits, parser.getLineNumber)
    parser.setContentHandler(builder)
    chunks = _Chunks(stream)
    try:
        for chunk in chunks:
            builder.take(len(chunk))
            parser.feed(chunk)
        parser.close()
    except DefusedXmlException as error:
        raise _refused("xml-doctype", file, parser.getLineNumber()) from error
    except _TooMuch as error:
        raise _refused("xml-too-large", file, parser.getLineNumber()) from error
    except SAXParseException as error:
        why = _why(error.getMessage(), builder, chunks)
        raise _refused("xml-malformed", file, error.getLineNumber(), why=why) from error
    except (ValueError, LookupError) as error:
        # An encoding that is not there, or that expat cannot be taught.
        raise _refused("xml-malformed", file, 1, why=_OTHER_LETTERS) from error
    if builder.root is None:
        raise _refused("xml-malformed", file, 1, why=_NO_XML)
    return builder.root


class _Chunks:
    """The file piece by piece as parsers read it: UTF-16 as UTF-8, whatever the declaration says."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._latest = b""
        self._encoding = b""

    def __iter__(self) -> Iterator[bytes]:
        pieces = self._pieces()
        head, named = next(pieces), b""
        if utf_16 := next((name for start, name in _UTF_16.items() if head.startswith(start)), ""):
            decoder = codecs.getincrementaldecoder(utf_16)()
            pieces = (decoder.decode(it, final=not it).encode() for it in chain((head,), pieces))
            head, named = next(pieces), b"utf-8"
        self._latest = self._begun_well(head, named)
        yield self._latest
        for piece in pieces:
            self._latest = piece
            yield piece

    def _pieces(self) -> Iterator[bytes]:
        """Yield the file as it is; nothing in the end, which tells a decoder that there is no more."""
        yield from iter(partial(self._stream.read, _CHUNK), b"")
        yield b""

    def _begun_well(self, head: bytes, named: bytes) -> bytes:
        """Put the declaration first, with an encoding as parsers know it; lines keep their numbers."""
        mark = codecs.BOM_UTF8 if head.startswith(codecs.BOM_UTF8) else b""
        match = _DECLARATION.match(head, len(mark))
        if match is None:
            return head
        blanks, declaration = match.groups()
        declaration = _ENCODING.sub(
            lambda name: named or _ENCODINGS.get(name[0].lower(), name[0]), declaration
        )
        encoding = _ENCODING.search(declaration)
        self._encoding = encoding[0].lower() if encoding else b""
        return b"".join((mark, declaration, blanks, head[match.end() :]))

    @property
    def has_other_letters(self) -> bool:
        """Say whether the latest piece should be UTF-8 and is not."""
        if self._encoding not in _UTF_8:
            return False
        try:
            # The letters at its ends may be cut in two.
            codecs.getincrementaldecoder("utf-8")().decode(self._latest.lstrip(_CONTINUED))
        except UnicodeDecodeError:
            return True
        return False


def _why(message: str, builder: "_Builder", chunks: _Chunks) -> str | Promise:
    """Say why reading ended, in words that authors know where there are any."""
    if message == errors.XML_ERROR_INVALID_TOKEN and chunks.has_other_letters:
        return _OTHER_LETTERS
    if message == errors.XML_ERROR_NO_ELEMENTS and builder.root is None:
        return _NO_XML
    return _WHY.get(message, message)


def _refused(code: str, file: str, line: int | None, **values: object) -> PackageRefused:
    return PackageRefused(Finding(code, file, values, line or 0))


def _tree(element: Element) -> ElementTree.Element:
    attributes = {_clark(*key): value for key, value in element.attributes.items()}
    tree = ElementTree.Element(_clark(element.namespace, element.name), attributes)
    tree.text = element.text
    tree.extend(map(_tree, element.children))
    return tree


def _clark(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}" if namespace else name


class _TooMuch(Exception):
    """More than the limits allow."""


class _Builder(ContentHandler):
    """Builds the tree and counts."""

    root: Element | None = None

    def __init__(self, limits: Limits, line: Callable[[], int]) -> None:
        super().__init__()
        self._limits, self._line = limits, line
        self._open: list[tuple[Element, list[str]]] = []
        self._bytes = self._since_last = self._nodes = 0

    def take(self, size: int) -> None:
        """Count bytes that will be parsed next."""
        self._bytes += size
        self._since_last += size
        if self._bytes > self._limits.size or self._since_last > self._limits.token:
            raise _TooMuch

    def startElementNS(  # noqa: N802
        self, name: tuple[str | None, str], _qname: str | None, attrs: AttributesNSImpl
    ) -> None:
        self._since_last = 0
        attributes = {(space or "", key): str(value) for (space, key), value in attrs.items()}
        self._nodes += 1 + len(attributes)
        if self._nodes > self._limits.nodes or len(self._open) >= self._limits.depth:
            raise _TooMuch
        element = Element(name[1], name[0] or "", self._line(), attributes)
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self.root = element
        self._open.append((element, []))

    def endElementNS(self, _name: tuple[str | None, str], _qname: str | None) -> None:  # noqa: N802
        element, texts = self._open.pop()
        element.text = "".join(texts).strip()

    def characters(self, content: str) -> None:
        self._since_last = 0
        self._open[-1][1].append(content)
