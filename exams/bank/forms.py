"""Forms of the item bank. They only read what was typed; what an item must be is `content`'s matter."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from exams.bank import figures
from exams.bank.content import MAX_OPTIONS, Content, Problem
from exams.bank.models import Difficulty, ItemBank, ItemStatus, ItemVersion, ItemVersionQuerySet, Topic

OPTION_NAMES = [f"option_{number}" for number in range(1, MAX_OPTIONS + 1)]


class ItemForm(forms.Form):
    """One item with five rows for options; those left empty at the end do not count."""

    topic: "forms.ModelChoiceField[Topic]" = forms.ModelChoiceField(
        None, label=_("Topic"), required=False, empty_label=_("Choose a topic")
    )
    section = forms.IntegerField(
        label=_("Section"), help_text=_("The section of the law that the key rests on."), required=False
    )
    paragraph = forms.CharField(
        label=_("Paragraph"),
        help_text=_("As the law counts them, for example “paragraph two (3)”."),
        required=False,
    )
    difficulty = forms.ChoiceField(
        label=_("Difficulty"), choices=Difficulty.choices, widget=forms.RadioSelect, required=False
    )
    stem = forms.CharField(label=_("Question"), widget=forms.Textarea({"rows": 4}), required=False)
    figure = forms.FileField(
        label=_("Figure"),
        help_text=_("Only where the question needs one. PNG, WebP or SVG, up to 300 kB."),
        widget=forms.FileInput({"accept": ".png,.webp,.svg,image/png,image/webp,image/svg+xml"}),
        required=False,
        allow_empty_file=True,
    )
    figure_alt = forms.CharField(
        label=_("The figure in words"),
        help_text=_(
            "What a candidate who cannot see it needs to answer, in Thai. Do not give the answer away."
        ),
        widget=forms.Textarea({"rows": 2}),
        required=False,
    )
    figure_remove = forms.BooleanField(label=_("Remove the figure"), required=False)
    # The figure that the version has, or that was uploaded before something else had to be corrected.
    figure_kept = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    key = forms.TypedChoiceField(
        label=_("Right option"),
        choices=[(index, str(index + 1)) for index in range(MAX_OPTIONS)],
        coerce=int,
        empty_value=None,
        widget=forms.RadioSelect,
        required=False,
    )
    explanation = forms.CharField(
        label=_("Explanation"),
        help_text=_("Shown to candidates afterwards. Cite the section. Needed before approval."),
        widget=forms.Textarea({"rows": 4}),
        required=False,
    )
    # Which version and revision the author saw.
    number = forms.IntegerField(widget=forms.HiddenInput, required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, bank: ItemBank, has_code: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        topic = self.fields["topic"]
        assert isinstance(topic, forms.ModelChoiceField)
        topic.queryset = bank.topics.all()
        for number, name in enumerate(OPTION_NAMES, start=1):
            self.fields[name] = forms.CharField(
                label=_("Option %(number)d") % {"number": number},
                widget=forms.Textarea({"rows": 2}),
                required=False,
            )
        if bank.max_section is None:
            del self.fields["section"], self.fields["paragraph"]
        if has_code:
            self.fields["code"] = forms.CharField(
                label=_("Item code"),
                help_text=_("Leave empty to get the next number."),
                max_length=40,
                required=False,
            )

    def clean_figure(self) -> UploadedFile | None:
        """Refuse a file of a size that nobody wants to read."""
        file: UploadedFile | None = self.cleaned_data["figure"]
        try:
            figures.check_size((file and file.size) or 0)
        except figures.UnfitFigure as error:
            raise forms.ValidationError(str(error)) from error
        return file

    def keep_figure(self, sha256: str) -> None:
        """Take an uploaded figure over, so that it need not be chosen again if the form comes back."""
        self.cleaned_data |= {"figure_kept": sha256, "figure_remove": False}
        self.data = dict(self.data.items()) | {"figure_kept": sha256}

    @property
    def option_rows(self) -> list[tuple[forms.BoundField, Any]]:
        """The five options, each with the radio button that marks it as right."""
        buttons = list(self["key"].subwidgets)
        return list(zip((self[name] for name in OPTION_NAMES), buttons, strict=True))

    @property
    def content(self) -> Content:
        """What was typed."""
        data = self.cleaned_data
        options = [data[name] for name in OPTION_NAMES]
        while options and not options[-1].strip():
            options.pop()
        return Content(
            topic=data["topic"].pk if data["topic"] else None,
            difficulty=data["difficulty"],
            stem=data["stem"],
            options=tuple(options),
            key=data["key"],
            explanation=data["explanation"],
            section=data.get("section"),
            paragraph=data.get("paragraph", ""),
            figure="" if data["figure_remove"] else data["figure_kept"],
            figure_alt="" if data["figure_remove"] else data["figure_alt"],
        )

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Put what a service found wrong at the fields concerned."""
        # The first empty row is where the next option belongs. Read before errors empty the cleaned data.
        next_row = min(len(self.content.options), MAX_OPTIONS - 1)
        for problem in problems:
            name = problem.field
            if name == "options":
                name = OPTION_NAMES[next_row]
            elif name.startswith("options."):
                name = OPTION_NAMES[min(int(name.removeprefix("options.")), MAX_OPTIONS - 1)]
            self.add_error(name if name in self.fields else None, problem.message)


