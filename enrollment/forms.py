"""Forms of enrolment."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.catalogue.models import Course
from courses.player.models import WaiverReason
from courses.player.services.waivers import Waivable
from enrollment.completion import Missing
from enrollment.eligibility import level_name
from enrollment.errors import SupervisorMissing
from enrollment.models import CourseRound, EnrolmentState
from enrollment.services.enrolments import may_approve
from learning.people.fields import ClockField, ThaiTextField, TypedDateField, in_bangkok
from learning.people.models import Agency, Person, PersonnelGroup, PositionLevel
from learning.portal.search import SearchForm

_START, _END = time(0, 0), time(23, 59)
# Fields of a moment: the day's, the clock's, the field of the round, and the clock where none was typed.
_MOMENTS = (
    ("opens_on", "opens_at", "registration_opens_at", _START),
    ("closes_on", "closes_at", "registration_closes_at", _END),
    ("access_on", "access_at", "access_opens_at", _START),
    ("ends_on", "ends_at", "access_closes_at", _END),
)


class CodesField(forms.CharField):
    """Codes separated by commas or blanks, each of which must exist; gives the rows."""

    def __init__(self, rows: QuerySet[Any], **kwargs: Any) -> None:
        self.rows = rows
        super().__init__(required=False, max_length=1000, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show rows by their codes."""
        return value if isinstance(value, str) or value is None else ", ".join(row.code for row in value)

    def clean(self, value: Any) -> Any:
        """Return the rows. Raises ValidationError naming the codes that nothing has."""
        codes = [code.upper() for code in super().clean(value).replace(",", " ").split()]
        rows = list(self.rows.filter(code__in=codes))
        if unknown := sorted(set(codes) - {row.code for row in rows}):
            raise forms.ValidationError(
                _("Nothing has this code: %(codes)s.") % {"codes": ", ".join(unknown)}, code="unknown"
            )
        return rows


class LevelsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # no generic at run time
    """Position levels, each with its type."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the level with its type."""
        return level_name(obj)


class RoundForm(forms.Form):
    """A round: its dates, its seats, and whom it is for."""

    name = ThaiTextField(label=_("Name of the course round"), max_length=60)
    opens_on = TypedDateField(label=_("Enrolment opens on"))
    opens_at = ClockField(
        label=_("Time at which enrolment opens"), required=False, help_text=_("Empty: at 00:00")
    )
    closes_on = TypedDateField(
        label=_("Enrolment closes on"), required=False, help_text=_("Empty: it stays open")
    )
    closes_at = ClockField(
        label=_("Time at which enrolment closes"), required=False, help_text=_("Empty: at 23:59")
    )
    access_on = TypedDateField(label=_("Learning opens on"), required=False, help_text=_("Empty: at once"))
    access_at = ClockField(
        label=_("Time at which learning opens"), required=False, help_text=_("Empty: at 00:00")
    )
    ends_on = TypedDateField(
        label=_("Learning closes on"), required=False, help_text=_("Empty: without an end")
    )
    ends_at = ClockField(
        label=_("Time at which learning closes"), required=False, help_text=_("Empty: at 23:59")
    )
    capacity = forms.IntegerField(
        label=_("Seats"), required=False, min_value=1, max_value=1_000_000, help_text=_("Empty: no limit")
    )
    has_waiting_list = forms.BooleanField(
        label=_("Keep a waiting list when all seats are taken"), required=False
    )
    needs_approval = forms.BooleanField(label=_("The learner's supervisor must approve"), required=False)
    groups = forms.MultipleChoiceField(
        label=_("Only these personnel groups"),
        choices=PersonnelGroup.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None chosen: everybody"),
    )
    agencies = CodesField(
        Agency.objects.all(),
        label=_("Only staff of these agencies"),
        help_text=_("Codes of agencies, separated by commas; those below them are included."),
    )
    levels = LevelsField(
        label=_("Only these position levels"),
        queryset=PositionLevel.objects.select_related("position_type").order_by(
            "position_type__order", "order"
        ),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None chosen: everybody"),
    )
    prerequisites = CodesField(
        Course.objects.all(),
        label=_("Courses to complete first"),
        help_text=_("Codes of courses, separated by commas."),
    )

    @staticmethod
    def initial_from(round_: CourseRound) -> dict[str, Any]:
        """Return the starting values for a round that is there."""
        values: dict[str, Any] = {
            name: getattr(round_, name)
            for name in ("name", "capacity", "has_waiting_list", "needs_approval", "groups")
        }
        values |= {
            name: list(getattr(round_, name).all()) for name in ("agencies", "prerequisites", "levels")
        }
        for day, clock, name, _default in _MOMENTS:
            if (moment := getattr(round_, name)) is not None:
                local = timezone.localtime(moment)
                values |= {day: local.date(), clock: local.time()}
        return values

    @staticmethod
    def initial_new(name: str, now: datetime) -> dict[str, Any]:
        """Return the starting values for a new round: open from today, without an end."""
        return {
            "name": name,
            "opens_on": timezone.localdate(now),
            "opens_at": _START,
            "has_waiting_list": True,
        }

    def clean(self) -> dict[str, Any]:
        """Refuse windows that end before they begin, and a time without its day."""
        cleaned = super().clean() or self.cleaned_data
        for day, clock, name, default in _MOMENTS:
            if day not in cleaned or clock not in cleaned:
                continue
            if cleaned[clock] is not None and cleaned[day] is None:
                self.add_error(day, _("A time needs its day."))
                continue
            cleaned[name] = cleaned[day] and in_bangkok(cleaned[day], cleaned[clock] or default)
        self._check_order("registration_opens_at", "registration_closes_at", "closes_on")
        self._check_order("access_opens_at", "access_closes_at", "ends_on")
        return cleaned

    def _check_order(self, first: str, second: str, field: str) -> None:
        opens, closes = self.cleaned_data.get(first), self.cleaned_data.get(second)
        if opens and closes and closes <= opens:
            self.add_error(field, _("The close must come after the opening."))

    def values(self) -> dict[str, Any]:
        """Return the cleaned form as the service takes it."""
        typed = {name for moment in _MOMENTS for name in moment[:2]}
        return {name: value for name, value in self.cleaned_data.items() if name not in typed}


