"""Up to where everything can be seen: asked of the database, never promised by the clock alone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction

from learning.records.api.messages import THROUGH_HEADER
from learning.records.models import Statement
from learning.records.services import positions
from learning.records.services.credentials import own_client
from learning.records.services.positions import stored_at
from learning.records.services.store import store_own
from tests.learning.records.client import Sender, statement

pytestmark = pytest.mark.django_db(transaction=True)


class _Storing(threading.Thread):
    """Somebody who has stored a statement in a transaction that goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.stored, self.go_on = threading.Event(), threading.Event()
        self.position = 0

    def run(self) -> None:
        try:
            with transaction.atomic():
                store_own(own_client("slow"), [statement()])
                self.position = Statement.objects.latest("position").position
                self.stored.set()
                self.go_on.wait(20)
        finally:
            connection.close()


@contextmanager
def _somebody_stores() -> Iterator[int]:
    storing = _Storing()
    storing.start()
    assert storing.stored.wait(20)
    yield storing.position
    storing.go_on.set()
    storing.join()


@pytest.mark.postgres
def test_what_a_long_transaction_has_stored_is_promised_to_nobody_before_it_is_there(
    lrs: Sender, monkeypatch: pytest.MonkeyPatch
):
    # So that a transaction of some milliseconds is longer than this.
    monkeypatch.setattr(positions, "_CLOCKS_DIFFER", timedelta())
    monkeypatch.setattr(positions, "_OLD", timedelta())
    own_client("slow")
    with _somebody_stores() as position:
        reply = lrs.send("GET", "statements")
        assert json.loads(reply.body)["statements"] == []
        assert reply.headers[THROUGH_HEADER] < stored_at(position)
        missing = lrs.send("GET", "statements", statementId="6690e6c9-3ef0-4ed3-8b37-7f3964730bee")
        assert missing.headers[THROUGH_HEADER] < stored_at(position)
    reply = lrs.send("GET", "statements")
    assert len(json.loads(reply.body)["statements"]) == 1
    assert reply.headers[THROUGH_HEADER] > stored_at(position)


def test_a_quiet_store_is_settled_up_to_where_clocks_may_differ(lrs: Sender):
    before = positions.now()
    through = lrs.send("GET", "statements").headers[THROUGH_HEADER]
    assert stored_at(before - 11_000_000) < through < stored_at(before)


def test_who_asks_for_one_statement_is_told_up_to_when_that_is_so(lrs: Sender):
    one = statement()
    before = positions.now()
    missing = lrs.send("GET", "statements", statementId=one["id"])
    assert stored_at(before - 11_000_000) < missing.headers[THROUGH_HEADER] < stored_at(before)
    lrs.store(one)
    positions._settled = 0
    found = lrs.send("GET", "statements", statementId=one["id"])
    assert found.headers[THROUGH_HEADER] == stored_at(Statement.objects.get().position)


def test_whoever_stores_a_statement_is_told_that_it_can_be_seen(lrs: Sender):
    reply = lrs.send("POST", "statements", statement())
    assert reply.headers[THROUGH_HEADER] == stored_at(Statement.objects.get().position)


def test_a_refusal_promises_no_more_than_is_known_and_goes_on_with_time(
    lrs: Sender, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(positions, "_OLD", timedelta(milliseconds=50))
    said = []
    for _ in range(3):
        before = stored_at(positions.now() - 11_000_000)
        said.append(lrs.send("GET", "statements", unknown="x").headers[THROUGH_HEADER])
        assert before < said[-1] < stored_at(positions.now() - 9_900_000)
        time.sleep(0.1)
    assert said == sorted(set(said))
