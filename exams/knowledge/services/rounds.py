"""Rounds: made and changed before they open, closed early after."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from exams.knowledge.errors import RoundHasOpened, RoundNotOpen
from exams.knowledge.models import KnowledgeTest, Round, RoundStatus, SupportRequest
from exams.knowledge.services import definitions
from learning.people import audit
from learning.people.models import Person


@dataclass(frozen=True)
class Window:
    """A round's name and times."""

    name: str
    opens_at: datetime
    closes_at: datetime


@transaction.atomic
def create_round(
    test: KnowledgeTest,
    window: Window,
    *,
    actor: Person | None,
    support_request: SupportRequest | None = None,
) -> Round:
    """Make a round under the definition in force on its opening day. Raises NoDefinition."""
    created = Round.objects.create(
        test=test,
        definition=definitions.in_force(test, timezone.localdate(window.opens_at)),
        name=window.name,
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        support_request=support_request,
    )
    audit.record(actor, "knowledge.round_created", created, name=window.name)
    return created


@transaction.atomic
def change_round(round_: Round, window: Window, *, actor: Person, now: datetime) -> Round:
    """Change a round that has not opened; its definition follows the new opening day.

    Raises RoundHasOpened, NoDefinition.
    """
    changed = Round.objects.filter(pk=round_.pk, opens_at__gt=now).update(
        name=window.name,
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        definition=definitions.in_force(round_.test, timezone.localdate(window.opens_at)),
    )
    # The condition is in the UPDATE: a round must not change under someone who has just started.
    if not changed:
        raise RoundHasOpened
    audit.record(actor, "knowledge.round_changed", round_, name=window.name)
    round_.refresh_from_db()
    return round_


@transaction.atomic
def close_early(round_: Round, *, actor: Person, now: datetime) -> Round:
    """Close an open round now: nobody can start any more. Who is sitting keeps their time.

    Raises RoundNotOpen.
    """
    if round_.status(now) != RoundStatus.OPEN:
        raise RoundNotOpen
    planned = round_.closes_at
    round_.closes_at = now
    round_.save(update_fields=["closes_at"])
    audit.record(actor, "knowledge.round_closed_early", round_, planned=planned.isoformat())
    return round_


@dataclass(frozen=True)
class Counts:
    """How far the people in a round are; a person with several attempts counts once."""

    takers: int
    sitting: int
    passed: int


def counts(round_: Round) -> Counts:
    """Count the people in a round in one query."""
    found = round_.attempts.aggregate(
        takers=Count("person", distinct=True),
        sitting=Count("person", distinct=True, filter=Q(concluded_at__isnull=True)),
        passed=Count("person", distinct=True, filter=Q(is_passed=True)),
    )
    return Counts(**found)
