"""Pages of files: brought, checked, put into units."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from django.db.models import ProtectedError

from courses.catalogue.models import Unit
from courses.content import serving
from courses.content.services import packages
from courses.packages.package import Kind
from courses.studio.models import UploadCheck
from courses.studio.services.writing import unit_seen
from courses.studio.templatetags.studio import package_kind
from learning.people.models import Role
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON
from tests.courses.packages.broken import REFUSED
from tests.courses.packages.factories import mp4, package, pdf
from tests.courses.studio.factories import (
    V,
    add_unit,
    new_unit,
    sign_in,
    submit_to,
    unit_data,
    upload,
)

pytestmark = pytest.mark.django_db


def test_a_fit_package_becomes_a_unit(officer, version, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    response = officer.post(
        "/studio/KD90/uploads/", {"file": upload("บทเรียน.zip", package("scorm-1.2").getvalue())}, follow=True
    )
    check = UploadCheck.objects.get()
    assert response.redirect_chain[-1][0] == f"/studio/checks/{check.pk}/"
    assert check.package is not None, check.report
    response = new_unit(officer, version, "package", upload=str(check.pk))
    assert response.status_code == 302
    assert Unit.objects.get(kind="package").package == check.package
    assert officer.get(f"/studio/checks/{check.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("x.zip", package("scorm-1.2").getvalue(), "package"),
        ("x.mp4", mp4(), "video"),
        ("x.pdf", pdf(), "pdf"),
    ],
)
def test_reviewers_read_the_report_of_a_file_in_their_version(
    client, officer, version, agency_officer, reviewer, settings, tmp_path, name, data, kind
):
    settings.MEDIA_ROOT = tmp_path
    officer.post("/studio/KD90/uploads/", {"file": upload(name, data)})
    check = UploadCheck.objects.get()
    new_unit(officer, version, kind, upload=str(check.pk))
    submit_to(version, reviewer, actor=agency_officer)
    sign_in(client, reviewer)
    path = f"/studio/checks/{check.pk}/"
    assert path in client.get(f"{V}units/{Unit.objects.get(kind=kind).pk}/").text
    assert client.get(path).status_code == 200
    sign_in(client, make_person(roles=[(Role.REVIEWER, None)]))
    assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    ("name", "data", "kind"), [("ฟิล์ม.mp4", mp4(), "video"), ("เอกสาร.pdf", pdf(), "pdf")]
)
def test_a_film_and_a_document_are_played_from_what_was_uploaded(
    officer, version, settings, tmp_path, name, data, kind
):
    settings.MEDIA_ROOT = tmp_path
    officer.post("/studio/KD90/uploads/", {"file": upload(name, data)})
    check = UploadCheck.objects.get()
    assert f"/new/{kind}/?upload={check.pk}" in officer.get(f"/studio/checks/{check.pk}/").text
    captions = {"captions": "WEBVTT\n\n00:00.000 --> 00:05.000\nสวัสดี"} if kind == "video" else {}
    assert new_unit(officer, version, kind, upload=str(check.pk), **captions).status_code == 302
    unit = Unit.objects.get(kind=kind)
    assert unit.package == check.package
    preview = officer.post(f"{V}preview/")["Location"]
    page = officer.get(f"{preview}{unit.pk}/")
    address = urlsplit(page.context["media"].address)
    assert page.context["media"].address in page.text
    served = serving.answer(address.netloc, "GET", unquote(address.path), {})
    assert served.stream is not None
    with served.stream:
        served.stream.seek(served.start)
        assert served.stream.read() == data
    # Saved again without choosing a file, it keeps the one it has.
    seen = officer.get(f"{V}units/{unit.pk}/").context["form"].initial["seen"]
    assert (
        officer.post(f"{V}units/{unit.pk}/", unit_data(seen=seen, upload="", **captions)).status_code == 302
    )
    assert Unit.objects.get(kind=kind).package == check.package
    assert check.package is not None
    # While a unit shows it, it cannot be thrown away.
    with pytest.raises(ProtectedError):
        packages.discard(check.package, actor=None, now=NOON)


def test_a_film_that_an_agency_brings_takes_the_place_of_one_that_came_with_the_platform(
    officer, version, agency_officer, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    unit = add_unit(version, "video", agency_officer, file="units/x.mp4")
    officer.post("/studio/KD90/uploads/", {"file": upload("x.mp4", mp4())})
    check = UploadCheck.objects.get()
    data = unit_data(upload=str(check.pk), seen=unit_seen(unit), captions="")
    assert officer.post(f"{V}units/{unit.pk}/", data).status_code == 302
    unit.refresh_from_db()
    assert (unit.package, unit.file.name) == (check.package, "")


@pytest.mark.parametrize("captions", ["สวัสดี", "WEBVTT"])
def test_captions_that_are_none_are_refused(officer, version, agency_officer, captions):
    unit = add_unit(version, "video", agency_officer, file="units/x.mp4")
    data = unit_data(captions=captions, seen=unit_seen(unit))
    response = officer.post(f"{V}units/{unit.pk}/", data)
    assert response.status_code == 422
    assert "WebVTT" in response.text


def test_of_a_file_that_was_not_kept_no_lesson_is_said_to_start(officer, version, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    locked = REFUSED["a PDF with a password"][0]().getvalue()
    for name, data, starts in (("ล็อก.pdf", locked, False), ("เปิดได้.pdf", pdf(), True)):
        page = officer.post("/studio/KD90/uploads/", {"file": upload(name, data)}, follow=True)
        assert page.context["report"]["units"]
        assert ("บทเรียนที่เปิดได้ในไฟล์นี้" in page.text) is starts


def test_a_broken_file_is_reported_and_the_report_stays(officer, version, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    response = officer.post(
        "/studio/KD90/uploads/", {"file": upload("x.mp4", b"not a film" * 50)}, follow=True
    )
    check = UploadCheck.objects.get()
    assert check.package is None
    first = check.report["errors"][0]
    assert first["code"] in response.text
    assert "มีข้อผิดพลาด" in response.text
    assert "x.mp4" in officer.get("/studio/KD90/uploads/").text
    assert new_unit(officer, version, "package", upload=str(check.pk)).status_code == 422


def test_kinds_of_files_are_called_as_people_call_them(officer, version, settings, tmp_path, agency_officer):
    settings.MEDIA_ROOT = tmp_path
    officer.post("/studio/KD90/uploads/", {"file": upload("pages.zip", package("html").getvalue())})
    check = UploadCheck.objects.get()
    add_unit(version, "package", agency_officer, package=check.package)
    for path in ("/studio/KD90/uploads/", f"/studio/checks/{check.pk}/", V):
        assert "หน้าเว็บ (HTML)" in officer.get(path).text
    assert all(package_kind(kind) for kind in Kind)
    assert package_kind(None) == "–"
