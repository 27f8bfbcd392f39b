"""Uploads in pieces: the protocol, who may go on, what survives, what is swept away."""

import base64
import fcntl
import io
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.template import RequestContext, Template
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from courses.content.errors import UploadsFull
from courses.content.models import StoredPackage, Upload, UploadStatus
from courses.content.services import uploads
from learning.people.models import Agency, Person, Role
from tests.conftest import make_person
from tests.courses.packages.factories import PAGE, zipped

pytestmark = pytest.mark.django_db
TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = zipped({"index.html": PAGE}).getvalue()
Destination = list[tuple[str, str, str]]


def _begin(client: Client, *, size: int | str = len(CONTENT), **metadata: str) -> Any:
    said = {"filename": "บทเรียน.zip", "destination": "test", "key": "KD90"} | metadata
    encoded = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
    return client.post("/uploads/", headers=TUS | {"Upload-Length": str(size), "Upload-Metadata": encoded})


def _send(client: Client, path: str, offset: int | str, data: bytes, **headers: str) -> Any:
    return client.patch(
        path,
        data,
        content_type=headers.pop("content_type", "application/offset+octet-stream"),
        headers=TUS | {"Upload-Offset": str(offset)} | headers,
    )


def _head(client: Client, path: str) -> int:
    return int(client.head(path, headers=TUS).headers["Upload-Offset"])


@pytest.fixture
def officer(client: Client, destination: Destination, agency_officer: Person) -> Client:
    client.force_login(agency_officer)
    return client


@pytest.fixture
def path(officer: Client) -> str:
    response = _begin(officer)
    assert response.status_code == 201
    return str(urlsplit(response.headers["Location"]).path)


@pytest.fixture
def upload(path: str) -> Upload:
    return Upload.objects.get()


def test_a_file_comes_in_pieces_and_is_handed_over_whole(
    officer: Client, path: str, destination: Destination, agency_officer: Person
):
    assert _head(officer, path) == 0
    first = _send(officer, path, 0, CONTENT[:100])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "100")
    assert first.headers["Upload-Expires"].endswith("GMT")
    assert officer.get(path).json() | {"size": 0} == {
        "status": "receiving", "offset": 100, "size": 0, "done": 0, "total": 0, "address": "",
    }  # fmt: skip
    assert _send(officer, path, 100, CONTENT[100:]).headers["Upload-Offset"] == str(len(CONTENT))
    upload = Upload.objects.get()
    assert upload.status == UploadStatus.CHECKING
    uploads.check(upload.pk)
    assert destination == [("KD90", "บทเรียน.zip", agency_officer.email)]
    state = officer.get(path).json()
    package = StoredPackage.objects.get()
    assert (state["status"], state["address"]) == ("done", f"/kept/{package.pk}")
    assert (package.size, package.file_name) == (len(CONTENT), "บทเรียน.zip")
    assert not upload.path.exists()
    # A client that comes back finds that nothing is left to send.
    assert _head(officer, path) == len(CONTENT)


def test_what_is_understood_is_said(officer: Client):
    headers = officer.options("/uploads/").headers
    assert headers["Tus-Version"] == "1.0.0"
    assert headers["Tus-Extension"] == "creation,expiration,termination"
    assert headers["Tus-Max-Size"] == str(2 << 30)


def test_another_version_of_the_protocol_is_refused(officer: Client, path: str):
    response = officer.head(path, headers={"Tus-Resumable": "0.2.2"})
    assert (response.status_code, response.headers["Tus-Version"]) == (412, "1.0.0")


@pytest.mark.parametrize("offset", [1, 5, 99999999])
def test_a_piece_that_does_not_follow_is_refused(officer: Client, path: str, offset: int):
    response = _send(officer, path, offset, b"x")
    assert (response.status_code, response.json()["error"]) == (409, "offset_differs")
    assert _head(officer, path) == 0


def test_a_piece_sent_again_is_not_taken_twice(officer: Client, path: str):
    _send(officer, path, 0, CONTENT[:100])
    assert _send(officer, path, 0, CONTENT[:100]).status_code == 409
    assert _head(officer, path) == 100


