"""Signing in, out, and getting a new password."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.urls import reverse

from learning.people.models import Person
from tests.conftest import make_person

pytestmark = pytest.mark.django_db

PASSWORD = "correct-horse-1"


def sign_in(client, login, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": login, "password": password})


def spaced(number):
    return f"{number[0]}-{number[1:5]}-{number[5:10]}-{number[10:12]}-{number[12]}"


@pytest.mark.parametrize(
    "login",
    [
        lambda person: person.national_id,
        lambda person: spaced(person.national_id),
        lambda person: person.national_id.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")),
        lambda person: person.email,
        lambda person: f" {person.email.upper()} ",
    ],
)
def test_a_person_signs_in_with_national_id_or_email(client, learner, login):
    assert sign_in(client, login(learner)).url == reverse("portal:my")
    assert client.get(reverse("people:profile")).status_code == 200


def test_the_answer_is_the_same_for_an_unknown_person_and_a_wrong_password(client, learner):
    def errors(login):
        return sign_in(client, login, "wrong-password").context["form"].errors

    assert errors(learner.national_id) == errors("1234567890121") == errors("nobody@example.org")


def test_the_session_of_somebody_signed_in_does_not_hold_the_national_id(client, learner):
    sign_in(client, learner.national_id)
    assert learner.national_id not in str(Session.objects.get().get_decoded())


def test_guessing_is_slowed_however_the_number_is_spelled(client, learner):
    for attempt in range(5):
        sign_in(client, learner.national_id if attempt % 2 else spaced(learner.national_id), "wrong-one")
    response = sign_in(client, learner.national_id)
    assert "ห้านาที" in response.content.decode()


def test_guessing_is_slowed_whatever_host_the_request_names(client, learner):
    for port in range(5):
        form = {"login": learner.email, "password": "wrong-one"}
        client.post(reverse("account_login"), form, headers={"host": f"localhost:{8000 + port}"})
    assert "ห้านาที" in sign_in(client, learner.email).content.decode()


def test_guessing_is_slowed_whatever_letters_the_database_takes_for_the_same(client, learner):
    learner.email = "siri@example.org"
    learner.save()
    for login in (
        "siri@example.org",
        "ſiri@example.org",
        "sıri@example.org",
        "sırı@example.org",
        "ſırı@example.org",
    ):
        sign_in(client, login, "wrong-one")
    assert "ห้านาที" in sign_in(client, learner.email).content.decode()


def test_many_other_counters_do_not_wash_a_limit_away(client, learner):
    for _attempt in range(5):
        sign_in(client, learner.email, "wrong-one")
    cache.set_many({f"other:{number}": 1 for number in range(1000)})
    assert "ห้านาที" in sign_in(client, learner.email).content.decode()


def test_guessing_at_one_account_does_not_lock_another(client, learner, outsider):
    for _attempt in range(6):
        sign_in(client, learner.national_id, "wrong-one")
    assert sign_in(client, outsider.national_id).status_code == 302


def test_a_closed_account_is_told_so_only_with_the_right_password(client, learner):
    learner.is_active = False
    learner.save()
    assert sign_in(client, learner.email).url == reverse("account_inactive")
    assert client.get(reverse("account_inactive")).status_code == 200
    assert sign_in(client, learner.email, "wrong-one").status_code == 200


def test_a_person_without_a_usable_password_cannot_sign_in(client):
    person = make_person(password=None)
    Person.objects.filter(pk=person.pk).update(password="!unusable")
    assert sign_in(client, person.email, "!unusable").status_code == 200


def test_signing_out_asks_and_then_does(client, learner):
    sign_in(client, learner.email)
    assert client.get(reverse("account_logout")).status_code == 200
    client.post(reverse("account_logout"))
    assert client.get(reverse("people:profile")).status_code == 302


def test_the_password_is_reset_by_email(client, learner, mailoutbox):
    client.post(reverse("account_reset_password"), {"email": learner.email})
    link = re.search(rf"{settings.PUBLIC_ORIGIN}(/\S+)", mailoutbox[0].body)
    assert link
    page = client.get(link[1], follow=True)
    assert page.status_code == 200
    new = {"password1": "a-new-sentence-9", "password2": "a-new-sentence-9"}
    assert client.post(page.redirect_chain[-1][0], new).status_code == 302
    assert sign_in(client, learner.email, "a-new-sentence-9").status_code == 302


def test_the_reset_link_leads_home_whatever_host_the_request_names(client, learner, mailoutbox):
    client.post(
        reverse("account_reset_password"), {"email": learner.email}, headers={"host": "localhost:6666"}
    )
    assert f"{settings.PUBLIC_ORIGIN}/accounts/password/reset/key/" in mailoutbox[0].body
    assert "6666" not in mailoutbox[0].body


def test_a_used_reset_link_says_so(client, learner):
    address = reverse("account_reset_password_from_key", args=["abc", "def-ghi"])
    assert "ใช้ไม่ได้แล้ว" in client.get(address).content.decode()


def test_asking_for_a_link_answers_the_same_for_an_unknown_address(client, learner, mailoutbox):
    known = client.post(reverse("account_reset_password"), {"email": learner.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert known.url == unknown.url
    assert [mail.to for mail in mailoutbox] == [[learner.email]]


def test_the_password_is_changed_with_the_old_one(client, learner):
    sign_in(client, learner.email)
    new = {"password1": "a-new-sentence-9", "password2": "a-new-sentence-9"}
    wrong = client.post(reverse("account_change_password"), {"oldpassword": "wrong-one"} | new)
    assert wrong.status_code == 200
    response = client.post(reverse("account_change_password"), {"oldpassword": PASSWORD} | new)
    assert response.url == reverse("people:profile")


def test_a_new_email_counts_after_its_link_was_followed(client, learner, mailoutbox):
    EmailAddress.objects.create(user=learner, email=learner.email, primary=True, verified=True)
    sign_in(client, learner.email)
    asked = client.post(reverse("account_email"), {"email": "new@example.org", "action_add": "1"})
    assert asked.url.startswith(reverse("account_reauthenticate"))
    client.post(asked.url, {"password": PASSWORD})
    learner.refresh_from_db()
    assert learner.email != "new@example.org"
    link = next(
        re.search(rf"{settings.PUBLIC_ORIGIN}(/\S+)", mail.body)
        for mail in mailoutbox
        if mail.to == ["new@example.org"]
    )
    assert link
    assert client.get(link[1]).status_code == 200
    client.post(link[1])
    learner.refresh_from_db()
    assert learner.email == "new@example.org"


def test_an_email_of_another_person_cannot_be_taken(client, learner, outsider):
    sign_in(client, learner.email)
    response = client.post(reverse("account_email"), {"email": outsider.email, "action_add": "1"})
    assert "บัญชีอื่นใช้อีเมลนี้" in response.content.decode()


def test_the_sign_up_page_of_the_library_leads_to_our_registration(client):
    assert client.get(reverse("account_signup")).url == reverse("people:register")


@pytest.mark.parametrize("name", ["account_login", "account_reset_password", "account_reset_password_done"])
def test_pages_before_signing_in_open_for_everybody(client, name):
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["account_change_password", "account_email", "account_reauthenticate"])
def test_account_pages_open_after_signing_in(client, learner, name):
    assert client.get(reverse(name)).status_code == 302
    sign_in(client, learner.email)
    assert client.get(reverse(name)).status_code == 200


def test_too_many_requests_get_a_page_that_says_what_to_do(client, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"reset_password": "1/m/ip"}
    client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    response = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert response.status_code == 429
    assert "โปรดรอสักครู่" in response.content.decode()
