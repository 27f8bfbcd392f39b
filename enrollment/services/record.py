"""The training record of a person: what was completed in a fiscal year, with its hours."""

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from enrollment.models import Enrolment, EnrolmentState
from learning import thai
from learning.people.models import Person
from learning.spreadsheets import Cell, Format, write_table

_FIRST_MONTH = 10


def fiscal_year(day: date) -> int:
    """Return the Buddhist-era fiscal year of a day: it begins on 1 October and is named by its end."""
    return thai.buddhist_year(day.year + (day.month >= _FIRST_MONTH))


def window(year: int) -> tuple[datetime, datetime]:
    """Return the first moment of a fiscal year, and the first after it, in Bangkok."""
    last = thai.common_year(year)
    begins, ends = (
        timezone.make_aware(datetime.combine(date(each, _FIRST_MONTH, 1), time.min))
        for each in (last - 1, last)
    )
    return begins, ends


def completed(person: Person, year: int | None = None) -> QuerySet[Enrolment]:
    """Return what a person completed, in a fiscal year or ever, the latest first."""
    found = Enrolment.objects.filter(person=person, state=EnrolmentState.COMPLETED)
    if year is not None:
        begins, ends = window(year)
        found = found.filter(completed_at__gte=begins, completed_at__lt=ends)
    return found.select_related("course__owner", "round", "certificate").order_by("-completed_at", "-pk")


def years(person: Person, *, now: datetime) -> list[int]:
    """Return the fiscal years in which a person completed something, and this one, the latest first."""
    found = completed(person).order_by().values_list("completed_at", flat=True)
    days = {fiscal_year(timezone.localdate(at)) for at in found if at is not None}
    return sorted(days | {fiscal_year(timezone.localdate(now))}, reverse=True)


def hours(rows: list[Enrolment]) -> Decimal:
    """Return the hours of these courses together."""
    return sum((row.course.hours for row in rows), Decimal(0))


def export(person: Person, year: int, kind: Format) -> bytes:
    """Return a person's record of a fiscal year as a file."""
    headings = [
        _("Code"),
        _("Course"),
        _("Offered by"),
        _("Course round"),
        _("Hours"),
        _("Completed on"),
        pgettext("course", "Certificate"),
    ]
    return write_table(headings, _rows(completed(person, year)), kind)


def _rows(enrolments: QuerySet[Enrolment]) -> Iterator[list[Cell]]:
    for each in enrolments:
        yield [
            each.course.code,
            each.course.name,
            each.course.owner.name,
            each.round.name,
            float(each.course.hours),
            thai.typed_date(timezone.localdate(each.completed_at)),
            each.certificate.register_number if each.certificate else "",
        ]
