"""Where the film or document of a unit is, and what is known of it."""

from dataclasses import dataclass

import msgspec
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from courses.catalogue.models import Unit, UnitKind
from courses.content import serving
from courses.content.files import open_kept
from courses.content.models import StoredPackage
from courses.packages import mp4
from courses.packages.package import Video
from courses.player.models import Registration


@dataclass(frozen=True)
class Media:
    """A file to show: its address, and for documents their pages."""

    address: str
    # Where it comes from, for the content security policy; empty for the portal itself.
    origin: str = ""
    size: int = 0
    pages: int | None = None


def media_of(request: HttpRequest, registration: Registration, unit: Unit) -> Media | None:
    """Return the film or document of a unit, None where it has none."""
    if unit.package is not None:
        return _kept(request, unit.package)
    if unit.file:
        address = reverse("player:file", args=[registration.pk, unit.pk])
        return Media(address, size=unit.file.size)
    return None


def _kept(request: HttpRequest, package: StoredPackage) -> Media:
    document = package.description.get("document") or {}
    return Media(
        serving.address(package, package.description["units"][0]["href"], request=request),
        serving.origin(request),
        package.size,
        document.get("pages"),
    )


def seconds_of(unit: Unit) -> int | None:
    """Return how long the film of a unit runs; None where it has none, or its file says nothing."""
    if unit.package is not None:
        video = unit.package.description.get("video")
        return round(msgspec.convert(video, Video).duration.total_seconds()) if video else None
    if unit.kind != UnitKind.VIDEO or not unit.file:
        return None
    # The file is never another one under the same name.
    key = f"player:film:{unit.file.name}"
    seconds: int | None = cache.get(key)
    if seconds is None and (seconds := _probed(unit)) is not None:
        cache.set(key, seconds)
    return seconds


def _probed(unit: Unit) -> int | None:
    try:
        with open_kept(unit.file.name) as stream:
            return round(mp4.probe(stream, unit.file.size).duration.total_seconds())
    except (mp4.NotAVideo, OSError):
        return None


def allow(response: HttpResponse, directive: str, origin: str) -> HttpResponse:
    """Let a page show what comes from `origin`, which the portal's policy forbids elsewhere."""
    if origin:
        response._csp_update = {directive: ["'self'", origin]}  # type: ignore[attr-defined]  # noqa: SLF001
    return response
