"""Error pages: what happened, what to do, and nothing that could fail again."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from learning.errors import DomainError


class Closed(DomainError):
    code = "closed"
    message = "ปิดรับคำขอแล้ว"


def fails(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the disk is on fire")


def refuses(request: HttpRequest) -> HttpResponse:
    raise Closed


def accepts(request: HttpRequest) -> HttpResponse:
    return HttpResponse("accepted")


urlpatterns = [
    path("fails/", fails),
    path("refuses/", refuses),
    path("accepts/", accepts),
    path("", include("learning.urls")),
]
handler500 = "learning.portal.errors.server_error"


@pytest.fixture
def site(settings):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.mark.django_db
def test_a_missing_page_says_so_and_leads_home(site):
    response = site.get("/no/such/page/")
    assert response.status_code == 404
    assert "ไม่พบหน้านี้" in response.text
    assert 'href="/"' in response.text


@pytest.mark.django_db
def test_a_refused_person_learns_as_whom_they_are_signed_in(site, learner):
    site.force_login(learner, "learning.people.auth.NationalIdOrEmailBackend")
    response = site.get("/staff/")
    assert response.status_code == 403
    assert "ท่านไม่มีสิทธิเปิดหน้านี้" in response.text
    assert f"ท่านเข้าสู่ระบบในชื่อ {learner.full_name}" in response.text


@pytest.mark.django_db
def test_a_rule_that_says_no_is_shown_as_its_sentence(site):
    response = site.get("/refuses/")
    assert response.status_code == 409
    assert "ปิดรับคำขอแล้ว" in response.text
    assert "ระบบไม่ได้เปลี่ยนแปลงข้อมูลใด" in response.text


def test_a_machine_gets_the_rule_as_json(site):
    response = site.get("/refuses/", headers={"accept": "application/json"})
    assert response.status_code == 409
    assert response.json() == {"error": "closed", "message": "ปิดรับคำขอแล้ว"}


def test_our_own_failure_is_told_without_touching_the_database(site):
    # No django_db mark: a query would fail this test.
    response = site.get("/fails/")
    assert response.status_code == 500
    assert "ระบบขัดข้อง" in response.text
    assert "ยังอยู่ครบถ้วน" in response.text
    assert "disk is on fire" not in response.text


def test_our_own_failure_carries_a_number_to_quote(site):
    response = site.get("/fails/", headers={"x-request-id": "0f1e2d3c"})
    assert "<code>0f1e2d3c</code>" in response.text


def test_our_own_failure_is_told_in_the_language_chosen(site):
    site.cookies["django_language"] = "en"
    assert "Something went wrong on our side" in site.get("/fails/").text


def test_a_damaged_request_is_told_in_thai(site):
    response = site.get("/", headers={"host": "evil.example.org"})
    assert response.status_code == 400
    assert "ระบบอ่านคำขอนี้ไม่ได้" in response.text


@pytest.mark.django_db
def test_a_form_without_its_token_is_explained(settings):
    settings.ROOT_URLCONF = __name__
    response = Client(enforce_csrf_checks=True).post("/accepts/")
    assert response.status_code == 403
    assert "ระบบรับแบบฟอร์มนี้ไม่ได้" in response.text
    assert "โหลดหน้าใหม่" in response.text


@pytest.mark.django_db
def test_who_is_led_to_the_address_of_a_form_after_signing_in_is_not_met_by_an_empty_page(client, learner):
    client.force_login(learner)
    response = client.get("/enrol/approvals/1/approve/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "ข้อมูลที่ส่งก่อนหน้านั้นยังไม่ได้บันทึก" in response.text
    assert client.get("/enrol/approvals/1/approve/", headers={"Accept": "application/json"}).content == b""
