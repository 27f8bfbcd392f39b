"""How a list of learners is written: who, where from, how far, and the certificate. No national ID."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from enrollment.models import Enrolment
from learning import thai
from learning.spreadsheets import Cell


def headings() -> list[str]:
    """Return the headings in the language of whoever asks."""
    return [
        _("Name"),
        _("Position"),
        _("Agency"),
        _("Course round"),
        _("State"),
        _("Enrolled on"),
        _("Completed on"),
        pgettext("course", "Certificate"),
        _("Learning time (minutes)"),
        _("Before learning (percent)"),
        _("After learning (percent)"),
    ]


def rows(enrolments: Iterable[Enrolment]) -> Iterator[list[Cell]]:
    """Yield the cells of each row, from what `figures.rows` brings."""
    for each in enrolments:
        person = each.person
        yield [
            person.full_name,
            person.position,
            person.agency.name_th if person.agency else person.organisation,
            each.round.name,
            str(each.status.label),
            _day(each.enrolled_at),
            _day(each.completed_at),
            each.certificate.register_number if each.certificate else "",
            each.spent // 60,  # type: ignore[attr-defined]  # annotated
            _percent(each.before),  # type: ignore[attr-defined]
            _percent(each.after),  # type: ignore[attr-defined]
        ]


def _day(at: datetime | None) -> str:
    """Write a day in the Buddhist era, which no cell of a date can hold."""
    return thai.typed_date(timezone.localdate(at)) if at else ""


def _percent(value: Decimal | float | None) -> float | None:
    return None if value is None else round(float(value), 2)
