"""What a launch's credential reaches, and the rules of the app that launched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from learning.people.models import AuditEntry, Person
from learning.records import launches
from learning.records.errors import Forbidden
from learning.records.models import Launch, Resource, Statement
from learning.records.services import credentials, pace
from learning.records.services.actors import actor_of, person_of
from learning.records.services.outbox import statement_id
from learning.records.services.store import store_own
from learning.records.xapi.statements import VOIDED
from tests.learning.records.client import STATEMENT, Sender, statement

ACTIVITY = "https://learning.example/kd10"
REGISTRATION = uuid4()
SUB = {"objectType": "SubStatement", "verb": {"id": "http://a/b"}, "object": {"id": ACTIVITY}}
OTHER = {"mbox": "mailto:other@example.org"}


class Rules:
    """The rules of a course: no failing, a statement of its own before and after each."""

    def before_statements(self, launch: Launch, statements: Sequence[dict[str, Any]]) -> None:
        if any(one["verb"]["id"].endswith("failed") for one in statements):
            raise Forbidden("nobody fails here")
        self._own(launch, "before")

    def after_statements(self, launch: Launch, statements: Sequence[dict[str, Any]]) -> None:
        AuditEntry.objects.create(action="test.told", data={"ids": [one["id"] for one in statements]})
        self._own(launch, "after")
        if any(one["verb"]["id"].endswith("terminated") for one in statements):
            raise Forbidden("too late")

    def before_document(self, _launch: Launch, _resource: Resource, name: str, _method: str) -> None:
        if name == "LMS.LaunchData":
            raise Forbidden("launch data are the platform's")

    @staticmethod
    def _own(launch: Launch, verb: str) -> None:
        one = STATEMENT | {"actor": launch.actor, "verb": {"id": f"http://x/{verb}"}}
        store_own(credentials.own_client("course"), [one])


@pytest.fixture(autouse=True)
def _rules() -> Iterator[None]:
    launches.add_launch_rules("strict", Rules())
    yield
    launches._rules.pop("strict")


def _launch(learner: Person, **changes: Any) -> tuple[Launch, Sender]:
    values: dict[str, Any] = {
        "actor": actor_of(learner),
        "activity": ACTIVITY,
        "registration": REGISTRATION,
        "lifetime": timedelta(hours=1),
    }
    launch, secret = credentials.issue_launch_credential(**(values | changes))
    return launch, Sender(secret)


def _about(learner: Person, **changes: Any) -> dict[str, Any]:
    values = {"actor": actor_of(learner), "object": {"id": ACTIVITY}}
    return statement(**(values | {"context": {"registration": str(REGISTRATION)}} | changes))


def test_a_launch_writes_and_reads_its_learners_statements(learner: Person, lrs: Sender):
    _, sender = _launch(learner)
    own = _about(learner)
    sender.store(own)
    lrs.store(_about(learner, context={}), statement())
    assert sender.found() == [own["id"]]
    assert person_of(own["actor"]) == learner


@pytest.mark.parametrize(
    "changes",
    [
        {"object": {"id": f"{settings.PUBLIC_ORIGIN}/id/test/kp-01"}},
        {"object": {"id": settings.PUBLIC_ORIGIN}},
        {"object": SUB | {"actor": OTHER, "object": {"id": f"{settings.PUBLIC_ORIGIN}/id/test/kp-01"}}},
        {"id": str(statement_id("enrollment.completed:1"))},
    ],
)
def test_nobody_says_from_a_launch_what_the_platform_says_itself(learner: Person, changes: dict[str, Any]):
    if "actor" in changes.get("object", {}):
        changes = {"object": changes["object"] | {"actor": actor_of(learner)}}
    _, sender = _launch(learner)
    context = {"contextActivities": {"parent": [{"id": ACTIVITY}]}}
    assert sender.send("POST", "statements", _about(learner, context=context)).status == 200
    forged = _about(learner, context=context) | changes
    assert sender.send("POST", "statements", forged).status == 403


def test_a_package_that_names_itself_as_the_platform_reaches_nothing(learner: Person):
    iri = f"{settings.PUBLIC_ORIGIN}/id/test/kp-01"
    _, sender = _launch(learner, activity=iri)
    assert sender.send("POST", "statements", _about(learner, object={"id": iri})).status == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": OTHER},
        {"object": {"id": "https://learning.example/kd100"}},
        {"object": OTHER | {"objectType": "Agent"}},
        {"context": {"registration": str(uuid4())}},
        {"object": {"objectType": "StatementRef", "id": str(uuid4())}, "verb": {"id": VOIDED}},
        {"object": SUB | {"actor": OTHER}},
    ],
    ids=["learner", "activity", "person", "registration", "voiding", "learner inside"],
)  # fmt: skip
def test_a_launch_does_not_write_about_others(learner: Person, changes: dict[str, Any]):
    _, sender = _launch(learner)
    assert sender.send("POST", "statements", [_about(learner), _about(learner, **changes)]).status == 403
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    "activity", [f"{ACTIVITY}/page/1", f"{ACTIVITY}#quiz", "https://agency.example/kd10/au1"]
)
def test_what_lies_below_the_activity_belongs_to_the_launch(learner: Person, activity: str):
    _, sender = _launch(learner, prefixes=("https://agency.example/kd10/",))
    sender.store(_about(learner, object={"id": activity}))


@pytest.mark.parametrize(
    ("prefix", "activity"),
    [
        ("https://agency.example/kd10", "https://agency.example/kd100"),
        ("https://", "https://other.example/kd20"),
        ("h:", "https://other.example/kd20"),
        ("{ours}", "{ours}/id/course/KD10"),
        ("{ours}/id/", "{ours}/id/course/KD10"),
        ("{ours}/id/course/KD10", "{ours}/id/course/KD10"),
    ],
)
def test_an_id_that_a_publisher_wrote_reaches_nothing_else(learner: Person, prefix: str, activity: str):
    prefix, activity = (text.format(ours=settings.PUBLIC_ORIGIN) for text in (prefix, activity))
    _, sender = _launch(learner, prefixes=(prefix,))
    assert sender.send("POST", "statements", _about(learner, object={"id": activity})).status == 403
    query = {"agent": json.dumps(actor_of(learner)), "activityId": activity}
    assert sender.send("PUT", "activities/state", {}, **query, stateId="s").status == 403
    assert sender.send("DELETE", "activities/state", **query).status == 403
    assert sender.send("PUT", "activities/profile", {}, activityId=activity, profileId="p").status == 403


def test_what_the_address_of_content_had_is_sent_along_and_let_be(learner: Person, lrs: Sender):
    """TinCanJS does so; a name that differs in case only is still a mistake, which might reach too much."""
    _, sender = _launch(learner)
    query = {"agent": json.dumps(actor_of(learner)), "activityId": ACTIVITY}
    assert (
        sender.send("PUT", "activities/state", {"page": 1}, **query, stateId="here", lang="th").status == 204
    )
    own = _about(learner)
    assert sender.send("PUT", "statements", own, statementId=own["id"], lang="th").status == 204
    assert sender.found(lang="th") == [own["id"]]
    assert sender.send("DELETE", "activities/state", **query, stateid="here").status == 400
    assert lrs.send("GET", "statements", lang="th").status == 400


def test_a_launch_that_ended_in_another_process_reads_nothing_here(learner: Person):
    launch, sender = _launch(learner)
    query = {"agent": json.dumps(actor_of(learner)), "activityId": ACTIVITY}
    assert sender.found() == []
    # As another process does it: this one still remembers the credential.
    Launch.objects.filter(pk=launch.pk).update(revoked_at=timezone.now())
    assert sender.send("GET", "statements").status == 401
    assert sender.send("GET", "activities/state", **query).status == 401


def test_states_of_another_registration_are_out_of_reach(learner: Person):
    """Also for a request that names none, which would be about all of them."""
    _, one = _launch(learner)
    _, other = _launch(learner, registration=uuid4())
    query = {"agent": json.dumps(actor_of(learner)), "activityId": ACTIVITY}
    assert one.send("PUT", "activities/state", {"page": 1}, **query, stateId="here").status == 204
    assert json.loads(other.send("GET", "activities/state", **query).body) == []
    assert other.send("GET", "activities/state", **query, stateId="here").status == 404
    assert other.send("DELETE", "activities/state", **query).status == 204
    kept = one.send("GET", "activities/state", **query, stateId="here", registration=str(REGISTRATION))
    assert json.loads(kept.body) == {"page": 1}


def test_documents_of_a_launch_are_its_own(learner: Person):
    _, sender = _launch(learner)
    mine, theirs = json.dumps(actor_of(learner)), json.dumps(OTHER)
    for agent, activity, status in (
        (mine, ACTIVITY, 204),
        (theirs, ACTIVITY, 403),
        (mine, "https://learning.example/kd11", 403),
    ):
        reply = sender.send("POST", "activities/state", {}, agent=agent, activityId=activity, stateId="s")
        assert reply.status == status
    assert sender.send("GET", "agents/profile", agent=theirs).status == 403
    assert sender.send("GET", "agents", agent=theirs).status == 403
    assert sender.send("GET", "agents", agent=mine).status == 200
    assert sender.send("GET", "activities", activityId="https://learning.example/kd11").status == 403


def test_a_launch_that_floods_the_store_is_held_back_and_others_are_not(learner: Person):
    _, flood = _launch(learner)
    _, other = _launch(learner)
    batch = [_about(learner) for _ in range(900)]
    replies = [flood.send("POST", "statements", batch) for _ in range(4)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert replies[-1].headers["Retry-After"] == "2"
    query = {"agent": json.dumps(actor_of(learner)), "activityId": ACTIVITY, "stateId": "s"}
    assert other.send("PUT", "activities/state", {}, **query).status == 204
    large = b"x" * (pace.MOST * pace.BYTES_EACH + pace.BYTES_EACH)
    text = {"content-type": "text/plain"}
    assert other.send("PUT", "activities/state", large, headers=text, **query).status == 429


def test_a_launch_ends(learner: Person):
    launch, sender = _launch(learner)
    assert sender.send("GET", "statements").status == 200
    credentials.revoke_launch(launch)
    assert sender.send("GET", "statements").status == 401
    _, late = _launch(learner, lifetime=timedelta(seconds=-1))
    assert late.send("GET", "statements").status == 401
    launch, sender = _launch(learner)
    credentials.extend_launch(launch, timedelta(hours=8))
    assert launch.expires_at > timezone.now() + timedelta(hours=7)


def test_the_app_that_launched_is_asked_and_told_in_the_same_transaction(learner: Person):
    _, sender = _launch(learner, rules="strict")
    own = _about(learner)
    sender.store(own)
    assert AuditEntry.objects.get().data == {"ids": [own["id"]]}
    order = [json.loads(row.received)["verb"]["id"] for row in Statement.objects.order_by("position")]
    assert order == ["http://x/before", STATEMENT["verb"]["id"], "http://x/after"]
    sender.store(own)
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("verb", ["failed", "terminated"], ids=["before", "after"])
def test_the_app_that_launched_may_refuse_and_nothing_stays(learner: Person, verb: str):
    _, sender = _launch(learner, rules="strict")
    reply = sender.send(
        "POST", "statements", _about(learner, verb={"id": f"http://adlnet.gov/expapi/verbs/{verb}"})
    )
    assert reply.status == 403
    assert not Statement.objects.exists()
    assert not AuditEntry.objects.exists()


def test_the_app_that_launched_keeps_its_documents(learner: Person):
    _, sender = _launch(learner, rules="strict")
    asked = {"agent": json.dumps(actor_of(learner)), "activityId": ACTIVITY}
    assert sender.send("PUT", "activities/state", {}, **asked, stateId="LMS.LaunchData").status == 403
    assert sender.send("PUT", "activities/state", {}, **asked, stateId="bookmark").status == 204
