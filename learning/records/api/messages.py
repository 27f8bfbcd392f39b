"""Requests and replies, as every resource sees them: no web framework is on the way of a statement."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from learning.records.errors import BadRequest
from learning.records.services.credentials import Credential
from learning.records.xapi import agents, formats
from learning.records.xapi.reading import read_json
from learning.records.xapi.rules import Broken
from learning.records.xapi.versions import Version

VERSION_HEADER = "x-experience-api-version"
THROUGH_HEADER = "X-Experience-API-Consistent-Through"
_MOST_PARAMETERS = 50


@dataclass
class Request:
    """One request; names of headers are in lower case, `path` is what follows the endpoint."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    # Set once they are known.
    version: Version = Version.V1
    credential: Credential = field(default_factory=lambda: Credential(0, frozenset()))

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass
class Reply:
    """One reply, complete."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def json_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """Return a value as JSON."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, "application/json", headers)


def read_query(text: str) -> dict[str, str]:
    """Return the parameters of a query. Raises BadRequest for one that is given twice or cannot be read."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise BadRequest("the parameters cannot be read") from error
    read = dict(pairs)
    if len(read) != len(pairs):
        raise BadRequest("a parameter is given twice")
    if any("\0" in value for value in read.values()):
        raise BadRequest("a parameter contains NUL")
    return read


class Parameters:
    """Read parameters by kind, and refuse those that a resource does not know (Communication 3.2).

    Of a launch those with names of their own are let be: TinCanJS, which most authoring tools use, sends
    along whatever else the address of its page had.
    """

    def __init__(self, request: Request, known: tuple[str, ...]) -> None:
        self._query = request.query
        reserved = {name.lower() for name in known}
        for name in self._query:
            is_let_be = request.credential.launch is not None and name.lower() not in reserved
            if name not in known and not is_let_be:
                raise BadRequest(f"{name} is not a parameter of this resource; names are case-sensitive")

    def __contains__(self, name: str) -> bool:
        return name in self._query

    def text(self, name: str) -> str:
        """Return a parameter, empty where it is not given."""
        return self._query.get(name, "")

    def required(self, name: str) -> str:
        """Return a parameter that must be given."""
        if name not in self._query:
            raise BadRequest(f"{name} is required")
        return self._query[name]

    def iri(self, name: str) -> str:
        """Return an IRI, empty where it is not given."""
        return self._checked(name, formats.iri)

    def agent(self, name: str, *, may_be_group: bool = False) -> dict[str, Any] | None:
        """Return an agent given as JSON, None where it is not given."""
        if name not in self._query:
            return None
        try:
            value = read_json(self._query[name].encode("utf-8", "surrogatepass"))
            (agents.actor if may_be_group else agents.agent)(value)
        except Broken as broken:
            raise BadRequest.because(broken.within(name)) from broken
        read: dict[str, Any] = value
        if not agents.identity(read):
            raise BadRequest(f"{name} needs an identifier")
        return read

    def required_agent(self, name: str) -> dict[str, Any]:
        """Return an agent that must be given."""
        self.required(name)
        value = self.agent(name)
        assert value is not None
        return value

    def uuid(self, name: str) -> UUID | None:
        """Return a UUID, None where it is not given."""
        value = self._checked(name, formats.uuid)
        return UUID(value) if value else None

    def moment(self, name: str) -> datetime | None:
        """Return a date and time, None where it is not given."""
        value = self._checked(name, formats.timestamp)
        return formats.read_timestamp(value) if value else None

    def truth(self, name: str) -> bool:
        """Return whether a parameter is "true"."""
        value = self._query.get(name, "false")
        if value not in {"true", "false"}:
            raise BadRequest(f"{name} must be true or false")
        return value == "true"

    def count(self, name: str) -> int:
        """Return a number of things, zero where it is not given."""
        value = self._query.get(name, "0")
        if not (value.isascii() and value.isdigit() and len(value) <= 9):  # noqa: PLR2004
            raise BadRequest(f"{name} must be a whole number, not negative")
        return int(value)

    def _checked(self, name: str, check: formats.Check) -> str:
        if name not in self._query:
            return ""
        value = self._query[name]
        try:
            check(value)
        except Broken as broken:
            raise BadRequest.because(broken.within(name)) from broken
        return value
