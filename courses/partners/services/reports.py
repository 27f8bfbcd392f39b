"""Completions that a partner sent as a list: checked first, kept when the officer confirms."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from courses.catalogue.models import Course
from courses.partners.errors import CheckExpired
from courses.partners.models import Outcome, Source
from courses.partners.services.outcomes import Report, keep
from learning import thai
from learning.people import audit, rosters
from learning.people.models import Person
from learning.spreadsheets import Format, write_table

DATE, SCORE, CODE = "วันที่เรียนจบ", "คะแนน (ร้อยละ)", "รหัสวิชา"
_SEAL = rosters.Seal("partner-outcomes", CheckExpired)


@dataclass
class ReportCheck(rosters.Check):
    """What a list holds: completions to keep as (person, date, score), rows with errors, known ones."""

    completions: list[tuple[int, str, str]] = field(default_factory=list)


def template(kind: Format) -> bytes:
    """Return an empty list."""
    return write_table([rosters.NATIONAL_ID, rosters.EMAIL, CODE, DATE, SCORE], [], kind)


def check_file(course: Course, upload: BinaryIO, name: str, *, today: date) -> ReportCheck:
    """Read a list of completions of a course; nothing is changed. Raises a SpreadsheetError."""
    table = rosters.read_list(upload, name)
    table.require([DATE])
    rows = rosters.find_persons(
        table,
        Person.objects.filter(is_active=True),
        unknown=_("No registered person has this. Check it with the provider."),
        number_headings=(rosters.NATIONAL_ID, "national_id"),
        email_headings=(rosters.EMAIL, "email"),
    )
    done = set(
        Outcome.objects.filter(course=course, completed_at__isnull=False).values_list("person", flat=True)
    )
    check = ReportCheck(rows=len(rows))
    for row in rows:
        fault = row.error or _fault(course, row, today)
        if fault:
            check.errors.append(fault)
        elif row.person in done:
            check.already += 1
        elif row.person is not None:
            finished = thai.parse_date(row.cells[DATE])
            check.completions.append((row.person, finished.isoformat(), row.cells.get(SCORE, "")))
    return check


def _fault(course: Course, row: rosters.Row, today: date) -> rosters.RowError | None:
    code = row.cells.get(CODE, "")
    if code and code.upper() != course.code:
        text: str | Promise = _("This row is of another course. This list is for %(code)s.") % {
            "code": course.code
        }
        return rosters.RowError(row.number, CODE, text)
    try:
        finished = thai.parse_date(row.cells[DATE])
    except ValueError:
        return rosters.RowError(row.number, DATE, _("Write the date like 1/10/2569."))
    if finished > today:
        return rosters.RowError(row.number, DATE, _("The date has not come yet."))
    try:
        _share(row.cells.get(SCORE, ""))
    except (ArithmeticError, ValueError):
        return rosters.RowError(
            row.number, SCORE, _("Write a number from 0 to 100, or leave the cell empty.")
        )
    return None


def _share(cell: str) -> Decimal | None:
    if not cell:
        return None
    share = Decimal(thai.to_arabic_numerals(cell).removesuffix("%").strip()) / 100
    # NaN is neither.
    if not 0 <= share <= 1:
        raise ValueError(cell)
    return share.quantize(Decimal("0.0001"))


def seal(course: Course, actor: Person, check: ReportCheck) -> str:
    """Return the checked completions as a signed text that the confirmation page carries."""
    return _SEAL.close(course, actor, check.completions)


@transaction.atomic
def confirm(course: Course, actor: Person, sealed: str, *, now: datetime) -> int:
    """Keep the completions of `seal` and return how many are new. Raises CheckExpired."""
    reports = {}
    for person, finished, score in _SEAL.open(course, actor, sealed):
        day = datetime.combine(
            date.fromisoformat(finished), datetime.min.time(), tzinfo=timezone.get_default_timezone()
        )
        reports[person] = Report(now, _share(score), day)
    count = keep(course, reports, source=Source.FILE, actor=actor)
    audit.record(actor, "partners.completions_reported", course, code=course.code, count=count)
    return count
