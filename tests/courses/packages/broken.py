"""Everything that people bring and that is broken: how it is made, and the rule that says so.

`docs/packages.md` lists it with the same words, and a test compares.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from tests.courses.packages.factories import (
    GOOD,
    PAGE,
    SCORM_12,
    entry,
    mp4,
    package,
    patched,
    pdf,
    with_manifest,
    zipped,
)

SCORM = GOOD["scorm-1.2"]
SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload='go()'/>"
_NESTED = zipped({"a.zip": zipped({"b.zip": zipped({"c": "c"}).getvalue()}).getvalue()}).getvalue()


def _page(body: str) -> io.BytesIO:
    return package("html", **{"index.html": f'<html lang="th"><title>ก</title>\n{body}'})


def _h5p(content: str) -> io.BytesIO:
    return package("h5p", **{"content/content.json": content})


# Errors: nothing of it is kept.
REFUSED: dict[str, tuple[Callable[[], io.BytesIO], str]] = {
    # The file
    "an empty file": (lambda: io.BytesIO(b""), "not-a-package"),
    "a picture, a drawing or a web page by itself": (lambda: io.BytesIO(SVG.encode()), "not-a-package"),
    "a PowerPoint or Word file": (
        lambda: zipped({"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<p/>"}),
        "office-document",
    ),
    "an OpenDocument file": (
        lambda: zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}),
        "office-document",
    ),
    "an old Word or PowerPoint file": (
        lambda: io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        "office-document",
    ),
    "a RAR or 7z file": (lambda: io.BytesIO(b"Rar!\x1a\x07\x01\0" + bytes(99)), "other-archive"),
    "a film as MOV": (lambda: io.BytesIO(mp4().replace(b"ftypisom", b"ftypqt  ")), "not-a-video"),
    "a film as WMV, AVI or WebM": (
        lambda: io.BytesIO(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(99)),
        "not-a-video",
    ),
    # The archive
    "a ZIP file cut off in the upload": (
        lambda: io.BytesIO(zipped(SCORM).getvalue()[:-30]),
        "archive-damaged",
    ),
    "a ZIP file with a damaged page": (
        lambda: io.BytesIO(
            zipped([(entry("index.html", method=zipfile.ZIP_STORED), PAGE)])
            .getvalue()
            .replace(b"<body>", b"<bodx>", 1)
        ),
        "archive-damaged",
    ),
    "a ZIP file without files": (lambda: zipped({}), "archive-empty"),
    "a ZIP file with a password": (
        lambda: patched(zipped(SCORM), offset=8, form="<H", value=1),
        "encrypted",
    ),
    "an archive that fills the disk, by ratio": (
        lambda: zipped({"index.html": PAGE, "a.txt": bytes(30 << 20)}),
        "zip-bomb",
    ),
    "an archive that fills the disk, by count": (
        lambda: zipped({f"{number}": "" for number in range(20_001)}),
        "too-many-files",
    ),
    "an archive in an archive in an archive": (
        lambda: zipped({"index.html": PAGE, "a.zip": _NESTED}),
        "nested-archive",
    ),
    "a path with ../": (lambda: zipped({"index.html": PAGE, "../../evil.sh": "x"}), "path-traversal"),
    "a path with ..\\": (lambda: zipped({"index.html": PAGE, "..\\..\\evil.sh": "x"}), "path-traversal"),
    "an absolute path": (lambda: zipped({"index.html": PAGE, "/etc/cron.d/evil": "x"}), "path-absolute"),
    "a path with a drive": (lambda: zipped({"index.html": PAGE, "C:/evil.txt": "x"}), "path-absolute"),
    "a symbolic link": (
        lambda: zipped([("index.html", PAGE), (entry("a", mode=0o120777), "/etc/passwd")]),
        "special-file",
    ),
    "two names that differ in case": (
        lambda: zipped({"index.html": PAGE, "A.txt": "1", "a.TXT": "2"}),
        "name-twice",
    ),
    "a picture and an archive in one file": (
        lambda: io.BytesIO(b"GIF89a" + zipped({"index.html": PAGE}).getvalue()),
        "polyglot",
    ),
    "a program under the name of a text": (
        lambda: zipped({"index.html": PAGE, "a.txt": b"MZ\x90\0\3\0" + bytes(99)}),
        "file-forbidden",
    ),
    "a page that a server would run (PHP)": (
        lambda: zipped({"index.html": PAGE, "save.php": "<?php"}),
        "file-forbidden",
    ),
    # The manifest
    "a ZIP file of the course's folder": (
        lambda: zipped({f"course/{name}": text for name, text in SCORM.items()}),
        "manifest-in-folder",
    ),
    "an export packed once more": (
        lambda: zipped({"course.zip": zipped(SCORM).getvalue(), "readme.txt": b"-"}),
        "manifest-in-archive",
    ),
    "an export without a manifest": (
        lambda: zipped({"page.html": PAGE, "other.html": PAGE}),
        "manifest-missing",
    ),
    "an export for SCORM whose manifest is gone": (
        lambda: zipped({"index.html": PAGE, "index_lms.html": PAGE, "adlcp_rootv1p2.xsd": "<schema/>"}),
        "manifest-lost",
    ),
    "an export whose manifest was renamed by a browser": (
        lambda: zipped({"index.html": PAGE, "imsmanifest (1).xml": SCORM_12}),
        "manifest-lost",
    ),
    "an H5P without h5p.json": (
        lambda: package("h5p", **{"h5p.json": None}),
        "manifest-lost",
    ),
    "films or documents in a ZIP file": (
        lambda: zipped({"film.mp4": mp4(), "readme.txt": "-"}),
        "packed-by-itself",
    ),
    "several courses in a ZIP file": (
        lambda: zipped({"1.zip": zipped(SCORM).getvalue(), "2.zip": zipped(SCORM).getvalue()}),
        "packed-by-itself",
    ),
    "a project of Storyline": (
        lambda: zipped({"[Content_Types].xml": "<Types/>", "story/story.xml": "<story/>"}),
        "authoring-source",
    ),
    "a project of eXeLearning": (
        lambda: zipped({"contentv3.xml": "<instance/>", "content.data": "-"}),
        "authoring-source",
    ),
    "a backup of a course of Moodle": (
        lambda: zipped({"moodle_backup.xml": "<moodle_backup/>", "files.xml": "<files/>"}),
        "platform-backup",
    ),
    "a Common Cartridge": (
        lambda: with_manifest("scorm-1.2", "ADL SCORM", "IMS Common Cartridge"),
        "platform-backup",
    ),
    "a course in AICC": (
        lambda: zipped({"course.crs": "[Course]", "course.au": "-", "a.html": PAGE, "b.html": PAGE}),
        "aicc",
    ),
    "imsmanifest.xml with a tag left open": (
        lambda: with_manifest("scorm-1.2", "</item>", ""),
        "xml-malformed",
    ),
    "imsmanifest.xml with entities": (
        lambda: zipped(
            {"imsmanifest.xml": "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"}
        ),
        "xml-doctype",
    ),
    "imsmanifest.xml without end": (
        lambda: zipped(
            [(entry("imsmanifest.xml", method=zipfile.ZIP_STORED), "<manifest>" + " " * (11 << 20))]
        ),
        "xml-too-large",
    ),
    "imsmanifest.xml that is another format": (
        lambda: with_manifest("scorm-1.2", "manifest", "assessment"),
        "manifest-foreign",
    ),
    "a SCORM lesson whose page is missing": (
        lambda: package("scorm-1.2", **{"index.html": None}),
        "file-missing",
    ),
    "a SCORM lesson that names a resource that is not there": (
        lambda: with_manifest("scorm-1.2", 'identifierref="R1"', 'identifierref="R2"'),
        "identifier-dangling",
    ),
    "a SCORM lesson on another server": (
        lambda: with_manifest("scorm-1.2", ' href="index.html">', ' href="https://a.org/">'),
        "launch-elsewhere",
    ),
    "a SCORM lesson outside the package": (
        lambda: zipped(SCORM | {"imsmanifest.xml": SCORM_12.replace('href="index', 'href="../../index')}),
        "path-outside",
    ),
    "a SCORM package with no lesson": (
        lambda: with_manifest("scorm-1.2", ' identifierref="R1"', ""),
        "nothing-to-start",
    ),
    "cmi5.xml with a mastery score of 80": (lambda: with_manifest("cmi5", '"0.8"', '"80"'), "value-wrong"),
    "cmi5.xml with an identifier twice": (
        lambda: with_manifest("cmi5", "https://example.org/au", "https://example.org/block"),
        "identifier-twice",
    ),
    "cmi5.xml without an address of the lesson": (
        lambda: with_manifest("cmi5", "<url>index.html?lesson=1</url>", ""),
        "value-missing",
    ),
    "tincan.xml whose page is missing": (
        lambda: with_manifest("xapi", "index.html", "a.html"),
        "file-missing",
    ),
    "an H5P export without libraries": (
        lambda: package("h5p", **{name: None for name in GOOD["h5p"] if "library.json" in name}),
        "library-missing",
    ),
    "an H5P library without its script": (
        lambda: package("h5p", **{"H5P.Quiz-1.2/quiz.js": None}),
        "file-missing",
    ),
    "an H5P without content": (
        lambda: package("h5p", **{"content/content.json": None}),
        "file-missing",
    ),
    "h5p.json that is no JSON": (lambda: with_manifest("h5p", "]}", ""), "json-malformed"),
    # Films and documents
    "an MP4 that is none": (lambda: io.BytesIO(b"\0\0\0\x18ftypmp42" + bytes(5000)), "not-a-video"),
    "an MP4 cut off in the upload": (lambda: io.BytesIO(mp4()[:-500]), "not-a-video"),
    "a PDF cut off in the upload": (lambda: io.BytesIO(pdf()[:-30]), "pdf-damaged"),
    "a PDF with a password": (lambda: io.BytesIO(pdf(trailer=b"/Encrypt 9 0 R")), "pdf-encrypted"),
    "a PDF that starts programs": (
        lambda: io.BytesIO(pdf(b"4 0 obj <</S /Launch /F (cmd.exe)>> endobj")),
        "pdf-launches",
    ),
}

# Warnings: it is kept, and whoever reviews it reads them.
WARNED: dict[str, tuple[Callable[[], io.BytesIO], str]] = {
    "a listed file that is missing": (
        lambda: with_manifest("scorm-1.2", '<file href="index.html"/>', '<file href="x"/>'),
        "file-listed-missing",
    ),
    "a name in other capital letters": (
        lambda: with_manifest("scorm-1.2", ' href="index.html">', ' href="Index.HTML">'),
        "file-case",
    ),
    "a picture of a page that is missing": (lambda: _page('<img alt="" src="a.png">'), "page-file-missing"),
    "a script from another server": (
        lambda: _page('<script src="https://cdn.example.org/a.js"></script>'),
        "loads-elsewhere",
    ),
    "a picture on the author's own disk": (
        lambda: _page('<img alt="" src="file:///C:/Users/me/a.png">'),
        "local-address",
    ),
    "a link to a machine of the author's office": (
        lambda: _page('<a href="http://intranet/form.html">'),
        "local-address",
    ),
    "pages of which none is called index.html": (lambda: zipped({"หน้าแรก.html": PAGE}), "start-guessed"),
    "an app made for a server of its own": (
        lambda: package(
            "html",
            **{"index.html": PAGE.replace("<body>", '<body><script src="/app.js"></script>'), "app.js": ""},
        ),
        "from-top",
    ),
    "a link out of the lesson": (lambda: _page('<a href="https://www.example.org/">'), "links-elsewhere"),
    "a film in HEVC": (lambda: io.BytesIO(mp4(codecs=(b"hev1", b"mp4a"))), "video-codec"),
    "a film in a package as MOV or WMV": (lambda: package("html", **{"a.mov": b"x"}), "video-codec"),
    "a film whose table of contents comes last": (lambda: io.BytesIO(mp4(slow=True)), "video-slow-start"),
    "Flash": (lambda: package("html", **{"a.swf": b"CWS\x0a\0\0\0\0"}), "flash"),
    "a picture without alt": (
        lambda: _page('<img src="https://cdn.example.org/a.png">'),
        "image-without-text",
    ),
    "a video of a page without captions": (
        lambda: _page("<video></video>"),
        "video-without-captions",
    ),
    "a page without a language": (
        lambda: package("html", **{"index.html": "<html><title>ก</title>"}),
        "page-without-language",
    ),
    "a picture in H5P without a text": (
        lambda: _h5p('{"a": {"library": "H5P.Image 1.1", "params": {"file": {}, "alt": ""}}}'),
        "h5p-image-without-text",
    ),
    "a film in H5P without captions": (
        lambda: _h5p('{"sources": [{"path": "https://a.org/a.mp4", "mime": "video/mp4"}]}'),
        "h5p-video-without-captions",
    ),
    "a picture of an H5P that is missing": (
        lambda: _h5p('{"a": [{"path": "images/a.png", "mime": "image/png"}]}'),
        "file-listed-missing",
    ),
    "an H5P that never says that it is finished": (
        lambda: package("h5p", **{"H5P.Quiz-1.2/quiz.js": "start()"}),
        "h5p-silent",
    ),
    "a PDF without tags": (
        lambda: io.BytesIO(pdf().replace(b"/StructTreeRoot", b"/X")),
        "pdf-untagged",
    ),
    "a PDF out of a scanner": (lambda: io.BytesIO(pdf().replace(b"/Font", b"/X")), "pdf-without-text"),
    "a PDF with scripts": (
        lambda: io.BytesIO(pdf(b"4 0 obj <</S /JavaScript /JS (app.alert(1))>> endobj")),
        "pdf-script",
    ),
}
