"""A media folder of its own for each test, and a package that is kept in it."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from django.core.exceptions import PermissionDenied
from pytest_django.fixtures import Settings

from courses.content import registry
from courses.content.models import StoredPackage
from courses.content.services.packages import keep
from learning.people.access import is_officer_of
from learning.people.models import Agency, Person
from tests.courses.packages.factories import PAGE, zipped


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def package(media: Path, department: Agency) -> StoredPackage:
    files: dict[str, str | bytes] = {
        "index.html": PAGE,
        "script.js": "go()",
        "ภาพ/รูป 100%.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "film.webm": b"\x1aE\xdf\xa3" + bytes(range(256)) * 4,
        "doc.pdf": b"%PDF-1.4\n" + bytes(20),
        "captions.vtt": "WEBVTT\n",
        "data.xml": "<a/>",
        "noending": "words",
    }
    return keep(zipped(files), "หน้าเว็บ.zip", owner=department, actor=None)


@pytest.fixture
def uploads_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.UPLOADS_DIR = str(tmp_path / "uploads")
    return tmp_path / "uploads"


@pytest.fixture
def destination(
    media: Path, uploads_dir: Path, department: Agency, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, str, str]]:
    """A destination that keeps packages for officers of the department; return what it was given."""
    taken: list[tuple[str, str, str]] = []

    def owner(person: Person, key: str) -> Agency:
        if not is_officer_of(person, department):
            raise PermissionDenied
        return department

    def take(
        key: str, file: BinaryIO, name: str, person: Person, progress: Callable[[int, int], object]
    ) -> str:
        taken.append((key, name, person.email))
        if key == "broken":
            raise RuntimeError("a bug")
        kept = keep(file, name, owner=department, actor=person, progress=progress)
        return f"/kept/{kept.pk}"

    monkeypatch.setitem(registry._destinations, "test", registry.Destination(owner, take))
    return taken
