"""Every promise stands beside its figure, and what is missed is missed by so much."""

from __future__ import annotations

from typing import Any

import pytest

from loadtest import faults
from loadtest.promises import Promise, promises

from .reports import DAY, FULL_DAY

CHAOS = DAY | {
    "faults": [
        {"name": faults.KILLED, "answering_again_ms": 1500},
        {"name": faults.LOST, "answering_again_ms": None},
    ]
}
CLUSTER = DAY | {"faults": [{"name": "cable", "acknowledged": {"service 1": 0.0, "service 2": 70.0}}]}
MARKING = {
    "sittings": 100_000,
    "entries": 13_000_000,
    "seconds": 40.0,
    "peak_memory_mb": 700,
    "date": "2026-11-21",
}


def test_figures_stand_beside_what_was_asked_for():
    text = promises(FULL_DAY, None, None, None)
    assert "| steady p99, as Locust saw it | ≤ 1,000 ms | 30 ms | met |" in text
    assert "| storms p99, as Locust saw it | ≤ 3,000 ms | 300 ms | met |" in text
    assert "| check-in of everybody | ≤ 300 s for 100,000 | 230 s for 100,000 | met |" in text
    assert "| ≤ 30 s | p99 12.0 s, longest 25.0 s (10 seats) | met |" in text
    assert "2026-11-21, `python -m loadtest --seats 1000`, a machine, 2 cores, 24 GB: **passed**." in text
    assert "Whatever was measured is met. Not measured: lost or altered under" in text


def test_what_has_not_run_is_not_measured():
    rows = [line for line in promises(None, None, None, None).splitlines() if line.startswith("| ")][2:]
    assert len(rows) == 15
    assert all(row.endswith("| not measured |") for row in rows)


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        (
            {"steady": DAY["steady"] | {"cpu_ms_per_answer": 0.75}},
            "| 0.750 ms | **not met**: 3.0 times the limit |",
        ),
        ({"server_ms": {"steady": 60.0}}, "| 60 ms | **not met**: 20.0% over |"),
        ({"lost": 2}, "| 0 · 2 · 0 | **not met**: 2 too many |"),
        ({"server_ms": {}}, "| ≤ 50 ms | not measured | not measured |"),
        (
            {"extra_time": {"max_ms": 60_000, "p99_ms": 40_000, "heard": 9}},
            "| **not met**: 2.0 times the limit |",
        ),
    ],
    ids=str,
)
def test_what_is_missed_says_by_how_much(changes: dict[str, Any], row: str):
    assert row in promises(FULL_DAY | changes, None, None, None)


def test_what_is_missed_is_told_again_in_a_sentence():
    text = promises(FULL_DAY | {"server_ms": {"steady": 60.0}}, None, None, None)
    assert "\nNot met: steady p99 in the service, 60 ms (20.0% over). Not measured:" in text


def test_a_small_day_is_short_of_seats_and_its_costs_are_not_judged():
    text = promises(DAY, None, None, None)
    assert "| 100,000 | 1,000 | **not met**: 99% short |" in text
    assert "| 0.200 ms | not judged: the day was too short or too small |" in text
    assert "| ≤ 1,000 ms | 30 ms | met |" in text
    assert "| ≤ 1,000 ms | 30 ms | not judged" in promises(DAY | {"minutes": 1}, None, None, None)


def test_a_day_that_was_measured_before_extra_time_was_says_so():
    old = {name: value for name, value in FULL_DAY.items() if name != "extra_time"}
    assert "| ≤ 30 s | not measured | not measured |" in promises(old, None, None, None)


def test_chaos_is_told_fault_by_fault():
    text = promises(None, CHAOS, None, None)
    assert f"| {faults.KILLED}: answers acknowledged again | ≤ 5 s | 1.5 s | met |" in text
    assert f"| {faults.LOST}: answers acknowledged again | ≤ 5 s | never | **not met**: " in text
    assert f"| {faults.STALLED}: answers acknowledged again | ≤ 5 s | not measured | not measured |" in text


def test_the_cluster_has_its_rows():
    text = promises(None, None, CLUSTER, None)
    assert "one cut off (`make cluster-test`) | 0 | 0 | met |" in text
    assert "while one was cut off | ≥ 1 | 70 | met |" in text
    assert "Two machines: 2026-11-21" in text


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "met"),
        ({"seconds": 90.0}, "**not met**: 50.0% over"),
        ({"peak_memory_mb": 2048}, "**not met**: 2.0 times the limit"),
        ({"sittings": 50_000}, "**not met**: 33.3% over"),
    ],
    ids=str,
)
def test_marking_has_to_be_quick_and_small(changes: dict[str, Any], verdict: str):
    assert f"(2026-11-21) | {verdict} |" in promises(None, None, None, MARKING | changes)


def test_a_figure_at_its_limit_is_met():
    assert Promise("", "", "", 5, 5).is_met
    assert Promise("", "", "", 5, 5, is_least=True).is_met
    assert not Promise("", "", "", None, 5).is_met
