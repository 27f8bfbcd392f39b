"""Forms of the knowledge tests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exams.bank.models import Difficulty, ItemBank, Topic
from exams.knowledge.models import (
    KnowledgeTest,
    RequestStatus,
    Reveal,
    RoundStatus,
    TestDefinition,
)
from exams.knowledge.services import definitions
from exams.knowledge.services.definitions import Cell, Rules
from exams.knowledge.services.invitations import Progress
from exams.knowledge.services.rounds import Window
from exams.knowledge.services.support import Wish
from learning import thai
from learning.people import national_id
from learning.people.fields import ClockField, TypedDateField, in_bangkok
from learning.people.models import Agency, Person

MAX_ITEMS = 500
# A form's columns: any difficulty first, since most tests need no more.
LEVELS: tuple[tuple[str, Any], ...] = (("", _("Of any difficulty")), *Difficulty.choices)


class TestForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """A new test."""

    class Meta:
        model = KnowledgeTest
        fields = ("code", "name_th", "name_en", "bank", "description_th", "description_en")
        labels = {"bank": _("Item bank")}
        help_texts = {"code": _("Latin letters, digits and hyphens; it stands in reports and commands.")}
        widgets = {
            "description_th": forms.Textarea(attrs={"rows": 3}),
            "description_en": forms.Textarea(attrs={"rows": 3}),
        }


@dataclass(frozen=True)
class TopicRow:
    """One row of the table of items: a topic, and per level the field and what the bank has."""

    topic: Topic
    cells: list[tuple[BoundField, int]]


def cell_name(cell: Cell) -> str:
    """Return the field name of a place in the table of items."""
    return f"items-{cell[0]}-{cell[1] or 'any'}"


class DefinitionForm(forms.Form):
    """A new definition: the rules, and items per topic and difficulty."""

    effective_from = TypedDateField(label=_("Effective from"))
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=600)
    pass_percent = forms.DecimalField(
        label=_("Pass mark in percent"), min_value=0, max_value=100, max_digits=5, decimal_places=2
    )
    max_attempts = forms.IntegerField(label=_("Attempts allowed in a round"), min_value=1, max_value=20)
    retry_wait_hours = forms.IntegerField(
        label=_("Hours between attempts"),
        help_text=_("0: the next attempt may follow at once."),
        min_value=0,
        max_value=24 * 60,
    )
    shuffle_items = forms.BooleanField(label=_("Shuffle the items"), required=False)
    shuffle_options = forms.BooleanField(label=_("Shuffle the options"), required=False)
    show_score = forms.BooleanField(label=_("Show the score after the sitting"), required=False)
    reveal = forms.ChoiceField(label=_("Show explanations"), choices=Reveal.choices, widget=forms.RadioSelect)
    source = forms.CharField(
        label=_("Source of the figures"),
        help_text=_("The announcement or letter they come from."),
        max_length=300,
    )

    def __init__(self, *args: Any, bank: ItemBank, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bank = bank
        self.topics = list(bank.topics.all())
        self.available = definitions.available(bank)
        self._wanted: dict[Cell, int] = {}
        for topic in self.topics:
            for level, label in LEVELS:
                self.fields[cell_name((topic.pk, level))] = forms.IntegerField(
                    label=f"{topic.name} – {label}",
                    required=False,
                    validators=[MinValueValidator(0), MaxValueValidator(MAX_ITEMS)],
                    widget=forms.NumberInput(attrs={"min": 0, "max": MAX_ITEMS, "inputmode": "numeric"}),
                )

    @classmethod
    def initial_from(cls, definition: TestDefinition | None, bank: ItemBank, today: date) -> dict[str, Any]:
        """Return the starting values: a copy of a definition, or the platform's default."""
        if definition is not None:
            names = [name for name in cls.base_fields if name != "effective_from"]
            values = {name: getattr(definition, name) for name in names}
            values["pass_percent"] = f"{values['pass_percent'].normalize():f}"
            items = definitions.items_of(definition)
        else:
            values = {
                "minutes": definitions.DEFAULT_MINUTES,
                "pass_percent": definitions.DEFAULT_PASS_PERCENT,
                "max_attempts": 1,
                "retry_wait_hours": 0,
                "shuffle_items": True,
                "shuffle_options": True,
                "show_score": True,
                "reveal": Reveal.AFTER_WINDOW,
                "source": definitions.DEFAULT_SOURCE,
            }
            items = definitions.spread(bank)
        cells = {cell_name(cell): count for cell, count in items.items()}
        return values | {"effective_from": today} | cells

    def rule_fields(self) -> list[BoundField]:
        """Return the fields beside the table."""
        return [self[name] for name in self.base_fields]

    def table(self) -> Iterator[TopicRow]:
        """Return the rows of the table of items."""
        for topic in self.topics:
            by_level = [self.available.get((topic.pk, level), 0) for level, _label in LEVELS[1:]]
            stock = [sum(by_level), *by_level]
            yield TopicRow(
                topic,
                [
                    (self[cell_name((topic.pk, level))], count)
                    for (level, _label), count in zip(LEVELS, stock, strict=True)
                ],
            )

    def items(self) -> dict[Cell, int]:
        """Return the table as typed, once cleaned; what is no number counts as nothing."""
        return self._wanted

    def rules(self) -> Rules:
        """Return the cleaned form as the service takes it."""
        data = self.cleaned_data
        return Rules(
            effective_from=data["effective_from"],
            minutes=data["minutes"],
            pass_percent=data["pass_percent"],
            max_attempts=data["max_attempts"],
            retry_wait_hours=data["retry_wait_hours"],
            shuffle_items=data["shuffle_items"],
            shuffle_options=data["shuffle_options"],
            show_score=data["show_score"],
            reveal=Reveal(data["reveal"]),
            source=data["source"],
            items=self.items(),
        )

    def shortage_sentences(self) -> list[tuple[str, str]]:
        """Return (field name, sentence) for every place that asks for more than the bank has."""
        names = {topic.pk: topic.name for topic in self.topics}
        levels = dict(LEVELS)
        return [
            (
                cell_name((short.topic, short.difficulty)),
                str(
                    _("%(topic)s, %(level)s: %(wanted)s items are asked for, but the bank has %(available)s.")
                    % {
                        "topic": names[short.topic],
                        "level": levels[short.difficulty],
                        "wanted": short.wanted,
                        "available": short.available,
                    }
                ),
            )
            for short in definitions.find_shortages(self.bank, self.items())
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a table that asks for nothing, or for more than the bank has."""
        cleaned = super().clean() or self.cleaned_data
        cells = [(topic.pk, level) for topic in self.topics for level, _label in LEVELS]
        # Kept apart, because a field that gets an error below loses its cleaned value.
        self._wanted = {cell: count for cell in cells if (count := cleaned.get(cell_name(cell)))}
        if not self.items() and not any(name.startswith("items-") for name in self.errors):
            raise ValidationError(_("Ask for at least one item."))
        for name, sentence in self.shortage_sentences():
            self.add_error(name, sentence)
        return cleaned


class WindowForm(forms.Form):
    """A round's name and window, each moment as a day and a time in Bangkok."""

    name = forms.CharField(label=_("Name of the round"), max_length=200)
    opens_on = TypedDateField(label=_("Opens on"))
    opens_at = ClockField(label=_("Opens at"))
    closes_on = TypedDateField(label=_("Closes on"))
    closes_at = ClockField(label=_("Closes at"))

    @staticmethod
    def initial_from(name: str, opens_at: datetime, closes_at: datetime) -> dict[str, Any]:
        """Return the starting values for a window."""
        opens, closes = timezone.localtime(opens_at), timezone.localtime(closes_at)
        return {
            "name": name,
            "opens_on": opens.date(),
            "opens_at": opens.time(),
            "closes_on": closes.date(),
            "closes_at": closes.time(),
        }

    @staticmethod
    def initial_new(now: datetime) -> dict[str, Any]:
        """Return the starting values for a new round: office hours of a week from tomorrow."""
        tomorrow = timezone.localtime(now) + timedelta(days=1)
        return WindowForm.initial_from(
            "",
            tomorrow.replace(hour=8, minute=30, second=0, microsecond=0),
            (tomorrow + timedelta(days=7)).replace(hour=16, minute=30, second=0, microsecond=0),
        )

    def moments(self) -> tuple[datetime, datetime]:
        """Return the window as two moments."""
        data = self.cleaned_data
        return (
            in_bangkok(data["opens_on"], data["opens_at"]),
            in_bangkok(data["closes_on"], data["closes_at"]),
        )

    def window(self) -> Window:
        """Return the cleaned form as the service takes it."""
        return Window(self.cleaned_data["name"], *self.moments())

    def clean(self) -> dict[str, Any]:
        """Refuse a window that ends before it begins, or is over already."""
        cleaned = super().clean() or self.cleaned_data
        if {"opens_on", "opens_at", "closes_on", "closes_at"} <= cleaned.keys():
            opens_at, closes_at = self.moments()
            if closes_at <= opens_at:
                self.add_error("closes_on", _("The close must come after the opening."))
            elif closes_at <= timezone.now():
                self.add_error("closes_on", _("This window is over already. Choose a close in the future."))
        return cleaned


class ApprovalForm(WindowForm):
    """An approval: the round's window as decided, and a note."""

    note = forms.CharField(
        label=_("Note to the agency"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class DeclineForm(forms.Form):
    """A refusal, which needs its reason."""

    note = forms.CharField(
        label=_("Why the request is declined"),
        help_text=_("The agency reads this. Say what it can do instead."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class SupportForm(WindowForm):
    """An agency asks for a sitting."""

    name = None  # type: ignore[assignment]
    test = forms.ModelChoiceField(label=_("Test"), queryset=KnowledgeTest.objects.none())
    agency = forms.ModelChoiceField(label=_("Agency"), queryset=Agency.objects.none())
    expected_takers = forms.IntegerField(label=_("Expected number of takers"), min_value=1, max_value=100_000)
    contact = forms.CharField(
        label=_("Contact"), help_text=_("Name and telephone number of who answers questions."), max_length=200
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=2000
    )
    field_order = (
        *("test", "agency", "expected_takers", "opens_on", "opens_at"),
        *("closes_on", "closes_at", "contact", "reason"),
    )

    def __init__(self, *args: Any, agencies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["test"].queryset = KnowledgeTest.objects.filter(  # type: ignore[attr-defined]
            definitions__isnull=False
        ).distinct()
        self.fields["agency"].queryset = agencies  # type: ignore[attr-defined]

    def wish(self) -> Wish:
        """Return the cleaned form as the service takes it."""
        data = self.cleaned_data
        opens_at, closes_at = self.moments()
        return Wish(
            test=data["test"],
            agency=data["agency"],
            expected_takers=data["expected_takers"],
            opens_at=opens_at,
            closes_at=closes_at,
            reason=data["reason"],
            contact=data["contact"],
        )


class RoundFilterForm(forms.Form):
    """Search and filter of rounds."""

    q = forms.CharField(label=_("Search by name"), required=False)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("All")), *RoundStatus.choices]
    )


class RequestFilterForm(forms.Form):
    """Search and filter of requests."""

    q = forms.CharField(label=_("Search by agency"), required=False)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("All")), *RequestStatus.choices]
    )


