"""Find statements as the queries of the specification define them (Communication 2.1.3)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.utils.http import http_date

from learning.records.models import (
    Activity,
    Attachment,
    Client,
    Scope,
    Statement,
    StatementId,
)
from learning.records.services.credentials import Credential
from learning.records.services.positions import stored_at
from learning.records.xapi import forms
from learning.records.xapi.agents import identities
from learning.records.xapi.index import activity_key, agent_key

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


# -- Lists ----------------------------------------------------------------------------------------------
class _Sql:
    """A SELECT that grows: the tables it reads, and conditions with their values.

    Written by hand, since the mapper takes longer to build and compile such a query than the database to
    answer it (docs/decisions/0019).
    """

    def __init__(self, tables: str) -> None:
        self._tables = [tables]
        self._conditions: list[str] = []
        self.values: list[Any] = []

    def join(self, table: str) -> None:
        """Read another table too."""
        self._tables.append(table)

    def where(self, condition: str, *values: Any) -> None:
        """Keep only what meets a condition, whose marks stand for the values."""
        self._conditions.append(condition)
        self.values += values

    def among(self, column: str, others: Sequence["_Sql"]) -> None:
        """Keep what stands in all the others, which are answered first and by themselves.

        Joined, the database would have to guess which of an agent and an activity is the rarer, and guessing
        wrong reads every statement about the activity to find one learner's.
        """
        texts = " INTERSECT ".join(each.text("position") for each in others)
        self.where(f"{column} IN ({texts})", *(value for each in others for value in each.values))

    def select(self, what: str, order: str, most: int) -> tuple[str, list[Any]]:
        """Return the text and its values, for the first rows in an order."""
        return f"{self.text(what)} ORDER BY {order} LIMIT {most}", self.values

    def text(self, what: str) -> str:
        """Return the text that asks for all rows, in no order."""
        tables, conditions = " JOIN ".join(self._tables), " AND ".join(self._conditions)
        return f"SELECT {what} FROM {tables} WHERE {conditions}"  # noqa: S608


# Any time.
_ALWAYS = Query()


def find(query: Query, credential: Credential) -> tuple[list[Statement], bool]:
    """Return a page of statements, and whether there are more."""
    wanted = query.limit + 1
    found: dict[int, Statement] = {}
    for client in (None, *_clients_of(query)):
        found |= {row.position: row for row in _direct(query, credential, client, wanted)}
        if query.is_about_something:
            sources = _pointing(query, credential, client, wanted)
            if further := [one for one in sources if one not in found]:
                found |= Statement.objects.in_bulk(further)
    rows = sorted(found.values(), key=lambda row: row.position, reverse=not query.ascending)
    return rows[: query.limit], len(rows) > query.limit


def _direct(query: Query, credential: Credential, client: int | None, most: int) -> Iterable[Statement]:
    """Return what matches, at most so many."""
    sql = _Sql("records_statement AS s")
    _keep_seen(sql, "s", query, credential)
    _keep_matching(sql, "s", query, client, is_of_that_time=True)
    return Statement.objects.raw(*sql.select("s.*", _order(query, "s.position"), most))


def _pointing(query: Query, credential: Credential, client: int | None, most: int) -> list[int]:
    """Return where what points at something that matches is, at most so many.

    It is found itself, though not by time (Communication 2.1.3). Nor by what the credential may not read:
    its statement would tell what is said there.
    """
    sql = _Sql("records_reference AS r")
    sql.join("records_statement AS source ON source.position = r.source_id")
    sql.join("records_statement AS s ON s.position = r.target_id")
    _keep_seen(sql, "source", query, credential)
    _keep_readable(sql, "s", credential)
    _keep_matching(sql, "s", query, client, is_of_that_time=False)
    with connection.cursor() as cursor:
        cursor.execute(*sql.select("DISTINCT r.source_id", _order(query, "r.source_id"), most))
        return [position for (position,) in cursor.fetchall()]


def _order(query: Query, column: str) -> str:
    return column if query.ascending else f"{column} DESC"


def _keep_seen(sql: _Sql, of: str, query: Query, credential: Credential) -> None:
    """Keep statements of the time asked for that are not voided and may be read."""
    sql.where(f"NOT {of}.is_voided")
    _keep_in_time(sql, f"{of}.position", query)
    _keep_readable(sql, of, credential)


def _keep_in_time(sql: _Sql, position: str, query: Query) -> None:
    if query.since is not None:
        sql.where(f"{position} > %s", query.since)
    if query.until is not None:
        sql.where(f"{position} <= %s", query.until)
    if query.beyond is not None:
        sql.where(f"{position} {'>' if query.ascending else '<'} %s", query.beyond)


def _keep_readable(sql: _Sql, of: str, credential: Credential) -> None:
    """Keep statements that a credential may read."""
    launch = credential.launch
    if launch is not None:
        if launch.registration is not None:
            sql.where(f"{of}.registration = %s", _kept(launch.registration))
        else:
            sql.where(f"{of}.client_id = %s", launch.client_id)
        sql.where(
            f"{of}.position IN (SELECT position FROM records_mention WHERE key = %s AND is_direct)",  # noqa: S608
            _kept(UUID(credential.learner_key)),
        )
    elif not credential.may(Scope.READ_STATEMENTS, Scope.READ_ALL):
        sql.where(f"{of}.client_id = %s", credential.client_id)


def _clients_of(query: Query) -> list[int]:
    """Return the clients whose authority is the related agent that is asked for."""
    if not (query.agent and query.related_agents):
        return []
    return [
        pk
        for pk, authority in Client.objects.values_list("pk", "authority")
        if any(agent_key(identity) == query.agent for identity in identities(json.loads(authority)))
    ]


def _keep_matching(sql: _Sql, of: str, query: Query, client: int | None, *, is_of_that_time: bool) -> None:
    """Keep statements that are about what is asked for.

    Where a client is named, its authority is the agent, who is not looked for among those mentioned: each way
    has an index, while a database that is asked for both at once reads every statement there is.
    """
    if query.verb:
        sql.where(f"{of}.verb = %s", _kept(UUID(query.verb)))
    if query.registration:
        sql.where(f"{of}.registration = %s", _kept(UUID(query.registration)))
    if client is not None:
        sql.where(f"{of}.client_id = %s", client)
    named = [
        (key, is_related)
        for key, is_related in (
            ("" if client is not None else query.agent, query.related_agents),
            (query.activity, query.related_activities),
        )
        if key
    ]
    # Said of the mentions as well, so that the database looks only into those months of both tables.
    during = query if is_of_that_time else _ALWAYS
    if len(named) == 1:
        sql.join(f"records_mention AS named ON named.position = {of}.position")
        _keep_naming(sql, "named.", *named[0], during)
    elif named:
        sql.among(f"{of}.position", [_naming(key, is_related, during) for key, is_related in named])


def _naming(key: str, is_related: bool, during: Query) -> "_Sql":
    sql = _Sql("records_mention")
    _keep_naming(sql, "", key, is_related, during)
    return sql


def _keep_naming(sql: _Sql, of: str, key: str, is_related: bool, during: Query) -> None:
    sql.where(f"{of}key = %s", _kept(UUID(key)))
    if not is_related:
        sql.where(f"{of}is_direct")
    _keep_in_time(sql, f"{of}position", during)


def _kept(uuid: UUID) -> Any:
    """Return an id as the database keeps it."""
    return StatementId._meta.get_field("uuid").get_db_prep_value(uuid, connection)


# -- One ------------------------------------------------------------------------------------------------
def get(uuid: UUID, credential: Credential, *, is_voided: bool) -> Statement | None:
    """Return the statement of an id, voided or not, if the credential may read it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM records_statementid WHERE uuid = %s", [_kept(uuid)])
        known = cursor.fetchone()
    if known is None:
        return None
    # Asked by position, since a join would make the database plan for every month there is.
    sql = _Sql("records_statement AS s")
    sql.where("s.position = %s", *known)
    sql.where("s.is_voided" if is_voided else "NOT s.is_voided")
    _keep_readable(sql, "s", credential)
    return next(iter(Statement.objects.raw(*sql.select("s.*", "s.position", 1))), None)


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
