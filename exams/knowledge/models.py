"""Knowledge tests: dated definitions, rounds, attempts, and agency-supported sittings."""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate
from exams.bank.models import Difficulty, ItemBank, Topic
from exams.seat.models import Sitting
from learning import thai
from learning.people.models import Agency, Bilingual, Person


class KnowledgeTest(Bilingual):
    """A test that people may take by themselves or that an agency asks for."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    bank = models.ForeignKey(ItemBank, models.PROTECT, related_name="+")
    description_th = models.TextField(_("description in Thai"), blank=True)
    description_en = models.TextField(_("description in English"), blank=True)

    class Meta:
        ordering = ("code",)

    @property
    def description(self) -> str:
        """The description in the language of the request; Thai where no English one is known."""
        return (self.description_en if get_language() == "en" else "") or self.description_th


class Reveal(models.TextChoices):
    """When the explanations may be read."""

    NEVER = "never", _("Never")
    AFTER_WINDOW = "after_window", _("After the window closes")
    AFTER_SITTING = "after_sitting", _("Right after the sitting")


class TestDefinition(models.Model):
    """The rules of a test from a date on. Never edited once a round uses it: a new one supersedes it."""

    # Not a test case, whatever pytest makes of the name.
    __test__ = False

    test = models.ForeignKey(KnowledgeTest, models.PROTECT, related_name="definitions")
    effective_from = models.DateField(_("effective from"))
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    pass_percent = models.DecimalField(_("pass mark in percent"), max_digits=5, decimal_places=2)
    max_attempts = models.PositiveSmallIntegerField(_("attempts allowed in a round"), default=1)
    # Hours between the end of one attempt and the start of the next.
    retry_wait_hours = models.PositiveSmallIntegerField(_("hours between attempts"), default=0)
    shuffle_items = models.BooleanField(_("shuffle items"), default=True)
    shuffle_options = models.BooleanField(_("shuffle options"), default=True)
    show_score = models.BooleanField(_("show the score after the sitting"), default=True)
    reveal = models.CharField(
        _("show explanations"), max_length=14, choices=Reveal, default=Reveal.AFTER_WINDOW
    )
    # Where the figures come from; "ours" where no official source was found.
    source = models.CharField(_("source"), max_length=300)
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-effective_from", "-pk")
        constraints = (
            models.CheckConstraint(
                name="definition_pass_percent", condition=models.Q(pass_percent__gte=0, pass_percent__lte=100)
            ),
            models.CheckConstraint(
                name="definition_positive", condition=models.Q(minutes__gte=1, max_attempts__gte=1)
            ),
        )

    @property
    def duration(self) -> timedelta:
        """The time a person has for one sitting."""
        return timedelta(minutes=self.minutes)

    @property
    def retry_wait(self) -> timedelta:
        """The time between the end of one attempt and the start of the next."""
        return timedelta(hours=self.retry_wait_hours)


class DefinitionRule(models.Model):
    """How many items of one topic and difficulty a form takes; an empty difficulty means any."""

    definition = models.ForeignKey(TestDefinition, models.CASCADE, related_name="rules")
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+")
    difficulty = models.CharField(max_length=6, choices=Difficulty, blank=True)
    count = models.PositiveSmallIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("definition", "topic", "difficulty"), name="definition_rule_once"
            ),
        )


class RequestStatus(models.TextChoices):
    """State of an agency's request."""

    SUBMITTED = "submitted", _("Waiting for a decision")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")


class SupportRequest(models.Model):
    """An agency asks for a supported sitting of a test for its staff."""

    test = models.ForeignKey(KnowledgeTest, models.PROTECT, related_name="support_requests")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="support_requests")
    expected_takers = models.PositiveIntegerField(_("expected number of takers"))
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))
    reason = models.TextField(_("reason"), blank=True)
    contact = models.CharField(_("contact"), max_length=200)
    status = models.CharField(max_length=10, choices=RequestStatus, default=RequestStatus.SUBMITTED)
    requested_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.TextField(_("note on the decision"), blank=True)

    class Meta:
        ordering = ("-requested_at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="request_window_in_order", condition=models.Q(closes_at__gt=models.F("opens_at"))
            ),
            models.CheckConstraint(
                name="request_decided_whole",
                condition=models.Q(status="submitted", decided_at__isnull=True)
                | (~models.Q(status="submitted") & models.Q(decided_at__isnull=False)),
            ),
        )

    @property
    def reference(self) -> str:
        """The number an officer quotes: the Buddhist year of the request and its running number."""
        return f"KT-{thai.buddhist_year(timezone.localtime(self.requested_at).year)}-{self.pk:05d}"


