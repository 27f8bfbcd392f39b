"""The portal's pages, who may open them, and the choices that hold on every page."""

from __future__ import annotations

import gzip
import re

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from learning.people.models import Agency, AgencyLevel, Role
from learning.portal.middleware import CompressionMiddleware
from tests.conftest import make_person

pytestmark = pytest.mark.django_db

PUBLIC = ["/", "/accessibility/", "/privacy/", "/styleguide/", "/robots.txt"]


def sign_in(client: Client, person: object) -> Client:
    client.force_login(person, settings.AUTHENTICATION_BACKENDS[-1])  # type: ignore[arg-type]
    return client


@pytest.mark.parametrize("path", PUBLIC)
def test_anyone_may_open_a_public_page(client, path):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", PUBLIC)
def test_a_signed_in_person_may_open_a_public_page(client, learner, path):
    assert sign_in(client, learner).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/my/", "/staff/", "/agency/", "/agency/1/"])
def test_an_anonymous_visitor_is_sent_to_sign_in_and_back(client, path):
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={path}"


def test_my_page_names_its_owner_and_nobody_else(client, learner, outsider):
    text = sign_in(client, learner).get("/my/").text
    assert learner.full_name in text
    assert outsider.first_name not in text


def test_a_learner_without_a_role_may_not_open_staff_pages(client, learner, department):
    sign_in(client, learner)
    for path in ("/staff/", "/agency/", f"/agency/{department.pk}/"):
        assert client.get(path).status_code == 403


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.AGENCY_OFFICER])
def test_every_role_opens_the_staff_page(client, role):
    assert sign_in(client, make_person(roles=[(role, None)])).get("/staff/").status_code == 200


def test_the_staff_page_leads_an_officer_to_the_agency(client, agency_officer, department):
    text = sign_in(client, agency_officer).get("/staff/").text
    assert f"/agency/{department.pk}/" in text
    assert 'href="/agency/"' in text


def test_an_officer_opens_the_agency_and_what_is_below_it(client, department, agency_officer):
    division = Agency.objects.create(
        code="T010101", name_th="กองทดสอบ", level=AgencyLevel.DIVISION, parent=department
    )
    sign_in(client, agency_officer)
    assert client.get(f"/agency/{department.pk}/").status_code == 200
    assert client.get(f"/agency/{division.pk}/").status_code == 200


def test_an_officer_does_not_open_the_agency_above(client, department, agency_officer):
    assert sign_in(client, agency_officer).get(f"/agency/{department.parent.pk}/").status_code == 403


def test_an_officer_does_not_open_another_agency(client, department, other_agency_officer):
    assert sign_in(client, other_agency_officer).get(f"/agency/{department.pk}/").status_code == 403


def test_an_exam_officer_has_no_right_to_agency_pages(client, department, exam_officer):
    sign_in(client, exam_officer)
    assert client.get(f"/agency/{department.pk}/").status_code == 403
    assert client.get("/agency/").status_code == 403


def test_an_administrator_opens_every_agency(client, department, other_department, administrator):
    sign_in(client, administrator)
    assert client.get(f"/agency/{department.pk}/").status_code == 200
    assert client.get(f"/agency/{other_department.pk}/").status_code == 200


def test_an_officer_lists_only_agencies_of_the_own_tree(client, department, other_department, agency_officer):
    text = sign_in(client, agency_officer).get("/agency/").text
    assert department.name_th in text
    assert other_department.name_th not in text


def test_an_administrator_finds_an_agency_by_part_of_its_name(
    client, department, other_department, administrator
):
    text = sign_in(client, administrator).get("/agency/", {"q": "กรมทด"}).text
    assert f"/agency/{department.pk}/" in text
    assert f"/agency/{other_department.pk}/" not in text


def test_a_search_without_a_hit_says_what_to_do(client, administrator, department):
    text = sign_in(client, administrator).get("/agency/", {"q": "ไม่มีจริง"}).text
    assert "ไม่พบหน่วยงานที่ตรงกับคำค้น" in text
    assert "แสดงหน่วยงานทั้งหมด" in text


def test_the_list_of_agencies_is_cut_into_pages_that_keep_the_search(client, administrator, ministry):
    for number in range(40):
        Agency.objects.create(
            code=f"T01{number + 1:02}",
            name_th=f"กรมที่ {number}",
            level=AgencyLevel.DEPARTMENT,
            parent=ministry,
        )
    text = sign_in(client, administrator).get("/agency/", {"q": "กรมที่"}).text
    assert "แสดงรายการที่ 1–30 จาก 40 รายการ" in text
    assert "page=2" in text
    assert "q=%E0" in text


def test_a_longer_list_of_agencies_needs_no_more_queries(
    client, administrator, ministry, django_assert_max_num_queries
):
    for number in range(30):
        Agency.objects.create(
            code=f"T01{number + 1:02}",
            name_th=f"กรมที่ {number}",
            level=AgencyLevel.DEPARTMENT,
            parent=ministry,
        )
    sign_in(client, administrator)
    with django_assert_max_num_queries(6):
        client.get("/agency/")


def test_a_long_page_number_shows_the_last_page_instead_of_an_error(client, administrator, department):
    assert sign_in(client, administrator).get("/agency/", {"page": "9" * 30}).status_code == 200


