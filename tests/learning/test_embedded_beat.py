"""Celery's schedule inside the web process."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery

from learning.embedded_beat import EmbeddedBeat, InlineScheduler


@pytest.fixture
def app() -> Iterator[Celery]:
    """An eager Celery application whose broker cannot be reached: nothing may try."""
    app = Celery("test", broker="redis://127.0.0.1:1/0", set_as_current=False)
    app.conf.update(task_always_eager=True, task_eager_propagates=True, beat_schedule={})
    yield app
    app.close()


def schedule(app: Celery, name: str, function: Callable[[], None]) -> None:
    def run() -> None:
        function()

    task = app.task(name=name)(run)
    app.conf.beat_schedule[name] = {"task": task.name, "schedule": timedelta(milliseconds=20)}


def test_a_due_task_runs_again_and_again_without_a_broker(app: Celery):
    ran = threading.Semaphore(0)
    schedule(app, "count", ran.release)
    beat = EmbeddedBeat(app)
    beat.start()
    try:
        assert ran.acquire(timeout=10)
        assert ran.acquire(timeout=10)
    finally:
        beat.stop()


def test_nothing_runs_and_no_thread_is_left_after_stop(app: Celery):
    ran = threading.Event()
    schedule(app, "note", ran.set)
    beat = EmbeddedBeat(app)
    beat.start()
    assert ran.wait(timeout=10)
    beat.stop()
    ran.clear()
    assert "Beat" not in {thread.name for thread in threading.enumerate()}
    assert not ran.is_set()


def test_stop_without_start_does_nothing(app: Celery):
    EmbeddedBeat(app).stop()


def _scheduler(app: Celery) -> tuple[InlineScheduler, Callable[[str], None]]:
    scheduler = InlineScheduler(app, lazy=True)
    scheduler.setup_schedule()
    return scheduler, lambda name: scheduler.apply_entry(scheduler.schedule[name])


def test_a_failing_task_is_logged_and_the_next_one_runs(
    app: Celery, caplog: pytest.LogCaptureFixture, db: None
):
    def fail() -> None:
        raise ValueError("broken")

    ran: list[str] = []
    schedule(app, "break", fail)
    schedule(app, "work", lambda: ran.append("work"))
    _, apply = _scheduler(app)
    apply("break")
    apply("work")
    assert ran == ["work"]
    [event] = [record.msg for record in caplog.records if record.levelname == "ERROR"]
    assert _said(event, "scheduled_task_failed", "break")


def test_a_scheduled_task_that_no_app_defines_is_logged(
    app: Celery, caplog: pytest.LogCaptureFixture, db: None
):
    app.conf.beat_schedule["ghost"] = {"task": "nobody.defines", "schedule": timedelta(seconds=1)}
    _, apply = _scheduler(app)
    apply("ghost")
    [event] = [record.msg for record in caplog.records if record.levelname == "ERROR"]
    assert _said(event, "scheduled_task_failed", "ghost")


def _said(event: Any, name: str, entry: str) -> bool:
    return bool(event["event"] == name and event["entry"] == entry)
