"""Sittings, the append-only answer journal, the clock, admissions, and what is known of the machines."""

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
    # Set while the clock stands still; resuming moves the deadline by as long as it stood.
    paused_at = models.DateTimeField(null=True, blank=True)
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
    # The option as shown, from 1; 0 means cleared. Of a submission: 1 when the page did it at its end.
    choice = models.SmallIntegerField(default=0)
    flag = models.BooleanField(default=False)
    # Milliseconds since the Unix epoch: the candidate's clock (evidence only) and the server's.
    client_ms = models.BigIntegerField(default=0)
    server_ms = models.BigIntegerField()
    # SHA-256 over the previous entry's hash and this entry; see exams/seat/chain.py.
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = (models.CheckConstraint(name="journal_seq_from_one", condition=models.Q(seq__gte=1)),)


class ClockChange(models.TextChoices):
    """What was done to a sitting's clock."""

    EXTRA = "extra", _("Extra time")
    PAUSE = "pause", _("Paused")
    RESUME = "resume", _("Resumed")
    START = "start", _("Start moved")
    FORCED = "forced", _("Submitted by an officer")
    MOVED = "moved", _("Moved to another machine")


class ClockEvent(models.Model):
    """One change of a sitting's clock, written in the transaction that makes it; never changed or deleted.

    It is the evidence of who gave whom how much time and why, and it is the feed from which every process
    of the seat service learns of the change (`exams.seat.feed`).
    """

    sitting = models.ForeignKey(Sitting, models.PROTECT, related_name="clock_events")
    kind = models.CharField(max_length=6, choices=ClockChange)
    at = models.DateTimeField()
    # By how much the deadline moved, in milliseconds; a pause shows it when it ends.
    delta_ms = models.BigIntegerField(default=0)
    actor = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ("pk",)


class Admission(models.Model):
    """The one-time code with which an admitted candidate opens their sitting; one row a sitting.

    The row is replaced when a new code is given, so that an old one stops working.
    """

    sitting = models.OneToOneField(Sitting, models.PROTECT, primary_key=True, related_name="admission")
    # What the candidate types beside the code: the candidate number.
    number = models.CharField(max_length=20, unique=True)
    code = models.CharField(max_length=8)
    issued_at = models.DateTimeField()
    # When the candidate was admitted first; a new code, after a move or a lock, leaves it.
    admitted_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    # The page that used it, which may ask again when the reply was lost.
    nonce = models.CharField(max_length=32, blank=True)
    # How often the code opened the sitting: once, and again for each time that the page asked again.
    uses = models.PositiveSmallIntegerField(default=0, db_default=0)
    # Wrong codes typed since this one was given; past the limit the code is dead.
    failures = models.PositiveSmallIntegerField(default=0)


class Presence(models.Model):
    """What the service last heard from a sitting's machine. Written in groups, about a second late."""

    sitting = models.OneToOneField(Sitting, models.PROTECT, primary_key=True, related_name="presence")
    # Server milliseconds of the last message.
    seen_ms = models.BigIntegerField(db_index=True)
    answered = models.SmallIntegerField(default=0)
    flagged = models.SmallIntegerField(default=0)
    # Answers that the machine had kept and not yet sent when it wrote this message.
    unsent = models.IntegerField(default=0)
    # The machine's calendar minus the server's, in milliseconds.
    drift_ms = models.BigIntegerField(default=0)
    # How often the page was loaded, and how often the candidate left its window.
    loads = models.IntegerField(default=0)
    left = models.IntegerField(default=0)
    # The machine keeps answers on its own disk while the network is away.
    is_durable = models.BooleanField(default=False)
    # False while it waits for a sealed paper that it has not got. The database's default is for processes
    # that do not know of it yet, in the minutes of an upgrade.
    has_paper = models.BooleanField(default=True, db_default=True)
    # Which opening the machine works under; it grows when the sitting moves to another one.
    generation = models.IntegerField(default=0)


class Silence(models.Model):
    """A gap between two messages of one machine, longer than any heartbeat takes. Server milliseconds."""

    sitting = models.ForeignKey(Sitting, models.PROTECT, related_name="silences")
    from_ms = models.BigIntegerField()
    to_ms = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("sitting", "from_ms"), name="silence_once"),)
