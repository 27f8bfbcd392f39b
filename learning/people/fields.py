"""Form fields for what Thai people type: names, the national ID, Buddhist years and dates, times of day."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from learning import thai
from learning.people import national_id

_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?:\s*น\.?)?")
_TYPED_DATE = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})")
# Years below this were typed in the common era: nothing here lies before B.E. 2400.
_EARLIEST_YEAR = 2400
FIRST_BIRTH_YEAR = 1900
YOUNGEST = 10
MONTHS = (
    _("January"),
    _("February"),
    _("March"),
    _("April"),
    _("May"),
    _("June"),
    _("July"),
    _("August"),
    _("September"),
    _("October"),
    _("November"),
    _("December"),
)
# Letters of Thai and of Latin alphabets with what names hold between them.
NAME = re.compile(
    r"[A-Za-z\u00c0-\u024f\u0e01-\u0e3a\u0e40-\u0e4e][A-Za-z\u00c0-\u024f\u0e01-\u0e3a\u0e40-\u0e4e .'’()\-]*"
)


class ThaiTextField(forms.CharField):
    """One line of text, put into the standard spelling."""

    def to_python(self, value: Any) -> str:
        """Return the tidied text."""
        return thai.tidy(super().to_python(value) or "")


class NameField(ThaiTextField):
    """A title or a name: letters only."""

    def validate(self, value: str) -> None:
        """Refuse digits and signs, which are slips of the keyboard."""
        super().validate(value)
        if value and not NAME.fullmatch(value):
            raise ValidationError(_("Use letters only, without digits or signs."), code="letters")


class DatalistInput(forms.TextInput):
    """A text field with suggestions; anything else may be typed."""

    template_name = "people/widgets/datalist.html"

    def __init__(self, suggestions: Sequence[str] = (), attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.suggestions = suggestions

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the suggestions."""
        context = super().get_context(name, value, attrs)
        context["widget"]["suggestions"] = self.suggestions
        context["widget"]["attrs"]["list"] = f"{context['widget']['attrs'].get('id', name)}_list"
        return context


class NationalIdField(forms.CharField):
    """A national ID, in any spelling of its digits."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "input-width-20"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)

    def to_python(self, value: Any) -> str:
        """Return the bare digits."""
        return national_id.clean(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        """Say apart a wrong length and a wrong check digit: the person looks for different slips."""
        super().validate(value)
        if not value:
            return
        if not re.fullmatch(r"[0-9]{13}", value):
            raise ValidationError(_("The national ID has 13 digits."), code="length")
        if not national_id.is_valid(value):
            raise ValidationError(
                _("This is not a valid national ID. Check each digit against the card."), code="check_digit"
            )


def year_problem(year: int) -> str:
    """Return what is wrong with a common-era year of birth, or an empty string."""
    if FIRST_BIRTH_YEAR <= year <= timezone.localdate().year - YOUNGEST:
        return ""
    return gettext("This year of birth cannot be right. Check the year.")


class BirthYearField(forms.CharField):
    """A year of birth, typed in the Buddhist era; gives the common-era year."""

    widget = forms.TextInput(
        attrs={"inputmode": "numeric", "autocomplete": "bday-year", "class": "input-width-4"}
    )

    def prepare_value(self, value: Any) -> Any:
        """Show a stored year in the Buddhist era, and what was typed as it was typed."""
        return value + thai.BUDDHIST_ERA if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        """Return the common-era year."""
        text = super().clean(value)
        if not text:
            return None
        try:
            year = thai.parse_year(text)
        except ValueError:
            raise ValidationError(
                _("Write the year of birth in four digits, for example 2535."), code="year"
            ) from None
        if problem := year_problem(year):
            raise ValidationError(problem, code="range")
        return year


class BuddhistDateWidget(forms.MultiWidget):
    """Day, month by name and year of the Buddhist era, each with its label."""

    template_name = "people/widgets/date.html"
    use_fieldset = True

    def __init__(self) -> None:
        months = [("", ""), *((str(n), name) for n, name in enumerate(MONTHS, start=1))]
        digits = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(
            [forms.TextInput(attrs=digits), forms.Select(choices=months), forms.TextInput(attrs=digits)]
        )

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Name the three parts."""
        context = super().get_context(name, value, attrs)
        labels = (_("Day"), _("Month"), _("Year (B.E.)"))
        for part, label in zip(context["widget"]["subwidgets"], labels, strict=True):
            part["label"] = label
        return context

    def decompress(self, value: date | None) -> list[Any]:
        """Return the parts of a stored date."""
        if value is None:
            return [None, None, None]
        return [value.day, value.month, value.year + thai.BUDDHIST_ERA]


class BuddhistDateField(forms.MultiValueField):
    """A date in three parts; the year is typed in the Buddhist era."""

    widget = BuddhistDateWidget

    def __init__(self, **kwargs: Any) -> None:
        parts = (forms.CharField(), forms.CharField(), forms.CharField())
        super().__init__(parts, require_all_fields=True, **kwargs)

    def compress(self, data_list: list[str]) -> date | None:
        """Return the date."""
        if not data_list:
            return None
        try:
            return thai.parse_date("/".join(data_list))
        except ValueError:
            raise ValidationError(
                _("This is not a date. Write it like 1 October 2558."), code="date"
            ) from None


class TypedDateField(forms.CharField):
    """A date typed in one box as day/month/year of the Buddhist era, in Thai or Arabic digits."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("Day/month/year of the Buddhist era, for example 15/1/2570"))
        kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a date in the way it is typed."""
        if isinstance(value, date):
            return thai.typed_date(value)
        return value

    def clean(self, value: Any) -> date | None:
        """Return the date. Raises ValidationError saying what is wrong with it."""
        text = super().clean(value)
        if not text:
            return None
        match = _TYPED_DATE.fullmatch(thai.to_arabic_numerals(text.strip()))
        if match is None:
            raise ValidationError(_("Write the date as day/month/year, for example 15/1/2570."))
        day, month, year = (int(part) for part in match.groups())
        if year < _EARLIEST_YEAR:
            raise ValidationError(_("Write the year in the Buddhist era, for example 2570."))
        try:
            return date(thai.common_year(year), month, day)
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
        match = _CLOCK.fullmatch(thai.to_arabic_numerals(text.strip()))
        hour, minute = (int(match[1]), int(match[2])) if match else (24, 0)
        try:
            return time(hour, minute)
        except ValueError:
            raise ValidationError(_("Write the time as hours and minutes, for example 09:00.")) from None


def in_bangkok(day: date, clock: time) -> datetime:
    """Return the moment of a day and time typed by an officer, who means Bangkok."""
    return timezone.make_aware(datetime.combine(day, clock))
