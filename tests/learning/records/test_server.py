"""The store over HTTP, killed while it stores: nothing acknowledged is missing, no batch is half there."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from typing import Any
from uuid import UUID

import pytest
import tincan
from django.db import connection

from learning.records import asgi
from learning.records.models import Mention, Statement, StatementId
from learning.records.services.credentials import KeyAndSecret, create_client
from tests.learning.records.client import STATEMENT, statement
from tests.server import PlatformServer

_BATCH = 5
_ROUNDS = 3


def _post(server: PlatformServer, secret: KeyAndSecret, statements: list[dict[str, Any]]) -> list[str]:
    request = urllib.request.Request(
        f"{server.origin}/xapi/statements",
        json.dumps(statements).encode(),
        {
            "Authorization": secret.basic,
            "Content-Type": "application/json",
            "X-Experience-API-Version": "1.0.3",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        ids: list[str] = json.load(reply)
        return ids


class Senders:
    """Four who send batches until they are stopped, or until nobody is there to answer."""

    def __init__(self, server: PlatformServer) -> None:
        self.acknowledged: list[str] = []
        self.batches: list[list[str]] = []
        self.refused: list[int] = []
        self._server, self._secret = server, create_client("killer", ["all"])
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._stop.clear()
        self._threads = [threading.Thread(target=self._send) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Wait until so many more statements are acknowledged."""
        before = len(self.acknowledged)
        while len(self.acknowledged) < before + more:
            assert any(thread.is_alive() for thread in self._threads)
            time.sleep(0.005)

    def _send(self) -> None:
        while not self._stop.is_set():
            batch = [statement() for _ in range(_BATCH)]
            self.batches.append([one["id"] for one in batch])
            try:
                self.acknowledged.extend(_post(self._server, self._secret, batch))
            except urllib.error.HTTPError as error:
                self.refused.append(error.code)
            except (urllib.error.URLError, HTTPException, ConnectionError, TimeoutError):
                return

    def audit(self) -> None:
        """Nothing acknowledged is missing, no batch is half there, and every statement can be found."""
        stored = {str(row.uuid) for row in Statement.objects.all()}
        assert set(self.acknowledged) <= stored
        for ids in self.batches:
            assert len(stored & set(ids)) in {0, _BATCH}
        known = {str(row.uuid): row.statement_id for row in StatementId.objects.all()}
        assert set(known) == stored
        assert set(Mention.objects.values_list("statement", flat=True)) == set(known.values())


@pytest.mark.django_db(transaction=True)
def test_an_acknowledged_statement_survives_whatever_is_killed(server: PlatformServer):
    senders = Senders(server)
    for round_ in range(1, _ROUNDS + 1):
        senders.start()
        senders.wait_for(20 * round_)
        server.kill()
        senders.stop()
        server.start()
    senders.audit()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_acknowledged_statement_survives_connections_that_the_database_ends(server: PlatformServer):
    senders = Senders(server)
    senders.start()
    ended = 0
    for _ in range(10):
        senders.wait_for(10)
        ended += _end_connections()
    # The server has come back by itself.
    senders.wait_for(50)
    senders.stop()
    assert ended >= 10
    assert set(senders.refused) <= {503}
    senders.audit()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_both_at_once_lose_nothing(server: PlatformServer):
    senders = Senders(server)
    for _ in range(_ROUNDS):
        senders.start()
        senders.wait_for(20)
        _end_connections()
        server.kill()
        senders.stop()
        server.start()
    senders.audit()


