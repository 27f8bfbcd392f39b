"""What staff look for in the records."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.people import audit
from learning.people.models import Person
from learning.records.models import (
    Destination,
    Mention,
    OutboxEntry,
    OutboxState,
    Removal,
    SavedQuery,
    Statement,
    StatementId,
    Undelivered,
)
from learning.records.services.actors import keys_of
from learning.records.services.positions import position_of
from learning.records.services.search import exact
from learning.records.words import sentence
from learning.records.xapi.index import activity_key, verb_key

PAGE = 50
_DAY_US = 86_400_000_000
_ZONE = ZoneInfo("Asia/Bangkok")
_MOST_DAYS = 366
_USUAL_DAYS = 30
_EXPORTED = 500


@dataclass(frozen=True)
class Wanted:
    """What is looked for; empty means any."""

    person: Person | None = None
    activity: str = ""
    verb: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Line:
    """One statement of a list."""

    statement: Statement
    at: datetime
    who: str
    said: str


def _start_of(day: date) -> int:
    return position_of(datetime.combine(day, time(), _ZONE))


def statements(wanted: Wanted) -> QuerySet[Statement]:
    """Return the statements that match, newest first."""
    rows = Statement.objects.all()
    if wanted.person is not None:
        rows = rows.filter(_names(wanted.person))
    if wanted.activity:
        rows = rows.filter(mentions__key=UUID(activity_key(wanted.activity)))
    if wanted.verb:
        rows = rows.filter(verb=UUID(verb_key(wanted.verb)))
    if wanted.since:
        rows = rows.filter(position__gte=_start_of(wanted.since))
    if wanted.until:
        rows = rows.filter(position__lt=_start_of(wanted.until + timedelta(days=1)))
    return rows.order_by("-position")


def _names(person: Person) -> Q:
    """Return the condition that a person is the actor or the object, under whichever name."""
    named = Mention.objects.filter(key__in=keys_of(person), is_direct=True)
    return Q(position__in=named.values("statement"))


def page(wanted: Wanted, *, before: int | None) -> tuple[list[Line], int | None]:
    """Return a page of statements in words, and the position before which the next page begins."""
    rows = statements(wanted)
    if before is not None:
        rows = rows.filter(position__lt=before)
    found = list(rows[: PAGE + 1])
    following = found[PAGE - 1].position if len(found) > PAGE else None
    return lines(found[:PAGE]), following


def lines(rows: Sequence[Statement]) -> list[Line]:
    """Return statements in words."""
    read = []
    for row in rows:
        one = json.loads(row.received)
        read.append(Line(row, moment_of(row.position), _who(one["actor"]), sentence(one)))
    return read


def _who(actor: dict[str, Any]) -> str:
    account = actor.get("account") or {}
    return str(actor.get("name") or actor.get("mbox", "").removeprefix("mailto:") or account.get("name", ""))


def moment_of(position: int) -> datetime:
    """Return when the statement of a position was stored."""
    return datetime.fromtimestamp(position / 1_000_000, _ZONE)


def counts_by_day(wanted: Wanted) -> list[tuple[date, int]]:
    """Return how many statements were stored each day: of those asked for (at most a year), else of 30."""
    until = wanted.until or timezone.localdate()
    since = wanted.since or until - timedelta(days=_USUAL_DAYS - 1)
    since = max(since, until - timedelta(days=_MOST_DAYS - 1))
    first = _start_of(since)
    rows = (
        statements(Wanted(wanted.person, wanted.activity, wanted.verb, since, until))
        .order_by()
        .annotate(day=(F("position") - first) / _DAY_US)
        .values_list("day")
        .annotate(count=Count("position"))
    )
    counted = dict(rows)
    return [(since + timedelta(days=day), counted.get(day, 0)) for day in range((until - since).days + 1)]


def statement(uuid: UUID) -> Statement | None:
    """Return the statement of an id, voided or not."""
    known = StatementId.objects.filter(uuid=uuid).select_related("statement").first()
    return known.statement if known else None


def note_view(viewer: Person, person: Person) -> None:
    """Note that somebody looked at the timeline of a person."""
    audit.record(viewer, "records.timeline_viewed", person)


def note_export(person: Person | None) -> None:
    """Note that statements were taken out at the command line: a person's, or everybody's."""
    audit.record(None, "records.exported", person)


def exported(
    *, person: Person | None = None, since: datetime | None = None, until: datetime | None = None
) -> Iterator[str]:
    """Yield statements as they go out, oldest first, each as one line of JSON; voided ones too."""
    rows = Statement.objects.order_by("position")
    if person is not None:
        rows = rows.filter(_names(person))
    if since is not None:
        rows = rows.filter(position__gt=position_of(since))
    if until is not None:
        rows = rows.filter(position__lte=position_of(until))
    last = -1
    while batch := list(rows.filter(position__gt=last)[:_EXPORTED]):
        for row in batch:
            # The text as received may be spread over lines.
            yield json.dumps(json.loads(exact(row)), ensure_ascii=False, separators=(",", ":"))
        last = batch[-1].position


def removals(person: Person) -> QuerySet[Removal]:
    """Return the traces of records of a person that were removed."""
    return Removal.objects.filter(person=person).select_related("actor")


# -- Saved queries --------------------------------------------------------------------------------------
def save_query(owner: Person, name: str, parameters: dict[str, str]) -> SavedQuery:
    """Save a query under a name; one of the same name is replaced."""
    saved, _created = SavedQuery.objects.update_or_create(
        owner=owner, name=name, defaults={"parameters": parameters}
    )
    return saved


def delete_query(owner: Person, pk: int) -> None:
    """Delete one of somebody's own saved queries."""
    SavedQuery.objects.filter(owner=owner, pk=pk).delete()


