"""Forward statements to other record stores, in the order in which they were stored.

A destination is as far as its position says, and goes on from there. A request that was answered by nobody is
sent again, and does no harm where it arrived after all: statements have ids, and a store that has one already
keeps it. While the destination as a whole says no, everything waits, ever longer; a single statement that it
will not have is put aside with its reason, and the others go on.
"""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import structlog
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from learning import outbound
from learning.outbound import Answer, Unreachable
from learning.people import audit
from learning.people.models import Person
from learning.records.models import Attachment, Destination, Statement, Undelivered
from learning.records.services import attachments, multipart, secrets
from learning.records.services.search import exact
from learning.records.xapi.forms import say_the_same
from learning.records.xapi.index import attachments_of, context_activities

log = structlog.get_logger(__name__)

BATCH = 50
_SECONDS = 20.0
# One run sends for so long; the next goes on.
_RUN = timedelta(seconds=60)
# A claim older than this is that of a process that was killed: others renew theirs with every request.
_CLAIM = timedelta(minutes=5)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
_MOST_FILES_BYTES = 8 * 1024 * 1024
_TAKEN = frozenset({200, 204})
_CONFLICT = 409
# What a store says of a statement; everything else is said of the one who sends, or of the store itself.
_OF_THE_STATEMENT = frozenset({400, 409, 413, 422})
# To whoever looks for one statement: there is none, or this key and secret are not for reading.
_NOT_SHOWN = frozenset({403, 404})
# What the other store says for itself of a statement.
_LEFT_OUT = ("stored", "authority", "version")
_LONGEST_ERROR = 300


class Away(Exception):
    """The destination takes nothing now; the message says why."""


class TakenOver(Exception):
    """The destination is out of use or removed by now, or another process sends to it."""


class NotTaken(Exception):
    """The destination will not have one statement; the message says why."""


@dataclass(frozen=True)
class Parcel:
    """A statement on its way."""

    row: Statement
    content: dict[str, Any]
    # Data of its attachments, by hash.
    files: dict[str, bytes]


# -- Running --------------------------------------------------------------------------------------------
def due(now: datetime) -> list[int]:
    """Return the destinations that something can be sent to now."""
    last = Statement.objects.aggregate(last=Max("position"))["last"] or 0
    waiting = Q(position__lt=last) | Q(undelivered__is_wanted=True)
    found = Destination.objects.filter(waiting, is_active=True, due_at__lte=now)
    return list(found.values_list("pk", flat=True).distinct())


def forward(key: int, *, now: datetime) -> int:
    """Send what waits for a destination, unless another process does; return how many statements went."""
    free = Destination.objects.filter(pk=key, is_active=True, due_at__lte=now)
    if not free.exclude(claimed_at__gt=now - _CLAIM).update(claimed_at=now):
        return 0
    destination = Destination.objects.get(pk=key)
    sent = 0
    try:
        until = timezone.now() + _RUN
        while timezone.now() < until and (wanted := _wanted(destination)):
            sent += _send_wanted(destination, wanted)
        while timezone.now() < until and (rows := _next(destination)):
            sent += _send(destination, rows)
        Destination.objects.filter(pk=key).update(attempts=0, error="")
    except Away as away:
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(destination.attempts, 20))
        log.warning("records.not_forwarded", destination=destination.name, error=str(away))
        Destination.objects.filter(pk=key).update(
            attempts=F("attempts") + 1, error=str(away), due_at=timezone.now() + wait
        )
    except TakenOver:
        log.warning("records.forwarding_taken_over", destination=destination.name)
    finally:
        Destination.objects.filter(pk=key, claimed_at=destination.claimed_at).update(claimed_at=None)
    return sent


def _renew_claim(destination: Destination) -> None:
    """Show that this process goes on: a slow store takes longer for a batch than a claim lasts."""
    claimed = Destination.objects.filter(pk=destination.pk, is_active=True, claimed_at=destination.claimed_at)
    now = timezone.now()
    if not claimed.update(claimed_at=now):
        raise TakenOver
    destination.claimed_at = now


def _next(destination: Destination) -> list[Statement]:
    # Positions are given out by one writer at a time: nothing can appear before one that is seen.
    rows = Statement.objects.filter(position__gt=destination.position).order_by("position")
    return list(rows[:BATCH])


