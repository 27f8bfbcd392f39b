"""Tools of partners (LTI 1.3), who went to a partner's course, and what was reported back."""

from decimal import Decimal
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.catalogue.models import Course
from learning.fields import server_address
from learning.people.models import Person
from learning.records.models import Client


class PlatformKey(models.Model):
    """A key with which launches are signed. The newest signs; older ones stay published for a while."""

    # The thumbprint of the public half (RFC 7638), under which tools look it up.
    kid = models.CharField(max_length=64, unique=True)
    private_sealed = models.BinaryField(editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at", "-pk")


class Tool(models.Model):
    """A partner's LTI 1.3 tool, as an administrator registered it."""

    name = models.CharField(_("name"), max_length=200)
    client_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    deployment_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    login_url = models.CharField(_("login address"), max_length=500, validators=[server_address])
    # One a line. A launch is sent nowhere else, compared letter by letter.
    redirect_uris = models.TextField(_("launch addresses"), max_length=5000)
    # Where the tool's public keys are, or the keys themselves; needed only for reporting back.
    jwks_url = models.CharField(
        _("address of the tool's keys"), max_length=500, blank=True, validators=[server_address]
    )
    jwks = models.JSONField(_("the tool's keys"), null=True, blank=True)
    shares_name = models.BooleanField(_("tell the tool the learner's name"), default=False)
    shares_email = models.BooleanField(_("tell the tool the learner's e-mail address"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name", "pk")
        verbose_name = _("tool")
        verbose_name_plural = _("tools")

    def __str__(self) -> str:
        return self.name

    @property
    def launch_addresses(self) -> list[str]:
        """The addresses to which a launch may be sent."""
        return self.redirect_uris.split()

    def clean(self) -> None:
        """Raise ValidationError unless every launch address is one."""
        for address in self.launch_addresses:
            try:
                server_address(address)
            except ValidationError as error:
                raise ValidationError({"redirect_uris": error.messages}) from error


class Placement(models.Model):
    """A course that is opened through a tool; its id is the resource link and the line item."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    course = models.OneToOneField(Course, models.CASCADE, related_name="placement", verbose_name=_("course"))
    tool = models.ForeignKey(Tool, models.PROTECT, related_name="placements")
    # The share of the full marks below which a finished course is not completed; 0 asks for none.
    pass_mark = models.DecimalField(_("pass mark"), max_digits=3, decimal_places=2, default=0)

    class Meta:
        ordering = ("course__code",)
        constraints = (
            models.CheckConstraint(
                name="placement_pass_mark_is_a_share", condition=Q(pass_mark__gte=0, pass_mark__lte=1)
            ),
        )

    @property
    def pass_percent(self) -> Decimal:
        """The pass mark in percent."""
        return self.pass_mark * 100


class Visit(models.Model):
    """That a person went to a partner's course from here."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="partner_visits")
    course = models.ForeignKey(Course, models.PROTECT, related_name="visits")
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    times = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("-last_at",)
        constraints = (models.UniqueConstraint(fields=("person", "course"), name="visit_once"),)


class ReportedActivity(models.Model):
    """A course of which a partner reports by learning records, under an activity id of its own."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="reported_activities")
    course = models.OneToOneField(Course, models.CASCADE, related_name="reported_activity")
    activity = models.CharField(max_length=500, unique=True)

    class Meta:
        ordering = ("course__code",)


class Source(models.TextChoices):
    """How the partner told us."""

    LTI = "lti", _("The tool itself")
    FILE = "file", _("A list from an officer")
    XAPI = "xapi", _("A learning record")


class Outcome(models.Model):
    """What a partner reported of a person in a course. A completion is never taken back."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="partner_outcomes")
    course = models.ForeignKey(Course, models.PROTECT, related_name="outcomes")
    # The best share of the full marks.
    score = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    completed_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=4, choices=Source)
    # The partner's own time of the last report: an earlier one that arrives late changes nothing.
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-reported_at",)
        constraints = (
            models.UniqueConstraint(fields=("person", "course"), name="outcome_once"),
            models.CheckConstraint(
                name="outcome_score_is_a_share", condition=Q(score=None) | Q(score__gte=0, score__lte=1)
            ),
        )

    @property
    def percent(self) -> Decimal | None:
        """The score in percent."""
        return None if self.score is None else self.score * 100
