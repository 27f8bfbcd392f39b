"""Readers: one module for each format, all of them returning a `Package`."""

from collections.abc import Callable
from dataclasses import replace

from courses.packages import names, sniffing
from courses.packages.findings import Findings, PackageRefused
from courses.packages.package import Package
from courses.packages.readers import cmi5, h5p, instead, plain, scorm, tincan
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
    # Shown as plain pages it would keep no result, and nobody would know why.
    if reader is plain.read_html and (lost := instead.lost_manifest(source)):
        raise PackageRefused(lost)
    return reader(Reading(source, findings, manifest))


def _read_nameless(source: Source, findings: Findings) -> Package:
    """Read a package in which nothing has a known name: a single page is what it begins with."""
    reason = instead.what_it_is(source, [name for name, _reader in _READERS])
    page = plain.only_page(source)
    is_of_pages = reason.code == "manifest-missing" or str(reason.values.get("name")).lower() in names.STARTS
    if not page or not is_of_pages:
        raise PackageRefused(reason)
    findings.add("start-guessed", page)
    return plain.read_html(Reading(source, findings, page))
