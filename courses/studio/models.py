"""What the studio remembers of a version on its way to the learners: who wrote, who reviews, what was said.

Topics and units themselves are the catalogue's.
"""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.catalogue.models import Course, CourseVersion, Unit
from courses.content.models import StoredPackage
from courses.studio.workflow import Outcome, Quorum, Verdict
from exams.bank.models import ItemBank
from learning.letters import WaitingLetter
from learning.people.models import Agency, Person


class Contributor(models.Model):
    """Somebody who wrote in a version, and therefore never reviews it."""

    version = models.ForeignKey(CourseVersion, models.CASCADE, related_name="contributors")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("version", "person"), name="contributor_once"),)


# -- How an agency reviews --------------------------------------------------------------------------
class AgencyStage(models.Model):
    """A stage of the reviews of an agency's courses, and of those of agencies below it without their own."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="review_stages")
    order = models.PositiveSmallIntegerField()
    name = models.CharField(_("stage"), max_length=100)
    quorum = models.CharField(_("whose approval is needed"), max_length=3, choices=Quorum, default=Quorum.ALL)
    reviewers = models.ManyToManyField(Person, related_name="+")

    class Meta:
        ordering = ("agency", "order")
        constraints = (
            models.UniqueConstraint(fields=("agency", "order"), name="agency_stage_order_in_agency"),
        )

    def __str__(self) -> str:
        return self.name


# -- One review -------------------------------------------------------------------------------------
class Review(models.Model):
    """A version before its reviewers, from one submission to what came of it."""

    version = models.ForeignKey(CourseVersion, models.CASCADE, related_name="reviews")
    submitted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(default=timezone.now)
    note = models.TextField(_("note to the reviewers"), max_length=2000, blank=True)
    outcome = models.CharField(
        max_length=13, choices=[(each.value, each.value) for each in Outcome], default=Outcome.OPEN.value
    )
    # Set when it was decided or withdrawn.
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("version", "submitted_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("version",), name="review_one_open", condition=Q(closed_at__isnull=True)
            ),
        )


class ReviewStage(models.Model):
    """A stage of one review, as the agency had it when the version was submitted."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="stages")
    order = models.PositiveSmallIntegerField()
    name = models.CharField(_("stage"), max_length=100)
    quorum = models.CharField(max_length=3, choices=Quorum)

    class Meta:
        ordering = ("review", "order")
        constraints = (
            models.UniqueConstraint(fields=("review", "order"), name="review_stage_order_in_review"),
        )

    def __str__(self) -> str:
        return self.name


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Queries over those who are named to review."""

    def by_which_is_read(self) -> Self:
        """Keep those of the last review of a version, and of before those who decided or commented."""
        version = OuterRef("stage__review__version")
        later = Review.objects.filter(version=version, pk__gt=OuterRef("stage__review"))
        said = Comment.objects.filter(version=version, author=OuterRef("person"))
        return self.filter(~Exists(later) | ~Q(verdict="") | Exists(said))


class Assignment(models.Model):
    """A person named to review in a stage, and what they decided."""

    stage = models.ForeignKey(ReviewStage, models.CASCADE, related_name="assignments")
    person = models.ForeignKey(Person, models.PROTECT, related_name="review_assignments")
    verdict = models.CharField(_("verdict"), max_length=7, choices=Verdict, blank=True)
    note = models.TextField(_("note"), max_length=5000, blank=True)
    decided_at = models.DateTimeField(null=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ("stage", "pk")
        constraints = (
            models.UniqueConstraint(fields=("stage", "person"), name="assignment_once_in_stage"),
            models.CheckConstraint(
                name="assignment_decided_has_date",
                condition=Q(verdict="", decided_at__isnull=True)
                | (~Q(verdict="") & Q(decided_at__isnull=False)),
            ),
        )


class Comment(models.Model):
    """What a reviewer or an author said about a version or a unit of it; answers have a `parent`."""

    version = models.ForeignKey(CourseVersion, models.CASCADE, related_name="comments")
    # None: about the version as a whole, or about a unit that was removed since (`place` says which).
    unit = models.ForeignKey(Unit, models.SET_NULL, null=True, related_name="comments")
    place = models.CharField(max_length=200, blank=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="answers")
    author = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = models.TextField(_("comment"), max_length=5000)
    created_at = models.DateTimeField(default=timezone.now)
    resolved_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("created_at", "pk")
        constraints = (
            models.CheckConstraint(
                name="comment_only_threads_are_resolved",
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | Q(parent__isnull=True, resolved_at__isnull=False, resolved_by__isnull=False),
            ),
        )


class Schedule(models.Model):
    """When an approved version is to be published."""

    version = models.OneToOneField(CourseVersion, models.CASCADE, related_name="schedule")
    at = models.DateTimeField(_("publish at"), db_index=True)
    set_by = models.ForeignKey(Person, models.PROTECT, related_name="+")


# -- What was brought, and from where questions are drawn --------------------------------------------
class UploadCheck(models.Model):
    """The report of one uploaded file, kept whether the file was fit or not."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="upload_checks")
    file_name = models.CharField(_("file"), max_length=255)
    uploaded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    # As `Report.as_dict()` gave it.
    report = models.JSONField()
    # None: it had errors and was not kept.
    package = models.ForeignKey(StoredPackage, models.PROTECT, null=True, related_name="checks")

    class Meta:
        ordering = ("-uploaded_at", "-pk")


class CourseBank(models.Model):
    """An item bank from which tests of courses may draw; all others stay what only examinations see."""

    bank = models.OneToOneField(ItemBank, models.CASCADE, related_name="course_bank")
    opened_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)


# -- Letters ----------------------------------------------------------------------------------------
class LetterKind(models.TextChoices):
    """What a letter says."""

    REVIEW_WANTED = "review_wanted", _("A version waits for a review")
    WITHDRAWN = "withdrawn", _("A version was withdrawn")
    CHANGES_ASKED = "changes_asked", _("Changes are asked for")
    APPROVED = "approved", _("A version was approved")
    REOPENED = "reopened", _("An approved version was opened again")
    PUBLISHED = "published", _("A version was published")
    NOT_PUBLISHED = "not_published", _("A version could not be published")


class Letter(WaitingLetter):
    """A letter about a version."""

    version = models.ForeignKey(CourseVersion, models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=13, choices=LetterKind)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("pk",)
        indexes = (models.Index(fields=("id",), name="letter_unsent", condition=Q(sent_at__isnull=True)),)
