"""Forms: assembled papers, pinned to item versions and rebuildable from a recorded seed."""

from django.db import models
from django.utils import timezone


class Form(models.Model):
    """An assembled paper. Immutable: the database row is written once and named by its content.

    `layout` is the recipe, one entry per position: ``{"version": ItemVersion pk, "order": [option
    indices in the order shown]}``. `paper` is what a candidate sees, in the shape of
    `exams.papers.assembly.Paper`; the answer key is in neither.
    """

    sha256 = models.CharField(max_length=64, db_index=True)
    seed = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    layout = models.JSONField()
    paper = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.title} ({self.sha256[:12]})"
