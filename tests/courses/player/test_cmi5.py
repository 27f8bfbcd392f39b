"""cmi5: a session from its launch to its end, through the record store as content reaches it."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from courses.player import cmi5
from courses.player.models import ItemProgress, Launch, UnitProgress, UnitStatus
from courses.player.services import cmi5 as lms
from courses.player.services.cmi5 import FetchRefused, fetch, start
from courses.player.services.launches import begin, launch
from courses.player.services.registrations import preview, take_session
from learning.records.errors import Forbidden, Unauthorized
from learning.records.models import Resource, Statement
from tests.courses.packages.factories import package as good_package
from tests.courses.packages.factories import with_manifest
from tests.courses.player.cmi5 import Content
from tests.courses.player.packages import in_package, kept

pytestmark = pytest.mark.django_db
AU = "https://example.org/au"
BASE = "https://portal.example/learn/run/"
_ADL = "http://adlnet.gov/expapi/verbs/"


@pytest.fixture
def place(media, learner, department):
    return in_package(learner, kept(good_package("cmi5"), department))


def opened(place, item: str = AU) -> str:
    registration, unit, session = place
    made, _secret = launch(registration, unit, item, session)
    begin(made)
    return start(made, "https://content.example/index.html?lesson=1", BASE, "https://content.example/back")


@pytest.fixture
def content(place):
    return Content(opened(place))


def verbs() -> list[str]:
    received = Statement.objects.order_by("position").values_list("received", flat=True)
    return [json.loads(each)["verb"]["id"].rpartition("/")[2] for each in received]


def test_the_launch_hands_over_what_the_standard_names(content):
    assert content.given["lesson"] == "1"
    assert content.given["endpoint"] == "https://portal.example/xapi/"
    assert set(content.given) == {
        "lesson", "endpoint", "fetch", "actor", "registration", "activityId"
    }  # fmt: skip
    assert content.data["masteryScore"] == 0.8
    assert content.data["moveOn"] == "CompletedAndPassed"
    assert content.data["launchParameters"] == "level=1"
    assert content.data["launchMethod"] == "OwnWindow"
    assert content.given["activityId"] != AU
    assert verbs() == ["launched"]


def test_the_credential_is_fetched_once(place):
    address = opened(place)
    Content(address)
    with pytest.raises(FetchRefused):
        Content(address)
    for token in ("", "x", address):
        with pytest.raises(FetchRefused) as refused:
            fetch(token)
        assert refused.value.code == 2


def test_any_origin_may_fetch_a_credential_and_is_told_why_not(place, client):
    path = urlsplit(parse_qs(urlsplit(opened(place)).query)["fetch"][0]).path
    leave = client.options(path)
    assert (leave.status_code, leave["Access-Control-Allow-Headers"]) == (204, "Content-Type")
    first, second, third = client.post(path), client.post(path), client.post(path + "x")
    assert "auth-token" in first.json()
    assert [reply.json()["error-code"] for reply in (second, third)] == ["1", "2"]
    for reply in (leave, first, second, third):
        assert reply["Access-Control-Allow-Origin"] == "*"
    assert {reply.status_code for reply in (first, second, third)} == {200}
    assert client.get(path).status_code == 405


def test_the_credential_of_an_earlier_session_is_not_given_any_more(place):
    address = opened(place)
    opened(place)
    with pytest.raises(FetchRefused):
        Content(address)


def test_every_opening_is_a_session_of_its_own(place):
    registration, unit, session = place
    made, _secret = launch(registration, unit, AU, session)
    begin(made)
    # A frame that is loaded again asks with the same launch.
    first, second = (Content(start(made, "https://content.example/", BASE, "")) for _ in range(2))
    assert first.data["contextTemplate"] != second.data["contextTemplate"]
    with pytest.raises((Forbidden, Unauthorized)):
        first.send(first.statement("initialized"))
    second.send(second.statement("initialized"))


def test_launch_data_and_preferences_are_read_before_anything_is_said(place):
    content = Content(opened(place), reads=False)
    for read in (content.launch_data, content.read_preferences):
        content.data = read()
        if read == content.launch_data:
            with pytest.raises(Forbidden):
                content.send(content.statement("initialized"))
    content.data = content.launch_data()
    content.send(content.statement("initialized"))


def test_a_preview_is_browsed_and_judges_nothing(media, learner, department):
    package = kept(good_package("cmi5"), department)
    registration, unit, _session = in_package(learner, package)
    previewed = preview(learner, registration.version)
    content = Content(opened((previewed, unit, take_session(previewed, "Chrome"))))
    assert content.data["launchMode"] == "Browse"
    judges_nothing(content)


def test_who_has_nothing_left_to_reach_comes_to_review(place):
    first = Content(opened(place))
    assert first.data["launchMode"] == "Normal"
    first.send(first.statement("initialized"), first.completed(), first.passed(), first.terminated())
    second = Content(opened(place))
    assert second.data["launchMode"] == "Review"
    assert second.statement("initialized")["context"]["registration"] == str(place[0].pk)
    judges_nothing(second)


def judges_nothing(content: Content) -> None:
    content.send(content.statement("initialized"))
    for judging in (content.completed(), content.passed(), content.failed()):
        with pytest.raises(Forbidden):
            content.send(judging)
    content.send(content.experienced(), content.terminated())


@pytest.mark.parametrize(
    ("rule", "mastery", "reached", "mode"),
    [
        ("Completed", None, (True, False, False), cmi5.Mode.REVIEW),
        ("Completed", None, (True, False, True), cmi5.Mode.NORMAL),
        ("Completed", Decimal("0.8"), (True, False, False), cmi5.Mode.NORMAL),
        ("CompletedOrPassed", Decimal("0.8"), (False, True, False), cmi5.Mode.REVIEW),
        ("CompletedAndPassed", None, (False, True, False), cmi5.Mode.NORMAL),
        ("Passed", Decimal("0.8"), (True, False, True), cmi5.Mode.NORMAL),
        ("NotApplicable", None, (False, False, False), cmi5.Mode.NORMAL),
    ],
)
def test_what_a_session_is_for(rule, mastery, reached, mode):
    completed, passed, failed = reached
    assert cmi5.mode_of(rule, mastery, completed=completed, passed=passed, failed=failed) is mode


def test_a_session_says_once_either_passed_or_failed(place):
    content = Content(opened(place))
    content.send(content.statement("initialized"), content.failed())
    for again in (content.failed(), content.passed()):
        with pytest.raises(Forbidden):
            content.send(again)


def test_who_passes_without_a_score_names_no_mark(content):
    content.send(content.statement("initialized"))
    passed = content.passed()
    del passed["result"]["score"], passed["context"]["extensions"][cmi5.MASTERY]
    content.send(passed)


def test_an_id_may_be_given_in_the_address_but_must_be_given(content):
    statement = content.statement("initialized")
    name = statement.pop("id")
    assert content.lrs.send("POST", "statements", statement).status == 403
    assert content.lrs.send("PUT", "statements", statement, statementId=name).status == 204


def test_what_satisfies_is_said_before_the_end_and_completes_the_unit(content):
    content.send(content.statement("initialized"))
    content.send(content.completed())
    assert UnitProgress.objects.get().status == UnitStatus.STARTED
    content.send(content.passed(), content.terminated())
    assert verbs() == [
        "launched", "initialized", "completed", "satisfied", "satisfied", "passed", "terminated"
    ]  # fmt: skip
    progress = UnitProgress.objects.get()
    assert (progress.status, progress.is_passed, progress.score) == (
        UnitStatus.COMPLETED,
        True,
        Decimal("0.9"),
    )
    satisfied = [
        json.loads(text)
        for text in Statement.objects.order_by("position").values_list("received", flat=True)
        if "satisfied" in text
    ]
    groups = [each["context"]["contextActivities"]["grouping"][0]["id"] for each in satisfied]
    assert groups == ["https://example.org/block", "https://example.org/course"]


def test_nothing_is_taken_or_given_after_the_end(content):
    content.send(content.statement("initialized"))
    content.send(content.terminated())
    with pytest.raises((Forbidden, Unauthorized)):
        content.send(content.completed())
    assert content.state("GET", "bookmark").status in {401, 403}
    with pytest.raises(Forbidden):
        # As a process that has not heard yet that the credential is revoked.
        lms.Rules().before_document(content.credential.launch, Resource.STATE, "bookmark", "GET")
    assert not ItemProgress.objects.get(item=AU).is_completed


def test_refused_statements_leave_nothing(content):
    content.send(content.statement("initialized"))
    before = verbs()
    with pytest.raises(Forbidden):
        content.send(content.completed(), content.passed(0.1))
    assert verbs() == before
    assert not UnitProgress.objects.filter(status=UnitStatus.COMPLETED).exists()
    content.send(content.completed())


def test_a_failure_may_be_followed_by_a_pass_in_a_later_session(place):
    first = Content(opened(place))
    first.send(first.statement("initialized"), first.failed())
    assert ItemProgress.objects.get(item=AU).is_passed is False
    second = Content(opened(place))
    second.send(second.statement("initialized"), second.completed(), second.passed())
    assert UnitProgress.objects.get().is_passed is True
    third = Content(opened(place))
    third.send(third.statement("initialized"))
    for again in (third.completed(), third.passed(), third.failed()):
        with pytest.raises(Forbidden):
            third.send(again)


def test_a_session_left_without_a_word_is_abandoned_by_the_next(place):
    first = Content(opened(place))
    first.send(first.statement("initialized"))
    opened(place)
    assert verbs() == ["launched", "initialized", "abandoned", "launched"]
    with pytest.raises((Forbidden, Unauthorized)):
        first.send(first.completed())


def test_a_session_that_is_abandoned_is_over(place):
    content = Content(opened(place))
    content.send(content.statement("initialized"))
    given = content.credential.launch
    assert given is not None
    for _twice in range(2):
        lms.abandon(given.reference, now=timezone.now())
    assert verbs() == ["launched", "initialized", "abandoned"]
    for wanted in ("GET", "PUT", "DELETE"):
        assert content.state(wanted, "bookmark", {}).status in {401, 403}
    with pytest.raises((Forbidden, Unauthorized)):
        content.send(content.experienced())


def test_sessions_that_nobody_ended_are_abandoned_when_their_launch_is_too_old(place):
    ended = Content(opened(place))
    ended.send(ended.statement("initialized"), ended.terminated())
    lost = Content(opened(place))
    lost.send(lost.statement("initialized"))
    now = timezone.now()
    assert lms.abandon_lost(now=now) == 0
    assert [lms.abandon_lost(now=now + timedelta(hours=13)) for _twice in range(2)] == [1, 0]
    assert verbs()[-1] == "abandoned"
    Launch.objects.all().delete()
    assert lms.abandon_lost(now=now + timedelta(hours=13)) == 0


def test_another_device_ends_the_session(place, content):
    take_session(place[0], "Safari · iPhone")
    with pytest.raises(Forbidden):
        content.send(content.statement("initialized"))


def test_units_that_ask_for_nothing_are_satisfied_at_the_first_launch(media, learner, department):
    upload = with_manifest("cmi5", 'moveOn="CompletedAndPassed" ', "")
    opened(in_package(learner, kept(upload, department)))
    assert verbs() == ["satisfied", "satisfied", "launched"]
    assert UnitProgress.objects.get().status == UnitStatus.COMPLETED


def test_what_the_platform_gives_is_not_overwritten(content):
    rules = lms.Rules()
    given = content.credential.launch
    for resource, name in (
        (Resource.STATE, cmi5.LAUNCH_DATA),
        (Resource.STATE, ""),
        (Resource.AGENT_PROFILE, cmi5.PREFERENCES),
    ):
        with pytest.raises(Forbidden):
            rules.before_document(given, resource, name, "PUT")
    rules.before_document(given, Resource.STATE, "bookmark", "PUT")


def _categories(statement: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = statement["context"]["contextActivities"]["category"]
    return found


def _without(path: str):
    def alter(statement):
        *parents, last = path.split(".")
        for name in parents:
            statement = statement[name]
        del statement[last]

    return alter


def _with(path: str, value: Any):
    def alter(statement):
        *parents, last = path.split(".")
        for name in parents:
            statement = statement.setdefault(name, {})
        statement[last] = value

    return alter


@pytest.mark.parametrize(
    ("kind", "alter"),
    [
        ("passed", _without("id")),
        ("passed", _without("context")),
        ("passed", _without("context.contextActivities.grouping")),
        ("passed", _without("timestamp")),
        ("passed", _with("timestamp", "2026-11-21T10:00:00.000+07:00")),
        ("passed", _with("object.id", "https://example.org/other")),
        ("passed", _without("context.registration")),
        ("passed", _without("context.extensions")),
        ("passed", _with("context.extensions", {cmi5.SESSION: "another", cmi5.MASTERY: 0.8})),
        ("passed", lambda statement: statement["context"]["extensions"].update({cmi5.MASTERY: 0.5})),
        ("passed", lambda statement: _categories(statement).pop()),
        ("passed", _with("result.completion", value=True)),
        ("passed", _with("result.success", value=False)),
        ("passed", _without("result.success")),
        ("passed", _without("result.duration")),
        ("passed", _with("result.score", {"scaled": 0.79})),
        ("passed", _with("result.score", {"raw": 90})),
        ("failed", _with("result.score", {"scaled": 0.8})),
        ("failed", _with("result.success", value=True)),
        ("completed", _with("result.success", value=True)),
        ("completed", _without("result.completion")),
        ("completed", _with("result.completion", value=False)),
        ("completed", _with("result.score", {"scaled": 1})),
        ("terminated", _without("result")),
        ("terminated", lambda statement: _categories(statement).append({"id": cmi5.MOVE_ON})),
        ("completed", _with("verb.id", "https://w3id.org/xapi/adl/verbs/satisfied")),
        ("completed", _with("verb.id", "https://w3id.org/xapi/adl/verbs/waived")),
        ("completed", _with("verb.id", _ADL + "experienced")),
    ],
)  # fmt: skip
def test_a_statement_that_breaks_a_rule_is_refused(content, kind, alter):
    content.send(content.statement("initialized"))
    statement = getattr(content, kind)()
    alter(statement)
    with pytest.raises(Forbidden):
        content.send(statement)


def test_the_session_begins_with_initialized_and_once(content):
    for early in (content.completed(), content.terminated(), content.statement("experienced")):
        with pytest.raises(Forbidden):
            content.send(early)
    content.send(content.statement("initialized"))
    with pytest.raises(Forbidden):
        content.send(content.statement("initialized"))


def test_other_statements_are_allowed_within_the_session(content):
    allowed = content.experienced()
    with pytest.raises(Forbidden):
        content.send(allowed)
    content.send(content.statement("initialized"))
    content.send(allowed)
    assert verbs()[-1] == "experienced"


@pytest.mark.parametrize(
    ("rule", "nothing", "completed", "passed", "both"),
    [
        ("NotApplicable", True, True, True, True),
        ("Completed", False, True, False, True),
        ("Passed", False, False, True, True),
        ("CompletedOrPassed", False, True, True, True),
        ("CompletedAndPassed", False, False, False, True),
    ],
)
def test_what_satisfies_a_unit(rule, nothing, completed, passed, both):
    assert cmi5.is_satisfied(rule, completed=False, passed=False) is nothing
    assert cmi5.is_satisfied(rule, completed=True, passed=False) is completed
    assert cmi5.is_satisfied(rule, completed=False, passed=True) is passed
    assert cmi5.is_satisfied(rule, completed=True, passed=True) is both
