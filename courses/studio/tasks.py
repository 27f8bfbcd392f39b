"""Background work of the studio. Every task may run twice."""

from celery import shared_task
from django.utils import timezone

from courses.studio.services import letters, publishing


@shared_task
def publish_due() -> int:
    """Publish the versions whose moment has come."""
    return publishing.publish_due(now=timezone.now())


@shared_task
def send_letters() -> int:
    """Send the letters that wait."""
    return letters.send_waiting(now=timezone.now())
