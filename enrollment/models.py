"""Rounds of a course, and who is enrolled in them."""

from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate
from courses.catalogue.models import Course, CourseVersion, Curriculum, Unit
from courses.player.models import Registration
from learning.letters import WaitingLetter
from learning.people.models import Agency, Person, PersonnelGroup, PositionLevel

if TYPE_CHECKING:
    from datetime import datetime


class CourseRoundQuerySet(models.QuerySet["CourseRound"]):
    """Queries over rounds."""

    def not_over(self, now: "datetime") -> Self:
        """Keep those whose registration has not closed yet."""
        return self.filter(Q(registration_closes_at=None) | Q(registration_closes_at__gt=now))

    def visible_to(self, user: Any) -> Self:
        """Keep those of courses with a page that the user may open: drafts are their agency's matter."""
        return self.filter(course__in=Course.objects.visible_to(user))

    def with_conditions(self) -> Self:
        """Bring what `eligibility.conditions_of` reads, in a fixed number of queries."""
        return self.prefetch_related("agencies", "levels__position_type", "prerequisites")

    def with_taken(self) -> Self:
        """Annotate `taken`: the seats held in rounds that have a limit; None in the others."""
        held = (
            Enrolment.objects.filter(round=models.OuterRef("pk"), state__in=HOLDS_SEAT)
            .order_by()
            .values("round")
            .annotate(count=models.Count("*"))
            .values("count")
        )
        return self.annotate(
            taken=models.Case(
                models.When(capacity=None, then=None),
                default=models.functions.Coalesce(models.Subquery(held), 0),
                output_field=models.IntegerField(null=True),
            )
        )


class CourseRound(models.Model):
    """A round in which a course is offered: when one may enrol, when one may learn, and who may."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="rounds")
    name = models.CharField(_("name of the round"), max_length=60)
    registration_opens_at = models.DateTimeField(_("enrolment opens"))
    # None: nobody closes it.
    registration_closes_at = models.DateTimeField(_("enrolment closes"), null=True, blank=True)
    access_opens_at = models.DateTimeField(_("learning opens"), null=True, blank=True)
    access_closes_at = models.DateTimeField(_("learning closes"), null=True, blank=True)
    # None: everybody who may.
    capacity = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    has_waiting_list = models.BooleanField(_("waiting list"), default=True)
    needs_approval = models.BooleanField(_("the supervisor approves"), default=False)
    # Whom it is for; what is empty asks for nothing. Values of PersonnelGroup.
    groups = models.JSONField(_("personnel groups"), default=list, blank=True)
    agencies = models.ManyToManyField(Agency, blank=True, related_name="+", verbose_name=_("agencies"))
    levels = models.ManyToManyField(
        PositionLevel, blank=True, related_name="+", verbose_name=_("position levels")
    )
    prerequisites = models.ManyToManyField(
        Course, blank=True, related_name="+", verbose_name=_("courses to complete first")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CourseRoundQuerySet.as_manager()

    class Meta:
        ordering = ("course", "-registration_opens_at", "-pk")
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        constraints = (
            models.UniqueConstraint(
                fields=("course", "name"),
                name="course_round_name",
                violation_error_message=_("This course already has a round of this name."),
            ),
            models.CheckConstraint(
                name="course_round_registration_is_a_window",
                condition=Q(registration_closes_at=None)
                | Q(registration_closes_at__gt=models.F("registration_opens_at")),
                violation_error_message=_("Enrolment must close after it opens."),
            ),
            models.CheckConstraint(
                name="course_round_access_is_a_window",
                condition=Q(access_closes_at=None)
                | Q(access_opens_at=None)
                | Q(access_closes_at__gt=models.F("access_opens_at")),
                violation_error_message=_("Learning must close after it opens."),
            ),
            models.CheckConstraint(
                name="course_round_has_seats",
                condition=Q(capacity=None) | Q(capacity__gte=1),
                violation_error_message=_("A round has at least one seat."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def group_labels(self) -> list[str]:
        """The personnel groups it is for, as people read them."""
        return [str(PersonnelGroup(group).label) for group in self.groups]


class EnrolmentState(models.TextChoices):
    """Where an enrolment stands."""

    REQUESTED = "requested", _("Waiting for approval")
    WAITING = "waiting", _("On the waiting list")
    ENROLLED = "enrolled", _("Enrolled")
    COMPLETED = "completed", _("Completed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    REFUSED = "refused", _("Not approved")

    @property
    def kind(self) -> str:
        """How a tag of the state is coloured."""
        kinds = {"requested": "info", "waiting": "info", "completed": "success", "refused": "warning"}
        return kinds.get(self.value, "neutral")


# In these nobody enrols in the course again.
ACTIVE = (EnrolmentState.REQUESTED, EnrolmentState.WAITING, EnrolmentState.ENROLLED)
HOLDS_SEAT = (EnrolmentState.ENROLLED, EnrolmentState.COMPLETED)


class Grounds(models.TextChoices):
    """Why an enrolment counts as completed."""

    RULE = "rule", _("Everything the course asks for was done")
    GRANTED = "granted", _("Granted by an officer")
    REPORTED = "reported", _("Reported by the provider")


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    """Queries over enrolments."""

    def of(self, person: Person) -> Self:
        """Keep those of a person."""
        return self.filter(person=person)

    def listed(self) -> Self:
        """Bring what a list of somebody's courses shows."""
        # The text of the unit that was left last may be long, and is not shown.
        return self.select_related("course", "round", "registration__last_unit", "supervisor").defer(
            "registration__last_unit__body", "registration__last_unit__content"
        )

    def with_waivers(self) -> Self:
        """Bring what is not asked of the learner, in one query."""
        waivers = Waiver.objects.select_related("unit").defer("unit__body")
        return self.prefetch_related(models.Prefetch("waivers", waivers))


