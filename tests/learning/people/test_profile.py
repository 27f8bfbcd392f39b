"""People see and change their own data, and nobody else's."""

from datetime import date

import pytest
from django.urls import reverse

from learning.people.models import AuditEntry, Person
from learning.people.reference_data import load_reference_data

pytestmark = pytest.mark.django_db

BACKEND = "learning.people.auth.NationalIdOrEmailBackend"
PAGES = ["people:profile_notice", "people:profile", "people:profile_about", "people:profile_group"]


@pytest.mark.parametrize("name", PAGES)
def test_anonymous_visitors_are_sent_to_sign_in(client, db, name):
    assert client.get(reverse(name)).url.startswith(reverse("account_login"))


@pytest.mark.parametrize("name", PAGES)
def test_everybody_sees_their_own_only(client, learner, outsider, name):
    client.force_login(learner, backend=BACKEND)
    page = client.get(reverse(name)).content.decode()
    assert outsider.first_name not in page
    assert learner.national_id not in page


def test_the_profile_shows_the_national_id_masked(client, learner):
    client.force_login(learner, backend=BACKEND)
    assert learner.masked_national_id in client.get(reverse("people:profile")).content.decode()


def test_changes_are_saved_and_audited_without_their_values(client, learner):
    client.force_login(learner, backend=BACKEND)
    data = {
        "title": "ดร.",
        "first_name": "สมหญิง",
        "last_name": "แซ่ตั้ง",
        "birth_year": "2530",
        "sex": "female",
        "education_level": "doctorate",
    }
    assert client.post(reverse("people:profile_about"), data).status_code == 302
    learner.refresh_from_db()
    assert (learner.last_name, learner.birth_year) == ("แซ่ตั้ง", 1987)
    entry = AuditEntry.objects.get(action="people.person_updated")
    assert "last_name" in entry.data["fields"]
    assert "แซ่ตั้ง" not in str(entry.data)


def test_posting_a_national_id_changes_nothing(client, learner):
    client.force_login(learner, backend=BACKEND)
    before = learner.national_id
    client.post(reverse("people:profile_about"), {"national_id": "1234567890121"})
    assert Person.objects.get(pk=learner.pk).national_id == before


def test_a_new_group_is_stored_with_its_fields_and_without_the_old_ones(client, learner):
    load_reference_data()
    client.force_login(learner, backend=BACKEND)
    response = client.post(reverse("people:profile_group"), {"group": "civil_servant"})
    work = {
        "ministry": "01",
        "department": "0102",
        "position_level": "K1",
        "position": "นิติกร",
        "service_start_0": "1",
        "service_start_1": "4",
        "service_start_2": "2560",
    }
    assert client.get(response.url).status_code == 200
    incomplete = client.post(response.url, work | {"position": ""})
    assert 'href="#id_position"' in incomplete.content.decode()
    assert client.post(response.url, work).url == reverse("people:profile")
    learner.refresh_from_db()
    assert (learner.group, learner.occupation, learner.position_type_id) == ("civil_servant", "", "K")
    assert client.get(response.url).context["form"].initial["ministry"] == "01"


def test_a_group_that_does_not_exist_is_not_found(client, learner):
    client.force_login(learner, backend=BACKEND)
    assert client.get(reverse("people:profile_work", args=["nobody"])).status_code == 404


def test_a_person_who_was_imported_is_asked_to_accept_the_privacy_notice_once(client, learner):
    client.force_login(learner, backend=BACKEND)
    address = reverse("people:profile_notice")
    assert address in client.get(reverse("portal:my")).content.decode()
    assert "error-summary" in client.post(address, {}).content.decode()
    for _again in range(2):
        client.post(address, {"consent": "on"})
    assert learner.consents.count() == 1
    assert AuditEntry.objects.filter(action="people.consent_given").count() == 1
    assert address not in client.get(reverse("portal:my")).content.decode()


@pytest.mark.parametrize(("language", "words"), [("th", "1 ตุลาคม 2558"), ("en", "1 October 2015")])
def test_dates_are_shown_in_the_era_of_the_language(client, learner, language, words):
    learner.group, learner.service_start, learner.position = "state_enterprise", date(2015, 10, 1), "วิศวกร"
    learner.save()
    client.force_login(learner, backend=BACKEND)
    client.cookies["django_language"] = language
    assert words in client.get(reverse("people:profile")).content.decode()
