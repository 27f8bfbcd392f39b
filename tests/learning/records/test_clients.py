"""Credentials of other people's programs: who makes them, what is shown of them, and that they end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from learning.people.models import AuditEntry, Person
from learning.records.models import Client
from learning.records.services import credentials
from learning.records.services.credentials import KeyAndSecret
from tests.learning.records.client import Sender

pytestmark = pytest.mark.django_db
WANTED = {"name": "ระบบ HR", "scopes": ["statements/read", "statements/write"]}


@pytest.fixture
def staff(client: Browser, administrator: Person) -> Browser:
    client.force_login(administrator)
    return client


def _make(staff: Browser, **changes: object) -> KeyAndSecret:
    page = staff.post(reverse("records:client_new"), WANTED | changes).content.decode()
    key, secret = re.findall("<code>([0-9a-f]+)</code>", page)
    return KeyAndSecret(key, secret)


def test_credentials_are_for_administrators(
    client: Browser, learner: Person, auditor: Person, administrator: Person
):
    made = Client.objects.get(key=credentials.create_client("x", ["all"]).key)
    pages = [reverse("records:clients"), reverse("records:client_new")]
    pages.append(reverse("records:client_revoke", args=[made.pk]))
    assert {client.get(page).status_code for page in pages} == {302}
    for person, status in ((learner, 403), (auditor, 403), (administrator, 200)):
        client.force_login(person)
        assert {client.get(page).status_code for page in pages} == {status}


def test_a_credential_works_within_its_scopes_and_its_secret_is_shown_once(
    staff: Browser, administrator: Person
):
    reply = staff.post(reverse("records:client_new"), WANTED)
    assert "no-store" in reply.headers["Cache-Control"]
    key, secret = re.findall("<code>([0-9a-f]+)</code>", reply.content.decode())
    sender = Sender(KeyAndSecret(key, secret))
    assert sender.send("GET", "statements").status == 200
    about = {"activityId": "https://a.example/", "stateId": "s", "agent": '{"mbox":"mailto:a@b.c"}'}
    assert sender.send("GET", "activities/state", **about).status == 403
    listed = staff.get(reverse("records:clients")).content.decode()
    assert key in listed
    assert secret not in listed
    noted = AuditEntry.objects.get(action="records.client_made")
    assert noted.actor == administrator
    assert noted.data == WANTED
    assert secret not in str(noted.data)
    assert secret.encode() not in bytes(Client.objects.get(key=key).secret_sha256)


def test_a_revoked_credential_opens_nothing_and_is_revoked_once(staff: Browser, administrator: Person):
    sender = Sender(_make(staff))
    assert sender.send("GET", "statements").status == 200
    page = reverse("records:client_revoke", args=[Client.objects.get(name=WANTED["name"]).pk])
    assert staff.get(page).status_code == 200
    assert sender.send("GET", "statements").status == 200
    assert staff.post(page).status_code == 302
    assert sender.send("GET", "statements").status == 401
    assert staff.post(page).status_code == 404
    assert AuditEntry.objects.get(action="records.client_revoked").actor == administrator
    assert "ถูกเพิกถอน" in staff.get(reverse("records:clients")).content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "#id_name"),
        ({"scopes": []}, "#id_scopes"),
        ({"scopes": ["everything"]}, "everything"),
        ({"name": "x" * 101}, "100"),
        ({"name": "ระบบ\0"}, "#id_name"),
        ({"name": "มีแล้ว"}, "มีกุญแจเชื่อมต่อชื่อนี้อยู่แล้ว"),
    ],
)
def test_what_cannot_be_made_is_said(staff: Browser, changes: dict[str, object], said: str):
    credentials.create_client("มีแล้ว", ["all"])
    reply = staff.post(reverse("records:client_new"), WANTED | changes)
    assert reply.status_code == 422
    assert said in reply.content.decode()
    assert Client.objects.count() == 1


def test_the_platforms_own_clients_are_neither_listed_nor_revoked(staff: Browser):
    own = credentials.own_client("outbox")
    assert own.name not in staff.get(reverse("records:clients")).content.decode()
    assert staff.post(reverse("records:client_revoke", args=[own.pk])).status_code == 404


def test_when_a_credential_was_used_last_is_known(staff: Browser):
    made = _make(staff)
    page = reverse("records:clients")
    assert "ยังไม่เคยใช้" in staff.get(page).content.decode()
    Sender(KeyAndSecret(made.key, "0" * 64)).send("GET", "statements")
    assert Client.objects.get(key=made.key).last_used_at is None
    Sender(made).send("GET", "statements")
    used = Client.objects.get(key=made.key).last_used_at
    assert used is not None
    assert timezone.now() - used < timedelta(minutes=1)
    assert "ยังไม่เคยใช้" not in staff.get(page).content.decode()
