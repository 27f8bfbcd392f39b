"""Letters about a version: written beside the step they tell of, sent by background work."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from courses.catalogue.models import CourseVersion
from courses.studio.models import Letter, LetterKind
from learning.people.models import Person

log = structlog.get_logger(__name__)

# A letter that the mail server refuses so often is given up; the step itself stands on the person's page.
MOST_FAILURES = 10


def write(version: CourseVersion, kind: LetterKind, persons: Iterable[Person], *, note: str = "") -> None:
    """Write a letter to each person who has an address, in the transaction of the step."""
    unique = {person.pk: person for person in persons if person.email and person.is_active}
    Letter.objects.bulk_create(
        Letter(version=version, person=person, kind=kind, note=note) for person in unique.values()
    )


def send_waiting(*, now: datetime) -> int:
    """Send what waits, one letter in one transaction; return how many went out.

    Two workers at once take different letters. One that a server refuses is tried again next time.
    """
    sent = 0
    waiting = Letter.objects.filter(sent_at=None, failures__lt=MOST_FAILURES)
    for key in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            letter = (
                waiting.filter(pk=key)
                .select_for_update(no_key=True, skip_locked=True, of=("self",))
                .select_related("person", "version__course")
                .first()
            )
            if letter is None:
                continue
            try:
                _message(letter).send()
            except OSError:
                log.exception("letter_not_sent", letter=key)
                letter.failures += 1
            else:
                letter.sent_at = now
                sent += 1
            letter.save(update_fields=["failures", "sent_at"])
    return sent


def _message(letter: Letter) -> EmailMessage:
    # In Thai, whatever language the person whose step it tells of reads.
    with translation.override("th"):
        address = reverse("studio:version", args=[letter.version.course.code, letter.version.number])
        context = {"letter": letter, "version": letter.version, "link": f"{settings.PUBLIC_ORIGIN}{address}"}
        subject, _blank, body = render_to_string(f"studio/letters/{letter.kind}.txt", context).partition("\n")
    return EmailMessage(subject.strip(), body.strip() + "\n", to=[letter.person.email])
