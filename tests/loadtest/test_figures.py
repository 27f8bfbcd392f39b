"""Figures are reckoned as Locust and Prometheus do, and bad ones fail the verdict."""

from __future__ import annotations

import math

import pytest

from loadtest.acked import Acked, Kind, pack
from loadtest.figures import (
    Acks,
    Given,
    acknowledged_between,
    cpu_between,
    extra_time,
    forbidden,
    latencies,
    merged,
    percentile,
    quantile,
    read_acks,
    read_buckets,
    read_count,
    recoveries,
)

from .conftest import make_plan


def test_a_percentile_is_the_time_within_which_that_share_was_answered():
    times = {10.0: 98, 500.0: 1, 2000.0: 1}
    assert [percentile(times, share) for share in (0.5, 0.98, 0.99, 0.995)] == [10, 500, 2000, 2000]
    assert percentile({}, 0.99) == 0


def test_histograms_are_added_up_whatever_their_keys_became():
    assert merged([{"10": 1, "20": 2}, {10: 3}]) == {10: 4, 20: 2}


def test_requests_are_gathered_by_phase():
    entry = {"requests": 2, "failures": 1, "max_ms": 30, "times": {"10": 1, "30": 1}}
    found = latencies({"steady answer": entry, "steady heartbeat": entry, "last submit": entry})
    assert list(found) == ["steady", "steady answer", "steady heartbeat", "last", "last submit"]
    assert (found["steady"].requests, found["steady"].failures, found["steady"].max) == (4, 2, 30)


PROMETHEUS = """
# TYPE seat_reply_seconds histogram
seat_reply_seconds_bucket{action="entries",le="0.01"} 90.0
seat_reply_seconds_bucket{action="entries",le="0.05"} 99.0
seat_reply_seconds_bucket{action="entries",le="+Inf"} 100.0
seat_reply_seconds_bucket{action="key",le="0.01"} 10.0
seat_reply_seconds_bucket{action="key",le="0.05"} 10.0
seat_reply_seconds_bucket{action="key",le="+Inf"} 10.0
seat_reply_seconds_count{action="entries"} 100.0
"""


def test_prometheus_histograms_are_read_with_all_their_labels():
    buckets = read_buckets(PROMETHEUS, "seat_reply_seconds")
    assert buckets == {0.01: 100, 0.05: 109, math.inf: 110}


def test_prometheus_counters_are_read_and_absent_ones_are_nothing():
    assert read_count("# TYPE x counter\nx_total 7.0\nx_created 1.0\n", "x_total") == 7
    assert read_count("", "x_total") == 0


def test_a_quantile_lies_between_the_bounds_of_its_bucket():
    buckets = {0.01: 50.0, 0.05: 100.0, math.inf: 100.0}
    assert quantile({}, buckets, 0.75) == pytest.approx(0.03)
    assert quantile(buckets, buckets, 0.99) is None
    assert quantile({}, {0.05: 90.0, math.inf: 100.0}, 0.99) == 0.05


def test_acknowledgements_are_counted_by_second_process_and_home(tmp_path):
    records = [
        Acked(sitting, 2, 0, at_ms, 1, 1, flag=False, kind=Kind.ANSWER, process=1)
        for sitting, at_ms in ((10, 100), (11, 900), (10, 1500))
    ]
    submission = Acked(10, 3, 0, 1600, 0, 0, flag=False, kind=Kind.SUBMISSION, process=0)
    entered = [submission._replace(kind=Kind.ENTERED, at_ms=at_ms) for at_ms in (40, 800)]
    told = [submission._replace(kind=Kind.DEADLINE, at_ms=at_ms, client_ms=9) for at_ms in (90, 70)]
    (tmp_path / "acked-a.bin").write_bytes(b"".join(map(pack, [*entered, *records, submission, *told])))
    acks = read_acks(tmp_path, 2)
    assert acks.per_second == {0: 2, 1: 1}
    assert acks.moments == {0: [], 1: [100, 900, 1500]}
    assert acks.by_home == {0: [100, 1500], 1: [900]}
    assert acks.entered == {10: 40}
    assert acks.deadlines == {10: [(70, 9), (90, 9)]}


