"""What the holder sees, and nobody else."""

import io

import pypdf
import pytest
from django.urls import reverse

from certificates import services
from learning.people.models import AuditEntry
from tests.certificates.conftest import NOW, issue_certificate
from tests.conftest import make_person

BACKEND = "learning.people.auth.NationalIdOrEmailBackend"


@pytest.fixture
def address(certificate):
    return reverse("certificates:download", args=[certificate.pk])


def test_the_holder_downloads_the_pdf(client, learner, address):
    client.force_login(learner, BACKEND)
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/pdf"
    assert "no-store" in response.headers["Cache-Control"]
    assert len(pypdf.PdfReader(io.BytesIO(response.content)).pages) == 1
    assert not AuditEntry.objects.filter(action="certificates.certificate_printed").exists()


@pytest.mark.parametrize("who", ["certificate_officer", "administrator"])
def test_an_officer_downloads_the_pdf(client, request, address, who):
    officer = request.getfixturevalue(who)
    client.force_login(officer, BACKEND)
    assert client.get(address).status_code == 200
    assert AuditEntry.objects.get(action="certificates.certificate_printed").actor == officer


@pytest.mark.parametrize("who", ["outsider", "agency_officer", "exam_officer", "reviewer", "auditor"])
def test_nobody_else_downloads_the_pdf(client, request, address, who):
    client.force_login(request.getfixturevalue(who), BACKEND)
    assert client.get(address).status_code == 403


def test_an_anonymous_visitor_is_sent_to_sign_in(client, address):
    response = client.get(address)
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_login"))


def test_a_certificate_that_does_not_exist_is_not_found(client, learner, db):
    client.force_login(learner, BACKEND)
    assert client.get(reverse("certificates:download", args=[999])).status_code == 404


def test_a_revoked_certificate_is_not_given_out(client, learner, certificate, certificate_officer, address):
    services.revoke(certificate, "ทุจริต", certificate_officer, NOW)
    client.force_login(learner, BACKEND)
    response = client.get(address)
    assert response.status_code == 409
    assert "ถูกเพิกถอน" in response.content.decode()


def test_the_list_shows_only_ones_own(client, learner, outsider, certificate):
    theirs = issue_certificate(outsider, "s:2")
    client.force_login(learner, BACKEND)
    page = client.get(reverse("certificates:mine")).content.decode()
    assert certificate.grouped_code in page
    assert theirs.grouped_code not in page


def test_an_anonymous_visitor_has_no_list(client, db):
    assert client.get(reverse("certificates:mine")).status_code == 302


def test_without_certificates_the_list_says_how_to_get_one(client, outsider):
    client.force_login(outsider, BACKEND)
    assert "เมื่อท่านเรียนจบหรือสอบผ่าน" in client.get(reverse("certificates:mine")).content.decode()


def test_a_revoked_certificate_is_listed_without_a_link(
    client, learner, certificate, certificate_officer, address
):
    services.revoke(certificate, "ทุจริต", certificate_officer, NOW)
    client.force_login(learner, BACKEND)
    page = client.get(reverse("certificates:mine")).content.decode()
    assert "ถูกเพิกถอน" in page
    assert address not in page


def test_my_page_has_the_latest_three(client, learner, outsider):
    own = [issue_certificate(learner, f"s:{n}") for n in range(5)]
    issue_certificate(outsider, "s:theirs")
    client.force_login(learner, BACKEND)
    page = client.get(reverse("portal:my")).content.decode()
    shown = [c.pk for c in own if reverse("certificates:download", args=[c.pk]) in page]
    assert shown == [c.pk for c in own[2:]]
    assert reverse("certificates:mine") in page


def test_the_list_takes_as_many_queries_for_many_as_for_one(
    client, learner, certificate, django_assert_num_queries
):
    for n in range(5):
        issue_certificate(learner, f"s:{n}")
    client.force_login(learner, BACKEND)
    # Session, person, roles, certificates.
    with django_assert_num_queries(4):
        client.get(reverse("certificates:mine"))


def test_a_certificate_that_cannot_be_printed_says_what_to_do(client, db):
    person = make_person(first_name="漢")
    certificate = issue_certificate(person)
    client.force_login(person, BACKEND)
    response = client.get(reverse("certificates:download", args=[certificate.pk]))
    assert response.status_code == 409
    assert "อักขระ" in response.content.decode()
