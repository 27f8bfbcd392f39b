"""Every format becomes one description."""

import io
import json
from datetime import timedelta
from decimal import Decimal

import pytest

from courses.packages.findings import Findings
from courses.packages.lint import check_upload
from courses.packages.package import (
    Cmi5Settings,
    Document,
    H5PSettings,
    Library,
    Package,
    ScormSettings,
    SharedData,
    Video,
)
from courses.packages.readers import read
from courses.packages.sources import open_upload
from tests.courses.packages.factories import GOOD, PAGE, mp4, package, pdf, with_manifest, zipped


def understood(upload: io.BytesIO, name: str = "course.zip") -> Package:
    """Read a package that nothing is wrong with."""
    findings = Findings()
    found = read(open_upload(upload, name), findings)
    assert findings.all() == []
    return found


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_package_is_known_by_its_manifest(kind):
    found = understood(package(kind))
    assert found.kind == kind
    assert found.title in {"ข้อมูลข่าวสาร", "แบบทดสอบ", "บทที่ 1"}
    assert found.entry == found.launchable[0].href
    assert found.entry in {file.path for file in found.files}
    assert found.size == sum(len(text.encode()) for text in GOOD[kind].values())


def test_web_pages_may_have_files_that_look_like_those_of_an_h5p():
    assert understood(zipped({"index.html": PAGE, "content/content.json": "{}"})).kind == "html"


def test_scorm_12():
    found = understood(package("scorm-1.2"))
    [heading] = found.units
    [lesson] = heading.units
    assert (heading.title, heading.href) == ("หมวด 1", "")
    assert (lesson.href, lesson.parameters) == ("index.html", "?lesson=1")
    assert (lesson.mastery_score, lesson.max_time) == (Decimal("0.8"), timedelta(minutes=30))
    assert lesson.scorm == ScormSettings(
        prerequisites="I0", data_from_lms="level=1", time_limit_action="exit,message"
    )


def test_scorm_2004_with_shared_sequencing():
    found = understood(package("scorm-2004-4"))
    [lesson] = found.units
    assert lesson.href == "content/index.html"
    assert (lesson.mastery_score, lesson.max_time) == (Decimal("0.6"), timedelta(minutes=90))
    assert lesson.objectives == ("P1", "P2")
    assert lesson.scorm
    assert lesson.scorm.completion_threshold == Decimal("0.75")
    assert 'attemptAbsoluteDurationLimit="PT1H30M"' in lesson.scorm.sequencing
    assert 'objectiveID="P2"' in lesson.scorm.sequencing
    assert 'flow="true"' in found.sequencing


def test_data_that_lessons_of_the_fourth_edition_share():
    data = (
        '<adlcp:data><adlcp:map targetID="a"/><adlcp:map targetID="b" writeSharedData="false"/>'
        '<adlcp:map targetID="c" readSharedData="0"/><adlcp:map/></adlcp:data>'
    )
    [lesson] = understood(
        with_manifest("scorm-2004-4", "<imsss:sequencing IDRef", f"{data}<imsss:sequencing IDRef")
    ).units
    assert lesson.scorm
    assert lesson.scorm.shared_data == (
        SharedData("a"),
        SharedData("b", writes=False),
        SharedData("c", reads=False),
    )


def test_a_whole_package_may_be_completed_by_its_progress():
    threshold = '<adlcp:completionThreshold completedByMeasure="true" minProgressMeasure="0.5"/>'
    found = understood(with_manifest("scorm-2004-4", "</organization>", f"{threshold}</organization>"))
    assert found.completion_threshold == Decimal("0.5")


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("2004 3rd Edition", "scorm-2004-3"),
        ("2004  4th  edition", "scorm-2004-4"),
        ("2004 2nd Edition", "scorm-2004-3"),
        ("CAM 1.3", "scorm-2004-3"),
    ],
)
def test_editions_of_scorm_2004(version, kind):
    assert understood(with_manifest("scorm-2004-4", "2004 4th Edition", version)).kind == kind


def test_what_a_player_of_scorm_2004_needs_to_know():
    found = understood(package("scorm-2004-4"))
    [lesson] = found.units
    assert found.shares_objectives
    assert lesson.scorm
    assert (lesson.scorm.progress_weight, lesson.scorm.hidden_controls) == (Decimal(1), ())
    old = '<adlcp:completionThreshold completedByMeasure="true" minProgressMeasure="0.75"/>'
    new = (
        '<adlcp:completionThreshold progressWeight="0.5"/><adlnav:presentation xmlns:adlnav="http://a.b">'
        "<adlnav:navigationInterface><adlnav:hideLMSUI>continue</adlnav:hideLMSUI>"
        "</adlnav:navigationInterface></adlnav:presentation>"
    )
    [lesson] = understood(with_manifest("scorm-2004-4", old, new)).units
    assert lesson.scorm
    assert (lesson.scorm.progress_weight, lesson.scorm.hidden_controls) == (Decimal("0.5"), ("continue",))
    old = '<organization identifier="O">'
    new = '<organization identifier="O" xmlns:q="http://a.b" q:objectivesGlobalToSystem="false">'
    assert not understood(with_manifest("scorm-2004-4", old, new)).shares_objectives


