"""The public check: what a stranger learns, and what they do not."""

import pytest
from django.urls import reverse

from certificates import codes, services
from certificates.limits import UNKNOWN_CODES, WRONG_SURNAMES
from tests.certificates.conftest import NOW, issue_certificate
from tests.conftest import make_person

UNKNOWN = "00000000000000ZZ"


def body(response):
    return response.content.decode()


def with_look_alikes(code):
    return code.replace("1", "l").replace("0", "o")


def test_a_stranger_sees_that_it_is_valid_and_a_masked_name(client, certificate, learner):
    page = body(client.get(f"/v/{certificate.code}"))
    assert "หนังสือรับรองฉบับนี้เป็นของแท้และใช้ได้" in page
    assert "นางสาวส••• •••" in page
    assert certificate.facts["award"]["test_name"] in page
    assert "2569" in page
    assert "สมหญิง" not in page
    assert "ใจดี" not in page


def test_neither_score_nor_national_id_nor_register_number_is_shown(client, certificate, learner):
    page = body(client.post(f"/v/{certificate.code}", {"surname": "ใจดี"}))
    assert learner.national_id not in page
    assert learner.masked_national_id not in page
    assert ">41" not in page


@pytest.mark.parametrize("prefix", ["/v/", "/V/"])
@pytest.mark.parametrize(
    "spell", [str, str.lower, codes.grouped, lambda code: code.replace("1", "l").replace("0", "o")]
)
def test_every_spelling_of_the_code_leads_to_the_page(client, certificate, prefix, spell):
    response = client.get(prefix + spell(certificate.code))
    assert response.status_code == 200
    assert certificate.grouped_code in body(response)


@pytest.mark.parametrize("address", ["/v/", "/V/", "/V"])
def test_without_a_code_the_form_is_shown(client, db, address):
    assert 'name="code"' in body(client.get(address))


def test_a_code_typed_into_the_form_leads_to_its_page(client, certificate):
    response = client.get("/v/", {"code": certificate.grouped_code.lower()})
    assert response.headers["Location"] == f"/v/{certificate.code}"


def test_an_empty_form_asks_for_the_code(client, db):
    assert "กรุณากรอกรหัสบนหนังสือรับรอง" in body(client.get("/v/", {"code": ""}))


def test_malformed_and_unknown_codes_get_the_same_answer(client, certificate):
    answers = []
    for code in (UNKNOWN, "abc", "U" * 16, "ก" * 16, "0" * 500):
        for response in (client.get(f"/v/{code}"), client.get("/v/", {"code": code})):
            assert response.status_code == 404
            answers.append(body(response).replace(code, "CODE"))
    without_token = {answer.split("<h1>")[1].split("</main>")[0] for answer in answers}
    assert len(without_token) == 1


@pytest.mark.parametrize("path", ["/v/", "/v/abc", "/v/{code}", "/v/?code={code}"])
def test_no_answer_is_cached_or_indexed(client, certificate, path):
    response = client.get(path.format(code=certificate.code))
    assert "no-store" in response.headers["Cache-Control"]
    assert "noindex" in response.headers["X-Robots-Tag"]


@pytest.mark.parametrize("surname", ["ใจดี", " ใจ ดี "])
def test_who_knows_the_surname_sees_the_full_name(client, certificate, surname):
    page = body(client.post(f"/v/{certificate.code}", {"surname": surname}))
    assert "นางสาวสมหญิง ใจดี" in page


def test_the_full_name_is_not_remembered(client, certificate):
    client.post(f"/v/{certificate.code}", {"surname": "ใจดี"})
    assert "สมหญิง" not in body(client.get(f"/v/{certificate.code}"))


@pytest.mark.parametrize("surname", ["ใจ", "สมหญิง", "%", "ใจดี; --"])
def test_a_wrong_surname_is_told_so(client, certificate, surname):
    page = body(client.post(f"/v/{certificate.code}", {"surname": surname}))
    assert "นามสกุลนี้ไม่ตรงกับในหนังสือรับรอง" in page
    assert "สมหญิง ใจดี" not in page


