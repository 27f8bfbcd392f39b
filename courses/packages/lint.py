"""Check a package before anybody sees it, and say everything that is wrong with it at once.

The readers have said what is wrong with the manifest; the rules here look at the package as a whole.
"""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from courses.packages import mp4, pages, sniffing
from courses.packages.archive import DEFAULT_LIMITS, Limits
from courses.packages.findings import Finding, Findings, PackageRefused, shown
from courses.packages.package import File, Kind, Package
from courses.packages.readers import read
from courses.packages.readers.links import resolve
from courses.packages.sources import Source, open_upload

# Bytes of pages, styles and scripts that are looked through in one package.
_MOST_TEXT = 64 << 20
_SHOWN_HOSTS = 5
# Every page shows the contents of its package; the longest course that is taught has some hundred lessons.
_MOST_UNITS = 2000
# As long as the column in which what was done in a unit is kept under its id.
_LONGEST_ID = 500
# Programs of Windows, of Java, of phones; pages that a server would run.
_FORBIDDEN_ENDINGS = {
    "exe", "dll", "msi", "bat", "cmd", "com", "scr", "pif", "lnk", "reg", "hta", "vbs", "vbe", "wsf", "ps1",
    "jar", "class", "war", "apk", "ipa", "app", "deb", "rpm", "dmg", "so", "dylib", "sh", "bash", "command",
    "php", "php3", "php4", "php5", "php7", "phtml", "phar", "asp", "aspx", "ashx", "jsp", "jspx", "cfm",
    "cgi", "pl",
}  # fmt: skip
_FLASH = "application/x-shockwave-flash"
# Films of before the web; no browser plays them.
_OLD_FILMS = {"mov", "avi", "wmv", "flv", "f4v", "mpg", "mpeg", "rm", "3gp", "wma"}


@dataclass(frozen=True)
class Report:
    """What the check found. `package` is None where the upload could not be read at all."""

    package: Package | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        """Return what keeps the package out."""
        return [finding for finding in self.findings if finding.is_error]

    @property
    def warnings(self) -> list[Finding]:
        """Return what a reviewer should know."""
        return [finding for finding in self.findings if not finding.is_error]

    @property
    def status(self) -> str:
        """Return "errors", "warnings" or "ok"."""
        return "errors" if self.errors else "warnings" if self.warnings else "ok"

    def as_dict(self) -> dict[str, Any]:
        """Return the report as it is printed and kept; sentences in the language that is active."""
        units = self.package.launchable[:_MOST_UNITS] if self.package else []
        return {
            "status": self.status,
            "kind": self.package.kind.value if self.package else None,
            "units": [
                {"id": shown(unit.id), "title": shown(unit.title), "href": shown(unit.href)} for unit in units
            ],
            "errors": [finding.as_dict() for finding in self.errors],
            "warnings": [finding.as_dict() for finding in self.warnings],
        }


def check_upload(upload: BinaryIO, name: str, limits: Limits = DEFAULT_LIMITS) -> Report:
    """Check an upload of any kind. Never raises over what is in it."""
    try:
        source = open_upload(upload, name, limits)
    except PackageRefused as refused:
        return Report(None, refused.findings)
    return check(source)


def check(source: Source, *, platform: str = "") -> Report:
    """Check files that could be opened. Never raises over what is in them.

    `platform` is the beginning of the ids that the platform gives its own activities.
    """
    findings = Findings()
    package = None
    try:
        package = read(source, findings)
        if not package.launchable:
            findings.add("nothing-to-start", package.manifest)
        _check_units(package, findings, platform)
        _check_references(package, findings)
        _check_kinds_of_files(package.files, findings)
        _check_videos(package, source, findings)
        _check_texts(package, source, findings)
    except PackageRefused as refused:
        findings.extend(*refused.findings)
    return Report(package, tuple(findings.all()))


def _check_units(package: Package, findings: Findings, platform: str) -> None:
    """Say which units could not be kept, or would be known by an id of somebody else."""
    units = list(package.walk())
    if len(units) > _MOST_UNITS:
        findings.add("too-many-units", package.manifest, limit=_MOST_UNITS)
    for unit in units:
        if len(unit.id) > _LONGEST_ID:
            findings.add("identifier-too-long", package.manifest, id=unit.id, limit=_LONGEST_ID)
        if platform and f"{unit.id}/".startswith(f"{platform}/"):
            findings.add("identifier-of-platform", package.manifest, id=unit.id)


