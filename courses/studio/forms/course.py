"""The form of a course: what describes it, who teaches it, its cover."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from courses.catalogue.models import CODE, Category, Course, Launch, TeachingLanguage
from courses.catalogue.services.courses import DESCRIPTION, instructors_of
from exams.registration import pictures
from learning import thai
from learning.people.access import is_administrator, officer_agencies
from learning.people.fields import ThaiTextField
from learning.people.models import Agency, Person
from learning.portal.forms import Rows

SPARE_INSTRUCTORS = 2


def agencies_for(person: Person) -> QuerySet[Agency]:
    """Return the agencies for which the person makes courses."""
    return Agency.objects.all() if is_administrator(person) else officer_agencies(person)


class LongTextField(forms.CharField):
    """Several lines of Thai, each in the standard spelling."""

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea({"rows": rows}), **kwargs)

    def to_python(self, value: Any) -> str:
        """Return the tidied lines; empty ones keep paragraphs apart."""
        return "\n".join(map(thai.tidy, (super().to_python(value) or "").splitlines())).strip()


class CourseForm(forms.Form):
    """What describes a course. Its code is given once."""

    code = forms.CharField(
        label=_("Course code"),
        help_text=_("Capital letters and digits, for example KD10. It cannot be changed later."),
        max_length=20,
        validators=[CODE],
    )
    name_th = ThaiTextField(label=_("Name in Thai"), max_length=200)
    name_en = forms.CharField(label=_("Name in English"), max_length=200, required=False)
    owner: "forms.ModelChoiceField[Agency]" = forms.ModelChoiceField(
        None, label=_("Agency that owns the course"), empty_label=_("Choose an agency")
    )
    category = forms.ChoiceField(
        label=_("Category"), choices=[("", _("Choose a category")), *Category.choices]
    )
    language = forms.ChoiceField(label=_("Taught in"), choices=TeachingLanguage.choices)
    hours = forms.DecimalField(
        label=_("Length in hours"),
        help_text=_("As it stands on the certificate, for example 1.5."),
        min_value=Decimal("0.1"),
        max_value=Decimal("9999.9"),
        decimal_places=1,
        widget=forms.TextInput({"inputmode": "decimal", "class": "input-width-10"}),
    )
    objective_th = LongTextField(
        label=_("Objective in Thai"),
        help_text=_("What learners can do afterwards. It is shown in the catalogue."),
        max_length=5000,
    )
    objective_en = LongTextField(label=_("Objective in English"), max_length=5000, required=False, rows=3)
    target_group = LongTextField(label=_("For whom"), max_length=2000, required=False, rows=3)
    assessment = LongTextField(label=_("How it is assessed"), max_length=5000, required=False, rows=3)
    keywords = ThaiTextField(
        label=_("Words to be found by"),
        help_text=_("Words that are not in the texts, separated by commas."),
        max_length=500,
        required=False,
    )
    cover = forms.FileField(
        label=_("Cover"),
        help_text=_("A JPEG or PNG picture, 16:9 if possible, up to 3 MB."),
        widget=forms.FileInput({"accept": ".jpg,.jpeg,.png,image/jpeg,image/png"}),
        required=False,
        allow_empty_file=True,
    )
    provider = ThaiTextField(
        label=_("Provider"),
        help_text=_("Only for a course on a partner's platform: who offers it there."),
        max_length=200,
        required=False,
    )
    external_url = forms.CharField(
        label=_("Address at the provider"),
        help_text=_("The whole address, beginning with https://."),
        max_length=500,
        required=False,
    )
    launch = forms.ChoiceField(
        label=_("How it is opened"), choices=[("", _("Taught here")), *Launch.choices], required=False
    )
    # The course as the author saw it.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, person: Person, course: Course | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = agencies_for(person)
        if course is not None:
            del self.fields["code"]

    def clean_cover(self) -> bytes | None:
        """Return the picture, checked before anything is written. Raises ValidationError."""
        file: UploadedFile | None = self.cleaned_data["cover"]
        if file is None:
            return None
        if (file.size or 0) > pictures.MAX_BYTES:
            raise forms.ValidationError(_("The picture is larger than 3 MB. Save it smaller."))
        data = file.read()
        try:
            pictures.clean(data)
        except pictures.NotAPhotograph as error:
            raise forms.ValidationError(str(error)) from error
        return bytes(data)

    @property
    def description(self) -> dict[str, Any]:
        """What describes the course, as the catalogue's services take it."""
        return {name: self.cleaned_data[name] for name in DESCRIPTION}


def initial_of(course: Course) -> dict[str, Any]:
    """Return the form's initial values for a course."""
    return {name: getattr(course, name) for name in DESCRIPTION} | {"seen": str(course.fingerprint)}


class InstructorForm(forms.Form):
    """Who teaches: a person or an office."""

    name = ThaiTextField(label=_("Name"), max_length=200, required=False)
    position = ThaiTextField(label=_("Position"), max_length=200, required=False)

    def clean(self) -> None:
        """Refuse a position of nobody."""
        if self.cleaned_data.get("position") and not self.cleaned_data.get("name"):
            self.add_error("name", _("Write the name that this position belongs to."))


class InstructorRows(Rows):
    """Who teaches, one after the other."""

    row_heading = _("Instructor %(number)s")


_Instructors = forms.formset_factory(
    InstructorForm, InstructorRows, extra=SPARE_INSTRUCTORS, max_num=30, validate_max=True
)


def instructor_forms(data: Any, course: Course | None) -> Any:
    """Return a row for each instructor and some spare ones."""
    named = instructors_of(course) if course else []
    return _Instructors(
        data,
        initial=[{"name": name, "position": position} for name, position in named],
        prefix="instructors",
    )


def named_in(rows: Any) -> list[tuple[str, str]]:
    """Return the instructors that were typed."""
    return [
        (row.cleaned_data["name"], row.cleaned_data["position"])
        for row in rows
        if row.cleaned_data.get("name")
    ]


class CopyForm(forms.Form):
    """What the copy of a course is called."""

    code = CourseForm.declared_fields["code"]
    name_th = ThaiTextField(label=_("Name in Thai"), max_length=200)
    owner: "forms.ModelChoiceField[Agency]" = forms.ModelChoiceField(
        None, label=_("Agency that owns the copy"), empty_label=_("Choose an agency")
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = agencies_for(person)


class ListForm(forms.Form):
    """Which courses to list."""

    q = forms.CharField(label=_("Search by code or name"), required=False, max_length=100)

    def clean_q(self) -> str:
        """Normalise typed Thai."""
        return thai.tidy(self.cleaned_data["q"])
