"""Read H5P: h5p.json, and the libraries that lie beside the content.

An export from some sites leaves the libraries out; then nothing can be played. So every one that is asked
for, by the description or by another library, is looked for here.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from courses.packages.findings import PackageRefused
from courses.packages.package import H5PSettings, Kind, Library, Package, Unit
from courses.packages.readers.reading import Reading

MANIFEST = "h5p.json"

_CONTENT = "content/content.json"
_USED = re.compile(r"([A-Za-z][\w.-]{0,99}) (\d{1,3})\.(\d{1,3})")
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
    used = list(dict.fromkeys(_used(reading)))
    needed = _needed([*asked, *(library for library in used if library in present)], present)
    for library in needed:
        _check(reading, library, present)
    for library in used:
        if library not in needed:
            # Some names in content are of its editor only, and were never libraries.
            reading.note("library-unlisted", library=str(library))
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
        return Library(str(entry["machineName"]), int(entry["majorVersion"]), int(entry["minorVersion"]))
    except (KeyError, TypeError, ValueError):
        return None


def _dependencies(described: dict[str, Any]) -> list[Library]:
    """Return the libraries that a description asks for to play; those of the editor are not needed."""
    entries = _listed(described, "preloadedDependencies") + _listed(described, "dynamicDependencies")
    return [library for entry in entries if (library := _library(entry))]


# -- Libraries --------------------------------------------------------------------------------------------
def _used(reading: Reading) -> Iterator[Library]:
    """Yield the libraries that the content names, also where the description forgot them."""
    reading.refer("", _CONTENT, 0, needed=True)
    waiting: list[Any] = [reading.read_json(_CONTENT)] if _CONTENT in reading.source.files else []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if match := _USED.fullmatch(_text(value, "library")):
                yield Library(match[1], int(match[2]), int(match[3]))
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _present(reading: Reading) -> Iterator[tuple[Library, tuple[str, dict[str, Any]]]]:
    """Yield the libraries in the package: each is a folder with a library.json."""
    for path in reading.source.files:
        if path.count("/") == 1 and path.endswith("/library.json"):
            try:
                described = reading.read_json(path)
            except PackageRefused as refused:
                reading.findings.extend(*refused.findings)
                continue
            if library := _library(described):
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
