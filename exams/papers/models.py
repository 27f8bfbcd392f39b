"""Forms: assembled papers, pinned to item versions and rebuildable from a recorded seed."""

from django.db import models
from django.utils import timezone

from exams.bank.fields import ReadableJSONEncoder


class Pool(models.Model):
    """The item versions that could be drawn at one moment, named by their hash.

    Kept apart from the forms because thousands of forms are drawn between two changes of a bank. An
    entry is ``[ItemVersion pk, Topic pk, difficulty, number of options]``.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    entries = models.JSONField()


class Form(models.Model):
    """An assembled paper. Immutable: the database row is written once and named by its content.

    `layout` is the recipe, one entry per position: ``{"version": ItemVersion pk, "order": [option
    indices in the order shown]}``. `paper` is what a candidate sees, in the shape of
    `exams.papers.assembly.Paper`; the answer key is in neither. `draw` is what was asked for, in
    the shape of `exams.papers.assembly.Draw`.
    """

    sha256 = models.CharField(max_length=64, db_index=True)
    seed = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    layout = models.JSONField()
    paper = models.JSONField(encoder=ReadableJSONEncoder)
    # Both empty for a paper that was set by hand.
    pool = models.ForeignKey(Pool, models.PROTECT, null=True, blank=True, related_name="forms")
    draw = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.title} ({self.sha256[:12]})"


MAX_FORMS = 24


class Envelope(models.Model):
    """The sealed parallel forms of a round. One code, its paper key, opens them all."""

    title = models.CharField(max_length=200)
    # The secret behind the code, encrypted with a key derived from SEAT_KEY; never kept in clear.
    sealed_secret = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.title


class SealedPaper(models.Model):
    """One form as a bundle: an encrypted file in the storage "papers", named by the SHA-256 of its bytes."""

    envelope = models.ForeignKey(Envelope, models.PROTECT, related_name="papers")
    form = models.OneToOneField(Form, models.PROTECT, related_name="sealed")
    # Which of the parallel forms, from 0; `exams.papers.neighbours` deals these to seats.
    index = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64, unique=True)
    # Bytes.
    size = models.PositiveIntegerField()

    class Meta:
        ordering = ("envelope", "index")
        constraints = (
            models.UniqueConstraint(fields=("envelope", "index"), name="sealed_paper_index"),
            models.CheckConstraint(
                name="sealed_paper_index_in_range", condition=models.Q(index__lt=MAX_FORMS)
            ),
        )
