"""One id per request, in the response and in the log lines."""

import asyncio
import logging
import re
from typing import Any

import pytest
import structlog
from django.test import Client

from learning.request_ids import RequestIds, accept_or_make


def test_a_well_formed_id_is_kept_and_returned(client: Client, db: None):
    assert (
        client.get("/livez", headers={"x-request-id": "proxy-0123456789"})["X-Request-ID"]
        == "proxy-0123456789"
    )


@pytest.mark.parametrize("given", ["", "short", "x" * 65, 'evil"}\n{"level":"info', "ไทยไทยไทย"])
def test_anything_else_is_replaced(given: str):
    made = accept_or_make(given)
    assert made != given
    assert re.fullmatch(r"[0-9a-f]{16}-[0-9a-f]{8}", made)


def test_two_requests_have_two_ids(client: Client, db: None):
    assert client.get("/livez")["X-Request-ID"] != client.get("/livez")["X-Request-ID"]


def test_log_lines_of_a_request_carry_its_id(client: Client, db: None, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, "django_structlog"):
        client.get("/", headers={"x-request-id": "proxy-0123456789"})
    events = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert {event["event"] for event in events} >= {"request_started", "request_finished"}
    assert {event["request_id"] for event in events} == {"proxy-0123456789"}


@pytest.mark.parametrize("given", ["", "forged=yes level=error", "ไทยไทยไทย".encode().decode("latin-1")])
def test_no_log_line_carries_what_anybody_sent(
    client: Client, db: None, caplog: pytest.LogCaptureFixture, given: str
):
    with caplog.at_level(logging.INFO, "django_structlog"):
        response = client.get("/", headers={"x-request-id": given, "x-correlation-id": "forged=yes"})
    events = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert {event["request_id"] for event in events} == {response["X-Request-ID"]}
    assert "forged" not in str(events)


def _ask(headers: list[tuple[bytes, bytes]]) -> tuple[list[dict[str, Any]], list[object]]:
    """Send one request through RequestIds to an app that notes the id its log lines would carry."""
    sent: list[dict[str, Any]] = []
    bound: list[object] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        bound.append(structlog.contextvars.get_contextvars()["request_id"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-kind", b"seat")]})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    asyncio.run(RequestIds(app)({"type": "http", "headers": headers}, receive, send))
    return sent, bound


def test_an_asgi_application_gets_the_id_in_its_log_lines_and_its_response():
    sent, bound = _ask([(b"x-request-id", b"proxy-0123456789")])
    assert bound == ["proxy-0123456789"]
    assert sent[0]["headers"] == [(b"x-kind", b"seat"), (b"x-request-id", b"proxy-0123456789")]


def test_an_asgi_application_gets_a_new_id_where_none_came():
    sent, bound = _ask([])
    assert sent[0]["headers"][-1] == (b"x-request-id", str(bound[0]).encode())