def test_an_empty_surname_is_asked_for(client, certificate):
    assert "กรุณากรอกนามสกุลในหนังสือรับรอง" in body(client.post(f"/v/{certificate.code}", {"surname": ""}))


def test_guessing_surnames_is_stopped_and_the_right_one_too(client, certificate):
    for _ in range(WRONG_SURNAMES.times):
        assert client.post(f"/v/{certificate.code}", {"surname": "เดา"}).status_code == 200
    response = client.post(f"/v/{certificate.code}", {"surname": "ใจดี"})
    assert response.status_code == 429
    assert "กรุณารอ 10 นาที" in body(response)
    assert "สมหญิง" not in body(response)


def test_guesses_at_one_certificate_from_many_addresses_are_stopped(client, certificate):
    statuses = {
        client.post(f"/v/{certificate.code}", {"surname": "เดา"}, REMOTE_ADDR=f"10.0.0.{n}").status_code
        for n in range(40)
    }
    assert statuses == {200, 429}


def test_guessing_codes_is_stopped_but_only_for_the_one_who_guesses(client, certificate):
    for _ in range(UNKNOWN_CODES.times):
        assert client.get(f"/v/{UNKNOWN}").status_code == 404
    assert client.get(f"/v/{certificate.code}").status_code == 429
    assert client.get(f"/v/{certificate.code}", REMOTE_ADDR="10.9.9.9").status_code == 200


def test_checking_real_certificates_is_never_stopped(client, certificate):
    statuses = {client.get(f"/v/{certificate.code}").status_code for _ in range(UNKNOWN_CODES.times + 5)}
    assert statuses == {200}


def test_a_revoked_certificate_says_so_without_the_reason(client, certificate, certificate_officer):
    services.revoke(certificate, "ทุจริตในการสอบ", certificate_officer, NOW)
    page = body(client.get(f"/v/{certificate.code}"))
    assert "หนังสือรับรองฉบับนี้ถูกเพิกถอนแล้ว" in page
    assert "ทุจริต" not in page


def test_a_superseded_certificate_says_so_without_the_new_code(client, certificate, certificate_officer):
    successor = services.supersede(
        certificate,
        title="นางสาว",
        first_name="สมหญิง",
        last_name="ใจงาม",
        reason="แก้นามสกุล",
        by=certificate_officer,
        now=NOW,
    )
    page = body(client.get(f"/v/{certificate.code}"))
    assert "มีฉบับใหม่แทนแล้ว" in page
    assert successor.code not in page
    assert successor.grouped_code not in page
    assert "ใจงาม" in body(client.post(f"/v/{successor.code}", {"surname": "ใจงาม"}))


def test_a_name_with_markup_is_shown_as_text(client, db):
    certificate = issue_certificate(make_person(last_name="<script>"))
    page = body(client.post(f"/v/{certificate.code}", {"surname": "<script>"}))
    assert "&lt;script&gt;" in page
    assert "ระบบ<script>" not in page


@pytest.mark.parametrize("who", ["learner", "outsider", "certificate_officer"])
def test_signed_in_people_see_what_strangers_see(client, request, certificate, who):
    client.force_login(request.getfixturevalue(who), "learning.people.auth.NationalIdOrEmailBackend")
    main = body(client.get(f"/v/{certificate.code}")).split('<main id="main"')[1]
    assert "นางสาวส••• •••" in main
    assert "สมหญิง" not in main


def test_the_front_page_has_the_form(client, db):
    assert 'action="/v/"' in body(client.get(reverse("portal:home")))


def test_checking_takes_one_query(client, certificate, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get(f"/v/{certificate.code}")


def test_in_english_the_test_and_the_issuer_have_their_english_names(client, certificate):
    client.cookies["django_language"] = "en"
    page = body(client.get(f"/v/{certificate.code}"))
    assert "This certificate is genuine and valid" in page
    assert certificate.facts["award"]["test_name_en"] in page
    assert "Office of the Civil Service Commission" in page
