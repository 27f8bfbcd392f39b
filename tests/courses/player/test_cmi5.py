"""cmi5: a session from its launch to its end, through the record store as content reaches it."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from courses.player import cmi5
from courses.player.models import ItemProgress, UnitProgress, UnitStatus
from courses.player.services import cmi5 as lms
from courses.player.services.cmi5 import FetchRefused, fetch, start
from courses.player.services.launches import begin, launch
from courses.player.services.registrations import take_session
from learning.records.errors import Forbidden, Unauthorized
from learning.records.models import Document, Resource, Statement
from learning.records.services.credentials import authenticate
from learning.records.services.store import Submission, read_statement, store
from learning.records.xapi.versions import Version
from tests.courses.packages.factories import package as good_package
from tests.courses.packages.factories import with_manifest
from tests.courses.player.packages import in_package, kept

pytestmark = pytest.mark.django_db
AU = "https://example.org/au"
BASE = "https://portal.example/learn/run/"
_ADL = "http://adlnet.gov/expapi/verbs/"


class Content:
    """What a unit does after it was opened: fetch its credential, and send statements."""

    def __init__(self, address: str) -> None:
        self.given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.credential = authenticate("Basic " + fetch(self.given["fetch"].rpartition("/")[2]))
        document = Document.objects.get(resource=Resource.STATE, name=cmi5.LAUNCH_DATA)
        self.data = json.loads(bytes(document.content))

    def statement(self, verb: str, *, judges: bool = False, **result: Any) -> dict[str, Any]:
        template = json.loads(json.dumps(self.data["contextTemplate"]))
        categories = [cmi5.CMI5, cmi5.MOVE_ON] if judges else [cmi5.CMI5]
        template["contextActivities"]["category"] = [{"id": each} for each in categories]
        if judges and "masteryScore" in self.data:
            template["extensions"][cmi5.MASTERY] = self.data["masteryScore"]
        return {
            "id": str(uuid4()),
            "actor": json.loads(self.given["actor"]),
            "verb": {"id": _ADL + verb},
            "object": {"id": self.given["activityId"]},
            "context": {**template, "registration": self.given["registration"]},
            "timestamp": datetime.now(UTC).isoformat(),
            **({"result": result} if result else {}),
        }

    def completed(self) -> dict[str, Any]:
        return self.statement("completed", judges=True, completion=True, duration="PT1S")

    def passed(self, scaled: float = 0.9) -> dict[str, Any]:
        return self.statement("passed", judges=True, success=True, duration="PT1S", score={"scaled": scaled})

    def failed(self, scaled: float = 0.1) -> dict[str, Any]:
        return self.statement("failed", judges=True, success=False, duration="PT1S", score={"scaled": scaled})

    def terminated(self) -> dict[str, Any]:
        return self.statement("terminated", duration="PT1S")

    def send(self, *statements: dict[str, Any]) -> None:
        incoming = [read_statement(json.dumps(each).encode(), Version.V1) for each in statements]
        (outcome,) = store([Submission(self.credential, incoming)])
        if isinstance(outcome, Exception):
            raise outcome


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
    assert content.given["endpoint"] == "https://portal.example/xapi"
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
        with pytest.raises(FetchRefused):
            fetch(token)


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


def test_nothing_is_taken_after_the_end(content):
    content.send(content.statement("initialized"))
    content.send(content.terminated())
    with pytest.raises((Forbidden, Unauthorized)):
        content.send(content.completed())
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
    allowed = content.statement("experienced")
    del allowed["context"]["contextActivities"]["category"]
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