def _check_references(package: Package, findings: Findings) -> None:
    """Say what the manifest promises and the package does not hold."""
    present = {file.path for file in package.files}
    in_other_case = {path.casefold(): path for path in present}
    said = set()
    # What is needed first, so that it is not said of it that it hardly matters.
    for reference in sorted(package.references, key=lambda reference: not reference.needed):
        if reference.target in present or reference.target in said:
            continue
        said.add(reference.target)
        place, target = (reference.file, reference.line), reference.target
        if actual := in_other_case.get(target.casefold()):
            findings.add("file-case", *place, target=target, actual=actual)
        elif reference.needed:
            findings.add("file-missing", *place, target=target)
        else:
            findings.add("file-listed-missing", *place, target=target)


def _check_kinds_of_files(files: tuple[File, ...], findings: Findings) -> None:
    for file in files:
        is_program = file.media_type in {sniffing.EXECUTABLE, sniffing.SCRIPT}
        if is_program or sniffing.ending(file.path) in _FORBIDDEN_ENDINGS:
            findings.add("file-forbidden", file.path)
        elif sniffing.ending(file.path) in _OLD_FILMS:
            findings.add("video-codec", file.path, codec=sniffing.ending(file.path).upper())
    if flash := [file.path for file in files if file.media_type == _FLASH]:
        findings.add("flash", flash[0], count=len(flash))


def _check_videos(package: Package, source: Source, findings: Findings) -> None:
    for file in package.files:
        if file.media_type != sniffing.MP4 and sniffing.ending(file.path) != "mp4":
            continue
        try:
            with source.open(file.path) as stream:
                video = mp4.probe(stream, file.size)
        except mp4.NotAVideo as error:
            findings.add("not-a-video", file.path, why=error.args[0])
            continue
        for codec in sorted(set(video.codecs) - mp4.PLAYED_EVERYWHERE):
            findings.add("video-codec", file.path, codec=codec)
        if not video.starts_fast:
            findings.add("video-slow-start", file.path)


_LOOKS: dict[str, Callable[[str], pages.Look]] = {
    sniffing.HTML: pages.look_at_page,
    sniffing.SVG: pages.look_at_page,
    sniffing.CSS: pages.look_at_style,
    sniffing.JAVASCRIPT: pages.look_at_script,
}


def _check_texts(package: Package, source: Source, findings: Findings) -> None:
    """Look through pages, styles and scripts, as far as the time for one package goes."""
    left = _MOST_TEXT
    present = {file.path for file in package.files}
    present_in_any_case = {path.casefold() for path in present}
    # The players that come with an H5P library are not the author's pages.
    texts = [file for file in package.files if file.media_type in _LOOKS and package.kind is not Kind.H5P]
    for file in texts:
        if left <= 0:
            findings.add("not-all-looked-at")
            return
        left -= min(file.size, pages.MOST)
        look = _LOOKS[file.media_type](pages.decode(source.read(file.path, pages.MOST)))
        _say_what_was_seen(package, file, look, findings)
        for address, line in look.local.items():
            findings.add("local-address", file.path, line, target=address)
        if package.kind is Kind.HTML and file.path == package.entry:
            from_top = next((each for each in look.files.items() if each[0].startswith("/")), None)
            if from_top is not None:
                findings.add("from-top", file.path, from_top[1], target=from_top[0])
        for address, line in look.files.items():
            # On the content origin "/" is the top of the package, see `content.serving`.
            folder = "" if address.startswith("/") else posixpath.dirname(file.path)
            target = resolve(present, folder, address.lstrip("/")).path
            if target.casefold() not in present_in_any_case:
                findings.add("page-file-missing", file.path, line, target=target)


def _say_what_was_seen(package: Package, file: File, look: pages.Look, findings: Findings) -> None:
    loads = "script-addresses" if file.media_type == sniffing.JAVASCRIPT else "loads-elsewhere"
    for code, hosts in ((loads, look.loads), ("links-elsewhere", look.links)):
        if hosts:
            named = ", ".join(sorted(hosts)[:_SHOWN_HOSTS])
            findings.add(code, file.path, min(hosts.values()), hosts=named)
    if look.runs_scripts and package.kind is Kind.HTML:
        findings.add("script", file.path)
    if file.media_type != sniffing.HTML:
        return
    for code, lines in (
        ("image-without-text", look.images_without_text),
        ("video-without-captions", look.videos_without_captions),
    ):
        if lines:
            findings.add(code, file.path, lines[0], count=len(lines))
    for code, line in (
        ("page-without-language", look.no_language),
        ("page-without-title", look.no_title),
    ):
        if line:
            findings.add(code, file.path, line)