def test_pages_are_thai_whatever_the_browser_prefers(client):
    response = client.get("/", headers={"accept-language": "en-US"})
    assert response["Content-Language"] == "th"
    assert '<html lang="th">' in response.text


def test_a_person_switches_to_english_and_stays_there(client):
    response = client.post("/i18n/setlang/", {"language": "en", "next": "/privacy/"})
    assert response["Location"] == "/privacy/"
    assert '<html lang="en">' in client.get("/").text


def test_a_language_we_do_not_have_leaves_the_page_thai(client):
    client.cookies["django_language"] = "xx"
    assert '<html lang="th">' in client.get("/").text


def test_pages_differ_by_cookie_so_caches_must_know(client):
    assert "Cookie" in client.get("/robots.txt")["Vary"]


def test_a_person_chooses_thai_numerals_and_back(client):
    response = client.post("/numerals/", {"numerals": "thai", "next": "/privacy/"})
    assert response["Location"] == "/privacy/"
    assert "มาตรา ๒๔ (๔)" in client.get("/privacy/").text
    client.post("/numerals/", {"numerals": "arabic"})
    assert "มาตรา 24 (4)" in client.get("/privacy/").text


def test_thai_numerals_leave_addresses_as_they_must_be_typed(client, settings):
    settings.OPERATOR_NAME = "สำนักงานตัวอย่าง"
    settings.OPERATOR_EMAIL = "dpo1@example.go.th"
    client.cookies["numerals"] = "thai"
    assert '<a href="mailto:dpo1@example.go.th">dpo1@example.go.th</a>' in client.get("/privacy/").text


def test_thai_numerals_do_not_leak_into_the_next_persons_request(client):
    client.post("/numerals/", {"numerals": "thai"})
    client.get("/privacy/")
    assert "มาตรา 24 (4)" in Client().get("/privacy/").text


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_a_choice_never_leads_to_another_site(client, elsewhere):
    for path, choice in (("/numerals/", {"numerals": "thai"}), ("/i18n/setlang/", {"language": "en"})):
        response = client.post(path, {**choice, "next": elsewhere})
        assert response["Location"] == "/"


def test_choices_are_made_by_post_only(client):
    assert client.get("/numerals/").status_code == 405


def test_the_menu_shows_what_a_person_may_open(client, learner, exam_officer):
    assert 'href="/my/"' not in client.get("/").text
    assert 'href="/staff/"' not in sign_in(client, learner).get("/").text
    text = sign_in(client, exam_officer).get("/staff/").text
    assert '<a href="/staff/" aria-current="page">' in text


@pytest.mark.parametrize("address", ["/enrol/office/", "/tests/office/"])
def test_pages_of_officers_are_in_the_section_of_the_staff_page(client, administrator, address):
    text = sign_in(client, administrator).get(address).text
    assert re.findall(r'<a href="([^"]+)" aria-current="true">', text) == ["/staff/"]


def test_every_page_refuses_foreign_scripts_and_frames(client):
    policy = client.get("/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_search_engines_are_kept_from_pages_of_persons_and_certificates(client):
    text = client.get("/robots.txt").text
    assert "Disallow: /\n" in text
    assert "Allow: /$\n" in text


def test_the_privacy_notice_names_the_agency_that_runs_the_service(client, settings):
    settings.OPERATOR_NAME = "สำนักงานตัวอย่าง"
    settings.OPERATOR_EMAIL = "dpo@example.go.th"
    text = client.get("/privacy/").text
    assert "สำนักงานตัวอย่าง" in text
    assert "mailto:dpo@example.go.th" in text


def test_every_footer_says_whom_to_ask(client, settings):
    settings.OPERATOR_NAME = "สำนักงานตัวอย่าง"
    settings.OPERATOR_PHONE = "0 2000 0000"
    assert "สำนักงานตัวอย่าง · โทรศัพท์ 0 2000 0000" in client.get("/").text


def test_the_privacy_notice_says_so_where_no_agency_is_named(client, settings):
    settings.OPERATOR_NAME = ""
    assert "ยังไม่ได้ระบุชื่อและช่องทางติดต่อ" in client.get("/privacy/").text


@pytest.mark.parametrize(
    "path", ["/", "/my/", "/my/certificates/", "/staff/persons/", "/staff/persons/export/"]
)
def test_what_a_signed_in_person_sees_is_not_kept_by_a_shared_browser(client, administrator, path):
    assert "no-store" in sign_in(client, administrator).get(path)["Cache-Control"]


def test_pages_for_everybody_may_be_kept(client):
    assert "Cache-Control" not in client.get("/privacy/").headers


def test_pages_are_sent_compressed_and_files_as_they_are(client, rf):
    page = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    whole = gzip.decompress(page.content)
    assert whole.decode().rstrip().endswith("</html>")
    assert len(page.content) * 2 < len(whole)
    assert "Content-Encoding" not in client.get("/").headers
    file = CompressionMiddleware(lambda _request: HttpResponse("ก" * 1000, content_type="text/csv"))
    assert "Content-Encoding" not in file(rf.get("/", headers={"Accept-Encoding": "gzip"})).headers
