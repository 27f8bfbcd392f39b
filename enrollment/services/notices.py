"""Letters of requests to learn: to the supervisor who is asked, to the learner when it is decided.

They are no reminders: who wants none of those gets these.
"""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from enrollment.models import Enrolment, EnrolmentState, Notice, NoticeKind
from learning import letters


def write(enrolment: Enrolment, kind: NoticeKind) -> None:
    """Write the letter of a step in its transaction, where whom it is for has an address."""
    person = enrolment.supervisor if kind == NoticeKind.ASKED else enrolment.person
    if person is not None and person.email and person.is_active:
        Notice.objects.create(enrolment=enrolment, person=person, kind=kind)


def send_waiting(*, now: datetime) -> int:
    """Send what waits; return how many went out."""
    related = ("person", "enrolment__person__agency", "enrolment__course", "enrolment__round")
    return letters.send_waiting(Notice.objects.select_related(*related), _message, now=now)


def _message(notice: Notice) -> EmailMessage | None:
    """Return the letter; nobody is asked any more for what was withdrawn or decided meanwhile."""
    enrolment = notice.enrolment
    if notice.kind == NoticeKind.ASKED and enrolment.state != EnrolmentState.REQUESTED:
        return None
    if notice.kind == NoticeKind.ASKED:
        address = reverse("enrollment:approval", args=[enrolment.pk])
    else:
        address = reverse("catalogue:course", args=[enrolment.course.code])
    context = {"notice": notice, "enrolment": enrolment, "link": f"{settings.PUBLIC_ORIGIN}{address}"}
    return letters.compose(f"enrollment/letters/{notice.kind}.txt", context, notice.person.email)
