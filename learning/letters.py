"""Letters by e-mail: written from a template, and those that wait beside the step they tell of, sent."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import structlog
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

log = structlog.get_logger(__name__)

# A letter that the mail server refuses so often is given up; what it tells of stands on the person's page.
MOST_FAILURES = 10


class WaitingLetter(models.Model):
    """A letter to be sent: written in the transaction of a step, so that neither is without the other."""

    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    # How often the mail server refused it.
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True


Waiting = TypeVar("Waiting", bound=WaitingLetter)


def compose(template: str, context: Mapping[str, Any], to: str, **options: Any) -> EmailMessage:
    """Return a letter in Thai, whatever language the person whose step it tells of reads.

    The first line of the template is the subject; `options` are those of `EmailMessage`.
    """
    with translation.override("th"):
        text = render_to_string(template, dict(context))
    subject, _blank, body = text.strip().partition("\n")
    return EmailMessage(subject.strip(), body.strip() + "\n", to=[to], **options)


def send_waiting(
    letters: models.QuerySet[Waiting], write: Callable[[Waiting], EmailMessage | None], *, now: datetime
) -> int:
    """Send what waits among the letters, each in a transaction; return how many went out.

    Two workers at once take different letters. One that a server refuses is tried again next time; one for
    which nothing is to be written any more is deleted.
    """
    sent = 0
    waiting = letters.filter(sent_at=None, failures__lt=MOST_FAILURES)
    for key in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            letter = (
                waiting.filter(pk=key).select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
            )
            if letter is None:
                continue
            message = write(letter)
            if message is None:
                letter.delete()
                continue
            try:
                message.send()
            except OSError:
                log.exception("letter_not_sent", letter=letter._meta.label, key=key)
                letter.failures += 1
            else:
                letter.sent_at = now
                sent += 1
            letter.save(update_fields=["failures", "sent_at"])
    return sent
