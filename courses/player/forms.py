"""Forms of those who learn."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.catalogue.contents import SurveyContent, SurveyKind

SCALE = (
    (5, _("Most")),
    (4, _("Much")),
    (3, _("Moderately")),
    (2, _("Little")),
    (1, _("Least")),
)
_LONGEST_COMMENT = 2000


class SurveyForm(forms.Form):
    """The questions of a survey, as its owner wrote them."""

    def __init__(self, *args: Any, survey: SurveyContent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in survey.questions:
            if question.kind == SurveyKind.SCALE:
                field: forms.Field = forms.TypedChoiceField(
                    choices=SCALE, coerce=int, empty_value=None, widget=forms.RadioSelect
                )
            else:
                field = forms.CharField(
                    max_length=_LONGEST_COMMENT, widget=forms.Textarea(attrs={"rows": 4}), strip=True
                )
            field.label, field.required = question.text, question.is_required
            self.fields[question.id] = field

    @property
    def answers(self) -> dict[str, int | str]:
        """What was answered; questions left out are left out here too."""
        return {name: value for name, value in self.cleaned_data.items() if value not in {None, ""}}