def test_completion_threshold_of_the_third_edition():
    old = '<adlcp:completionThreshold completedByMeasure="true" minProgressMeasure="0.75"/>'
    new = "<adlcp:completionThreshold>0.5</adlcp:completionThreshold>"
    [lesson] = understood(with_manifest("scorm-2004-4", old, new)).units
    assert lesson.scorm
    assert lesson.scorm.completion_threshold == Decimal("0.5")


@pytest.mark.parametrize(
    ("named", "encoding", "before"),
    [
        ("utf-8", "utf-8", ""),
        ("utf-16", "utf-16", ""),
        ("tis-620", "tis-620", ""),
        ("windows-874", "cp874", ""),
        # Said by tools on Windows, and done otherwise.
        ("utf-16", "utf-8", ""),
        ("UTF-16", "utf-8-sig", ""),
        # A page that made the manifest began with empty lines.
        ("utf-8", "utf-8", "\n\n "),
    ],
)
def test_a_manifest_in_any_encoding_it_names(named, encoding, before):
    name, text = "imsmanifest.xml", GOOD["scorm-1.2"]["imsmanifest.xml"]
    made = package("scorm-1.2", **{name: (before + text.replace("UTF-8", named)).encode(encoding)})
    assert understood(made).title == "ข้อมูลข่าวสาร"


@pytest.mark.parametrize(
    ("href", "parameters", "expected"),
    [
        ("index.html", "a=1", ("index.html", "?a=1")),
        ("index.html?a=1", "?b=2", ("index.html", "?a=1&amp;b=2")),
        ("index.html#top", "a=1", ("index.html", "?a=1#top")),
        ("index.html", "#top", ("index.html", "#top")),
        ("./x/../index.html", "", ("index.html", "")),
        ("%E0%B8%81.html", "", ("ก.html", "")),
        ("a%20b.html", "", ("a b.html", "")),
        ("50%.html", "", ("50%.html", "")),
        ("lessons\\one.html", "", ("lessons/one.html", "")),
    ],
)
def test_addresses_of_lessons(href, parameters, expected):
    manifest = GOOD["scorm-1.2"]["imsmanifest.xml"]
    manifest = manifest.replace('href="index.html">', f'href="{href.replace("&", "&amp;")}">')
    manifest = manifest.replace("?lesson=1", parameters)
    pages = dict.fromkeys(["ก.html", "a b.html", "50%.html", "lessons/one.html"], PAGE)
    lesson = understood(package("scorm-1.2", **{"imsmanifest.xml": manifest}, **pages)).launchable[0]
    assert (lesson.href, lesson.parameters) == (expected[0], expected[1].replace("&amp;", "&"))


def test_a_course_structure_by_itself_has_its_lessons_elsewhere():
    structure = GOOD["cmi5"]["cmi5.xml"]

    def said(text: str) -> list[str]:
        report = check_upload(io.BytesIO(text.encode()), "course.xml")
        return [finding.code for finding in report.findings]

    remote = structure.replace("index.html?", "https://lessons.example/a?")
    found = read(open_upload(io.BytesIO(remote.encode()), "course.xml"), Findings())
    assert (found.kind, found.entry) == ("cmi5", "https://lessons.example/a?lesson=1")
    assert said(remote) == ["launch-remote"]
    assert said(structure) == ["file-missing"]
    assert said("<feed><au/></feed>") == ["manifest-foreign"]


def test_cmi5():
    found = understood(package("cmi5"))
    [block] = found.units
    [unit] = block.units
    assert (found.title, found.language) == ("ข้อมูลข่าวสาร", "th")
    assert (unit.href, unit.parameters) == ("index.html", "?lesson=1")
    assert unit.mastery_score == Decimal("0.8")
    assert unit.objectives == ("https://example.org/goal",)
    assert unit.cmi5 == Cmi5Settings(
        move_on="CompletedAndPassed",
        launch_method="OwnWindow",
        launch_parameters="level=1",
        activity_type="http://adlnet.gov/expapi/activities/lesson",
    )


def test_xapi_units_are_the_activities_that_can_be_started():
    found = understood(package("xapi"))
    assert [(unit.id, unit.href) for unit in found.units] == [("https://example.org/course", "index.html")]
    assert found.activities == ("https://example.org/question",)


