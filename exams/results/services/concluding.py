"""Work out the results of a round: mark, evaluate, publish the root. Set-based, and safe to repeat."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils.translation import gettext, override

from exams.marking.parallel import mark_in_processes
from exams.marking.services import mark_many
from exams.registration.errors import RoundNotReleased
from exams.registration.models import Examination, PassMark, Placement, Round, RoundStatus
from exams.registration.services.rounds import close_round
from exams.results.errors import PaperDoesNotFit, PassMarkMissing
from exams.results.evaluation import SubjectOutcome, SubjectRules, evaluate
from exams.results.models import ExamResult, Outcome, RoundResults, SubjectResult
from exams.results.services.roots import publish_root
from learning.bulk import insert_new
from learning.people import audit
from learning.people.models import Person

log = structlog.get_logger(__name__)

# Results in memory at once.
_BATCH = 5000
# Marking a full round takes a minute or two; a claim older than this is that of a process that was killed.
_CLAIM = timedelta(minutes=15)
_RESULT = (
    "candidate_id",
    "round_id",
    "mark_id",
    "outcome",
    "points",
    "concluded_at",
    "withheld_at",
    "withheld_reason",
)
_SUBJECT = ("result_id", "subject_id", "score", "max_score", "points", "pass_percent", "is_passed")


@dataclass(frozen=True)
class Conclusion:
    """How many candidates have results, and how many of them an officer has to look at."""

    candidates: int
    unmarked: int


def conclude_due(*, now: datetime) -> int:
    """Conclude the rounds in which everybody has submitted; return how many. One process takes a round."""
    sitting_still = Placement.objects.filter(round=OuterRef("pk"), sitting__closed_at=None)
    due = (
        Round.objects.filter(
            Q(status=RoundStatus.RELEASED, starts_at__lte=now) | Q(status=RoundStatus.CLOSED)
        )
        .filter(Q(results=None) | Q(results__concluded_at=None))
        .exclude(Exists(sitting_still))
        .filter(Exists(Placement.objects.filter(round=OuterRef("pk"))))
    )
    return sum(_conclude_if_claimed(round_, now) for round_ in due)


def _conclude_if_claimed(round_: Round, now: datetime) -> bool:
    RoundResults.objects.get_or_create(round=round_)
    free = RoundResults.objects.filter(round=round_).exclude(claimed_at__gt=now - _CLAIM)
    if not free.update(claimed_at=now):
        return False
    try:
        conclude_round(round_, now=now)
    except Exception:
        log.exception("results.round_not_concluded", round=round_.pk)
        return False
    return True


def conclude_round(
    round_: Round, *, now: datetime, actor: Person | None = None, processes: int = 1
) -> Conclusion:
    """Close a round, mark its sittings, evaluate them and publish the root; again, it changes nothing.

    A sitting whose journal was altered gets a result that is withheld; the others go on. Must not run
    inside a transaction. Raises RoundNotReleased, RoundNotOver, PassMarkMissing, PaperDoesNotFit.
    """
    round_.refresh_from_db(fields=["status"])
    if round_.status == RoundStatus.DRAFT:
        raise RoundNotReleased
    if round_.status == RoundStatus.RELEASED:
        # Of two that close it the second finds it closed, which is what it wanted.
        with suppress(RoundNotReleased):
            close_round(round_, actor=actor)
    unmarked = list(
        round_.placements.filter(sitting__result=None)
        .order_by("sitting_id")
        .values_list("sitting_id", flat=True)
    )
    if processes > 1 and unmarked:
        mark_in_processes(unmarked, processes, now=now)
    else:
        mark_many(unmarked, now=now)
    _evaluate(round_, now, actor)
    results = ExamResult.objects.filter(round=round_)
    return Conclusion(results.count(), results.filter(outcome=Outcome.UNMARKED).count())


@transaction.atomic
def _evaluate(round_: Round, now: datetime, actor: Person | None) -> None:
    RoundResults.objects.get_or_create(round=round_)
    # Of two that conclude at once the second waits here, and finds everything done.
    results = RoundResults.objects.select_for_update(no_key=True).get(round=round_)
    if results.concluded_at is not None:
        return
    rules = subject_rules(round_.examination)
    rows = (
        round_.placements.filter(candidate__exam_result=None)
        .order_by("candidate_id")
        .values_list(
            "candidate_id",
            "candidate__level",
            "sitting__result",
            "sitting__result__sections",
            "sitting__result__was_opened",
        )
        .iterator(chunk_size=_BATCH)
    )
    while batch := list(islice(rows, _BATCH)):
        _insert(round_, batch, rules, now)
    for result in ExamResult.objects.filter(round=round_, outcome=Outcome.UNMARKED):
        log.error("results.journal_altered", candidate=result.pk, round=round_.pk)
        audit.record(actor, "results.withheld", result, reason=result.withheld_reason)
    publish_root(round_, now=now)
    results.concluded_at = now
    results.save(update_fields=["concluded_at"])
    audit.record(
        actor, "results.round_concluded", round_, candidates=ExamResult.objects.filter(round=round_).count()
    )


def _insert(
    round_: Round, batch: Sequence[tuple[Any, ...]], rules: Sequence[SubjectRules], now: datetime
) -> None:
    results: list[tuple[Any, ...]] = []
    subjects: list[tuple[Any, ...]] = []
    for candidate, level, mark, sections, was_opened in batch:
        if mark is None:
            unmarked = (Outcome.UNMARKED.value, Decimal(0), now, now, altered_reason())
            results.append((candidate, round_.pk, None, *unmarked))
            continue
        outcomes = evaluate_sections(sections, level, rules)
        outcome, points = summary(outcomes, was_opened=was_opened)
        results.append((candidate, round_.pk, mark, outcome.value, points, now, None, ""))
        subjects += [(candidate, *each) for each in outcomes]
    insert_new(ExamResult, _RESULT, results)
    insert_new(SubjectResult, _SUBJECT, subjects)


def altered_reason() -> str:
    """Return why a sitting was not marked, in Thai as every reason is."""
    with override("th"):
        return gettext("The journal of the answers does not match its hashes")


def subject_rules(examination: Examination) -> list[SubjectRules]:
    """Return the subjects of an examination in order, with the pass marks of every level."""
    marks = Prefetch("pass_marks", PassMark.objects.order_by("level"))
    return [
        SubjectRules(
            subject.pk, subject.points, {mark.level: mark.percent for mark in subject.pass_marks.all()}
        )
        for subject in examination.subjects.order_by("order").prefetch_related(marks)
    ]


def evaluate_sections(
    sections: Sequence[dict[str, int]], level: str, rules: Sequence[SubjectRules]
) -> list[SubjectOutcome]:
    """Evaluate the sections of a mark. Raises PaperDoesNotFit, PassMarkMissing."""
    try:
        return evaluate([(each["score"], each["max"]) for each in sections], level, rules)
    except ValueError as error:
        raise PaperDoesNotFit from error
    except KeyError as error:
        raise PassMarkMissing from error


def summary(outcomes: Sequence[SubjectOutcome], *, was_opened: bool) -> tuple[Outcome, Decimal]:
    """Return the outcome of a candidate and their points in all subjects."""
    points = sum((each.points for each in outcomes), Decimal(0))
    if not was_opened:
        return Outcome.ABSENT, points
    return (Outcome.PASSED if all(each.is_passed for each in outcomes) else Outcome.FAILED), points
