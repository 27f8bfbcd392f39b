"""What staff fill in."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from learning.people.fields import ThaiTextField, TypedDateField
from learning.records.vocabulary import VERBS


def _verbs() -> list[tuple[str, str]]:
    return [
        ("", gettext("Any action")),
        *((verb.iri, f"{verb.thai} ({verb.english})") for verb in VERBS.values()),
    ]


class SearchForm(forms.Form):
    """What to look for in the records."""

    person = ThaiTextField(
        label=_("Learner"), required=False, max_length=100, help_text=_("Name, e-mail or national ID")
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


class SaveForm(forms.Form):
    """The name of a search to be saved."""

    name = ThaiTextField(label=_("Name of the search"), max_length=80)