class Enrolment(models.Model):
    """A person in a round, from the first click to the certificate."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="enrolments")
    # Two indexes below begin with it.
    round = models.ForeignKey(CourseRound, models.PROTECT, related_name="enrolments", db_index=False)
    # The round's, here for the constraint below and for lists by course.
    course = models.ForeignKey(Course, models.PROTECT, related_name="enrolments")
    state = models.CharField(_("state"), max_length=9, choices=EnrolmentState)
    # The place in the waiting list: by when it was first asked for, then by key.
    queued_at = models.DateTimeField(default=timezone.now)
    # Made when a seat is given, and kept through a withdrawal and a return.
    registration = models.OneToOneField(
        Registration, models.PROTECT, null=True, blank=True, related_name="enrolment"
    )
    enrolled_at = models.DateTimeField(null=True, blank=True)
    enrolled_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    # Who is asked, and who decided; the officer of the agency may decide as well.
    supervisor = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    # Why it was refused.
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    completed_at = models.DateTimeField(null=True, blank=True)
    grounds = models.CharField(max_length=8, choices=Grounds, blank=True)
    granted_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    grant_reason = models.CharField(_("reason"), max_length=300, blank=True)
    certificate = models.OneToOneField(
        Certificate, models.PROTECT, null=True, blank=True, related_name="enrolment"
    )

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ("-queued_at", "-pk")
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = (
            models.UniqueConstraint(fields=("person", "round"), name="enrolment_once_in_a_round"),
            models.UniqueConstraint(
                fields=("person", "course"), name="enrolment_one_active", condition=Q(state__in=ACTIVE)
            ),
            models.CheckConstraint(
                name="enrolment_with_a_seat_has_a_registration",
                condition=~Q(state__in=HOLDS_SEAT) | Q(registration__isnull=False),
            ),
            models.CheckConstraint(
                name="enrolment_completed_wholly_or_not",
                condition=Q(
                    state=EnrolmentState.COMPLETED, completed_at__isnull=False, grounds__in=Grounds.values
                )
                | (~Q(state=EnrolmentState.COMPLETED) & Q(completed_at=None, grounds="", certificate=None)),
            ),
            models.CheckConstraint(
                name="enrolment_granted_with_a_reason",
                condition=(Q(grounds=Grounds.GRANTED, granted_by__isnull=False) & ~Q(grant_reason=""))
                | (~Q(grounds=Grounds.GRANTED) & Q(granted_by=None, grant_reason="")),
            ),
        )
        indexes = (
            models.Index(fields=("round", "state", "queued_at"), name="enrolment_of_round"),
            # All that a list by name reads of those who are not on the page asked for.
            models.Index(
                fields=("round", "person"), include=("id", "state"), name="enrolment_of_round_by_person"
            ),
            models.Index(fields=("course", "state"), name="enrolment_of_course"),
            models.Index(fields=("person", "state"), name="enrolment_of_person"),
            models.Index(
                fields=("supervisor",),
                name="enrolment_to_approve",
                condition=Q(state=EnrolmentState.REQUESTED),
            ),
        )

    @property
    def status(self) -> EnrolmentState:
        """The state as a choice, with its label and its colour."""
        return EnrolmentState(self.state)

    @property
    def is_open(self) -> bool:
        """Whether there is something to learn in it, done or not."""
        return self.state in HOLDS_SEAT


class Waiver(models.Model):
    """One thing that a course asks for and that an officer does not ask of one learner."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="waivers")
    # None: the learning time of the course.
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=300)
    waived_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    waived_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("waived_at", "pk")
        constraints = (
            models.UniqueConstraint(fields=("enrolment", "unit"), name="waiver_of_a_unit_once"),
            models.UniqueConstraint(
                fields=("enrolment",), name="waiver_of_time_once", condition=Q(unit=None)
            ),
            models.CheckConstraint(name="waiver_has_a_reason", condition=~Q(reason="")),
        )


