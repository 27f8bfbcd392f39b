"""Forms of the exam office: compensation for lost time, and the release of a round."""

from django import forms
from django.utils.translation import gettext_lazy as _


class CompensationForm(forms.Form):
    """Why time is given back. To whom stands in the table."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It goes on record with your name and cannot be changed afterwards."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReleaseForm(forms.Form):
    """Nobody releases a round without having looked at its times."""

    is_seen = forms.BooleanField(
        label=_("I have looked at the times above, and they are those that were announced."),
        error_messages={"required": _("Look at the times, then tick the box.")},
    )
