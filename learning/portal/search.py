"""The search box above a list."""

from django import forms
from django.utils.translation import gettext_lazy as _

from learning import thai


class SearchForm(forms.Form):
    """A text to look for, spelled as the database spells it: น้ำ typed in either order is found."""

    q = forms.CharField(label=_("Search by name"), required=False, max_length=100)

    def clean_q(self) -> str:
        """Normalise typed Thai."""
        return thai.tidy(self.cleaned_data["q"])
