"""Forms of review: notes, verdicts, comments, dates, and who reviews."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from courses.catalogue.models import CourseVersion, Unit
from courses.studio.services.stages import MOST_STAGES, StagePlan, own_stages
from courses.studio.workflow import Quorum, Verdict
from exams.bank.models import ItemBank
from learning.people.fields import ClockField, ThaiTextField, TypedDateField, in_bangkok
from learning.people.models import Agency, Person, Role, RoleGrant
from learning.portal.forms import Rows


def possible_reviewers(agency: Agency) -> QuerySet[Person]:
    """Return who may be named: reviewers of the platform, and people of the agency or of those above it."""
    granted = RoleGrant.objects.filter(
        Q(role=Role.REVIEWER) | Q(role=Role.AGENCY_OFFICER, agency__in=agency.ancestry)
    )
    near = Q(agency__in=agency.ancestry) | Q(agency__in=Agency.objects.within(agency))
    return Person.objects.filter(near | Q(pk__in=granted.values("person")), is_active=True)


SPARE_STAGES = 2


class ReviewersField(forms.CharField):
    """E-mail addresses of reviewers, one a line."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea({"rows": rows, "spellcheck": "false"}), **kwargs)
        self.among: QuerySet[Person] = Person.objects.none()

    def clean(self, value: Any) -> tuple[Person, ...]:
        """Return the persons. Raises ValidationError that names every address of nobody."""
        text = super().clean(value)
        wanted = list(dict.fromkeys(address.strip().lower() for address in text.replace(",", "\n").split()))
        found = self.among.annotate(folded=Lower("email")).filter(folded__in=wanted)
        people = {person.email.lower(): person for person in found}
        unknown = [address for address in wanted if address not in people]
        if unknown:
            raise forms.ValidationError(
                _("Nobody who can review here has this e-mail: %(addresses)s."),
                params={"addresses": ", ".join(unknown)},
            )
        return tuple(people[address] for address in wanted)


class StageForm(forms.Form):
    """A stage of an agency's reviews. One without a name does not count."""

    name = ThaiTextField(label=_("Name of the stage"), max_length=100, required=False)
    quorum = forms.ChoiceField(
        label=_("Whose approval is needed"),
        choices=Quorum.choices,
        widget=forms.RadioSelect,
        initial=Quorum.ALL,
        required=False,
    )
    reviewers = ReviewersField(
        label=_("Reviewers"), help_text=_("Their e-mail addresses, one a line."), required=False
    )

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reviewers"]
        assert isinstance(field, ReviewersField)
        field.among = possible_reviewers(agency)

    def clean(self) -> None:
        """Say what is missing in a stage that was begun."""
        data = self.cleaned_data
        if data.get("reviewers") and not data.get("name"):
            self.add_error("name", _("Give the stage a name."))
        if data.get("name") and not data.get("reviewers") and "reviewers" not in self.errors:
            self.add_error("reviewers", _("Name at least one reviewer."))


class StageRows(Rows):
    """The stages of an agency's reviews, the first one first."""

    row_heading = _("Stage %(number)s")


_Stages = forms.formset_factory(StageForm, StageRows, extra=0, max_num=MOST_STAGES, validate_max=True)


def stage_forms(data: Any, agency: Agency) -> Any:
    """Return a row for every stage that there may be, those that are there filled in."""
    initial = [
        {
            "name": stage.name,
            "quorum": stage.quorum,
            "reviewers": "\n".join(person.email for person in stage.reviewers.all()),
        }
        for stage in own_stages(agency)
    ]
    spare = min(MOST_STAGES, len(initial) + SPARE_STAGES) - len(initial)
    return _Stages(
        data,
        initial=initial + [{"quorum": Quorum.ALL.value}] * spare,
        prefix="stages",
        form_kwargs={"agency": agency},
    )


def stages_in(rows: Any) -> list[StagePlan]:
    """Return the stages that were typed."""
    return [
        StagePlan(
            row.cleaned_data["name"], row.cleaned_data["quorum"] or Quorum.ALL, row.cleaned_data["reviewers"]
        )
        for row in rows
        if row.cleaned_data.get("name")
    ]


class ReviewerForm(forms.Form):
    """Who reviews in the place of another."""

    reviewers = ReviewersField(label=_("E-mail of the new reviewer"), rows=1)

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reviewers"]
        assert isinstance(field, ReviewersField)
        field.among = possible_reviewers(agency)

    def clean_reviewers(self) -> Person:
        """Return the one person."""
        persons: tuple[Person, ...] = self.cleaned_data["reviewers"]
        if len(persons) != 1:
            raise forms.ValidationError(_now("Name one person."))
        return persons[0]


class NoteForm(forms.Form):
    """A note to those whom a step concerns."""

    note = forms.CharField(
        label=_("Note to the reviewers"),
        help_text=_("What is new, and what they should look at."),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )


class VerdictForm(forms.Form):
    """A reviewer's verdict."""

    verdict = forms.ChoiceField(
        label=_("Your verdict"),
        choices=[(Verdict.APPROVE.value, _("I approve")), (Verdict.CHANGES.value, _("I ask for changes"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether you approve or ask for changes.")},
    )
    note = forms.CharField(
        label=_("Note"),
        help_text=_("The authors read it. Needed when you ask for changes and have written no comment."),
        max_length=5000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )


class CommentForm(forms.Form):
    """A comment, pinned to a unit or on the whole."""

    unit: "forms.ModelChoiceField[Unit]" = forms.ModelChoiceField(
        None, label=_("About"), required=False, empty_label=_("The version as a whole")
    )
    text = forms.CharField(label=_("Comment"), max_length=5000, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, version: CourseVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Unit.objects.filter(topic__version=version).order_by("topic__order", "order")


class AnswerForm(forms.Form):
    """An answer to a comment."""

    text = forms.CharField(label=_("Answer"), max_length=5000, widget=forms.Textarea({"rows": 2}))


class ScheduleForm(forms.Form):
    """When a version is to be published."""

    day = TypedDateField(label=_("Day"))
    clock = ClockField(label=_("Time of day"))

    @property
    def at(self) -> datetime:
        """The moment that was typed."""
        return in_bangkok(self.cleaned_data["day"], self.cleaned_data["clock"])


class BanksForm(forms.Form):
    """From which item banks courses may draw."""

    banks: "forms.ModelMultipleChoiceField[ItemBank]" = forms.ModelMultipleChoiceField(
        ItemBank.objects.all(),
        label=_("Item banks"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
