"""Registering, step by step, for every group."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from learning.people.models import AuditEntry, Consent, Person, PersonnelGroup
from learning.people.reference_data import load_reference_data
from learning.people.registration import PRIVACY_NOTICE_VERSION
from tests.conftest import make_national_id, make_person

pytestmark = pytest.mark.django_db

NUMBER = make_national_id(987_654_321)
ABOUT = {
    "title": "นางสาว",
    "first_name": "น้ําฝน",
    "last_name": "ใจดี",
    "birth_year": "๒๕๓๕",
    "sex": "female",
    "education_level": "bachelor",
    "email": "Namfon@example.org",
}
START = {"service_start_0": "1", "service_start_1": "10", "service_start_2": "2558"}
WORK = {
    PersonnelGroup.CIVIL_SERVANT: {
        "ministry": "01",
        "department": "0102",
        "division_name": "สำนักกฎหมาย",
        "position_level": "K2",
        "position": "นิติกร",
    }
    | START,
    PersonnelGroup.OTHER_OFFICIAL: {
        "ministry": "18",
        "department": "unlisted",
        "organisation": "โรงเรียนตัวอย่าง",
        "personnel_kind": "teacher",
        "position": "ครู",
        "level_text": "ชำนาญการ",
    }
    | START,
    PersonnelGroup.STATE_OFFICER: {
        "ministry": "01",
        "department": "0101",
        "personnel_kind": "government_employee",
        "position": "นักวิชาการ",
    }
    | START,
    PersonnelGroup.STATE_ENTERPRISE: {"department": "2301", "position": "วิศวกร"} | START,
    PersonnelGroup.PUBLIC: {"occupation": "ค้าขาย"},
}
PASSWORD = {"password": "ฝนตกที่นครปฐม", "again": "ฝนตกที่นครปฐม"}


@pytest.fixture(autouse=True)
def _reference_data():
    load_reference_data()


def answer(client, step, data):
    return client.post(reverse("people:register_step", args=[step]), data)


def answer_all(client, group, **about):
    answer(client, "notice", {"consent": "on"})
    answer(client, "identity", {"national_id": NUMBER})
    answer(client, "group", {"group": group.value})
    answer(client, "about", ABOUT | about)
    answer(client, "work", WORK[group])
    return answer(client, "password", PASSWORD)


@pytest.mark.parametrize("group", PersonnelGroup)
def test_every_group_registers_and_is_signed_in(client, mailoutbox, group):
    assert answer_all(client, group).url == reverse("people:register_check")
    page = client.get(reverse("people:register_check")).content.decode()
    assert "น้ำฝน" in page
    assert NUMBER not in page
    assert client.post(reverse("people:register_check")).url == reverse("people:register_done")
    person = Person.objects.by_national_id(NUMBER).get()
    assert person.group == group
    assert (person.birth_year, person.email) == (1992, "namfon@example.org")
    assert person.check_password(PASSWORD["password"])
    assert Consent.objects.get(person=person).notice_version == PRIVACY_NOTICE_VERSION
    assert AuditEntry.objects.get(action="people.person_registered").target == f"people.person:{person.pk}"
    assert "namfon@example.org" in client.get(reverse("people:register_done")).content.decode()
    assert mailoutbox[0].to == ["namfon@example.org"]
    assert "/accounts/confirm-email/" in mailoutbox[0].body


def test_a_known_division_becomes_the_agency_and_the_level_brings_its_type(client):
    answer_all(client, PersonnelGroup.CIVIL_SERVANT)
    client.post(reverse("people:register_check"))
    person = Person.objects.by_national_id(NUMBER).get()
    assert person.agency is not None
    assert person.agency.name_th == person.division_name == "สำนักกฎหมาย"
    assert (person.position_type_id, person.position_level_id) == ("K", "K2")


def test_a_department_that_is_not_listed_is_kept_by_name_under_its_ministry(client):
    answer_all(client, PersonnelGroup.OTHER_OFFICIAL)
    client.post(reverse("people:register_check"))
    person = Person.objects.by_national_id(NUMBER).get()
    assert person.agency is not None
    assert (person.agency.code, person.organisation) == ("18", "โรงเรียนตัวอย่าง")


def test_changed_spelling_is_told(client):
    answer_all(client, PersonnelGroup.PUBLIC)
    response = client.get(reverse("people:register_check"))
    assert any("น้ำฝน" in str(message) for message in response.context["messages"])


def test_the_session_holds_neither_the_national_id_nor_the_password(client):
    answer_all(client, PersonnelGroup.PUBLIC)
    stored = Session.objects.get().get_decoded()
    assert NUMBER not in str(stored)
    assert PASSWORD["password"] not in str(stored)


def test_a_wrong_check_digit_is_refused_in_words_and_linked_to_the_field(client):
    answer(client, "notice", {"consent": "on"})
    wrong = NUMBER[:12] + str((int(NUMBER[12]) + 1) % 10)
    page = answer(client, "identity", {"national_id": wrong}).content.decode()
    assert "เลขประจำตัวประชาชนไม่ถูกต้อง" in page
    assert 'href="#id_national_id"' in page


@pytest.mark.parametrize("typed", ["1-2345-67890-12-1", "๑๒๓๔๕๖๗๘๙๐๑๒๑", "1 2345 67890 12 1"])
def test_the_national_id_may_be_typed_as_on_the_card(client, typed):
    answer(client, "notice", {"consent": "on"})
    assert answer(client, "identity", {"national_id": typed}).status_code == 302


def test_a_number_that_is_taken_is_said_without_a_word_about_its_owner(client):
    owner = make_person(national_id=NUMBER, first_name="เจ้าของ", email="owner@example.org")
    answer(client, "notice", {"consent": "on"})
    response = answer(client, "identity", {"national_id": NUMBER})
    page = response.content.decode()
    assert "มีบัญชีอยู่แล้ว" in page
    assert owner.first_name not in page
    assert owner.email not in page


def test_asking_for_numbers_is_limited(client, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"registration": "2/h/ip"}
    answer(client, "notice", {"consent": "on"})
    for serial in (1, 2):
        assert answer(client, "identity", {"national_id": make_national_id(serial)}).status_code == 302
    page = answer(client, "identity", {"national_id": make_national_id(3)}).content.decode()
    assert "หนึ่งชั่วโมง" in page


def test_an_email_that_is_taken_is_refused(client):
    make_person(email="namfon@example.org")
    answer(client, "notice", {"consent": "on"})
    answer(client, "identity", {"national_id": NUMBER})
    answer(client, "group", {"group": "public"})
    assert "อีเมลนี้มีผู้ใช้แล้ว" in answer(client, "about", ABOUT).content.decode()


def test_without_consent_nothing_goes_on(client):
    assert answer(client, "notice", {}).status_code == 200
    response = client.get(reverse("people:register_step", args=["about"]))
    assert response.url == reverse("people:register_step", args=["notice"])


def test_a_step_cannot_be_skipped(client):
    answer(client, "notice", {"consent": "on"})
    response = client.get(reverse("people:register_check"))
    assert response.url == reverse("people:register_step", args=["identity"])


def test_changing_the_group_asks_its_fields_anew(client):
    answer_all(client, PersonnelGroup.PUBLIC)
    response = answer(client, "group", {"group": "civil_servant"})
    assert response.url == reverse("people:register_step", args=["work"])


def test_without_scripts_the_departments_come_with_a_button(client):
    answer(client, "notice", {"consent": "on"})
    answer(client, "identity", {"national_id": NUMBER})
    answer(client, "group", {"group": "civil_servant"})
    answer(client, "about", ABOUT)
    page = client.get(reverse("people:register_step", args=["work"])).content.decode()
    assert "กรมบัญชีกลาง" not in page
    typed = {"ministry": "03", "position": "นิติกร", "refresh": "1"} | START
    page = answer(client, "work", typed).content.decode()
    assert "กรมบัญชีกลาง" in page
    assert "นิติกร" in page
    assert re.search(r'name="service_start_2"[^>]*value="2558"', page)
    assert "error-summary" not in page


def test_a_department_of_another_ministry_is_refused(client):
    answer(client, "notice", {"consent": "on"})
    answer(client, "identity", {"national_id": NUMBER})
    answer(client, "group", {"group": "civil_servant"})
    answer(client, "about", ABOUT)
    work = WORK[PersonnelGroup.CIVIL_SERVANT] | {"ministry": "03"}
    page = answer(client, "work", work).content.decode()
    assert 'href="#id_department"' in page
    assert "กรมบัญชีกลาง" in page


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"first_name": "สม123"}, "first_name"),
        ({"birth_year": "35"}, "birth_year"),
        ({"birth_year": "2569"}, "birth_year"),
        ({"email": "nobody"}, "email"),
        ({"title": ""}, "title"),
    ],
)
def test_slips_are_shown_at_their_field(client, typed, field):
    answer(client, "notice", {"consent": "on"})
    answer(client, "identity", {"national_id": NUMBER})
    answer(client, "group", {"group": "public"})
    assert f'href="#id_{field}"' in answer(client, "about", ABOUT | typed).content.decode()


@pytest.mark.parametrize("password", ["short", "12345678901", "password1"])
def test_weak_passwords_are_refused(client, password):
    answer_all(client, PersonnelGroup.PUBLIC)
    page = answer(client, "password", {"password": password, "again": password}).content.decode()
    assert 'href="#id_password"' in page


def test_a_number_registered_meanwhile_gives_a_sentence_and_no_second_account(client):
    answer_all(client, PersonnelGroup.PUBLIC)
    make_person(national_id=NUMBER)
    response = client.post(reverse("people:register_check"))
    assert response.status_code == 409
    assert Person.objects.count() == 1


def test_a_signed_in_person_is_sent_to_their_page(client, learner):
    client.force_login(learner, backend="learning.people.auth.NationalIdOrEmailBackend")
    assert client.get(reverse("people:register")).url == reverse("portal:my")
