"""Courses with their versions, and curricula made of courses.

What a course is called and whom it is for stands on the course and may be corrected at any time. What is
taught stands in a version, and from the moment its author submits that, nothing in it changes.
"""

from collections.abc import Collection, Iterable
from pathlib import PurePosixPath
from typing import Any, ClassVar, Self
from uuid import uuid4

from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from courses.catalogue.contents import TestRole
from courses.catalogue.errors import VersionFrozen
from courses.content.models import StoredPackage
from courses.packages.package import Kind
from learning.people.access import is_administrator, officer_agencies
from learning.people.models import Agency, Bilingual, Person

CODE = RegexValidator(
    r"\A[A-Z0-9][A-Z0-9-]{0,19}\Z", _("Write the code in capital letters and digits, for example KD10.")
)
SECURE_ADDRESS = URLValidator(["https"], message=_("Write the whole address, beginning with https://."))


class Category(models.TextChoices):
    """The five categories of the Learning Portal; the codes of its courses begin with them."""

    KNOWLEDGE = "KD", _("Knowledge development")
    MINDSET = "MS", _("Mindset development")
    STRATEGY = "SL", _("Strategic skills and leadership")
    DIGITAL = "DS", _("Digital skills")
    LANGUAGE = "LS", _("Language skills")


class TeachingLanguage(models.TextChoices):
    """The language a course is taught in."""

    THAI = "th", _("Taught in Thai")
    ENGLISH = "en", _("Taught in English")


class Launch(models.TextChoices):
    """How a course on a partner's platform is opened."""

    LINK = "link", _("Plain link")
    LTI = "lti", _("LTI 1.3")


class CourseQuerySet(models.QuerySet["Course"]):
    """Queries over courses."""

    def published(self) -> Self:
        """Keep those with a published version, retired ones too."""
        return self.filter(_has_published_version())

    def listed(self) -> Self:
        """Keep those the catalogue lists: published and not retired."""
        return self.published().filter(retired_at=None)

    def looked_after_by(self, person: Person) -> Self:
        """Keep those of the agencies whose officer the person is; an administrator looks after all."""
        return self if is_administrator(person) else self.filter(owner__in=officer_agencies(person))

    def visible_to(self, user: Any) -> Self:
        """Keep those with a page this user may open; somebody who is not signed in counts as well."""
        if not isinstance(user, Person):
            return self.published()
        if is_administrator(user):
            return self
        return self.filter(Q(_has_published_version()) | Q(owner__in=officer_agencies(user)))

    def matching(self, text: str) -> Self:
        """Keep those in whose code or names every word of `text` occurs."""
        found = self
        for word in text.split():
            found = found.filter(
                Q(code__icontains=word) | Q(name_th__icontains=word) | Q(name_en__icontains=word)
            )
        return found


def _has_published_version() -> models.Exists:
    return models.Exists(
        CourseVersion.objects.filter(course=models.OuterRef("pk"), status=VersionStatus.PUBLISHED)
    )


