"""Reports of runs that nobody played, with figures that are easy to reckon with."""

from __future__ import annotations

from typing import Any

DAY: dict[str, Any] = {
    "date": "2026-11-21T12:00:00+00:00",
    "command": "python -m loadtest --seats 1000",
    "machine": "a machine, 2 cores, 24 GB",
    "verdict": "passed",
    "seats": 1000,
    "minutes": 10,
    "failures": 0,
    "lost": 0,
    "altered": 0,
    "mismarked": 0,
    "check_in_s": 2.3,
    "journal_bytes_per_answer": 200.0,
    "server_ms": {"steady": 12.0},
    "phases": {
        "check-in": 0.0,
        "waiting": 30.0,
        "storm": 40.0,
        "steady": 60.0,
        "last": 120.0,
        "after": 170.0,
    },
    "latency_ms": {
        "storm": {"requests": 1000, "failures": 0, "p50": 1, "p95": 2, "p99": 300, "max": 4},
        "steady": {"requests": 6000, "failures": 0, "p50": 1, "p95": 2, "p99": 30, "max": 4},
        "last": {"requests": 2000, "failures": 2, "p50": 1, "p95": 2, "p99": 200, "max": 4},
    },
    "extra_time": {"given": 10, "heard": 10, "offline": 0, "unheard": 0, "p99_ms": 12_000, "max_ms": 25_000},
    "processes": {"service": {"cpu_s": 10.0, "peak_mb": 100}},
    "each_process": {
        "service 1": {"group": "service", "cpu_s": 6.0, "peak_mb": 55},
        "service 2": {"group": "service", "cpu_s": 4.0, "peak_mb": 45},
    },
    "steady": {
        "seconds": 60.0,
        "answers": 3000,
        "cpu_s": {"service": 6.0, "database": 3.0},
        "cpu_ms_per_answer": 0.2,
    },
}
FULL_DAY = DAY | {"seats": 100_000, "check_in_s": 230.0}
