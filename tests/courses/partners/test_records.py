"""Completions that partners report by learning records: theirs, of persons who went there, kept once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from courses.partners.errors import NotExternal
from courses.partners.models import Outcome, Source, Visit
from courses.partners.services import records
from enrollment.models import Enrolment, EnrolmentState
from learning.people.models import AuditEntry, Person
from learning.records.models import Client, OutboxEntry, Statement
from learning.records.services import credentials
from learning.records.services.actors import actor_of
from tests.courses.catalogue.factories import make_course, make_external
from tests.enrollment.factories import enrol, make_round
from tests.learning.records.client import Sender, error, statement

pytestmark = pytest.mark.django_db
ACTIVITY = "https://learn.example/xapi/course/1"
COMPLETED = {"id": "http://adlnet.gov/expapi/verbs/completed"}


@pytest.fixture(autouse=True)
def _nobody_remembered() -> Iterator[None]:
    credentials.forget()
    yield
    credentials.forget()


@pytest.fixture
def course(learner: Person):
    made = make_external("KD81")
    Visit.objects.create(person=learner, course=made)
    return made


@pytest.fixture
def partner(course) -> Sender:
    secret = records.let_in("สถาบันภายนอก", actor=None)
    records.connect(Client.objects.get(key=secret.key), course, ACTIVITY, actor=None)
    return Sender(secret)


def about(person: Person, **changes: Any) -> dict[str, Any]:
    values = {"actor": actor_of(person), "verb": COMPLETED, "object": {"id": ACTIVITY}}
    return statement(**values | changes)


def test_a_completion_is_kept_with_its_time_and_score(partner: Sender, learner: Person):
    score = {"raw": 16, "min": 0, "max": 20}
    partner.store(about(learner, timestamp="2026-11-20T10:00:00Z", result={"score": score}))
    outcome = Outcome.objects.get()
    assert (outcome.person, outcome.source, outcome.score) == (learner, Source.XAPI, Decimal("0.8"))
    assert outcome.completed_at is not None
    assert outcome.completed_at.isoformat() == "2026-11-20T10:00:00+00:00"


def test_the_course_is_completed_for_whoever_is_enrolled_and_once(partner: Sender, learner: Person, course):
    enrolment = enrol(make_round(course), learner)
    one = about(learner)
    for sent in (
        one,
        one,
        about(learner),
        about(learner, verb={"id": "http://adlnet.gov/expapi/verbs/passed"}),
    ):
        partner.store(sent)
    assert Enrolment.objects.get().state == EnrolmentState.COMPLETED
    assert Enrolment.objects.get(pk=enrolment.pk).certificate is not None
    verbs = [each.statement["verb"]["display"]["en"] for each in OutboxEntry.objects.order_by("pk")]
    assert verbs == ["registered", "completed", "completed", "earned"]


def test_a_person_may_be_meant_by_e_mail_address(partner: Sender, learner: Person):
    partner.store(about(learner, actor={"mbox": f"mailto:{learner.email.upper()}"}))
    assert Outcome.objects.get().person == learner


@pytest.mark.parametrize(
    ("verb", "result"),
    [
        ("failed", {}),
        ("progressed", {}),
        ("completed", {"success": False}),
        ("completed", {"completion": False}),
    ],
)
def test_what_is_no_completion_completes_nothing_and_keeps_the_score(
    partner: Sender, learner: Person, verb: str, result: dict[str, Any]
):
    said = {"id": f"http://adlnet.gov/expapi/verbs/{verb}"}
    partner.store(about(learner, verb=said, result=result | {"score": {"scaled": 0.25}}))
    outcome = Outcome.objects.get()
    assert (outcome.completed_at, outcome.score) == (None, Decimal("0.25"))


@pytest.mark.parametrize(
    ("score", "share"),
    [
        ({"scaled": -1}, "0"),
        ({"raw": 5}, None),
        ({"raw": 15, "min": 10, "max": 20}, "0.5"),
        ({"scaled": 0.123456}, "0.1235"),
    ],
)
def test_scores_of_every_shape(partner: Sender, learner: Person, score: dict[str, Any], share: str | None):
    partner.store(about(learner, result={"score": score}))
    assert Outcome.objects.get().score == (None if share is None else Decimal(share))


def test_a_batch_counts_as_a_whole_or_not_at_all(partner: Sender, learner: Person, outsider: Person):
    reply = partner.send("POST", "statements", [about(learner), about(outsider)])
    assert reply.status == 403
    assert "statements[1].actor is nobody who opened this course" in error(reply)
    assert not Outcome.objects.exists()
    assert not Statement.objects.exists()


def test_another_partners_course_is_refused(partner: Sender, learner: Person):
    other = make_external("KD82")
    Visit.objects.create(person=learner, course=other)
    secret = records.let_in("อีกสถาบัน", actor=None)
    client = Client.objects.get(key=secret.key)
    theirs = "https://other.example/c"
    records.connect(client, other, theirs, actor=None)
    for sender, thing in ((partner, theirs), (Sender(secret), ACTIVITY), (partner, "https://no.example/")):
        reply = sender.send("POST", "statements", about(learner, object={"id": thing}))
        assert reply.status == 403
        assert "no activity that this partner reports of" in error(reply)
    with pytest.raises(NotExternal):
        records.connect(client, other, ACTIVITY, actor=None)
    assert not Outcome.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": {"mbox": "mailto:nobody@example.org"}},
        {"actor": {"account": {"homePage": "https://other.example", "name": "x"}}},
        {"actor": {"account": {"homePage": "http://127.0.0.1:8000", "name": "no-uuid"}}},
        {"actor": {"objectType": "Group", "member": [{"mbox": "mailto:a@example.org"}]}},
        {"object": {"objectType": "Agent", "mbox": "mailto:a@example.org"}},
        {
            "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
            "object": {"objectType": "StatementRef", "id": "00000000-0000-4000-8000-000000000000"},
        },
    ],
    ids=["unknown", "account", "no-uuid", "group", "agent", "voiding"],
)
def test_what_a_partner_may_not_say(partner: Sender, learner: Person, changes: dict[str, Any]):
    assert partner.send("POST", "statements", about(learner, **changes)).status == 403
    assert not Outcome.objects.exists()


def test_who_never_went_there_from_here_and_whose_account_is_closed_are_nobody(
    partner: Sender, learner: Person
):
    Visit.objects.all().delete()
    assert partner.send("POST", "statements", about(learner)).status == 403
    Visit.objects.create(person=learner, course=make_course())
    assert partner.send("POST", "statements", about(learner)).status == 403
    Person.objects.filter(pk=learner.pk).update(is_active=False)
    assert partner.send("POST", "statements", about(learner)).status == 403


def test_a_time_in_the_future_is_refused(partner: Sender, learner: Person):
    ahead = (timezone.now() + timedelta(hours=1)).isoformat()
    reply = partner.send("POST", "statements", about(learner, timestamp=ahead))
    assert (reply.status, "future" in error(reply)) == (403, True)


def test_the_credential_reaches_nothing_else(partner: Sender, learner: Person, lrs_everything: Sender):
    lrs_everything.store(statement())
    own = about(learner)
    partner.store(own)
    assert partner.found() == [own["id"]]
    agent = json.dumps(actor_of(learner))
    assert partner.send("GET", "agents/profile", agent=agent).status == 403
    asked = {"agent": agent, "activityId": ACTIVITY, "stateId": "x"}
    assert partner.send("PUT", "activities/state", {}, **asked).status == 403
    records.shut_out(Client.objects.get(name="สถาบันภายนอก"), actor=None)
    assert partner.send("POST", "statements", about(learner)).status == 401


@pytest.fixture
def lrs_everything() -> Sender:
    return Sender(credentials.create_client("everything", ["all"]))


def test_the_command_lets_a_partner_in_and_out(course, learner: Person):
    out = StringIO()
    call_command("partner_records", "ใหม่", "--course", f"KD81={ACTIVITY}", stdout=out)
    said = json.loads(out.getvalue())
    sender = Sender(credentials.KeyAndSecret(said["key"], said["secret"]))
    sender.store(about(learner))
    assert Outcome.objects.get().completed_at is not None
    again = StringIO()
    call_command("partner_records", "ใหม่", "--course", "KD81=https://learn.example/new", stdout=again)
    assert "secret" not in json.loads(again.getvalue())
    call_command("partner_records", "ใหม่", "--revoke", stdout=StringIO())
    assert sender.send("POST", "statements", about(learner)).status == 401
    assert AuditEntry.objects.filter(action="partners.records_shut_out").exists()


@pytest.mark.parametrize("asked", [["--course", "NONE=https://x/"], ["--course", "KD81"], ["--revoke"]])
def test_the_command_says_what_is_wrong(course, asked: list[str]):
    with pytest.raises(CommandError):
        call_command("partner_records", "ผู้ใด", *asked, stdout=StringIO())
    assert not Client.objects.filter(name="ผู้ใด").exists()


def test_a_course_of_ours_is_reported_by_nobody(partner: Sender):
    make_course("KD83")
    with pytest.raises(CommandError):
        call_command("partner_records", "สถาบันภายนอก", "--course", "KD83=https://x/", stdout=StringIO())


# -- Pages ----------------------------------------------------------------------------------------------
def _let_in(client: Browser, first, **changes: Any):
    values = {"name": "สถาบัน ก", "course": first.pk, "activity": ACTIVITY}
    return client.post(reverse("partners:records-new"), values | changes)


def test_partners_are_let_in_by_administrators(
    client: Browser, course, learner: Person, auditor: Person, administrator: Person
):
    made = Client.objects.get(key=records.let_in("x", actor=None).key)
    pages = [reverse("partners:records"), reverse("partners:records-new")]
    pages.append(reverse("partners:records-connect", args=[made.pk]))
    assert {client.get(page).status_code for page in pages} == {302}
    for person, status in ((learner, 403), (auditor, 403), (administrator, 200)):
        client.force_login(person)
        assert {client.get(page).status_code for page in pages} == {status}


@pytest.mark.postgres
def test_a_name_that_no_database_could_hold_is_refused(client: Browser, course, administrator: Person):
    client.force_login(administrator)
    assert _let_in(client, course, name="สถาบัน\0").status_code == 422


def test_who_is_let_in_on_the_page_reports_of_the_course_and_sees_the_secret_once(
    client: Browser, course, learner: Person, administrator: Person
):
    client.force_login(administrator)
    key, secret = re.findall("<code>([0-9a-f]+)</code>", _let_in(client, course).content.decode())
    Sender(credentials.KeyAndSecret(key, secret)).store(about(learner))
    assert Outcome.objects.get().person == learner
    listed = client.get(reverse("partners:records")).content.decode()
    assert ACTIVITY in listed
    assert secret not in listed
    assert AuditEntry.objects.get(action="partners.records_let_in").actor == administrator
    assert AuditEntry.objects.get(action="partners.records_connected").actor == administrator


def test_one_more_course_is_added_to_a_partner_and_to_nobody_who_was_shut_out(
    client: Browser, course, administrator: Person
):
    client.force_login(administrator)
    _let_in(client, course)
    partner = Client.objects.get(name="สถาบัน ก")
    page, values = reverse("partners:records-connect", args=[partner.pk]), {"activity": "https://a.example/2"}
    assert client.post(page, values | {"course": make_external("KD82").pk}).status_code == 302
    assert partner.reported_activities.count() == 2
    records.shut_out(partner, actor=None)
    assert client.post(page, values | {"course": make_external("KD83").pk}).status_code == 404


def test_what_nobody_can_report_of_is_refused_on_the_page(client: Browser, course, administrator: Person):
    client.force_login(administrator)
    records.let_in("มีแล้ว", actor=None)
    for changes in (
        {"course": make_course("KD84").pk},
        {"activity": "course 1"},
        {"activity": "javascript:alert(1)"},
        {"name": "มีแล้ว"},
        {"name": ""},
    ):
        assert _let_in(client, course, **changes).status_code == 422
    assert Client.objects.count() == 1
    assert _let_in(client, course).status_code == 200
    assert _let_in(client, make_external("KD85"), name="อื่น").status_code == 422