class SupervisorForm(forms.Form):
    """Who is asked to approve."""

    supervisor = forms.EmailField(
        label=_("E-mail of your supervisor"),
        help_text=_("The address with which your supervisor is registered here."),
    )

    def __init__(self, *args: Any, learner: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.learner = learner

    def clean_supervisor(self) -> Person:
        """Return the person. One sentence for unknown and unfit: the field is no way to look people up."""
        found = (
            Person.objects.filter(email__iexact=self.cleaned_data["supervisor"])
            .select_related("agency__parent__parent")
            .first()
        )
        if found is None or not may_approve(found, self.learner):
            raise forms.ValidationError(str(SupervisorMissing.message), code="supervisor")
        return found


class ReasonForm(forms.Form):
    """A decision that needs its reason."""

    reason = ThaiTextField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class WaiverForm(forms.Form):
    """From which lesson a learner is excused, and why."""

    lesson = forms.ChoiceField(
        label=_("Lesson"), widget=forms.RadioSelect, error_messages={"required": _("Choose the lesson.")}
    )
    kind = forms.ChoiceField(
        label=_("Ground"),
        choices=WaiverReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the ground.")},
    )
    reason = ThaiTextField(
        label=_("Reason"),
        help_text=_("What the decision rests on, for example the number of a letter."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write the reason.")},
    )

    def __init__(self, *args: Any, left: Sequence[Waivable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._left = {each.key: each for each in left}
        lesson = self.fields["lesson"]
        assert isinstance(lesson, forms.ChoiceField)
        lesson.choices = [(key, each.title) for key, each in self._left.items()]

    def wanted(self) -> Waivable:
        """Return the lesson that was chosen."""
        return self._left[self.cleaned_data["lesson"]]


class DecisionForm(ReasonForm):
    """What of the missing things a learner need not do: one of them, or all."""

    ALL = "all"
    _TIME = "time"

    what = forms.ChoiceField(label=_("What is not asked of this learner"), widget=forms.RadioSelect)
    field_order = ("what", "reason")

    def __init__(self, *args: Any, missing: Iterable[Missing], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parts = {part and part.pk: part for each in missing for part in each.waivable}
        everything = _("The whole course: it counts as completed, and a certificate is issued")
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            *(
                (str(pk), part.title) if part else (self._TIME, _("Learning time"))
                for pk, part in parts.items()
            ),
            (self.ALL, everything),
        ]

    @property
    def unit(self) -> int | None:
        """The unit that was chosen; None for the learning time."""
        what = self.cleaned_data["what"]
        return None if what == self._TIME else int(what)


class PeopleFilterForm(SearchForm):
    """Whom a list of learners shows."""

    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *EnrolmentState.choices]
    )


class UploadForm(forms.Form):
    """A list as a file."""

    file = forms.FileField(label=_("File"), help_text=_("XLSX or CSV"))
