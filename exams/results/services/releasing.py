"""Release results on a day, keep single ones back, and certify those who passed."""

from datetime import datetime

from django.db import models, transaction
from django.utils import timezone

from certificates import services as certificates
from certificates.kinds import EXAM_PASS
from certificates.models import Certificate
from exams.marking.services import mark_sitting
from exams.registration.models import Level, Round
from exams.results.errors import (
    AlreadyReleased,
    ReasonNeeded,
    RoundNotConcluded,
    StillAltered,
    WithheldAlready,
)
from exams.results.models import ExamResult, Outcome, RoundResults, SubjectResult, Told
from exams.results.services.concluding import evaluate_sections, subject_rules, summary
from exams.results.services.telling import tell_withheld
from exams.seat.chain import ChainBroken
from learning import thai
from learning.people import audit
from learning.people.models import Person

# Certificates issued in one transaction, which holds the register's row.
_BATCH = 100


@transaction.atomic
def release(round_: Round, release_at: datetime, *, actor: Person, now: datetime) -> RoundResults:
    """Let candidates see their results from `release_at` on; a time that has passed means now.

    The day can be changed until it has come. Raises RoundNotConcluded, AlreadyReleased.
    """
    found = RoundResults.objects.select_for_update(no_key=True).filter(round=round_).first()
    if found is None or found.concluded_at is None:
        raise RoundNotConcluded
    if found.is_released(now):
        raise AlreadyReleased
    found.release_at, found.released_by = max(release_at, now), actor
    found.save(update_fields=["release_at", "released_by"])
    audit.record(actor, "results.release_set", round_, release_at=found.release_at.isoformat())
    return found


@transaction.atomic
def withhold(result: ExamResult, reason: str, *, actor: Person, now: datetime) -> ExamResult:
    """Keep a result back while something is looked into; a certificate already issued is revoked.

    What the learning records were told of it is withdrawn.
    Raises ReasonNeeded, WithheldAlready.
    """
    reason = _reason(reason)
    found = _locked(result)
    if found.is_withheld:
        raise WithheldAlready
    found.withheld_at, found.withheld_by, found.withheld_reason = now, actor, reason
    certificate, found.certificate = found.certificate, None
    tell_withheld(found, now=now)
    found.save(
        update_fields=[
            "withheld_at", "withheld_by", "withheld_reason", "certificate", "told", "withdrawals",
        ]
    )  # fmt: skip
    if certificate is not None:
        standing = certificates.current(certificate.subject)
        if standing is not None and standing.is_valid:
            certificates.revoke(standing, reason, actor, now)
    audit.record(actor, "results.withheld", found, reason=reason)
    return found


@transaction.atomic
def set_free(result: ExamResult, reason: str, *, actor: Person, now: datetime) -> ExamResult:
    """Give a withheld result free; one that could not be marked is marked again.

    Raises ReasonNeeded, WithheldAlready, StillAltered.
    """
    reason = _reason(reason)
    found = _locked(result)
    if not found.is_withheld:
        raise WithheldAlready
    if found.outcome == Outcome.UNMARKED:
        _mark_again(found, now)
    found.withheld_at, found.withheld_by, found.withheld_reason = None, None, ""
    found.save()
    # Whoever passed is certified by the next run.
    RoundResults.objects.filter(round=found.round_id).update(certified_at=None, told=Told.NOTHING)
    audit.record(actor, "results.set_free", found, reason=reason)
    return found


def _reason(reason: str) -> str:
    if not (tidy := thai.tidy(reason)):
        raise ReasonNeeded
    return tidy


def _locked(result: ExamResult) -> ExamResult:
    rows = ExamResult.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("round__examination", "candidate__placement").get(pk=result.pk)


def _mark_again(result: ExamResult, now: datetime) -> None:
    try:
        mark = mark_sitting(result.candidate.placement.sitting, now=now)
    except ChainBroken as error:
        raise StillAltered from error
    outcomes = evaluate_sections(
        mark.sections, result.candidate.level, subject_rules(result.round.examination)
    )
    outcome, points = summary(outcomes, was_opened=mark.was_opened)
    result.mark, result.outcome, result.points = mark, outcome.value, points
    SubjectResult.objects.bulk_create(
        SubjectResult(
            result=result,
            subject_id=each.subject,
            score=each.score,
            max_score=each.max_score,
            points=each.points,
            pass_percent=each.pass_percent,
            is_passed=each.is_passed,
        )
        for each in outcomes
    )


def certify_released(*, now: datetime) -> int:
    """Issue the certificates of rounds whose results are released; return how many this call issued."""
    issued = 0
    for results in RoundResults.objects.filter(release_at__lte=now, certified_at=None).select_related(
        "round__examination"
    ):
        while done := _certify_batch(results, now):
            issued += done
        # Unless a result was given free meanwhile.
        left = _uncertified(results.round)
        RoundResults.objects.filter(pk=results.pk).exclude(round__in=left.values("round")).update(
            certified_at=now
        )
    return issued


def _uncertified(round_: Round) -> models.QuerySet[ExamResult]:
    return ExamResult.objects.filter(round=round_, outcome=Outcome.PASSED, withheld_at=None, certificate=None)


@transaction.atomic
def _certify_batch(results: RoundResults, now: datetime) -> int:
    # Of two processes each takes others' rows; SQLite has one writer anyway.
    rows = _uncertified(results.round).select_for_update(skip_locked=True, no_key=True, of=("self",))
    batch = list(rows.select_related("candidate__person").order_by("candidate__number")[:_BATCH])
    for result in batch:
        result.certificate = _certificate(result, results.round, now)
        result.save(update_fields=["certificate"])
    return len(batch)


def _certificate(result: ExamResult, round_: Round, now: datetime) -> Certificate:
    examination, candidate = round_.examination, result.candidate
    # After a revoked one comes a new one, under a subject of its own.
    earlier = Certificate.objects.filter(subject__startswith=f"exam-result:{result.pk}:").count()
    return certificates.issue(
        EXAM_PASS,
        candidate.person,
        {
            "test_name": examination.name_th,
            "test_name_en": examination.name_en,
            "round_name": round_.title,
            "test_date": timezone.localdate(round_.starts_at),
            "level": LEVELS_TH[Level(candidate.level)],
            "candidate_number": candidate.number,
            "subjects": [
                {"name": name, "points": points, "max_points": maximum}
                for name, points, maximum in result.subjects.order_by("subject__order").values_list(
                    "subject__name_th", "points", "subject__points"
                )
            ],
        },
        subject=f"exam-result:{result.pk}:{earlier + 1}",
        now=now,
    )


# As printed on certificates, whatever the language of the process.
LEVELS_TH = {
    Level.VOCATIONAL: "ประกาศนียบัตรวิชาชีพ",
    Level.DIPLOMA: "ประกาศนียบัตรวิชาชีพเทคนิค อนุปริญญา หรือประกาศนียบัตรวิชาชีพชั้นสูง",
    Level.BACHELOR: "ปริญญาตรี",
    Level.MASTER: "ปริญญาโท",
}
