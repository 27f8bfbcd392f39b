"""From a measured day to the machines of a larger one, with the arithmetic. Pure.

What is measured comes from the reports; what is planned with is below, and is said on the page.
"""

import re
from collections.abc import Mapping
from math import ceil
from typing import Any, NamedTuple

from exams.seat.presence import beat_ms
from loadtest.figures import CHECK_IN_S, FULL_SEATS
from loadtest.plan import FULL_MINUTES
from loadtest.tables import table
from loadtest.tls import Tls

# Planned with: how full a core may be in the worst minute, how many machines of a kind may be lost, the
# cores of a machine, the length of a paper, and the seconds in which all pages come back when nginx is lost.
LOAD, SPARES, CORES, PAPER_MINUTES, RETURN_S = 0.5, 1, 8, 180, 60
_SIZES = (FULL_SEATS, 10 * FULL_SEATS)
_BUSY = ("check-in", "storm", "steady", "last")
# Bytes in a gigabyte and a megabyte; kilobytes in a gigabyte are as many as the latter.
_GB, _MB = 2**30, 2**20

Report = Mapping[str, Any]


class Rates(NamedTuple):
    """What one seat asks for in a second in each phase, and what a request costs."""

    by_phase: dict[str, float]
    answers: float
    service_ms: float
    database_ms: float

    @property
    def worst(self) -> float:
        """Requests a second and seat when it is busiest."""
        return max(self.by_phase.values())

    def cores(self, seats: float, ms: float) -> float:
        """Return the cores that so many seats need for what costs `ms` a request."""
        return seats * self.worst * ms / 1000 / LOAD

    def carried(self, cores: float, ms: float) -> float:
        """Return the seats that so many cores carry."""
        return cores * LOAD * 1000 / ms / self.worst


def rates(day: Report) -> Rates:
    """Return the rates and costs of a day."""
    seats, steady = day["seats"], day["steady"]
    begins = day["phases"]
    order = list(begins)
    found = {}
    for phase in _BUSY:
        if phase in day["latency_ms"]:
            length = begins[order[order.index(phase) + 1]] - begins[phase]
            found[phase] = day["latency_ms"][phase]["requests"] / length / seats
    requests = day["latency_ms"]["steady"]["requests"]
    return Rates(
        found,
        steady["answers"] / steady["seconds"] / seats,
        1000 * steady["cpu_s"]["service"] / requests,
        1000 * steady["cpu_s"].get("database", 0.0) / requests,
    )


def seats_a_process() -> int:
    """Return the sittings that a process serves while idle pages still speak as often as ever."""
    shortest = beat_ms(0, is_paused=False)
    few, many = 0, 10**7
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if beat_ms(middle, is_paused=False) == shortest else (few, middle)
    return few


def sizing(day: Report | None, cluster: Report | None, tls: Tls | None) -> str:
    """Return the machines for 100,000 and 1,000,000 seats, reckoned from the runs, with the arithmetic."""
    if day is None:
        return "Not measured."
    if day["minutes"] < FULL_MINUTES:
        return "Not measured: a shortened day has other rates than a real one."
    if not day["steady"]["cpu_s"].get("database"):
        return "Not measured: the day was not played on PostgreSQL."
    found = rates(day)
    parts = [
        _rates_text(day, found),
        _service(day, found),
        _nginx(cluster, found, tls),
        _database(day, found),
    ]
    return "\n\n".join(parts)


def _prose(text: str) -> str:
    """Return a text that was wrapped for the reader of this file in one line."""
    return " ".join(text.split())


def _items(*texts: str) -> str:
    return "\n".join(f"- {_prose(text)}" for text in texts)