def initial_of(version: ItemVersion) -> dict[str, Any]:
    """Return the form's initial values for a version."""
    options = dict(zip(OPTION_NAMES, version.options, strict=False))
    return options | {
        "topic": version.topic_id,
        "section": version.section,
        "paragraph": version.paragraph,
        "difficulty": version.difficulty,
        "stem": version.stem,
        "key": version.key,
        "explanation": version.explanation,
        "figure_kept": version.figure_id,
        "figure_alt": version.figure_alt,
        "number": version.number,
        "revision": version.revision,
    }


class StepForm(forms.Form):
    """A step in an item's life, with the revision that the person looked at."""

    note = forms.CharField(label=_("Note"), widget=forms.Textarea({"rows": 3}), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, note_label: Any, note_needed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].label = note_label
        self.fields["note"].required = note_needed


class FilterForm(forms.Form):
    """Which versions to list; whatever cannot be read is ignored, a list is never refused."""

    q = forms.CharField(label=_("Search"), required=False)
    topic: "forms.ModelChoiceField[Topic]" = forms.ModelChoiceField(
        None, label=_("Topic"), required=False, empty_label=_("All topics")
    )
    difficulty = forms.ChoiceField(
        label=_("Difficulty"), choices=[("", _("Any difficulty")), *Difficulty.choices], required=False
    )
    status = forms.ChoiceField(
        label=_("Status"), choices=[("", _("All but retired")), *ItemStatus.choices], required=False
    )
    section = forms.IntegerField(label=_("Section"), required=False)

    def __init__(self, *args: Any, bank: ItemBank, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        topic = self.fields["topic"]
        assert isinstance(topic, forms.ModelChoiceField)
        topic.queryset = bank.topics.all()
        if bank.max_section is None:
            del self.fields["section"]

    def apply(self, versions: ItemVersionQuerySet) -> ItemVersionQuerySet:
        """Keep the versions asked for."""
        self.full_clean()
        asked = getattr(self, "cleaned_data", {})
        for name in ("topic", "difficulty", "status", "section"):
            if asked.get(name):
                versions = versions.filter(**{name: asked[name]})
        if not asked.get("status"):
            versions = versions.exclude(status=ItemStatus.RETIRED)
        return versions.matching(asked.get("q", ""))

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was asked for."""
        return any(self.data.get(name) for name in self.fields)


class UploadForm(forms.Form):
    """A list of items to import."""

    file = forms.FileField(
        label=_("File"), help_text=_("An Excel workbook (.xlsx) or CSV, up to 1,000 rows and 5 MB.")
    )
