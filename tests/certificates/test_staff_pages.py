"""The certificate officers' list, print runs, revocation, replacement and signatories."""

import datetime
import io
import re

import pypdf
import pytest
from django.urls import reverse

from certificates import kinds, printing, services
from certificates.models import Certificate, CertificateStatus, Signatory
from certificates.searching import search
from learning.people.models import AuditEntry
from tests.certificates.conftest import FACTS, NOW, issue_certificate
from tests.certificates.pdf_text import pages
from tests.conftest import make_person

BACKEND = "learning.people.auth.NationalIdOrEmailBackend"
LIST = "/staff/certificates/"
PRINT = "/staff/certificates/print/"


@pytest.fixture
def officer_client(client, certificate_officer):
    client.force_login(certificate_officer, BACKEND)
    return client


@pytest.fixture
def three(db):
    return [issue_certificate(make_person(first_name=name), f"s:{name}") for name in ("กมล", "ขวัญ", "คมน์")]


def body(response):
    return response.content.decode()


STAFF_ADDRESSES = [
    ("get", "certificates:staff_list", False),
    ("post", "certificates:print_selection", False),
    ("get", "certificates:signatories", False),
    ("post", "certificates:signatories", False),
    ("get", "certificates:detail", True),
    ("get", "certificates:revoke", True),
    ("post", "certificates:revoke", True),
    ("get", "certificates:replace", True),
    ("post", "certificates:replace", True),
]


@pytest.mark.parametrize(("method", "name", "takes_pk"), STAFF_ADDRESSES)
@pytest.mark.parametrize(
    "who", ["learner", "outsider", "agency_officer", "exam_officer", "reviewer", "auditor"]
)
def test_nobody_but_officers_may(client, request, certificate, method, name, takes_pk, who):
    client.force_login(request.getfixturevalue(who), BACKEND)
    address = reverse(name, args=[certificate.pk] if takes_pk else [])
    assert getattr(client, method)(address, {"reason": "x"}).status_code == 403
    certificate.refresh_from_db()
    assert certificate.is_valid


@pytest.mark.parametrize(("method", "name", "takes_pk"), STAFF_ADDRESSES)
def test_anonymous_visitors_are_sent_to_sign_in(client, certificate, method, name, takes_pk):
    response = getattr(client, method)(reverse(name, args=[certificate.pk] if takes_pk else []))
    assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(("method", "name", "takes_pk"), [a for a in STAFF_ADDRESSES if a[0] == "get"])
@pytest.mark.parametrize("who", ["certificate_officer", "administrator"])
def test_officers_and_administrators_may(client, request, certificate, method, name, takes_pk, who):
    client.force_login(request.getfixturevalue(who), BACKEND)
    assert client.get(reverse(name, args=[certificate.pk] if takes_pk else [])).status_code == 200


# -- Search -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["ขวัญ", "ขวั", "ระบบ ขวัญ", "2/2569", "๒/๒๕๖๙", "2"])
def test_one_is_found_by_name_or_number(three, text):
    assert list(search(text=text)) == [three[1]]


def test_a_name_typed_with_marks_out_of_order_is_found(db):
    certificate = issue_certificate(make_person(first_name="น้ำฝน"))
    assert list(search(text="น้ําฝน")) == [certificate]


def test_one_is_found_by_code_in_any_spelling(three):
    assert list(search(text=three[2].grouped_code.lower())) == [three[2]]


def test_one_is_found_by_national_id_with_hyphens_and_thai_digits(three):
    number = three[0].person.national_id
    printed = f"{number[0]}-{number[1:5]}-{number[5:10]}-{number[10:12]}-{number[12]}"
    for typed in (number, printed, printed.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))):
        assert list(search(text=typed)) == [three[0]]


@pytest.mark.parametrize("text", ["ไม่มี", "9/2569", "1/2500", "1100000000016", "%", "_", "' OR 1=1"])
def test_what_fits_nothing_finds_nothing(three, text):
    assert list(search(text=text)) == []


def test_filters_narrow_the_list(three, certificate_officer):
    services.revoke(three[0], "ทุจริต", certificate_officer, NOW)
    assert list(search(status="revoked")) == [three[0]]
    assert list(search(year="2568")) == []
    assert list(search(kind=kinds.KNOWLEDGE_TEST_PASS, year="2569", status="valid")) == [three[2], three[1]]


def test_the_list_shows_what_was_searched(officer_client, three):
    page = body(officer_client.get(LIST, {"q": "ขวัญ"}))
    assert three[1].holder_name in page
    assert three[0].holder_name not in page


def test_a_search_without_result_says_what_to_do(officer_client, three):
    assert "ไม่พบหนังสือรับรองตามที่ค้นหา" in body(officer_client.get(LIST, {"q": "ไม่มี"}))


def test_an_empty_office_says_what_to_expect(officer_client):
    assert "ยังไม่มีการออกหนังสือรับรอง" in body(officer_client.get(LIST))


def test_a_filter_that_is_not_offered_is_pointed_out(officer_client, three):
    response = officer_client.get(LIST, {"status": "burnt"})
    assert response.status_code == 200
    assert "burnt" in body(response)