class WeighedRule(models.Model):
    """Up to which revision of its rule the learners of a version have been weighed."""

    version = models.OneToOneField(CourseVersion, models.CASCADE, related_name="weighed_rule")
    revision = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)


# The folder of lists of learners.
LISTS = "enrolment-lists/"


class JobKind(models.TextChoices):
    """What goes on in the background."""

    WEIGH = "weigh", _("Checking who has completed the course")
    EXPORT = "export", _("Writing the list")


class JobState(models.TextChoices):
    """Where a job stands."""

    WAITING = "waiting", _("Waiting to begin")
    WORKING = "working", _("Going on")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Job(models.Model):
    """Work that takes a while, asked for by an officer who watches how far it is."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=6, choices=JobKind)
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    # None: all rounds of the course.
    round = models.ForeignKey(CourseRound, models.CASCADE, null=True, blank=True, related_name="+")
    asked_by = models.ForeignKey(Person, models.CASCADE, related_name="+")
    # Of an export: "xlsx" or "csv".
    format = models.CharField(max_length=4, blank=True)
    state = models.CharField(max_length=7, choices=JobState, default=JobState.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    # How many were completed by it, or written.
    result = models.PositiveIntegerField(default=0)
    # Empty again after some days: a list names people.
    file = models.FileField(upload_to=LISTS, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Moves with every portion; where it stands still the work died and can be started again.
    progressed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at",)

    @property
    def is_working(self) -> bool:
        """Whether there is something to wait for."""
        return self.state in {JobState.WAITING, JobState.WORKING}


class ReminderKind(models.TextChoices):
    """What a learner is reminded of by e-mail, once each in an enrolment."""

    SEAT = "seat", _("A seat was given from the waiting list")
    OPENING = "opening", _("Learning has opened")
    NOT_STARTED = "idle", _("Not begun yet")
    NEARLY_DONE = "nearly", _("Nearly done")
    CLOSING = "closing", _("Learning closes soon")


class Reminder(models.Model):
    """A letter to a learner: noted once, sent at most once."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=7, choices=ReminderKind)
    noted_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("enrolment", "kind"), name="reminder_once"),)
        indexes = (models.Index(fields=("noted_at",), name="reminder_to_send", condition=Q(sent_at=None)),)


class NoticeKind(models.TextChoices):
    """What somebody is told of a request to learn."""

    ASKED = "asked", _("An approval is asked for")
    APPROVED = "approved", _("The request was approved")
    REFUSED = "refused", _("The request was not approved")


class Notice(WaitingLetter):
    """A letter of a step in a request."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="notices")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=NoticeKind)

    class Meta:
        ordering = ("pk",)
        indexes = (models.Index(fields=("id",), name="notice_unsent", condition=Q(sent_at=None)),)


class NoReminders(models.Model):
    """Somebody who wants no reminders by e-mail."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="no_reminders")
    at = models.DateTimeField(default=timezone.now)


class CurriculumCompletion(models.Model):
    """That a person completed a curriculum, with its certificate; never taken back."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="curriculum_completions")
    curriculum = models.ForeignKey(Curriculum, models.PROTECT, related_name="completions")
    completed_at = models.DateTimeField(default=timezone.now)
    certificate = models.OneToOneField(Certificate, models.PROTECT, related_name="curriculum_completion")

    class Meta:
        ordering = ("-completed_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("person", "curriculum"), name="curriculum_completed_once"),
        )
