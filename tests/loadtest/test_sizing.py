"""Machines follow from what was measured, and the arithmetic is shown."""

from __future__ import annotations

from math import ceil

import pytest

from exams.seat.presence import beat_ms
from loadtest.sizing import rates, seats_a_process, sizing
from loadtest.tls import Tls, measure

from .reports import DAY

TLS = Tls(ecdsa_per_s=10_000, rsa_per_s=1000, connection_kb=32)
CLUSTER = DAY | {
    "requests": 100_000,
    "each_process": {"nginx": {"group": "nginx", "cpu_s": 10.0, "peak_mb": 9}},
}


def test_a_seat_is_planned_for_by_its_busiest_phase():
    found = rates(DAY)
    # 1,000 requests in 20 s, 6,000 in 60 s, 2,000 in 50 s, each from 1,000 seats.
    assert found.by_phase == pytest.approx({"storm": 0.05, "steady": 0.1, "last": 0.04})
    assert found.worst == pytest.approx(0.1)
    assert (found.service_ms, found.database_ms) == pytest.approx((1.0, 0.5))
    assert found.answers == pytest.approx(0.05)


def test_the_arithmetic_of_the_service_is_shown():
    text = sizing(DAY, None, TLS)
    assert "steady 0.1000, last 0.0400; the worst, 0.1000, is planned for" in text
    assert "1.000 ms of the service (6 s ÷ 6,000) and 0.500 ms of PostgreSQL (3 s ÷ 6,000)" in text
    assert "0.5 × 1000 ÷ 1.000 ms ÷ 0.1000/s = **5,000 seats**" in text
    # 10,000 requests a second of 1 ms, half full: 20 cores, three machines of eight and one more.
    assert "| 100,000 | 10,000 | 20.0 | 5 | 20 | 3 + 1 | 9.8 GB |" in text
    heard = ceil(1_000_000 / seats_a_process())
    assert f"| 1,000,000 | 100,000 | 200.0 | {heard} | 200 | 25 + 1 | 97.7 GB |" in text


def test_extra_time_asks_for_processes_that_the_cores_do_not():
    quick = DAY | {"steady": DAY["steady"] | {"cpu_s": {"service": 0.6, "database": 3.0}}}
    assert "| 100,000 | 10,000 | 2.0 | 5 | 5 | 1 + 1 |" in sizing(quick, None, TLS)


def test_the_seats_of_a_process_are_those_that_still_hear_within_thirty_seconds():
    most = seats_a_process()
    assert beat_ms(most, is_paused=False) <= 30_000 < 2 * beat_ms(most, is_paused=False)
    assert beat_ms(most, is_paused=False) < beat_ms(most + 1, is_paused=False)
    assert f"at most {most:,} sittings, so 100,000 seats need **5 processes or more**" in sizing(
        DAY, None, TLS
    )


def test_handshakes_and_connections_are_reckoned_from_signatures():
    text = sizing(DAY, CLUSTER, TLS)
    # 100,000 in 300 s are 333 a second; of 10,000 that a core signs, half full, 0.07; and 0.33 within 60 s.
    assert "A request costs nginx 0.100 ms without TLS (`make cluster-test`: 10.0 s ÷ 100,000)." in text
    assert "| 100,000 | 2.0 | 0.07 | 0.33 | 0.67 | 3.33 | 100,000 × 32 KB = 3.1 GB | 1 + 1 |" in text


def test_without_a_cluster_run_nothing_is_said_of_nginx():
    text = sizing(DAY, None, TLS)
    assert "What a request costs nginx is not measured" in text
    assert "| 100,000 | not measured | 0.07 |" in text


def test_the_thresholds_of_the_database_follow_from_answers_and_bytes():
    text = sizing(DAY, None, TLS)
    # 8 cores, half full, 0.5 ms: 8,000 requests a second, 80,000 seats. 180 min × 0.05/s are 540 answers.
    assert "**Citus**, or a machine with more cores, from 80,000 seats (4,000 answers/s)" in text
    assert "1,000,000 seats take 12.5 of such a machine" in text
    assert "**read replicas** from 40,000 seats (2,000 answers/s)" in text
    assert "**partitioning** from 2 rounds of 100,000 seats that are kept (24 GB ÷ 10.1 GB)" in text
    assert "| 100,000 | 5,000 | 1.0 MB/s | 10.0 | 2 + 1 | 10.1 GB |" in text


def test_a_machine_of_unknown_memory_says_nothing_of_partitions():
    assert "partitioning" not in sizing(DAY | {"machine": "a machine"}, None, TLS)


def test_what_says_nothing_of_rates_is_not_reckoned_with():
    assert sizing(None, None, TLS) == "Not measured."
    assert sizing(DAY | {"minutes": 1}, None, TLS).startswith("Not measured: a shortened day")
    on_sqlite = DAY | {"steady": DAY["steady"] | {"cpu_s": {"service": 6.0}}}
    assert sizing(on_sqlite, None, TLS) == "Not measured: the day was not played on PostgreSQL."
    assert "**nginx and TLS.** Not measured." in sizing(DAY, CLUSTER, None)


def test_signatures_and_connections_can_be_measured_here():
    found = measure(seconds=0.01, connections=20)
    assert found.ecdsa_per_s > 0
    assert found.rsa_per_s > 0
    assert found.connection_kb >= 0
