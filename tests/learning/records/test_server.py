"""The store over HTTP, killed while it stores: nothing acknowledged is missing, no batch is half there."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from typing import Any
from uuid import UUID

import pytest
import tincan

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


@pytest.mark.django_db(transaction=True)
def test_an_acknowledged_statement_survives_whatever_is_killed(server: PlatformServer):
    secret = create_client("killer", ["all"])
    acknowledged: list[str] = []
    batches: list[list[str]] = []

    def send(stop: threading.Event) -> None:
        while not stop.is_set():
            batch = [statement() for _ in range(_BATCH)]
            batches.append([one["id"] for one in batch])
            try:
                acknowledged.extend(_post(server, secret, batch))
            except (urllib.error.URLError, HTTPException, ConnectionError, TimeoutError):
                return

    for round_ in range(1, _ROUNDS + 1):
        stop = threading.Event()
        senders = [threading.Thread(target=send, args=(stop,)) for _ in range(4)]
        before = len(acknowledged)
        for sender in senders:
            sender.start()
        while len(acknowledged) < before + 20 * round_:
            assert any(sender.is_alive() for sender in senders)
        server.kill()
        stop.set()
        for sender in senders:
            sender.join()
        server.start()
    stored = {str(row.uuid) for row in Statement.objects.all()}
    assert set(acknowledged) <= stored
    for ids in batches:
        assert len(stored & set(ids)) in {0, _BATCH}
    known = {str(row.uuid): row.statement_id for row in StatementId.objects.all()}
    assert set(known) == stored
    assert set(Mention.objects.values_list("statement", flat=True)) == set(known.values())


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
    assert post(b"{}", flood).startswith(b"HTTP/1.1 4")
    # Refused as soon as it is known: the server does not wait for the rest, and may hang up on it.
    with suppress(ConnectionError):
        assert post(json.dumps(statement(result={"response": "x" * 50_000_000})).encode()).startswith(
            b"HTTP/1.1 413"
        )
    whole = json.dumps([statement() for _ in range(2_000)]).encode()
    assert post(whole).startswith(b"HTTP/1.1 200")
    assert Statement.objects.count() == 2_000


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