def test_a_filter_that_is_not_offered_prints_nothing(officer_client, three):
    assert officer_client.post(PRINT + "?status=burnt", {"scope": "found"}).status_code == 400


def test_a_search_goes_on_to_an_address_that_can_be_kept(officer_client, three):
    response = officer_client.post(LIST, {"q": "ขวัญ", "status": "valid"})
    assert response.status_code == 302
    assert list(search(text="ขวัญ", status="valid")) == list(
        officer_client.get(response["Location"]).context["page"]
    )


def test_a_national_id_stays_out_of_every_address(officer_client, three):
    number = three[0].person.national_id
    response = officer_client.post(LIST, {"q": number})
    assert response.status_code == 200
    page = body(response)
    assert three[0].holder_name in page
    assert three[1].holder_name not in page
    assert not [link for link in re.findall(r'(?:href|action)="([^"]*)"', page) if number in link]
    assert 'value="found"' not in page


@pytest.mark.parametrize("page", ["0", "-1", "999", "x"])
def test_a_page_that_is_not_there_gives_one_that_is(officer_client, three, page):
    assert officer_client.get(LIST, {"page": page}).status_code == 200


def test_the_list_takes_as_many_queries_for_many_as_for_few(officer_client, three, django_assert_num_queries):
    for n in range(10):
        issue_certificate(three[0].person, f"many:{n}")
    # Session, person, roles, years of the filter, count, page.
    with django_assert_num_queries(6):
        officer_client.get(LIST)


def test_ticking_all_works_without_scripts(officer_client, three, certificate_officer):
    services.revoke(three[0], "ทุจริต", certificate_officer, NOW)
    assert body(officer_client.get(LIST)).count('name="certificate"') == 2
    assert body(officer_client.get(LIST, {"tick": "page"})).count(" checked> <label") >= 2


# -- Printing ---------------------------------------------------------------------------------------


def test_the_ticked_ones_are_printed_in_the_order_of_the_register(officer_client, three, certificate_officer):
    response = officer_client.post(PRINT, {"certificate": [three[2].code, three[0].code], "scope": "ticked"})
    assert response.headers["Content-Type"] == "application/pdf"
    printed = pages(response.content)
    assert [three[0].holder_name in printed[0], three[2].holder_name in printed[1]] == [True, True]
    entry = AuditEntry.objects.get(action="certificates.run_printed")
    assert entry.actor == certificate_officer
    assert entry.data["certificates"] == [three[0].pk, three[2].pk]


def test_all_valid_ones_of_a_search_are_printed(officer_client, three, certificate_officer):
    services.revoke(three[0], "ทุจริต", certificate_officer, NOW)
    response = officer_client.post(PRINT + "?year=2569", {"scope": "found"})
    assert len(pypdf.PdfReader(io.BytesIO(response.content)).pages) == 2


def test_arabic_numerals_can_be_chosen(officer_client, three):
    response = officer_client.post(PRINT, {"certificate": three[0].code, "numerals": "arabic"})
    assert "เลขทะเบียน 1/2569" in pages(response.content)[0]


@pytest.mark.parametrize("ticked", [[], ["x"], ["999999"], ["0" * 16], ["9" * 40]])
def test_without_a_choice_the_list_says_to_choose(officer_client, three, ticked):
    response = officer_client.post(PRINT, {"certificate": ticked})
    assert response.status_code == 400
    assert "กรุณาเลือกหนังสือรับรองอย่างน้อยหนึ่งฉบับ" in body(response)


def test_a_run_longer_than_a_file_is_refused_with_both_numbers(officer_client, three):
    twin = Certificate.objects.get(pk=three[0].pk)
    Certificate.objects.bulk_create(
        Certificate(
            kind=twin.kind,
            template_version=1,
            person_id=twin.person_id,
            holder_name=twin.holder_name,
            facts=twin.facts,
            number=n,
            year=2569,
            code=f"{n:016d}",
            subject=f"twin:{n}",
        )
        for n in range(4, printing.RUN_LIMIT + 2)
    )
    response = officer_client.post(PRINT, {"scope": "found"})
    assert response.status_code == 400
    assert "201" in body(response)
    assert "200" in body(response)


def test_a_revoked_one_is_not_printed_even_when_ticked(officer_client, three, certificate_officer):
    services.revoke(three[0], "ทุจริต", certificate_officer, NOW)
    response = officer_client.post(PRINT, {"certificate": [c.code for c in three]})
    assert response.status_code == 409
    assert "ถูกเพิกถอน" in body(response)


def test_one_that_cannot_be_set_is_named(officer_client, three):
    bad = issue_certificate(make_person(first_name="漢"), "s:bad")
    response = officer_client.post(PRINT, {"certificate": [three[0].code, bad.code]})
    assert response.status_code == 409
    assert "4/2569" in body(response)
    assert not AuditEntry.objects.filter(action="certificates.run_printed").exists()


def test_printing_takes_a_post(officer_client):
    assert officer_client.get(PRINT).status_code == 405