def _end_connections() -> int:
    """End every other connection to this database, as an administrator or a failing machine does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        (count,) = cursor.fetchone()
        return int(count)


@pytest.mark.django_db(transaction=True)
def test_the_client_of_the_tincan_library_writes_reads_and_keeps_documents(server: PlatformServer):
    secret = create_client("tincan", ["all"])
    lrs = tincan.RemoteLRS(
        endpoint=f"{server.origin}/xapi/", username=secret.key, password=secret.secret, version="1.0.3"
    )
    sent = tincan.Statement(
        actor=tincan.Agent(mbox="mailto:somying@example.org"),
        verb=tincan.Verb(id=STATEMENT["verb"]["id"]),
        object=tincan.Activity(id="http://a/b"),
    )
    saved = lrs.save_statement(sent)
    assert saved.success, saved.data
    back = lrs.retrieve_statement(str(saved.content.id))
    assert back.content.stored is not None
    found = lrs.query_statements({"agent": sent.actor, "verb": sent.verb, "limit": 1})
    assert [one.id for one in found.content.statements] == [UUID(str(saved.content.id))]
    state = tincan.StateDocument(
        id="bookmark", activity=sent.object, agent=sent.actor, content=bytearray(b"5")
    )
    assert lrs.save_state(state).success
    assert bytes(lrs.retrieve_state(sent.object, sent.actor, "bookmark").content.content) == b"5"


def _raw(server: PlatformServer, request: bytes) -> bytes:

    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(request)
        reply = b""
        while chunk := connection.recv(65_536):
            reply += chunk
    return reply


@pytest.mark.django_db(transaction=True)
def test_what_is_too_much_is_refused_over_http(server: PlatformServer):
    secret = create_client("flood", ["all"])

    def post(body: bytes, more: str = "") -> bytes:
        head = (
            f"POST /xapi/statements HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Authorization: {secret.basic}\r\n"
            f"X-Experience-API-Version: 1.0.3\r\nContent-Type: application/json\r\n{more}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return _raw(server, head.encode() + body)

    long = json.dumps(statement(result={"response": "x" * 13_000_000})).encode()
    assert post(long).startswith(b"HTTP/1.1 413")
    many = json.dumps([STATEMENT] * 10_001).encode()
    assert post(many).startswith(b"HTTP/1.1 400")
    assert post(b"[" * 200_000).startswith(b"HTTP/1.1 400")
    flood = "".join(f"X-Flood-{number}: {'y' * 1000}\r\n" for number in range(200))
    good = json.dumps(statement()).encode()
    assert post(good, flood).startswith(b"HTTP/1.1 431")
    assert post(good, f"X-Flood: {'y' * 100_000}\r\n").startswith(b"HTTP/1.1 431")
    assert post(gzip.compress(good), "Content-Encoding: gzip\r\n").startswith(b"HTTP/1.1 415")
    assert not Statement.objects.exists()
    # Refused as soon as it is known: the server does not wait for the rest, and may hang up on it.
    with suppress(ConnectionError):
        assert post(json.dumps(statement(result={"response": "x" * 50_000_000})).encode()).startswith(
            b"HTTP/1.1 413"
        )
    whole = json.dumps([statement() for _ in range(2_000)]).encode()
    assert post(whole).startswith(b"HTTP/1.1 200")
    assert Statement.objects.count() == 2_000


@pytest.mark.parametrize("came", [[b"[", b" "], []], ids=["never ends", "never begins"])
def test_a_slow_body_gives_its_room_back(monkeypatch: pytest.MonkeyPatch, came: list[bytes]):
    monkeypatch.setattr(asgi, "_BODY_S", 0.05)
    sent: list[Any] = []

    async def ask() -> None:
        store, parts = asgi.RecordStore(), iter(came)

        async def receive() -> dict[str, Any]:
            part = next(parts, None)
            if part is None:
                await asyncio.sleep(60)
            return {"type": "http.request", "body": part, "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"x-experience-api-version", b"1.0.3")]
        scope = {"method": "POST", "path": "/xapi/statements", "headers": headers, "query_string": b""}
        await store(scope, receive, send)
        assert store._held == 0
        await store.close()

    asyncio.run(ask())
    assert sent[0]["status"] == 408


@pytest.mark.django_db(transaction=True)
def test_pages_of_other_origins_may_ask(server: PlatformServer):
    preflight = _raw(
        server,
        b"OPTIONS /xapi/statements HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Origin: https://content.example\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
    ).lower()
    assert preflight.startswith(b"http/1.1 204")
    assert b"access-control-allow-origin: *" in preflight
    assert b"x-experience-api-version" in preflight
