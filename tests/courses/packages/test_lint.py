"""What the uploader is told, for everything that can be wrong with a package."""

import io
import re
import zlib

import pytest
from django.utils import translation

from courses.packages import lint
from courses.packages.lint import Report, check_upload
from courses.packages.sources import open_upload
from tests.courses.packages.factories import GOOD, PAGE, mp4, package, pdf, with_manifest, zipped


def check(upload: io.BytesIO, name: str = "course.zip") -> Report:
    return check_upload(upload, name)


def found(upload: io.BytesIO, name: str = "course.zip") -> set[tuple[str, str, int]]:
    return {(finding.code, finding.file, finding.line) for finding in check(upload, name).findings}


@pytest.mark.parametrize("kind", GOOD)
def test_nothing_is_said_against_a_good_package(kind):
    report = check(package(kind)).as_dict()
    assert list(report) == ["status", "kind", "units", "errors", "warnings"]
    assert (report["status"], report["kind"], report["errors"], report["warnings"]) == ("ok", kind, [], [])
    assert len(report["units"]) == 1


@pytest.mark.parametrize(("data", "kind"), [(mp4(), "mp4"), (pdf(), "pdf")])
def test_nothing_is_said_against_a_good_file(data, kind):
    report = check(io.BytesIO(data), f"file.{kind}").as_dict()
    assert (report["status"], report["kind"], report["errors"], report["warnings"]) == ("ok", kind, [], [])


def test_a_report_is_in_thai_and_names_file_and_line():
    with translation.override("th"):
        report = check(with_manifest("scorm-1.2", 'identifierref="R1"', 'identifierref="R2"')).as_dict()
    assert report["status"] == "errors"
    first = report["errors"][0]
    assert (first["code"], first["file"], first["line"]) == ("identifier-dangling", "imsmanifest.xml", 9)
    assert "R2" in first["message"]
    assert "โปรด" in first["message"]


def test_an_upload_that_cannot_be_read_is_a_report_too():
    report = check(io.BytesIO(b"no package"), "x.zip").as_dict()
    assert (report["status"], report["kind"], report["units"]) == ("errors", None, [])
    assert [error["code"] for error in report["errors"]] == ["not-a-package"]


# -- What a description of a course would make of the machine ---------------------------------------------
def test_rules_that_all_items_share_are_not_written_out_without_end():
    """Half a megabyte of rules and a thousand items that refer to it would be half a gigabyte of text."""
    rules = '<imsss:sequencing ID="S1">' + "<imsss:rule a='1'/>" * 30_000 + "</imsss:sequencing>"
    items = "".join(
        f'<item identifier="I{number}" identifierref="R1"><title>t</title>'
        '<imsss:sequencing IDRef="S1"/></item>'
        for number in range(1_000)
    )
    manifest = (
        '<manifest identifier="M" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" '
        'xmlns:imsss="http://www.imsglobal.org/xsd/imsss"><metadata>'
        "<schemaversion>2004 4th Edition</schemaversion></metadata>"
        f'<organizations default="O"><organization identifier="O">{items}</organization></organizations>'
        '<resources><resource identifier="R1" href="index.html"/></resources>'
        f"<imsss:sequencingCollection>{rules}</imsss:sequencingCollection></manifest>"
    )
    report = check(zipped({"imsmanifest.xml": manifest, "index.html": PAGE}))
    assert [error.code for error in report.errors] == ["xml-too-large"]


def test_more_lessons_than_anybody_teaches_are_refused_and_not_listed():
    items = "".join(f'<item identifier="X{number}"><title>t</title></item>' for number in range(3_000))
    report = check(with_manifest("scorm-1.2", "</organization>", f"{items}</organization>"))
    assert [error.code for error in report.errors] == ["too-many-units"]


def test_an_identifier_that_no_row_could_hold_is_refused():
    report = check(with_manifest("scorm-1.2", 'identifier="I1"', f'identifier="{"x" * 501}"'))
    assert [error.code for error in report.errors] == ["identifier-too-long"]


