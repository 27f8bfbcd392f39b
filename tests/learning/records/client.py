"""A sender of requests to the store's resources, without a server between."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from learning.records.api.messages import Reply, Request
from learning.records.api.resources import respond
from learning.records.services.credentials import KeyAndSecret

STATEMENT: dict[str, Any] = {
    "actor": {"mbox": "mailto:somying@example.org"},
    "verb": {
        "id": "http://adlnet.gov/expapi/verbs/completed",
        "display": {"en": "completed", "th": "เรียนจบ"},
    },
    "object": {"id": "https://learning.example/courses/kd10"},
}


def statement(**changes: Any) -> dict[str, Any]:
    """Return a statement with an id of its own."""
    return {"id": str(uuid4())} | STATEMENT | changes


class Sender:
    """Sends requests with one credential and one version."""

    def __init__(self, secret: KeyAndSecret | None, version: str = "1.0.3") -> None:
        self.secret, self.version = secret, version

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        /,
        *,
        headers: Any = None,
        **query: str,
    ) -> Reply:
        """Send a request; a body that is no bytes goes as JSON."""
        sent = {"x-experience-api-version": self.version} if self.version else {}
        if self.secret is not None:
            sent["authorization"] = self.secret.basic
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent["content-type"] = "application/json"
        return respond(Request(method, path, dict(query), sent | dict(headers or {}), body or b""))

    def store(self, *statements: dict[str, Any]) -> list[str]:
        """Store statements and return their ids."""
        reply = self.send("POST", "statements", list(statements))
        assert reply.status == 200, reply.body
        ids: list[str] = json.loads(reply.body)
        return ids

    def found(self, **query: str) -> list[str]:
        """Return the ids of the statements that a query finds, on its first page."""
        reply = self.send("GET", "statements", **query)
        assert reply.status == 200, reply.body
        return [found["id"] for found in json.loads(reply.body)["statements"]]


def error(reply: Reply) -> str:
    """Return the message of a refusal."""
    message: str = json.loads(reply.body)["error"]
    return message
