"""Conclude attempts: mark, record, certify. And what a person may read afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import structlog
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from certificates import services as certificates
from certificates.kinds import KNOWLEDGE_TEST_PASS
from certificates.models import Certificate
from exams.bank.models import ItemVersion, Topic
from exams.knowledge.errors import ExplanationsShut
from exams.knowledge.models import Attempt, KnowledgeTest, Reveal, Round, TestDefinition
from exams.marking.models import Result
from exams.marking.services import SittingStillOpen, mark_many, mark_sitting
from exams.papers.services import layout_of, positions
from exams.seat import services as seat
from exams.seat import statements
from exams.seat.chain import ChainBroken
from exams.seat.keys import Receipt
from learning.errors import DomainError
from learning.people import audit
from learning.records.services import outbox
from learning.records.services.outbox import Event, Outcome, Thing
from learning.records.vocabulary import FAILED, PASSED, Type

log = structlog.get_logger(__name__)

# Attempts concluded by one run of the task; the next run takes the rest.
BATCH = 500


def has_passed(score: int, max_score: int, definition: TestDefinition) -> bool:
    """Say whether a score reaches the pass mark. Exact: no rounding decides about a person."""
    return score * 100 >= definition.pass_percent * max_score


def percent(part: int, whole: int) -> Decimal:
    """Return a percentage to two decimals, half up; 0 of 0 is 0."""
    if not whole:
        return Decimal("0.00")
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.01"), ROUND_HALF_UP)


@transaction.atomic
def conclude(attempt: Attempt, *, now: datetime) -> Attempt:
    """Mark the attempt's closed sitting, record the result and issue the certificate of a pass.

    Idempotent, in one transaction: an attempt that says "passed" has its certificate. Raises
    SittingStillOpen.
    """
    if attempt.concluded_at is not None:
        return attempt
    if attempt.sitting is None:
        raise SittingStillOpen
    result = mark_sitting(attempt.sitting, now=now)
    is_passed = has_passed(result.score, result.max_score, attempt.round.definition)
    # Of two that conclude at once, the condition lets one write; the other reads what it wrote.
    won = Attempt.objects.filter(pk=attempt.pk, concluded_at__isnull=True).update(
        concluded_at=now, score=result.score, max_score=result.max_score, is_passed=is_passed
    )
    if won:
        audit.record(
            None, "knowledge.attempt_concluded", attempt, score=result.score, max_score=result.max_score
        )
        _tell_records(attempt, result, is_passed=is_passed, now=now)
        if is_passed:
            attempt.certificate = _certify(attempt, result, now=now)
            Attempt.objects.filter(pk=attempt.pk).update(certificate=attempt.certificate)
    attempt.refresh_from_db(fields=["concluded_at", "score", "max_score", "is_passed", "certificate"])
    return attempt


def _tell_records(attempt: Attempt, result: Result, *, is_passed: bool, now: datetime) -> None:
    """Tell the learning records how the attempt ended and went."""
    assert attempt.sitting is not None
    if attempt.sitting.closed_at is None:
        # Read before it was closed.
        attempt.sitting.refresh_from_db(fields=["closed_at", "close_reason"])
    thing = thing_of(attempt.round.test)
    outbox.record(
        statements.ended(attempt.sitting, thing, began_at=attempt.started_at),
        Event(
            name=f"knowledge.attempt_concluded:{attempt.pk}",
            person=attempt.person,
            verb=PASSED if is_passed else FAILED,
            thing=thing,
            outcome=Outcome(
                Decimal(result.score), Decimal(result.max_score), success=is_passed, completion=True
            ),
            at=now,
        ),
    )


def thing_of(test: KnowledgeTest) -> Thing:
    """Return a test as learning records call it."""
    return Thing("knowledge-test", test.code, Type.ASSESSMENT, test.name_th, test.name_en)


def _certify(attempt: Attempt, result: Result, *, now: datetime) -> Certificate:
    test = attempt.round.test
    return certificates.issue(
        KNOWLEDGE_TEST_PASS,
        attempt.person,
        {
            "test_name": test.name_th,
            "test_name_en": test.name_en,
            "round_name": attempt.round.name,
            "test_date": timezone.localdate(attempt.started_at),
            "agency_name": attempt.agency.name_th if attempt.agency else "",
            "score": Decimal(result.score),
            "max_score": Decimal(result.max_score),
            "pass_mark": Decimal(result.max_score) * attempt.round.definition.pass_percent / 100,
        },
        subject=f"knowledge-attempt:{attempt.pk}",
        now=now,
    )


def conclude_if_closed(attempt: Attempt, *, now: datetime) -> Attempt:
    """Conclude an attempt whose sitting has closed; leave any other as it is.

    The task would do it within seconds; whoever asks for the result first need not wait for it.
    """
    if attempt.concluded_at is None and attempt.sitting is not None and attempt.sitting.closed_at is not None:
        return conclude(attempt, now=now)
    return attempt


def conclude_closed(*, now: datetime) -> int:
    """Conclude attempts whose sittings have closed, at most BATCH of them; return how many.

    Marking is set-based; each attempt then has its own transaction, so that one that
    fails is logged and holds up no other.
    """
    waiting = list(
        Attempt.objects.filter(concluded_at__isnull=True, sitting__closed_at__isnull=False)
        .select_related("sitting__person", "person", "agency", "round__test", "round__definition")
        .order_by("sitting__closed_at")[:BATCH]
    )
    mark_many([attempt.sitting_id for attempt in waiting if attempt.sitting_id], now=now)
    concluded = 0
    for attempt in waiting:
        try:
            conclude(attempt, now=now)
        except (ChainBroken, DomainError):
            log.exception("knowledge.attempt_not_concluded", attempt=attempt.pk)
        else:
            concluded += 1
    return concluded


# -- What is shown afterwards ------------------------------------------------------------------------
@dataclass(frozen=True)
class TopicLine:
    """The score of one chapter."""

    name: str
    score: int
    max: int
    percent: Decimal


@dataclass(frozen=True)
class ResultView:
    """Everything the result page says about one concluded attempt."""

    result: Result | None
    topics: list[TopicLine]
    percent: Decimal
    pass_mark: int
    certificate: Certificate | None
    explained_from: datetime | None
    are_explanations_open: bool
    receipt: Receipt | None


def explanations_open_at(round_: Round) -> datetime | None:
    """Return when the explanations open in a round; None means after each sitting, or never.

    In a round closed early the last sitting still counts, and with it the grace in which the seat service
    takes late answers: nobody reads the key while another can still use it.
    """
    if round_.definition.reveal != Reveal.AFTER_WINDOW:
        return None
    last = round_.attempts.aggregate(last=models.Max("sitting__deadline"))["last"]
    return max(round_.closes_at, last + settings.SEAT_GRACE) if last else round_.closes_at


def are_explanations_open(attempt: Attempt, *, now: datetime) -> bool:
    """Say whether the person may read the explanations of a concluded attempt."""
    reveal = attempt.round.definition.reveal
    if attempt.concluded_at is None or attempt.sitting_id is None or reveal == Reveal.NEVER:
        return False
    opens_at = explanations_open_at(attempt.round)
    return opens_at is None or now >= opens_at


def result_view(attempt: Attempt, *, now: datetime) -> ResultView:
    """Gather what the result page shows. A result held elsewhere has no chapters and no receipt."""
    result = Result.objects.filter(sitting=attempt.sitting_id).first() if attempt.sitting_id else None
    names = {topic.pk: topic.name for topic in Topic.objects.filter(bank=attempt.round.test.bank_id)}
    lines = result.topics if result else []
    definition = attempt.round.definition
    return ResultView(
        result=result,
        topics=[
            TopicLine(names[line["topic"]], line["score"], line["max"], percent(line["score"], line["max"]))
            for line in lines
        ],
        percent=percent(attempt.score or 0, attempt.max_score or 0),
        pass_mark=_whole_mark(definition, attempt.max_score or 0),
        certificate=certificates.current(f"knowledge-attempt:{attempt.pk}") if attempt.is_passed else None,
        explained_from=explanations_open_at(attempt.round),
        are_explanations_open=are_explanations_open(attempt, now=now),
        receipt=seat.receipt(attempt.sitting) if attempt.sitting else None,
    )


def _whole_mark(definition: TestDefinition, max_score: int) -> int:
    """Return the smallest whole score that passes."""
    exact = definition.pass_percent * max_score / 100
    return int(exact.to_integral_value(rounding="ROUND_CEILING"))


@dataclass(frozen=True)
class OptionLine:
    """An option as it was shown."""

    text: str
    is_mine: bool
    is_right: bool


@dataclass(frozen=True)
class ExplainedItem:
    """One item with the person's answer, the right one, and why."""

    number: int
    version: ItemVersion
    options: list[OptionLine]
    is_answered: bool
    is_right: bool


def explain(attempt: Attempt, *, now: datetime) -> list[ExplainedItem]:
    """Return the items of the person's paper with explanations. Raises ExplanationsShut."""
    if attempt.sitting is None or not are_explanations_open(attempt, now=now):
        raise ExplanationsShut
    form = attempt.sitting.form
    sheet = seat.fold_sitting(attempt.sitting)
    places: Sequence[tuple[ItemVersion, list[int]]] = [
        (version, place.order)
        for version, place in zip(positions(form), layout_of(form).positions, strict=True)
    ]
    explained = []
    for number, (version, order) in enumerate(places, start=1):
        mine = sheet.choices.get(number, 0)
        options = [
            OptionLine(version.options[index], is_mine=mine == shown, is_right=index == version.key)
            for shown, index in enumerate(order, start=1)
        ]
        explained.append(
            ExplainedItem(
                number,
                version,
                options,
                is_answered=bool(mine),
                is_right=any(option.is_mine and option.is_right for option in options),
            )
        )
    return explained
