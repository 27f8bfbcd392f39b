"""Forms of the exam office: rounds, rooms, papers, candidates, photographs."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exams.papers.models import MAX_FORMS
from exams.registration.models import Candidate, Centre, Examination, Level, Room, Round, RoundStatus, Seat
from exams.registration.services.rounds import Plan
from exams.registration.services.venues import MAX_SIDE
from learning.people.fields import ClockField, ThaiTextField, TypedDateField, in_bangkok
from learning.people.models import Person, Province, Role

MAX_ROOMS_AT_ONCE = 100
MAX_MOVE_MINUTES = 12 * 60


class RoundFilterForm(forms.Form):
    """Search and filter of rounds."""

    q = forms.CharField(label=_("Search by name"), required=False)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("All")), *RoundStatus.choices]
    )


class RoundForm(forms.Form):
    """A round's name, day and times in Bangkok; without minutes it has those of the examination."""

    code = forms.ChoiceField(label=_("Examination"))
    title = ThaiTextField(label=_("Name of the round"), max_length=200)
    day = TypedDateField(label=_("Day of the examination"))
    doors = ClockField(label=_("Doors open at"))
    start = ClockField(label=_("Starts at"))
    minutes = forms.IntegerField(
        label=_("Minutes"),
        help_text=_("Leave empty for the minutes that the rules of the examination give."),
        required=False,
        min_value=1,
        max_value=600,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {row.code: row.name for row in Examination.objects.order_by("code", "effective_from")}
        self.fields["code"].choices = list(names.items())  # type: ignore[attr-defined]

    @staticmethod
    def initial_from(round_: Round) -> dict[str, Any]:
        """Return the starting values: those of a round."""
        doors, start = timezone.localtime(round_.doors_open_at), timezone.localtime(round_.starts_at)
        return {
            "code": round_.examination.code,
            "title": round_.title,
            "day": start.date(),
            "doors": doors.time(),
            "start": start.time(),
            "minutes": round_.minutes,
        }

    @staticmethod
    def initial_new(now: datetime) -> dict[str, Any]:
        """Return the starting values of a new round: nine o'clock in a month."""
        day = timezone.localdate(now) + timedelta(days=30)
        return {"day": day, "doors": "08:00", "start": "09:00"}

    def plan(self) -> Plan:
        """Return the cleaned form as the service takes it."""
        data = self.cleaned_data
        return Plan(
            title=data["title"],
            doors_open_at=in_bangkok(data["day"], data["doors"]),
            starts_at=in_bangkok(data["day"], data["start"]),
            minutes=data["minutes"],
        )

    def clean(self) -> dict[str, Any]:
        """Refuse doors that open at or after the start, and a start in the past."""
        cleaned = super().clean() or self.cleaned_data
        if {"day", "doors", "start"} <= cleaned.keys():
            if cleaned["doors"] >= cleaned["start"]:
                self.add_error("doors", _("The doors must open before the start."))
            elif in_bangkok(cleaned["day"], cleaned["start"]) <= timezone.now():
                self.add_error("day", _("This start lies in the past. Choose a later one."))
        return cleaned


class MoveForm(forms.Form):
    """In how many minutes a round is to start, and why."""

    minutes = forms.IntegerField(
        label=_("Start in how many minutes from now"), min_value=1, max_value=MAX_MOVE_MINUTES, initial=5
    )
    reason = ThaiTextField(label=_("Reason, for the record"), max_length=300)


class RoomsForm(forms.Form):
    """Which rooms a round uses."""

    rooms = forms.ModelMultipleChoiceField(
        Room.objects.none(), label=_("Rooms"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rooms"]
        field.queryset = Room.objects.select_related("centre").order_by("centre__code", "name")  # type: ignore[attr-defined]
        field.label_from_instance = lambda room: f"{room.centre.name} · {room.name}"  # type: ignore[attr-defined]


class DutyForm(forms.Form):
    """An invigilator for a room of a round."""

    room = forms.ModelChoiceField(Room.objects.none(), label=_("Room"))
    login = forms.CharField(
        label=_("Invigilator's national ID or e-mail"),
        help_text=_("The person needs the role of an invigilator."),
        max_length=200,
    )

    def __init__(self, *args: Any, round_: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["room"]
        field.queryset = round_.rooms.select_related("centre").order_by("centre__code", "name")  # type: ignore[attr-defined]
        field.label_from_instance = lambda room: f"{room.centre.name} · {room.name}"  # type: ignore[attr-defined]

    def clean_login(self) -> Person:
        """Return the person. Raises ValidationError for nobody, and for who is no invigilator."""
        person = Person.objects.by_login(self.cleaned_data["login"]).filter(is_active=True).first()
        if person is None or not person.has_role(Role.INVIGILATOR):
            raise ValidationError(_("No invigilator has this national ID or e-mail."))
        return person


class CentreForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """A new centre."""

    province = forms.ModelChoiceField(Province.objects.all(), label=_("Province"))

    class Meta:
        model = Centre
        fields = ("code", "name_th", "name_en", "province")
        help_texts = {"code": _("Stands in lists of candidates, for example 1001.")}


class NewRoomsForm(forms.Form):
    """New rooms of one size."""

    names = forms.CharField(
        label=_("Names of the rooms"),
        help_text=_("One on each line."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=10_000,
    )
    rows = forms.IntegerField(label=_("Rows, from the front"), min_value=1, max_value=MAX_SIDE, initial=6)
    columns = forms.IntegerField(label=_("Seats in a row"), min_value=1, max_value=MAX_SIDE, initial=10)

    def clean_names(self) -> list[str]:
        """Return the names, each once. Raises ValidationError for one too long, and for too many."""
        field = ThaiTextField(max_length=60)
        lines = filter(str.strip, self.cleaned_data["names"].splitlines())
        names = list(dict.fromkeys(field.clean(line) for line in lines))
        if len(names) > MAX_ROOMS_AT_ONCE:
            raise ValidationError(_("At most 100 rooms can be made at once."))
        return names


class BrokenSeatsForm(forms.Form):
    """Which machines of a room are out of order."""

    broken = forms.ModelMultipleChoiceField(
        Seat.objects.none(),
        label=_("Machines out of order"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["broken"] = room.seats.filter(is_usable=False)
        self.fields["broken"].queryset = room.seats.all()  # type: ignore[attr-defined]


class PapersForm(forms.Form):
    """How many parallel papers a round gets."""

    count = forms.IntegerField(
        label=_("Number of parallel papers"),
        help_text=_("With four or more, nobody next to, before, behind or diagonal has the same."),
        min_value=1,
        max_value=MAX_FORMS,
        initial=4,
    )
    same_items = forms.BooleanField(
        label=_("The same items on every paper, in different orders"),
        help_text=_("Without this each paper draws items of its own from the bank."),
        required=False,
        initial=True,
    )


class CandidateFilterForm(forms.Form):
    """Search and filter of candidates."""

    q = forms.CharField(
        label=_("Number, name, national ID or e-mail"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    level = forms.ChoiceField(
        label=_("Level examined"), required=False, choices=[("", _("All")), *Level.choices]
    )
    state = forms.ChoiceField(
        label=_("Shown"),
        required=False,
        choices=[
            ("", _("All")),
            ("seated", _("With a seat")),
            ("waiting", _("Without a seat")),
            ("faceless", _("Without a photograph")),
        ],
    )


class CandidateForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """What may change about an entry."""

    class Meta:
        model = Candidate
        fields = ("level", "centre", "extra_percent", "accommodation")
        help_texts = {
            "centre": _("Leave empty where any room of the round will do."),
            "accommodation": _("Printed on the admission card. Write no diagnosis."),
        }


class EntriesForm(forms.Form):
    """A list of candidates as a spreadsheet."""

    file = forms.FileField(
        label=_("List of candidates (.xlsx or .csv)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )


class PhotographForm(forms.Form):
    """One photograph."""

    photograph = forms.FileField(
        label=_("Photograph (JPEG or PNG)"),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png"}),
    )


class PhotographsForm(forms.Form):
    """Many photographs in a ZIP file."""

    file = forms.FileField(
        label=_("Photographs (.zip)"),
        help_text=_("Each file is named by its candidate number, for example 1000001.jpg."),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip"}),
    )
