"""A package is kept whole or not at all."""

import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django.fixtures import Settings

from courses.content.errors import PackageUnfit
from courses.content.models import StoredPackage, Unpacking
from courses.content.services.packages import keep, remove_abandoned
from courses.packages.archive import Limits
from courses.packages.package import Kind
from learning.people.models import Agency, AuditEntry, Person
from tests.courses.packages.factories import PAGE, SCORM_12, patched, pdf, zipped

pytestmark = pytest.mark.django_db
SCORM = {"imsmanifest.xml": SCORM_12, "index.html": PAGE, "ภาพ/a.txt": "ก"}


def _left(media: Path) -> list[str]:
    return [str(path.relative_to(media)) for path in media.rglob("*") if path != media / "packages"]


def test_files_lie_in_the_storage_and_the_row_says_what_they_are(
    media: Path, department: Agency, agency_officer: Person
):
    upload = zipped(SCORM)
    package = keep(upload, "หลักสูตร.zip", owner=department, actor=agency_officer)
    for path, content in SCORM.items():
        assert (media / package.folder / path).read_text() == content
    package = StoredPackage.objects.get(pk=package.pk)
    assert (package.kind, package.title, package.file_name) == (
        Kind.SCORM_12,
        "ข้อมูลข่าวสาร",
        "หลักสูตร.zip",
    )
    assert package.size == len(upload.getvalue())
    assert package.uploaded_by == agency_officer
    assert package.report["status"] == "ok"
    [unit] = package.contents.launchable
    assert (unit.id, unit.href, unit.parameters) == ("I1", "index.html", "?lesson=1")
    assert unit.max_time == timedelta(minutes=30)
    assert unit.scorm is not None
    assert unit.scorm.data_from_lms == "level=1"
    assert AuditEntry.objects.get(action="content.package_kept").actor == agency_officer
    assert not Unpacking.objects.exists()


def test_errors_keep_it_out_and_the_report_says_which(media: Path, department: Agency):
    with pytest.raises(PackageUnfit) as refused:
        keep(zipped({"imsmanifest.xml": SCORM_12}), "a.zip", owner=department, actor=None)
    assert [finding.code for finding in refused.value.report.errors] == ["file-missing"]
    assert not StoredPackage.objects.exists()
    assert not _left(media)


def test_the_kept_report_is_in_thai_whoever_uploads(media: Path, department: Agency):
    files = {"index.html": "<!doctype html><html><title>x</title><p>"}
    package = keep(zipped(files), "a.zip", owner=department, actor=None)
    [warning] = package.report["warnings"]
    assert warning["code"] == "page-without-language"
    assert "ภาษา" in warning["message"]


def test_damage_that_shows_while_unpacking_leaves_nothing(media: Path, department: Agency):
    upload = zipped([("index.html", PAGE), (_stored("b/deep/data.bin"), bytes(range(256)) * 64)])
    data = bytearray(upload.getvalue())
    data[data.index(bytes(range(256))) + 5000] ^= 1
    with pytest.raises(PackageUnfit) as refused:
        keep(io.BytesIO(bytes(data)), "a.zip", owner=department, actor=None)
    assert [(finding.code, finding.file) for finding in refused.value.report.errors] == [
        ("archive-damaged", "b/deep/data.bin")
    ]
    assert not StoredPackage.objects.exists()
    assert not _left(media)
    assert not Unpacking.objects.exists()


