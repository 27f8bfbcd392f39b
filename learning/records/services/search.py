"""Find statements as the queries of the specification define them (Communication 2.1.3)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.utils.http import http_date

from learning.records.models import (
    Activity,
    Attachment,
    Client,
    Mention,
    Reference,
    Scope,
    Statement,
    StatementId,
)
from learning.records.services.credentials import Credential
from learning.records.services.positions import stored_at
from learning.records.xapi import forms
from learning.records.xapi.agents import identities
from learning.records.xapi.index import activity_key, agent_key

Row = TypeVar("Row", bound=Model)
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.encode


@dataclass(frozen=True)
class Query:
    """What is looked for; keys are those of `xapi.index`, positions are moments in microseconds."""

    agent: str = ""
    verb: str = ""
    activity: str = ""
    registration: str = ""
    related_agents: bool = False
    related_activities: bool = False
    since: int | None = None
    until: int | None = None
    ascending: bool = False
    limit: int = 100
    # Where the page before has ended.
    beyond: int | None = None

    @property
    def is_about_something(self) -> bool:
        """Whether anything but time is asked for, so that references have to be followed."""
        return bool(self.agent or self.verb or self.activity or self.registration)


def _value(sql: str, parameter: Any) -> Any:
    """Return the value that a query finds, None where it finds nothing.

    Asked with every request: to build such a query with the mapper takes longer than to answer it.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [parameter])
        row = cursor.fetchone()
    return row and row[0]


# -- Lists ----------------------------------------------------------------------------------------------
def find(query: Query, credential: Credential) -> tuple[list[Statement], bool]:
    """Return a page of statements, and whether there are more."""
    order = "" if query.ascending else "-"
    wanted = query.limit + 1
    found: dict[int, Statement] = {}
    for client in (None, *_clients_of(query)):
        direct = _about(Statement.objects.filter(_seen(query, credential)), query, client)
        found |= {row.position: row for row in direct.order_by(f"{order}position")[:wanted]}
        if query.is_about_something:
            # What points at one that is found is found itself, though not by time (Communication 2.1.3).
            # Nor by what the credential may not read: its statement would tell what is said there.
            readable = _visible(credential, "target__")
            references = Reference.objects.filter(_seen(query, credential, "source__"), readable)
            pointing = _about(references, query, client, "target__")
            sources = pointing.order_by(f"{order}source").values_list("source", flat=True).distinct()[:wanted]
            further = Statement.objects.filter(position__in=[one for one in sources if one not in found])
            found |= {row.position: row for row in further}
    rows = sorted(found.values(), key=lambda row: row.position, reverse=not query.ascending)
    return rows[: query.limit], len(rows) > query.limit


def _seen(query: Query, credential: Credential, of: str = "") -> Q:
    """Return the condition that a statement is of the time asked for, not voided, and may be read."""
    return Q(**{f"{of}is_voided": False}) & _in_time(query, f"{of}position") & _visible(credential, of)


def _in_time(query: Query, position: str) -> Q:
    during = Q()
    if query.since is not None:
        during &= Q(**{f"{position}__gt": query.since})
    if query.until is not None:
        during &= Q(**{f"{position}__lte": query.until})
    if query.beyond is not None:
        during &= Q(**{f"{position}__{'gt' if query.ascending else 'lt'}": query.beyond})
    return during


def _visible(credential: Credential, of: str = "") -> Q:
    """Return the condition that a credential may read a statement."""
    launch = credential.launch
    if launch is not None:
        learner = Mention.objects.filter(key=UUID(credential.learner_key), is_direct=True).values("statement")
        of_launch = (
            Q(**{f"{of}registration": launch.registration})
            if launch.registration is not None
            else Q(**{f"{of}client": launch.client_id})
        )
        return of_launch & Q(**{f"{of}position__in": learner})
    if not credential.may(Scope.READ_STATEMENTS, Scope.READ_ALL):
        return Q(**{f"{of}client": credential.client_id})
    return Q()


def _clients_of(query: Query) -> list[int]:
    """Return the clients whose authority is the related agent that is asked for."""
    if not (query.agent and query.related_agents):
        return []
    return [
        pk
        for pk, authority in Client.objects.values_list("pk", "authority")
        if any(agent_key(identity) == query.agent for identity in identities(json.loads(authority)))
    ]


