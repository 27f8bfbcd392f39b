"""Results of marked sittings."""

from django.db import models
from django.utils import timezone

from exams.seat.models import Sitting


class Result(models.Model):
    """The mark of one closed sitting, computed from its journal; one per sitting.

    `topics` is a list of ``{"topic": Topic pk, "score": int, "max": int}`` in the order of the bank, and
    `sections` one of ``{"score": int, "max": int}`` in the order of the paper; an undivided paper has one.
    `chain_head` ties the mark to the journal it was computed from.
    """

    sitting = models.OneToOneField(Sitting, models.PROTECT, related_name="result")
    score = models.PositiveSmallIntegerField()
    max_score = models.PositiveSmallIntegerField()
    answered = models.PositiveSmallIntegerField()
    topics = models.JSONField()
    sections = models.JSONField(default=list)
    # Whether anybody ever opened the paper; where nobody did, the candidate was absent.
    was_opened = models.BooleanField(default=True)
    chain_head = models.CharField(max_length=64)
    # The hash of the sitting's receipt as a leaf of its round's tree (exams/seat/merkle.py).
    receipt_leaf = models.BinaryField(max_length=32, default=bytes)
    marked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="result_score_in_range", condition=models.Q(score__lte=models.F("max_score"))
            ),
        )
