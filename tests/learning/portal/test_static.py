"""Static files as production serves them: hashed, compressed, and complete."""

from __future__ import annotations

import gzip
import posixpath
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"
ROOT = Path(__file__).resolve().parents[3]
APPS = ("learning", "certificates", "exams", "courses", "enrollment", "analytics")
# What a first visit may load before the page is usable, compressed, fonts aside; 60 KB on a bad line is 5 s.
FIRST_VISIT_BYTES = 60_000


@pytest.fixture
def collected(settings, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": MANIFEST}}
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


@pytest.mark.django_db
def test_a_page_names_only_files_that_are_served(collected):
    client = Client()
    page = client.get("/").text
    names = {part.split('"')[0] for part in page.split('"/static/')[1:]}
    assert len(names) >= 5
    for name in names:
        response = client.get(f"/static/{name}")
        assert response.status_code == 200, name
        assert "immutable" in response["Cache-Control"]
        response.close()


def test_the_style_sheet_names_hashed_fonts_that_exist(collected):
    sheet = next((collected / "vendor").glob("portal.*.css")).read_text()
    fonts = {part.split('"')[0] for part in sheet.split('url("fonts/')[1:]}
    assert len(fonts) == 6
    assert all((collected / "vendor" / "fonts" / font).is_file() for font in fonts)


def test_the_style_sheet_loads_nothing_from_elsewhere(collected):
    sheet = next((collected / "vendor").glob("portal.*.css")).read_text()
    assert "url(http" not in sheet.replace('"', "")
    assert "@import" not in sheet


def test_a_first_visit_is_light(collected):
    files = [
        *(collected / "vendor").glob("portal.*.css"),
        *(collected / "vendor").glob("htmx.min.*.js"),
        *(collected / "portal").glob("portal.*.js"),
    ]
    assert len(files) == 3
    assert sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) < FIRST_VISIT_BYTES


def test_no_module_is_named_by_a_page_and_imported_by_another_one():
    """It would run twice: pages name it with the hash of its content, modules without."""
    named, imported = set(), set()
    for app in APPS:
        for template in (ROOT / app).rglob("templates/**/*.html"):
            named |= set(re.findall(r"static ['\"]([^'\"]+\.js)['\"]", template.read_text()))
        for script in (ROOT / app).rglob("static/**/*.js"):
            name = script.as_posix().rpartition("/static/")[2]
            if not name.startswith("vendor/"):
                paths = re.findall(r"(?:from|import)\s*\(?[\"'](\.[^\"']+)[\"']", script.read_text())
                imported |= {posixpath.normpath(f"{posixpath.dirname(name)}/{path}") for path in paths}
    assert len(named) > 20
    assert "player/evidence.js" in imported
    assert not named & imported
