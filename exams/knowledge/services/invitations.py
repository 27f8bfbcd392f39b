"""The staff list of an agency's round: who is on it, their links, letters and progress."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.signing import BadSignature, Signer
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.query import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exams.knowledge.errors import HasStarted, LinkExpired, LinkInvalid, RemindedLately
from exams.knowledge.models import Attempt, Invitation, Round, RoundStatus, new_nonce
from learning import letters
from learning.people import audit
from learning.people.models import Person

logger = logging.getLogger(__name__)

_LETTERS_PER_TASK = 50
# Takes the keys of invitations whose letters are to be sent in the background.
Queue = Callable[[list[int]], object]

# No second reminder to the same person within this time, however often the button is pressed.
REMINDER_GAP = timedelta(hours=1)
_SIGNER = Signer(salt="exams.knowledge.invitation", sep=".")


class Progress(models.TextChoices):
    """How far an invited person is."""

    NOT_STARTED = "not_started", _("Not started")
    SITTING = "sitting", _("Sitting now")
    NOT_PASSED = "not_passed", _("Done, not passed")
    PASSED = "passed", _("Passed")

    @property
    def kind(self) -> str:
        """How a status tag is coloured."""
        kinds = {"sitting": "info", "not_passed": "warning", "passed": "success"}
        return kinds.get(self.value, "neutral")


# -- Links ------------------------------------------------------------------------------------------
def link_token(invitation: Invitation) -> str:
    """Return what makes the link personal: the invitation's nonce and our signature."""
    return _SIGNER.sign(invitation.nonce)


def link_url(invitation: Invitation) -> str:
    """Return the whole personal link, for letters and lists."""
    return str(settings.PUBLIC_ORIGIN) + reverse("knowledge:invitation", args=[link_token(invitation)])


def open_link(token: str, *, now: datetime) -> Invitation:
    """Return the invitation of a link and note its first opening. Raises LinkInvalid, LinkExpired."""
    try:
        nonce = _SIGNER.unsign(token)
    except BadSignature:
        raise LinkInvalid from None
    invitation = Invitation.objects.select_related("round__test", "person").filter(nonce=nonce).first()
    if invitation is None:
        raise LinkInvalid
    if invitation.round.status(now) == RoundStatus.CLOSED:
        raise LinkExpired
    if invitation.opened_at is None:
        Invitation.objects.filter(pk=invitation.pk, opened_at__isnull=True).update(opened_at=now)
    return invitation