def test_of_further_activities_of_xapi_those_below_a_lesson_are_understood():
    below = (
        '<activity id="https://example.org/course/1" type="s"/><activity id="https://example.org/course"/>'
    )
    found = understood(with_manifest("xapi", "</activities>", f"{below}</activities>"))
    assert found.activities == ("https://example.org/question",)


@pytest.mark.parametrize("name", ["index.htm", "Index.HTML", "default.html", "Default.htm", "story.html"])
def test_web_pages_begin_as_servers_and_tools_have_it(name):
    found = understood(zipped({name: PAGE, "other.html": PAGE, "mobile/index.html": PAGE}))
    assert (found.kind, found.entry, found.title) == ("html", name, "บทที่ 1")


@pytest.mark.parametrize("others", [{}, {"frames/index.html": PAGE}, {"a.js": "go()", "sub/page.html": PAGE}])
def test_a_single_page_at_the_top_is_where_web_pages_begin(others):
    findings = Findings()
    found = read(open_upload(zipped({"สื่อ.html": PAGE, **others}), "a.zip"), findings)
    assert (found.kind, found.entry) == ("html", "สื่อ.html")
    assert [(each.code, each.file) for each in findings.all()] == [("start-guessed", "สื่อ.html")]


@pytest.mark.parametrize("charset", ["tis-620", "windows-874", "TIS-620"])
def test_pages_may_be_written_in_the_thai_of_windows(charset):
    page = PAGE.replace(
        "<head>", f'<head><meta http-equiv="Content-Type" content="text/html; charset={charset}">'
    )
    assert understood(zipped({"index.html": page.encode("cp874")})).title == "บทที่ 1"


def test_h5p_follows_what_libraries_need():
    found = understood(package("h5p"), "quiz.h5p")
    quiz, button = Library("H5P.Quiz", 1, 2), Library("H5P.Button", 1, 0)
    assert found.h5p == H5PSettings(
        main=quiz, libraries=(button, quiz), embed_types=("div",), is_silent=False
    )


def _is_silent(main: str, parts: tuple[str, ...], scripts: dict[str, str]) -> bool | None:
    """Whether content of this main library that names these parts is silent."""
    asked = [{"machineName": name, "majorVersion": 1, "minorVersion": 0} for name in scripts]
    described = {"title": "a", "mainLibrary": main, "preloadedDependencies": asked}
    content = {"parts": [{"library": f"{name} 1.0"} for name in parts]}
    files = {"h5p.json": json.dumps(described), "content/content.json": json.dumps(content)}
    for library in asked:
        folder = f"{library['machineName']}-1.0"
        files[f"{folder}/library.json"] = json.dumps(library | {"preloadedJs": [{"path": "a.js"}]})
        files[f"{folder}/a.js"] = scripts[str(library["machineName"])]
    findings = Findings()
    found = read(open_upload(zipped(files), "a.h5p"), findings).h5p
    assert found is not None
    assert [finding.code for finding in findings.all()] == (["h5p-silent"] if found.is_silent else [])
    return found.is_silent


@pytest.mark.parametrize(
    ("script", "silent"),
    [
        ("this.triggerXAPIScored(1, 1, 'answered')", False),
        ('this.createXAPIEventTemplate("completed")', False),
        ("event.setVerb(`passed`)", False),
        ("show('the task is completed')", True),
        ("this.triggerXAPI('interacted')", True),
        ("start()", True),
    ],
)
def test_h5p_is_silent_where_its_own_scripts_name_no_end(script, silent):
    assert _is_silent("H5P.Ours", (), {"H5P.Ours": script, "H5P.Other": "say('completed')"}) is silent


def test_h5p_that_only_shows_something_is_silent_whatever_its_scripts_name():
    assert _is_silent("H5P.Accordion", (), {"H5P.Accordion": "say('completed')"}) is True


def test_a_column_of_h5p_ends_when_the_exercises_in_it_do():
    scripts = {"H5P.Column": "say('completed')", "H5P.Quiz": "say('answered')", "H5P.Text": ""}
    assert _is_silent("H5P.Column", ("H5P.Text", "H5P.Quiz"), scripts) is False
    assert _is_silent("H5P.Column", ("H5P.Text",), scripts) is True


def test_a_video_is_a_course_of_one_unit():
    found = understood(io.BytesIO(mp4()), "C:\\สื่อ\\ปฐมนิเทศ.mp4")
    assert (found.kind, found.title, found.entry) == ("mp4", "ปฐมนิเทศ", "ปฐมนิเทศ.mp4")
    assert found.video == Video(duration=timedelta(seconds=90), codecs=("avc1", "mp4a"))


def test_a_document_is_a_course_of_one_unit():
    found = understood(io.BytesIO(pdf()), "คู่มือ.pdf")
    assert (found.kind, found.title, found.document) == ("pdf", "คู่มือ", Document(pages=1))
