"""Examination, round, centre, room, seat, candidate, and who sits where.

What changes from year to year (subjects, items, points, pass marks, minutes) is in dated examinations;
a round keeps the one it was opened under.
"""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exams.bank.models import Difficulty, ItemBank, Topic
from exams.papers.models import Envelope
from exams.seat.models import Sitting
from learning.people.models import Bilingual, Person, Province


class Level(models.TextChoices):
    """The education level a candidate is examined at, which decides the pass marks."""

    VOCATIONAL = "vocational", _("Vocational certificate")
    DIPLOMA = "diploma", _("Diploma or higher vocational certificate")
    BACHELOR = "bachelor", _("Bachelor's degree")
    MASTER = "master", _("Master's degree")


class Examination(Bilingual):
    """The rules of an examination from a date on. Never edited once a round uses it; a new one follows."""

    code = models.SlugField(_("code"), max_length=40)
    effective_from = models.DateField(_("effective from"))
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    # Where the figures come from, and how far they are official.
    source = models.CharField(_("source"), max_length=300)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("code", "-effective_from")
        constraints = (
            models.UniqueConstraint(fields=("code", "effective_from"), name="examination_once_a_date"),
            models.CheckConstraint(name="examination_has_time", condition=models.Q(minutes__gte=1)),
        )


class Subject(Bilingual):
    """One subject of an examination, drawn from one bank; every item of it is worth the same."""

    examination = models.ForeignKey(Examination, models.CASCADE, related_name="subjects")
    order = models.PositiveSmallIntegerField()
    bank = models.ForeignKey(ItemBank, models.PROTECT, related_name="+")
    points = models.DecimalField(_("points"), max_digits=6, decimal_places=2)

    class Meta:
        ordering = ("examination", "order")
        constraints = (
            models.UniqueConstraint(fields=("examination", "order"), name="subject_order_in_examination"),
            models.CheckConstraint(name="subject_points_positive", condition=models.Q(points__gt=0)),
        )


class SubjectRule(models.Model):
    """How many items of one topic a subject's part of the paper has; an empty difficulty means any."""

    subject = models.ForeignKey(Subject, models.CASCADE, related_name="rules")
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+")
    difficulty = models.CharField(max_length=6, choices=Difficulty, blank=True)
    count = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("subject", "topic__order", "pk")
        constraints = (
            models.UniqueConstraint(fields=("subject", "topic", "difficulty"), name="subject_rule_once"),
        )


class PassMark(models.Model):
    """The share of a subject's points that a candidate of one level needs, in percent."""

    subject = models.ForeignKey(Subject, models.CASCADE, related_name="pass_marks")
    level = models.CharField(max_length=10, choices=Level)
    percent = models.DecimalField(max_digits=5, decimal_places=2)

    class Meta:
        ordering = ("subject", "level")
        constraints = (
            models.UniqueConstraint(fields=("subject", "level"), name="pass_mark_once_a_level"),
            models.CheckConstraint(
                name="pass_mark_percent", condition=models.Q(percent__gte=0, percent__lte=100)
            ),
        )


