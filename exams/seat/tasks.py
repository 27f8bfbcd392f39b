"""Background work of the seat service."""

from celery import shared_task
from django.utils import timezone

from exams.seat import services


@shared_task
def finalise_overdue() -> int:
    """Submit what is past its deadline; Celery beat calls this every few seconds."""
    return services.finalise_overdue(now=timezone.now())