@pytest.mark.parametrize("kind", ["cmi5", "xapi"])
@pytest.mark.parametrize(
    ("identifier", "is_refused"),
    [
        ("https://portal.example", True),
        ("https://portal.example/id/course/KD10", True),
        ("https://portal.example.org/course", False),
    ],
)
def test_only_the_platform_names_what_is_its_own(kind, identifier, is_refused):
    """Whoever launches it could speak of the platform's own courses otherwise."""
    present = "https://example.org/au" if kind == "cmi5" else "https://example.org/course"
    upload = with_manifest(kind, f'"{present}"', f'"{identifier}"')
    report = lint.check(open_upload(upload, "course.zip"), platform="https://portal.example")
    assert ("identifier-of-platform" in {error.code for error in report.errors}) is is_refused


@pytest.mark.parametrize("version", ["1e999", "-1", "1" * 30, "null", "[]"])
def test_a_library_of_an_impossible_version_is_none(version):
    upload = with_manifest("h5p", '"majorVersion": 1', f'"majorVersion": {version}')
    assert check(upload).status == "errors"


def test_an_address_that_is_none_leads_outside():
    upload = with_manifest("scorm-1.2", "<manifest ", '<manifest xml:base="http://a.org/" ')
    assert check(upload).status == "errors"
    broken = with_manifest("scorm-1.2", "<manifest ", '<manifest xml:base="http://[" ')
    assert ("path-outside", "imsmanifest.xml", 21) in found(broken)


# -- Manifest -------------------------------------------------------------------------------------------
def test_a_package_without_a_manifest():
    assert found(zipped({"page.html": PAGE, "other.html": PAGE})) == {("manifest-missing", "", 0)}


@pytest.mark.parametrize("manifest", ["imsmanifest.xml", "cmi5.xml", "h5p.json"])
def test_a_page_beside_the_folder_of_a_course_is_not_its_beginning(manifest):
    report = check(zipped({"readme.html": PAGE, f"course/{manifest}": "-"}))
    assert [each.code for each in report.errors] == ["manifest-in-folder"]


def test_what_an_app_names_from_the_top_is_looked_for_at_the_top():
    shell = '<script src="/app.js"></script><script src="/gone.js"></script>'
    files = {"index.html": page(f"\n{shell}"), "app.js": "", "404.html": page(shell)}
    found = [(each.code, each.file, each.values.get("target")) for each in check(zipped(files)).findings]
    assert [each for each in found if each[0] in {"from-top", "page-file-missing"}] == [
        ("from-top", "index.html", "/app.js"),
        ("page-file-missing", "index.html", "gone.js"),
        ("page-file-missing", "404.html", "gone.js"),
    ]


def test_a_zipped_folder_is_told_how_to_be_zipped():
    made = zipped({f"วิชา/{name}": text for name, text in GOOD["scorm-1.2"].items()})
    [error] = check(made).errors
    assert (error.code, error.file) == ("manifest-in-folder", "วิชา/imsmanifest.xml")
    assert "“วิชา”" in error.message


def test_an_export_packed_once_more_is_told_what_to_upload():
    [error] = check(zipped({"วิชา.zip": zipped(GOOD["scorm-1.2"]).getvalue(), "readme.txt": b"-"})).errors
    assert (error.code, error.file) == ("manifest-in-archive", "วิชา.zip")
    assert "“วิชา.zip”" in error.message


@pytest.mark.parametrize("kind", ["scorm-1.2", "scorm-2004-4"])
def test_a_version_that_is_left_out_is_told_by_the_names(kind):
    text = GOOD[kind]["imsmanifest.xml"]
    version = re.search("<schemaversion>.*</schemaversion>", text)
    assert version
    made = with_manifest(kind, version[0], "")
    assert found(made) == set()


def test_several_manifests():
    both = GOOD["xapi"] | GOOD["scorm-1.2"]
    assert found(zipped(both)) == {("manifests-several", "imsmanifest.xml", 0)}


MANIFEST = "imsmanifest.xml"


