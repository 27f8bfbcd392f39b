"""`manage.py import_package`: one JSON report, a draft with the package in it, or nothing at all."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from courses.catalogue.models import Category, Course, CourseVersion, Unit, VersionStatus
from courses.catalogue.services.versions import outline_of, start_version, write_outline
from courses.content.models import StoredPackage, Unpacking
from courses.content.services.packages import remove_abandoned
from courses.player.models import UnitProgress
from courses.player.services.progress import advance
from courses.player.services.registrations import preview
from learning.people.models import Agency, AuditEntry, Person
from tests.conftest import make_person
from tests.courses.catalogue.factories import TOPICS, make_agency, make_course, make_draft
from tests.courses.packages.broken import REFUSED, SVG
from tests.courses.packages.factories import PAGE, SCORM_12, mp4, with_raw_name, zipped
from tests.server import database_url

SCORM = {"imsmanifest.xml": SCORM_12, "index.html": PAGE}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def ocsc(db: None) -> Agency:
    return make_agency("0102", "สำนักงานทดสอบ")


@pytest.fixture
def scorm(tmp_path: Path) -> Path:
    path = tmp_path / "บทเรียน.zip"
    path.write_bytes(zipped(SCORM).getvalue())
    return path


def _run(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    out, status = io.StringIO(), 0
    try:
        call_command("import_package", *map(str, arguments), stdout=out)
    except SystemExit as ended:
        status = int(str(ended.code))
    [line] = out.getvalue().splitlines()
    return status, json.loads(line)


def _nothing_is_left(media: Path) -> bool:
    files = [path for path in media.rglob("*") if path != media / "packages"]
    rows = (StoredPackage, Unpacking, Course, CourseVersion)
    return not files and not any(model._meta.base_manager.exists() for model in rows)


def test_a_new_code_becomes_a_draft_course(scorm: Path, ocsc: Agency):
    status, report = _run(scorm, "--course", "ds77")
    assert status == 0
    assert (report["status"], report["kind"]) == ("ok", "scorm-1.2")
    assert report["units"] == [{"id": "I1", "title": "บทที่ 1", "href": "index.html"}]
    assert (report["errors"], report["warnings"]) == ([], [])
    assert (report["course"], report["version"]) == ("DS77", {"number": 1, "status": "draft"})
    course = Course.objects.get(code="DS77")
    assert (course.name_th, course.owner, course.category) == ("ข้อมูลข่าวสาร", ocsc, Category.DIGITAL)
    unit = Unit.objects.get(topic__version__course=course)
    assert str(unit.package_id) == report["package"]
    assert not Course.objects.published().exists()


def test_codes_of_no_category_are_knowledge_and_a_video_says_how_long_it_is(tmp_path: Path, ocsc: Agency):
    path = tmp_path / "film.mp4"
    path.write_bytes(mp4(seconds=1800))
    assert _run(path, "--course", "X-1")[0] == 0
    course = Course.objects.get(code="X-1")
    assert (course.category, float(course.hours)) == (Category.KNOWLEDGE, 0.5)
    assert course.versions.get().topics.get().minutes == 30
    assert Unit.objects.get(topic__version__course=course).kind == "video"


def test_the_owner_can_be_named(scorm: Path, department: Agency):
    assert _run(scorm, "--course", "KD90", "--owner", department.code)[0] == 0
    assert Course.objects.get().owner == StoredPackage.objects.get().owner == department


def test_an_installation_without_agencies_gets_them(scorm: Path, db: None):
    assert _run(scorm, "--course", "KD90")[0] == 0
    assert Course.objects.get().owner.code == "0102"


def test_publishing_leaves_its_trace(scorm: Path, ocsc: Agency):
    status, report = _run(scorm, "--course", "KD90", "--publish")
    assert (status, report["version"]["status"]) == (0, "published")
    assert Course.objects.listed().get().code == "KD90"
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {
        "content.package_kept",
        "catalogue.course_created",
        "catalogue.version_started",
        "catalogue.package_placed",
        "catalogue.version_loaded",
        "catalogue.version_published",
    } <= actions


def test_a_course_that_is_there_gets_the_package_in_its_next_version(scorm: Path):
    course = make_course("KD90")
    status, report = _run(scorm, "--course", "KD90")
    assert (status, report["version"]) == (0, {"number": 2, "status": "draft"})
    draft = course.versions.get(number=2)
    assert outline_of(draft)[:2] == TOPICS
    assert [unit.kind for unit in outline_of(draft)[2].units] == ["package"]
    assert StoredPackage.objects.get().owner == course.owner
    assert course.versions.get(status=VersionStatus.PUBLISHED).number == 1


def test_the_same_file_again_takes_the_place_of_the_first_and_keeps_its_conditions(scorm: Path, ocsc: Agency):
    _run(scorm, "--course", "KD90", "--publish")
    version = start_version(Course.objects.get(), author=None)
    [topic] = outline_of(version)
    write_outline(version, [replace(topic, units=(replace(topic.units[0], min_seconds=600),))], actor=None)
    scorm.write_bytes(zipped(SCORM | {"more.html": PAGE}).getvalue())
    status, report = _run(scorm, "--course", "KD90", "--publish")
    assert (status, report["version"]) == (0, {"number": 2, "status": "published"})
    [topic] = outline_of(CourseVersion.objects.get(number=2))
    [unit] = topic.units
    assert (str(unit.package_id), unit.min_seconds) == (report["package"], 600)
    # Who learns inside the first version still has the first package.
    first = Unit.objects.get(topic__version__number=1)
    assert first.package_id != unit.package_id


def test_the_other_units_of_a_draft_stay_the_ones_that_were_previewed(
    scorm: Path, ocsc: Agency, tmp_path: Path
):
    _run(scorm, "--course", "KD90")
    [unit] = Unit.objects.all()
    previewer = make_person()
    advance(preview(previewer, CourseVersion.objects.get()), unit, completed=True)
    other = tmp_path / "other.zip"
    other.write_bytes(zipped({"index.html": PAGE}).getvalue())
    status, _report = _run(other, "--course", "KD90")
    assert status == 0
    assert UnitProgress.objects.get().unit == unit == Unit.objects.order_by("topic__order").first()


def test_another_file_comes_last(scorm: Path, ocsc: Agency, tmp_path: Path):
    _run(scorm, "--course", "KD90")
    other = tmp_path / "other.zip"
    other.write_bytes(zipped({"index.html": PAGE}).getvalue())
    _run(other, "--course", "KD90")
    version = CourseVersion.objects.get()
    assert [unit.package.kind for topic in version.topics.all() for unit in topic.units.all()] == [
        "scorm-1.2",
        "html",
    ]


def test_errors_of_the_package_end_with_status_1_and_leave_nothing(tmp_path: Path, ocsc: Agency, media: Path):
    path = tmp_path / "bad.zip"
    path.write_bytes(zipped({"imsmanifest.xml": SCORM_12}).getvalue())
    status, report = _run(path, "--course", "KD90")
    assert (status, report["status"], report["kind"], report["course"]) == (1, "errors", "scorm-1.2", None)
    [error] = report["errors"]
    assert (error["code"], error["file"], error["line"]) == ("file-missing", "imsmanifest.xml", 21)
    assert "index.html" in error["message"]
    assert _nothing_is_left(media)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_broken_is_refused_with_its_reason_and_leaves_nothing(
    tmp_path: Path, ocsc: Agency, media: Path, kind: str
):
    make, code = REFUSED[kind]
    path = tmp_path / "course.zip"
    path.write_bytes(make().getvalue())
    status, report = _run(path, "--course", "KD90", "--publish")
    assert (status, report["status"]) == (1, "errors")
    assert code in {error["code"] for error in report["errors"]}
    assert all(error["message"] for error in report["errors"])
    assert _nothing_is_left(media)


def test_scripts_in_drawings_and_pages_are_kept_apart_and_remarked_upon(tmp_path: Path, ocsc: Agency):
    path = tmp_path / "course.zip"
    path.write_bytes(zipped({"index.html": PAGE, "a.svg": SVG}).getvalue())
    status, report = _run(path, "--course", "KD90")
    assert (status, report["status"]) == (0, "warnings")
    assert [(warning["code"], warning["file"]) for warning in report["warnings"]] == [("script", "a.svg")]


def test_names_in_tis_620_are_kept_in_thai(tmp_path: Path, ocsc: Agency, media: Path):
    path = tmp_path / "course.zip"
    thai = "รูป.txt".encode("tis-620")
    path.write_bytes(
        with_raw_name("1" * len(thai), thai, {"index.html": PAGE, "1" * len(thai): "x"}).getvalue()
    )
    _status, report = _run(path, "--course", "KD90")
    assert (media / "packages" / report["package"] / "รูป.txt").read_text() == "x"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["missing.zip", "--course", "KD90"], "file-unreadable"),
        ([".", "--course", "KD90"], "file-unreadable"),
        (["{scorm}", "--course", "ก ข"], "invalid_course"),
        (["{scorm}", "--course", "X" * 21], "invalid_course"),
        (["{scorm}", "--course", "KD90", "--owner", "9999"], "owner_unknown"),
    ],
)
def test_what_cannot_be_is_said_in_the_same_form(
    scorm: Path, ocsc: Agency, media: Path, arguments: list[str], code: str
):
    status, report = _run(*(argument.format(scorm=scorm) for argument in arguments))
    assert (status, report["status"], report["units"]) == (1, "errors", [])
    assert [error["code"] for error in report["errors"]] == [code]
    assert report["errors"][0]["message"]
    assert _nothing_is_left(media)


def test_a_course_keeps_its_owner(scorm: Path, department: Agency, ocsc: Agency):
    make_draft("KD90", owner=ocsc)
    status, report = _run(scorm, "--course", "KD90", "--owner", department.code)
    assert (status, report["errors"][0]["code"]) == (1, "owner_differs")
    assert not StoredPackage.objects.exists()


def test_what_somebody_reviews_does_not_change(scorm: Path, ocsc: Agency):
    course = make_draft("KD90", owner=ocsc)
    course.versions.update(status=VersionStatus.IN_REVIEW)
    status, report = _run(scorm, "--course", "KD90")
    assert (status, report["errors"][0]["code"]) == (1, "version_in_work")
    assert not StoredPackage.objects.exists()


def test_a_draft_that_somebody_writes_is_not_published_over_their_head(
    scorm: Path, ocsc: Agency, agency_officer: Person, media: Path
):
    course = make_draft("KD90", owner=ocsc)
    course.versions.update(author=agency_officer)
    status, report = _run(scorm, "--course", "KD90", "--publish")
    assert (status, report["errors"][0]["code"]) == (1, "version_frozen")
    assert outline_of(course.versions.get()) == TOPICS
    assert not StoredPackage.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]
    # Without publishing it is a matter of the draft.
    assert _run(scorm, "--course", "KD90")[0] == 0


def test_a_package_that_was_there_before_survives_a_failure(
    scorm: Path, ocsc: Agency, agency_officer: Person
):
    _run(scorm, "--course", "KD90")
    course = make_draft("KD91", owner=ocsc)
    course.versions.update(author=agency_officer)
    assert _run(scorm, "--course", "KD91", "--publish")[0] == 1
    assert StoredPackage.objects.get().units.exists()


def _begun(path: Path, media: Path) -> subprocess.Popen[bytes]:
    """Start an import in a process of its own, and return when files are being written."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "import_package", str(path), "--course", "KD90"],
        cwd=project_settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": database_url(), "VAR_DIR": str(media.parent), **_SECRETS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Where the tests run in the background, the shell has told them to ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    for _ in range(1200):
        if any(media.glob("packages/*/*")):
            return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("nothing was unpacked")