def fault(process: int | None = None) -> dict[str, object]:
    doors = make_plan().doors_ms
    return {"name": "kill", "began_ms": doors + 1000, "ended_ms": doors + 3000, "process": process}


def test_a_database_is_back_when_the_last_process_acknowledges_again():
    acks = Acks({}, {0: [500, 3100], 1: [2000, 4500]}, {0: [], 1: []}, {}, {})
    [found] = recoveries([fault()], make_plan(), acks)
    assert (found["began_s"], found["lasted_ms"], found["answering_again_ms"]) == (1, 2000, 1500)


def test_a_process_that_never_came_back_is_seen():
    [found] = recoveries([fault()], make_plan(), Acks({}, {0: [500], 1: [4000]}, {0: [], 1: []}, {}, {}))
    assert found["answering_again_ms"] is None


def test_a_killed_process_counts_for_its_own_seats_whoever_serves_them():
    acks = Acks({}, {0: [9000], 1: [3050]}, {0: [3050], 1: []}, {}, {})
    [found] = recoveries([fault(0)], make_plan(), acks)
    assert (found["answering_again_ms"], found["process_back_ms"]) == (50, 6000)


def test_a_fault_that_was_never_mended_has_not_come_back():
    acks = Acks({}, {0: [9000]}, {0: []}, {}, {})
    [found] = recoveries([fault() | {"ended_ms": 0}], make_plan(), acks)
    assert (found["lasted_ms"], found["answering_again_ms"]) == (None, None)


def test_extra_time_is_counted_from_the_rooms_word_to_the_reply_that_tells_of_it():
    plan = make_plan()
    doors = plan.doors_ms
    told = {
        # Heard of something else first.
        1: [(1000, 50), (1500, 99), (3000, 200), (9000, 300)],
        2: [(2500, 200)],
        # Offline from before it heard until after.
        3: [(40_000, 200)],
        5: [(2600, 200)],
    }
    given = {
        sitting: Given(doors + 2000, 200, *offline)
        for sitting, offline in {
            1: (0, 0),
            2: (0, 0),
            3: (doors + 1000, doors + 39_000),
            4: (0, 0),
            # Back before it was given.
            5: (doors + 500, doors + 1000),
        }.items()
    }
    found = extra_time(given, plan, Acks({}, {}, {}, {}, told))
    assert (found["given"], found["heard"], found["offline"], found["unheard"]) == (5, 3, 1, 1)
    assert (found["p50_ms"], found["max_ms"]) == (600, 1000)


def test_without_extra_time_there_is_nothing_to_hear():
    assert extra_time({}, make_plan(), Acks({}, {}, {}, {}, {}))["p99_ms"] is None


def test_a_machine_that_could_not_be_asked_counts_from_when_it_could():
    samples = [(0, {"a": 1.0, "b": 1.0}), (10, {"b": 4.0}), (20, {"b": 9.0}), (30, {"a": 5.0, "b": 20.0})]
    assert acknowledged_between(samples, 5, 25) == {"b": 5.0}
    assert acknowledged_between(samples, 0, 30) == {"a": 4.0, "b": 19.0}
    assert acknowledged_between(samples, 40, 50) == {}


def test_cpu_is_what_was_used_between_two_moments():
    samples = [(0, {"service": (1.0, 0)}), (10, {"service": (2.0, 0)}), (20, {"service": (5.0, 0)})]
    assert cpu_between(samples, 5, 25) == {"service": 3.0}
    assert cpu_between(samples, 15, 25) == {}


def test_what_must_not_happen_is_picked_from_the_counts():
    counts = {"refused enter 403": 1, "left closed": 5, "key given early": 0, "told sequence_gap": 3}
    assert forbidden(counts) == {"refused enter 403": 1}
