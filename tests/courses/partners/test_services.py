"""What a tool's machine asks: access tokens, scores, results."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from courses.partners import lti, registry
from courses.partners.models import Outcome, Source
from courses.partners.services import launches
from courses.partners.services.outcomes import Report, keep
from learning.records.models import OutboxEntry
from tests.conftest import make_person
from tests.courses.partners.factories import (
    asks_token,
    assertion,
    bearer,
    make_placement,
    make_tool,
    score_of,
    tool_key,
    went,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def placement(learner):
    made = make_placement()
    went(learner, made)
    return made


@pytest.fixture
def completions(monkeypatch):
    """What the apps above are told."""
    told: list[Outcome] = []
    monkeypatch.setattr(registry, "_listeners", [told.extend])
    return told


def post_score(client, placement, score, **headers):
    return client.post(
        reverse("partners:scores", args=[placement.pk]),
        json.dumps(score),
        content_type=lti.SCORE,
        headers=bearer(placement.tool) | headers,
    )


def ask(client, tool, **changes):
    return client.post(reverse("partners:token"), asks_token(tool, **changes))


# -- Tokens ---------------------------------------------------------------------------------------------
def test_a_tool_gets_a_token_for_the_scopes_that_exist(client):
    tool = make_tool()
    answer = ask(client, tool, scope=f"{lti.SCOPE_SCORE} https://other.example/scope").json()
    assert answer["token_type"] == "Bearer"
    assert answer["scope"] == lti.SCOPE_SCORE
    assert answer["expires_in"] == 3600


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_assertion_type": "other"}, "invalid_client"),
        ({"client_assertion": "not.a.jwt"}, "invalid_client"),
        ({"client_assertion": ""}, "invalid_client"),
        ({"scope": "https://other.example/scope"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_a_request_that_is_not_in_order_is_refused_with_its_reason(client, changes, error):
    answer = ask(client, make_tool(), **changes)
    assert answer.status_code == 400
    assert answer.json()["error"] == error


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://elsewhere.example/token"},
        {"sub": "somebody-else"},
        {"exp": int(time.time()) - 600},
        {"exp": int(time.time()) + 30 * 24 * 3600},
        {"exp": None},
        {"jti": None},
        {"iss": "11111111-1111-4111-8111-111111111111"},
    ],
)
def test_an_assertion_that_says_something_else_is_refused(client, changes):
    tool = make_tool()
    assert ask(client, tool, client_assertion=assertion(tool, **changes)).json()["error"] == "invalid_client"


@pytest.mark.parametrize("payload", [b"[" * 20_000, b"7", b'{"iss": []}', b"\xff", b'{"iss": NaN}'])
def test_what_is_no_assertion_is_refused(client, payload):
    part = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    header = base64.urlsafe_b64encode(b'{"alg":"RS256"}').decode()
    refused = ask(client, make_tool(), client_assertion=f"{header}.{part}.AAAA")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client")


def test_an_assertion_is_good_once(client):
    tool = make_tool()
    same = assertion(tool)
    assert ask(client, tool, client_assertion=same).status_code == 200
    assert ask(client, tool, client_assertion=same).status_code == 400


def test_another_key_opens_nothing(client):
    tool = make_tool()
    assert ask(client, tool, client_assertion=assertion(tool, tool_key("two"))).status_code == 400


def test_an_unsigned_assertion_opens_nothing(client):
    tool = make_tool()
    _header, claims, _signature = assertion(tool).split(".")
    assert ask(client, tool, client_assertion=f"eyJhbGciOiJub25lIn0.{claims}.").status_code == 400


def test_a_tool_out_of_use_gets_no_token_and_can_use_none(client, learner, placement):
    headers = bearer(placement.tool)
    placement.tool.is_active = False
    placement.tool.save()
    assert ask(client, placement.tool).status_code == 400
    address = reverse("partners:line-item", args=[placement.pk])
    assert client.get(address, headers=headers).status_code == 401


# -- Scores ---------------------------------------------------------------------------------------------
def test_a_final_score_completes_the_course_once(client, learner, placement, completions):
    for _ in range(2):
        assert post_score(client, placement, score_of(learner, placement.tool)).status_code == 204
    outcome = Outcome.objects.get()
    assert (outcome.person, outcome.score, outcome.source) == (learner, Decimal("0.8"), Source.LTI)
    assert outcome.completed_at == datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert completions == [outcome]


@pytest.mark.parametrize(
    "changes",
    [{"activityProgress": "InProgress"}, {"gradingProgress": "Pending"}, {"gradingProgress": "Failed"}],
)
def test_a_score_on_the_way_completes_nothing(client, learner, placement, completions, changes):
    assert post_score(client, placement, score_of(learner, placement.tool, **changes)).status_code == 204
    assert Outcome.objects.get().completed_at is None
    assert completions == []


def test_below_the_pass_mark_the_course_is_not_completed(client, learner):
    placement = make_placement(pass_mark=Decimal("0.6"))
    went(learner, placement)
    post_score(client, placement, score_of(learner, placement.tool, scoreGiven=59))
    assert Outcome.objects.get().completed_at is None
    later = score_of(learner, placement.tool, scoreGiven=60, timestamp="2026-11-20T11:00:00+07:00")
    post_score(client, placement, later)
    assert Outcome.objects.get().completed_at is not None


def test_a_later_score_takes_nothing_back_and_an_earlier_one_is_refused(client, learner, placement):
    post_score(client, placement, score_of(learner, placement.tool))
    worse = score_of(learner, placement.tool, scoreGiven=10, activityProgress="Started")
    later = worse | {"timestamp": "2026-11-20T12:00:00+07:00"}
    assert post_score(client, placement, later).status_code == 204
    outcome = Outcome.objects.get()
    assert outcome.score == Decimal("0.8")
    assert outcome.completed_at is not None
    assert post_score(client, placement, worse).status_code == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"userId": ""},
        {"userId": "11111111-1111-4111-8111-111111111111"},
        {"userId": 7},
        {"activityProgress": "Done"},
        {"gradingProgress": ["FullyGraded"]},
        {"timestamp": "yesterday"},
        {"timestamp": "2026-11-20T10:00:00"},
        {"timestamp": "2999-01-01T00:00:00Z"},
        {"scoreGiven": -1},
        {"scoreGiven": "80"},
        {"scoreGiven": True},
        {"scoreGiven": float("nan")},
        {"scoreGiven": float("inf")},
        {"scoreGiven": 10**400},
        {"scoreMaximum": -(10**400)},
        {"timestamp": "0001-01-01T00:00:00+14:00"},
        {"scoreMaximum": 0},
        {"scoreMaximum": None},
    ],
)
def test_what_is_no_score_is_refused_with_its_reason(client, learner, placement, changes):
    answer = post_score(client, placement, score_of(learner, placement.tool, **changes))
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert not Outcome.objects.exists()


@pytest.mark.parametrize("body", ["{", "[]", '"text"', "7", "null", "[" * 20_000])
def test_what_is_not_even_an_object_is_refused(client, placement, body):
    address = reverse("partners:scores", args=[placement.pk])
    answer = client.post(address, body, content_type=lti.SCORE, headers=bearer(placement.tool))
    assert answer.status_code == 400


def test_extra_credit_ends_at_the_full_marks(client, learner, placement):
    post_score(client, placement, score_of(learner, placement.tool, scoreGiven=120))
    assert Outcome.objects.get().score == 1


def test_nobody_is_scored_who_never_went_there(client, outsider, placement):
    assert post_score(client, placement, score_of(outsider, placement.tool)).status_code == 400


def test_a_tool_reaches_only_its_own_courses_and_only_with_the_scope(client, learner, placement):
    address = reverse("partners:scores", args=[placement.pk])
    score = json.dumps(score_of(learner, placement.tool))
    other = make_tool(name="อื่น")
    assert client.post(address, score, content_type=lti.SCORE).status_code == 401
    assert client.post(address, score, content_type=lti.SCORE, headers=bearer(other)).status_code == 404
    token = ask(client, placement.tool, scope=lti.SCOPE_RESULT).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    assert client.post(address, score, content_type=lti.SCORE, headers=headers).status_code == 401
    headers = {"authorization": f"Basic {token}"}
    assert client.post(address, score, content_type=lti.SCORE, headers=headers).status_code == 401
    assert not Outcome.objects.exists()


def test_a_score_of_another_type_is_refused(client, learner, placement):
    address = reverse("partners:scores", args=[placement.pk])
    answer = client.post(address, "{}", content_type="application/json", headers=bearer(placement.tool))
    assert answer.status_code == 415


def test_line_items_and_results_are_the_ones_of_the_course(client, learner, placement, settings):
    post_score(client, placement, score_of(learner, placement.tool))
    headers = bearer(placement.tool)
    item = client.get(reverse("partners:line-item", args=[placement.pk]), headers=headers)
    assert item.json()["resourceLinkId"] == str(placement.pk)
    items = client.get(reverse("partners:line-items", args=[placement.pk]), headers=headers)
    assert items.json() == [item.json()]
    address = reverse("partners:results", args=[placement.pk])
    (result,) = client.get(address, headers=headers).json()
    assert result["userId"] == score_of(learner, placement.tool)["userId"]
    assert (result["resultScore"], result["resultMaximum"]) == (80, 100)
    assert client.get(address, {"user_id": "nobody"}, headers=headers).json() == []


# -- Outcomes -------------------------------------------------------------------------------------------
def test_many_reports_take_few_queries(placement, completions, django_assert_max_num_queries):
    persons = [make_person().pk for _ in range(20)]
    now = datetime(2026, 11, 21, tzinfo=UTC)
    reports = {person: Report(now, Decimal("0.5"), now - timedelta(days=1)) for person in persons}
    with django_assert_max_num_queries(8):
        assert keep(placement.course, reports, source=Source.FILE, actor=None) == 20
    assert len(completions) == 20
    assert keep(placement.course, reports, source=Source.FILE, actor=None) == 0


def test_an_older_report_fills_what_is_missing_and_takes_nothing_back(placement, learner):
    now = datetime(2026, 11, 21, tzinfo=UTC)
    keep(placement.course, {learner.pk: Report(now, Decimal("0.9"))}, source=Source.LTI, actor=None)
    older = Report(now - timedelta(days=3), Decimal("0.2"), now - timedelta(days=3))
    assert keep(placement.course, {learner.pk: older}, source=Source.FILE, actor=None) == 1
    outcome = Outcome.objects.get()
    assert (outcome.score, outcome.reported_at, outcome.source) == (Decimal("0.9"), now, Source.LTI)
    assert outcome.completed_at == now - timedelta(days=3)


def test_records_hear_of_the_way_there_and_of_what_the_tool_says(client, placement, learner):
    launches.open_course(learner, placement.course)
    assert post_score(client, placement, score_of(learner, placement.tool)).status_code == 204
    told = list(OutboxEntry.objects.order_by("pk").values_list("statement", flat=True))
    assert [each["verb"]["display"]["en"] for each in told] == ["launched", "completed"]
    assert told[1]["result"]["score"]["scaled"] == 0.8
    assert told[1]["context"]["contextActivities"]["parent"][0]["id"].endswith(
        f"/id/course/{placement.course.code}"
    )
