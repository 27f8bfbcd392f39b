"""Serve the files of packages from an origin of their own, where nothing of the portal answers.

Packages are other people's scripts. On this origin they find no cookie and no session; whoever asks shows a
grant, which is the first part of the path, so that every relative link of a package carries it along.
Which process answers, and over what interface, is in `origin`.
"""

import base64
import io
import mimetypes
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO
from urllib.parse import quote, urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.utils import timezone

from courses.content import ranges, registry
from courses.content.files import in_other_case, open_kept
from courses.content.models import StoredPackage
from courses.packages import names, sniffing

# The content host where none is configured: browsers take every name under "localhost" for this machine.
LOCAL_HOST = "content.localhost"
_LOCAL_PORTALS = ("127.0.0.1", "localhost")
# A day at the computer with one page open.
LASTS = timedelta(hours=12)
# Grants made within an hour are the same, so that browsers find again what they have.
_ROUNDED_TO = 3600
_SIGNER = Signer(salt="courses.content.grant", sep=".")
# What the platform itself gives to packages, see `registry`. No grant has a hyphen alone.
_SHARED = "-"

# Scripts, forms, windows and downloads, as lessons have them; never the window that the portal is in.
_SANDBOX = (
    "sandbox allow-scripts allow-same-origin allow-forms allow-modals allow-popups "
    "allow-popups-to-escape-sandbox allow-downloads allow-pointer-lock allow-presentation"
)
_TYPES = mimetypes.MimeTypes()
for _type, _endings in {
    "text/javascript": (".js", ".mjs"),
    "application/wasm": (".wasm",),
    "text/vtt": (".vtt",),
    "text/xml": (".xml", ".xsd", ".dtd"),
    "application/json": (".json", ".map"),
    "font/woff": (".woff",),
    "font/woff2": (".woff2",),
    "font/ttf": (".ttf",),
    "font/otf": (".otf",),
    "image/webp": (".webp",),
    "image/avif": (".avif",),
    "audio/mp4": (".m4a",),
    "video/mp4": (".m4v",),
    "audio/ogg": (".ogg", ".oga"),
    "video/ogg": (".ogv",),
}.items():
    for _ending in _endings:
        _TYPES.add_type(_type, _ending)
# Where pages name a file from the top of a server on.
_FROM_TOP = re.compile(rb"""(\s(?:src|href|poster|action)\s{0,9}=\s{0,9}["'])/(?=[^/])""", re.IGNORECASE)
_LONGEST_PAGE = 4 << 20
# What pages of the portal itself show: <video>, <audio>, <img>, captions, documents.
_SHOWN_ELSEWHERE = ("video/", "audio/", "image/", "text/vtt", sniffing.PDF)


# -- Addresses --------------------------------------------------------------------------------------
def origin(request: HttpRequest | None = None) -> str:
    """Return the content origin, without a slash; where none is configured it has the request's port."""
    if settings.CONTENT_ORIGIN:
        return str(settings.CONTENT_ORIGIN)
    portal = urlsplit(request.build_absolute_uri("/") if request is not None else settings.PUBLIC_ORIGIN)
    return f"{portal.scheme}://{LOCAL_HOST}" + (f":{portal.port}" if portal.port else "")


def grant(package: StoredPackage, *, lasts: timedelta = LASTS, now: datetime | None = None) -> str:
    """Return what lets its holder read the files of one package for so long, up to an hour longer."""
    ends = int(((now or timezone.now()) + lasts).timestamp())
    ends += -ends % _ROUNDED_TO
    # 21 bytes, which need no padding.
    return _SIGNER.sign(base64.urlsafe_b64encode(package.id.bytes + ends.to_bytes(5)).decode())


def address(
    package: StoredPackage,
    path: str,
    *,
    grant: str = "",
    lasts: timedelta = LASTS,
    request: HttpRequest | None = None,
) -> str:
    """Return the absolute address of a file of a package; `grant` where the caller has made one."""
    grant = grant or _grant(package, lasts=lasts)
    return f"{origin(request)}/{grant}/{quote(path)}"


def shared_address(path: str, *, request: HttpRequest | None = None) -> str:
    """Return the absolute address of a static file that the platform shares with packages (`registry`)."""
    return f"{origin(request)}/{_SHARED}/{quote(path)}"


_grant = grant


def is_content_host(host: str) -> bool:
    """Say whether a request with this Host header is for the content origin."""
    host = host.lower()
    if settings.CONTENT_ORIGIN:
        return host == str(urlsplit(settings.CONTENT_ORIGIN).netloc).lower()
    return host.partition(":")[0] == LOCAL_HOST


