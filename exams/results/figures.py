"""The figures of a round's results, and its table for download."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Avg, Count, Max, Min, Q
from django.utils.translation import gettext as _

from exams.registration.models import Level, Round, Subject
from exams.results.models import ExamResult, Outcome, SubjectResult

_CENT = Decimal("0.01")
_CHUNK = 2000


@dataclass(frozen=True)
class Line:
    """The figures of one level, or of all; candidates who were absent are not among those examined."""

    label: str
    entered: int
    absent: int
    examined: int
    passed: int
    withheld: int

    @property
    def percent(self) -> Decimal:
        """Passed of examined in percent, two decimals, half up."""
        if not self.examined:
            return Decimal("0.00")
        return (Decimal(self.passed) * 100 / self.examined).quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class SubjectLine:
    """The figures of one subject, over those examined."""

    name: str
    points: Decimal
    mean: Decimal
    lowest: Decimal
    highest: Decimal
    passed: int
    percent: Decimal


@dataclass(frozen=True)
class Figures:
    """All figures of a round."""

    total: Line
    levels: list[Line]
    subjects: list[SubjectLine]


def make_figures(round_: Round) -> Figures:
    """Return the figures of a round in three queries."""
    counts = {
        "entered": Count("pk"),
        "absent": Count("pk", filter=Q(outcome=Outcome.ABSENT)),
        "examined": Count("pk", filter=Q(outcome__in=(Outcome.PASSED, Outcome.FAILED))),
        "passed": Count("pk", filter=Q(outcome=Outcome.PASSED)),
        "withheld": Count("pk", filter=Q(withheld_at__isnull=False)),
    }
    results = ExamResult.objects.filter(round=round_).order_by()
    total = Line(label="", **results.aggregate(**counts))
    by_level = {
        row.pop("candidate__level"): row for row in results.values("candidate__level").annotate(**counts)
    }
    levels = [Line(label=str(level.label), **by_level[level]) for level in Level if level in by_level]
    return Figures(total, levels, _subject_lines(round_, total.examined))


def _subject_lines(round_: Round, examined: int) -> list[SubjectLine]:
    rows = (
        SubjectResult.objects.filter(
            result__round=round_, result__outcome__in=(Outcome.PASSED, Outcome.FAILED)
        )
        .order_by()
        .values("subject")
        .annotate(
            mean=Avg("points"),
            lowest=Min("points"),
            highest=Max("points"),
            passed=Count("pk", filter=Q(is_passed=True)),
        )
    )
    found = {row["subject"]: row for row in rows}
    lines = []
    for subject in Subject.objects.filter(pk__in=found).order_by("order"):
        row = found[subject.pk]
        share = Decimal(row["passed"]) * 100 / max(examined, 1)
        lines.append(
            SubjectLine(
                name=subject.name,
                points=subject.points,
                mean=Decimal(row["mean"]).quantize(_CENT, ROUND_HALF_UP),
                lowest=row["lowest"],
                highest=row["highest"],
                passed=row["passed"],
                percent=share.quantize(_CENT, ROUND_HALF_UP),
            )
        )
    return lines


def table(round_: Round) -> tuple[list[str], Iterator[list[Any]]]:
    """Return headings and a row a candidate, in the order of their numbers, for download."""
    subjects = list(round_.examination.subjects.order_by("order"))
    headings = [_("Candidate number"), _("Name"), _("Level")]
    headings += [f"{subject.name} ({subject.points.normalize():f})" for subject in subjects]
    headings += [_("Total"), _("Result"), _("Withheld")]
    return headings, _rows(round_, [subject.pk for subject in subjects])


def _rows(round_: Round, subjects: list[int]) -> Iterator[list[Any]]:
    results = (
        ExamResult.objects.filter(round=round_)
        .select_related("candidate__person")
        .prefetch_related("subjects")
        .order_by("candidate__number")
    )
    for result in results.iterator(chunk_size=_CHUNK):
        points = {each.subject_id: each.points for each in result.subjects.all()}
        candidate = result.candidate
        yield [
            candidate.number,
            candidate.person.full_name,
            candidate.get_level_display(),
            *(points.get(subject) for subject in subjects),
            result.points,
            result.get_outcome_display(),
            result.withheld_reason,
        ]
