"""Sittings and the append-only answer journal."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exams.papers.models import Form
from learning.people.models import Person


class CloseReason(models.TextChoices):
    """How a sitting ended."""

    SUBMITTED = "submitted", _("Submitted by the candidate")
    DEADLINE = "deadline", _("Submitted by the system at the end of time")
    FORCED = "forced", _("Submitted by an officer")


class Sitting(models.Model):
    """One person sitting one form. The clock is here; the answers are in the journal."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="sittings")
    form = models.ForeignKey(Form, models.PROTECT, related_name="sittings")
    starts_at = models.DateTimeField(default=timezone.now)
    # The one deadline of this sitting, extra time included; the server's clock decides.
    deadline = models.DateTimeField(db_index=True)
    # Where the candidate goes from the receipt, an absolute path of the portal.
    return_path = models.CharField(max_length=200, default="/")
    # A copy of what the journal's last entry says, for queries; the journal is the authority.
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.CharField(max_length=10, choices=CloseReason, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("deadline",),
                name="sitting_open_by_deadline",
                condition=models.Q(closed_at__isnull=True),
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="sitting_deadline_after_start", condition=models.Q(deadline__gt=models.F("starts_at"))
            ),
        )


class EntryKind(models.IntegerChoices):
    """What a journal entry records."""

    OPEN = 1, _("Opened in a browser")
    ANSWER = 2, _("Answer or flag")
    SUBMIT = 3, _("Submitted by the candidate")
    DEADLINE = 4, _("Submitted by the system at the end of time")
    FORCED = 5, _("Submitted by an officer")


class JournalEntry(models.Model):
    """One entry of a sitting's journal. Written by `exams.seat.journal` only, never changed, never deleted.

    The primary key is what makes the journal safe with several writers: two processes can never both
    write entry `seq` of a sitting, so the chain cannot fork.
    """

    pk = models.CompositePrimaryKey("sitting_id", "seq")
    sitting = models.ForeignKey(Sitting, models.PROTECT, related_name="journal", db_index=False)
    seq = models.IntegerField()
    kind = models.SmallIntegerField(choices=EntryKind)
    # Position on the form, from 1; 0 for entries that are not answers.
    item = models.SmallIntegerField(default=0)
    # The option as shown, from 1; 0 means cleared.
    choice = models.SmallIntegerField(default=0)
    flag = models.BooleanField(default=False)
    # Milliseconds since the Unix epoch: the candidate's clock (evidence only) and the server's.
    client_ms = models.BigIntegerField(default=0)
    server_ms = models.BigIntegerField()
    # SHA-256 over the previous entry's hash and this entry; see exams/seat/chain.py.
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = (models.CheckConstraint(name="journal_seq_from_one", condition=models.Q(seq__gte=1)),)
