"""The item bank: banks, topics, items, their versions and figures."""

import base64
from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exams.bank.fields import ReadableJSONEncoder
from learning.people.models import Bilingual, Person
from learning.thai import tidy


class Language(models.TextChoices):
    """What the items of a bank are written in, as BCP 47 has it; their explanations are in Thai."""

    THAI = "th", _("Thai")
    ENGLISH = "en", _("English")


class ItemBank(Bilingual):
    """A collection of items on one subject."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    # The law's last section (มาตรา), so that no item cites one that does not exist; empty: not about a law.
    max_section = models.PositiveSmallIntegerField(_("last section of the law"), null=True, blank=True)
    # So that a screen reader speaks the items with the right voice (WCAG 3.1.2).
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.THAI)

    class Meta:
        ordering = ("code",)


class Topic(Bilingual):
    """A part of a bank's subject (for the Act: one of its chapters); the unit of blueprints and scores."""

    bank = models.ForeignKey(ItemBank, models.CASCADE, related_name="topics")
    code = models.SlugField(_("code"), max_length=40)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("bank", "order")
        constraints = (models.UniqueConstraint(fields=("bank", "code"), name="topic_code_in_bank"),)


class Difficulty(models.TextChoices):
    """Intended difficulty."""

    EASY = "easy", _("Easy")
    MEDIUM = "medium", _("Medium")
    HARD = "hard", _("Hard")


class ItemStatus(models.TextChoices):
    """Life of an item version. Only approved versions are drawn into papers."""

    DRAFT = "draft", _("Draft")
    REVIEWED = "reviewed", _("Reviewed")
    APPROVED = "approved", _("Approved")
    RETIRED = "retired", _("Retired")


class Item(models.Model):
    """An item's identity; its wording lives in versions, which papers pin."""

    bank = models.ForeignKey(ItemBank, models.PROTECT, related_name="items")
    code = models.CharField(_("code"), max_length=40)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("code",)
        constraints = (models.UniqueConstraint(fields=("bank", "code"), name="item_code_in_bank"),)

    def __str__(self) -> str:
        return self.code


class Figure(models.Model):
    """A picture that items show, named by its content and never changed.

    What it shows in words is the version's to say: two items may ask different things about one picture.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    media_type = models.CharField(max_length=20)
    # In the database: a bank is backed up, moved and restored whole.
    data = models.BinaryField()
    # Pixels; what a page keeps free before the picture is drawn.
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    @property
    def data_url(self) -> str:
        """The picture as a data URL, for ``<img>``."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.data).decode()}"


class ItemVersionQuerySet(models.QuerySet["ItemVersion"]):
    """Queries over item versions."""

    def matching(self, text: str) -> Self:
        """Keep the versions in whose code, stem, options or explanation every word of `text` occurs.

        Substrings, since Thai is written without blanks between words.
        """
        found = self.annotate(options_text=Cast("options", models.TextField()))
        for word in tidy(text).split():
            found = found.filter(
                models.Q(item__code__icontains=word)
                | models.Q(stem__icontains=word)
                | models.Q(options_text__icontains=word)
                | models.Q(explanation__icontains=word)
            )
        return found


class ItemVersion(models.Model):
    """One wording of an item: stem, two to five options, one key. Immutable once approved."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"), default=1)
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="versions", verbose_name=_("topic"))
    # Section (มาตรา) of the Act the key rests on, and the paragraph inside it as written.
    section = models.PositiveSmallIntegerField(_("section"), null=True, blank=True)
    paragraph = models.CharField(_("paragraph"), max_length=60, blank=True)
    difficulty = models.CharField(_("difficulty"), max_length=6, choices=Difficulty)
    stem = models.TextField(_("stem"))
    options: "models.JSONField[list[str], list[str]]" = models.JSONField(
        _("options"), encoder=ReadableJSONEncoder
    )
    figure = models.ForeignKey(
        Figure, models.PROTECT, null=True, blank=True, related_name="versions", verbose_name=_("figure")
    )
    figure_alt = models.CharField(_("figure in words"), max_length=500, blank=True)
    # Index into `options`, from 0.
    key = models.PositiveSmallIntegerField(_("key"))
    explanation = models.TextField(_("explanation"), blank=True)
    status = models.CharField(_("status"), max_length=8, choices=ItemStatus, default=ItemStatus.DRAFT)
    # Counts the edits, so that of two editors the second is told instead of overwriting the first.
    revision = models.PositiveIntegerField(default=0)
    author = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("author"))
    created_at = models.DateTimeField(default=timezone.now)
    reviewed_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review_note = models.TextField(_("review note"), blank=True)
    approved_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    objects = ItemVersionQuerySet.as_manager()

    class Meta:
        ordering = ("item__code", "-number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("item", "number"), name="item_version_number"),
            models.UniqueConstraint(
                fields=("item",), name="item_one_approved_version", condition=models.Q(status="approved")
            ),
            models.UniqueConstraint(
                fields=("item",),
                name="item_one_version_in_work",
                condition=models.Q(status__in=("draft", "reviewed")),
            ),
            models.CheckConstraint(
                name="item_reviewed_by_a_second_person",
                condition=models.Q(reviewed_by__isnull=True) | ~models.Q(reviewed_by=models.F("author")),
            ),
            models.CheckConstraint(
                name="item_approved_by_a_second_person",
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("author")),
            ),
            models.CheckConstraint(
                name="item_approved_only_after_review",
                condition=~models.Q(status="approved") | models.Q(reviewed_by__isnull=False),
            ),
            models.CheckConstraint(name="item_key_is_an_option", condition=models.Q(key__lt=5)),
            models.CheckConstraint(
                name="item_figure_has_words",
                condition=models.Q(figure__isnull=True, figure_alt="")
                | (models.Q(figure__isnull=False) & ~models.Q(figure_alt="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item.code} v{self.number}"


class ItemImport(models.Model):
    """An uploaded list of items between its dry run and its import. Only its uploader sees it."""

    bank = models.ForeignKey(ItemBank, models.CASCADE, related_name="imports")
    filename = models.CharField(max_length=200)
    # ``[[number of the row in the sheet, {field: text}], …]`` as read, judged anew at every look.
    rows = models.JSONField(encoder=ReadableJSONEncoder)
    uploaded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True, blank=True)
