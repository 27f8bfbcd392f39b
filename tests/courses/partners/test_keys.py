"""The keys of tools, fetched from where an administrator said they are and from nowhere else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from courses.partners.errors import TokenRefused
from courses.partners.services.keys import keys_of
from tests.courses.partners.factories import make_tool, tool_key

pytestmark = pytest.mark.django_db
SET = json.dumps({"keys": [tool_key().as_dict(private=False)]}).encode()
ANSWERS = {
    "/keys": (200, SET),
    "/moved": (302, b""),
    "/gone": (404, SET),
    "/long": (200, SET + b" " * 70_000),
    "/endless": (200, b" " * 2_000_000),
    "/page": (200, b"<html>"),
    "/deep": (200, b"[" * 60_000),
    "/nothing": (200, b"null"),
}


class Partner(BaseHTTPRequestHandler):
    """Answers with what the path names, and counts."""

    asked: list[str] = []

    def do_GET(self) -> None:
        """Answer."""
        self.asked.append(self.path)
        status, body = ANSWERS[self.path]
        self.send_response(status)
        self.send_header("Location", "/keys")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def partner() -> Iterator[str]:
    Partner.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Partner) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_keys_are_fetched_once_in_a_while(partner: str):
    tool = make_tool(jwks=None, jwks_url=f"{partner}/keys")
    assert [key.kid for key in keys_of(tool)] == [tool_key().kid]
    keys_of(tool)
    assert Partner.asked == ["/keys"]
    keys_of(tool, anew=True)
    with pytest.raises(TokenRefused):
        keys_of(tool, anew=True)
    assert Partner.asked == ["/keys", "/keys"]


@pytest.mark.parametrize("path", [path for path in ANSWERS if path != "/keys"])
def test_no_other_answer_is_taken_for_keys_and_none_is_followed(partner: str, path: str):
    with pytest.raises(TokenRefused):
        keys_of(make_tool(jwks=None, jwks_url=partner + path))
    assert Partner.asked == [path]


def test_a_partner_who_is_away_is_left_alone_for_a_while(partner: str):
    tool = make_tool(jwks=None, jwks_url=f"{partner}/endless")
    for _time in range(3):
        with pytest.raises(TokenRefused):
            keys_of(tool)
    assert Partner.asked == ["/endless"]


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/keys", "https://0.0.0.0/keys", "http://[::]/keys"]
)
def test_no_address_leads_inward(address: str):
    with pytest.raises(TokenRefused):
        keys_of(make_tool(jwks=None, jwks_url=address))
