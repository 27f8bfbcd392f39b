"""Background work of enrolment. Every task may run twice."""

from collections.abc import Sequence

from celery import shared_task
from django.utils import timezone

from enrollment.services import completion, jobs, notices, reminders


@shared_task
def weigh_changed() -> int:
    """Complete who has all that a changed rule asks for now."""
    return completion.weigh_changed(now=timezone.now())


@shared_task
def weigh_all() -> int:
    """Complete whoever has all that is asked for and was not noticed."""
    return completion.weigh_all(now=timezone.now())


@shared_task
def run_job(key: str) -> None:
    """Do what an officer asked for."""
    jobs.run(key)


@shared_task
def remove_old_lists() -> int:
    """Remove the lists of learners that were kept long enough."""
    return jobs.remove_old_lists(now=timezone.now())


@shared_task
def note_reminders() -> int:
    """Note the reminders that are due, and have them sent."""
    return reminders.note(now=timezone.now(), queue=send_reminders.delay)


@shared_task
def send_reminders(keys: Sequence[int]) -> int:
    """Send these reminders."""
    return reminders.send(keys, now=timezone.now())


@shared_task
def send_notices() -> int:
    """Send the letters of requests that wait."""
    return notices.send_waiting(now=timezone.now())