def _send(destination: Destination, rows: Sequence[Statement]) -> int:
    """Send some statements and move the position behind them."""
    sent = 0
    for parcels in _portions([each for each in map(_parcel, rows) if _is_wanted(destination, each.content)]):
        sent += _send_together(destination, parcels)
    last = rows[-1].position
    moved = Destination.objects.filter(pk=destination.pk, position=destination.position).update(
        position=last, sent_count=F("sent_count") + sent, last_sent_at=timezone.now()
    )
    if not moved:
        raise TakenOver
    destination.position = last
    return sent


def _portions(parcels: Sequence[Parcel]) -> Iterator[list[Parcel]]:
    """Yield statements together with no more data of attachments than one request should have."""
    portion: list[Parcel] = []
    size = 0
    for parcel in parcels:
        size += sum(map(len, parcel.files.values()))
        if portion and size > _MOST_FILES_BYTES:
            yield portion
            portion, size = [], sum(map(len, parcel.files.values()))
        portion.append(parcel)
    if portion:
        yield portion


def _send_together(destination: Destination, parcels: Sequence[Parcel]) -> int:
    content_type, body = _written([each.content for each in parcels], parcels)
    answer = _ask(destination, "POST", {}, content_type, body)
    if answer.status in _TAKEN:
        return len(parcels)
    taken = []
    for parcel in parcels:
        try:
            _send_one(destination, parcel)
            taken.append(parcel.row.position)
        except NotTaken as refusal:
            Undelivered.objects.update_or_create(
                destination=destination,
                position=parcel.row.position,
                defaults={"error": str(refusal), "is_wanted": False, "at": timezone.now()},
            )
    # Refused in an earlier run, which broke off.
    destination.undelivered.filter(position__in=taken).delete()
    return len(taken)


def _send_one(destination: Destination, parcel: Parcel) -> None:
    """Send one statement under its id. Raises NotTaken, Away."""
    named = {"statementId": str(parcel.row.uuid)}
    content_type, body = _written(parcel.content, [parcel])
    answer = _ask(destination, "PUT", named, content_type, body)
    if answer.status == _CONFLICT and _has(destination, parcel):
        return
    if answer.status not in _TAKEN:
        raise NotTaken(_said(answer))


def _has(destination: Destination, parcel: Parcel) -> bool:
    """Say whether the destination has this very statement, voided or not."""
    for name in ("statementId", "voidedStatementId"):
        answer = _ask(destination, "GET", {name: str(parcel.row.uuid)}, but=_NOT_SHOWN)
        if answer.status in _TAKEN:
            try:
                return say_the_same(json.loads(answer.body), parcel.content)
            except (ValueError, KeyError, TypeError, AttributeError):
                return False
    return False


def _wanted(destination: Destination) -> list[Undelivered]:
    return list(destination.undelivered.filter(is_wanted=True).order_by("position")[:BATCH])


def _send_wanted(destination: Destination, wanted: Sequence[Undelivered]) -> int:
    """Send again what an administrator wants to be sent again."""
    sent = 0
    for waiting in wanted:
        row = Statement.objects.filter(position=waiting.position).first()
        try:
            if row is not None:
                _send_one(destination, _parcel(row))
                sent += 1
            waiting.delete()
        except NotTaken as refusal:
            waiting.error, waiting.is_wanted, waiting.at = str(refusal), False, timezone.now()
            waiting.save(update_fields=["error", "is_wanted", "at"])
    return sent


# -- What is sent ---------------------------------------------------------------------------------------
def _parcel(row: Statement) -> Parcel:
    content: dict[str, Any] = json.loads(exact(row))
    kept = Attachment.objects.filter(statement=row).values_list("sha2", flat=True)
    files = {sha2: data for sha2 in kept if (data := attachments.read(sha2)) is not None}
    return Parcel(row, {name: value for name, value in content.items() if name not in _LEFT_OUT}, files)


def _is_wanted(destination: Destination, statement: dict[str, Any]) -> bool:
    """Say whether a statement is about what the destination is for; what voids another goes everywhere."""
    prefix, about = destination.prefix, statement["object"]
    if not prefix or about.get("objectType") == "StatementRef":
        return True
    named = [about, *context_activities(statement.get("context", {}))]
    return any(str(each.get("id", "")).startswith(prefix) for each in named)