def _stored(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_STORED
    return info


def test_ctrl_c_leaves_nothing(media: Path, department: Agency):
    def interrupt(done: int, _total: int) -> None:
        if done > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keep(zipped(SCORM), "a.zip", owner=department, actor=None, progress=interrupt)
    assert not StoredPackage.objects.exists()
    assert not _left(media)
    assert not Unpacking.objects.exists()


def test_a_full_disk_leaves_nothing(media: Path, department: Agency):
    (media / "packages").mkdir(parents=True)
    if os.geteuid() == 0:
        # Root writes everywhere; a file where a folder has to be stops it as well.
        (media / "packages").rmdir()
        (media / "packages").write_text("")
    else:
        (media / "packages").chmod(0o500)
    with pytest.raises(OSError, match="packages"):
        keep(zipped(SCORM), "a.zip", owner=department, actor=None)
    assert not StoredPackage.objects.exists()
    assert not Unpacking.objects.exists()


def test_what_a_killed_process_left_is_removed_a_day_later(media: Path):
    now = timezone.now()
    killed, running = (
        Unpacking.objects.create(id=UUID(id_), began_at=began)
        for id_, began in (
            ("11111111-1111-1111-1111-111111111111", now - timedelta(hours=25)),
            ("22222222-2222-2222-2222-222222222222", now - timedelta(hours=1)),
        )
    )
    for unpacking in (killed, running):
        folder = media / "packages" / str(unpacking.id) / "a"
        folder.mkdir(parents=True)
        (folder / "b.txt").write_text("")
    assert remove_abandoned(now=now) == 1
    assert list(Unpacking.objects.all()) == [running]
    assert [path.name for path in (media / "packages").iterdir()] == [str(running.id)]


def test_the_same_upload_is_kept_once_for_each_agency(
    media: Path, department: Agency, other_department: Agency
):
    first, again, other = (
        keep(zipped(SCORM), "a.zip", owner=owner, actor=None)
        for owner in (department, department, other_department)
    )
    assert first == again != other
    assert len(list((media / "packages").iterdir())) == 2


def test_a_storage_without_folders_will_do(settings: Settings, department: Agency):
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    }
    package = keep(zipped(SCORM), "a.zip", owner=department, actor=None)
    with default_storage.open(f"{package.folder}index.html") as page:
        assert page.read() == PAGE.encode()
    with pytest.raises(PackageUnfit):
        keep(
            patched(zipped({"index.html": PAGE, "a.txt": "x" * 99}), offset=16, form="<I", value=1),
            "a.zip",
            owner=department,
            actor=None,
        )
    assert default_storage.listdir("packages")[0] == [str(package.id)]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../evil.pdf", "evil.pdf"),
        ("C:\\งาน\\คู่มือ.pdf", "คู่มือ.pdf"),
        ("..", "course.pdf"),
        # Served as what its name says: what is a page as well does not become one.
        ("page.html", "page.html.pdf"),
        ("drawing.SVG", "drawing.SVG.pdf"),
        ("คู่มือ.PDF", "คู่มือ.PDF"),
        ("con.pdf", "course.pdf"),
        ("a:b.pdf", "course.pdf"),
        ("ก" * 200 + ".pdf", "course.pdf"),
        ("a\u202egpj.pdf", "course.pdf"),
        ("", "course.pdf"),
    ],
)
def test_a_file_that_is_a_course_by_itself_gets_a_name_that_all_disks_take(
    media: Path, department: Agency, given: str, kept: str
):
    package = keep(io.BytesIO(pdf()), given, owner=department, actor=None)
    assert [
        str(path.relative_to(media / package.folder)) for path in (media / package.folder).rglob("*")
    ] == [kept]
    assert package.contents.entry == kept


def test_limits_are_those_given(media: Path, department: Agency):
    with pytest.raises(PackageUnfit) as refused:
        keep(zipped(SCORM), "a.zip", owner=department, actor=None, limits=Limits(files=2))
    assert [finding.code for finding in refused.value.report.errors] == ["too-many-files"]


def test_letters_that_no_database_takes_are_replaced(media: Path, department: Agency):
    content = {
        "h5p.json": '{"title": "a\\u0000b\\ud800c", "mainLibrary": "H5P.X", "language": "th", '
        '"preloadedDependencies": [{"machineName": "H5P.X", "majorVersion": 1, "minorVersion": 0}]}',
        "content/content.json": "{}",
        "H5P.X-1.0/library.json": '{"machineName": "H5P.X", "majorVersion": 1, "minorVersion": 0, '
        '"runnable": 1, "title": "x", "patchVersion": 0}',
    }
    package = keep(zipped(content), "a.h5p", owner=department, actor=None)
    package.refresh_from_db()
    assert (package.title, package.contents.title) == ("a\ufffdb?c", "a\ufffdb?c")
    assert package.report["units"][0]["title"] == "a\ufffdb\ufffdc"
