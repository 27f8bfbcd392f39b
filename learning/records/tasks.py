"""Background work on the record store."""

import threading
from datetime import timedelta

import structlog
from celery import shared_task
from django.conf import settings
from django.db import connections
from django.utils import timezone

from learning.records.services import forwarding, outbox, partitions

log = structlog.get_logger(__name__)

_KEPT = timedelta(days=30)


@shared_task
def make_months() -> None:
    """Make the parts of the tables of statements that the next months need."""
    partitions.make_months(timezone.now())


@shared_task
def weigh_tables() -> None:
    """Let the database look anew at what the tables of statements hold."""
    partitions.weigh()


@shared_task
def deliver() -> None:
    """Store the statements that wait in the outbox; what is there already is one look."""
    outbox.deliver(timezone.now())


@shared_task
def remove_delivered() -> None:
    """Delete entries of the outbox that were delivered a month ago."""
    outbox.remove_delivered(timezone.now() - _KEPT)


@shared_task
def forward() -> None:
    """Send what waits to each of the stores that it is forwarded to."""
    for destination in forwarding.due(timezone.now()):
        if settings.CELERY_TASK_ALWAYS_EAGER:
            # The one thread of the schedule closes sittings as well, and must not wait for another server.
            threading.Thread(target=_forward_in_thread, args=(destination,), daemon=True).start()
        else:
            forward_to.delay(destination)


@shared_task
def forward_to(destination: int) -> None:
    """Send what waits to one store."""
    forwarding.forward(destination, now=timezone.now())


def _forward_in_thread(destination: int) -> None:
    try:
        forward_to(destination)
    except Exception:
        log.exception("records.forwarding_failed", destination=destination)
    finally:
        connections.close_all()
