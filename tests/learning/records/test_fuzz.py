"""Whatever is sent, the answer is never the store's own failure.

``FUZZ_MINUTES=30 pytest tests/learning/records/test_fuzz.py`` goes on for so long.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.learning.records.client import STATEMENT, Sender
from tests.learning.records.test_rules import _json, _words

_MINUTES = float(os.environ.get("FUZZ_MINUTES", "0"))
_IDS = ["6690e6c9-3ef0-4ed3-8b37-7f3964730bee", "ec531277-b57b-4c15-8d91-d292c5b2b8f7"]
_AGENT = json.dumps(STATEMENT["actor"])

_values = st.one_of(
    st.sampled_from(
        [
            *_IDS,
            _AGENT,
            "http://a/b",
            "true",
            "false",
            "1",
            "0",
            "",
            "2026-01-01T00:00:00Z",
            "exact",
            "ids",
            "canonical",
            "\x00",
            "a" * 3000,
            "9" * 30,
            "-1",
            "9999-12-31T23:59:59Z",
            "0001-01-01T00:00:00+14:00",
            '{"objectType":"Group"}',
        ]
    ),
    st.text(max_size=20),
    _json.map(json.dumps),
)
_query = st.dictionaries(
    st.sampled_from(
        [
            "statementId",
            "voidedStatementId",
            "agent",
            "verb",
            "activity",
            "registration",
            "related_agents",
            "related_activities",
            "since",
            "until",
            "limit",
            "format",
            "attachments",
            "ascending",
            "activityId",
            "stateId",
            "profileId",
            "method",
            "unknown",
        ]
    ),
    _values,
    max_size=5,
)
_headers = st.dictionaries(
    st.sampled_from(
        ["content-type", "if-match", "if-none-match", "accept-language", "x-experience-api-version"]
    ),
    st.sampled_from(
        [
            "application/json",
            "application/json; charset=utf-8",
            "multipart/mixed; boundary=b",
            "multipart/mixed",
            "*",
            "application/x-www-form-urlencoded",
            "text/plain",
            '"0"',
            "1.0.3",
            "2.0.0",
            "0.9",
            "th;q=x,en;q=0.1,*",
            "",
        ]
    )
    | st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
    max_size=4,
)


def _statement(places: dict[str, Any]) -> dict[str, Any]:
    return STATEMENT | places


_statements = st.dictionaries(
    st.sampled_from(
        [*STATEMENT, "id", "result", "context", "attachments", "authority", "timestamp", "version"]
    ),
    _json | st.sampled_from(_IDS),
    max_size=3,
).map(_statement)
_bodies = st.one_of(
    st.binary(max_size=60),
    _statements.map(lambda one: json.dumps(one).encode()),
    st.lists(_statements, max_size=4).map(lambda many: json.dumps(many).encode()),
    _json.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(_words | st.just("content"), st.text(max_size=10), max_size=4).map(
        lambda form: "&".join(f"{name}={value}" for name, value in form.items()).encode()
    ),
    st.lists(st.binary(max_size=30), max_size=4).map(
        lambda parts: b"--b\r\n" + b"\r\n--b\r\n".join(parts) + b"\r\n--b--"
    ),
)
_requests = st.tuples(
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "TRACE"]),
    st.sampled_from(
        [
            "statements",
            "statements/more/1",
            "statements/more/x",
            "activities",
            "activities/state",
            "activities/profile",
            "agents",
            "agents/profile",
            "about",
            "",
            "nothing",
        ]
    ),
    _query,
    _headers,
    _bodies,
)


def _answer(lrs: Sender, request: tuple[str, str, dict[str, str], dict[str, str], bytes]) -> int:
    method, path, query, headers, body = request
    with transaction.atomic():
        reply = lrs.send(method, path, body, headers={"content-type": "application/json"} | headers, **query)
    return reply.status


@pytest.mark.skipif(bool(_MINUTES), reason="the long run is asked for")
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(request=_requests)
def test_no_request_makes_the_store_fail(lrs: Sender, request: Any):
    assert _answer(lrs, request) < 500


@pytest.mark.skipif(not _MINUTES, reason="FUZZ_MINUTES is not set")
def test_no_request_makes_the_store_fail_for_long(lrs: Sender):
    until, asked = time.monotonic() + _MINUTES * 60, 0
    while time.monotonic() < until:

        @settings(max_examples=500, database=None, suppress_health_check=list(HealthCheck), deadline=None)
        @given(request=_requests)
        def again(request: Any) -> None:
            nonlocal asked
            asked += 1
            assert _answer(lrs, request) < 500

        again()
    print(f"{asked} requests, none of which made the store fail")  # noqa: T201
