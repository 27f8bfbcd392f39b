"""Background work of the knowledge tests. Every task may run twice."""

from collections.abc import Sequence

from celery import shared_task
from django.utils import timezone

from exams.knowledge.services import invitations, results


@shared_task
def conclude_closed() -> int:
    """Conclude the attempts whose sittings have closed."""
    return results.conclude_closed(now=timezone.now())


@shared_task
def send_letters(keys: Sequence[int]) -> int:
    """Send the letters of these invitations."""
    return invitations.deliver(keys, now=timezone.now())
