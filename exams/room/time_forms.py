"""Forms of the exam office: compensation for lost time, and the release of a round."""

from django import forms
from django.utils.translation import gettext_lazy as _

from exams.room.forms import WhyForm


class CompensationForm(WhyForm):
    """Why time is given back. To whom stands in the table."""


class ReleaseForm(forms.Form):
    """Nobody releases a round without having looked at its times."""

    is_seen = forms.BooleanField(
        label=_("I have looked at the times above, and they are those that were announced."),
        error_messages={"required": _("Look at the times, then tick the box.")},
    )
