"""Store statements: many requests in one transaction, each of them whole or not at all.

One writer at a time has its turn (a lock of PostgreSQL's for the transaction; SQLite knows no other way), and
positions are given within the turn. So a reader sees every statement up to the last one it sees, two requests
can never both take an id, and no rows are locked in an order that could end in a deadlock. Statements from
many connections share a turn (`learning.commit.Group`), which is why waiting for one costs little.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.db import connection, transaction

from learning.people.rosters import chunks
from learning.records import launches
from learning.records.errors import Conflict, Refused
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
from learning.records.services import attachments, positions, reach, references
from learning.records.services.credentials import Credential
from learning.records.services.positions import take_turn
from learning.records.services.references import Pointing
from learning.records.services.rows import Row, insert
from learning.records.xapi.formats import read_timestamp, write_timestamp
from learning.records.xapi.forms import merge_definitions, say_the_same, with_activity_lists
from learning.records.xapi.index import Index, activity_key, attachments_of, index
from learning.records.xapi.reading import read_json
from learning.records.xapi.rules import Broken, Rule
from learning.records.xapi.statements import check_statement
from learning.records.xapi.versions import Version

_MOST_REMEMBERED = 10_000
_AT_ONCE = 500


# -- Before the transaction -----------------------------------------------------------------------------
@dataclass(slots=True)
class Incoming:
    """A statement that has passed every check which needs no database.

    `uuid` is its id as 32 hexadecimal digits, which is what databases compare.
    """

    uuid: str
    statement_id: str
    received: str
    added: str
    statement: dict[str, Any]
    index: Index


@dataclass(slots=True)
class Submission:
    """What one request brings: all of it is stored or nothing."""

    credential: Credential
    incoming: list[Incoming]
    # Data of attachments by their hash.
    files: dict[str, bytes] = field(default_factory=dict)


def read_statement(raw: bytes, version: Version, *, statement_id: str = "") -> Incoming:
    """Return the statement of a JSON text; `statement_id` is that of a PUT. Raises Broken."""
    statement = read_json(raw)
    check_statement(statement, version)
    added = with_activity_lists(statement)
    given = statement.get("id")
    if given is None:
        added["id"] = given = statement_id or str(uuid4())
        if statement_id:
            # Who names it in a PUT has given it.
            statement["id"] = statement_id
    elif statement_id and given.lower() != statement_id.lower():
        raise Broken(Rule.STATEMENT_ID_MATCHES, "id")
    if "version" not in statement:
        added["version"] = "1.0.0" if version is Version.V1 else Version.V2.value
    if version is Version.V2 and "timestamp" in statement and not statement["timestamp"].endswith("Z"):
        added["timestamp"] = write_timestamp(read_timestamp(statement["timestamp"]))
    given = given.lower()
    return Incoming(
        uuid=given.replace("-", ""),
        statement_id=given,
        received=raw.decode(),
        added=msgspec.json.encode(added).decode(),
        statement=statement,
        index=index(statement),
    )


def check_batch(incoming: Sequence[Incoming]) -> None:
    """Raise Broken where two statements of a batch have one id."""
    seen: set[str] = set()
    for place, one in enumerate(incoming):
        if one.uuid in seen:
            raise Broken(Rule.DISTINCT_IDS, place, "id")
        seen.add(one.uuid)


# -- The transaction ------------------------------------------------------------------------------------
def store(submissions: Sequence[Submission]) -> list[list[str] | Refused]:
    """Store what many requests bring, durably; return for each its statements' ids, or why it was refused."""
    for submission in submissions:
        attachments.keep(submission.files)
    with transaction.atomic():
        turn = _Turn(take_turn())
        for submission in submissions:
            # Whoever removed the last statement with the same data has removed them since.
            attachments.keep(submission.files)
        turn.look_up(submissions)
        outcomes = [turn.take(submission) for submission in submissions]
        turn.write()
        # The transaction may be a part of the caller's, who may yet think better of it.
        transaction.on_commit(turn.remember)
    return outcomes


