"""Uploads in pieces, as an officer on a bad line meets them."""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from django.urls import clear_url_caches
from playwright.sync_api import Route, expect
from pytest_django.fixtures import Settings

from courses.content import registry
from courses.content.models import StoredPackage, Upload
from courses.content.services.packages import keep
from learning.people.models import Agency, Person
from tests.browser.conftest import OpenPage
from tests.browser.helpers import assert_accessible
from tests.courses.packages.factories import PAGE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PIECE = 8 * 2**20


@pytest.fixture(autouse=True)
def upload_page(
    settings: Settings, tmp_path: Path, department: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.UPLOADS_DIR = str(tmp_path / "uploads")
    settings.ROOT_URLCONF = "tests.browser.pages"
    clear_url_caches()

    def take(
        _key: str, file: BinaryIO, name: str, person: Person, progress: Callable[[int, int], object]
    ) -> str:
        keep(file, name, owner=department, actor=person, progress=progress)
        return "/courses/"

    destination = registry.Destination(lambda _person, _key: department, take)
    monkeypatch.setitem(registry._destinations, "test", destination)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A package of 20 MB: three pieces."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("index.html", PAGE)
        archive.writestr("film.webm", b"\x1aE\xdf\xa3" + random.Random(1).randbytes(20 * 2**20))
    path = tmp_path / "บทเรียน.zip"
    path.write_bytes(content.getvalue())
    return path


def test_a_file_is_sent_in_pieces_through_a_line_that_breaks(
    open_page: OpenPage, course: Path, agency_officer: Person
):
    page = open_page("/upload-here/", person=agency_officer, width=360)
    sent: list[int] = []

    def break_once(route: Route) -> None:
        sent.append(int(route.request.headers["upload-offset"]))
        if len(sent) == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(
        "**/uploads/*/",
        lambda route: break_once(route) if route.request.method == "PATCH" else route.continue_(),
    )
    page.set_input_files("#file", course)
    page.get_by_role("button", name="ส่ง", exact=True).click()
    page.wait_for_url("**/courses/")
    assert sent == [0, PIECE, PIECE, 2 * PIECE]
    package = StoredPackage.objects.get()
    assert (package.size, package.file_name) == (course.stat().st_size, "บทเรียน.zip")
    assert package.uploaded_by == agency_officer


def test_it_goes_on_after_a_reload_and_after_a_pause(
    open_page: OpenPage, course: Path, agency_officer: Person
):
    page = open_page("/upload-here/", person=agency_officer, width=360)
    sent: list[int] = []
    held: list[Route] = []

    def hold_later_ones(route: Route) -> None:
        if route.request.method != "PATCH":
            route.continue_()
            return
        sent.append(int(route.request.headers["upload-offset"]))
        if sent[-1] and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/uploads/*/", hold_later_ones)
    page.set_input_files("#file", course)
    page.get_by_role("button", name="ส่ง", exact=True).click()
    status = page.locator("#upload [role=status]")
    expect(status).to_contain_text("กำลังส่งไฟล์ 39%", timeout=60_000)
    page.get_by_role("button", name="หยุดพัก").click()
    expect(status).to_contain_text("หยุดพักไว้ที่ 39%")
    expect(page.get_by_role("button", name="ส่งต่อ")).to_be_focused()
    # One way to go on, not two.
    expect(page.get_by_role("button", name="ส่ง", exact=True)).to_be_hidden()
    assert_accessible(page)
    page.reload()
    expect(page.get_by_text("“บทเรียน.zip” ยังส่งไม่ครบ")).to_be_visible()
    page.set_input_files("#file", course)
    page.get_by_role("button", name="ส่ง", exact=True).click()
    page.wait_for_url("**/courses/")
    assert sent == [0, PIECE, PIECE, 2 * PIECE]
    assert Upload.objects.count() == 1
    assert StoredPackage.objects.get().size == course.stat().st_size


def test_what_waits_can_be_thrown_away(
    open_page: OpenPage, course: Path, agency_officer: Person, tmp_path: Path
):
    page = open_page("/upload-here/", person=agency_officer)
    page.route("**/uploads/*/", lambda route: None if route.request.method == "PATCH" else route.continue_())
    page.set_input_files("#file", course)
    with page.expect_request(lambda request: request.method == "PATCH"):
        page.get_by_role("button", name="ส่ง", exact=True).click()
    page.reload()
    page.get_by_role("button", name="ทิ้งไฟล์ที่ค้างไว้").click()
    expect(page.get_by_text("ยังส่งไม่ครบ")).to_have_count(0)
    assert not Upload.objects.exists()
    assert not list((tmp_path / "uploads").iterdir())


@pytest.mark.parametrize(("size", "said"), [(0, "ไฟล์ว่าง"), (2**31 + 1, "ไฟล์มีขนาดเกิน 2 GB")])
def test_what_is_refused_before_it_begins_is_not_offered_to_go_on(
    open_page: OpenPage, agency_officer: Person, tmp_path: Path, size: int, said: str
):
    path = tmp_path / "บทเรียน.zip"
    path.touch()
    os.truncate(path, size)
    page = open_page("/upload-here/", person=agency_officer, width=360)
    page.set_input_files("#file", path)
    send = page.get_by_role("button", name="ส่ง", exact=True)
    send.click()
    expect(page.locator("#upload [role=status]")).to_contain_text(said)
    expect(page.locator("#upload").get_by_role("button")).to_have_count(0)
    expect(send).to_be_focused()


def test_what_was_thrown_away_meanwhile_is_sent_anew(
    open_page: OpenPage, course: Path, agency_officer: Person
):
    page = open_page("/upload-here/", person=agency_officer, width=360)
    page.route("**/uploads/*/", lambda route: None if route.request.method == "PATCH" else route.continue_())
    page.set_input_files("#file", course)
    send = page.get_by_role("button", name="ส่ง", exact=True)
    with page.expect_request(lambda request: request.method == "PATCH"):
        send.click()
    page.get_by_role("button", name="หยุดพัก").click()
    Upload.objects.all().delete()
    page.unroute_all(behavior="ignoreErrors")
    page.get_by_role("button", name="ส่งต่อ").click()
    expect(send).to_be_focused()
    expect(page.locator("#upload").get_by_role("button")).to_have_count(0)
    send.click()
    page.wait_for_url("**/courses/")
    assert StoredPackage.objects.get().size == course.stat().st_size


def test_without_scripts_the_form_sends_it(open_page: OpenPage, course: Path, agency_officer: Person):
    page = open_page("/upload-here/", person=agency_officer, scripts=False)
    page.set_input_files("#file", course)
    page.get_by_role("button", name="ส่ง", exact=True).click()
    expect(page.get_by_text(f"{course.stat().st_size} bytes")).to_be_visible()
