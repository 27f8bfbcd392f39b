"""Reminders by e-mail: each noted once, sent at most once, and to nobody who wants none."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse

from enrollment.errors import ReminderLinkInvalid
from enrollment.models import Enrolment, EnrolmentState, NoReminders, Reminder, ReminderKind
from enrollment.services.learning import with_progress
from learning import letters
from learning.people.models import Person

logger = logging.getLogger(__name__)

# Takes the keys of reminders that are to be sent in the background.
Queue = Callable[[list[int]], object]

CLOSES_WITHIN = timedelta(days=7)
IDLE_FOR = timedelta(days=7)
# What happened longer ago is no news any more, for example when reminders are switched on.
NEWS_FOR = timedelta(days=2)
IDLE_AT_MOST = timedelta(days=60)
# Two letters at once read like a mistake: what is due as well is noted a day later.
APART = timedelta(days=1)
# Three lessons of four.
NEARLY = 0.75
_PORTION = 50
_SIGNER = Signer(salt="enrollment.reminders", sep=".")


def due(kind: ReminderKind, *, now: datetime) -> QuerySet[Any]:
    """Return the enrolments that a reminder of this kind is due in, whether or not it has been sent."""
    learning: QuerySet[Any] = Enrolment.objects.filter(state=EnrolmentState.ENROLLED)
    is_open = Q(registration__closes_at=None) | Q(registration__closes_at__gt=now)
    has_opened = Q(registration__opens_at=None) | Q(registration__opens_at__lte=now - IDLE_FOR)
    if kind == ReminderKind.SEAT:
        found = learning.filter(
            enrolled_at__gt=Coalesce("decided_at", "queued_at"), enrolled_at__gte=now - NEWS_FOR
        )
    elif kind == ReminderKind.OPENING:
        found = learning.filter(
            registration__opens_at__lte=now,
            registration__opens_at__gte=now - NEWS_FOR,
            enrolled_at__lt=F("registration__opens_at"),
        )
    elif kind == ReminderKind.CLOSING:
        found = learning.filter(
            registration__closes_at__gt=now, registration__closes_at__lte=now + CLOSES_WITHIN
        )
    elif kind == ReminderKind.NOT_STARTED:
        found = learning.filter(
            has_opened,
            registration__last_active_at=None,
            enrolled_at__lte=now - IDLE_FOR,
            enrolled_at__gte=now - IDLE_AT_MOST,
        )
    else:
        idle = learning.filter(
            registration__last_active_at__lte=now - IDLE_FOR,
            registration__last_active_at__gte=now - IDLE_AT_MOST,
        )
        found = with_progress(idle).filter(units__gt=0, done__gte=F("units") * NEARLY)
    return found.filter(is_open, person__is_active=True, person__no_reminders=None).exclude(person__email="")


def note(*, now: datetime, queue: Queue) -> int:
    """Note whatever is due and was not noted before, and hand it on to be sent; return how many.

    Nobody is written to twice within a day about one course; which letter comes first is the order of kinds.
    """
    noted: list[int] = []
    for kind in ReminderKind:
        there = Reminder.objects.filter(Q(kind=kind) | Q(noted_at__gt=now - APART), enrolment=OuterRef("pk"))
        keys = due(kind, now=now).filter(~Exists(there)).order_by("pk").values_list("pk", flat=True)
        # Another worker may be noting the same: the constraint lets one through.
        Reminder.objects.bulk_create(
            [Reminder(enrolment_id=key, kind=kind, noted_at=now) for key in keys],
            ignore_conflicts=True,
            batch_size=1000,
        )
    noted += Reminder.objects.filter(sent_at=None, noted_at__gte=now - NEWS_FOR).values_list("pk", flat=True)
    for start in range(0, len(noted), _PORTION):
        portion = noted[start : start + _PORTION]
        transaction.on_commit(lambda keys=portion: queue(keys))  # type: ignore[misc]
    return len(noted)


def send(keys: Sequence[int], *, now: datetime) -> int:
    """Send these reminders over one connection; return how many went out.

    Each is marked before it is sent, so that a worker that dies sends none twice. An address that the mail
    server refuses is logged, and tried again by the next round.
    """
    sent = 0
    with get_connection() as connection:
        wanted = Reminder.objects.filter(pk__in=keys, sent_at=None, enrolment__person__no_reminders=None)
        for reminder in wanted.select_related(
            "enrolment__person", "enrolment__course", "enrolment__round", "enrolment__registration"
        ):
            if not Reminder.objects.filter(pk=reminder.pk, sent_at=None).update(sent_at=now):
                continue
            try:
                _letter(reminder, connection).send()
            except OSError:
                logger.exception("reminder not sent", extra={"reminder": reminder.pk})
                Reminder.objects.filter(pk=reminder.pk).update(sent_at=None)
                continue
            sent += 1
    return sent


def _letter(reminder: Reminder, connection: Any) -> EmailMessage:
    enrolment = reminder.enrolment
    origin = str(settings.PUBLIC_ORIGIN)
    stop = origin + reverse("enrollment:stop-reminders", args=[token(enrolment.person)])
    context = {
        "enrolment": enrolment,
        "kind": reminder.kind,
        "link": origin + reverse("catalogue:course", args=[enrolment.course.code]),
        "stop": stop,
    }
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return letters.compose(
        "enrollment/letters/reminder.txt",
        context,
        enrolment.person.email,
        headers=headers,
        connection=connection,
    )


# -- Who wants none ---------------------------------------------------------------------------------
def token(person: Person) -> str:
    """Return what stops somebody's reminders without signing in, and does nothing else."""
    return _SIGNER.sign(str(person.public_id))


def person_of(text: str) -> Person:
    """Return whose token it is. Raises ReminderLinkInvalid."""
    try:
        public_id = _SIGNER.unsign(text)
    except BadSignature:
        raise ReminderLinkInvalid from None
    found = Person.objects.filter(public_id=public_id).first()
    if found is None:
        raise ReminderLinkInvalid
    return found


def wants_reminders(person: Person) -> bool:
    """Say whether somebody gets reminders."""
    return not NoReminders.objects.filter(person=person).exists()


def choose(person: Person, *, wanted: bool) -> None:
    """Note whether somebody wants reminders."""
    if wanted:
        NoReminders.objects.filter(person=person).delete()
    else:
        NoReminders.objects.get_or_create(person=person)
