"""Form fields for dates as Thai offices write them."""

import re
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exams.knowledge.models import BUDDHIST_ERA

_THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_DATE = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})")
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:\s*น\.?)?")
# Years below this were typed in the common era: no test lies before B.E. 2500.
_EARLIEST_YEAR = 2500


class BuddhistDateField(forms.CharField):
    """A date typed as day/month/year of the Buddhist era, in Thai or Arabic digits."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("Day/month/year of the Buddhist era, for example 15/1/2570"))
        kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a date in the way it is typed."""
        if isinstance(value, date):
            return f"{value.day}/{value.month}/{value.year + BUDDHIST_ERA}"
        return value

    def clean(self, value: Any) -> date | None:
        """Return the date. Raises ValidationError saying what is wrong with it."""
        text = super().clean(value)
        if not text:
            return None
        match = _DATE.fullmatch(text.strip().translate(_THAI_DIGITS))
        if match is None:
            raise ValidationError(_("Write the date as day/month/year, for example 15/1/2570."))
        day, month, year = (int(part) for part in match.groups())
        if year < _EARLIEST_YEAR:
            raise ValidationError(_("Write the year in the Buddhist era, for example 2570."))
        try:
            return date(year - BUDDHIST_ERA, month, day)
        except ValueError:
            raise ValidationError(_("There is no such day. Check the day and the month.")) from None


class ClockField(forms.CharField):
    """A time of day typed as hours and minutes, 24-hour clock."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("24-hour clock, for example 09:00"))
        kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a time in the way it is typed."""
        return value.strftime("%H:%M") if isinstance(value, time) else value

    def clean(self, value: Any) -> time | None:
        """Return the time. Raises ValidationError saying what is wrong with it."""
        text = super().clean(value)
        if not text:
            return None
        match = _TIME.fullmatch(text.strip().translate(_THAI_DIGITS))
        hour, minute = (int(match[1]), int(match[2])) if match else (24, 0)
        try:
            return time(hour, minute)
        except ValueError:
            raise ValidationError(_("Write the time as hours and minutes, for example 09:00.")) from None


def in_bangkok(day: date, clock: time) -> datetime:
    """Return the moment of a day and time typed by an officer, who means Bangkok."""
    return timezone.make_aware(datetime.combine(day, clock))
