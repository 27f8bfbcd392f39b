"""Look through pages, styles and scripts for what a reviewer should know. Pure; nothing is run.

A page is read once and forwards: what a hostile page leaves open ends the reading of that page.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

# Bytes of one file that are looked at; the rest of a longer one is data that somebody put into it.
MOST = 1 << 20

_MOST_HOSTS = 50
_LOADING = {"src", "poster", "data", "srcset"}
_MOST_FILES = 200
# How pages say what they are written in, and what browsers read it as where it is not Unicode.
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s{0,9}=\s{0,9}["']?([\w-]{1,30})""", re.IGNORECASE)
_BEGINS = 1024
_CODECS = {
    **dict.fromkeys((b"tis-620", b"windows-874", b"iso-8859-11", b"dos-874"), "cp874"),
    **dict.fromkeys((b"iso-8859-1", b"windows-1252"), "cp1252"),
}
# What a script will put together is no address yet.
_UNFINISHED = re.compile(r"[{}<>$\[\]]|^\s*$")
_SCHEME = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//|#)", re.IGNORECASE)
_CSS_LOADS = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')\s]{1,300})""", re.IGNORECASE)
# Only texts in quotation marks: addresses in comments are nobody's request.
_SCRIPT_ADDRESS = re.compile(r"""["'`](https?://[^"'`\s\\<>]{1,300})""", re.IGNORECASE)
_HANDLER = re.compile(r"on[a-z]+")
# Files of the author's own computer, machines of their office.
_HERE = re.compile(
    r"file:|[a-z]:[\\/]|\\\\|https?://(?:127\.|10\.|192\.168\.|[\w-]+(?:[:/]|$))", re.IGNORECASE
)
# Names that look like addresses; nobody fetches them.
_NAMESPACES = {
    "www.w3.org", "purl.org", "schema.org", "ns.adobe.com", "adlnet.gov", "www.adlnet.gov", "www.adlnet.org",
    "w3id.org", "id.tincanapi.com", "www.imsglobal.org", "www.imsproject.org", "h5p.org",
    "www.inkscape.org", "sodipodi.sourceforge.net", "creativecommons.org", "localhost", "127.0.0.1",
}  # fmt: skip


@dataclass
class Look:
    """What one file showed. Lists hold lines; hosts are kept with the line of their first mention."""

    loads: dict[str, int] = field(default_factory=dict)
    links: dict[str, int] = field(default_factory=dict)
    # Addresses inside the package that the page loads; none where <base> leads them elsewhere.
    files: dict[str, int] = field(default_factory=dict)
    # Addresses that lead to the author's own computer or office.
    local: dict[str, int] = field(default_factory=dict)
    images_without_text: list[int] = field(default_factory=list)
    videos_without_captions: list[int] = field(default_factory=list)
    # Line of <html> where it has no language; 0 where all is well, or where this is part of a page only.
    no_language: int = 0
    no_title: int = 0
    title: str = ""
    language: str = ""
    runs_scripts: bool = False


def decode(data: bytes) -> str:
    """Return the text of a file; letters that cannot be read do not matter here."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    said = _CHARSET.search(data, 0, _BEGINS)
    codec = _CODECS.get(said[1].lower()) if said else None
    return data.decode(codec or "utf-8-sig", "replace")


def look_at_page(text: str) -> Look:
    """Look through HTML or SVG."""
    page = _Page()
    # html.parser asserts what "<![" may be followed by. It is not closed here: then it would read what a page
    # left open again and again.
    with suppress(AssertionError):
        page.feed(text)
    return page.finished()


def look_at_style(text: str) -> Look:
    """Look through CSS."""
    return _addresses(text, _CSS_LOADS)


def look_at_script(text: str) -> Look:
    """Look through JavaScript."""
    return _addresses(text, _SCRIPT_ADDRESS)


def _addresses(text: str, pattern: re.Pattern[str]) -> Look:
    look = Look()
    for match in pattern.finditer(text):
        host = host_of(match[1])
        if host and host not in look.loads:
            look.loads[host] = text.count("\n", 0, match.start()) + 1
        if len(look.loads) >= _MOST_HOSTS:
            break
    return look


def host_of(address: str) -> str:
    """Return the host that an address leads to; empty where it stays in the package, or names nobody."""
    address = address.strip()
    if not address.lower().startswith(("http://", "https://", "//")):
        return ""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return host if "." in host and host not in _NAMESPACES else ""


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self._look = Look()
        self._html_line = 0
        self._title: list[str] = []
        self._in_title = False
        self._video_line = 0
        self._has_base = False

    def finished(self) -> Look:
        look = self._look
        if self._has_base:
            look.files.clear()
        look.title = " ".join("".join(self._title).split())
        if self._html_line and not look.title:
            look.no_title = self._html_line
        return look

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, values = self.getpos()[0], {name: value or "" for name, value in attrs}
        self._note_addresses(tag, values, line)
        if tag == "script" or any(_HANDLER.fullmatch(name) for name in values):
            self._look.runs_scripts = True
        match tag:
            case "base":
                self._has_base = True
            case "html":
                self._html_line = line
                self._look.language = values.get("lang") or values.get("xml:lang") or ""
                self._look.no_language = 0 if self._look.language else line
            case "title":
                self._in_title = not self._title
            case "img" if "alt" not in values:
                self._look.images_without_text.append(line)
            case "video":
                self._video_line = line
                self._look.videos_without_captions.append(line)
            case "track" if self._video_line and values.get("kind", "subtitles") in {"captions", "subtitles"}:
                self._look.videos_without_captions.remove(self._video_line)
                self._video_line = 0

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag == "video":
            self._video_line = 0

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self._title.append(data)

    def _note_addresses(self, tag: str, values: dict[str, str], line: int) -> None:
        for name, value in values.items():
            host = host_of(value)
            if name in _LOADING | {"href"} and _HERE.match(value.strip()):
                self._look.local.setdefault(value.strip(), line)
            elif not host:
                self._note_file(tag, name, values, line)
            elif name in _LOADING or (name == "href" and tag in {"link", "use", "image"}):
                self._look.loads.setdefault(host, line)
            elif name in {"href", "action"} and values.get("target") != "_blank":
                self._look.links.setdefault(host, line)

    def _note_file(self, tag: str, name: str, values: dict[str, str], line: int) -> None:
        is_style = tag == "link" and name == "href" and "stylesheet" in values.get("rel", "").lower()
        address = values[name]
        if not is_style and name not in {"src", "poster"}:
            return
        if (
            not _UNFINISHED.search(address)
            and not _SCHEME.match(address)
            and len(self._look.files) < _MOST_FILES
        ):
            self._look.files.setdefault(address, line)