# -- One certificate --------------------------------------------------------------------------------


def test_the_officer_sees_the_score_and_the_masked_national_id(officer_client, certificate, learner):
    page = body(officer_client.get(reverse("certificates:detail", args=[certificate.pk])))
    assert "41" in page
    assert learner.masked_national_id in page
    assert learner.national_id not in page


def test_the_officer_sees_when_and_what_was_passed(officer_client, certificate):
    page = body(officer_client.get(reverse("certificates:detail", args=[certificate.pk])))
    assert "20 พฤศจิกายน 2569" in page
    assert FACTS["round_name"] in page
    assert FACTS["agency_name"] in page
    assert "41 จาก 50 คะแนน เกณฑ์ผ่าน 30 คะแนน" in page


def test_a_name_put_in_order_is_flagged(officer_client, db):
    certificate = issue_certificate(make_person(first_name="ก่ิงแก้ว"))
    assert "ก่ิงแก้ว" in body(officer_client.get(reverse("certificates:detail", args=[certificate.pk])))
    assert "จัดลำดับสระและวรรณยุกต์ใหม่" in body(officer_client.get(LIST))


def test_revoking_asks_for_a_reason_first(officer_client, certificate):
    address = reverse("certificates:revoke", args=[certificate.pk])
    assert "ย้อนกลับไม่ได้" in body(officer_client.get(address))
    assert "กรุณาระบุเหตุผล" in body(officer_client.post(address, {"reason": " "}))
    certificate.refresh_from_db()
    assert certificate.is_valid


def test_revoking_with_a_reason_ends_it(officer_client, certificate):
    officer_client.post(reverse("certificates:revoke", args=[certificate.pk]), {"reason": "ทุจริต"})
    certificate.refresh_from_db()
    assert (certificate.status, certificate.end_reason) == (CertificateStatus.REVOKED, "ทุจริต")


def test_revoking_twice_is_told_so(officer_client, certificate, certificate_officer):
    services.revoke(certificate, "ทุจริต", certificate_officer, NOW)
    address = reverse("certificates:revoke", args=[certificate.pk])
    assert "ถูกเพิกถอน" in body(officer_client.get(address))
    assert officer_client.post(address, {"reason": "อีกครั้ง"}).status_code == 409


def test_a_corrected_name_gives_a_new_certificate(officer_client, certificate):
    address = reverse("certificates:replace", args=[certificate.pk])
    name = {"title": "นางสาว", "first_name": "สมหญิง", "last_name": "ใจงาม", "reason": "สมรส"}
    response = officer_client.post(address, name)
    successor = Certificate.objects.get(supersedes=certificate)
    assert response.headers["Location"] == reverse("certificates:detail", args=[successor.pk])
    assert successor.holder_name == "นางสาวสมหญิง ใจงาม"


def test_the_same_name_is_no_correction(officer_client, certificate):
    address = reverse("certificates:replace", args=[certificate.pk])
    name = {"title": "นางสาว", "first_name": "สมหญิง ", "last_name": "ใจดี", "reason": "สมรส"}
    assert "ชื่อตรงกับในหนังสือรับรองอยู่แล้ว" in body(officer_client.post(address, name))
    assert not Certificate.objects.filter(supersedes=certificate).exists()


# -- Signatories ------------------------------------------------------------------------------------


def test_a_signatory_is_entered_from_a_day_on(officer_client, certificate_officer):
    values = {
        "name": "นายปิยวัฒน์ ศิวรักษ์",
        "position": "เลขาธิการ ก.พ.",
        "position_en": "",
        "effective_from": "2026-10-01",
    }
    response = officer_client.post(reverse("certificates:signatories"), values)
    assert response.status_code == 302
    signatory = Signatory.objects.get()
    assert (signatory.effective_from, signatory.created_by) == (
        datetime.date(2026, 10, 1),
        certificate_officer,
    )
    assert AuditEntry.objects.get().action == "certificates.signatory_added"


def test_two_signatories_from_one_day_are_refused(officer_client, certificate_officer):
    day = datetime.date(2026, 10, 1)
    services.add_signatory(name="ก", position="ข", position_en="", effective_from=day, by=certificate_officer)
    values = {"name": "ค", "position": "ง", "position_en": "", "effective_from": day.isoformat()}
    assert "มีผู้ลงนามที่เริ่มในวันนี้แล้ว" in body(officer_client.post(reverse("certificates:signatories"), values))
    assert Signatory.objects.count() == 1


def test_an_empty_signatory_is_refused(officer_client):
    assert officer_client.post(reverse("certificates:signatories"), {}).status_code == 200
    assert not Signatory.objects.exists()


def test_the_staff_page_counts_certificates(officer_client, three):
    page = body(officer_client.get(reverse("portal:staff")))
    assert LIST in page
    assert "<dd>3</dd>" in page


def test_the_staff_page_of_others_has_no_certificates(client, exam_officer):
    client.force_login(exam_officer, BACKEND)
    assert LIST not in body(client.get(reverse("portal:staff")))