class ProgressFilterForm(forms.Form):
    """Search and filter of a staff list."""

    q = forms.CharField(label=_("Search by name"), required=False)
    progress = forms.ChoiceField(
        label=_("Progress"), required=False, choices=[("", _("All")), *Progress.choices]
    )


class StaffListForm(forms.Form):
    """A staff list as a spreadsheet."""

    file = forms.FileField(
        label=_("Staff list (.xlsx or .csv)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )


class IdentityForm(forms.Form):
    """What only the invited person is expected to type: national ID and birth year."""

    number = forms.CharField(
        label=_("National ID, 13 digits"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    birth_year = forms.CharField(
        label=_("Birth year (B.E.)"),
        help_text=_("For example 2530"),
        max_length=4,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    password = forms.CharField(
        label=_("New password"),
        help_text=_("At least 8 characters, not only digits. You sign in with it from now on."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label=_("New password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_number(self) -> str:
        """Return the 13 digits. A wrong check digit is a slip of the hand and costs no try."""
        number = national_id.clean(self.cleaned_data["number"])
        if not national_id.is_valid(number):
            raise ValidationError(_("This is not a valid national ID. Check the 13 digits."))
        return number

    def clean_birth_year(self) -> int:
        """Return the birth year in the common era."""
        try:
            return thai.parse_year(self.cleaned_data["birth_year"])
        except ValueError:
            raise ValidationError(_("Write the birth year in the Buddhist era, four digits.")) from None

    def clean_password(self) -> str:
        """Return the password when it meets the rules of every account."""
        password = str(self.cleaned_data["password"])
        validate_password(password, self.person)
        return password

    def clean(self) -> dict[str, Any]:
        """Refuse two passwords that differ."""
        cleaned = super().clean() or self.cleaned_data
        if {"password", "password_again"} <= cleaned.keys() and cleaned["password"] != cleaned[
            "password_again"
        ]:
            self.add_error("password_again", _("The two passwords differ. Type the same one twice."))
        return cleaned


class ReportForm(forms.Form):
    """Which report: a Buddhist year, and one test or all."""

    year = forms.ChoiceField(label=_("Year (B.E.)"))
    test = forms.ModelChoiceField(
        label=_("Test"), queryset=KnowledgeTest.objects.all(), required=False, empty_label=_("All tests")
    )

    def __init__(self, data: Mapping[str, Any], *, years: list[int]) -> None:
        super().__init__(data)
        self.fields["year"].choices = [(str(year), str(year)) for year in years]  # type: ignore[attr-defined]
