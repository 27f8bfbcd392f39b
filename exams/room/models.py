"""What is kept of an exam day in a room: what was done there and why, incidents, the end of its sitting."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exams.registration.models import Centre, Placement, Room, Round
from learning.people.models import Person


class ActionKind(models.TextChoices):
    """What the people in charge of a room can do to the sittings in it."""

    ADMIT = "admit", _("Admitted, new seat code")
    WITHDRAW = "withdraw", _("Admission withdrawn")
    MOVE = "move", _("Moved to another seat")
    PAUSE = "pause", _("Paused")
    RESUME = "resume", _("Resumed")
    EXTRA_TIME = "extra_time", _("Extra time")
    FORCE_SUBMIT = "force_submit", _("Submitted by an officer")
    SHOW_KEY = "show_key", _("Paper key shown")
    END = "end", _("Sitting in the room ended")


class Action(models.Model):
    """One thing done to a seat, a room, a centre or a round; never changed or deleted.

    The primary key comes with the form that asks for it. A form sent twice, by a double click or by a
    browser that lost the reply, therefore acts once.
    """

    key = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=12, choices=ActionKind)
    round = models.ForeignKey(Round, models.PROTECT, related_name="+")
    # Both null: the whole round. A room's actions name its centre too.
    centre = models.ForeignKey(Centre, models.PROTECT, null=True, related_name="+")
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="actions")
    # Set where it was done to one candidate only.
    placement = models.ForeignKey(Placement, models.PROTECT, null=True, related_name="actions")
    # How many sittings it changed.
    count = models.PositiveIntegerField(default=0)
    # What else describes it in words that need no translation: minutes, seat labels.
    detail = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300)
    actor = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-key")
        indexes = (models.Index(fields=("round", "room", "-at"), name="action_of_room"),)
        constraints = (
            models.UniqueConstraint(
                fields=("round", "room"), condition=models.Q(kind="end"), name="action_end_once_a_room"
            ),
        )


class Incident(models.Model):
    """A note of something that happened in a room, with a picture where one was taken."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="+")
    room = models.ForeignKey(Room, models.PROTECT, related_name="incidents")
    placement = models.ForeignKey(Placement, models.PROTECT, null=True, blank=True, related_name="incidents")
    text = models.TextField(_("what happened"), max_length=4000)
    # Shown only through a view that asks who is looking.
    picture = models.FileField(_("picture"), upload_to="incidents/", blank=True)
    author = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (models.Index(fields=("round", "room"), name="incident_of_room"),)