class Centre(Bilingual):
    """A place with rooms in which examinations are sat."""

    code = models.CharField(_("code"), max_length=10, unique=True)
    province = models.ForeignKey(Province, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("code",)


class Room(models.Model):
    """A room of a centre; its seats stand in a grid seen from the invigilator's desk."""

    centre = models.ForeignKey(Centre, models.CASCADE, related_name="rooms")
    name = models.CharField(_("name"), max_length=60)

    class Meta:
        ordering = ("centre", "name")
        constraints = (models.UniqueConstraint(fields=("centre", "name"), name="room_name_in_centre"),)

    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    """One place with a machine; row and column count from 1 at the front left."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="seats")
    row = models.PositiveSmallIntegerField()
    column = models.PositiveSmallIntegerField()
    # As on the sticker: "A1".
    label = models.CharField(max_length=8)
    # A machine known to be broken takes nobody.
    is_usable = models.BooleanField(default=True)

    class Meta:
        ordering = ("room", "row", "column")
        constraints = (
            models.UniqueConstraint(fields=("room", "row", "column"), name="seat_place_in_room"),
            models.UniqueConstraint(fields=("room", "label"), name="seat_label_in_room"),
        )

    def __str__(self) -> str:
        return self.label


class RoundStatus(models.TextChoices):
    """Life of a round. Only a released round can be sat."""

    DRAFT = "draft", _("Being prepared")
    RELEASED = "released", _("Released")
    CLOSED = "closed", _("Round closed")


class Round(models.Model):
    """One sitting of an examination, at the same moment in every centre."""

    examination = models.ForeignKey(Examination, models.PROTECT, related_name="rounds")
    title = models.CharField(_("name of the round"), max_length=200)
    # Doors: check-in and the waiting room. T-0: the papers open.
    doors_open_at = models.DateTimeField(_("doors open"))
    starts_at = models.DateTimeField(_("starts"))
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    status = models.CharField(max_length=8, choices=RoundStatus, default=RoundStatus.DRAFT)
    rooms = models.ManyToManyField(Room, related_name="rounds", blank=True)
    # The sealed parallel papers, once they are made.
    envelope = models.OneToOneField(Envelope, models.PROTECT, null=True, blank=True, related_name="round")
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-starts_at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="round_doors_before_start", condition=models.Q(doors_open_at__lt=models.F("starts_at"))
            ),
            models.CheckConstraint(name="round_has_time", condition=models.Q(minutes__gte=1)),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def status_kind(self) -> str:
        """How a tag of the status is coloured."""
        return {"draft": "info", "released": "success", "closed": "neutral"}[self.status]

    @property
    def ends_at(self) -> datetime:
        """When the ordinary candidate's time is over, without extra time and pauses."""
        return self.starts_at + timedelta(minutes=self.minutes)


class RoomDuty(models.Model):
    """An invigilator's duty in one room for one round; nobody else of that role gets into it."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="duties")
    room = models.ForeignKey(Room, models.PROTECT, related_name="duties")
    person = models.ForeignKey(Person, models.PROTECT, related_name="room_duties")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("round", "room", "person"), name="duty_once_a_room"),)


class Candidate(models.Model):
    """A person entered for a round. The number identifies them on the day, without a password."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="candidates")
    person = models.ForeignKey(Person, models.PROTECT, related_name="candidacies")
    number = models.CharField(_("candidate number"), max_length=12, unique=True)
    level = models.CharField(_("level examined"), max_length=10, choices=Level)
    # Where the candidate asked to sit; without one, any room of the round will do.
    centre = models.ForeignKey(
        Centre, models.PROTECT, null=True, blank=True, related_name="candidates", verbose_name=_("centre")
    )
    photograph = models.FileField(upload_to="candidates/", blank=True)
    # Approved extra time, in percent of the round's minutes, and what else was approved.
    extra_percent = models.PositiveSmallIntegerField(_("extra time in percent"), default=0)
    accommodation = models.CharField(_("accommodation"), max_length=200, blank=True)

    class Meta:
        ordering = ("round", "number")
        constraints = (
            models.UniqueConstraint(fields=("round", "person"), name="candidate_once_a_round"),
            models.CheckConstraint(
                name="candidate_extra_percent", condition=models.Q(extra_percent__lte=200)
            ),
        )

    def __str__(self) -> str:
        return self.number


class Placement(models.Model):
    """A candidate's seat, and the sitting that is answered there."""

    candidate = models.OneToOneField(Candidate, models.CASCADE, related_name="placement")
    # A copy of the candidate's, so that the database itself keeps two people off one seat.
    round = models.ForeignKey(Round, models.PROTECT, related_name="placements")
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="placements")
    sitting = models.OneToOneField(Sitting, models.PROTECT, related_name="placement")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("round", "seat"), name="placement_one_a_seat"),)
