"""Tell what an archive is in which nothing says how a course starts, so that its author knows what to do."""

import re
from collections.abc import Collection, Iterator

from courses.packages import sniffing
from courses.packages.findings import Finding
from courses.packages.sources import Source

_SCORM = "imsmanifest.xml"
# Schemas and pages that tools put into exports for SCORM alone: what an export has that lost its manifest.
_SIGNS_OF_SCORM = {
    "adlcp_rootv1p2.xsd",
    "adlcp_v1p3.xsd",
    "imscp_rootv1p1p2.xsd",
    "imscp_v1p1.xsd",
    "imsss_v1p0.xsd",
    "index_lms.html",
    "index_scorm.html",
    "indexapi.html",
    "scorm_test_harness.html",
}
# As browsers and Windows rename: “imsmanifest (1).xml”, “tincan.xml.txt”.
_RENAMED = re.compile(r"(imsmanifest|tincan|cmi5)\b.*\.xml\b.*", re.IGNORECASE)
_BACKUPS = {"moodle_backup.xml": "Moodle", "course_settings/canvas_export.txt": "Canvas"}
_AICC = {"au", "crs", "cst"}
# Files for which somebody packed a ZIP file without need.
_BY_THEMSELVES = {"mp4", "m4v", "pdf", "zip", "h5p"}
_OFFICE = {"ppt", "pptx", "pps", "ppsx", "doc", "docx", "odp", "odt"}
_SOURCES = {
    "story": "Articulate Storyline",
    "cptx": "Adobe Captivate",
    "elp": "eXeLearning",
    "awt": "Lectora",
    "tscproj": "Camtasia",
    "approj": "ActivePresenter",
}


def lost_manifest(source: Source) -> Finding | None:
    """Return what tells that the manifest of an export was lost or renamed, None where nothing does."""
    for path in _at_the_top(source):
        if match := _RENAMED.fullmatch(path):
            return Finding("manifest-lost", path, {"name": f"{match[1].lower()}.xml", "sign": path})
    for path in source.files:
        if path.rpartition("/")[2].lower() in _SIGNS_OF_SCORM:
            return Finding("manifest-lost", path, {"name": _SCORM, "sign": path})
    return None


def what_it_is(source: Source, manifests: Collection[str]) -> Finding:
    """Say what stands in the way: mostly somebody zipped the folder and not what is in it."""
    return (
        _project(source)
        or _backup(source)
        or _document(source)
        or _in_folder(source, manifests)
        or _packed(source)
        or lost_manifest(source)
        or _lost_h5p(source)
        or Finding("manifest-missing")
    )


def _lost_h5p(source: Source) -> Finding | None:
    sign = "content/content.json"
    # Web pages may have a file of that name too; they are read before anybody asks here.
    if sign in source.files:
        return Finding("manifest-lost", sign, {"name": "h5p.json", "sign": sign})
    return None


def _project(source: Source) -> Finding | None:
    """Find what a program works on itself; two of these are ZIP files."""
    for path in _at_the_top(source):
        if program := _SOURCES.get(sniffing.ending(path)):
            return Finding("authoring-source", path, {"program": program})
    if "story/story.xml" in source.files:
        return Finding("authoring-source", values={"program": _SOURCES["story"]})
    if "contentv3.xml" in source.files:
        return Finding("authoring-source", values={"program": _SOURCES["elp"]})
    return None


def _backup(source: Source) -> Finding | None:
    for path, platform in _BACKUPS.items():
        if path in source.files:
            return Finding("platform-backup", path, {"platform": platform})
    if aicc := [path for path in source.files if sniffing.ending(path) in _AICC]:
        return Finding("aicc", aicc[0])
    return None


def _document(source: Source) -> Finding | None:
    # Office Open XML, OpenDocument: they are ZIP files too.
    if "[Content_Types].xml" in source.files or {"mimetype", "content.xml"} <= set(source.files):
        return Finding("office-document")
    return None


def _in_folder(source: Source, manifests: Collection[str]) -> Finding | None:
    for path in _from_the_top(source):
        folder, _slash, name = path.rpartition("/")
        if name.lower() in manifests:
            return Finding("manifest-in-folder", path, {"folder": folder, "name": name})
    return None


def _packed(source: Source) -> Finding | None:
    """Find courses, films and documents that were packed once more."""
    archives = [path for path in source.files if path.lower().endswith(".zip")]
    if len(archives) == 1:
        return Finding("manifest-in-archive", archives[0], {"name": archives[0]})
    if any(file.media_type == sniffing.HTML for file in source.files.values()):
        return None
    for path in _from_the_top(source):
        if sniffing.ending(path) in _BY_THEMSELVES:
            return Finding("packed-by-itself", path, {"name": path})
        if sniffing.ending(path) in _OFFICE:
            return Finding("office-document", path)
    return None


def _at_the_top(source: Source) -> Iterator[str]:
    return (path for path in source.files if "/" not in path)


def _from_the_top(source: Source) -> Iterator[str]:
    yield from sorted(source.files, key=lambda path: (path.count("/"), path))
