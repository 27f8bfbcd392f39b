"""Opening a partner's course: by link, and the three steps of LTI 1.3."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from joserfc import jwt
from joserfc.jwk import KeySet

from courses.partners.models import PlatformKey, Visit
from courses.partners.services import keys, launches, subjects
from tests.conftest import make_person
from tests.courses.catalogue.factories import make_course, make_external
from tests.courses.partners.factories import LAUNCH, make_placement, make_tool

pytestmark = pytest.mark.django_db
BACKEND = "learning.people.auth.NationalIdOrEmailBackend"


@pytest.fixture
def signed_in(client, learner):
    client.force_login(learner, backend=BACKEND)
    return client


def begin(client, placement):
    """Open the course and return what the tool is told."""
    response = client.get(reverse("partners:open", args=[placement.course.code]))
    assert response.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}


def request_of(told, **changes):
    """What an honest tool sends back."""
    return {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": told["client_id"],
        "redirect_uri": LAUNCH,
        "state": "state-1",
        "nonce": "nonce-1",
        "login_hint": told["login_hint"],
        "lti_message_hint": told["lti_message_hint"],
    } | changes


def authorise(client, asked):
    return client.get(reverse("partners:authorise"), asked)


def public_keys():
    published: Any = keys.published()
    return KeySet.import_key_set(published)


def fields_of(response):
    form = response.text.partition("data-launch>")[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))


def test_a_plain_link_sends_the_learner_there_and_remembers(signed_in, learner):
    course = make_external(external_url="https://learn.example/c/7")
    for _ in range(2):
        response = signed_in.get(reverse("partners:open", args=[course.code]))
        assert response["Location"] == "https://learn.example/c/7"
    assert Visit.objects.get(person=learner, course=course).times == 2


def test_who_is_not_signed_in_signs_in_first(client):
    course = make_external()
    address = reverse("partners:open", args=[course.code])
    assert client.get(address)["Location"] == f"{reverse('account_login')}?next={address}"
    assert not Visit.objects.exists()


def test_one_of_our_own_courses_is_not_opened_elsewhere(signed_in):
    response = signed_in.get(reverse("partners:open", args=[make_course().code]))
    assert response.status_code == 409
    assert not Visit.objects.exists()


def test_a_course_without_a_tool_in_use_is_not_opened(signed_in):
    course = make_external(launch="lti")
    assert signed_in.get(reverse("partners:open", args=[course.code])).status_code == 409
    placement = make_placement(make_tool(is_active=False))
    assert signed_in.get(reverse("partners:open", args=[placement.course.code])).status_code == 409
    assert not Visit.objects.exists()


def test_a_launch_says_who_where_and_nothing_more(signed_in, learner, settings):
    placement = make_placement()
    told = begin(signed_in, placement)
    assert told["iss"] == settings.PUBLIC_ORIGIN
    assert told["target_link_uri"] == placement.course.external_url
    response = authorise(signed_in, request_of(told))
    sent = fields_of(response)
    assert sent["state"] == "state-1"
    token = jwt.decode(sent["id_token"], public_keys(), algorithms=["RS256"])
    claims = token.claims
    assert claims["aud"] == told["client_id"]
    assert claims["nonce"] == "nonce-1"
    assert claims["exp"] - claims["iat"] == launches.TOKEN_SECONDS
    assert claims["https://purl.imsglobal.org/spec/lti/claim/resource_link"]["id"] == str(placement.pk)
    assert claims["sub"] == told["login_hint"] == subjects.subject_of(learner, placement.tool)
    assert not {"name", "given_name", "family_name", "email"} & claims.keys()
    assert str(learner.public_id) not in str(claims)


def test_the_form_of_a_launch_may_go_to_the_tool_and_nowhere_else(signed_in):
    response = authorise(signed_in, request_of(begin(signed_in, make_placement())))
    assert f'action="{LAUNCH}"' in response.text
    assert "form-action 'self' https://tool.example;" in response["Content-Security-Policy"] + ";"


def test_name_and_address_are_told_where_the_administrator_said_so(signed_in, learner):
    placement = make_placement(make_tool(shares_name=True, shares_email=True))
    sent = fields_of(authorise(signed_in, request_of(begin(signed_in, placement))))
    claims = jwt.decode(sent["id_token"], public_keys()).claims
    assert claims["family_name"] == learner.last_name
    assert claims["email"] == learner.email


def test_a_post_from_the_tool_becomes_a_link_so_that_the_session_comes_along(signed_in):
    asked = request_of(begin(signed_in, make_placement()))
    response = signed_in.post(reverse("partners:authorise"), asked)
    assert response.status_code == 303
    assert "id_token" in fields_of(signed_in.get(response["Location"]))


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "11111111-1111-4111-8111-111111111111"},
        {"client_id": "nobody"},
        {"redirect_uri": "https://evil.example/launch"},
        {"redirect_uri": LAUNCH + "/more"},
        {"redirect_uri": ""},
    ],
)
def test_nothing_is_sent_to_an_address_that_is_not_registered(signed_in, changes):
    response = authorise(signed_in, request_of(begin(signed_in, make_placement()), **changes))
    assert response.status_code == 400
    assert "<form" not in response.text.partition("<main")[2].partition("</main")[0]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "profile"}, "invalid_scope"),
        ({"response_type": "code"}, "unsupported_response_type"),
        ({"response_mode": "query"}, "invalid_request"),
        ({"prompt": "login"}, "invalid_request"),
        ({"nonce": ""}, "invalid_request"),
        ({"nonce": "n" * 3000}, "invalid_request"),
    ],
)
def test_the_tool_is_told_what_its_request_lacks(signed_in, changes, error):
    sent = fields_of(authorise(signed_in, request_of(begin(signed_in, make_placement()), **changes)))
    assert sent == {"error": error, "state": "state-1"}


def test_a_launch_is_good_once(signed_in):
    asked = request_of(begin(signed_in, make_placement()))
    assert authorise(signed_in, asked).status_code == 200
    assert authorise(signed_in, asked).status_code == 400


@pytest.mark.parametrize(
    "changes", [{"lti_message_hint": "made-up"}, {"lti_message_hint": ""}, {"login_hint": "x"}]
)
def test_hints_that_are_not_ours_start_nothing(signed_in, changes):
    asked = request_of(begin(signed_in, make_placement()), **changes)
    assert authorise(signed_in, asked).status_code == 400


def test_a_launch_that_waited_too_long_is_over(signed_in, monkeypatch):
    asked = request_of(begin(signed_in, make_placement()))
    monkeypatch.setattr(launches, "HINT_SECONDS", -1)
    assert authorise(signed_in, asked).status_code == 400


def test_nobody_goes_on_with_the_launch_of_another(signed_in, client, outsider):
    asked = request_of(begin(signed_in, make_placement()))
    client.force_login(outsider, backend=BACKEND)
    assert authorise(client, asked).status_code == 400
    client.logout()
    assert authorise(client, asked).status_code == 302


def test_a_hint_for_one_tool_is_no_use_at_another(signed_in):
    told = begin(signed_in, make_placement())
    other = make_tool(name="อื่น")
    assert authorise(signed_in, request_of(told, client_id=str(other.client_id))).status_code == 400


def test_two_tools_know_a_person_under_different_numbers(learner):
    one, two = make_tool(), make_tool(name="อื่น")
    assert subjects.subject_of(learner, one) != subjects.subject_of(learner, two)
    assert subjects.person_of(subjects.subject_of(learner, one), one) == learner
    assert subjects.person_of(subjects.subject_of(learner, one), two) is None
    assert subjects.person_of("not a number", one) is None


def test_a_person_who_left_is_not_found_again():
    person, tool = make_person(), make_tool()
    subject = subjects.subject_of(person, tool)
    person.is_active = False
    person.save(update_fields=["is_active"])
    assert subjects.person_of(subject, tool) is None


def test_keys_are_public_halves_and_change_over_with_time(client, monkeypatch):
    first = client.get(reverse("partners:keys")).json()["keys"]
    assert len(first) == 1
    assert first[0].keys() == {"kty", "n", "e", "kid", "use", "alg"}
    newer = keys.rotate(actor=None)
    assert [key["kid"] for key in keys.published()["keys"]] == [newer.kid, first[0]["kid"]]
    PlatformKey.objects.filter(pk=newer.pk).update(created_at=newer.created_at - 2 * keys.KEPT_FOR)
    PlatformKey.objects.filter(kid=first[0]["kid"]).update(created_at=newer.created_at - 3 * keys.KEPT_FOR)
    assert [key["kid"] for key in keys.published()["keys"]] == [newer.kid]