class RoundStatus(models.TextChoices):
    """Where a round's window lies from now; never stored, the clock decides."""

    UPCOMING = "upcoming", _("Not yet open")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")

    @property
    def kind(self) -> str:
        """How a status tag is coloured."""
        return {"upcoming": "info", "open": "success", "closed": "neutral"}[self.value]


class RoundQuerySet(models.QuerySet["Round"]):
    """Queries over rounds."""

    def with_status(self, status: str, now: datetime) -> Self:
        """Keep the rounds that have `status` at `now`."""
        return {
            RoundStatus.UPCOMING: self.filter(opens_at__gt=now),
            RoundStatus.OPEN: self.filter(opens_at__lte=now, closes_at__gt=now),
            RoundStatus.CLOSED: self.filter(closes_at__lte=now),
        }[RoundStatus(status)]

    def takeable_by(self, person: Person) -> Self:
        """Keep the rounds open to everybody and those on whose list the person is."""
        return self.filter(
            models.Q(support_request__isnull=True)
            | models.Exists(Invitation.objects.filter(round=models.OuterRef("pk"), person=person))
        )


class Round(models.Model):
    """A window in which a test is open under one definition: to everybody, or to one agency's list."""

    test = models.ForeignKey(KnowledgeTest, models.PROTECT, related_name="rounds")
    definition = models.ForeignKey(TestDefinition, models.PROTECT, related_name="rounds")
    name = models.CharField(_("name"), max_length=200)
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))
    support_request = models.OneToOneField(
        SupportRequest, models.PROTECT, null=True, blank=True, related_name="round"
    )

    objects: ClassVar[RoundQuerySet] = RoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-opens_at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="round_window_in_order", condition=models.Q(closes_at__gt=models.F("opens_at"))
            ),
        )

    def __str__(self) -> str:
        return self.name

    def status(self, now: datetime) -> RoundStatus:
        """Return where the window lies from `now`. The closing moment itself is closed."""
        if now < self.opens_at:
            return RoundStatus.UPCOMING
        return RoundStatus.OPEN if now < self.closes_at else RoundStatus.CLOSED


def new_nonce() -> str:
    """Return 128 random bits as 22 characters that are safe in a URL."""
    return secrets.token_urlsafe(16)


class Invitation(models.Model):
    """A person on an agency's list, with a personal link.

    The link is the nonce with a signature that is not stored, so that who reads the table cannot
    open one, and a reminder can carry the same link as the first letter.
    """

    round = models.ForeignKey(Round, models.PROTECT, related_name="invitations")
    person = models.ForeignKey(Person, models.PROTECT, related_name="invitations")
    nonce = models.CharField(max_length=22, unique=True, editable=False)
    invited_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("round", "person"), name="invited_once"),)


class Attempt(models.Model):
    """One person's n-th attempt in a round. Results held elsewhere are recorded without a sitting."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="attempts")
    person = models.ForeignKey(Person, models.PROTECT, related_name="attempts")
    # The person's agency on the day, so that a later transfer does not rewrite reports.
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    number = models.PositiveSmallIntegerField()
    sitting = models.OneToOneField(Sitting, models.PROTECT, null=True, blank=True, related_name="attempt")
    started_at = models.DateTimeField(default=timezone.now)
    # Set together, once, when the sitting has been marked.
    concluded_at = models.DateTimeField(null=True, blank=True, db_index=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    max_score = models.PositiveSmallIntegerField(null=True, blank=True)
    is_passed = models.BooleanField(null=True, blank=True)
    certificate = models.OneToOneField(
        Certificate, models.PROTECT, null=True, blank=True, related_name="attempt"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("round", "person", "number"), name="attempt_number"),
            # A double click must not give two papers: the second insert fails and finds the first.
            models.UniqueConstraint(
                fields=("round", "person"),
                name="attempt_one_unfinished",
                condition=models.Q(concluded_at__isnull=True),
            ),
            models.CheckConstraint(
                name="attempt_concluded_whole",
                condition=models.Q(
                    concluded_at__isnull=True,
                    score__isnull=True,
                    max_score__isnull=True,
                    is_passed__isnull=True,
                )
                | models.Q(
                    concluded_at__isnull=False,
                    score__isnull=False,
                    max_score__isnull=False,
                    is_passed__isnull=False,
                ),
            ),
        )
