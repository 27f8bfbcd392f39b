"""Write the measured parts of docs/performance.md: ``make performance``.

They are taken from what the other commands left under ``var/``: `make loadtest` (``loadtest/report.json``),
`make chaos` (``loadtest/chaos/report.json``) and `make bench-marking` (``bench/marking.json``). What was not
run is said to be not measured.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loadtest.figures import CPU_PER_ANSWER_MS, SERVER_P99_MS, STEADY_P99_MS, STORM_P99_MS
from loadtest.plan import FULL_MINUTES, PHASES
from loadtest.processes import ROOT

PAGE = ROOT / "docs" / "performance.md"
_FULL_SEATS = 100_000
_MISSING = "not measured"
# How full a core is planned to be in the worst minute, and how many of a kind may be lost.
_LOAD, _SPARES = 0.5, 1

Report = Mapping[str, Any]


def read(path: Path) -> Report | None:
    """Return a report, None where the command has not run."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def fill(page: str, parts: Mapping[str, str]) -> str:
    """Return the page with the text between ``<!-- name -->`` and ``<!-- end name -->`` replaced."""
    for name, text in parts.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        if not pattern.search(page):
            raise ValueError(f"docs/performance.md has no part {name}")
        page = pattern.sub(lambda found, text=text: f"{found[1]}{text}\n{found[2]}", page)  # type: ignore[misc]
    return page


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def source(report: Report | None) -> str:
    """Return when, by which command and on what a report was measured."""
    if report is None:
        return f"{_MISSING}."
    return f"{report['date'][:10]}, `{report['command']}`, {report['machine']}: **{report['verdict']}**."


def promises(day: Report | None, chaos: Report | None, marking: Report | None) -> str:
    """Return what was asked for beside what was measured."""
    rows = [*_day_promises(day), *_chaos_promises(chaos), _marking_promise(marking)]
    return table(("what", "asked for", "measured"), rows) + f"\n\nDay: {source(day)} Chaos: {source(chaos)}"


def _day_promises(day: Report | None) -> list[Sequence[str]]:
    asked = (
        ("seats held, generator on the same machine", f"{_FULL_SEATS:,}"),
        ("failed after the client's own retries · lost · mismarked", "0 · 0 · 0"),
        ("steady p99, as Locust saw it", f"≤ {STEADY_P99_MS:,} ms"),
        ("storms p99, as Locust saw it", f"≤ {STORM_P99_MS:,} ms"),
        ("steady p99 in the service", f"≤ {SERVER_P99_MS} ms"),
        ("CPU of service and database per acknowledged answer", f"≤ {CPU_PER_ANSWER_MS} ms"),
        ("check-in of everybody", "≤ 300 s for 100,000"),
    )
    if day is None:
        return [(*line, _MISSING) for line in asked]
    storms = [day["latency_ms"][phase]["p99"] for phase in ("storm", "last") if phase in day["latency_ms"]]
    inside = day["server_ms"].get("steady")
    measured = (
        f"{day['seats']:,}",
        f"{day['failures']:,} · {day['lost'] + day['altered']:,} · {day['mismarked']:,}",
        f"{day['latency_ms']['steady']['p99']:,.0f} ms",
        f"{max(storms):,.0f} ms",
        _MISSING if inside is None else f"{inside:,.0f} ms",
        f"{day['steady']['cpu_ms_per_answer']:.3f} ms",
        f"{day['check_in_s']:,.0f} s for {day['seats']:,}",
    )
    return [(*line, value) for line, value in zip(asked, measured, strict=True)]


def _chaos_promises(chaos: Report | None) -> list[Sequence[str]]:
    if chaos is None:
        return [("lost under `make chaos` · answering again after each fault", "0 · ≤ 5 s", _MISSING)]
    lost = ("lost or altered under `make chaos`", "0", f"{chaos['lost'] + chaos['altered']:,}")
    faults = [
        (f"{fault['name']}: answers acknowledged again", "≤ 5 s", _seconds(fault["answering_again_ms"]))
        for fault in chaos["faults"]
    ]
    return [lost, *faults]


def _seconds(ms: float | None) -> str:
    return "never" if ms is None else f"{ms / 1000:.1f} s"


