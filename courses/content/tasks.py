"""Background work over uploads."""

import threading
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.utils import timezone

from courses.content.services import packages, uploads


@shared_task
def check_upload(upload_id: str) -> None:
    """Hand a complete upload to whoever asked for it."""
    uploads.check(UUID(upload_id))


@shared_task
def tend_uploads() -> None:
    """Begin checks that a killed process left, and remove what nobody goes on with."""
    for upload_id in uploads.waiting_for_check():
        start_check(upload_id)
    now = timezone.now()
    uploads.sweep(now=now)
    packages.remove_abandoned(now=now)


def start_check(upload_id: UUID) -> None:
    """Check beside the request; where Celery is eager, in a thread of this process.

    Should the process die, `tend_uploads` begins again.
    """
    if not settings.CELERY_TASK_ALWAYS_EAGER:
        check_upload.delay(str(upload_id))
        return

    def work() -> None:
        try:
            uploads.check(upload_id)
        finally:
            connection.close()

    threading.Thread(target=work, name=f"upload-{upload_id}", daemon=True).start()
