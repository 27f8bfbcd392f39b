"""Write the measured parts of docs/performance.md: ``make performance``.

They are taken from what the other commands left under ``var/``: `make loadtest` (``loadtest/report.json``),
`make chaos` (``loadtest/chaos/report.json``), `make cluster-test` (``loadtest/cluster/report.json``),
`make loadtest DB=sqlite` (``loadtest/sqlite/report.json``) and
`make bench-marking` (``bench/marking.json``). What was not run is said to be not measured. What a TLS
connection costs is measured here and now.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loadtest import tls
from loadtest.plan import FULL_MINUTES, PHASES
from loadtest.processes import ROOT
from loadtest.promises import promises, source
from loadtest.sizing import sizing
from loadtest.tables import table

PAGE = ROOT / "docs" / "performance.md"
_MISSING = "Not measured."

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


def latencies(day: Report | None) -> str:
    """Return the response times by phase."""
    if day is None:
        return _MISSING
    rows = []
    for phase in PHASES:
        if figure := day["latency_ms"].get(phase):
            times = [f"{figure[key]:,.0f}" for key in ("p50", "p95", "p99", "max")]
            inside = day["server_ms"].get(phase)
            own = "–" if inside is None else f"{inside:,.0f}"
            rows.append((phase, f"{figure['requests']:,}", f"{figure['failures']:,}", *times, own))
    return table(("phase", "requests", "repeated", "p50", "p95", "p99", "max", "p99 in the service"), rows)


def use(day: Report | None) -> str:
    """Return CPU and memory by group of processes, and of each process."""
    if day is None:
        return _MISSING
    steady = day["steady"]["cpu_s"]
    rows = [
        (name, f"{group['cpu_s']:,.0f}", f"{steady.get(name, 0):,.0f}", f"{group['peak_mb']:,}")
        for name, group in day["processes"].items()
    ]
    rows += [
        (f"· {name}", f"{use['cpu_s']:,.0f}", "", f"{use['peak_mb']:,}")
        for name, use in day.get("each_process", {}).items()
    ]
    return table(("processes", "CPU seconds, whole day", "while answering", "peak memory, MB"), rows)


def embedded(day: Report | None) -> str:
    """Return what a day on SQLite showed, in words."""
    if day is None:
        return f"{_MISSING.removesuffix('.')} (`make loadtest DB=sqlite`)."
    inside, lost = day["server_ms"].get("steady"), day["lost"] + day["altered"]
    p99 = f"{day['latency_ms']['steady']['p99']:,.0f} ms as Locust saw it"
    times = FULL_MINUTES / day["minutes"]
    parts = (
        f"{day['seats']:,} seats, {day['minutes']} min of answering",
        f" ({times:.1f} times as busy a seat as in a full day)" if times > 1 else "",
        f": {day['acknowledged']:,} answers acknowledged, {lost:,} lost or altered",
        f", {day['mismarked']:,} mismarked",
        f"; p99 while answering {p99}",
        "" if inside is None else f", {inside:,.0f} ms in the service",
        f". {source(day)}",
    )
    return "".join(parts)


def main() -> int:
    """Rewrite the page's measured parts."""
    folder = ROOT / "var"
    day = read(folder / "loadtest" / "report.json")
    chaos = read(folder / "loadtest" / "chaos" / "report.json")
    cluster = read(folder / "loadtest" / "cluster" / "report.json")
    marking = read(folder / "bench" / "marking.json")
    sqlite = read(folder / "loadtest" / "sqlite" / "report.json")
    parts = {
        "sqlite": embedded(sqlite),
        "promises": promises(day, chaos, cluster, marking),
        "latencies": latencies(day),
        "use": use(day),
        "sizing": sizing(day, cluster, tls.measure()),
    }
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8"), parts), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
