"""Background work of results. Every task may run twice."""

from celery import shared_task
from django.utils import timezone

from exams.results.services import concluding, releasing, telling


@shared_task
def conclude_due() -> int:
    """Conclude the rounds in which everybody has submitted."""
    return concluding.conclude_due(now=timezone.now())


@shared_task
def certify_released() -> int:
    """Certify those who passed, then tell the learning records; their trouble holds no certificate up."""
    now = timezone.now()
    certified = releasing.certify_released(now=now)
    telling.tell_due(now=now)
    return certified
