"""What staff fill in."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from learning.people.fields import ThaiTextField, TypedDateField
from learning.records.models import Client, Destination, Scope
from learning.records.vocabulary import VERBS


def _verbs() -> list[tuple[str, str]]:
    return [
        ("", gettext("Any action")),
        *((verb.iri, f"{verb.thai} ({verb.english})") for verb in VERBS.values()),
    ]


class SearchForm(forms.Form):
    """What to look for in the records."""

    person = ThaiTextField(
        label=_("Learner"), required=False, max_length=500, help_text=_("Name, e-mail or national ID")
    )
    activity = forms.CharField(
        label=_("Activity"),
        required=False,
        max_length=2000,
        help_text=_("The id of a course, test or lesson; it begins with http"),
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false", "inputmode": "url"}),
    )
    verb = forms.ChoiceField(label=_("What was done"), required=False, choices=_verbs)
    since = TypedDateField(label=_("From"), required=False)
    until = TypedDateField(label=_("To"), required=False)


class EraseForm(forms.Form):
    """Why the records of a person are removed."""

    reason = ThaiTextField(
        label=_("Reason"), max_length=300, help_text=_("For example the number of the person's request")
    )


class DestinationForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """Another record store, and what we show it to be let in."""

    secret = forms.CharField(
        label=_("Secret"),
        required=False,
        max_length=500,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Kept encrypted and never shown again. Leave it empty to keep the one that is there."),
    )
    from_now_on = forms.BooleanField(
        label=_("Only what happens from now on, not what is stored already"), required=False, initial=True
    )

    class Meta:
        model = Destination
        fields = ("name", "endpoint", "version", "key", "secret", "prefix", "is_active")
        help_texts = {
            "endpoint": _("For example https://lrs.example/xapi/"),
            "prefix": _("For example the address of one course's activities. Empty for everything."),
        }
        widgets = {
            "key": forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"})
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["from_now_on"]
        if not self.instance.secret_sealed:
            secret = self.fields["secret"]
            secret.required, secret.help_text = True, gettext("Kept encrypted and never shown again.")
            secret.error_messages["required"] = gettext("Enter the secret that the store gave you.")

    def clean(self) -> dict[str, Any]:
        """Ask for the secret anew where the old one would go somewhere else."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.secret_sealed and not cleaned.get("secret") and "endpoint" in self.changed_data:
            self.add_error("secret", _("Enter the secret again: the address is another one now."))
        return cleaned


class ClientNameField(ThaiTextField):
    """The name of a client to be, which no other has: records say by it who wrote them."""

    def clean(self, value: Any) -> str:
        """Return the name; what no database could look for has been refused before this one is asked."""
        name: str = super().clean(value)
        if Client.objects.filter(name=name).exists():
            raise ValidationError(_("There is a credential of this name. Choose another name."))
        return name


class ClientForm(forms.Form):
    """A program of somebody else that is to write or read records."""

    name = ClientNameField(
        label=_("Given to"),
        max_length=100,
        help_text=_("Records that are written with it say so for ever, for example the name of the system"),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("No more than it needs"),
    )


class SaveForm(forms.Form):
    """The name of a search to be saved."""

    name = ThaiTextField(label=_("Name of the search"), max_length=80)
