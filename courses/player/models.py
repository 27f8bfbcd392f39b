"""What a learner does in a course version, and what is kept of it.

A registration is one person's way through one version; xAPI and cmi5 know it under the same word and the
same UUID. Who may have one is decided above (``enrollment``); here it is only used, within its dates.
"""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.catalogue.models import CourseVersion, Unit
from learning.people.models import Person


class Purpose(models.TextChoices):
    """What a registration is for."""

    LEARNING = "learning", _("Learning")
    PREVIEW = "preview", _("Preview")


class Registration(models.Model):
    """One person's way through one version of a course."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    # An index below begins with the person. Every index is written whenever somebody learns.
    person = models.ForeignKey(Person, models.PROTECT, related_name="registrations", db_index=False)
    version = models.ForeignKey(CourseVersion, models.PROTECT, related_name="registrations")
    purpose = models.CharField(max_length=8, choices=Purpose, default=Purpose.LEARNING)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # From when until when units open; what was done stays readable afterwards.
    opens_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    last_active_at = models.DateTimeField(null=True, blank=True)
    # Where the learner was last, to go on there on any device.
    last_unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    # The one session that writes: a token made when a device takes over, and what that device calls itself.
    session = models.CharField(max_length=43, blank=True)
    session_device = models.CharField(max_length=200, blank=True)
    session_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=("person", "-last_active_at"), name="registration_of_person"),
            # Whoever learnt something lately is counted by course.
            models.Index(
                fields=("version", "last_active_at"),
                name="registration_active",
                condition=Q(purpose=Purpose.LEARNING),
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("person", "version"),
                name="registration_one_preview",
                condition=Q(purpose=Purpose.PREVIEW),
            ),
        )


class WaiverReason(models.TextChoices):
    """Why a learner need not do an assignable unit; the values are cmi5's (9.5.5.2)."""

    TESTED_OUT = "Tested Out", _("Showed in a test to know it already")
    EQUIVALENT_AU = "Equivalent AU", _("Completed an equivalent lesson of this course")
    EQUIVALENT_OUTSIDE = "Equivalent Outside Activity", _("Completed something equivalent elsewhere")
    ADMINISTRATIVE = "Administrative", _("Decision of the office that offers the course")


class UnitStatus(models.TextChoices):
    """How far a learner is in a unit."""

    NOT_STARTED = "new", _("Not started")
    STARTED = "started", _("Being learnt")
    COMPLETED = "completed", _("Completed")


class UnitProgress(models.Model):
    """How far a registration is in a unit. What was completed or passed is never taken back."""

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="progress")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    status = models.CharField(max_length=9, choices=UnitStatus, default=UnitStatus.STARTED)
    # Everything is done that its kind asks for; completed once the least learning time is there too.
    is_done = models.BooleanField(default=False)
    # Of tests and packages that judge: passed or not, and the best score as a share of the full marks.
    is_passed = models.BooleanField(null=True)
    score = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    # Seconds of evidence (playback, focus, interaction): the sum of this unit's `Evidence`.
    seconds = models.PositiveIntegerField(default=0)
    # Where to go on: seconds of a video, number of a slide or page.
    position = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("registration", "unit"), name="unit_progress_once"),
            models.CheckConstraint(
                name="unit_progress_score_is_a_share", condition=Q(score=None) | Q(score__gte=0, score__lte=1)
            ),
        )


class ItemProgress(models.Model):
    """How far a registration is in one launchable item of a package, with what its run-time keeps."""

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="items")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    # The `id` of the package's unit.
    item = models.CharField(max_length=500)
    is_completed = models.BooleanField(default=False)
    is_passed = models.BooleanField(null=True)
    score = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    # The data model of SCORM, the user data of H5P, the session state of cmi5; as the content left it.
    state = models.JSONField(default=dict)
    # Counts commits, so that one that arrives late does not undo a later one.
    sequence = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("registration", "unit", "item"), name="item_progress_once"),
        )


class EvidenceKind(models.TextChoices):
    """What shows that somebody was learning."""

    PLAYBACK = "playback", _("Video played")
    FOCUS = "focus", _("Page read")
    INTERACTION = "interaction", _("Exercise worked on")


class Evidence(models.Model):
    """A stretch of learning time with what shows it. Stretches of one registration never overlap."""

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="evidence")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=11, choices=EvidenceKind)
    began_at = models.DateTimeField()
    seconds = models.PositiveIntegerField()

    class Meta:
        ordering = ("began_at",)
        indexes = (models.Index(fields=("registration", "began_at"), name="evidence_of_registration"),)


class Launch(models.Model):
    """A package's item, opened once: whoever has its secret writes to this item of this registration."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    registration = models.ForeignKey(Registration, models.CASCADE, related_name="launches")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    item = models.CharField(max_length=500)
    # SHA-256 of the secret: 256 random bits need no slow hash.
    secret_hash = models.CharField(max_length=64, unique=True)
    session = models.CharField(max_length=43)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index("expires_at", name="launch_by_expiry"),)


class SurveyResponse(models.Model):
    """What a learner answered in a survey unit, once; who it was is never shown with it."""

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="surveys")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="responses")
    # By the id of the question: 1 to 5, or words.
    answers = models.JSONField()
    submitted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("registration", "unit"), name="survey_response_once"),)


class TestAttempt(models.Model):
    """One try at a test unit: the questions as they were drawn, and the answers as they were kept."""

    # Not a test of this code.
    __test__ = False

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="attempts")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    # [{stem, options, key, explanation}], in the order shown; the key never leaves the server before the end.
    questions = models.JSONField()
    # By place in `questions`: the option chosen, from 0.
    answers = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=timezone.now)
    deadline = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    score = models.DecimalField(max_digits=5, decimal_places=4, null=True)

    class Meta:
        ordering = ("registration", "unit", "number")
        constraints = (
            models.UniqueConstraint(fields=("registration", "unit", "number"), name="test_attempt_number"),
            models.UniqueConstraint(
                fields=("registration", "unit"),
                name="test_attempt_one_open",
                condition=Q(submitted_at=None),
            ),
        )