def _rates_text(day: Report, found: Rates) -> str:
    steady, seats = day["steady"], day["seats"]
    requests = day["latency_ms"]["steady"]["requests"]
    by_phase = ", ".join(f"{phase} {rate:.4f}" for phase, rate in found.by_phase.items())
    service_s, database_s = steady["cpu_s"]["service"], steady["cpu_s"]["database"]
    measured = _items(
        f"""requests a second and seat (requests ÷ seconds ÷ {seats:,} seats): {by_phase}; the worst,
        {found.worst:.4f}, is planned for;""",
        f"""a request costs {found.service_ms:.3f} ms of the service ({service_s:.0f} s ÷ {requests:,})
        and {found.database_ms:.3f} ms of PostgreSQL ({database_s:.0f} s ÷ {requests:,});""",
        f"""answers: {found.answers:.4f} a second and seat, {day["journal_bytes_per_answer"]:.0f} bytes
        each in the journal with its index.""",
    )
    planned = _prose(
        f"""Planned with: cores half full ({LOAD}) in the worst minute, {SPARES} machine of a kind that
        may be lost, {CORES} cores a machine, a paper of {PAPER_MINUTES} minutes. A core is one of the
        machine above."""
    )
    return f"Measured in the day above:\n\n{measured}\n\n{planned}"


def _service(day: Report, found: Rates) -> str:
    at_most = seats_a_process()
    per_core = found.carried(1, found.service_ms)
    seat_kb = day["processes"]["service"]["peak_mb"] * 1024 / day["seats"]
    text = _prose(
        f"""**The service.** One core carries {LOAD} × 1000 ÷ {found.service_ms:.3f} ms ÷
        {found.worst:.4f}/s = **{per_core:,.0f} seats**. Extra time reaches an idle page within 30 s while
        a process serves at most {at_most:,} sittings, so {FULL_SEATS:,} seats need
        **{ceil(FULL_SEATS / at_most)} processes or more**, whatever their cores could carry. The larger
        number counts, one process a core. Memory: {seat_kb:.1f} KB a seat (peak of all processes ÷
        seats)."""
    )
    rows = []
    for seats in _SIZES:
        cores, heard = found.cores(seats, found.service_ms), ceil(seats / at_most)
        many = max(ceil(cores), heard)
        machines = f"{ceil(many / CORES)} + {SPARES}"
        memory = f"{seats * seat_kb / _MB:.1f} GB"
        busiest = f"{seats * found.worst:,.0f}"
        rows.append((f"{seats:,}", busiest, f"{cores:.1f}", str(heard), str(many), machines, memory))
    head = ("seats", "requests/s", "cores", "processes for extra time", "processes", "machines", "memory")
    return text + "\n\n" + table(head, rows)


def _nginx(cluster: Report | None, found: Rates, tls: Tls | None) -> str:
    if tls is None:
        return "**nginx and TLS.** Not measured."
    text = _prose(
        f"""**nginx and TLS.** A page opens a connection and keeps it; its full handshake is one
        signature. Measured on one core: {tls.ecdsa_per_s:,.0f} ECDSA P-256 and {tls.rsa_per_s:,.0f}
        RSA-2048 signatures a second, and {tls.connection_kb:.0f} KB for a connection with both its ends,
        of which nginx has one. Cores = seats ÷ seconds ÷ signatures a second ÷ {LOAD}: over the check-in
        of {CHECK_IN_S} s for {FULL_SEATS:,} seats, and within {RETURN_S} s when all come back at once."""
    )
    ms, reckoned = _nginx_ms(cluster)
    rows = []
    for seats in _SIZES:
        check_in = CHECK_IN_S * seats / FULL_SEATS
        signs = [
            seats / seconds / per_s / LOAD
            for per_s in (tls.ecdsa_per_s, tls.rsa_per_s)
            for seconds in (check_in, RETURN_S)
        ]
        passing, machines = "not measured", "–"
        if ms is not None:
            cores = found.cores(seats, ms)
            passing, machines = f"{cores:.1f}", f"{ceil((cores + signs[1]) / CORES)} + {SPARES}"
        memory = f"{seats * tls.connection_kb / _MB:.1f} GB"
        shown = [f"{sign:.2f}" for sign in signs]
        rows.append(
            (f"{seats:,}", passing, *shown, f"{seats:,} × {tls.connection_kb:.0f} KB = {memory}", machines)
        )
    head = (
        "seats",
        "cores for requests",
        "ECDSA, check-in",
        "all at once",
        "RSA, check-in",
        "all at once",
        "connections, both ends",
        "machines, with ECDSA",
    )
    return f"{text} {reckoned}\n\n" + table(head, rows)


