"""Where an address in a manifest leads. Pure."""

import posixpath
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import unquote, urljoin, urlsplit


class Place(Enum):
    """Where the target is."""

    INSIDE = auto()
    REMOTE = auto()
    OUTSIDE = auto()


@dataclass(frozen=True)
class Link:
    """A resolved address: a path of the package and what the page is given, or the address as it was."""

    place: Place
    path: str
    parameters: str = ""


def resolve(files: Container[str], base: str, address: str) -> Link:
    """Resolve an address against a folder of the package."""
    address = address.strip()
    try:
        if base.lower().startswith(("http://", "https://")):
            return Link(Place.REMOTE, urljoin(base, address))
        # A name may hold a percent or number sign of its own.
        if (literal := _joined(base, address)) in files:
            return Link(Place.INSIDE, literal)
        parts = urlsplit(address.replace("\\", "/"))
    except ValueError:
        return Link(Place.OUTSIDE, address)
    if parts.scheme.lower() in {"http", "https"}:
        return Link(Place.REMOTE, address)
    path = _joined(base, unquote(parts.path))
    if parts.scheme or parts.netloc or path == ".." or path.startswith(("/", "../")):
        return Link(Place.OUTSIDE, address)
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return Link(Place.INSIDE, path, query + fragment)


def with_parameters(present: str, more: str) -> str:
    """Join what an address already gives its page with what an item adds (SCORM CAM, section 3.4.1.6)."""
    more = more.strip().lstrip("?&") if not more.strip().startswith("#") else more.strip()
    if not more:
        return present
    query, mark, fragment = present.partition("#")
    if more.startswith("#"):
        return present if mark else query + more
    return f"{query}{'&' if query else '?'}{more}{mark}{fragment}"


def _joined(base: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(base, unicodedata.normalize("NFC", path.replace("\\", "/"))))
