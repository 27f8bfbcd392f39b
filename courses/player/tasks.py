"""Background work of the player. Every task may run twice."""

from celery import shared_task
from django.utils import timezone

from courses.player.services import attempts, cmi5, launches


@shared_task
def submit_overdue_attempts() -> int:
    """Submit the tries at tests whose time is over."""
    return attempts.submit_overdue(now=timezone.now())


@shared_task
def abandon_lost_sessions() -> int:
    """Say of the sessions of packages that nobody ended that they were abandoned."""
    now = timezone.now()
    return cmi5.abandon_lost(now=now) + launches.abandon_lost(now=now)
