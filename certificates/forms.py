"""Forms of the check page and of the certificate officers."""

import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from certificates.kinds import KINDS, Holder
from certificates.models import CertificateStatus, Register, Signatory
from learning import thai

if TYPE_CHECKING:
    _SignatoryModelForm = forms.ModelForm[Signatory]
else:
    # Django's class takes no type argument at run time.
    _SignatoryModelForm = forms.ModelForm


class CodeForm(forms.Form):
    """A code, typed from paper."""

    code = forms.CharField(
        label=_("Code on the certificate"),
        help_text=_(
            "16 letters and digits, for example 7KX2-M9QD-4TBW-R8HN. Hyphens and case do not matter."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": _("Enter the code on the certificate.")},
    )


class SurnameForm(forms.Form):
    """The surname that a checker believes to be on the certificate."""

    surname = forms.CharField(
        label=_("Surname on the certificate"),
        help_text=_("The full name is shown when the surname matches."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Enter the surname on the certificate.")},
    )


class SearchForm(forms.Form):
    """Search and filters of the staff list; every field may be empty."""

    q = forms.CharField(label=_("Name, register number, code or national ID"), required=False, max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    year = forms.ChoiceField(label=_("Year of the register"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        years = Register.objects.order_by("-year").values_list("year", flat=True).distinct()
        everything = ("", _("All"))
        choices: dict[str, list[tuple[str, Any]]] = {
            "kind": [(key, kind.label) for key, kind in KINDS.items()],
            "year": [(str(year), str(year)) for year in years],
            "status": list(CertificateStatus.choices),
        }
        for name, offered in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [everything, *offered]


class RevokeForm(forms.Form):
    """Why a certificate ends."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("For the office's records; the check page does not show it."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("State the reason.")},
    )


class ReplaceForm(forms.Form):
    """The name as it should have been."""

    title = forms.CharField(label=_("Title"), max_length=60)
    first_name = forms.CharField(label=_("First name"), max_length=120)
    last_name = forms.CharField(label=_("Surname"), max_length=120)
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("For example: surname misspelt, surname changed by marriage."),
        max_length=300,
        error_messages={"required": _("State the reason.")},
    )

    def __init__(self, *args: Any, printed: Holder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.printed = printed

    def clean(self) -> dict[str, Any]:
        """Refuse a replacement that changes nothing."""
        cleaned = super().clean() or {}
        parts = ("title", "first_name", "last_name")
        if all(thai.tidy(cleaned.get(part, "")) == getattr(self.printed, part) for part in parts):
            self.add_error("first_name", _("The name is the same as on the certificate. Correct it first."))
        return cleaned


class SignatoryForm(_SignatoryModelForm):
    """Who signs from a day on."""

    class Meta:
        model = Signatory
        fields = ("name", "position", "position_en", "effective_from")
        widgets = {"effective_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def clean_effective_from(self) -> datetime.date:
        """Refuse a day from which somebody else signs already."""
        day: datetime.date = self.cleaned_data["effective_from"]
        if Signatory.objects.filter(effective_from=day).exists():
            raise forms.ValidationError(_("Somebody else signs from this day already. Choose another day."))
        return day
