"""Events become statements: once, in order, with their transaction or not at all."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from learning.people.models import AuditEntry, Person
from learning.records import vocabulary
from learning.records.models import OutboxEntry, OutboxState, Statement
from learning.records.services import outbox
from learning.records.services.outbox import Event, Outcome, Thing
from learning.records.vocabulary import COMPLETED, PASSED, REGISTERED, Type

COURSE = Thing("course", "KD10", Type.COURSE, "พ.ร.บ.ข้อมูลข่าวสาร", "Information Act")
ROUND = Thing("course-round", "7", Type.PROGRAMME, "รุ่น 2569/1")


def _record(event: str, person: Person, **changes: Any) -> None:
    values: dict[str, Any] = {"verb": COMPLETED, "thing": COURSE, "at": timezone.now()}
    outbox.record(Event(name=event, person=person, **(values | changes)))


def _stored() -> list[dict[str, Any]]:
    return [json.loads(row.received) for row in Statement.objects.order_by("position")]


def test_an_event_is_a_statement_with_everything_it_says(learner: Person):
    _record(
        "test.passed:1",
        learner,
        verb=PASSED,
        outcome=Outcome(Decimal(7), Decimal(10), success=True, duration=timedelta(minutes=12), progress=100),
        parents=(COURSE,),
        grouping=(ROUND,),
    )
    assert outbox.deliver(timezone.now()) == 1
    (one,) = _stored()
    assert one["actor"]["account"]["name"] == str(learner.public_id)
    assert one["verb"]["display"]["th"] == "ผ่าน"
    assert one["object"]["id"] == f"{settings.PUBLIC_ORIGIN}/id/course/KD10"
    assert one["result"]["score"] == {"raw": 7.0, "min": 0.0, "max": 10.0, "scaled": 0.7}
    assert one["result"]["duration"] == "PT12M00S"
    assert one["context"]["contextActivities"]["grouping"][0]["definition"]["name"]["th"] == "รุ่น 2569/1"


@pytest.mark.django_db(transaction=True)
def test_an_event_goes_out_after_its_transaction_and_never_without_it(learner: Person):
    with transaction.atomic():
        _record("test.kept:1", learner)
        assert _stored() == []
    assert len(_stored()) == 1
    with transaction.atomic():
        _record("test.undone:1", learner)
        transaction.set_rollback(True)
    assert len(_stored()) == 1
    assert not OutboxEntry.objects.filter(uuid=outbox.statement_id("test.undone:1")).exists()


def test_an_event_that_is_recorded_or_delivered_twice_is_one_statement(learner: Person):
    _record("test.once:1", learner)
    _record("test.once:1", learner)
    outbox.deliver(timezone.now())
    OutboxEntry.objects.update(state=OutboxState.WAITING)
    outbox.deliver(timezone.now())
    assert len(_stored()) == 1


def test_what_one_person_did_keeps_its_order_and_others_do_not_wait(
    learner: Person, outsider: Person, administrator: Person
):
    bad: dict[str, object] = {
        "actor": {"mbox": "nobody"},
        "verb": {"id": "http://a/b"},
        "object": {"id": "http://a/c"},
    }
    _record("test.first:1", learner, verb=REGISTERED)
    outbox.put("test.bad:1", bad, person_key=OutboxEntry.objects.get().person_key)
    _record("test.after:1", learner)
    _record("test.other:1", outsider)
    now = timezone.now()
    assert outbox.deliver(now) == 2
    failed = OutboxEntry.objects.get(state=OutboxState.FAILED)
    assert "actor.mbox" in failed.error
    assert outbox.deliver(now) == 0
    assert failed.due_at > now
    outbox.set_aside(failed, administrator)
    assert outbox.deliver(now) == 1
    assert [one["id"] for one in _stored()][-1] == str(outbox.statement_id("test.after:1"))
    assert AuditEntry.objects.filter(action="records.outbox_set_aside").exists()


def test_a_long_queue_goes_out_part_by_part_past_what_is_refused(learner: Person, monkeypatch):
    monkeypatch.setattr(outbox, "_BATCH", 2)
    for number in range(3):
        outbox.put(f"test.bad:{number}", {"actor": {}}, person_key=f"somebody {number}")
    wanted = [f"test.good:{number}" for number in range(4)]
    for event in wanted:
        _record(event, learner)
    assert outbox.deliver(timezone.now()) == len(wanted)
    assert [one["id"] for one in _stored()] == [str(outbox.statement_id(event)) for event in wanted]
    assert OutboxEntry.objects.filter(state=OutboxState.FAILED).count() == 3


def test_what_was_refused_is_tried_again(learner: Person, administrator: Person):
    _record("test.later:1", learner)
    entry = OutboxEntry.objects.get()
    good, entry.statement = entry.statement, {"actor": {}}
    entry.save()
    now = timezone.now()
    assert outbox.deliver(now) == 0
    OutboxEntry.objects.update(statement=good)
    outbox.try_again(entry, administrator)
    assert outbox.deliver(timezone.now()) == 1
    assert OutboxEntry.objects.get().attempts == 2


def test_delivered_entries_are_deleted_after_a_while(learner: Person):
    _record("test.old:1", learner)
    outbox.deliver(timezone.now())
    assert outbox.remove_delivered(timezone.now() - timedelta(days=30)) == 0
    assert outbox.remove_delivered(timezone.now() + timedelta(seconds=1)) == 1
    assert len(_stored()) == 1


def test_the_profile_page_lists_every_word_that_is_used():
    page = (Path(settings.BASE_DIR) / "docs/xapi-profile.md").read_text()
    listed = set(re.findall(r"`(https?://[^`]+)`", page))
    used = set(vocabulary.VERBS)
    for group in (vocabulary.Type, vocabulary.Extension):
        used |= {value for name, value in vars(group).items() if name.isupper()}
    assert used == listed
