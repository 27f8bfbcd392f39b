"""The page of figures is written from reports, and says what was not measured."""

from __future__ import annotations

from typing import Any

import pytest

from loadtest.performance import PAGE, fill, latencies, promises, sizing, use

DAY: dict[str, Any] = {
    "date": "2026-11-21T12:00:00+00:00",
    "command": "python -m loadtest --seats 1000",
    "machine": "a machine",
    "verdict": "passed",
    "seats": 1000,
    "minutes": 10,
    "failures": 0,
    "lost": 0,
    "altered": 0,
    "mismarked": 0,
    "check_in_s": 12.3,
    "journal_bytes_per_answer": 200.0,
    "server_ms": {"steady": 12.0},
    "phases": {"last": 100.0, "after": 150.0},
    "latency_ms": {
        "storm": {"requests": 1000, "failures": 0, "p50": 1, "p95": 2, "p99": 300, "max": 4},
        "steady": {"requests": 6000, "failures": 0, "p50": 1, "p95": 2, "p99": 30, "max": 4},
        "last": {"requests": 2000, "failures": 2, "p50": 1, "p95": 2, "p99": 200, "max": 4},
    },
    "processes": {"service": {"cpu_s": 10.0, "peak_mb": 100}},
    "steady": {"seconds": 60.0, "cpu_s": {"service": 6.0, "database": 3.0}, "cpu_ms_per_answer": 0.2},
}


def test_figures_stand_beside_what_was_asked_for():
    text = promises(DAY, None, None)
    assert "| steady p99, as Locust saw it | ≤ 1,000 ms | 30 ms |" in text
    assert "| storms p99, as Locust saw it | ≤ 3,000 ms | 300 ms |" in text
    assert "| check-in of everybody | ≤ 300 s for 100,000 | 12 s for 1,000 |" in text
    assert "2026-11-21, `python -m loadtest --seats 1000`, a machine: **passed**." in text


def test_what_has_not_run_is_not_measured():
    text = promises(None, None, None)
    assert text.count("not measured") >= 9
    assert [part(None) for part in (latencies, use, sizing)] == ["Not measured."] * 3


def test_chaos_is_told_fault_by_fault():
    chaos = DAY | {
        "faults": [
            {"name": "kill", "answering_again_ms": 1500},
            {"name": "stall", "answering_again_ms": None},
        ]
    }
    text = promises(None, chaos, None)
    assert "| kill: answers acknowledged again | ≤ 5 s | 1.5 s |" in text
    assert "| stall: answers acknowledged again | ≤ 5 s | never |" in text


def test_the_arithmetic_of_sizing_is_shown():
    text = sizing(DAY)
    # 6,000 requests in 60 s from 1,000 seats; 1 ms of the service each.
    assert "0.1000 requests a second while answering" in text
    assert "one core of the service, half full, carries 5,000 seats" in text
    assert "| 100,000 | 10,000 | 20.0 + 1 | 10.0 |" in text


def test_a_shortened_day_says_nothing_of_rates():
    assert sizing(DAY | {"minutes": 1}).startswith("Not measured: a shortened day")


def test_parts_are_replaced_and_the_rest_of_the_page_stays():
    page = "a\n<!-- x -->\nold\n<!-- end x -->\nb\n"
    assert fill(page, {"x": "new"}) == "a\n<!-- x -->\nnew\n<!-- end x -->\nb\n"
    assert fill(fill(page, {"x": "new"}), {"x": "newer"}).count("new") == 1
    with pytest.raises(ValueError, match="no part y"):
        fill(page, {"y": "new"})


def test_the_page_has_every_part():
    page = PAGE.read_text(encoding="utf-8")
    fill(page, dict.fromkeys(("promises", "latencies", "use", "sizing"), ""))
