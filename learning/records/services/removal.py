"""Removing records: those of one person (PDPA), or those past their time; with a trace that says so.

Statements are never changed otherwise. What is removed is gone with its keys, attachments and references; the
trace says how many there were, who asked and why, and in how many records of others the person is named.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from learning.people import audit
from learning.people.models import Person
from learning.records.models import (
    Attachment,
    Document,
    Launch,
    Mention,
    OutboxEntry,
    Reference,
    Removal,
    Statement,
    StatementId,
    Undelivered,
)
from learning.records.services import attachments
from learning.records.services.actors import actor_of, identities_of, key_of, keys_of
from learning.records.services.credentials import forget
from learning.records.services.positions import position_of, take_turn
from learning.records.xapi.agents import identities
from learning.records.xapi.index import index

_BATCH = 500


def erase_person(person: Person, *, actor: Person, reason: str) -> Removal:
    """Remove every record of what a person did, and their states and profiles; return the trace."""
    keys, own = keys_of(person), identities_of(person)
    with transaction.atomic():
        take_turn()
        named = set(Mention.objects.filter(key__in=keys).values_list("statement", flat=True))
        theirs, others = [], 0
        for position, received in _received(sorted(named)):
            if not own.isdisjoint(identities(json.loads(received)["actor"])):
                theirs.append(position)
            else:
                others += 1
        documents, _ = Document.objects.filter(agent__in=keys).delete()
        # Other apps know launches by their rows, so these stay, ended and without a name.
        launches = Launch.objects.filter(actor__account__name=str(person.public_id))
        launches.update(actor=_nameless(actor_of(person)), revoked_at=timezone.now())
        OutboxEntry.objects.filter(person_key=key_of(person)).delete()
        _remove(theirs)
        trace = Removal.objects.create(
            actor=actor,
            person=person,
            reason=reason,
            statement_count=len(theirs),
            document_count=documents,
            mention_count=others,
        )
        audit.record(actor, "records.person_erased", person, statements=len(theirs), documents=documents)
    forget()
    return trace


def _nameless(agent: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in agent.items() if name != "name"}


def remove_older(before: datetime, *, reason: str) -> Removal:
    """Remove every statement stored before a moment, some at a time; return the trace, which grows along."""
    trace = Removal.objects.create(before=before, reason=reason, statement_count=0, document_count=0)
    while True:
        with transaction.atomic():
            take_turn()
            rows = Statement.objects.filter(position__lt=position_of(before)).order_by("position")
            positions = list(rows.values_list("position", flat=True)[:_BATCH])
            _remove(positions)
            trace.statement_count += len(positions)
            trace.save(update_fields=["statement_count"])
            if len(positions) < _BATCH:
                audit.record(
                    None,
                    "records.older_removed",
                    trace,
                    before=before.isoformat(),
                    reason=reason,
                    statements=trace.statement_count,
                )
                return trace


def _received(positions: Sequence[int]) -> Iterable[tuple[int, str]]:
    for start in range(0, len(positions), _BATCH):
        part = positions[start : start + _BATCH]
        yield from Statement.objects.filter(position__in=part).values_list("position", "received")


def _remove(positions: Sequence[int]) -> None:
    for start in range(0, len(positions), _BATCH):
        part = list(positions[start : start + _BATCH])
        sha2s = set(Attachment.objects.filter(statement__in=part).values_list("sha2", flat=True))
        # By key, since mentions have no index on what mentions: that would cost every statement a write.
        keys = {key for _, text in _received(part) for key in index(json.loads(text)).mentions}
        Mention.objects.filter(key__in=[UUID(key) for key in keys], statement__in=part).delete()
        StatementId.objects.filter(statement__in=part).delete()
        Attachment.objects.filter(statement__in=part).delete()
        Undelivered.objects.filter(position__in=part).delete()
        Reference.objects.filter(target__in=part).update(target=None)
        Reference.objects.filter(source__in=part).delete()
        # Django would look for each of these again, and for mentions without an index.
        with connection.cursor() as cursor:
            marks = ",".join(["%s"] * len(part))
            cursor.execute(f"DELETE FROM records_statement WHERE position IN ({marks})", part)  # noqa: S608
        transaction.on_commit(partial(_remove_files, sorted(sha2s)))


def _remove_files(sha2s: Sequence[str]) -> None:
    """Delete data, unless a statement that came since has the same; nobody stores one meanwhile."""
    if not sha2s:
        return
    with transaction.atomic():
        take_turn()
        kept = set(Attachment.objects.filter(sha2__in=sha2s).values_list("sha2", flat=True))
        for sha2 in sha2s:
            if sha2 not in kept:
                attachments.remove(sha2)