@pytest.mark.parametrize(
    ("kind", "old", "new", "expected"),
    [
        ("scorm-1.2", "<manifest ", "<!DOCTYPE manifest><manifest ", ("xml-doctype", MANIFEST, 2)),
        ("scorm-1.2", "</item>", "", ("xml-malformed", MANIFEST, 18)),
        ("scorm-1.2", 'identifier="I1" ', "", ("value-missing", MANIFEST, 9)),
        ("scorm-1.2", 'identifier="I1" ', 'identifier="I0" ', ("identifier-twice", MANIFEST, 9)),
        ("scorm-1.2", 'default="O"', 'default="X"', ("organization-unknown", MANIFEST, 5)),
        ("scorm-1.2", ">1.2<", ">1.9<", ("version-unknown", MANIFEST, 2)),
        ("scorm-1.2", ">80<", ">eighty<", ("value-ignored", MANIFEST, 15)),
        ("scorm-1.2", ">00:30:00<", ">30<", ("value-ignored", MANIFEST, 12)),
        ("scorm-1.2", ' href="index.html">', ">", ("value-missing", MANIFEST, 21)),
        ("scorm-1.2", ' href="index.html">', ' href="../../a.html">', ("path-outside", MANIFEST, 21)),
        ("scorm-1.2", ' href="index.html">', ' href="/a.html">', ("path-outside", MANIFEST, 21)),
        ("scorm-1.2", ' href="index.html">', ' href="file:///c:/a">', ("path-outside", MANIFEST, 21)),
        ("scorm-1.2", ' href="index.html">', ' href="javascript:alert(1)">', ("path-outside", MANIFEST, 21)),
        ("scorm-1.2", '<file href="index.html"/>', '<file href="../x"/>', ("path-outside", MANIFEST, 22)),
        ("scorm-1.2", ' href="index.html">', ' href="https://a.org/">', ("launch-elsewhere", MANIFEST, 21)),
        ("scorm-1.2", ' href="index.html">', ' href="Index.HTML">', ("file-case", MANIFEST, 21)),
        ("scorm-1.2", ' href="index.html">', ' href="a.html">', ("file-missing", MANIFEST, 21)),
        ("scorm-1.2", '<file href="index.html"/>', '<file href="x"/>', ("file-listed-missing", MANIFEST, 22)),
        ("scorm-1.2", ' identifierref="R1"', "", ("nothing-to-start", MANIFEST, 0)),
        ("scorm-1.2", "</manifest>", '<manifest identifier="N"/></manifest>', ("submanifest", MANIFEST, 2)),
        ("scorm-2004-4", 'IDRef="S1"', 'IDRef="S2"', ("identifier-dangling", MANIFEST, 13)),
        ("scorm-2004-4", 'xml:base="content/"', 'xml:base="../"', ("path-outside", MANIFEST, 21)),
        ("cmi5", "courseStructure", "structure", ("manifest-foreign", "cmi5.xml", 2)),
        ("cmi5", "<url>index.html?lesson=1</url>", "", ("value-missing", "cmi5.xml", 10)),
        ("cmi5", '"CompletedAndPassed"', '"Sometimes"', ("value-wrong", "cmi5.xml", 10)),
        ("cmi5", '"0.8"', '"80"', ("value-wrong", "cmi5.xml", 10)),
        ("cmi5", "index.html?lesson=1", "https://a.org/", ("launch-remote", "cmi5.xml", 10)),
        ("cmi5", "index.html?lesson=1", "https://a.org/a b", ("value-wrong", "cmi5.xml", 10)),
        ("cmi5", "lesson=1", "endpoint=https://a.org/", ("launch-reserved", "cmi5.xml", 10)),
        ("cmi5", "index.html?lesson=1", "https://a.org/?fetch=", ("launch-reserved", "cmi5.xml", 10)),
        ("cmi5", 'course id="https://', 'course id="', ("value-wrong", "cmi5.xml", 3)),
        ("cmi5", 'objective id="https://', 'objective id="', ("value-wrong", "cmi5.xml", 7)),
        (
            "cmi5",
            "<objective id=",
            '<objective id="urn:a"/><objective id="urn:a"/><objective id=',
            ("identifier-twice", "cmi5.xml", 7),
        ),
        ("cmi5", 'block id="https://', 'block id="', ("value-wrong", "cmi5.xml", 8)),
        ("cmi5", 'au id="https://example.org/au"', 'au id="no iri"', ("value-wrong", "cmi5.xml", 10)),
        (
            "cmi5",
            'au id="https://example.org/au"',
            'au id="https://example.org/block"',
            ("identifier-twice", "cmi5.xml", 10),
        ),
        ("xapi", "index.html", "https://a.org/", ("launch-remote", "tincan.xml", 4)),
        ("xapi", "index.html", "a.html", ("file-missing", "tincan.xml", 4)),
        ("xapi", '<launch lang="th-TH">index.html</launch>', "", ("nothing-to-start", "tincan.xml", 0)),
        ("h5p", '"title": "แบบทดสอบ", ', "", ("value-missing", "h5p.json", 0)),
        ("h5p", '"machineName"', '"name"', ("identifier-dangling", "h5p.json", 0)),
        ("h5p", "]}", "", ("json-malformed", "h5p.json", 2)),
    ],
)
def test_what_is_wrong_with_a_manifest_is_said_with_its_line(kind, old, new, expected):
    assert expected in found(with_manifest(kind, old, new))