# -- Outbox ---------------------------------------------------------------------------------------------
def outbox_counts() -> dict[str, int]:
    """Return how many entries of the outbox there are in each state."""
    rows = OutboxEntry.objects.order_by().values_list("state").annotate(count=Count("pk"))
    return dict.fromkeys(OutboxState.values, 0) | dict(rows)


def outbox_entries() -> QuerySet[OutboxEntry]:
    """Return what is not delivered: what failed first, then what waits."""
    waiting = (OutboxState.FAILED, OutboxState.WAITING, OutboxState.SET_ASIDE)
    return OutboxEntry.objects.filter(state__in=waiting).order_by("state", "pk")


def described(entry: OutboxEntry) -> dict[str, Any]:
    """Return an entry in words; one whose statement is none is said to be so by its error."""
    try:
        said, who = sentence(entry.statement), _who(entry.statement["actor"])
    except (KeyError, TypeError, AttributeError):
        said = who = ""
    return {"entry": entry, "said": said, "who": who}


# -- Forwarding -----------------------------------------------------------------------------------------
# How what a store said begins, or what happened instead of an answer, and what that means.
_REASONS = (
    (
        ("401", "403"),
        _("The store does not accept the key and secret, or does not let them write."),
    ),
    (("404",), _("There is no record store at this address.")),
    (("429", "5"), _("The store is too busy or has failed.")),
    (("3",), _("The address leads to another one. Enter the address of the record store itself.")),
    (("409",), _("The store has another record under this number.")),
    (("413",), _("The store does not take records of this size.")),
    (("400", "422"), _("The store says that the record is not as it should be.")),
    (("SSL",), _("The certificate of the store's address is not to be trusted.")),
    (
        ("the answer", "BadStatusLine", "IncompleteRead"),
        _("What answers at this address is no record store."),
    ),
    (("the address",), _("Nothing may be sent to this address: only by https, and not inwards.")),
    (
        # What Python calls it when nobody is there, says no, or says nothing in time.
        ("the server does not", "Connection", "Timeout", "timeout", "gaierror", "RemoteDisc", "OSError"),
        _("The store does not answer: it is down, or the address is wrong."),
    ),
)
# More than so many that wait are not counted.
_MOST_COUNTED = 10_000


def destinations() -> list[dict[str, Any]]:
    """Return the stores that statements are forwarded to, with how many wait (None for very many)."""
    found = []
    refused = Count("undelivered", filter=Q(undelivered__is_wanted=False))
    for each in Destination.objects.annotate(refused=refused):
        waiting = Statement.objects.filter(position__gt=each.position)[: _MOST_COUNTED + 1].count()
        found.append(
            {
                "destination": each,
                "waiting": waiting if waiting <= _MOST_COUNTED else None,
                "refused": each.refused,
                "why": _in_words(each.error),
            }
        )
    return found


def _in_words(error: str) -> str:
    """Return what an error of a store means; empty where only what it said can be told."""
    return next((str(meaning) for begins, meaning in _REASONS if error.startswith(begins)), "")


def destinations_failing() -> int:
    """Return how many of these stores take nothing at the moment."""
    return Destination.objects.filter(is_active=True, attempts__gt=0).count()


def undelivered() -> QuerySet[Undelivered]:
    """Return the statements that stores would not have."""
    return Undelivered.objects.select_related("destination").order_by("-at", "-pk")


def refused(rows: Iterable[Undelivered]) -> list[dict[str, Any]]:
    """Return these with what they say in words, and their ids."""
    rows = list(rows)
    found = Statement.objects.in_bulk([each.position for each in rows])
    said = {each.statement.position: each for each in lines(list(found.values()))}
    return [{"waiting": each, "line": said.get(each.position), "why": _in_words(each.error)} for each in rows]
