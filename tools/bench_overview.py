"""Measure what the pages of centres and of a whole round cost: ``make bench-overview``.

A throw-away database (PostgreSQL where ``DATABASE_URL`` names one, else SQLite) gets a round of 2,000 rooms
with 50 seats each in 100 centres; one seat in 50 is silent, one in 500 locked. Measured are one read of the
whole round and of one centre, which all who watch share for a second, and a poll that finds it read.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import F  # noqa: E402
from django.db.models.functions import Mod  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402
from django.utils import timezone  # noqa: E402

from exams.registration.models import Centre, Room, Round  # noqa: E402
from exams.room import overview  # noqa: E402
from exams.room.asgi import LiveConsole  # noqa: E402
from exams.room.overview import ScopeKey  # noqa: E402
from exams.room.scopes import Scope  # noqa: E402
from exams.seat.admissions import MAX_FAILURES  # noqa: E402
from exams.seat.models import Admission, Presence  # noqa: E402
from tools import benching  # noqa: E402
from tools.bench_console import SEATS, prepare  # noqa: E402

_CENTRES = 100
_READS, _POLLS = 15, 20_000
_SILENT, _LOCKED = 50, 500


def _spread(centres: int) -> None:
    """Put the rooms, which are all in one centre, into many, and let some seats call."""
    first = Centre.objects.get()
    made = [
        Centre(code=f"{n + 2}", name_th=f"ศูนย์ {n + 2}", province=first.province) for n in range(centres - 1)
    ]
    keys = [first.pk, *(centre.pk for centre in Centre.objects.bulk_create(made))]
    rooms = list(Room.objects.order_by("pk"))
    for index, room in enumerate(rooms):
        room.centre_id = keys[index % centres]
    Room.objects.bulk_update(rooms, ["centre"], batch_size=500)
    silent = Presence.objects.annotate(rest=Mod(F("sitting_id"), _SILENT)).filter(rest=0)
    silent.update(seen_ms=round(time.time() * 1000) - 300_000)
    locked = Admission.objects.annotate(rest=Mod(F("sitting_id"), _LOCKED)).filter(rest=1)
    locked.update(failures=MAX_FAILURES)
    # As autovacuum has done long before anybody asks.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _backend() -> int | None:
    """Return the process of the database that serves this connection, where it runs on this machine."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = int(cursor.fetchone()[0])
    return pid if Path(f"/proc/{pid}/stat").exists() else None


def _time(read: Callable[[], Any], name: str) -> dict[str, float]:
    read()
    backend, took = _backend(), []
    before, cpu = benching.cpu_seconds(backend) if backend else 0.0, time.process_time()
    for _ in range(_READS):
        start = time.perf_counter()
        read()
        took.append(time.perf_counter() - start)
    figures = {
        f"{name}_ms": median(took) * 1000,
        f"{name}_process_cpu_ms": (time.process_time() - cpu) / _READS * 1000,
    }
    if backend:
        figures[f"{name}_database_cpu_ms"] = (benching.cpu_seconds(backend) - before) / _READS * 1000
    return figures


async def _poll(token: str) -> float:
    """Return the CPU milliseconds of one poll of many who watch the same round, reads included."""
    app = LiveConsole()
    headers = [(b"authorization", f"Bearer {token}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/room/live", "headers": headers}

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    async def send(_message: object) -> None:
        return None

    await app(scope, receive, send)
    cpu = time.process_time()
    for _ in range(_POLLS):
        await app(scope, receive, send)
    used = time.process_time() - cpu
    await app.close()
    return used / _POLLS * 1000


def _measure(rooms: int) -> dict[str, Any]:
    prepare(rooms)
    _spread(min(_CENTRES, rooms))
    round_ = Round.objects.get()
    centre = Centre.objects.order_by("pk")[0]
    figures: dict[str, Any] = {"seats": rooms * SEATS, "centres": min(_CENTRES, rooms)}
    for name, key in (("round", ScopeKey(round_.pk, 0)), ("centre", ScopeKey(round_.pk, centre.pk))):

        def read(key: ScopeKey = key) -> Any:
            return overview.read([key], now=timezone.now())[key]

        figures |= _time(read, name)
        figures[f"{name}_reply_bytes"] = len(read().body)
    figures["poll_cpu_ms"] = asyncio.run(_poll(overview.issue_pass(Scope(round_))))
    return figures


def main() -> None:
    """Print the figures, and write them under ``var/bench/``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rooms", type=int, default=2000, help="rooms of 50 seats in 100 centres")
    rooms = parser.parse_args().rooms
    old = setup_databases(verbosity=0, interactive=False)
    try:
        figures = _measure(rooms)
    finally:
        teardown_databases(old, verbosity=0)
    day, machine = time.strftime("%Y-%m-%d"), benching.machine()
    report = {"date": day, "machine": machine, "database": connection.vendor} | figures
    for name, value in report.items():
        print(f"{name:26}{value if isinstance(value, str) else format(value, ',.2f'):>28}")
    folder = Path(settings.VAR_DIR) / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"overview-{connection.vendor}.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
