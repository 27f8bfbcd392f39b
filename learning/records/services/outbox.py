"""The outbox: events become statements in the transaction of the event, and reach the store after it.

An event has a name of its own, from which the id of its statement is made: an event that is recorded twice,
or delivered twice, is one statement. What one person did goes in the order in which it was recorded; where a
statement cannot be delivered, the person's later ones wait behind it until it is tried again or set aside.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
import tincan
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from learning.people import audit
from learning.people.models import Person
from learning.records.errors import Refused
from learning.records.models import OutboxEntry, OutboxState
from learning.records.services import actors
from learning.records.services.credentials import own_client
from learning.records.services.positions import take_turn
from learning.records.services.store import store_own
from learning.records.vocabulary import VOIDED, Extension, Verb
from learning.records.xapi.rules import Broken

log = structlog.get_logger(__name__)

_NAMESPACE = uuid5(NAMESPACE_URL, "https://w3id.org/xapi/outbox")
_CLIENT = "outbox"
_BATCH = 500
# Seconds until a statement that was refused is tried again: a minute, two, four, … a day.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(days=1)
_PLATFORM = "ocsc-learning-portal"


@dataclass(frozen=True)
class Thing:
    """What an event is about: an activity. `key` is unique among those of its `kind`, for ever."""

    kind: str
    key: str
    type: str
    name_th: str
    name_en: str = ""
    # The id that a package gives its activity; ours is made of kind and key.
    own_id: str = ""

    @property
    def iri(self) -> str:
        """The activity's id."""
        return self.own_id or f"{settings.PUBLIC_ORIGIN}/id/{self.kind}/{self.key}"


@dataclass(frozen=True)
class Outcome:
    """How it went; None where an event says nothing of it."""

    raw: Decimal | None = None
    max: Decimal | None = None
    # The share of the full marks, where nobody says how many those are.
    scaled: Decimal | None = None
    success: bool | None = None
    completion: bool | None = None
    duration: timedelta | None = None
    # Per cent, 0 to 100.
    progress: int | None = None
    extensions: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Event:
    """What a person did. `name` says which it is for ever, subject first: "enrollment.enrolled:123"."""

    name: str
    person: Person
    verb: Verb
    thing: Thing
    at: datetime
    outcome: Outcome | None = None
    parents: tuple[Thing, ...] = ()
    grouping: tuple[Thing, ...] = ()
    registration: UUID | None = None
    # The id of the profile that the statement keeps to.
    profile: str = ""
    # Extensions of the context.
    about: Mapping[str, object] = field(default_factory=dict)


def statement_id(event: str) -> UUID:
    """Return the id of the statement of an event."""
    return uuid5(_NAMESPACE, event)


def record(*events: Event) -> None:
    """Record events in the caller's transaction, few or many; one that is recorded again changes nothing."""
    # What many events say alike is built once.
    shared = cache(_shared)
    _keep([_entry(each.name, _statement(each, shared), actors.key_of(each.person)) for each in events])


def put(event: str, statement: dict[str, object], *, person_key: str) -> UUID:
    """Put a finished statement into the outbox, in the caller's transaction; `record` makes most of them."""
    entry = _entry(event, statement, person_key)
    _keep([entry])
    return entry.uuid


def withdraw(event: str, *, told: str, person: Person, at: datetime) -> UUID:
    """Void what the event named `told` has said of a person, in the caller's transaction: it holds no more.

    Who withdraws is the platform. A voided statement stays so for ever: what holds again is another event.
    """
    statement = tincan.Statement(
        actor=tincan.Agent(json.loads(own_client(_CLIENT).authority)),
        verb=_verb(VOIDED),
        object=tincan.StatementRef(id=str(statement_id(told))),
        timestamp=at,
    )
    return put(event, _as_json(statement), person_key=actors.key_of(person))


def recorded(events: Iterable[str]) -> set[str]:
    """Return which of these events were recorded in the last weeks; delivered ones are tidied away then."""
    ids = {statement_id(event): event for event in events}
    return {ids[uuid] for uuid in OutboxEntry.objects.filter(uuid__in=ids).values_list("uuid", flat=True)}


def _entry(event: str, statement: dict[str, object], person_key: str) -> OutboxEntry:
    uuid = statement_id(event)
    return OutboxEntry(uuid=uuid, person_key=person_key, statement=statement | {"id": str(uuid)})


def _keep(entries: Sequence[OutboxEntry]) -> None:
    if entries:
        OutboxEntry.objects.bulk_create(entries, ignore_conflicts=True, batch_size=_BATCH)
        transaction.on_commit(_deliver_soon, robust=True)


def _deliver_soon() -> None:
    # By name: tasks call services, never the other way.
    current_app.tasks["learning.records.tasks.deliver"].delay()


