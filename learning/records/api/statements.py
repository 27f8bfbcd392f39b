"""The statement resource (Communication 2.1)."""

import json
import re
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from django.conf import settings

from learning.records.api.messages import THROUGH_HEADER, Parameters, Reply, Request, json_reply
from learning.records.errors import BadRequest, NotFound, TooLarge
from learning.records.models import Scope, Statement
from learning.records.services import attachments, multipart, pace, positions, search
from learning.records.services.positions import position_of, stored_at
from learning.records.services.store import (
    Incoming,
    Submission,
    check_batch,
    read_statement,
)
from learning.records.xapi import agents, forms, signatures
from learning.records.xapi.index import (
    activity_key,
    agent_key,
    attachments_of,
    registration_key,
    verb_key,
)
from learning.records.xapi.rules import Broken
from learning.records.xapi.versions import Version

PATH = "/xapi"
_MOST_STATEMENTS = 10_000
_PAGE = 100
_MOST_ON_A_PAGE = 500
_FORMATS = ("exact", "ids", "canonical")
_FOR_ONE = ("statementId", "voidedStatementId", "attachments", "format")
_FOR_MANY = (
    "agent", "verb", "activity", "registration", "related_activities", "related_agents",
    "since", "until", "limit", "format", "attachments", "ascending",
)  # fmt: skip
_TOO_MANY = f"a batch has at most {_MOST_STATEMENTS} statements"
# More than ten thousand usual statements have.
_MANY_COMMAS = 500_000
_BLANK = re.compile(r"[ \t\r\n]*")
_read_one = json.JSONDecoder().raw_decode
_split_batch = msgspec.json.Decoder(list[msgspec.Raw]).decode


# -- In -------------------------------------------------------------------------------------------------
def submission(request: Request) -> Submission:
    """Return what a PUT or POST brings, after every check that needs no database. Raises Refused."""
    request.credential.require(Scope.WRITE_STATEMENTS)
    is_put = request.method == "PUT"
    parameters = Parameters(request, ("statementId",) if is_put else ())
    statement_id = ""
    if is_put:
        parameters.required("statementId")
        statement_id = str(parameters.uuid("statementId"))
    text, parts = _parts(request)
    if len(text) > settings.XAPI_MAX_JSON_BYTES:
        raise TooLarge(f"the statements of a request have at most {settings.XAPI_MAX_JSON_BYTES} bytes")
    try:
        incoming = _read(text, request.version, statement_id)
    except Broken as broken:
        raise BadRequest.because(broken) from broken
    _check_attachments(incoming, parts)
    if request.credential.launch is not None:
        # The request itself was counted when it came.
        pace.spend(request.credential.launch.pk, statements=len(incoming) - 1)
    return Submission(request.credential, incoming, {sha2: part.content for sha2, part in parts.items()})


def accepted(request: Request, ids: list[str]) -> Reply:
    """Return the reply to a PUT or POST whose statements are stored."""
    return Reply(204) if request.method == "PUT" else json_reply(ids)


def _parts(request: Request) -> tuple[bytes, dict[str, multipart.Part]]:
    if request.content_type == "application/json":
        return request.body, {}
    if request.content_type == "multipart/mixed":
        return multipart.read(request.headers["content-type"], request.body)
    raise BadRequest("Content-Type must be application/json or multipart/mixed")