def _about(rows: QuerySet[Row], query: Query, client: int | None, of: str = "") -> QuerySet[Row]:
    """Keep what matches: statements, or references `of` whose target matches.

    Where a client is named, its authority is the agent, who is not looked for among those mentioned: each way
    has an index, while a database that is asked for both at once reads every statement there is.
    """
    if query.verb:
        rows = rows.filter(**{f"{of}verb": UUID(query.verb)})
    if query.registration:
        rows = rows.filter(**{f"{of}registration": UUID(query.registration)})
    if client is not None:
        rows = rows.filter(**{f"{of}client": client})
    for key, is_related in (
        ("" if client is not None else query.agent, query.related_agents),
        (query.activity, query.related_activities),
    ):
        if key:
            mentioned = Q(**{f"{of}mentions__key": UUID(key)})
            if not is_related:
                mentioned &= Q(**{f"{of}mentions__is_direct": True})
            if not of:
                # Said twice, so that the database looks only into those months of both tables.
                mentioned &= _in_time(query, "mentions__statement")
            rows = rows.filter(mentioned)
    return rows


# -- One ------------------------------------------------------------------------------------------------
def get(uuid: UUID, credential: Credential, *, is_voided: bool) -> Statement | None:
    """Return the statement of an id, voided or not, if the credential may read it."""
    key = StatementId._meta.get_field("uuid").get_db_prep_value(uuid, connection)
    position = _value("SELECT position FROM records_statementid WHERE uuid = %s", key)
    if position is None:
        return None
    # Asked by position, since a join would make the database plan for every month there is.
    return Statement.objects.filter(_visible(credential), position=position, is_voided=is_voided).first()


# -- Forms ----------------------------------------------------------------------------------------------
_authorities: dict[int, msgspec.Raw] = {}


def _authority(client_id: int) -> msgspec.Raw:
    """Return the authority of a client's statements, which never changes."""
    if client_id not in _authorities:
        text: str = Client.objects.values_list("authority", flat=True).get(pk=client_id)
        _authorities[client_id] = msgspec.Raw(text.encode())
    return _authorities[client_id]


def exact(row: Statement) -> bytes:
    """Return a statement as it was received with what the store adds."""
    whole = _decode(row.received) | _decode(row.added)
    stored = msgspec.Raw(f'"{stored_at(row.position)}"'.encode())
    whole.setdefault("timestamp", stored)
    whole["stored"] = stored
    whole["authority"] = _authority(row.client_id)
    return _encode(whole)


def stored(row: Statement) -> str:
    """Return when a statement was stored, as HTTP writes it."""
    return http_date(row.position / 1_000_000)


def received(row: Statement) -> dict[str, Any]:
    """Return a statement as it was received."""
    read: dict[str, Any] = json.loads(row.received)
    return read


def in_form(rows: Sequence[Statement], form: str, languages: list[str]) -> list[bytes]:
    """Return statements in one of the forms "exact", "ids" and "canonical"."""
    texts = [exact(row) for row in rows]
    if form == "exact":
        return texts
    statements = [json.loads(text) for text in texts]
    if form == "ids":
        return [_encode(forms.only_ids(statement)) for statement in statements]
    known = definitions({one["id"] for statement in statements for one in forms.activities_of(statement)})
    return [_encode(forms.canonical(statement, known, languages)) for statement in statements]


def definitions(iris: set[str]) -> dict[str, dict[str, Any]]:
    """Return what is known of activities, by id."""
    keys = [UUID(activity_key(iri)) for iri in iris]
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(keys), 500):
        rows = Activity.objects.filter(key__in=keys[start : start + 500])
        found.update((iri, json.loads(text)) for iri, text in rows.values_list("iri", "definition"))
    return {iri: definition for iri, definition in found.items() if definition}


def attachments_of(rows: Sequence[Statement]) -> list[str]:
    """Return the hashes of the data that came with statements, each once."""
    found = Attachment.objects.filter(statement__in=[row.position for row in rows])
    return sorted(set(found.values_list("sha2", flat=True)))


def latest_name(key: str) -> str:
    """Return the name under which an agent has acted last; empty where none is known."""
    recent = Statement.objects.filter(mentions__key=UUID(key), mentions__is_direct=True)
    for row in recent.order_by("-position")[:5]:
        actor = json.loads(row.received)["actor"]
        if actor.get("name") and actor.get("objectType", "Agent") == "Agent":
            return str(actor["name"])
    return ""