# -- Answers ----------------------------------------------------------------------------------------
@dataclass
class Answer:
    """An answer to a request: `body`, or `length` bytes of `stream` from `start` on."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    stream: BinaryIO | None = None
    start: int = 0
    length: int = 0


@dataclass(frozen=True)
class _Found:
    """A file that may be sent; `tag` names its content for good."""

    stream: BinaryIO
    size: int
    media_type: str
    tag: str
    # Seconds that browsers may keep it.
    fresh: int
    headers: dict[str, str] = field(default_factory=dict)


class _NotServed(Exception):
    """There is nothing to send; the arguments are a status and a sentence for people."""


class _Moved(Exception):
    """What was asked for is at another path; the argument is that path."""


_NOT_FOUND = (404, "ไม่พบไฟล์นี้ในชุดบทเรียน · This file is not in the package.")
_NO_GRANT = (404, "ไม่มีเนื้อหาที่ที่อยู่นี้ · There is nothing at this address.")
_EXPIRED = (
    403,
    "หมดเวลาของหน้านี้แล้ว กรุณากลับไปเปิดบทเรียนจากหน้าเรียนอีกครั้ง · This page has expired. Open the lesson again.",
)
_METHOD = (405, "อ่านได้อย่างเดียว · Files can only be read here.")


def answer(
    host: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    *,
    query: str = "",
    now: datetime | None = None,
) -> Answer:
    """Answer a request to the content origin; `path` is decoded, names in `headers` are small letters."""
    try:
        found = _find(host, method, path, headers, now or timezone.now())
    except _Moved as moved:
        location = quote(moved.args[0]) + (f"?{query}" if query else "")
        # Who asks next for the same may come from another package.
        return Answer(307, _common() | {"Location": location, "Cache-Control": "no-store"})
    except _NotServed as error:
        status, sentence = error.args
        plain = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
        allow = {"Allow": "GET, HEAD"} if status == _METHOD[0] else {}
        return Answer(
            status,
            _common() | plain | allow | {"Content-Security-Policy": "default-src 'none'; sandbox"},
            b"" if method == "HEAD" else sentence.encode(),
        )
    return _sent(found, host, method, headers)


def _find(host: str, method: str, path: str, headers: Mapping[str, str], now: datetime) -> _Found:
    if method not in {"GET", "HEAD"}:
        raise _NotServed(*_METHOD)
    # A service worker would stay behind and answer for other packages.
    if headers.get("service-worker"):
        raise _NotServed(*_NO_GRANT)
    first, _slash, rest = path.removeprefix("/").partition("/")
    if first == _SHARED:
        return _shared(rest)
    try:
        package, ends = _read(first)
    except _NotServed:
        if asking := _grant_of_page(host, headers.get("referer", "")):
            raise _Moved(f"/{asking}/{path.removeprefix('/')}") from None
        raise
    if now >= ends:
        raise _NotServed(*_EXPIRED)
    # Names were unpacked composed; some authors' computers write them into pages decomposed.
    path, stream = _file(package, first, unicodedata.normalize("NFC", rest))
    media_type = _media_type(path, stream)
    if media_type == sniffing.HTML:
        stream = _led_home(stream, first)
    fresh = max(0, int((ends - now).total_seconds()))
    return _Found(stream, stream.seek(0, 2), media_type, package.id.hex, fresh)


def _led_home(stream: BinaryIO, grant: str) -> BinaryIO:
    """Let the addresses of a page that begin at "/" begin at the top of its package.

    They would be found by the page that asks, too; but a module that is led from one address to another runs
    once for each of them.
    """
    if stream.seek(0, 2) > _LONGEST_PAGE:
        return stream
    stream.seek(0)
    page = stream.read()
    led = _FROM_TOP.sub(rb"\1/" + grant.encode() + b"/", page)
    if led == page:
        return stream
    stream.close()
    return io.BytesIO(led)


def _grant_of_page(host: str, referer: str) -> str:
    """Return the grant of the page that asks, empty where it is none of ours.

    Pages made for a server of their own name their files from "/" on, and say by no other means whose they
    are. Only pages of this origin say their whole address here.
    """
    try:
        page = urlsplit(referer)
        grant = page.path.removeprefix("/").partition("/")[0]
        if page.netloc.lower() == host.lower():
            _read(grant)
            return grant
    except (_NotServed, ValueError):
        pass
    return ""


def _file(package: StoredPackage, grant: str, path: str) -> tuple[str, BinaryIO]:
    """Return the path and content of a file; that of a folder is the page that it begins with."""
    is_folder = path == "" or path.endswith("/")
    for name in [f"{path}{name}" for name in names.STARTS] if is_folder else [path]:
        if not _is_plain(name):
            break
        if stream := _open(package, name) or _open(package, in_other_case(package.folder, name)):
            return name, stream
    if not is_folder and _is_plain(path):
        # Without the slash the links of its page would lead out of it.
        _file(package, grant, f"{path}/")[1].close()
        raise _Moved(f"/{grant}/{path}/")
    raise _NotServed(*_NOT_FOUND)


def _open(package: StoredPackage, path: str) -> BinaryIO | None:
    try:
        return open_kept(f"{package.folder}{path}")
    # A name that no disk can have, a folder, a file that another file would have to be the folder of.
    except (OSError, ValueError, SuspiciousFileOperation):
        return None


def _shared(path: str) -> _Found:
    located = finders.find(path) if _is_plain(path) and registry.is_shared(path) else None
    if not isinstance(located, str):
        raise _NotServed(*_NO_GRANT)
    try:
        stream = open(located, "rb")  # noqa: PTH123, SIM115
    except OSError:
        raise _NotServed(*_NO_GRANT) from None
    size = stream.seek(0, 2)
    # Its name stays when a release changes it, so browsers ask again every time.
    tag = f"{int(registry.changed_at(located))}-{size}"
    return _Found(stream, size, _media_type(path, stream), tag, 0)


def _read(grant: str) -> tuple[StoredPackage, datetime]:
    """Return the package, of which only the id is known, and when the grant ends."""
    try:
        data = base64.urlsafe_b64decode(_SIGNER.unsign(grant))
    except BadSignature:
        raise _NotServed(*_NO_GRANT) from None
    return StoredPackage(id=UUID(bytes=data[:16])), datetime.fromtimestamp(int.from_bytes(data[16:]), UTC)


def _is_plain(path: str) -> bool:
    """Say whether a path leads straight to a file: no step up, no empty step, no other slash."""
    return not {"", ".", ".."} & set(path.split("/")) and not set("\\\0") & set(path)


def _media_type(path: str, stream: BinaryIO) -> str:
    known, packing = _TYPES.guess_type(path.rpartition("/")[2].lower(), strict=False)
    if packing:
        return sniffing.UNKNOWN
    if known is None:
        stream.seek(0)
        known = sniffing.media_type(path, stream.read(sniffing.HEAD))
        if known in {sniffing.EXECUTABLE, sniffing.SCRIPT}:
            return sniffing.UNKNOWN
    return known


def _common() -> dict[str, str]:
    return {
        "X-Content-Type-Options": "nosniff",
        # The address is the grant: it goes to nobody else.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }


def _policy(host: str, media_type: str) -> str:
    """Return the content security policy: who may frame it, and what its scripts may do."""
    portals = _portals(host)
    ancestors = f"frame-ancestors 'self' {portals}"
    if media_type == sniffing.PDF:
        # Browsers show no document in a sandbox. What reads it is theirs, apart from this origin.
        return ancestors
    # Where the portal itself has no https, "//fonts.example/a" means http.
    others = "https:" if settings.CONTENT_ORIGIN else "https: http:"
    return (
        f"{_SANDBOX}; default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: {others}; "
        f"connect-src 'self' data: blob: {others} {portals}; object-src 'self'; base-uri 'self'; "
        f"form-action 'self'; {ancestors}"
    )


def _portals(host: str) -> str:
    """Return the origins of the portal; where nothing is configured, the names of this machine."""
    if settings.CONTENT_ORIGIN:
        return str(settings.PUBLIC_ORIGIN)
    port = host.partition(":")[2]
    suffix = f":{port}" if port.isdigit() else ""
    return " ".join(f"http://{name}{suffix}" for name in _LOCAL_PORTALS)


def _sent(found: _Found, host: str, method: str, headers: Mapping[str, str]) -> Answer:
    tag = f'"{found.tag}"'
    answered = _common() | {
        "Content-Type": found.media_type,
        "Content-Security-Policy": _policy(host, found.media_type),
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Cache-Control": f"private, max-age={found.fresh}" if found.fresh else "no-cache",
    }
    if found.media_type.startswith(_SHOWN_ELSEWHERE):
        # No cookie opens anything here, so that whoever has the address may as well read it from a page.
        answered |= {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}
    if tag in (part.strip() for part in headers.get("if-none-match", "").split(",")):
        found.stream.close()
        return Answer(304, answered)
    status, start, length = 200, 0, found.size
    part = ranges.part(headers.get("range", "")) if headers.get("if-range", tag) == tag else None
    if part is not None:
        status, (start, length) = 206, ranges.within(part, found.size)
        if not length:
            found.stream.close()
            return Answer(416, answered | {"Content-Range": f"bytes */{found.size}", "Content-Length": "0"})
        answered["Content-Range"] = f"bytes {start}-{start + length - 1}/{found.size}"
    answered["Content-Length"] = str(length)
    if method == "HEAD":
        found.stream.close()
        return Answer(status, answered)
    return Answer(status, answered, stream=found.stream, start=start, length=length)