def _written(content: object, parcels: Sequence[Parcel]) -> tuple[str, bytes]:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    files: dict[str, tuple[dict[str, Any], bytes]] = {}
    for parcel in parcels:
        for given in attachments_of(parcel.content):
            if (data := parcel.files.get(given["sha2"].lower())) is not None:
                files.setdefault(given["sha2"].lower(), (given, data))
    return multipart.write(text, files.values()) if files else ("application/json", text)


def _ask(
    destination: Destination,
    method: str,
    query: dict[str, str],
    content_type: str = "",
    body: bytes = b"",
    *,
    but: frozenset[int] = frozenset(),
) -> Answer:
    """Return the answer of a destination.

    Raises Away where it is about anything `but` the statements sent, TakenOver where we may not ask.
    """
    _renew_claim(destination)
    key_and_secret = f"{destination.key}:{secrets.reveal(destination)}".encode()
    headers = {
        "Authorization": "Basic " + base64.b64encode(key_and_secret).decode(),
        "X-Experience-API-Version": destination.version,
    } | ({"Content-Type": content_type} if content_type else {})
    url = f"{destination.endpoint.rstrip('/')}/statements" + (f"?{urlencode(query)}" if query else "")
    try:
        answer = outbound.send(method, url, headers=headers, body=body, seconds=_SECONDS)
    except Unreachable as error:
        raise Away(str(error)) from error
    if answer.status in _TAKEN | _OF_THE_STATEMENT | but:
        return answer
    raise Away(_said(answer))


def _said(answer: Answer) -> str:
    text = " ".join(answer.body.decode("utf-8", "replace").replace("\0", "").split())
    return f"{answer.status} {text}"[:_LONGEST_ERROR].strip()


# -- What administrators do -----------------------------------------------------------------------------
@transaction.atomic
def save(destination: Destination, *, secret: str, from_now_on: bool, actor: Person) -> Destination:
    """Keep a destination as it was entered; an empty secret leaves the one that is there."""
    action = "records.destination_changed" if destination.pk else "records.destination_added"
    if secret:
        secrets.seal(destination, secret)
    if not destination.pk and from_now_on:
        destination.position = Statement.objects.aggregate(last=Max("position"))["last"] or 0
    # How far it is, and who is sending, belongs to whoever sends.
    running = ("position", "claimed_at", "sent_count", "last_sent_at")
    fields = [field.name for field in Destination._meta.concrete_fields if field.name not in (*running, "id")]
    destination.attempts, destination.due_at, destination.error = 0, timezone.now(), ""
    destination.save(update_fields=fields if destination.pk else None)
    audit.record(
        actor,
        action,
        destination,
        name=destination.name,
        endpoint=destination.endpoint,
        in_use=destination.is_active,
    )
    return destination


@transaction.atomic
def remove(destination: Destination, *, actor: Person) -> None:
    """Forward there no longer; what went there stays there."""
    audit.record(
        actor,
        "records.destination_removed",
        destination,
        name=destination.name,
        endpoint=destination.endpoint,
        sent=destination.sent_count,
    )
    destination.delete()


@transaction.atomic
def try_now(destination: Destination, *, actor: Person) -> None:
    """Let the next run send to a destination that waits."""
    Destination.objects.filter(pk=destination.pk).update(due_at=timezone.now())
    audit.record(actor, "records.destination_tried_again", destination)


@transaction.atomic
def send_again(waiting: Undelivered, *, actor: Person) -> None:
    """Let the next run send one statement again that was not taken."""
    Undelivered.objects.filter(pk=waiting.pk).update(is_wanted=True)
    Destination.objects.filter(pk=waiting.destination_id).update(due_at=timezone.now())
    audit.record(actor, "records.undelivered_sent_again", waiting.destination, position=waiting.position)


@transaction.atomic
def send_all_again(destination: Destination, *, actor: Person) -> None:
    """Let the next runs send again everything that a destination would not have."""
    count = destination.undelivered.update(is_wanted=True)
    Destination.objects.filter(pk=destination.pk).update(due_at=timezone.now())
    audit.record(actor, "records.undelivered_all_sent_again", destination, count=count)


@transaction.atomic
def give_up(waiting: Undelivered, *, actor: Person) -> None:
    """Forget that one statement was not taken."""
    audit.record(actor, "records.undelivered_given_up", waiting.destination, position=waiting.position)
    waiting.delete()
