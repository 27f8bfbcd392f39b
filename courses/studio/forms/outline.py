"""Forms of topics and of units, one for each kind of unit."""

import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.catalogue.contents import SurveyKind, TestRole
from courses.catalogue.models import SECURE_ADDRESS, CourseVersion, Unit, UnitKind
from courses.packages.package import Kind
from courses.studio.models import UploadCheck
from courses.studio.services.drawing import open_banks
from exams.bank.models import ItemBank, Topic
from learning.people.fields import ThaiTextField
from learning.portal.forms import Rows

MOST_MINUTES = 600
_SECONDS = 60
# Statements of a survey that is begun; the agency writes its own.
SURVEY_STARTS_WITH = (
    (SurveyKind.SCALE, _("The content matches the objective of the course.")),
    (SurveyKind.SCALE, _("The content is easy to understand.")),
    (SurveyKind.SCALE, _("The length is right for the content.")),
    (SurveyKind.SCALE, _("What I learnt is of use in my work.")),
    (SurveyKind.SCALE, _("Overall I am satisfied with this course.")),
    (SurveyKind.COMMENT, _("What should be improved?")),
)
SPARE_QUESTIONS = 3


def _narrow(width: int = 4) -> forms.TextInput:
    """Return a control for a number of so many digits."""
    return forms.TextInput({"inputmode": "numeric", "class": f"input-width-{width}"})


def _number(label: Any, least: int, most: int, *, width: int = 4, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most, widget=_narrow(width), **kwargs)


class TopicForm(forms.Form):
    """A topic: its name and its length."""

    name_th = ThaiTextField(label=_("Topic in Thai"), max_length=200)
    name_en = forms.CharField(label=_("Topic in English"), max_length=200, required=False)
    minutes = _number(_("Length in minutes"), 1, 9999)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    @property
    def values(self) -> dict[str, Any]:
        """The topic as it was typed."""
        return {name: self.cleaned_data[name] for name in ("name_th", "name_en", "minutes")}


class UnitForm(forms.Form):
    """What every unit has."""

    template = "studio/parts/unit_fields.html"

    title = ThaiTextField(label=_("Heading of the unit"), max_length=200)
    least_minutes = _number(
        _("Least learning time: minutes"),
        0,
        MOST_MINUTES,
        help_text=_(
            "Time with evidence (playback, reading, working) before the unit counts. 0 asks for none."
        ),
        initial=0,
    )
    least_seconds = _number(_("and seconds"), 0, _SECONDS - 1, initial=0)
    is_required = forms.BooleanField(label=_("Required for completion"), required=False, initial=True)
    opens_after: "forms.ModelChoiceField[Unit]" = forms.ModelChoiceField(
        None,
        label=_("Opens after"),
        help_text=_("Closed until that unit has been completed."),
        required=False,
        empty_label=_("Open from the beginning"),
    )
    # The unit as the author saw it.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        version: CourseVersion,
        openers: Sequence[Unit],
        unit: Unit | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.version, self.unit = version, unit
        field = self.fields["opens_after"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Unit.objects.filter(pk__in=[each.pk for each in openers]).order_by(
            "topic__order", "order"
        )

    @property
    def values(self) -> dict[str, Any]:
        """The unit as it was typed, as the services take it."""
        data = self.cleaned_data
        return {
            "title": data["title"],
            "min_seconds": data["least_minutes"] * _SECONDS + data["least_seconds"],
            "is_required": data["is_required"],
            "opens_after": data["opens_after"],
        } | self.held()

    def held(self) -> dict[str, Any]:
        """What only this kind of unit holds."""
        return {}

    @classmethod
    def initial_of(cls, unit: Unit) -> dict[str, Any]:
        """Return the initial values for a unit."""
        minutes, seconds = divmod(unit.min_seconds, _SECONDS)
        return {
            "title": unit.title,
            "least_minutes": minutes,
            "least_seconds": seconds,
            "is_required": unit.is_required,
            "opens_after": unit.opens_after_id,
            "body": unit.body,
        }


def _text(label: Any, help_text: Any, *, rows: int, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=200_000,
        required=required,
        strip=False,
        widget=forms.Textarea({"rows": rows, "data-markdown": ""}),
    )


class TextForm(UnitForm):
    """A text in Markdown."""

    body = _text(
        _("Text"),
        _("Markdown: “# ” begins a heading, “- ” a list, **bold**, [words](https://address)."),
        rows=18,
    )

    def held(self) -> dict[str, Any]:
        """Return the text, with the ends of lines that files have."""
        return {"body": self.cleaned_data["body"].replace("\r\n", "\n").strip() + "\n"}


class SlidesForm(TextForm):
    """Slides in Markdown."""

    body = _text(_("Slides"), _("Markdown. A line of three dashes (---) begins the next slide."), rows=18)


class LinkForm(UnitForm):
    """A link to a page elsewhere."""

    address = forms.CharField(
        label=_("Address"),
        help_text=_(
            "The whole address, beginning with https://. Learners are told that they leave this site."
        ),
        max_length=500,
        validators=[SECURE_ADDRESS],
    )
    body = _text(_("What is to be done there"), _("Markdown, shown above the link."), rows=4, required=False)

    def held(self) -> dict[str, Any]:
        """Return the address and what is said about it."""
        return {"address": self.cleaned_data["address"], "body": self.cleaned_data["body"].strip()}

    @classmethod
    def initial_of(cls, unit: Unit) -> dict[str, Any]:
        """Return the initial values for a link."""
        return super().initial_of(unit) | {"address": unit.address}


class _UploadChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.package.title} ({obj.file_name})"


