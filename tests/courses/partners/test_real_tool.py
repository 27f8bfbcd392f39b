"""The whole way with a tool we did not write: pylti1p3 logs in, launches, and passes a grade back."""

from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import RequestFactory
from django.urls import reverse
from pylti1p3.contrib.django import DjangoCacheDataStorage, DjangoMessageLaunch, DjangoOIDCLogin
from pylti1p3.exception import LtiException
from pylti1p3.grade import Grade
from pylti1p3.tool_config import ToolConfDict

from courses.partners.models import Outcome
from tests.courses.partners.factories import make_placement, make_tool, tool_key
from tests.courses.partners.test_launches import BACKEND, fields_of

TARGET = "https://tool.example/launch"
# pylti1p3 makes naive times of utcfromtimestamp, and its cryptography backend warns of its own future.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def origin(live_server, settings):
    settings.PUBLIC_ORIGIN = live_server.url
    return live_server.url


@pytest.fixture
def placement(origin):
    return make_placement(make_tool(shares_name=True), external_url=TARGET)


def config_of(placement, origin):
    """What the tool's administrator enters: the values of the tool's page."""
    tool = placement.tool
    config = ToolConfDict(
        {
            origin: [
                {
                    "default": True,
                    "client_id": str(tool.client_id),
                    "auth_login_url": origin + reverse("partners:authorise"),
                    "auth_token_url": origin + reverse("partners:token"),
                    "key_set_url": origin + reverse("partners:keys"),
                    "deployment_ids": [str(tool.deployment_id)],
                }
            ]
        }
    )
    config.set_private_key(origin, tool_key().as_pem(private=True).decode(), str(tool.client_id))
    config.set_public_key(origin, tool_key().as_pem(private=False).decode(), str(tool.client_id))
    # And what it gives ours: the keys under the names it made for them.
    tool.jwks = config.get_jwks(origin, str(tool.client_id))
    tool.save(update_fields=["jwks"])
    return config


class Partner:
    """The tool's side: a web application with a session of its own."""

    def __init__(self, config):
        self.config = config
        self.storage = DjangoCacheDataStorage()
        self.session = import_module(django_settings.SESSION_ENGINE).SessionStore()
        self.cookies = {}

    def request(self, method, address, data):
        request = getattr(RequestFactory(), method)(urlsplit(address).path, data, secure=True)
        request.session = self.session
        request.COOKIES |= self.cookies
        return request

    def log_in(self, address):
        request = self.request("get", address, dict(parse_qsl(urlsplit(address).query)))
        oidc = DjangoOIDCLogin(request, self.config, launch_data_storage=self.storage)
        response = oidc.redirect(request.GET["target_link_uri"])
        self.cookies |= {name: morsel.value for name, morsel in response.cookies.items()}
        return response["Location"]

    def launch(self, fields):
        request = self.request("post", TARGET, fields)
        launch = DjangoMessageLaunch(request, self.config, launch_data_storage=self.storage)
        launch.validate()
        return launch


def launch_of(client, person, placement, partner):
    client.force_login(person, backend=BACKEND)
    there = client.get(reverse("partners:open", args=[placement.course.code]))["Location"]
    back = urlsplit(partner.log_in(there))
    return fields_of(client.get(f"{back.path}?{back.query}"))


def test_a_tool_of_others_launches_and_reports_a_grade(client, learner, placement, origin):
    partner = Partner(config_of(placement, origin))
    launch = partner.launch(launch_of(client, learner, placement, partner))
    data = launch.get_launch_data()
    assert launch.is_resource_launch()
    assert data["family_name"] == learner.last_name
    assert launch.has_ags()

    grade = Grade()
    grade.set_score_given(90).set_score_maximum(100).set_user_id(data["sub"])
    grade.set_timestamp(datetime.now(UTC).isoformat())
    grade.set_activity_progress("Completed").set_grading_progress("FullyGraded")
    launch.get_ags().put_grade(grade)

    outcome = Outcome.objects.get(person=learner, course=placement.course)
    assert outcome.score == Decimal("0.9")
    assert outcome.completed_at is not None
    (result,) = launch.get_ags().get_grades()
    assert result["resultScore"] == 90


def test_the_tool_refuses_a_launch_that_was_changed_on_the_way(client, learner, placement, origin):
    partner = Partner(config_of(placement, origin))
    fields = launch_of(client, learner, placement, partner)
    header, claims, signature = fields["id_token"].split(".")
    with pytest.raises(LtiException):
        partner.launch(fields | {"id_token": f"{header}.{claims[:-4]}AAAA.{signature}"})
