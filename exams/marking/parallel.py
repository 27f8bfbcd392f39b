"""Mark many sittings in several processes, since a process of Python folds on one core."""

import multiprocessing
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Share:
    """What one process did. Memory at its peak, in bytes; the database's processor time is not in it."""

    marked: int
    seconds: float
    cpu_seconds: float
    peak_memory: int


def mark_in_processes(sittings: Sequence[int], processes: int, *, now: datetime) -> list[Share]:
    """Mark as `services.mark_many` does, a part of the sittings in each process.

    Not for Celery's workers, which may not have children.
    """
    parts = [
        sittings[n * len(sittings) // processes : (n + 1) * len(sittings) // processes]
        for n in range(processes)
    ]
    # Spawned, because a forked process would share its parent's connection to the database.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(_mark, parts, [now] * processes))


def _mark(sittings: Sequence[int], now: datetime) -> Share:
    import django

    django.setup()
    from exams.marking.services import mark_many

    began, before = time.perf_counter(), time.process_time()
    marked = mark_many(sittings, now=now)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Share(marked, time.perf_counter() - began, time.process_time() - before, peak)