def test_an_h5p_without_libraries_is_told_which():
    report = check(package("h5p", **{name: None for name in GOOD["h5p"] if name.startswith("H5P.")}))
    assert [finding.code for finding in report.findings] == ["library-missing", "library-unlisted"]
    assert "H5P.Quiz 1.2" in report.errors[0].message


def test_content_that_names_what_is_no_library_is_only_remarked_upon():
    made = package("h5p", **{"content/content.json": '{"zones": [{"library": "H5P.Dropzone 0.1"}]}'})
    assert found(made) == {("library-unlisted", "h5p.json", 0)}


def test_a_library_of_an_h5p_in_a_folder_of_another_version_is_not_found():
    quiz = {
        f"H5P.Quiz-1.2/{name}": GOOD["h5p"][f"H5P.Quiz-1.2/{name}"] for name in ("library.json", "quiz.js")
    }
    elsewhere = {name.replace("1.2", "1.1"): text for name, text in quiz.items()}
    made = package("h5p", **dict.fromkeys(quiz), **elsewhere)
    assert ("library-missing", "h5p.json", 0) in found(made)
    unversioned = {name.replace("-1.2", ""): text for name, text in quiz.items()}
    assert found(package("h5p", **dict.fromkeys(quiz), **unversioned)) == set()


def test_a_library_of_an_h5p_without_its_script():
    made = package("h5p", **{"H5P.Quiz-1.2/quiz.js": None})
    assert found(made) == {("file-missing", "H5P.Quiz-1.2/library.json", 0)}


@pytest.mark.parametrize("content", [b"\xff", b"[1]", b"{" * 99999, b'{"a":' * 99999, b"", b"null"])
def test_json_that_is_none(content):
    assert ("json-malformed", "h5p.json", 0) in {
        (code, file, 0) for code, file, _line in found(package("h5p", **{"h5p.json": content}))
    }


@pytest.mark.parametrize("value", ["1", '"x"', "[1]", '[{"machineName": []}]', "{}"])
def test_dependencies_that_are_none(value):
    odd = f'"embedTypes": {value}, "preloadedDependencies": {value}'
    made = package("h5p", **{"h5p.json": f'{{"title": "a", "mainLibrary": "b", {odd}}}'})
    assert {code for code, _file, _line in found(made)} == {"identifier-dangling", "nothing-to-start"}