def test_more_than_was_announced_is_not_written(officer: Client, path: str, upload: Upload):
    assert _send(officer, path, 0, CONTENT + b"more").status_code == 413
    assert upload.path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Upload-Offset": ""}, 400), ({"Upload-Offset": "-1"}, 400), ({"content_type": "text/plain"}, 415)],
)
def test_a_piece_in_the_wrong_form_is_refused(
    officer: Client, path: str, headers: dict[str, str], status: int
):
    assert _send(officer, path, 0, b"x", **headers).status_code == status


@pytest.mark.parametrize("size", ["", "-1", "x", "1" * 16])
def test_a_size_that_is_none_is_refused(officer: Client, size: str):
    assert _begin(officer, size=size).status_code == 400
    assert not Upload.objects.exists()


def test_sizes_have_limits(officer: Client):
    for size, error in ((0, "upload_empty"), ((2 << 30) + 1, "upload_too_large")):
        response = _begin(officer, size=size)
        assert response.json()["error"] == error
        assert response.json()["message"]


def test_where_it_should_go_must_be_known(officer: Client):
    assert _begin(officer, destination="elsewhere").status_code == 400
    response = officer.post(
        "/uploads/", headers=TUS | {"Upload-Length": "5", "Upload-Metadata": "filename ???"}
    )
    assert response.status_code == 400


def test_who_may_begin(
    client: Client, destination: Destination, outsider: Person, other_agency_officer: Person
):
    assert _begin(client).status_code == 401
    for person in (outsider, other_agency_officer):
        client.force_login(person)
        response = _begin(client)
        assert (response.status_code, response.json()["error"]) == (403, "not_allowed")
    assert not Upload.objects.exists()


def test_only_who_began_it_goes_on(path: str, upload: Upload, department: Agency, outsider: Person):
    colleague = make_person(roles=[(Role.AGENCY_OFFICER, department)])
    for person, status in ((None, 401), (outsider, 404), (colleague, 404)):
        client = Client()
        if person is not None:
            client.force_login(person)
        assert client.head(path, headers=TUS).status_code == status
        assert client.get(path).status_code == status
        assert _send(client, path, 0, b"x").status_code == status
        assert client.delete(path, headers=TUS).status_code == status
    assert upload.path.read_bytes() == b""
    assert client.get(f"/uploads/{uuid4()}/").status_code == 404


def test_another_site_cannot_begin_one(destination: Destination, agency_officer: Person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agency_officer)
    assert _begin(client).status_code == 403
    assert not Upload.objects.exists()


def test_what_came_before_the_connection_broke_stays(upload: Upload):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= 20:
                raise ConnectionResetError
            return super().read(min(10, size or 0))

    with pytest.raises(ConnectionResetError):
        uploads.receive(upload, 0, Broken(CONTENT))
    assert uploads.durable_offset(upload) == 20
    assert uploads.receive(upload, 20, io.BytesIO(CONTENT[20:])) == len(CONTENT)
    assert upload.path.read_bytes() == CONTENT


def test_two_windows_do_not_write_at_once(officer: Client, path: str, upload: Upload):
    with upload.path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        response = _send(officer, path, 0, CONTENT)
        assert (response.status_code, response.json()["error"]) == (423, "upload_busy")
        assert officer.delete(path, headers=TUS).status_code == 423
    assert _send(officer, path, 0, CONTENT).status_code == 204


def test_the_check_begins_also_where_the_server_was_killed_after_the_last_byte(
    officer: Client, path: str, upload: Upload
):
    upload.path.write_bytes(CONTENT)
    assert officer.get(path).json()["status"] == "checking"
    assert uploads.waiting_for_check() == [upload.pk]


def test_a_check_that_a_process_has_in_hand_is_not_begun_again(upload: Upload, destination: Destination):
    upload.path.write_bytes(CONTENT)
    uploads.complete(upload, now=timezone.now())
    with upload.path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert uploads.waiting_for_check() == []
        uploads.check(upload.pk)
        assert destination == []
    uploads.check(upload.pk)
    uploads.check(upload.pk)
    assert len(destination) == 1


def test_a_check_that_kills_its_process_is_not_tried_for_ever(upload: Upload, destination: Destination):
    upload.path.write_bytes(CONTENT)
    Upload.objects.update(status=UploadStatus.CHECKING, attempts=3)
    uploads.check(upload.pk)
    upload.refresh_from_db()
    assert (upload.status, destination) == (UploadStatus.FAILED, [])
    assert not upload.path.exists()