def _marking_promise(marking: Report | None) -> Sequence[str]:
    asked = ("marking 100,000 sittings × 100 items", "≤ 60 s, ≤ 1 GB")
    if marking is None:
        return (*asked, f"{_MISSING} (`make bench-marking`)")
    said = f"{marking['sittings']:,} sittings, {marking['entries']:,} entries: {marking['seconds']:.0f} s"
    return (*asked, f"{said}, {marking['peak_memory_mb']:,} MB ({marking['date']})")


def latencies(day: Report | None) -> str:
    """Return the response times by phase."""
    if day is None:
        return f"{_MISSING.capitalize()}."
    rows = []
    for phase in PHASES:
        if figure := day["latency_ms"].get(phase):
            times = [f"{figure[key]:,.0f}" for key in ("p50", "p95", "p99", "max")]
            inside = day["server_ms"].get(phase)
            own = "–" if inside is None else f"{inside:,.0f}"
            rows.append((phase, f"{figure['requests']:,}", f"{figure['failures']:,}", *times, own))
    return table(("phase", "requests", "repeated", "p50", "p95", "p99", "max", "p99 in the service"), rows)


def use(day: Report | None) -> str:
    """Return CPU and memory by group of processes."""
    if day is None:
        return f"{_MISSING.capitalize()}."
    steady = day["steady"]["cpu_s"]
    rows = [
        (name, f"{group['cpu_s']:,.0f}", f"{steady.get(name, 0):,.0f}", f"{group['peak_mb']:,}")
        for name, group in day["processes"].items()
    ]
    return table(("processes", "CPU seconds, whole day", "while answering", "peak memory, MB"), rows)


def sizing(day: Report | None) -> str:
    """Return the machines for 100,000 and 1,000,000 seats, reckoned from the run, with the arithmetic."""
    if day is None:
        return f"{_MISSING.capitalize()}."
    if day["minutes"] < FULL_MINUTES:
        return f"{_MISSING.capitalize()}: a shortened day has other rates than a real one."
    steady, seats = day["steady"], day["seats"]
    figure = day["latency_ms"]["steady"]
    rate = figure["requests"] / steady["seconds"] / seats
    last = day["latency_ms"]["last"]
    peak = last["requests"] / (day["phases"]["after"] - day["phases"]["last"]) / seats
    service_ms = 1000 * steady["cpu_s"]["service"] / figure["requests"]
    database_ms = 1000 * steady["cpu_s"].get("database", 0.0) / figure["requests"]
    worst = max(rate, peak)
    requests, seconds, service_s = figure["requests"], steady["seconds"], steady["cpu_s"]["service"]
    rates = f"{rate:.4f} requests a second while answering ({requests:,} ÷ {seconds:.0f} s ÷ {seats:,} seats)"
    costs = f"{service_ms:.3f} ms of the service ({service_s:.0f} s ÷ {requests:,})"
    cores = f"seats × {worst:.4f}/s × ms ÷ 1000 ÷ {_LOAD}: half full in the worst minute"
    carried = f"{_LOAD * 1000 / service_ms / worst:,.0f} seats"
    lines = [
        f"A seat sends {rates}, and {peak:.4f} in the last minute.",
        f"A request costs {costs} and {database_ms:.3f} ms of PostgreSQL.",
        f"Cores = {cores}. Of the service's, {_SPARES} more that may be lost.",
        f"So one core of the service, half full, carries {carried}.",
    ]
    rows = []
    for many in (100_000, 1_000_000):
        busiest = many * worst
        rows.append(
            (
                f"{many:,}",
                f"{busiest:,.0f}",
                f"{busiest * service_ms / 1000 / _LOAD:.1f} + {_SPARES}",
                f"{busiest * database_ms / 1000 / _LOAD:.1f}",
                f"{many * 200 * day['journal_bytes_per_answer'] / 2**30:,.0f} GB",
            )
        )
    head = (
        "seats",
        "requests/s, worst minute",
        "cores of the service",
        "cores of PostgreSQL",
        "journal at 200 answers a seat",
    )
    return "".join(f"- {line}\n" for line in lines) + "\n" + table(head, rows)


def main() -> int:
    """Rewrite the page's measured parts."""
    folder = ROOT / "var"
    day = read(folder / "loadtest" / "report.json")
    chaos = read(folder / "loadtest" / "chaos" / "report.json")
    marking = read(folder / "bench" / "marking.json")
    parts = {
        "promises": promises(day, chaos, marking),
        "latencies": latencies(day),
        "use": use(day),
        "sizing": sizing(day),
    }
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8"), parts), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
