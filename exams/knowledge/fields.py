"""A form field for times as Thai offices write them, and the moment that date and time mean."""

import re
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning import thai

_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:\s*น\.?)?")


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
        match = _TIME.fullmatch(thai.to_arabic_numerals(text.strip()))
        hour, minute = (int(match[1]), int(match[2])) if match else (24, 0)
        try:
            return time(hour, minute)
        except ValueError:
            raise ValidationError(_("Write the time as hours and minutes, for example 09:00.")) from None


def in_bangkok(day: date, clock: time) -> datetime:
    """Return the moment of a day and time typed by an officer, who means Bangkok."""
    return timezone.make_aware(datetime.combine(day, clock))
