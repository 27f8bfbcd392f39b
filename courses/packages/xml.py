"""Read the XML of strangers: no document type, no entities, no more than a course needs. Pure.

defusedxml's SAX parser, because it is pinned already and because it hands over one element at a time: size
and depth are counted while reading, and every element knows its line. lxml would be a second XML library.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree import ElementTree
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from courses.packages.findings import Finding, PackageRefused

_CHUNK = 1 << 16
_DECLARATION = re.compile(rb"(\s*)(<\?xml\s[^>]*\?>)")
_ENCODING = re.compile(rb"""(?<=\sencoding=["'])[\w.-]+""")
# Names that parsers of XML do not know, and UTF-16 over bytes that are none of it: tools on Windows do so.
_ENCODINGS = {b"windows-874": b"cp874", b"utf-16": b"utf-8", b"utf-16le": b"utf-8", b"unicode": b"utf-8"}


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
    try:
        chunk = _begun_well(stream.read(_CHUNK))
        while chunk:
            builder.take(len(chunk))
            parser.feed(chunk)
            chunk = stream.read(_CHUNK)
        parser.close()
    except DefusedXmlException as error:
        raise _refused("xml-doctype", file, parser.getLineNumber()) from error
    except _TooMuch as error:
        raise _refused("xml-too-large", file, parser.getLineNumber()) from error
    except SAXParseException as error:
        raise _refused("xml-malformed", file, error.getLineNumber(), why=error.getMessage()) from error
    except (ValueError, LookupError) as error:
        # An encoding that is not there, or that expat cannot be taught.
        raise _refused("xml-malformed", file, 1, why="encoding") from error
    if builder.root is None:
        raise _refused("xml-malformed", file, 1, why="no element found")
    return builder.root


def _begun_well(head: bytes) -> bytes:
    """Put the declaration first and let it name an encoding as parsers know it; lines keep their numbers."""
    mark = BOM_UTF8 if head.startswith(BOM_UTF8) else b""
    match = _DECLARATION.match(head, len(mark))
    if match is None:
        return head
    blanks, declaration = match.groups()
    declaration = _ENCODING.sub(lambda name: _ENCODINGS.get(name[0].lower(), name[0]), declaration)
    return b"".join((mark, declaration, blanks, head[match.end() :]))


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
