"""Readers: one module for each format, all of them returning a `Package`."""

from collections.abc import Callable
from dataclasses import replace

from courses.packages import names, sniffing
from courses.packages.findings import Finding, Findings, PackageRefused
from courses.packages.package import Package
from courses.packages.readers import cmi5, h5p, plain, scorm, tincan
from courses.packages.readers.reading import Reading
from courses.packages.sources import OneFile, Source

# The first one that is there is used. Tools put several in for old platforms; cmi5 says the most.
_READERS: tuple[tuple[str, Callable[[Reading], Package]], ...] = (
    (cmi5.MANIFEST, cmi5.read),
    (scorm.MANIFEST, scorm.read),
    (tincan.MANIFEST, tincan.read),
    (h5p.MANIFEST, h5p.read),
    *((name, plain.read_html) for name in names.STARTS),
)


def read(source: Source, findings: Findings) -> Package:
    """Read a package of whatever kind; what is wrong but not fatal goes to `findings`.

    Raises PackageRefused when there is nothing to show.
    """
    package = _read_one(source, findings) if isinstance(source, OneFile) else _read_many(source, findings)
    return replace(package, files=tuple(source.files.values()))


def _read_one(source: Source, findings: Findings) -> Package:
    [file] = source.files.values()
    if file.media_type == sniffing.XML:
        return cmi5.read(Reading(source, findings, file.path))
    if file.media_type == sniffing.MP4:
        return plain.read_mp4(source, file.path)
    return plain.read_pdf(source, file.path, findings)


def _read_many(source: Source, findings: Findings) -> Package:
    by_name = {path.lower(): path for path in source.files}
    found = [(by_name[name], reader) for name, reader in _READERS if name in by_name]
    if not found:
        return _read_nameless(source, findings)
    manifest, reader = found[0]
    others = [path for path, other in found[1:] if other is not plain.read_html]
    if others:
        findings.add("manifests-several", manifest, others=", ".join(others))
    return reader(Reading(source, findings, manifest))


def _read_nameless(source: Source, findings: Findings) -> Package:
    """Read a package in which nothing has a known name: a single page is what it begins with."""
    reason = _nothing_at_the_top(source)
    page = plain.only_page(source)
    is_of_pages = reason.code == "manifest-missing" or str(reason.values.get("name")).lower() in names.STARTS
    if not page or not is_of_pages:
        raise PackageRefused(reason)
    findings.add("start-guessed", page)
    return plain.read_html(Reading(source, findings, page))


def _nothing_at_the_top(source: Source) -> Finding:
    """Say where the manifest is instead: mostly somebody zipped the folder and not what is in it."""
    # Office Open XML, OpenDocument: they are ZIP files too.
    if "[Content_Types].xml" in source.files or {"mimetype", "content.xml"} <= set(source.files):
        return Finding("office-document")
    known = [name for name, _reader in _READERS]
    depths = sorted((path.count("/"), path) for path in source.files)
    for _depth, path in depths:
        folder, _slash, name = path.rpartition("/")
        if name.lower() in known:
            return Finding("manifest-in-folder", path, {"folder": folder, "name": name})
    archives = [path for path in source.files if path.lower().endswith(".zip")]
    if len(archives) == 1:
        return Finding("manifest-in-archive", archives[0], {"name": archives[0]})
    return Finding("manifest-missing")
