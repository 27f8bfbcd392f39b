"""Forms of results."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exams.results.models import ExamResult, Outcome
from exams.results.services.roots import MAX_RECEIPT, read_file
from exams.seat.keys import Receipt
from learning import thai
from learning.errors import DomainError
from learning.people.fields import ClockField, ThaiTextField, TypedDateField, in_bangkok

WITHHELD = "withheld"


class ReleaseForm(forms.Form):
    """From when candidates see their results, as a day and a time in Bangkok."""

    day = TypedDateField(label=_("Day of the announcement"))
    clock = ClockField(label=_("Time of the announcement"))

    @staticmethod
    def initial_from(moment: datetime) -> dict[str, Any]:
        """Return the starting values for a moment."""
        local = timezone.localtime(moment)
        return {"day": local.date(), "clock": local.time()}

    def moment(self) -> datetime:
        """Return the cleaned form as a moment."""
        return in_bangkok(self.cleaned_data["day"], self.cleaned_data["clock"])


class ReasonForm(forms.Form):
    """Why a result is kept back or given free."""

    reason = ThaiTextField(
        label=_("Reason"),
        max_length=300,
        help_text=_("It is kept in the audit log. The candidate does not see it."),
    )


class ResultFilterForm(forms.Form):
    """Search and filter of a round's results."""

    q = forms.CharField(label=_("Candidate number or name"), required=False, max_length=100)
    outcome = forms.ChoiceField(
        label=_("Result"),
        required=False,
        choices=[("", _("All")), *Outcome.choices, (WITHHELD, _("Withheld"))],
    )

    def apply(self, rows: QuerySet[ExamResult]) -> QuerySet[ExamResult]:
        """Keep the results that were asked for; what cannot be understood narrows nothing."""
        self.is_valid()
        for word in self.cleaned_data.get("q", "").split():
            number = thai.to_arabic_numerals(word)
            rows = rows.filter(
                Q(candidate__number__startswith=number)
                | Q(candidate__person__first_name__icontains=word)
                | Q(candidate__person__last_name__icontains=word)
            )
        outcome = self.cleaned_data.get("outcome", "")
        if outcome == WITHHELD:
            return rows.filter(withheld_at__isnull=False)
        return rows.filter(outcome=outcome) if outcome else rows


class ReceiptForm(forms.Form):
    """A receipt, as the file that was downloaded or as its text."""

    file = forms.FileField(label=_("Receipt file"), required=False, help_text=_("The file ends in .json."))
    text = forms.CharField(
        label=_("Or the text of the receipt"),
        required=False,
        max_length=MAX_RECEIPT,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Read the receipt, the file before the text."""
        cleaned = super().clean() or self.cleaned_data
        upload, text = cleaned.get("file"), cleaned.get("text", "").strip()
        if not upload and not text and not self.errors:
            raise forms.ValidationError(_("Choose the file of your receipt, or paste its text."))
        if self.errors:
            return cleaned
        try:
            cleaned["receipt"] = read_file(upload.read(MAX_RECEIPT + 1) if upload else text.encode()).receipt
        except DomainError as error:
            self.add_error("file" if upload else "text", str(error.message))
        return cleaned

    def receipt(self) -> Receipt:
        """Return the receipt that was read."""
        found: Receipt = self.cleaned_data["receipt"]
        return found
