"""Background work on the record store."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from learning.records.services import outbox, partitions

_KEPT = timedelta(days=30)


@shared_task
def make_months() -> None:
    """Make the parts of the tables of statements that the next months need."""
    partitions.make_months(timezone.now())


@shared_task
def deliver() -> None:
    """Store the statements that wait in the outbox; what is there already is one look."""
    outbox.deliver(timezone.now())


@shared_task
def remove_delivered() -> None:
    """Delete entries of the outbox that were delivered a month ago."""
    outbox.remove_delivered(timezone.now() - _KEPT)