# -- The list ---------------------------------------------------------------------------------------
@transaction.atomic
def invite(round_: Round, persons: Iterable[int], *, actor: Person, now: datetime) -> int:
    """Put persons on a round's list; who is on it already stays as they are. Return how many are new."""
    before = round_.invitations.count()
    Invitation.objects.bulk_create(
        [
            Invitation(round=round_, person_id=pk, nonce=new_nonce(), invited_by=actor, invited_at=now)
            for pk in set(persons)
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    added = round_.invitations.count() - before
    audit.record(actor, "knowledge.staff_invited", round_, added=added)
    return added


@transaction.atomic
def withdraw(invitation: Invitation, *, actor: Person) -> None:
    """Take a person off the list, which ends their link. Raises HasStarted."""
    if Attempt.objects.filter(round=invitation.round_id, person=invitation.person_id).exists():
        raise HasStarted
    audit.record(actor, "knowledge.staff_withdrawn", invitation.round, person=invitation.person_id)
    invitation.delete()


def with_progress(
    round_: Round, *, states: Collection[str] = tuple(Progress.values), q: str = ""
) -> QuerySet[Invitation, Any]:
    """Return the list by name, each invitation annotated with `progress`.

    Keeps those in one of `states` whose first or last name holds `q`.
    """
    attempts = Attempt.objects.filter(round=OuterRef("round"), person=OuterRef("person"))
    progress = models.Case(
        models.When(Exists(attempts.filter(is_passed=True)), then=models.Value(Progress.PASSED)),
        models.When(Exists(attempts.filter(concluded_at__isnull=True)), then=models.Value(Progress.SITTING)),
        models.When(Exists(attempts), then=models.Value(Progress.NOT_PASSED)),
        default=models.Value(Progress.NOT_STARTED),
        output_field=models.CharField(max_length=12, choices=Progress.choices),
    )
    return (
        round_.invitations.select_related("person__agency")
        .annotate(progress=progress)
        .filter(Q(person__first_name__icontains=q) | Q(person__last_name__icontains=q), progress__in=states)
        .order_by("person__first_name", "person__last_name", "pk")
    )


def count_progress(round_: Round) -> dict[str, int]:
    """Return how many of the list are in each state, and in all, in one query."""
    counts: dict[str, int] = dict.fromkeys(Progress.values, 0)
    progress = models.F("progress")
    rows = with_progress(round_).order_by().values_list(progress).annotate(count=models.Count("pk"))
    counts.update(dict(rows))
    return counts | {"all": sum(counts.values())}


# -- Letters ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class LettersDue:
    """Who has had no letter yet: those who can get one, and those who have no address."""

    with_email: int
    without_email: int


def letters_due(round_: Round) -> LettersDue:
    """Count who has had no letter yet, in one query."""
    counts = round_.invitations.filter(sent_at__isnull=True).aggregate(
        with_email=models.Count("pk", filter=~Q(person__email="")),
        without_email=models.Count("pk", filter=Q(person__email="")),
    )
    return LettersDue(**counts)


@transaction.atomic
def send_links(round_: Round, *, actor: Person, queue: Queue) -> int:
    """Queue a letter to everybody on the list who has an e-mail address and has had none.

    Returns how many letters will go out.
    """
    unsent = round_.invitations.filter(sent_at__isnull=True).exclude(person__email="")
    due = list(unsent.order_by("pk").values_list("pk", flat=True))
    audit.record(actor, "knowledge.links_sent", round_, letters=len(due))
    if due:
        transaction.on_commit(lambda: _enqueue(due, queue))
    return len(due)


@transaction.atomic
def remind(round_: Round, *, actor: Person, queue: Queue, now: datetime) -> int:
    """Queue a reminder to all who are not done, have an address and had no letter within the last hour.

    Returns how many letters will go out. Raises RemindedLately when there are none.
    """
    due = list(
        with_progress(round_, states=(Progress.NOT_STARTED, Progress.SITTING))
        .exclude(person__email="")
        .filter(Q(reminded_at__isnull=True) | Q(reminded_at__lt=now - REMINDER_GAP))
        .filter(Q(sent_at__isnull=True) | Q(sent_at__lt=now - REMINDER_GAP))
        .values_list("pk", flat=True)
    )
    if not due:
        raise RemindedLately
    Invitation.objects.filter(pk__in=due).update(reminded_at=now)
    audit.record(actor, "knowledge.staff_reminded", round_, letters=len(due))
    transaction.on_commit(lambda: _enqueue(due, queue))
    return len(due)


def _enqueue(due: list[int], queue: Queue) -> None:
    # A worker that dies has its task run again, so at most one portion of the letters goes out twice.
    for start in range(0, len(due), _LETTERS_PER_TASK):
        queue(due[start : start + _LETTERS_PER_TASK])


def deliver(invitations: Sequence[int], *, now: datetime) -> int:
    """Send the letters of these invitations over one connection; return how many went out.

    An address that the mail server refuses is logged and does not hold up the others; its `sent_at`
    stays empty, so that sending again tries it again.
    """
    wanted = (
        Invitation.objects.filter(pk__in=invitations)
        .exclude(person__email="")
        .select_related("person", "round__test", "round__definition")
    )
    sent = []
    with get_connection() as connection:
        for invitation in wanted:
            try:
                _letter(invitation, connection).send()
            except OSError:
                logger.exception("letter not sent", extra={"invitation": invitation.pk})
                continue
            sent.append(invitation.pk)
    Invitation.objects.filter(pk__in=sent).update(sent_at=models.functions.Coalesce(F("sent_at"), now))
    return len(sent)


def _letter(invitation: Invitation, connection: Any) -> EmailMessage:
    context = {"invitation": invitation, "link": link_url(invitation)}
    template = "knowledge/letters/invitation.txt"
    return letters.compose(template, context, invitation.person.email, connection=connection)