# -- From an event to a statement -----------------------------------------------------------------------
def _statement(event: Event, shared: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    alike = shared(event.verb, event.thing, event.parents, event.grouping, event.profile)
    own = tincan.Statement(
        actor=tincan.Agent(actors.actor_of(event.person)), timestamp=event.at, context=tincan.Context()
    )
    if event.registration is not None:
        own.context.registration = str(event.registration)
    if event.about:
        own.context.extensions = tincan.Extensions(dict(event.about))
    if event.outcome is not None:
        own.result = _result(event.outcome)
    made = _as_json(own)
    return alike | made | {"context": alike["context"] | made["context"]}


def _shared(
    verb: Verb, thing: Thing, parents: tuple[Thing, ...], grouping: tuple[Thing, ...], profile: str
) -> dict[str, Any]:
    """Return what the statements of all events of a kind say about a thing."""
    related = {
        "parent": [_activity(each) for each in parents],
        "grouping": [_activity(each) for each in grouping],
        "category": [tincan.Activity(id=profile)] if profile else [],
    }
    context = tincan.Context(platform=_PLATFORM)
    if given := {kind: things for kind, things in related.items() if things}:
        context.context_activities = tincan.ContextActivities(**given)
    return _as_json(
        tincan.Statement(
            verb=_verb(verb),
            object=_activity(thing),
            context=context,
        )
    )


def _as_json(statement: tincan.Statement) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(statement.to_json(tincan.Version.latest))
    return made


def _verb(verb: Verb) -> tincan.Verb:
    return tincan.Verb(id=verb.iri, display=tincan.LanguageMap({"th": verb.thai, "en": verb.english}))


def _activity(thing: Thing) -> tincan.Activity:
    names = {"th": thing.name_th} | ({"en": thing.name_en} if thing.name_en else {})
    return tincan.Activity(
        id=thing.iri,
        definition=tincan.ActivityDefinition(type=thing.type, name=tincan.LanguageMap(names)),
    )


def _result(outcome: Outcome) -> tincan.Result:
    result = tincan.Result(success=outcome.success, completion=outcome.completion)
    if outcome.raw is not None:
        result.score = tincan.Score(raw=float(outcome.raw), min=0.0)
        if outcome.max:
            result.score.max = float(outcome.max)
            result.score.scaled = round(float(outcome.raw / outcome.max), 4)
    elif outcome.scaled is not None:
        result.score = tincan.Score(scaled=round(float(outcome.scaled), 4))
    if outcome.duration is not None:
        result.duration = outcome.duration
    extensions = dict(outcome.extensions)
    if outcome.progress is not None:
        extensions[Extension.PROGRESS] = outcome.progress
    if extensions:
        result.extensions = tincan.Extensions(extensions)
    return result


# -- Delivery -------------------------------------------------------------------------------------------
def deliver(now: datetime) -> int:
    """Store what waits, oldest first, and return how many statements went out.

    The statement and the mark that it is delivered are one transaction; the turn of the store's writers
    keeps two deliveries from working on the same entries.
    """
    delivered = last = 0
    while True:
        with transaction.atomic():
            take_turn()
            entries = _due(now, last)
            delivered += _deliver_in_order(entries, now)
        if len(entries) < _BATCH:
            return delivered
        last = entries[-1].pk


def _due(now: datetime, after: int) -> list[OutboxEntry]:
    """Return the oldest entries behind one that may go out: none behind a failed one of the same person.

    What has gone out of a long queue stays in the table, so whoever began at its head each time would read
    that again and again.
    """
    undelivered = OutboxEntry.objects.filter(state__in=(OutboxState.WAITING, OutboxState.FAILED))
    held = undelivered.filter(state=OutboxState.FAILED, due_at__gt=now).exclude(person_key="")
    keys = list(held.values_list("person_key", flat=True).distinct()[:10_000])
    return list(
        undelivered.filter(pk__gt=after, due_at__lte=now).exclude(person_key__in=keys).order_by("pk")[:_BATCH]
    )


def _deliver_in_order(entries: Sequence[OutboxEntry], now: datetime) -> int:
    """Deliver entries together; one by one where the store refuses one of them."""
    try:
        with transaction.atomic():
            store_own(own_client(_CLIENT), [entry.statement for entry in entries])
    except (Broken, Refused):
        return _deliver_one_by_one(entries, now)
    OutboxEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(
        state=OutboxState.DELIVERED, error="", delivered_at=now, attempts=F("attempts") + 1
    )
    return len(entries)


def _deliver_one_by_one(entries: Iterable[OutboxEntry], now: datetime) -> int:
    """Deliver entries; what lies behind one that fails now, of the same person, stays."""
    went, held = 0, set()
    for entry in entries:
        if entry.person_key in held:
            continue
        if _deliver_one(entry, now):
            went += 1
        elif entry.person_key:
            held.add(entry.person_key)
    return went


def _deliver_one(entry: OutboxEntry, now: datetime) -> bool:
    try:
        with transaction.atomic():
            store_own(own_client(_CLIENT), [entry.statement])
    except (Broken, Refused) as error:
        entry.state, entry.error = OutboxState.FAILED, str(error)
        entry.due_at = now + min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(entry.attempts, 20))
        log.warning("records.not_delivered", statement=str(entry.uuid), error=entry.error)
    else:
        entry.state, entry.error, entry.delivered_at = OutboxState.DELIVERED, "", now
    entry.attempts += 1
    entry.save(update_fields=["state", "error", "due_at", "attempts", "delivered_at"])
    return entry.state == OutboxState.DELIVERED


# -- What staff do --------------------------------------------------------------------------------------
def try_again(entry: OutboxEntry, actor: Person) -> None:
    """Let a failed statement go out with the next delivery."""
    with transaction.atomic():
        OutboxEntry.objects.filter(pk=entry.pk, state=OutboxState.FAILED).update(due_at=timezone.now())
        audit.record(actor, "records.outbox_tried_again", entry)
        transaction.on_commit(_deliver_soon, robust=True)


def set_aside(entry: OutboxEntry, actor: Person) -> None:
    """Give a failed statement up, so that the person's later ones go out."""
    with transaction.atomic():
        OutboxEntry.objects.filter(pk=entry.pk, state=OutboxState.FAILED).update(state=OutboxState.SET_ASIDE)
        audit.record(actor, "records.outbox_set_aside", entry, statement=str(entry.uuid))
        transaction.on_commit(_deliver_soon, robust=True)


def remove_delivered(before: datetime) -> int:
    """Delete entries that were delivered long ago; the store has their statements."""
    old = OutboxEntry.objects.filter(state=OutboxState.DELIVERED, delivered_at__lt=before)
    count, _ = old.delete()
    return count
