"""Takers, passed and percent, per agency and Buddhist year.

A person counts once in a year however often they sat: as passed if any attempt passed, and under the
agency of their last attempt, so that the lines add up to the total. A division counts with its department.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext_lazy as _

from exams.knowledge.models import Attempt, KnowledgeTest
from exams.knowledge.services.results import percent
from learning import thai
from learning.people.models import Agency, AgencyLevel

NO_AGENCY = _("Members of the public and staff of no listed agency")


class Taken(NamedTuple):
    """One concluded attempt, as the report counts it."""

    person: int
    agency: int | None
    is_passed: bool


@dataclass(frozen=True)
class Line:
    """One agency's figures; or a total, when it has no name."""

    name: str
    takers: int
    passed: int

    @property
    def percent(self) -> Decimal:
        """Passed of takers in percent, two decimals, half up."""
        return percent(self.passed, self.takers)


@dataclass(frozen=True)
class Table:
    """Figures per agency, most takers first, with their total."""

    total: Line
    lines: list[Line]


@dataclass(frozen=True)
class Report:
    """The figures of one Buddhist year: of everybody, and of the sittings that agencies asked for."""

    year: int
    all: Table
    supported: Table


@dataclass(frozen=True)
class YearLine:
    """The totals of one Buddhist year."""

    year: int
    takers: int
    passed: int

    @property
    def percent(self) -> Decimal:
        """Passed of takers in percent, two decimals, half up."""
        return percent(self.passed, self.takers)


def tally(attempts: Iterable[Taken], names: Mapping[int | None, str]) -> Table:
    """Count persons per agency from their attempts, oldest first."""
    agency_of: dict[int, int | None] = {}
    passed: set[int] = set()
    for person, agency, is_passed in attempts:
        agency_of[person] = agency
        if is_passed:
            passed.add(person)
    takers: dict[int | None, int] = {}
    passes: dict[int | None, int] = {}
    for person, agency in agency_of.items():
        takers[agency] = takers.get(agency, 0) + 1
        passes[agency] = passes.get(agency, 0) + (person in passed)
    lines = [Line(names[agency], count, passes[agency]) for agency, count in takers.items()]
    return Table(
        total=Line("", len(agency_of), len(passed)),
        lines=sorted(lines, key=lambda line: (-line.takers, line.name)),
    )


def bounds(year: int) -> tuple[datetime, datetime]:
    """Return the first moment of a Buddhist year in Bangkok, and of the next."""
    zone = ZoneInfo(settings.TIME_ZONE)
    first = thai.common_year(year)
    return datetime(first, 1, 1, tzinfo=zone), datetime(first + 1, 1, 1, tzinfo=zone)


def year_of(moment: datetime) -> int:
    """Return the Buddhist year of a moment, Bangkok time."""
    return thai.buddhist_year(moment.astimezone(ZoneInfo(settings.TIME_ZONE)).year)


def make_report(year: int, test: KnowledgeTest | None = None) -> Report:
    """Return the report of a Buddhist year, of one test or of all. Two queries."""
    start, end = bounds(year)
    attempts = Attempt.objects.filter(concluded_at__gte=start, concluded_at__lt=end)
    if test is not None:
        attempts = attempts.filter(round__test=test)
    rows = list(
        attempts.order_by("concluded_at", "pk").values_list(
            "person_id", "agency_id", "is_passed", "round__support_request__agency_id"
        )
    )
    agencies = {agency.pk: agency for agency in Agency.objects.all()}
    names: dict[int | None, str] = {pk: agency.name for pk, agency in agencies.items()}
    names[None] = str(NO_AGENCY)

    def counted(agency: int | None) -> int | None:
        is_division = agency is not None and agencies[agency].level == AgencyLevel.DIVISION
        return agencies[agency].parent_id if agency is not None and is_division else agency

    return Report(
        year=year,
        all=tally((Taken(row[0], counted(row[1]), bool(row[2])) for row in rows), names),
        supported=tally((Taken(row[0], row[3], bool(row[2])) for row in rows if row[3]), names),
    )


def years(test: KnowledgeTest | None = None) -> list[YearLine]:
    """Return the totals of every Buddhist year with results, latest first; one query."""
    attempts = Attempt.objects.filter(concluded_at__isnull=False)
    if test is not None:
        attempts = attempts.filter(round__test=test)
    rows = (
        attempts.annotate(year=ExtractYear("concluded_at", tzinfo=ZoneInfo(settings.TIME_ZONE)))
        .order_by("-year")
        .values("year")
        .annotate(
            takers=Count("person", distinct=True),
            passed=Count("person", distinct=True, filter=Q(is_passed=True)),
        )
    )
    return [YearLine(thai.buddhist_year(row["year"]), row["takers"], row["passed"]) for row in rows]


def as_json(report: Report) -> dict[str, object]:
    """Return the report as JSON values; percentages are text, so that 36.50 keeps its zero."""

    def table(of: Table) -> dict[str, object]:
        return _figures(of.total) | {
            "agencies": [{"agency": line.name} | _figures(line) for line in of.lines]
        }

    return {"year": report.year, "all": table(report.all), "supported": table(report.supported)}


def _figures(line: Line) -> dict[str, object]:
    return {"takers": line.takers, "passed": line.passed, "percent": str(line.percent)}


HEADERS = (_("Year"), _("Sittings"), _("Agency"), _("Takers"), _("Passed"), _("Percent"))


def as_rows(report: Report) -> tuple[list[str], list[list[str | int | Decimal]]]:
    """Return headings and rows for a spreadsheet; each part ends with its total."""
    rows: list[list[str | int | Decimal]] = []
    for label, table in ((_("All"), report.all), (_("Agency-supported"), report.supported)):
        for line in (*table.lines, table.total):
            name = line.name or str(_("Total"))
            rows.append([report.year, str(label), name, line.takers, line.passed, line.percent])
    return [str(header) for header in HEADERS], rows