def _nginx_ms(cluster: Report | None) -> tuple[float | None, str]:
    """Return what a request costs nginx, and how that was reckoned."""
    use = cluster["each_process"].get("nginx") if cluster else None
    if cluster is None or use is None:
        return None, "What a request costs nginx is not measured (`make cluster-test`)."
    ms = 1000 * use["cpu_s"] / cluster["requests"]
    share = f"{use['cpu_s']:.1f} s ÷ {cluster['requests']:,}"
    return ms, f"A request costs nginx {ms:.3f} ms without TLS (`make cluster-test`: {share})."


def _database(day: Report, found: Rates) -> str:
    bytes_each = day["journal_bytes_per_answer"]
    answers_a_seat = found.answers * 60 * PAPER_MINUTES
    one = found.carried(CORES, found.database_ms)
    rows = []
    for seats in _SIZES:
        cores, written = found.cores(seats, found.database_ms), seats * found.answers
        grows = f"{written * bytes_each / _MB:.1f} MB/s"
        machines = f"{ceil(seats / one)} + {SPARES}"
        a_round = f"{seats * answers_a_seat * bytes_each / _GB:.1f} GB"
        rows.append((f"{seats:,}", f"{written:,.0f}", grows, f"{cores:.1f}", machines, a_round))
    head = ("seats", "answers/s", "journal grows", "cores", "machines, with a standby", "journal of a round")
    text = _prose(
        f"""**PostgreSQL.** Answers a seat: {found.answers:.4f}/s × {PAPER_MINUTES} min =
        {answers_a_seat:.0f}; a round's journal is that × {bytes_each:.0f} bytes × seats."""
    )
    replicas = f"""**read replicas** from {one / 2:,.0f} seats ({one / 2 * found.answers:,.0f} answers/s):
        the writers alone then take half of what {CORES} cores are planned for, so consoles, reports and
        results move to the standby; with fewer seats the primary has as much room for them as for the
        writers;"""
    citus = f"""**Citus**, or a machine with more cores, from {one:,.0f} seats
        ({one * found.answers:,.0f} answers/s): {CORES} cores × {LOAD} × 1000 ÷ {found.database_ms:.3f} ms ÷
        {found.worst:.4f}/s. {_SIZES[-1]:,} seats take {_SIZES[-1] / one:.1f} of such a machine, its standby
        apart."""
    parts = [replicas, *_partitioning(day["machine"], answers_a_seat * bytes_each), citus]
    return "\n\n".join((text, table(head, rows), _items(*parts)))


def _partitioning(machine: str, bytes_a_seat: float) -> list[str]:
    """Return from when on the journal should be cut by rounds, nothing where the memory is not known."""
    memory_gb, a_round = _memory_gb(machine), FULL_SEATS * bytes_a_seat / _GB
    if not memory_gb:
        return []
    return [
        f"""**partitioning** from {max(1, int(memory_gb / a_round))} rounds of {FULL_SEATS:,} seats that
        are kept ({memory_gb} GB ÷ {a_round:.1f} GB): beyond that the journal with its index outgrows the
        memory of a machine like the one above, and a finished round should be detached and vacuumed
        alone;"""
    ]


def _memory_gb(machine: str) -> int:
    """Return the memory of a machine from its description, 0 where that does not say."""
    found = re.search(r"(\d+) GB", machine)
    return int(found[1]) if found else 0