def _read(text: bytes, version: Version, statement_id: str) -> list[Incoming]:
    if statement_id or not text.lstrip().startswith(b"["):
        return [read_statement(text, version, statement_id=statement_id)]
    if text.count(b",") > _MANY_COMMAS:
        _refuse_more_than_statements(text)
    try:
        raws = _split_batch(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRequest("the batch is no JSON array") from error
    if len(raws) > _MOST_STATEMENTS:
        raise BadRequest(_TOO_MANY)
    incoming = []
    for place, raw in enumerate(raws):
        try:
            incoming.append(read_statement(bytes(raw), version))
        except Broken as broken:
            raise broken.within(place) from None
    check_batch(incoming)
    return incoming


def _refuse_more_than_statements(text: bytes) -> None:
    """Raise BadRequest for an array of more things than a batch has, keeping one of them at a time.

    Split as a whole, twelve million bytes of ``1,1,1`` would take half a gigabyte before they are counted.
    """
    try:
        said = text.decode()
        place = said.index("[") + 1
        for _number in range(_MOST_STATEMENTS):
            _value, place = _read_one(said, _BLANK.match(said, place).end())  # type: ignore[union-attr]  # matches
            place = _BLANK.match(said, place).end()  # type: ignore[union-attr]
            if said[place : place + 1] != ",":
                return
            place += 1
    except (ValueError, RecursionError) as error:
        raise BadRequest("the batch is no JSON array") from error
    raise BadRequest(_TOO_MANY)


def _check_attachments(incoming: list[Incoming], parts: dict[str, multipart.Part]) -> None:
    """Check that every attachment has its data or says where they are, and that no data are left over."""
    wanted: set[str] = set()
    for one in incoming:
        for given in attachments_of(one.statement):
            sha2 = given["sha2"].lower()
            wanted.add(sha2)
            part = parts.get(sha2)
            if part is None and "fileUrl" not in given:
                raise BadRequest(
                    f"the data of attachment {sha2} are not in the request, nor has it a fileUrl"
                )
            if given["usageType"] == signatures.USAGE_TYPE:
                _check_signature(given, part, one.statement)
    if excess := sorted(set(parts) - wanted):
        raise BadRequest(f"no statement has an attachment with the hash {excess[0]}")


def _check_signature(given: dict[str, Any], part: multipart.Part | None, statement: dict[str, Any]) -> None:
    if given["contentType"] != signatures.CONTENT_TYPE:
        raise BadRequest(f"the contentType of a signature must be {signatures.CONTENT_TYPE}")
    if part is None:
        raise BadRequest("the data of a signature must be in the request")
    try:
        signatures.check_signature(part.content, statement)
    except signatures.SignatureRefused as refused:
        raise BadRequest(str(refused)) from refused


# -- Out ------------------------------------------------------------------------------------------------
def get(request: Request) -> Reply:
    """Answer a GET: one statement by its id, or those that a query finds."""
    request.credential.require(Scope.READ_STATEMENTS, Scope.READ_OWN_STATEMENTS, Scope.READ_ALL)
    by_id = [name for name in ("statementId", "voidedStatementId") if name in request.query]
    return _one(request, by_id) if by_id else _many(request)


def _one(request: Request, by_id: list[str]) -> Reply:
    parameters = Parameters(request, _FOR_ONE)
    if len(by_id) > 1:
        raise BadRequest("statementId and voidedStatementId exclude each other")
    uuid = parameters.uuid(by_id[0])
    assert uuid is not None
    form = _form(parameters)
    look_up = partial(search.get, uuid, request.credential, is_voided=by_id[0] == "voidedStatementId")
    found = look_up()
    if found is None:
        # Who is told so waits until the store is settled: up to when is asked before looking.
        positions.look()
        found = look_up()
    if found is None:
        raise NotFound("there is no such statement")
    positions.settle(found.position)
    (text,) = search.in_form([found], form, _languages(request))
    reply = _with_attachments(parameters, text, [found])
    reply.headers["Last-Modified"] = search.stored(found)
    return reply


def _many(request: Request) -> Reply:
    beyond = None
    if request.path.startswith("statements/more/"):
        position = request.path.removeprefix("statements/more/")
        if not (position.isascii() and position.isdigit() and len(position) <= 18):  # noqa: PLR2004
            raise NotFound("there is no such page")
        beyond = int(position)
    parameters = Parameters(request, _FOR_MANY)
    # Asked before looking, so that nothing up to there can be missing.
    through = positions.look()
    query = _query(parameters, beyond)
    form = _form(parameters)
    rows, has_more = search.find(query, request.credential)
    texts = search.in_form(rows, form, _languages(request))
    more = ""
    if has_more:
        more = f"{PATH}/statements/more/{rows[-1].position}?{urlencode(request.query, quote_via=quote)}"
    body = b'{"statements":[' + b",".join(texts) + b'],"more":' + msgspec.json.encode(more) + b"}"
    reply = _with_attachments(parameters, body, rows)
    reply.headers[THROUGH_HEADER] = stored_at(through)
    if rows:
        reply.headers["Last-Modified"] = search.stored(max(rows, key=lambda row: row.position))
    return reply


def _query(parameters: Parameters, beyond: int | None) -> search.Query:
    agent = parameters.agent("agent", may_be_group=True)
    verb, activity = parameters.iri("verb"), parameters.iri("activity")
    registration = parameters.uuid("registration")
    since, until = parameters.moment("since"), parameters.moment("until")
    return search.Query(
        agent=agent_key(agents.identity(agent)) if agent else "",
        verb=verb_key(verb) if verb else "",
        activity=activity_key(activity) if activity else "",
        registration=registration_key(str(registration)) if registration else "",
        related_agents=parameters.truth("related_agents"),
        related_activities=parameters.truth("related_activities"),
        since=position_of(since) if since else None,
        until=position_of(until) if until else None,
        ascending=parameters.truth("ascending"),
        limit=min(parameters.count("limit") or _PAGE, _MOST_ON_A_PAGE),
        beyond=beyond,
    )


def _form(parameters: Parameters) -> str:
    form = parameters.text("format") or "exact"
    if form not in _FORMATS:
        raise BadRequest(f"format must be one of {', '.join(_FORMATS)}")
    return form


def _languages(request: Request) -> list[str]:
    return forms.accepted_languages(request.headers.get("accept-language", ""))


def _with_attachments(parameters: Parameters, text: bytes, rows: list[Statement]) -> Reply:
    if not parameters.truth("attachments"):
        return Reply(200, text, "application/json")
    described = {
        given["sha2"].lower(): given for row in rows for given in attachments_of(search.received(row))
    }
    files = []
    for sha2 in search.attachments_of(rows):
        content = attachments.read(sha2)
        if content is not None and sha2 in described:
            files.append((described[sha2], content))
    content_type, body = multipart.write(text, files)
    return Reply(200, body, content_type)
