"""Results of a round: what each candidate reached in each subject, their release, and the round's root."""

from array import array
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate
from exams.marking.models import Result
from exams.registration.models import Candidate, Round, Subject
from exams.seat.merkle import HASH_SIZE
from learning.people.models import Person


class Outcome(models.TextChoices):
    """What came of a candidate's examination."""

    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Not passed")
    ABSENT = "absent", _("Absent")
    # The journal does not match its hashes; an officer has to find out why.
    UNMARKED = "unmarked", _("Could not be marked")

    @property
    def kind(self) -> str:
        """The kind of status tag that shows it; the word says it, the colour only helps."""
        return {"passed": "success", "failed": "warning", "absent": "neutral", "unmarked": "danger"}[self]


class Told(models.IntegerChoices):
    """How much the learning records know of a candidate, or of everybody in a round."""

    NOTHING = 0
    SITTING = 1
    RESULT = 2


class RoundResults(models.Model):
    """The results of one round as a whole: when they were worked out, and from when candidates see them."""

    round = models.OneToOneField(Round, models.PROTECT, primary_key=True, related_name="results")
    # Who works them out holds this; an old claim is that of a process that was killed.
    claimed_at = models.DateTimeField(null=True, blank=True)
    concluded_at = models.DateTimeField(null=True, blank=True)
    release_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    # Set when everybody who passed has a certificate.
    certified_at = models.DateTimeField(null=True, blank=True)
    told = models.SmallIntegerField(choices=Told, default=Told.NOTHING)

    def is_released(self, now: datetime) -> bool:
        """Whether candidates may see their results."""
        return self.release_at is not None and self.release_at <= now


class ExamResult(models.Model):
    """The result of one candidate. Points are those of all subjects together."""

    candidate = models.OneToOneField(Candidate, models.PROTECT, primary_key=True, related_name="exam_result")
    # A copy of the candidate's, for the figures of a round.
    round = models.ForeignKey(Round, models.PROTECT, related_name="exam_results")
    # The mark this rests on; none where the journal could not be marked.
    mark = models.OneToOneField(Result, models.PROTECT, null=True, related_name="exam_result")
    outcome = models.CharField(_("result"), max_length=8, choices=Outcome)
    points = models.DecimalField(max_digits=7, decimal_places=2)
    concluded_at = models.DateTimeField()
    # While it is withheld nobody but the office sees it, and no certificate is issued.
    withheld_at = models.DateTimeField(null=True, blank=True)
    withheld_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    withheld_reason = models.CharField(_("reason"), max_length=300, blank=True)
    certificate = models.OneToOneField(
        Certificate, models.PROTECT, null=True, blank=True, related_name="exam_result"
    )
    told = models.SmallIntegerField(choices=Told, default=Told.NOTHING, db_default=Told.NOTHING)
    # How often the result was withdrawn from the learning records; told again, it is another statement.
    withdrawals = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ("candidate__number",)
        indexes = (
            models.Index(fields=("round", "outcome"), name="exam_result_by_outcome"),
            models.Index(
                "round", "candidate", name="exam_result_untold", condition=models.Q(told__lt=Told.RESULT)
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="exam_result_marked_unless_unmarked",
                condition=models.Q(outcome=Outcome.UNMARKED) | models.Q(mark__isnull=False),
            ),
            models.CheckConstraint(
                name="exam_result_withheld_with_reason",
                condition=models.Q(withheld_at__isnull=True, withheld_reason="")
                | (models.Q(withheld_at__isnull=False) & ~models.Q(withheld_reason="")),
            ),
        )

    @property
    def is_withheld(self) -> bool:
        """Whether the result is kept back while something is looked into."""
        return self.withheld_at is not None

    @property
    def outcome_kind(self) -> str:
        """The kind of status tag that shows the outcome."""
        return Outcome(self.outcome).kind


class SubjectResult(models.Model):
    """What a candidate reached in one subject, beside what they had to reach, as worked out then."""

    result = models.ForeignKey(ExamResult, models.CASCADE, related_name="subjects")
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="+")
    # Right answers of the items asked; points are rounded down, so that no mark looks reached that was not.
    score = models.PositiveSmallIntegerField()
    max_score = models.PositiveSmallIntegerField()
    points = models.DecimalField(max_digits=7, decimal_places=2)
    pass_percent = models.DecimalField(max_digits=5, decimal_places=2)
    is_passed = models.BooleanField()

    class Meta:
        ordering = ("result", "subject__order")
        constraints = (
            models.UniqueConstraint(fields=("result", "subject"), name="subject_result_once"),
            models.CheckConstraint(
                name="subject_result_score_in_range", condition=models.Q(score__lte=models.F("max_score"))
            ),
        )

    @property
    def pass_points(self) -> Decimal:
        """The pass mark in points of the subject."""
        return self.subject.points * self.pass_percent / 100


# Four megabytes in a full round, which only the proof of a receipt needs.
ROOT_BLOBS = ("sittings", "leaves")


class RoundRootQuerySet(models.QuerySet["RoundRoot"]):
    """Roots of rounds."""

    def light(self) -> "RoundRootQuerySet":
        """Leave the receipts that a root stands for in the database."""
        return self.defer(*ROOT_BLOBS)


class RoundRoot(models.Model):
    """The published Merkle root over the receipts of a round; written once, never changed.

    Leaf n belongs to the n-th sitting: `sittings` are 8 bytes each, ascending, `leaves` 32 bytes each.
    """

    round = models.OneToOneField(Round, models.PROTECT, primary_key=True, related_name="root")
    root = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    sittings = models.BinaryField()
    leaves = models.BinaryField()
    published_at = models.DateTimeField()

    objects = RoundRootQuerySet.as_manager()

    def sitting_keys(self) -> "array[int]":
        """Return the sittings in the order of the leaves."""
        keys = array("q")
        keys.frombytes(bytes(self.sittings))
        return keys

    def leaf_hashes(self) -> list[bytes]:
        """Return the leaf hashes in order."""
        data = bytes(self.leaves)
        return [data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)]
