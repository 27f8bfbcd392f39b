"""Measure how long the lost-time ledger and the check before a release take, in a throw-away test database.

One candidate in ten was silent for five minutes, one in fifty changed machine; everybody answered 100 times.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_databases, teardown_databases  # noqa: E402

from exams.registration.models import Placement, Round  # noqa: E402
from exams.room.ledger_words import table  # noqa: E402
from exams.room.scopes import Scope  # noqa: E402
from exams.room.services import lost_time, release  # noqa: E402
from exams.room.simulator import Problem  # noqa: E402
from exams.seat.journal import to_ms  # noqa: E402
from exams.seat.models import Admission, EntryKind, JournalEntry, Presence, Silence  # noqa: E402
from learning.bulk import insert_new  # noqa: E402
from learning.spreadsheets import stream_csv  # noqa: E402
from tools.bench_placing import measure as make_round  # noqa: E402

_ANSWERS = 100
_STEP_MS = 60_000
_COLUMNS = ("sitting_id", "seq", "kind", "item", "choice", "flag", "client_ms", "server_ms", "hash")
_SILENT, _MOVED = 10, 50


def _entries(sittings: list[int], start: int) -> Iterator[tuple[Any, ...]]:
    for index, sitting in enumerate(sittings):
        yield sitting, 1, int(EntryKind.OPEN), 0, 0, False, 0, start - _STEP_MS, b""
        for n in range(_ANSWERS):
            at = start + (n + 1) * _STEP_MS
            is_opening = n == _ANSWERS // 2 and index % _MOVED == 0
            kind = EntryKind.OPEN if is_opening else EntryKind.ANSWER
            yield sitting, n + 2, int(kind), 0 if is_opening else n + 1, 1, False, at, at, b""


def _fill(round_: Round) -> None:
    start = to_ms(round_.starts_at)
    rows = list(round_.placements.order_by("pk").values_list("sitting", "candidate__number"))
    sittings = [sitting for sitting, _number in rows]
    for first in range(0, len(sittings), 2000):
        insert_new(JournalEntry, _COLUMNS, _entries(sittings[first : first + 2000], start))
    Admission.objects.bulk_create(
        (
            Admission(sitting_id=pk, number=number, code="ABC234", issued_at=round_.doors_open_at)
            for pk, number in rows
        ),
        batch_size=5000,
    )
    Presence.objects.bulk_create(
        (
            Presence(
                sitting_id=pk,
                seen_ms=start + _ANSWERS * _STEP_MS,
                loads=1,
                generation=_ANSWERS // 2 + 2 if index % _MOVED == 0 else 1,
            )
            for index, pk in enumerate(sittings)
        ),
        batch_size=5000,
    )
    gap = (start + 20 * _STEP_MS + 1000, start + 25 * _STEP_MS + 1000)
    Silence.objects.bulk_create(
        (Silence(sitting_id=pk, from_ms=gap[0], to_ms=gap[1]) for pk in sittings[1::_SILENT]), batch_size=5000
    )
    # What the machine kept in the gap: every second such candidate lost nothing.
    for pk in sittings[1 :: 2 * _SILENT]:
        JournalEntry.objects.filter(sitting=pk, server_ms__gt=gap[0], server_ms__lt=gap[1]).delete()


def _measure_large(round_: Round, now: datetime) -> dict[str, Any]:
    """Measure what the page and the file of a large round take; before anything else takes memory."""
    start = time.perf_counter()
    centres = lost_time.sums(Scope(round_))
    figures: dict[str, Any] = {"sums_seconds": round(time.perf_counter() - start, 2), "centres": len(centres)}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, cpu, size = time.perf_counter(), time.process_time(), 0
    for piece in stream_csv(*table(lost_time.walk(Placement.objects.filter(round=round_), now=now))):
        if not size:
            figures["first_piece_seconds"] = round(time.perf_counter() - start, 2)
        size += len(piece)
    figures["file_seconds"] = round(time.perf_counter() - start, 2)
    figures["file_cpu_seconds"] = round(time.process_time() - cpu, 2)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return figures | {"file_bytes": size, "file_grown_mb": grown // 1024}


def _measure(count: int) -> dict[str, Any]:
    make_round(count)
    round_ = Round.objects.latest("pk")
    _fill(round_)
    # As autovacuum has done long before anybody asks.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    figures: dict[str, Any] = {"seats": count, "entries": JournalEntry.objects.count()}
    now = round_.starts_at + timedelta(minutes=_ANSWERS)
    figures |= _measure_large(round_, now)
    with CaptureQueriesContext(connection) as queries:
        start, cpu = time.perf_counter(), time.process_time()
        lines = lost_time.read(Placement.objects.filter(round=round_), now=now)
        figures["ledger_seconds"] = round(time.perf_counter() - start, 2)
        figures["ledger_cpu_seconds"] = round(time.process_time() - cpu, 2)
    figures |= {"ledger_queries": len(queries), "affected": len(lines)}
    with CaptureQueriesContext(connection) as queries:
        start = time.perf_counter()
        verdict = release.check_round(round_)
        figures["check_seconds"] = round(time.perf_counter() - start, 2)
    figures |= {"check_queries": len(queries), "problems": sum(len(verdict.problems[p]) for p in Problem)}
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return figures


def main() -> None:
    """Print the figures, and write them under ``var/bench/``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seats", type=int, default=10_000)
    count = parser.parse_args().seats
    old = setup_databases(verbosity=0, interactive=False)
    try:
        figures = {"database": connection.vendor} | _measure(count)
    finally:
        teardown_databases(old, verbosity=0)
    print(json.dumps(figures))
    folder = Path(settings.VAR_DIR) / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"lost-time-{connection.vendor}.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
