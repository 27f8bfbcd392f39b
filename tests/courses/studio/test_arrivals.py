"""Files of a course that come in pieces: who may bring one, and the report at the end."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from courses.content.models import Upload, UploadStatus
from courses.content.services import uploads
from courses.studio.models import UploadCheck
from tests.courses.packages.factories import package
from tests.courses.studio.factories import make_version

pytestmark = pytest.mark.django_db
TUS = {"Tus-Resumable": "1.0.0"}
PACKAGE = package("scorm-1.2").getvalue()


def begin(client: Client, person: Any, key: str = "KD90") -> Any:
    client.force_login(person, django_settings.AUTHENTICATION_BACKENDS[-1])
    said = {"filename": "บทเรียน.zip", "destination": "studio", "key": key}
    encoded = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
    return client.post(
        "/uploads/", headers=TUS | {"Upload-Length": str(len(PACKAGE)), "Upload-Metadata": encoded}
    )


def test_only_who_builds_the_course_brings_files(
    client,
    department,
    agency_officer,
    other_agency_officer,
    reviewer,
    learner,
    administrator,
    settings,
    tmp_path,
):
    settings.UPLOADS_DIR = tmp_path
    make_version(department, agency_officer)
    people = (learner, reviewer, other_agency_officer, agency_officer, administrator)
    assert [begin(client, person).status_code for person in people] == [403, 403, 403, 201, 201]
    assert begin(client, agency_officer, "KD99").status_code == 404


def test_a_file_in_pieces_ends_in_its_report(client, department, agency_officer, settings, tmp_path):
    settings.UPLOADS_DIR, settings.MEDIA_ROOT = tmp_path / "uploads", tmp_path / "media"
    make_version(department, agency_officer)
    path = begin(client, agency_officer).headers["Location"].partition("testserver")[2]
    for start in range(0, len(PACKAGE), 500):
        client.patch(
            path,
            PACKAGE[start : start + 500],
            content_type="application/offset+octet-stream",
            headers=TUS | {"Upload-Offset": str(start)},
        )
    upload = Upload.objects.get()
    uploads.check(upload.pk)
    upload.refresh_from_db()
    check = UploadCheck.objects.get()
    assert check.package is not None
    assert (upload.status, upload.address) == (UploadStatus.DONE, f"/studio/checks/{check.pk}/")