class Course(Bilingual):
    """A course as the catalogue describes it, taught here or on a partner's platform."""

    code = models.CharField(_("code"), max_length=20, unique=True, validators=[CODE])
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="courses", verbose_name=_("owner agency"))
    category = models.CharField(_("category"), max_length=2, choices=Category)
    language = models.CharField(
        _("language"), max_length=2, choices=TeachingLanguage, default=TeachingLanguage.THAI
    )
    objective_th = models.TextField(_("objective in Thai"), max_length=5000)
    objective_en = models.TextField(_("objective in English"), max_length=5000, blank=True)
    target_group = models.TextField(_("target group"), max_length=2000, blank=True)
    assessment = models.TextField(_("how it is assessed"), max_length=5000, blank=True)
    hours = models.DecimalField(_("hours"), max_digits=5, decimal_places=1)
    # Words to be found by that are not in the texts, separated by commas.
    keywords = models.CharField(_("keywords"), max_length=500, blank=True)
    cover = models.FileField(_("cover"), upload_to="covers/", blank=True)

    # Of a course on a partner's platform all three, of one of our own none.
    provider = models.CharField(_("provider"), max_length=200, blank=True)
    external_url = models.CharField(
        _("address at the provider"), max_length=500, blank=True, validators=[SECURE_ADDRESS]
    )
    launch = models.CharField(_("how it is opened"), max_length=4, choices=Launch, blank=True)

    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("last changed"), default=timezone.now, editable=False)
    # Nobody can begin it any more; whoever has it in their records still reads what it was.
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True, editable=False)
    # Another after every change, of the published version too: see listing.py.
    fingerprint = models.UUIDField(default=uuid4, editable=False)

    objects = CourseQuerySet.as_manager()

    class Meta:
        ordering = ("code",)
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        constraints = (
            models.CheckConstraint(
                name="course_lasts",
                condition=Q(hours__gt=0),
                violation_error_message=_("A course lasts longer than no time."),
            ),
            models.CheckConstraint(
                name="course_external_wholly_or_not",
                condition=Q(provider="", external_url="", launch="")
                | (~Q(provider="") & ~Q(external_url="") & Q(launch__in=Launch.values)),
                violation_error_message=_(
                    "A course on a partner's platform needs its provider, its address and how it is opened."
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def objective(self) -> str:
        """The objective in the language of the request; Thai where there is no English one."""
        return (self.objective_en if get_language() == "en" else "") or self.objective_th

    @property
    def cover_name(self) -> str:
        """The name under which browsers ask for the cover."""
        return PurePosixPath(self.cover.name or "").name

    @property
    def is_external(self) -> bool:
        """Whether the course is taken on a partner's platform."""
        return bool(self.provider)


class Instructor(models.Model):
    """Who teaches a course, as the course page names them; a person or an office."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="instructors")
    order = models.PositiveSmallIntegerField()
    name = models.CharField(_("name"), max_length=200)
    position = models.CharField(_("position"), max_length=200, blank=True)

    class Meta:
        ordering = ("course", "order")
        constraints = (
            models.UniqueConstraint(fields=("course", "order"), name="instructor_order_in_course"),
        )

    def __str__(self) -> str:
        return self.name


class VersionStatus(models.TextChoices):
    """Where a version stands between its author and the learners."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", pgettext_lazy("version", "Submitted")
    IN_REVIEW = "in_review", _("In review")
    CHANGES_ASKED = "changes_asked", _("Changes asked for")
    APPROVED = "approved", _("Approved")
    PUBLISHED = "published", pgettext_lazy("version", "Published")
    RETIRED = "retired", _("Retired")


# Here its author writes it. Everywhere else it is what somebody reviews, has reviewed, or learns.
IN_WRITING = (VersionStatus.DRAFT, VersionStatus.CHANGES_ASKED)


class CourseVersion(models.Model):
    """What is taught, from a date on. Who learns inside one stays in it when the next is published."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    status = models.CharField(_("status"), max_length=14, choices=VersionStatus, default=VersionStatus.DRAFT)
    author = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("author"))
    # Units open one after the other.
    is_sequential = models.BooleanField(_("in order"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    published_at = models.DateTimeField(_("published on"), null=True, editable=False)

    class Meta:
        ordering = ("course", "number")
        constraints = (
            models.UniqueConstraint(fields=("course", "number"), name="course_version_number"),
            models.UniqueConstraint(
                fields=("course",),
                name="course_version_one_published",
                condition=Q(status=VersionStatus.PUBLISHED),
            ),
            models.UniqueConstraint(
                fields=("course",),
                name="course_version_one_in_work",
                condition=~Q(status__in=(VersionStatus.PUBLISHED, VersionStatus.RETIRED)),
            ),
            models.CheckConstraint(
                name="course_version_published_has_date",
                condition=~Q(status=VersionStatus.PUBLISHED) | Q(published_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.course.code} v{self.number}"

    @property
    def full_name(self) -> str:
        """What it is called where versions of several courses stand together."""
        return gettext("%(course)s, version %(number)s") % {"course": self.course, "number": self.number}

    @property
    def is_in_writing(self) -> bool:
        """Whether topics and units can still change."""
        return self.status in IN_WRITING

    @property
    def status_kind(self) -> str:
        """How a tag of the status is coloured."""
        return {
            VersionStatus.CHANGES_ASKED: "warning",
            VersionStatus.PUBLISHED: "success",
            VersionStatus.RETIRED: "neutral",
            VersionStatus.DRAFT: "neutral",
        }.get(VersionStatus(self.status), "info")

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete a version that nobody has reviewed. Raises VersionFrozen."""
        if not CourseVersion.objects.filter(pk=self.pk, status__in=IN_WRITING).exists():
            raise VersionFrozen
        return super().delete(*args, **kwargs)


class PartQuerySet(models.QuerySet[Any]):
    """Rows that belong to versions; whatever would change one that is not being written is refused."""

    def update(self, **kwargs: Any) -> int:
        """Raise VersionFrozen unless every row may change."""
        self._refuse_frozen()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Raise VersionFrozen unless every row may go."""
        self._refuse_frozen()
        return super().delete()

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Raise VersionFrozen unless every version concerned may grow."""
        rows = list(objs)
        self.model.refuse_frozen({row.parent_id for row in rows})
        return super().bulk_create(rows, *args, **kwargs)

    def _refuse_frozen(self) -> None:
        self.model.refuse_frozen(set(self.order_by().values_list(self.model.PARENT, flat=True)))


class Part(models.Model):
    """A row of a version: changed while the version is written, and never afterwards.

    The services look first, with the version locked. This is the net below them, which also catches a
    shell and a command that meant well.
    """

    # The field that leads towards the version, and the way back from a version to the rows it names.
    PARENT: ClassVar[str]
    FROM_VERSION: ClassVar[str]

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raise VersionFrozen unless the version is being written."""
        self._refuse_frozen()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raise VersionFrozen unless the version is being written."""
        self._refuse_frozen()
        return super().delete(*args, **kwargs)

    @property
    def parent_id(self) -> int:
        """The key of the row above."""
        return int(getattr(self, f"{self.PARENT}_id"))

    @classmethod
    def refuse_frozen(cls, parents: Collection[int]) -> None:
        """Raise VersionFrozen if one of these rows above belongs to a version that is not being written."""
        versions = CourseVersion.objects.filter(**{f"{cls.FROM_VERSION}__in": parents})
        if versions.exclude(status__in=IN_WRITING).exists():
            raise VersionFrozen

    def _refuse_frozen(self) -> None:
        stored = type(self)._meta.base_manager.filter(pk=self.pk).values_list(self.PARENT, flat=True)
        # Where it stands in the database and where it would go to.
        self.refuse_frozen({self.parent_id, *stored})


class Topic(Part, Bilingual):
    """A part of a version with a title and a length."""

    PARENT = "version"
    FROM_VERSION = "pk"

    version = models.ForeignKey(CourseVersion, models.CASCADE, related_name="topics")
    order = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField(_("minutes"))

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ("version", "order")
        constraints = (models.UniqueConstraint(fields=("version", "order"), name="topic_order_in_version"),)


class UnitKind(models.TextChoices):
    """What a unit is made of."""

    TEXT = "text", _("Text")
    SLIDES = "slides", _("Slides")
    VIDEO = "video", _("Video")
    PDF = "pdf", _("PDF document")
    PACKAGE = "package", _("Package")
    TEST = "test", _("Test")
    SURVEY = "survey", _("Survey")
    LINK = "link", _("Link")

    @classmethod
    def showing(cls, kind: str) -> "UnitKind":
        """Return the kind of unit that shows a kept file of this kind (courses.packages.package.Kind)."""
        return {Kind.MP4.value: cls.VIDEO, Kind.PDF.value: cls.PDF}.get(kind, cls.PACKAGE)


class Unit(Part):
    """One thing to do in a topic."""

    PARENT = "topic"
    FROM_VERSION = "topics"

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="units")
    order = models.PositiveSmallIntegerField()
    kind = models.CharField(_("kind"), max_length=8, choices=UnitKind)
    title = models.CharField(_("heading"), max_length=200)
    # Markdown as its author wrote it: the text, the slides, or what a video shows and says.
    body = models.TextField(_("text"), blank=True)
    # A film or document that comes with the platform; one that an agency brought is its `package`.
    file = models.FileField(_("file"), upload_to="units/", max_length=200, blank=True)
    address = models.CharField(_("address"), max_length=500, blank=True, validators=[SECURE_ADDRESS])
    # What only its kind knows: see contents.py.
    content = models.JSONField(default=dict, blank=True)
    package = models.ForeignKey(StoredPackage, models.PROTECT, null=True, blank=True, related_name="units")
    # Closed until that one is completed; in a sequential version every unit waits for the one before it.
    opens_after = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    # Seconds of evidence (playback, focus, interaction) before the unit counts as learnt.
    min_seconds = models.PositiveIntegerField(_("least time in seconds"), default=0)
    is_required = models.BooleanField(_("required"), default=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ("topic", "order")
        constraints = (
            models.UniqueConstraint(fields=("topic", "order"), name="unit_order_in_topic"),
            models.CheckConstraint(
                name="unit_address_exactly_of_links",
                condition=(Q(kind=UnitKind.LINK) & ~Q(address="")) | (~Q(kind=UnitKind.LINK) & Q(address="")),
            ),
            models.CheckConstraint(
                name="unit_package_only_where_shown",
                condition=Q(kind=UnitKind.PACKAGE, package__isnull=False)
                | Q(kind__in=(UnitKind.VIDEO, UnitKind.PDF))
                | (~Q(kind=UnitKind.PACKAGE) & Q(package=None)),
            ),
            models.CheckConstraint(name="unit_one_file", condition=Q(file="") | Q(package=None)),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def counts(self) -> bool:
        """Whether it is among the units that completion asks for. A pre-test never keeps anybody back."""
        return self.is_required and not (
            self.kind == UnitKind.TEST and self.content.get("role") == TestRole.PRE
        )


class CompletionRule(models.Model):
    """What completes a version. It may change while people learn; nobody loses a completion by that.

    A part that asks for nothing is 0 or False. Without a row, every required unit has to be completed.
    """

    version = models.OneToOneField(CourseVersion, models.CASCADE, related_name="completion_rule")
    # How many of the required units; None for all.
    units_needed = models.PositiveSmallIntegerField(_("units needed"), null=True, blank=True)
    min_minutes = models.PositiveIntegerField(_("least learning time in minutes"), default=0)
    # The share of the full marks needed in the post-test; 0 leaves it to the test itself.
    test_mark = models.DecimalField(_("mark in the post-test"), max_digits=3, decimal_places=2, default=0)
    needs_survey = models.BooleanField(_("the survey must be answered"), default=False)
    # Counts changes: completions are weighed again when it is another.
    revision = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="completion_rule_mark_is_a_share", condition=Q(test_mark__gte=0, test_mark__lte=1)
            ),
        )


class CurriculumRule(models.TextChoices):
    """What completes a curriculum. Courses marked as required are needed under each of them."""

    ALL = "all", _("All courses")
    COUNT = "count", _("A number of courses")
    HOURS = "hours", _("A number of hours")


class Curriculum(Bilingual):
    """Courses that belong together, and how many of them complete it."""

    code = models.CharField(_("code"), max_length=20, unique=True, validators=[CODE])
    owner = models.ForeignKey(
        Agency, models.PROTECT, related_name="curricula", verbose_name=_("owner agency")
    )
    description_th = models.TextField(_("description in Thai"), max_length=5000, blank=True)
    description_en = models.TextField(_("description in English"), max_length=5000, blank=True)
    rule = models.CharField(_("rule"), max_length=5, choices=CurriculumRule, default=CurriculumRule.ALL)
    rule_count = models.PositiveSmallIntegerField(_("courses needed"), null=True, blank=True)
    rule_hours = models.DecimalField(_("hours needed"), max_digits=5, decimal_places=1, null=True, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ("code",)
        verbose_name = _("curriculum")
        verbose_name_plural = _("curricula")
        constraints = (
            models.CheckConstraint(
                name="curriculum_rule_has_its_number",
                # What is compared with NULL is neither true nor false, and a constraint lets it pass.
                condition=Q(rule=CurriculumRule.ALL, rule_count=None, rule_hours=None)
                | Q(rule=CurriculumRule.COUNT, rule_count__isnull=False, rule_count__gte=1, rule_hours=None)
                | Q(rule=CurriculumRule.HOURS, rule_count=None, rule_hours__isnull=False, rule_hours__gt=0),
                violation_error_message=_("A rule by courses or by hours needs its number, and no other."),
            ),
        )

    @property
    def description(self) -> str:
        """The description in the language of the request; Thai where there is no English one."""
        return (self.description_en if get_language() == "en" else "") or self.description_th


class CurriculumCourse(models.Model):
    """A course in a curriculum, under a heading if its group has one."""

    curriculum = models.ForeignKey(Curriculum, models.CASCADE, related_name="entries")
    course = models.ForeignKey(Course, models.PROTECT, related_name="curriculum_entries")
    order = models.PositiveSmallIntegerField()
    group = models.CharField(_("group"), max_length=200, blank=True)
    is_required = models.BooleanField(_("required"), default=True)

    class Meta:
        ordering = ("curriculum", "order")
        constraints = (
            models.UniqueConstraint(fields=("curriculum", "course"), name="curriculum_course_once"),
            models.UniqueConstraint(fields=("curriculum", "order"), name="curriculum_course_order"),
        )


class CatalogueStamp(models.Model):
    """The one row that is another after every change of what the catalogue lists: see listing.py."""

    token = models.UUIDField(default=uuid4)