# -- Content --------------------------------------------------------------------------------------------
def page(body: str, html: str = '<html lang="th">') -> str:
    return f"<!doctype html>\n{html}<title>บทที่ 1</title>\n{body}"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (page("<p>", html="<html>"), ("page-without-language", 2)),
        (page("<p>").replace("บทที่ 1", " "), ("page-without-title", 2)),
        (page('<p>\n<img src="a.png">'), ("image-without-text", 4)),
        (page('<video src="a.mp4"></video>'), ("video-without-captions", 3)),
        (page('<video><track kind="chapters" src="a.vtt"></video>'), ("video-without-captions", 3)),
        (page('<script src="https://cdn.example.org/a.js"></script>'), ("loads-elsewhere", 3)),
        (page('<link rel="stylesheet" href="//cdn.example.org/a.css">'), ("loads-elsewhere", 3)),
        (page('<a href="https://www.example.org/">'), ("links-elsewhere", 3)),
        (page("<script>start()</script>"), ("script", 0)),
        (page('<body onload="start()">'), ("script", 0)),
    ],
)
def test_what_a_reviewer_should_know_of_a_page(content, expected):
    code, line = expected
    report = check(package("html", **{"index.html": content}))
    assert (code, "index.html", line) in {(f.code, f.file, f.line) for f in report.findings}
    assert report.status == "warnings"


@pytest.mark.parametrize(
    "body",
    [
        '<img src="a.png" alt="">',
        '<script src="../js/a.js"></script>',
        '<link rel="stylesheet" href="/a.css">',
        '<video src="b.mp4" poster="a.png"><track kind="captions"></video>',
        '<iframe src="a.html?b=1#c"></iframe>',
    ],
)
def test_what_a_page_shows_must_be_there(body):
    files: dict[str, str | bytes | None] = {"b.mp4": mp4(), "sub/page.html": page(f"\n{body}")}
    report = check(package("html", **files))
    assert [(f.code, f.file, f.line) for f in report.findings if f.code == "page-file-missing"] == [
        ("page-file-missing", "sub/page.html", 4)
    ] * (2 if "poster" in body else 1)
    assert report.status == "warnings"


@pytest.mark.parametrize(
    "body",
    [
        '<img src="a%20b.PNG?v=1" alt="">',
        '<img src="../sub/./a b.png" alt="">',
        '<img src="" alt=""><img src="data:image/png;base64,AA" alt="">',
        '<img src="blob:x" alt=""><img src="#" alt="">',
        '<img src="{{ picture }}" alt="">',
        '<a href="missing.html">',
        '<link rel="next" href="missing.html">',
        '<base href="elsewhere/"><img src="missing.png" alt="">',
    ],
)
def test_what_a_page_shows_may_be_told_in_many_ways(body):
    files: dict[str, str | bytes | None] = {
        "sub/a b.png": b"\x89PNG\r\n\x1a\n\0",
        "sub/page.html": page(body),
    }
    assert found(package("html", **files)) == set()


@pytest.mark.parametrize(
    "body",
    [
        "<![x[ y ]]>",
        "<![ <!-- <a <a href='",
        '<img src="a.png" alt="">',
        '<video><track kind="captions" src="a.vtt"></video>',
        '<a href="https://www.example.org/" target="_blank">',
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        '<img src="a.png" alt="ดู http://example.org">',
    ],
)
def test_what_is_in_order_on_a_page(body):
    files: dict[str, str | bytes | None] = {"a.png": b"\x89PNG\r\n\x1a\n\0", "a.vtt": "WEBVTT\n"}
    assert found(package("html", **files | {"index.html": page(body)})) == set()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.css", 'body{}\n@import "https://fonts.example.org/a";', "loads-elsewhere"),
        ("a.css", "body{}\np { background: url(//cdn.example.org/a.png) }", "loads-elsewhere"),
        ("a.js", "\nfetch('https://api.example.org/a')", "script-addresses"),
    ],
)
def test_styles_and_scripts_that_load_from_elsewhere(name, content, code):
    assert found(package("html", **{name: content})) == {(code, name, 2)}


@pytest.mark.parametrize("content", ['// see https://example.org/\n"http://www.w3.org/2000/svg"', ""])
def test_addresses_that_nobody_fetches(content):
    assert found(package("html", **{"a.js": content})) == set()


@pytest.mark.parametrize("kind", ["scorm-1.2", "cmi5"])
def test_scripts_are_what_packages_are_made_of(kind):
    changed = {"index.html": page("<script>start()</script>"), "a.svg": "<svg><script>x</script></svg>"}
    assert found(package(kind, **changed)) == set()


