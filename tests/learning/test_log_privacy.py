"""Log lines hold no search text and no link that opens something."""

import logging

import pytest
from django.test import Client

from learning.log_privacy import without_secrets
from tests.conftest import make_national_id


@pytest.mark.parametrize(
    ("written", "logged"),
    [
        ("GET /staff/persons/?q=1100000000007&page=2", "GET /staff/persons/"),
        ("GET /tests/i/nonce.signature/", "GET /tests/i/…/"),
        ("GET /accounts/password/reset/key/3-abc-def/", "GET /accounts/password/reset/key/…/"),
        ("GET /enrol/reminders/public-id.signature/", "GET /enrol/reminders/…/"),
        ("POST /learn/run/fetch/launch:signature", "POST /learn/run/fetch/…"),
        ("Not Found: /accounts/confirm-email/MQ:abc/", "Not Found: /accounts/confirm-email/…/"),
        ("GET /accounts/login/?next=/tests/i/nonce.signature/", "GET /accounts/login/"),
        ("Is it on? Yes", "Is it on? Yes"),
    ],
)
def test_addresses_are_logged_without_what_is_secret_in_them(written: str, logged: str):
    assert without_secrets(None, "info", {"event": written}) == {"event": logged}


def test_the_line_of_a_request_has_no_query(client: Client, db: None, caplog: pytest.LogCaptureFixture):
    number = make_national_id(77)
    with caplog.at_level(logging.INFO, "django_structlog"):
        client.get("/staff/persons/", {"q": number})
    requests = [r.msg["request"] for r in caplog.records if isinstance(r.msg, dict) and "request" in r.msg]
    assert set(requests) == {"GET /staff/persons/"}