_SECRETS = {name: name * 4 for name in ("SECRET_KEY", "NATIONAL_ID_KEY", "SEAT_KEY")}


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.zip"
    many = {f"pages/{number}.txt": str(number) for number in range(15_000)}
    path.write_bytes(zipped({"index.html": PAGE} | many).getvalue())
    return path


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_import_that_is_stopped_cleans_up(large: Path, ocsc: Agency, media: Path, how: signal.Signals):
    process = _begun(large, media)
    process.send_signal(how)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, (out.decode(), err.decode())
    assert [error["code"] for error in json.loads(out)["errors"]] == ["interrupted"]
    assert _nothing_is_left(media)


def test_an_import_that_is_stopped_while_it_closes_a_file_says_so(
    scorm: Path, ocsc: Agency, media, monkeypatch
):
    def save(*_args: object) -> str:
        try:
            raise KeyboardInterrupt
        finally:
            os.close(-1)

    monkeypatch.setattr(FileSystemStorage, "_save", save)
    status, report = _run(scorm, "--course", "DS77")
    assert status == 130
    assert [error["code"] for error in report["errors"]] == ["interrupted"]
    assert _nothing_is_left(media)


@pytest.mark.django_db(transaction=True)
def test_of_an_import_that_is_killed_no_course_is_left_and_files_go_later(
    large: Path, ocsc: Agency, media: Path
):
    process = _begun(large, media)
    process.kill()
    process.communicate(timeout=120)
    assert not Course.objects.exists()
    assert not StoredPackage.objects.exists()
    assert remove_abandoned(now=timezone.now() + timedelta(days=2)) == 1
    assert _nothing_is_left(media)
