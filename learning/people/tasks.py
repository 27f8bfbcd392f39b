"""Background work over persons."""

import threading
from collections.abc import Callable

import structlog
from celery import Task, shared_task
from django.conf import settings
from django.db import connection, transaction

from learning.people.imports import batches
from learning.people.models import BatchStatus, ImportBatch

log = structlog.get_logger(__name__)


@shared_task
def check_batch(batch_id: int) -> None:
    """Check the rows of an uploaded list."""
    batches.check_batch(batch_id)


@shared_task
def import_batch(batch_id: int) -> None:
    """Import the good rows of a list."""
    batches.import_batch(batch_id)


@shared_task
def revert_batch(batch_id: int) -> None:
    """Undo an import."""
    batches.revert_batch(batch_id)


@shared_task
def send_links(batch_id: int) -> None:
    """Send links to set a password to the persons that an import added."""
    batches.send_links(batch_id)


_WORK = {
    BatchStatus.CHECKING: check_batch,
    BatchStatus.IMPORTING: import_batch,
    BatchStatus.UNDOING: revert_batch,
}


def start_work(batch: ImportBatch) -> None:
    """Start the work that the batch's status asks for."""
    run(_WORK[BatchStatus(batch.status)], batch)


def run(task: Task[[int], None], batch: ImportBatch) -> None:
    """Run a task over a batch beside the request, after commit.

    Where Celery is eager a task would run inside the request and the page would hang until the last
    row, so a thread of this process does the work. Should the process die, the batch's page offers to
    go on.
    """
    if settings.CELERY_TASK_ALWAYS_EAGER:
        transaction.on_commit(lambda: _in_thread(task.run, batch.pk))
    else:
        transaction.on_commit(lambda: task.delay(batch.pk))


def _in_thread(work: Callable[[int], None], batch_id: int) -> None:
    def logged() -> None:
        try:
            work(batch_id)
        except Exception:
            log.exception("import_failed", batch=batch_id)
            raise
        finally:
            connection.close()

    threading.Thread(target=logged, name=f"import-{batch_id}", daemon=True).start()
