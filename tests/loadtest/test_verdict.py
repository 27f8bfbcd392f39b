"""What is asked of a run: truths of every one, times and costs of a full day, recovery of a broken one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadtest import faults
from loadtest.audit import Findings
from loadtest.day import Options
from loadtest.figures import FULL_SEATS
from loadtest.plan import FULL_MINUTES
from loadtest.verdict import checks, reasons

SLOW: dict[str, dict[str, Any]] = {
    "Steady, p99": {"latency_ms": {"steady": {"p99": 1500.0}, "storm": {"p99": 100.0}}},
    "Storms, p99": {"latency_ms": {"steady": {"p99": 100.0}, "last": {"p99": 3500.0}}},
    "Steady p99 in the service": {"server_ms": {"steady": 51.0}},
    "CPU of service and database per answer": {"steady": {"cpu_ms_per_answer": 0.251}},
    "Check-in of everybody": {"check_in_s": 301.0},
}


def make_options(**changes: Any) -> Options:
    given: dict[str, Any] = {
        "seats": FULL_SEATS,
        "database": "postgres",
        "minutes": FULL_MINUTES,
        "seed": 1,
        "service": 2,
        "workers": 1,
        "remote_workers": 0,
        "host": "",
        "port": 8300,
        "chaos": False,
        "cluster": False,
        "owns_connections": False,
        "folder": Path(),
    }
    return Options(**given | changes)


def unmet(options: Options, is_whole: bool = True, **changes: Any) -> list[str]:
    """Return the names of the checks that are not met."""
    report = {
        "seats": options.seats,
        "failures": 0,
        "moved": 3,
        "counts": {"ended": options.seats, "moved": 3},
        "latency_ms": {"steady": {"p99": 1000.0}, "storm": {"p99": 3000.0}, "last": {"p99": 10.0}},
        "server_ms": {"steady": 50.0},
        "steady": {"cpu_ms_per_answer": 0.25},
        "check_in_s": 300.0,
        "faults": [],
        **changes,
    }
    found = checks(options, report, Findings(seats=options.seats), is_whole=is_whole)
    return [check.name for check in found if not check.is_met]


def test_a_full_day_at_its_limits_passes():
    assert unmet(make_options()) == []


@pytest.mark.parametrize("name", SLOW)
def test_a_full_day_beyond_a_limit_fails(name: str):
    assert unmet(make_options(), **SLOW[name]) == [name]


@pytest.mark.parametrize("name", SLOW)
def test_a_short_day_is_not_judged_by_times(name: str):
    assert unmet(make_options(minutes=FULL_MINUTES - 1), **SLOW[name]) == []
    assert unmet(make_options(seats=2000, minutes=1), **SLOW[name]) == []


def test_a_small_day_of_full_length_is_judged_by_response_times_alone():
    failing = [name for name in SLOW if unmet(make_options(seats=2000), **SLOW[name])]
    assert failing == ["Steady, p99", "Storms, p99"]


@pytest.mark.parametrize(
    "gone",
    [
        {"latency_ms": {}},
        {"server_ms": {}},
        {"steady": {"cpu_ms_per_answer": None}},
        {"check_in_s": 0},
    ],
    ids=str,
)
def test_what_a_full_day_did_not_measure_is_not_met(gone: dict[str, Any]):
    assert unmet(make_options(), **gone)


def test_a_larger_day_has_more_time_for_its_check_in():
    assert unmet(make_options(seats=2 * FULL_SEATS), check_in_s=600.0) == []
    assert unmet(make_options(seats=2 * FULL_SEATS), check_in_s=601.0) == ["Check-in of everybody"]


def test_a_log_with_a_gap_proves_nothing():
    assert unmet(make_options(), is_whole=False) == ["Seats audited"]


def test_the_reasons_are_told_in_words():
    check = {"name": "Steady, p99", "measured": "1,500 ms", "wanted": "≤ 1,000 ms", "is_met": False}
    good = check | {"is_met": True}
    assert reasons({"checks": [check, good]}) == ["Steady, p99: 1,500 ms, wanted ≤ 1,000 ms"]


def broken(name: str, again: float | None = 100, **more: Any) -> dict[str, Any]:
    return {"name": name, "answering_again_ms": again, "lasted_ms": 0, "acknowledged": {}, **more}


def test_under_chaos_all_three_faults_must_have_happened():
    options = make_options(chaos=True)
    everything = [broken(name) for name in faults.CHAOS]
    assert unmet(options, faults=everything) == []
    assert len(unmet(options)) == len(faults.CHAOS)
    assert unmet(options, faults=everything[:2]) == [f"Answering again: {faults.STALLED}"]


@pytest.mark.parametrize("again", [5001, None])
def test_under_chaos_answers_must_come_back_within_five_seconds(again: float | None):
    everything = [broken(faults.KILLED), broken(faults.LOST, again), broken(faults.STALLED)]
    assert unmet(make_options(chaos=True), faults=everything) == [f"Answering again: {faults.LOST}"]


def cut(**changes: Any) -> dict[str, Any]:
    other = {"service 1": 0.0, "service 2": 7.0}
    return broken("cable", **{"lasted_ms": faults.CUT_MS, "acknowledged": other, **changes})


def test_a_cluster_shows_the_cut_and_answers_taken_elsewhere_meanwhile():
    assert unmet(make_options(cluster=True), faults=[cut()]) == []


@pytest.mark.parametrize(
    ("found", "names"),
    [
        ([cut(lasted_ms=0)], ["A machine was cut off"]),
        ([cut(acknowledged={"service 2": 0.0})], ["Acknowledged by the other one meanwhile"]),
        ([cut(acknowledged={})], ["Acknowledged by the other one meanwhile"]),
        ([cut(again=None)], ["Answering again: the cable is back"]),
    ],
)
def test_a_cluster_that_was_not_cut_or_not_carried_fails(found: list[dict[str, Any]], names: list[str]):
    assert unmet(make_options(cluster=True), faults=found) == names


def test_a_cluster_without_a_cut_fails_whatever_else_is_good():
    assert len(unmet(make_options(cluster=True))) == 3
