"""Records are removed for a person or for their age, with a trace; records are taken out as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha1
from io import StringIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from learning.people.models import AuditEntry, Person
from learning.records.management.commands import lrs_export
from learning.records.models import Attachment, Document, Mention, Removal, Statement, StatementId
from learning.records.services import removal
from learning.records.services.actors import actor_of
from learning.records.services.credentials import issue_launch_credential
from learning.records.services.removal import erase_person, remove_older
from tests.learning.records.client import STATEMENT, Sender, statement
from tests.learning.records.test_statements import MULTIPART, _attached, _multipart


def _of(person: Person, **changes: Any) -> dict[str, Any]:
    return statement(actor=actor_of(person), **changes)


def _export(*arguments: str) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("lrs_export", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_everything_a_person_did_is_removed_and_nothing_of_others(
    lrs: Sender, learner: Person, outsider: Person, administrator: Person
):
    theirs, about_them = _of(outsider), statement(context={"instructor": actor_of(learner)})
    lrs.store(_of(learner), _of(learner), theirs, about_them)
    agent = json.dumps(actor_of(learner))
    lrs.send("POST", "agents/profile", {}, agent=agent, profileId="p")
    launch, secret = issue_launch_credential(
        actor=actor_of(learner), activity="http://a/b", registration=None, lifetime=timedelta(hours=1)
    )
    trace = erase_person(learner, actor=administrator, reason="คำขอที่ 1/2569")
    assert (trace.statement_count, trace.document_count, trace.mention_count) == (2, 1, 1)
    assert set(lrs.found()) == {theirs["id"], about_them["id"]}
    assert StatementId.objects.count() == 2
    assert set(Mention.objects.values_list("statement", flat=True)) == set(
        Statement.objects.values_list("position", flat=True)
    )
    assert not Document.objects.exists()
    launch.refresh_from_db()
    assert learner.first_name not in json.dumps(launch.actor, ensure_ascii=False)
    assert Sender(secret).send("GET", "statements").status == 401
    assert AuditEntry.objects.filter(action="records.person_erased", actor=administrator).exists()


@pytest.mark.parametrize(
    "named",
    [
        lambda person: {"mbox": f"mailto:{person.email}"},
        lambda person: {"mbox": f"mailto:{person.email.lower()}", "name": "Somying"},
        lambda person: {"mbox_sha1sum": sha1(f"mailto:{person.email}".encode()).hexdigest()},
    ],
    ids=["address", "in small letters", "hashed"],
)
def test_what_partners_wrote_of_an_address_is_the_persons_too(
    client: Browser,
    lrs: Sender,
    learner: Person,
    outsider: Person,
    administrator: Person,
    named: Callable[[Person], dict[str, Any]],
):
    learner.email = "Somying.J@agency.example"
    learner.save(update_fields=["email"])
    actor, theirs = named(learner), statement(actor=named(outsider))
    both = statement(actor=actor, object={"objectType": "Agent", **actor_of(learner)})
    lrs.store(statement(actor=actor), both, theirs)
    lrs.send("POST", "agents/profile", {}, agent=json.dumps(actor), profileId="p")
    assert len(_export("--person", str(learner.public_id))) == 2
    client.force_login(administrator)
    page = client.get(reverse("records:timeline", args=[learner.public_id])).content.decode()
    assert page.count(reverse("records:statement", args=[both["id"]])) == 1
    trace = erase_person(learner, actor=administrator, reason="คำขอ")
    assert (trace.statement_count, trace.document_count, trace.mention_count) == (2, 1, 0)
    assert lrs.found() == [theirs["id"]]


@pytest.mark.django_db(transaction=True)
def test_data_of_attachments_go_with_the_last_statement_that_has_them(
    lrs: Sender, learner: Person, outsider: Person, administrator: Person
):
    content = b"the same file"
    given = _attached(content)
    name = f"xapi/{given['sha2'][:2]}/{given['sha2']}"
    for person in (learner, outsider):
        one = _of(person, attachments=[given])
        sent = lrs.send("POST", "statements", _multipart(one, (given["sha2"], content)), headers=MULTIPART)
        assert sent.status == 200
    erase_person(learner, actor=administrator, reason="-")
    assert default_storage.exists(name)
    erase_person(outsider, actor=administrator, reason="-")
    assert not default_storage.exists(name)
    assert not Attachment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_data_that_come_again_while_they_are_removed_stay(
    lrs: Sender, administrator: Person, learner: Person
):
    content = b"the same twice"
    given = _attached(content)
    sha2 = given["sha2"]

    def sent(**changes: Any) -> int:
        body = _multipart(statement(attachments=[given]) | changes, (sha2, content))
        return lrs.send("POST", "statements", body, headers=MULTIPART).status

    assert sent(actor=actor_of(learner)) == 200
    with transaction.atomic():
        erase_person(learner, actor=administrator, reason="คำขอ")
        # Stored before the removal has got to the files, which is after its transaction.
        assert sent() == 200
    assert default_storage.exists(f"xapi/{sha2[:2]}/{sha2}")


def test_what_pointed_at_a_removed_statement_stays(lrs: Sender, learner: Person, administrator: Person):
    target = _of(learner)
    pointing = statement(object={"objectType": "StatementRef", "id": target["id"]})
    lrs.store(target, pointing)
    erase_person(learner, actor=administrator, reason="-")
    assert lrs.found() == [pointing["id"]]
    assert lrs.found(agent=json.dumps(actor_of(learner))) == []


def test_what_is_past_its_time_is_removed_and_the_rest_stays(lrs: Sender):
    lrs.store(*(statement() for _ in range(3)))
    before = timezone.now()
    kept = statement()
    lrs.store(kept)
    assert remove_older(before, reason="ระเบียบ").statement_count == 3
    assert lrs.found() == [kept["id"]]
    out = StringIO()
    call_command("lrs_remove_older", "--days", "1", "--reason", "ระเบียบ", stdout=out)
    assert json.loads(out.getvalue())["removed"] == 0
    assert Removal.objects.count() == 2
    with pytest.raises(CommandError):
        call_command("lrs_remove_older", "--days", "0", "--reason", "-")


def test_what_was_removed_before_a_removal_broke_off_has_its_trace(
    lrs: Sender, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(removal, "_BATCH", 2)
    lrs.store(*(statement() for _ in range(5)))
    third = Statement.objects.order_by("position")[2]
    Statement.objects.filter(pk=third.pk).update(received="")
    tomorrow = timezone.now() + timedelta(days=1)
    with pytest.raises(ValueError, match="Expecting value"):
        remove_older(tomorrow, reason="ระเบียบ")
    assert Statement.objects.count() == 3
    assert Removal.objects.get().statement_count == 2
    Statement.objects.filter(pk=third.pk).update(received=third.received)
    assert remove_older(tomorrow, reason="ระเบียบ").statement_count == 3
    assert AuditEntry.objects.get(action="records.older_removed").data["statements"] == 3


def test_an_administrator_removes_records_after_giving_a_reason(
    client: Browser, lrs: Sender, learner: Person, auditor: Person, administrator: Person
):
    lrs.store(_of(learner))
    address = reverse("records:erase", args=[learner.public_id])
    client.force_login(auditor)
    assert client.get(address).status_code == 403
    client.force_login(administrator)
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": ""}).status_code == 200
    assert Statement.objects.exists()
    client.post(address, {"reason": "คำขอที่ 2/2569"})
    assert not Statement.objects.exists()
    page = client.get(reverse("records:timeline", args=[learner.public_id])).content.decode()
    assert "คำขอที่ 2/2569" in page
    # It does not say that there never were any.
    assert "ไม่มีบันทึกเหลืออยู่" in page
    assert "ยังไม่มีการบันทึกสิ่งที่บุคคลนี้ทำ" not in page


def test_statements_are_written_as_lines_oldest_first(lrs: Sender, learner: Person):
    first, second = _of(learner), statement(result={"response": "สอง\nบรรทัด"})
    lrs.store(first)
    lrs.store(second)
    lines = _export()
    assert [line["id"] for line in lines] == [first["id"], second["id"]]
    assert lines[1]["result"] == second["result"]
    assert [line["id"] for line in _export("--person", str(learner.public_id))] == [first["id"]]
    assert [line["id"] for line in _export("--since", lines[0]["stored"])] == [second["id"]]
    assert [line["id"] for line in _export("--until", lines[0]["stored"])] == [first["id"]]
    assert STATEMENT["verb"]["id"] == lines[0]["verb"]["id"]


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_long_export_says_how_far_it_is_and_that_it_was_done(
    lrs: Sender, learner: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lrs_export, "_TOLD_EVERY", 2)
    lrs.store(*(_of(learner) for _ in range(5)))
    terminal = _Terminal()
    call_command("lrs_export", "--person", str(learner.public_id), stdout=StringIO(), stderr=terminal)
    assert terminal.getvalue() == "\r2\r4"
    noted = AuditEntry.objects.get(action="records.exported")
    assert (noted.actor, noted.target) == (None, f"people.person:{learner.pk}")
    shown = _Terminal()
    call_command("lrs_export", stdout=shown, stderr=terminal)
    assert len(shown.getvalue().splitlines()) == 5
    assert terminal.getvalue() == "\r2\r4"


@pytest.mark.parametrize("arguments", [("--person", "6690e6c9"), ("--since", "now")])
def test_an_export_says_what_it_does_not_understand(db: None, arguments: tuple[str, str]):
    with pytest.raises(CommandError):
        _export(*arguments)