class FileForm(UnitForm):
    """What was uploaded: a video, a document or a package."""

    kinds: tuple[Kind, ...] = ()
    upload = _UploadChoice(
        None,
        label=_("File"),
        help_text=_("Files that were uploaded for this course and found fit."),
        required=False,
        empty_label=_("Choose a file"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["upload"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = UploadCheck.objects.filter(
            course=self.version.course, package__kind__in=self.kinds
        ).select_related("package")
        if self.unit is not None and (self.unit.file or self.unit.package_id):
            field.empty_label = _("Keep the present file")
        else:
            field.required = True

    def held(self) -> dict[str, Any]:
        """Return what was uploaded, in the place of a film or document that came with the platform."""
        chosen: UploadCheck | None = self.cleaned_data["upload"]
        return {"package": chosen.package, "file": ""} if chosen is not None else {}


class PackageForm(FileForm):
    """A package: SCORM, cmi5, xAPI, H5P or pages."""

    kinds = tuple(kind for kind in Kind if kind not in {Kind.MP4, Kind.PDF})


class PdfForm(FileForm):
    """A document."""

    kinds = (Kind.PDF,)


class VideoForm(FileForm):
    """A video with its captions and what it shows and says."""

    kinds = (Kind.MP4,)
    captions = forms.CharField(
        label=_("Captions"),
        help_text=_(
            "WebVTT: the first line is WEBVTT. Captions are needed by who cannot hear or has no loudspeaker."
        ),
        max_length=500_000,
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
    )
    captions_file = forms.FileField(
        label=_("Captions as a file"),
        help_text=_("A .vtt file in UTF-8; it replaces the captions above."),
        required=False,
        widget=forms.FileInput({"accept": ".vtt,text/vtt"}),
    )
    body = _text(
        _("What the video shows and says"),
        _("Markdown. For those who read instead of watching."),
        rows=10,
        required=False,
    )

    def clean(self) -> None:
        """Take the captions out of the file, and refuse what are none."""
        data = self.cleaned_data
        captions, file = data.get("captions", ""), data.get("captions_file")
        if file is not None:
            try:
                captions = file.read(2_000_001).decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("captions_file", _("The file is not in UTF-8. Save it again as UTF-8."))
                return
        captions = captions.replace("\r\n", "\n").strip()
        if captions and (not captions.startswith("WEBVTT") or "-->" not in captions):
            field = "captions_file" if file is not None else "captions"
            self.add_error(
                field, _("These are no captions in WebVTT: the first line is WEBVTT, then come times.")
            )
        data["captions"] = captions

    def held(self) -> dict[str, Any]:
        """Return the video, its captions and its text."""
        captions = self.cleaned_data["captions"]
        return super().held() | {
            "body": self.cleaned_data["body"].strip(),
            "content": {"captions": f"{captions}\n"} if captions else {},
        }

    @classmethod
    def initial_of(cls, unit: Unit) -> dict[str, Any]:
        """Return the initial values for a video."""
        return super().initial_of(unit) | {"captions": unit.content.get("captions", "")}


OWN, _DRAWN = "own", "drawn"
_SOURCES = [
    (OWN, _("Questions of its own")),
    (_DRAWN, _("Drawn anew for every try from an item bank")),
]


class TestForm(UnitForm):
    """What a test is for, and where its questions come from."""

    # Not a test of this code.
    __test__ = False

    role = forms.ChoiceField(
        label=_("What the test is for"),
        choices=[
            (TestRole.PRE.value, _("Pre-test: shows what is known already, keeps nobody out")),
            (TestRole.CHECK.value, _("Check: practice between the lessons")),
            (TestRole.POST.value, _("Post-test: decides on completion")),
        ],
        widget=forms.RadioSelect,
        initial=TestRole.CHECK.value,
    )
    pass_percent = _number(
        _("Pass mark in percent"),
        0,
        100,
        help_text=_("Where the completion of the version asks for a mark in the post-test, that one counts."),
        initial=60,
    )
    tries = _number(_("Tries"), 0, 100, help_text=_("0: as many as one likes."), initial=0)
    minutes = _number(_("Minutes"), 0, MOST_MINUTES, help_text=_("0: no limit."), initial=0)
    source = forms.ChoiceField(
        label=_("Questions of the test"),
        choices=_SOURCES,
        widget=forms.RadioSelect,
        initial=OWN,
    )
    bank: "forms.ModelChoiceField[ItemBank]" = forms.ModelChoiceField(
        None,
        label=_("Item bank"),
        help_text=_("Banks that the examination office has opened to courses."),
        required=False,
        to_field_name="code",
        empty_label=_("Choose a bank"),
    )
    topics = forms.MultipleChoiceField(
        label=_("Topics of the bank"),
        help_text=_("None means all."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    count = _number(_("How many questions are drawn"), 1, 200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        banks = open_banks()
        bank, topics = self.fields["bank"], self.fields["topics"]
        assert isinstance(bank, forms.ModelChoiceField)
        assert isinstance(topics, forms.MultipleChoiceField)
        drawn = self.unit.content.get("draw") if self.unit else None
        # A bank that was closed since stays with the tests that draw from it.
        bank.queryset = banks | ItemBank.objects.filter(code=drawn["bank"]) if drawn else banks
        self.has_banks = bank.queryset.exists()
        if not self.has_banks:
            source = self.fields["source"]
            assert isinstance(source, forms.ChoiceField)
            source.choices = _SOURCES[:1]
        topics.choices = [
            (f"{topic.bank.code}:{topic.code}", f"{topic.bank.name} – {topic.name}")
            for topic in Topic.objects.filter(bank__in=bank.queryset.values("pk")).select_related("bank")
        ]

    def clean(self) -> None:
        """Say what is missing for drawing."""
        data = self.cleaned_data
        if data.get("source") != _DRAWN:
            return
        bank = data.get("bank")
        if bank is None and "bank" not in self.errors:
            self.add_error("bank", _("Choose the bank from which questions are drawn."))
        if data.get("count") is None and "count" not in self.errors:
            self.add_error("count", _("Write how many questions are drawn."))
        chosen = [value.partition(":")[::2] for value in data.get("topics", [])]
        if bank is not None and any(code != bank.code for code, _topic in chosen):
            self.add_error("topics", _("Choose topics of the chosen bank only."))
        data["topic_codes"] = [topic for _code, topic in chosen]

    @property
    def own_questions(self) -> list[dict[str, Any]]:
        """The questions that the test has of its own."""
        return list((self.unit.content.get("items") if self.unit else None) or [])

    def held(self) -> dict[str, Any]:
        """Return the settings; questions of its own stay until the test draws."""
        data = self.cleaned_data
        content: dict[str, Any] = {name: data[name] for name in ("role", "pass_percent", "tries", "minutes")}
        if data["source"] == _DRAWN:
            draw = {"bank": data["bank"].code, "count": data["count"], "topics": data["topic_codes"]}
            content["draw"] = draw
        else:
            content["items"] = self.own_questions
        return {"content": content}

    @classmethod
    def initial_of(cls, unit: Unit) -> dict[str, Any]:
        """Return the initial values for a test."""
        content = unit.content
        initial = super().initial_of(unit) | {
            name: content[name] for name in ("role", "pass_percent", "tries", "minutes") if name in content
        }
        if draw := content.get("draw"):
            topics = [f"{draw['bank']}:{code}" for code in draw.get("topics", [])]
            initial |= {"source": _DRAWN, "bank": draw["bank"], "count": draw["count"], "topics": topics}
        return initial


class SurveyForm(UnitForm):
    """A survey; its questions are rows beside it."""


class SurveyRow(forms.Form):
    """A question of a survey. A row without text does not count."""

    text = ThaiTextField(label=_("Statement or question"), max_length=2000, required=False)
    kind = forms.ChoiceField(
        label=_("How it is answered"),
        choices=[
            (SurveyKind.SCALE.value, _("On the scale of five")),
            (SurveyKind.COMMENT.value, _("In their own words")),
        ],
    )
    is_required = forms.BooleanField(label=_("An answer is needed"), required=False)
    # Stays when the words are corrected, so that answers before and after belong together.
    key = forms.CharField(widget=forms.HiddenInput, max_length=20, required=False)


class SurveyRows(Rows):
    """The questions of a survey."""

    row_heading = _("Survey question %(number)s")


_SurveyRows = forms.formset_factory(
    SurveyRow, SurveyRows, extra=SPARE_QUESTIONS, can_order=True, max_num=50, validate_max=True
)


def survey_rows(data: Any, unit: Unit | None) -> Any:
    """Return a row for each question and some spare ones; a new survey begins with the usual ones."""
    if unit is None:
        initial = [
            {"text": str(text), "kind": kind.value, "is_required": kind is SurveyKind.SCALE}
            for kind, text in SURVEY_STARTS_WITH
        ]
    else:
        initial = [
            {
                "text": each["text"],
                "kind": each.get("kind", "scale"),
                "is_required": each.get("is_required", True),
                "key": each["id"],
            }
            for each in unit.content.get("questions", [])
        ]
    rows = _SurveyRows(data, initial=initial, prefix="questions")
    for row in rows:
        row.fields["ORDER"].label = _("Place in the order")
        row.fields["ORDER"].widget = _narrow()
    return rows


def survey_content(rows: Any) -> dict[str, Any]:
    """Return what a survey unit holds, in the order that was typed."""
    typed = [row.cleaned_data for row in rows if row.cleaned_data.get("text")]
    typed.sort(key=lambda each: each["ORDER"] if each.get("ORDER") is not None else len(typed) + 1)
    questions = []
    taken: set[str] = set()
    for each in typed:
        key = each["key"] if each["key"] and each["key"] not in taken else f"q-{secrets.token_hex(4)}"
        taken.add(key)
        questions.append(
            {"id": key, "text": each["text"], "kind": each["kind"], "is_required": each["is_required"]}
        )
    return {"questions": questions}


UNIT_FORMS: dict[str, type[UnitForm]] = {
    UnitKind.TEXT: TextForm,
    UnitKind.SLIDES: SlidesForm,
    UnitKind.VIDEO: VideoForm,
    UnitKind.PDF: PdfForm,
    UnitKind.PACKAGE: PackageForm,
    UnitKind.TEST: TestForm,
    UnitKind.SURVEY: SurveyForm,
    UnitKind.LINK: LinkForm,
}


class RuleForm(forms.Form):
    """In which order a version is learnt, and what completes it."""

    is_sequential = forms.BooleanField(
        label=_("In order: each unit opens when the one before it is completed"), required=False
    )
    units_needed = _number(
        _("How many of the required units"),
        0,
        1000,
        help_text=_("Leave empty for all of them."),
        required=False,
    )
    min_minutes = _number(
        _("Least learning time in minutes"),
        0,
        100_000,
        width=10,
        help_text=_("Time with evidence, all units together. 0 asks for none."),
        initial=0,
    )
    test_mark = _number(
        _("Mark in the post-test in percent"),
        0,
        100,
        help_text=_("0 leaves it to the pass mark of the test."),
        initial=0,
    )
    needs_survey = forms.BooleanField(label=_("The survey must be answered"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