def test_a_drawing_with_a_script_among_plain_pages():
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>'
    assert found(package("html", **{"a.svg": drawing})) == {("script", "a.svg", 0)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("setup.exe", b"x"),
        ("picture.png", b"MZ\x90\0\3\0\0\0"),
        ("picture.png", b"\x7fELF\2\1\1\0"),
        ("save.PHP", b"x"),
        ("notes.txt", b"#!/bin/sh\n"),
        ("notes.txt", b"\n<?php eval($x);"),
        ("applet.jar", zipped({"a": ""}).getvalue()),
    ],
)
def test_programs_are_forbidden_by_name_and_by_content(name, content):
    assert found(package("html", **{name: content})) == {("file-forbidden", name, 0)}


def test_flash_no_longer_plays():
    assert found(package("html", **{"a.swf": b"CWS\x0a\0\0\0\0"})) == {("flash", "a.swf", 0)}


def test_old_films_no_longer_play_either():
    assert found(package("html", **{"a.WMV": b"\x30\x26\xb2\x75"})) == {("video-codec", "a.WMV", 0)}


def test_reading_ends_where_a_package_has_more_pages_than_anybody_looks_at(monkeypatch):
    monkeypatch.setattr(lint, "_MOST_TEXT", 10)
    assert found(package("html")) == {("not-all-looked-at", "", 0)}


def test_a_long_list_is_cut_and_says_so():
    made = package("html", **{f"{number}.php": "x" for number in range(30)})
    report = check(made)
    assert len(report.errors) == 20
    assert [warning.values for warning in report.warnings] == [{"code": "file-forbidden", "count": 10}]


# -- Videos and documents ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\0\0\0\x08ftyp", "not-a-video"),
        (mp4()[:60], "not-a-video"),
        (mp4()[:-500], "not-a-video"),
        (mp4(codecs=()), "not-a-video"),
        (b"no video", "not-a-video"),
        (mp4(codecs=(b"hev1", b"mp4a")), "video-codec"),
        (mp4(slow=True), "video-slow-start"),
    ],
)
def test_videos(data, code):
    assert found(package("html", **{"a.mp4": data})) == {(code, "a.mp4", 0)}
    alone = {code for code, _file, _line in found(io.BytesIO(data), "a.mp4")}
    assert alone == ({"not-a-package"} if data == b"no video" else {code})


def test_a_broken_video_cannot_be_shown():
    assert check(io.BytesIO(mp4()[:60]), "a.mp4").as_dict()["kind"] is None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.7\nno more", "pdf-damaged"),
        (pdf(trailer=b"/Encrypt 9 0 R"), "pdf-encrypted"),
        (pdf(b"4 0 obj <</S /JavaScript /JS (app.alert(1))>> endobj"), "pdf-script"),
        (pdf(b"4 0 obj <</S /J#61vaScript /JS (x)>> endobj"), "pdf-script"),
        (pdf(b"4 0 obj <</S /Launch /F (cmd.exe)>> endobj"), "pdf-launches"),
        (
            pdf(b"4 0 obj <</Type /ObjStm /N 1>> stream\n" + zlib.compress(b"/JavaScript") + b"\nendstream"),
            "pdf-script",
        ),
    ],
)
def test_documents(data, code):
    assert found(io.BytesIO(data), "a.pdf") == {(code, "a.pdf", 0)}


@pytest.mark.parametrize("data", [pdf(), mp4()])
def test_a_file_with_an_archive_behind_it_is_refused(data):
    assert found(io.BytesIO(data + package("html").getvalue()), "a.pdf") == {("polyglot", "", 0)}


@pytest.mark.parametrize("data", [b"", b"GIF89a\0\0", b"<svg><script/></svg>", b"<html>", b"MZ\x90\0\3\0"])
def test_what_is_no_package_is_refused(data):
    assert found(io.BytesIO(data), "a.zip") == {("not-a-package", "", 0)}
