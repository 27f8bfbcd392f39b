"""Celery's own scheduler inside the web process, for the embedded default that has no broker.

With eager tasks nothing would run ``CELERY_BEAT_SCHEDULE``. So the ASGI process keeps Celery's embedded
beat in one thread: due tasks run there, one after another. Deployments with Redis run ``celery beat``
and ``celery worker`` instead, and this stays off.
"""

from typing import Any

import structlog
from celery import Celery
from celery.beat import EmbeddedService, Scheduler
from celery.exceptions import NotRegistered
from django.db import close_old_connections

log = structlog.get_logger(__name__)


class InlineScheduler(Scheduler):
    """Keeps the schedule in memory and runs due tasks in its own thread, without touching a broker."""

    # Celery asks for a producer before each task, which would open a connection to the broker.
    producer: Any = None

    def apply_entry(self, entry: Any, producer: Any = None) -> None:  # noqa: ARG002
        """Run one due task; what it raises goes to the log, and the schedule goes on.

        The thread lives as long as the process, so connections are checked around every task as
        Django does around every request.
        """
        close_old_connections()
        try:
            self.apply_async(entry, advance=False)
        except Exception:
            log.exception("scheduled_task_failed", entry=entry.name, task=entry.task)
        finally:
            close_old_connections()

    def send_task(self, *args: Any, **_options: Any) -> Any:
        """Refuse a scheduled task that no app defines; the broker that would take it does not exist."""
        raise NotRegistered(args[0])


class EmbeddedBeat:
    """Start and stop the scheduler's thread. `stop` returns once a running task has ended."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._thread: Any = None

    def start(self) -> None:
        """Start the schedule; its first tick comes one interval from now."""
        self._app.loader.import_default_modules()
        self._thread = EmbeddedService(self._app, thread=True, scheduler_cls=InlineScheduler)
        self._thread.start()
        log.info("embedded_beat_started", entries=sorted(self._app.conf.beat_schedule))

    def stop(self) -> None:
        """Stop the schedule and wait for its thread, at most about a second beyond a running task."""
        if self._thread is not None:
            self._thread.stop()
            self._thread.join()
            self._thread = None
            log.info("embedded_beat_stopped")
