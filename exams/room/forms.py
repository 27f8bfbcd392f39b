"""Forms of the exam room."""

import uuid
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from exams.registration.models import Placement, Seat
from exams.room.errors import BadPicture, PictureTooLarge
from exams.room.services.incidents import picture_type

MAX_MINUTES = 240


class WhyForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It goes on record with your name and cannot be changed afterwards."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReasonForm(WhyForm):
    """Why something is done, and the key that lets this form act once."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, reason: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"key": uuid.uuid4(), "reason": reason}


class ExtraTimeForm(ReasonForm):
    """How many minutes."""

    minutes = forms.IntegerField(
        label=_("Extra minutes"),
        min_value=1,
        max_value=MAX_MINUTES,
        widget=forms.NumberInput(attrs={"class": "input-width-5", "inputmode": "numeric"}),
    )

    field_order = ("minutes", "reason", "key")


class MoveForm(ReasonForm):
    """Where to."""

    to = forms.ModelChoiceField(
        label=_("New seat"),
        help_text=_("Seats beside the same paper come last and say so. Choose another if you can."),
        queryset=Seat.objects.none(),
    )

    field_order = ("to", "reason", "key")

    def __init__(self, *args: Any, free: QuerySet[Seat], placement: Placement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Seat]", self.fields["to"])
        here = placement.seat.room_id
        field.queryset = free
        field.label_from_instance = lambda seat: _name_seat(seat, here)  # type: ignore[assignment, method-assign]


class IncidentForm(forms.Form):
    """What happened, who it concerned, and a picture."""

    text = forms.CharField(
        label=_("What happened"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )
    placement = forms.ModelChoiceField(
        label=_("Candidate concerned"),
        queryset=Placement.objects.none(),
        required=False,
        empty_label=_("The whole room"),
    )
    picture = forms.FileField(
        label=_("Picture"),
        help_text=_("JPEG, PNG or WebP, at most 10 MB. Only staff of this room and exam officers see it."),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp", "capture": "environment"}),
    )

    def __init__(self, *args: Any, placements: QuerySet[Placement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Placement]", self.fields["placement"])
        field.queryset = placements
        field.label_from_instance = _name_placement  # type: ignore[assignment, method-assign]

    def clean_picture(self) -> Any:
        """Refuse what is no picture."""
        picture = self.cleaned_data["picture"]
        try:
            if picture:
                picture_type(picture)
        except (BadPicture, PictureTooLarge) as error:
            raise ValidationError(error.message) from error
        return picture


def _name_seat(seat: Seat, here: int) -> str:
    # The room is named only where it is another one.
    name = seat.label if seat.room_id == here else f"{seat.room.name} · {seat.label}"
    same = _("same paper beside it")
    return f"{name} ({same})" if getattr(seat, "has_same_paper", False) else name


def _name_placement(placement: Placement) -> str:
    return f"{placement.seat.label} · {placement.candidate.number} · {placement.candidate.person.full_name}"


class SearchForm(forms.Form):
    """Who stands at the door."""

    q = forms.CharField(
        label=_("Candidate number, name, national ID, seat, or the card's QR"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
