"""Read H5P: h5p.json, and the libraries that lie beside the content.

An export from some sites leaves the libraries out; then nothing can be played. So every one that is asked
for, by the description or by another library, is looked for here.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from courses.packages.findings import PackageRefused
from courses.packages.h5p import is_silent
from courses.packages.package import H5PSettings, Kind, Library, Package, Reference, Unit
from courses.packages.pages import host_of
from courses.packages.readers.links import Place, resolve
from courses.packages.readers.reading import Reading

MANIFEST = "h5p.json"

_CONTENT = "content/content.json"
_USED = re.compile(r"([A-Za-z][\w.-]{0,99}) (\d{1,3})\.(\d{1,3})")
_BEYOND = 10_000
# More of a script is not looked through.
_MOST_SCRIPT = 10 << 20
# Where its library.json is, and what that says.
_Present = dict[Library, tuple[str, dict[str, Any]]]


def read(reading: Reading) -> Package:
    """Read the description of the content. Raises PackageRefused when nothing of it can be used."""
    described = reading.read_json(reading.file)
    title, name = _text(described, "title"), _text(described, "mainLibrary")
    for key, value in (("title", title), ("mainLibrary", name)):
        if not value:
            reading.note("value-missing", element=reading.file, name=key)
    asked = _dependencies(described)
    main = next((library for library in asked if library.name == name), None)
    if name and main is None:
        reading.note("identifier-dangling", id=name)
    present = dict(_present(reading))
    parts = list(_parts(reading))
    used = list(dict.fromkeys(_used(parts)))
    _check_media(reading, parts)
    needed = _needed([*asked, *(library for library in used if library in present)], present)
    for library in needed:
        _check(reading, library, present)
    for library in used:
        if library not in needed:
            # Some names in content are of its editor only, and were never libraries.
            reading.note("library-unlisted", library=str(library))
    silent = main is not None and is_silent(main, used, lambda library: _scripts(reading, library, present))
    if silent:
        reading.note("h5p-silent")
    return Package(
        kind=Kind.H5P,
        title=title,
        # "und" is what H5P writes for a language that nobody named.
        language=_text(described, "language").replace("und", ""),
        units=(Unit(id=name, title=title or name, href=reading.file),) if main else (),
        manifest=reading.file,
        references=tuple(reading.references),
        h5p=H5PSettings(
            main=main,
            embed_types=tuple(kind for kind in _listed(described, "embedTypes") if isinstance(kind, str)),
            libraries=tuple(needed),
            missing=tuple(library for library in needed if library not in present),
            is_silent=silent,
        ),
    )


# -- JSON, of which nothing is certain ------------------------------------------------------------------
def _text(described: dict[str, Any], name: str) -> str:
    text = described.get(name)
    return text.strip() if isinstance(text, str) else ""


def _listed(described: dict[str, Any], name: str) -> list[Any]:
    values = described.get(name)
    return values if isinstance(values, list) else []


def _library(entry: Any) -> Library | None:
    try:
        numbers = int(entry["majorVersion"]), int(entry["minorVersion"])
        name = str(entry["machineName"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return Library(name, *numbers) if all(0 <= number < _BEYOND for number in numbers) else None


def _dependencies(described: dict[str, Any]) -> list[Library]:
    """Return the libraries that a description asks for to play; those of the editor are not needed."""
    entries = _listed(described, "preloadedDependencies") + _listed(described, "dynamicDependencies")
    return [library for entry in entries if (library := _library(entry))]


# -- Libraries --------------------------------------------------------------------------------------------
def _parts(reading: Reading) -> Iterator[dict[str, Any]]:
    """Yield every object in the content, whatever it is in."""
    reading.refer("", _CONTENT, 0, needed=True)
    waiting: list[Any] = [reading.read_json(_CONTENT)] if _CONTENT in reading.source.files else []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _used(parts: Iterable[dict[str, Any]]) -> Iterator[Library]:
    """Yield the libraries that the content names, also where the description forgot them."""
    for part in parts:
        if match := _USED.fullmatch(_text(part, "library")):
            yield Library(match[1], int(match[2]), int(match[3]))


# -- Pictures and films -------------------------------------------------------------------------------------
def _check_media(reading: Reading, parts: Iterable[dict[str, Any]]) -> None:
    """Note what the content shows and the package lacks, and what not everybody can see or hear."""
    content = Reading(reading.source, reading.findings, _CONTENT, reading.references)
    hosts: set[str] = set()
    images = videos = 0
    for part in parts:
        path = _text(part, "path")
        if path and _text(part, "mime"):
            if host := host_of(path):
                hosts.add(host)
            else:
                _refer_to_media(content, path)
        images += _is_image_without_text(part)
        videos += _is_video_without_captions(part)
    if hosts:
        content.note("loads-elsewhere", hosts=", ".join(sorted(hosts)))
    if images:
        content.note("h5p-image-without-text", count=images)
    if videos:
        content.note("h5p-video-without-captions", count=videos)


def _refer_to_media(content: Reading, path: str) -> None:
    link = resolve(content.source.files, "content", path)
    if link.place is Place.INSIDE:
        content.references.append(Reference(link.path, content.file, 0))
    else:
        # Copied from another content by its editor, and left behind there.
        content.note("file-listed-missing", target=path)


def _is_image_without_text(part: dict[str, Any]) -> bool:
    """Say whether this is a picture that should have a text; one that only adorns is marked so."""
    shown = part.get("params")
    if not _text(part, "library").startswith("H5P.Image ") or not isinstance(shown, dict):
        return False
    return "file" in shown and not _text(shown, "alt") and shown.get("decorative") is not True


def _is_video_without_captions(part: dict[str, Any]) -> bool:
    films = [each for each in (*_listed(part, "sources"), *_listed(part, "files")) if isinstance(each, dict)]
    if not any(_text(film, "mime").startswith("video/") for film in films):
        return False
    # Older versions of the library have them as a list, newer ones one level deeper.
    return '"path"' not in json.dumps([part.get("a11y"), part.get("textTracks")])


def _present(reading: Reading) -> Iterator[tuple[Library, tuple[str, dict[str, Any]]]]:
    """Yield the libraries in the package: each is a folder with a library.json.

    The player looks for it by its name and version, or by its name alone; in another folder it is not found.
    """
    for path in reading.source.files:
        if path.count("/") == 1 and path.endswith("/library.json"):
            try:
                described = reading.read_json(path)
            except PackageRefused as refused:
                reading.findings.extend(*refused.findings)
                continue
            library = _library(described)
            if library and path.partition("/")[0] in {library.name, str(library).replace(" ", "-")}:
                yield library, (path, described)


def _needed(asked: Iterable[Library], present: _Present) -> list[Library]:
    """Return what is asked for, and what that asks for in turn."""
    needed: dict[Library, None] = {}
    waiting = list(asked)
    while waiting:
        library = waiting.pop()
        if library not in needed:
            needed[library] = None
            waiting += _dependencies(present[library][1]) if library in present else []
    return sorted(needed, key=str)


def _scripts(reading: Reading, library: Library, present: _Present) -> Iterator[bytes]:
    """Yield the texts of a library's own scripts that are there."""
    path, described = present.get(library, ("", {}))
    for entry in _listed(described, "preloadedJs"):
        address = _text(entry, "path") if isinstance(entry, dict) else ""
        link = resolve(reading.source.files, path.partition("/")[0], address) if address else None
        if link and link.place is Place.INSIDE and link.path in reading.source.files:
            yield reading.source.read(link.path, _MOST_SCRIPT)


def _check(reading: Reading, library: Library, present: _Present) -> None:
    """Note a library that is missing, and refer to its scripts and styles where it is there."""
    if library not in present:
        reading.note("library-missing", library=str(library))
        return
    path, described = present[library]
    own = Reading(reading.source, reading.findings, path, reading.references)
    for entry in _listed(described, "preloadedJs") + _listed(described, "preloadedCss"):
        if isinstance(entry, dict) and (address := _text(entry, "path")):
            own.refer(path.partition("/")[0], address, 0, needed=True)