def store_own(client: Client, statements: Iterable[dict[str, Any]]) -> list[str]:
    """Store statements of the platform's own, in the caller's transaction; return their ids.

    Raises `Broken` for a statement that is none, Conflict for an id that another statement has.
    """
    incoming = [
        read_statement(json.dumps(statement, ensure_ascii=False).encode(), Version.V1)
        for statement in statements
    ]
    credential = Credential(client.pk, frozenset({Scope.WRITE_STATEMENTS, Scope.DEFINE}))
    (outcome,) = store([Submission(credential, incoming)])
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


class _Turn:
    """One turn of a writer: what is known of the ids, and the rows that go in together."""

    def __init__(self, last: int) -> None:
        self._last = last
        # Ids that are taken: by a statement in the database, or by one of this turn.
        self._taken: dict[str, int | Incoming] = {}
        self._voided: set[str] = set()
        # Ids that statements already in the database point at.
        self._awaited: set[str] = set()
        self._start_rows()
        self._definitions: dict[str, dict[str, Any]] = {}

    def _start_rows(self) -> None:
        self._statements: list[Row] = []
        self._ids: list[Row] = []
        self._mentions: list[Row] = []
        self._files: list[Row] = []
        self._pointing: list[Pointing] = []
        # Activities with what a statement says of them.
        self._described: list[dict[str, Any]] = []

    def look_up(self, submissions: Sequence[Submission]) -> None:
        """Ask once which of all ids are taken, and which are pointed at."""
        ids = [one.uuid for submission in submissions for one in submission.incoming]
        for uuid, position in _find(StatementId, "uuid", "position", ids):
            self._taken[_hex(uuid)] = position
        for uuid, _ in _find(Reference, "target_uuid", "source_id", ids):
            self._awaited.add(_hex(uuid))

    def take(self, submission: Submission) -> list[str] | Refused:
        """Add the statements of one request to the turn, or say why not."""
        launch = submission.credential.launch
        try:
            if launch is not None:
                for one in submission.incoming:
                    reach.check_statement(launch, one.statement)
            new = self._not_yet_stored(submission)
            if (listener := _listener(submission.credential)) is None:
                self._add(submission, new)
            else:
                self._add_with_rules(submission, new, listener)
        except Refused as refused:
            return refused
        return [one.statement_id for one in submission.incoming]

    def _not_yet_stored(self, submission: Submission) -> list[Incoming]:
        """Return the statements that are new. Raises Conflict where an id is another statement's."""
        new = []
        for one in submission.incoming:
            taken = self._taken.get(one.uuid)
            if taken is None:
                new.append(one)
                continue
            before = taken.statement if isinstance(taken, Incoming) else _received(taken)
            if not say_the_same(before, one.statement):
                raise Conflict(f"another statement has the id {one.statement_id}")
        return new

    def _add_with_rules(self, submission: Submission, new: list[Incoming], listener: "_Listener") -> None:
        """Add statements of a launch or client whose app looks at them before and after."""
        self.write()
        last, definitions = self._last, dict(self._definitions)
        with transaction.atomic():
            told = [one.statement for one in new]
            if told:
                listener.before(told)
            # The app may have stored some of its own.
            self._last = take_turn()
            self._add(submission, new)
            try:
                self.write()
                if told:
                    listener.after(told)
            except BaseException:
                for one in new:
                    self._taken.pop(one.uuid, None)
                self._start_rows()
                self._last, self._definitions = last, definitions
                raise
            self._last = take_turn()

    def _add(self, submission: Submission, new: list[Incoming]) -> None:
        for one in new:
            self._last = position = max(self._last + 1, positions.now())
            self._taken[one.uuid] = one
            self._statements.append(
                (
                    position,
                    one.uuid,
                    submission.credential.client_id,
                    one.index.verb,
                    one.index.registration,
                    one.index.is_voiding,
                    False,
                    one.received,
                    one.added,
                )
            )
            self._ids.append((one.uuid, position))
            self._mentions += [(key, position, direct) for key, direct in one.index.mentions.items()]
            if submission.files:
                self._files += [
                    (given["sha2"].lower(), position)
                    for given in attachments_of(one.statement)
                    if given["sha2"].lower() in submission.files
                ]
            if one.index.target or one.uuid in self._awaited:
                target = UUID(one.index.target) if one.index.target else None
                self._pointing.append(Pointing(position, UUID(one.uuid), target, one.index.is_voiding))
                if one.index.target:
                    self._awaited.add(one.index.target)
            self._described += [
                activity
                for activity in one.index.activities
                if reach.may_describe(submission.credential, activity["id"])
            ]

    def write(self) -> None:
        """Write the rows that have been collected."""
        if self._statements:
            with connection.cursor() as cursor:
                insert(cursor, Statement, _STATEMENT_COLUMNS, self._statements)
                insert(cursor, StatementId, ("uuid", "position"), self._ids)
                insert(cursor, Mention, ("key", "position", "is_direct"), self._mentions)
                insert(cursor, Attachment, ("sha2", "position"), sorted(set(self._files)))
            if self._pointing:
                references.connect(self._pointing)
            if self._described:
                self._describe()
            self._start_rows()

    def _describe(self) -> None:
        """Merge what statements say of activities into what is known of them."""
        told: dict[str, list[dict[str, Any]]] = {}
        for activity in self._described:
            iri, definition = activity["id"], activity["definition"]
            if self._definitions.get(iri, _described.get(iri)) != definition:
                told.setdefault(iri, []).append(definition)
                self._definitions[iri] = definition
        changed = []
        for iris in chunks(told):
            keys = {iri: UUID(activity_key(iri)) for iri in iris}
            known = Activity.objects.in_bulk(keys.values())
            for iri, key in keys.items():
                row = known.get(key) or Activity(key=key, iri=iri)
                merged = before = json.loads(row.definition)
                for definition in told[iri]:
                    merged = merge_definitions(merged, definition)
                if merged != before or key not in known:
                    row.definition = json.dumps(merged, ensure_ascii=False)
                    changed.append(row)
        Activity.objects.bulk_create(
            changed,
            batch_size=_AT_ONCE,
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["definition"],
        )

    def remember(self) -> None:
        """Take note, after the commit, of what is settled and which definitions need no merging again."""
        positions.settle(self._last)
        if len(_described) + len(self._definitions) > _MOST_REMEMBERED:
            _described.clear()
        _described.update(self._definitions)


