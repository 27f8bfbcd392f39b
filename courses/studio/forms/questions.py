"""Forms of the questions of a test."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.studio.services.questions import MOST_OPTIONS, faults_in, option_heading
from learning import thai

OPTION_NAMES = [f"option_{number}" for number in range(1, MOST_OPTIONS + 1)]


class QuestionForm(forms.Form):
    """A question with one right option; rows of options left empty at the end do not count."""

    stem = forms.CharField(label=_("Question"), widget=forms.Textarea({"rows": 3}), required=False)
    key = forms.TypedChoiceField(
        label=_("Right option"),
        choices=[(index, str(index + 1)) for index in range(MOST_OPTIONS)],
        coerce=int,
        empty_value=None,
        widget=forms.RadioSelect,
        required=False,
    )
    explanation = forms.CharField(
        label=_("Explanation"),
        help_text=_("Shown after the test has been handed in."),
        widget=forms.Textarea({"rows": 3}),
        max_length=4000,
        required=False,
    )
    # The test as the author saw it.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, name in enumerate(OPTION_NAMES, start=1):
            self.fields[name] = forms.CharField(
                label=option_heading(number), widget=forms.Textarea({"rows": 1}), required=False
            )

    @staticmethod
    def initial_of(question: Mapping[str, Any]) -> dict[str, Any]:
        """Return the initial values for a question."""
        options = dict(zip(OPTION_NAMES, question["options"], strict=False))
        return options | {
            "stem": question["stem"],
            "key": question["key"],
            "explanation": question.get("explanation", ""),
        }

    @property
    def option_rows(self) -> list[tuple[forms.BoundField, Any]]:
        """The options, each with the radio button that marks it as right."""
        buttons = list(self["key"].subwidgets)
        return list(zip((self[name] for name in OPTION_NAMES), buttons, strict=True))

    @property
    def question(self) -> dict[str, Any]:
        """The question as it was typed, in the standard spelling."""
        data = self.cleaned_data
        options = [_tidy(data[name]) for name in OPTION_NAMES]
        while options and not options[-1]:
            options.pop()
        return {
            "stem": _tidy(data["stem"]),
            "options": options,
            "key": data["key"],
            "explanation": _tidy(data["explanation"]),
        }

    def clean(self) -> None:
        """Put what is wrong at the fields concerned."""
        if self.errors:
            return
        question = self.question
        for field, message in faults_in(question["stem"], question["options"], question["key"]):
            self.add_error("option_1" if field == "options" else field, message)


def _tidy(text: str) -> str:
    return "\n".join(filter(None, map(thai.tidy, text.splitlines())))


class TableForm(forms.Form):
    """A table of questions."""

    file = forms.FileField(
        label=_("File"), help_text=_("An Excel workbook (.xlsx) or CSV, up to 200 rows and 5 MB.")
    )
