"""Letters of requests to learn: to the supervisor who is asked, to the learner when it is decided.

They are no reminders: who wants none of those gets these.
"""

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from enrollment.models import Enrolment, EnrolmentState, Notice, NoticeKind

logger = logging.getLogger(__name__)

# A letter that the mail server refuses so often is given up; the request stands on the person's page.
MOST_FAILURES = 10


def write(enrolment: Enrolment, kind: NoticeKind) -> None:
    """Write the letter of a step in its transaction, where whom it is for has an address."""
    person = enrolment.supervisor if kind == NoticeKind.ASKED else enrolment.person
    if person is not None and person.email and person.is_active:
        Notice.objects.create(enrolment=enrolment, person=person, kind=kind)


def send_waiting(*, now: datetime) -> int:
    """Send what waits, one letter in one transaction; return how many went out.

    Two workers at once take different letters. One that a server refuses is tried again next time. Nobody
    is asked any more for what was withdrawn or decided meanwhile.
    """
    sent = 0
    waiting = Notice.objects.filter(sent_at=None, failures__lt=MOST_FAILURES)
    for key in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            notice = (
                waiting.filter(pk=key)
                .select_for_update(no_key=True, skip_locked=True, of=("self",))
                .select_related(
                    "person", "enrolment__person__agency", "enrolment__course", "enrolment__round"
                )
                .first()
            )
            if notice is None:
                continue
            if notice.kind == NoticeKind.ASKED and notice.enrolment.state != EnrolmentState.REQUESTED:
                notice.delete()
                continue
            try:
                _message(notice).send()
            except OSError:
                logger.exception("notice not sent", extra={"notice": key})
                notice.failures += 1
            else:
                notice.sent_at = now
                sent += 1
            notice.save(update_fields=["failures", "sent_at"])
    return sent


def _message(notice: Notice) -> EmailMessage:
    enrolment = notice.enrolment
    # In Thai, whatever language the person whose step it tells of reads.
    with translation.override("th"):
        if notice.kind == NoticeKind.ASKED:
            address = reverse("enrollment:approval", args=[enrolment.pk])
        else:
            address = reverse("catalogue:course", args=[enrolment.course.code])
        context = {"notice": notice, "enrolment": enrolment, "link": f"{settings.PUBLIC_ORIGIN}{address}"}
        text = render_to_string(f"enrollment/letters/{notice.kind}.txt", context)
    subject, _blank, body = text.partition("\n")
    return EmailMessage(subject.strip(), body.strip() + "\n", to=[notice.person.email])