def test_a_bug_in_the_check_ends_the_upload_with_a_sentence(officer: Client):
    path = urlsplit(_begin(officer, key="broken").headers["Location"]).path
    _send(officer, path, 0, CONTENT)
    uploads.check(Upload.objects.get().pk)
    state = officer.get(path).json()
    assert state["status"] == "failed"
    assert "อีกครั้ง" in state["message"]


def test_it_can_be_cancelled(officer: Client, path: str, upload: Upload):
    assert officer.delete(path, headers=TUS).status_code == 204
    assert not upload.path.exists()
    assert officer.head(path, headers=TUS).status_code == 404


def test_a_person_has_few_unfinished_ones(officer: Client):
    for _ in range(5):
        assert _begin(officer).status_code == 201
    response = _begin(officer)
    assert (response.status_code, response.json()["error"]) == (429, "too_many_uploads")


def test_a_person_cannot_have_many_files_checked_at_once(officer: Client):
    for _ in range(5):
        assert _begin(officer).status_code == 201
    Upload.objects.update(status=UploadStatus.CHECKING)
    assert _begin(officer).status_code == 429
    Upload.objects.update(status=UploadStatus.DONE)
    assert _begin(officer).status_code == 201


@pytest.mark.parametrize("said", [{"filename": "a\0.zip"}, {"key": "KD\0"}, {"destination": "test\0"}])
def test_what_no_database_keeps_is_not_taken_for_said(officer: Client, said: dict[str, str]):
    assert _begin(officer, **said).status_code == (201 if "key" in said else 400)
    assert not any("\0" in each.file_name + each.key for each in Upload.objects.all())


def test_an_agency_has_so_much_room(
    officer: Client, upload: Upload, settings: Settings, department: Agency, agency_officer: Person
):
    settings.CONTENT_QUOTA = 2 * len(CONTENT)
    assert _begin(officer).status_code == 201
    response = _begin(officer)
    assert (response.status_code, response.json()["error"]) == (507, "uploads_full")
    uploads.cancel(upload)
    assert uploads.used_by(department) == len(CONTENT)


def test_a_full_disk_is_said_and_what_is_there_stays(upload: Upload):
    class Full(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError(28, os.strerror(28))

    with pytest.raises(UploadsFull):
        uploads.receive(upload, 0, Full())
    assert uploads.durable_offset(upload) == 0


def _aged(upload: Upload, when: datetime) -> None:
    os.utime(upload.path, (when.timestamp(), when.timestamp()))
    Upload.objects.filter(pk=upload.pk).update(began_at=when)


def test_what_nobody_goes_on_with_is_swept_away(
    officer: Client, path: str, upload: Upload, uploads_dir: Path
):
    now = timezone.now()
    _aged(upload, now - timedelta(hours=25))
    fresh = _begin(officer)
    slow = Upload.objects.exclude(pk=upload.pk).get()
    # Begun long ago, and still coming.
    Upload.objects.filter(pk=slow.pk).update(began_at=now - timedelta(days=3))
    assert uploads.sweep(now=now) == 1
    assert [path.name for path in uploads_dir.iterdir()] == [str(slow.pk)]
    assert officer.head(path, headers=TUS).status_code == 404
    assert officer.head(urlsplit(fresh.headers["Location"]).path, headers=TUS).status_code == 200


def test_finished_ones_are_forgotten_after_a_week(upload: Upload):
    Upload.objects.update(status=UploadStatus.DONE, changed_at=timezone.now() - timedelta(days=8))
    uploads.sweep(now=timezone.now())
    assert not Upload.objects.exists()


def test_names_of_any_length_are_taken(officer: Client):
    assert _begin(officer, filename="ก" * 400 + ".zip").status_code == 201
    assert Upload.objects.get().file_name.endswith("ก.zip")


def test_a_page_names_what_waits_to_be_gone_on_with(
    path: str, upload: Upload, agency_officer: Person, rf: RequestFactory
):
    upload.path.write_bytes(CONTENT[:100])
    request = rf.get("/")
    request.user = agency_officer
    page = Template('{% load content %}{% resumable_upload "test" "KD90" %}').render(RequestContext(request))
    assert "บทเรียน.zip" in page
    assert "ยังส่งไม่ครบ" in page
    assert f'data-drop="{path}"' in page
    request.user = make_person()
    page = Template('{% load content %}{% resumable_upload "test" "KD90" %}').render(RequestContext(request))
    assert "บทเรียน.zip" not in page