@dataclass(frozen=True, slots=True)
class _Listener:
    """What an app does about the statements of one sender."""

    before: Callable[[list[dict[str, Any]]], None]
    after: Callable[[list[dict[str, Any]]], None]


def _listener(credential: Credential) -> _Listener | None:
    launch, client = credential.launch, credential.client_id
    if launch is not None:
        if (rules := launches.rules_of(launch)) is not None:
            return _Listener(
                partial(rules.before_statements, launch), partial(rules.after_statements, launch)
            )
    elif (others := launches.client_rules(credential.rules)) is not None:
        return _Listener(partial(others.before_statements, client), partial(others.after_statements, client))
    return None


# The definition of each activity that this process has merged last.
_described: dict[str, dict[str, Any]] = {}

_STATEMENT_COLUMNS = (
    "position",
    "uuid",
    "client_id",
    "verb",
    "registration",
    "is_voiding",
    "is_voided",
    "received",
    "added",
)


def _hex(value: UUID | str) -> str:
    return value.hex if isinstance(value, UUID) else value


def _received(position: int) -> dict[str, Any]:
    text: str = Statement.objects.values_list("received", flat=True).get(position=position)
    read: dict[str, Any] = json.loads(text)
    return read


def _find(model: Any, column: str, other: str, values: list[str]) -> list[tuple[Any, Any]]:
    """Return two columns of the rows in which one of them has one of the values."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            statement = f"SELECT {column}, {other} FROM {table} WHERE {column} = ANY(%s::uuid[])"  # noqa: S608
            # As one text: to make an array of as many parameters takes ten times as long.
            cursor.execute(statement, ["{" + ",".join(values) + "}"])
            return list(cursor.fetchall())
        found: list[tuple[Any, Any]] = []
        for start in range(0, len(values), 500):
            part = values[start : start + 500]
            marks = ",".join(["%s"] * len(part))
            cursor.execute(f"SELECT {column}, {other} FROM {table} WHERE {column} IN ({marks})", part)  # noqa: S608
            found += cursor.fetchall()
        return found
