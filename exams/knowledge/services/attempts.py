"""Attempts: who may start now, and starting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import IntegrityError, models, transaction
from django.urls import reverse

from exams.knowledge.errors import (
    AlreadyPassed,
    NoAttemptsLeft,
    NotInvited,
    RoundNotOpen,
    StillClosing,
    TooSoon,
)
from exams.knowledge.models import Attempt, DefinitionRule, Round, RoundQuerySet, RoundStatus
from exams.knowledge.services import definitions
from exams.knowledge.services.results import conclude_if_closed, thing_of
from exams.knowledge.timing import deadline
from exams.papers.services import make_form
from exams.seat import services as seat
from exams.seat import statements
from learning.errors import DomainError
from learning.people import audit
from learning.people.models import Person
from learning.records.services import outbox


class Step(StrEnum):
    """What a person can do next in a round."""

    START = "start"
    CONTINUE = "continue"
    # The time is over, or it was submitted; the mark comes within seconds.
    CLOSING = "closing"
    WAIT = "wait"
    PASSED = "passed"
    USED_UP = "used_up"
    UPCOMING = "upcoming"
    CLOSED = "closed"


@dataclass(frozen=True)
class Standing:
    """Where a person stands in a round: the next step, and what explains it."""

    step: Step
    attempts_left: int
    unfinished: Attempt | None = None
    retry_at: datetime | None = None

    def refusal(self) -> DomainError | None:
        """Return why nothing can be started, or None when it can."""
        if self.step == Step.WAIT and self.retry_at is not None:
            return TooSoon(self.retry_at)
        kinds: dict[Step, type[DomainError]] = {
            Step.CLOSING: StillClosing,
            Step.PASSED: AlreadyPassed,
            Step.USED_UP: NoAttemptsLeft,
            Step.UPCOMING: RoundNotOpen,
            Step.CLOSED: RoundNotOpen,
        }
        return kinds[self.step]() if self.step in kinds else None


def standing(round_: Round, attempts: Sequence[Attempt], *, now: datetime) -> Standing:
    """Say where a person stands, from their attempts in the round with sittings loaded. No query.

    An unfinished sitting can be continued after the round closed: its own deadline ends it.
    """
    definition = round_.definition
    left = max(0, definition.max_attempts - len(attempts))
    for attempt in attempts:
        if attempt.concluded_at is None and attempt.sitting is not None:
            is_open = attempt.sitting.closed_at is None and now < attempt.sitting.deadline
            return Standing(Step.CONTINUE if is_open else Step.CLOSING, left, unfinished=attempt)
    if any(attempt.is_passed for attempt in attempts):
        return Standing(Step.PASSED, left)
    status = round_.status(now)
    if status != RoundStatus.OPEN:
        return Standing(Step.UPCOMING if status == RoundStatus.UPCOMING else Step.CLOSED, left)
    if not left:
        return Standing(Step.USED_UP, left)
    ends = [attempt.concluded_at for attempt in attempts if attempt.concluded_at is not None]
    if ends and now < (retry_at := max(ends) + definition.retry_wait):
        return Standing(Step.WAIT, left, retry_at=retry_at)
    return Standing(Step.START, left)


def with_item_counts(rounds: RoundQuerySet) -> RoundQuerySet:
    """Add `items`, the number of items on a form, to each round."""
    counts = (
        DefinitionRule.objects.filter(definition=models.OuterRef("definition"))
        .order_by()
        .values("definition")
        .annotate(total=models.Sum("count"))
        .values("total")
    )
    return rounds.annotate(items=models.Subquery(counts))


def attempts_of(round_: Round, person: Person) -> list[Attempt]:
    """Return the person's attempts in a round with their sittings, oldest first."""
    return list(round_.attempts.filter(person=person).select_related("sitting").order_by("number"))


def start_attempt(round_: Round, person: Person, *, now: datetime) -> Attempt:
    """Start an attempt, or return the one that is still open.

    The attempt gets its own form, drawn with its own seed, and a sitting whose clock starts at `now`.
    Raises NotInvited, RoundNotOpen, NoAttemptsLeft, AlreadyPassed, TooSoon, StillClosing, NotEnoughItems.
    """
    if not Round.objects.takeable_by(person).filter(pk=round_.pk).exists():
        raise NotInvited
    attempts = attempts_of(round_, person)
    for attempt in attempts:
        conclude_if_closed(attempt, now=now)
    where = standing(round_, attempts, now=now)
    if where.step == Step.CONTINUE and where.unfinished is not None:
        return where.unfinished
    refusal = where.refusal()
    if refusal is not None:
        raise refusal
    try:
        return _create(round_, person, len(attempts) + 1, now)
    except IntegrityError:
        # A double click, or two browsers: the other request's attempt stands, this one joins it.
        return Attempt.objects.select_related("sitting").get(
            round=round_, person=person, concluded_at__isnull=True
        )


@transaction.atomic
def _create(round_: Round, person: Person, number: int, now: datetime) -> Attempt:
    # First the attempt, whose constraints settle a race before a paper is drawn.
    attempt = Attempt.objects.create(
        round=round_, person=person, agency_id=person.agency_id, number=number, started_at=now
    )
    definition = round_.definition
    form = make_form(
        title=round_.test.name_th,
        bank=round_.test.bank,
        rules=definitions.draw_rules(definition),
        shuffle_items=definition.shuffle_items,
        shuffle_options=definition.shuffle_options,
    )
    attempt.sitting = seat.open_sitting(
        person,
        form,
        starts_at=now,
        deadline=deadline(now, definition.duration, round_.closes_at),
        return_path=reverse("knowledge:result", args=[attempt.pk]),
    )
    attempt.save(update_fields=["sitting"])
    audit.record(person, "knowledge.attempt_started", attempt, round=round_.pk, number=number)
    outbox.record(statements.begun(attempt.sitting, thing_of(round_.test), at=now))
    return attempt
