"""``report.json`` and ``report.html``: what was measured, on what, by which command, and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from loadtest import figures, report_page, verdict
from loadtest.plan import PHASES

if TYPE_CHECKING:
    from loadtest.audit import Findings
    from loadtest.day import Course, Options

_MB = 2**20


@dataclass
class Run:
    """Everything that one run produced."""

    options: "Options"
    course: "Course"
    findings: "Findings"
    machine: str


def write_reports(run: Run, folder: Path) -> bool:
    """Write both files, print the verdict, and say whether it is good."""
    report = build(run, msgspec.json.decode((folder / "locust.json").read_bytes()), folder)
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    (folder / "report.html").write_text(report_page.render(report), encoding="utf-8")
    print_summary(report)
    print(f"{folder / 'report.html'}")
    return bool(report["verdict"] == "passed")


def build(run: Run, locust: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the report as plain values."""
    course, plan, options = run.course, run.course.plan, run.options
    phases = plan.phases()
    latencies = figures.latencies(locust["entries"])
    acks = figures.read_acks(folder, len(plan.services))
    steady = phases["steady"], phases["last"]
    cpu = figures.cpu_between(course.samples, *steady)
    answers = sum(
        count
        for second, count in acks.per_second.items()
        if steady[0] <= plan.doors_ms + second * 1000 < steady[1]
    )
    cpu_s = cpu.get("service", 0.0) + cpu.get("database", 0.0)
    report: dict[str, Any] = {
        "date": course.began.isoformat(timespec="seconds"),
        "command": options.command,
        "machine": run.machine,
        "database": options.database,
        "seats": options.seats,
        "minutes": options.minutes,
        "seed": options.seed,
        "service_processes": options.service,
        "locust_processes": options.workers + options.remote_workers,
        "connections": "own" if options.owns_connections else "pool",
        "chaos": options.chaos,
        "cluster": options.cluster,
        "requests": sum(entry["requests"] for entry in locust["entries"].values()),
        "attempts_failed": sum(entry["failures"] for entry in locust["entries"].values()),
        "failures": _failed(run, locust["counts"]),
        **{name: value for name, value in run.findings.as_dict().items() if name != "seats"},
        "audited": run.findings.seats,
        "moved": course.moved,
        "paused": course.paused,
        "check_in_s": max(acks.entered.values(), default=0) / 1000,
        "journal_bytes_per_answer": course.journal_bytes / max(1, run.findings.stored),
        "latency_ms": {name: value._asdict() for name, value in latencies.items()},
        "server_ms": _server_ms(course, phases),
        "steady": {
            "seconds": (steady[1] - steady[0]) / 1000,
            "answers": answers,
            "cpu_s": cpu,
            "cpu_ms_per_answer": 1000 * cpu_s / answers if answers else None,
        },
        "extra_time": figures.extra_time(course.given, plan, acks),
        "processes": _processes(course),
        "each_process": _each_process(course),
        "restarts": course.restarts,
        "faults": _faults(course, acks),
        "seconds": course.seconds,
        "counts": dict(sorted(locust["counts"].items())),
        "errors": locust["errors"],
        "exceptions": locust["exceptions"],
        "phases": {name: (at - plan.doors_ms) / 1000 for name, at in phases.items()},
        "series": _series(course, locust, acks),
    }
    is_whole = bool(locust["is_log_complete"]) and course.is_whole
    checks = verdict.checks(options, report, run.findings, is_whole=is_whole)
    report["checks"] = [check._asdict() for check in checks]
    report["verdict"] = "passed" if all(check.is_met for check in checks) else "failed"
    return report


def _server_ms(course: "Course", phases: Mapping[str, int]) -> dict[str, float]:
    """Return by phase the time within which the service itself gave 99 of 100 replies, in milliseconds.

    Nothing where a process was started again, since it has forgotten what it had counted.
    """
    if course.restarts:
        return {}
    begins = list(phases.items())
    ends = [at for _, at in begins[1:]]
    found = {}
    for (name, begin), end in zip(begins, [*ends, course.plan.deadline_ms + 10**9], strict=True):
        inside = [buckets for at, buckets in course.served if begin <= at <= end]
        if len(inside) > 1 and (quantile := figures.quantile(inside[0], inside[-1], 0.99)) is not None:
            found[name] = quantile * 1000
    return found


def _failed(run: Run, counts: Mapping[str, int]) -> int:
    """Return how many candidates something failed for in the end, after all that their machine tried."""
    ended = counts.get("ended", 0)
    late = counts.get("left late", 0)
    return (run.options.seats - ended) + late + sum(figures.forbidden(counts).values())


def _processes(course: "Course") -> dict[str, Any]:
    """Return CPU seconds and peak memory by group of processes."""
    found: dict[str, Any] = {}
    for _at, sample in course.samples:
        for name, (cpu_s, memory) in sample.items():
            peak = max(found.get(name, {}).get("peak_mb", 0), round(memory / _MB))
            found[name] = {"cpu_s": round(cpu_s, 1), "peak_mb": peak}
    return found


def _each_process(course: "Course") -> dict[str, Any]:
    """Return CPU seconds and peak memory of every process."""
    return {
        name: {"group": use.group, "cpu_s": round(use.cpu_s, 1), "peak_mb": round(use.peak / _MB)}
        for name, use in course.uses.items()
    }


def _faults(course: "Course", acks: figures.Acks) -> list[dict[str, Any]]:
    """Return what was broken, how it came back, and what each process acknowledged meanwhile."""
    found = figures.recoveries(course.faults, course.plan, acks)
    for fault, broken in zip(found, course.faults, strict=True):
        fault["acknowledged"] = figures.acknowledged_between(
            course.acknowledged, broken["began_ms"], broken["ended_ms"]
        )
    return found


def _series(course: "Course", locust: Mapping[str, Any], acks: figures.Acks) -> dict[str, Any]:
    """Return the lines of the plots, as points of (seconds since the doors, value)."""
    doors = course.plan.doors_ms
    requests, failed, p50, p99 = [], [], [], []
    for before, interval in zip([None, *locust["intervals"]], locust["intervals"], strict=False):
        at = (interval["ms"] - doors) / 1000
        length = (interval["ms"] - before["ms"]) / 1000 if before else 5
        entries = list(interval["requests"].values())
        times = figures.merged(entry[2] for entry in entries)
        requests.append((at, sum(entry[0] for entry in entries) / length))
        failed.append((at, sum(entry[1] for entry in entries) / length))
        p50.append((at, figures.percentile(times, 0.5)))
        p99.append((at, figures.percentile(times, 0.99)))
    cpu: dict[str, list[tuple[float, float]]] = {}
    memory: dict[str, list[tuple[float, float]]] = {}
    for (earlier, first), (later, second) in zip(course.samples, course.samples[1:], strict=False):
        for name, (cpu_s, used) in second.items():
            share = (cpu_s - first.get(name, (0.0, 0))[0]) / max(0.001, (later - earlier) / 1000)
            cpu.setdefault(name, []).append(((later - doors) / 1000, max(0.0, share)))
            memory.setdefault(name, []).append(((later - doors) / 1000, used / _MB))
    seconds = range(max(acks.per_second, default=0) + 1)
    return {
        "acknowledged": [(second, acks.per_second.get(second, 0)) for second in seconds],
        "requests": requests,
        "failed": failed,
        "p50": p50,
        "p99": p99,
        "cpu": cpu,
        "memory": memory,
    }


def print_summary(report: Mapping[str, Any]) -> None:
    """Print the checks and the main figures."""
    print()
    for phase in PHASES:
        if figure := report["latency_ms"].get(phase):
            times = "  ".join(f"{name} {figure[name]:>6,.0f}" for name in ("p50", "p95", "p99", "max"))
            server = report["server_ms"].get(phase)
            inside = f"  server p99 {server:,.0f}" if server is not None else ""
            done = f"{figure['requests']:>10,} requests {figure['failures']:>7,} repeated"
            print(f"{phase:10} {done}   {times} ms{inside}")
    for name, use in (report["processes"] | report["each_process"]).items():
        print(f"{name:13} {use['cpu_s']:>10,.1f} s CPU {use['peak_mb']:>9,} MB")
    extra = report["extra_time"]
    if extra["heard"]:
        times = f"p99 {extra['p99_ms'] / 1000:.1f} s, longest {extra['max_ms'] / 1000:.1f} s"
        print(f"extra time heard by {extra['heard']:,} of {extra['given']:,}: {times}")
    if (per_answer := report["steady"]["cpu_ms_per_answer"]) is not None:
        print(f"CPU of service and database per acknowledged answer: {per_answer:.3f} ms")
    print(f"acknowledged {report['acknowledged']:,}  stored {report['stored']:,}  lost {report['lost']:,}")
    for check in report["checks"]:
        mark = "ok " if check["is_met"] else "BAD"
        print(f"{mark} {check['name']}: {check['measured']} (wanted {check['wanted']})")
    for example in report["examples"]:
        print(f"    {example}")
    reasons = "; ".join(verdict.reasons(report))
    print(f"verdict: {report['verdict']}{f' ({reasons})' if reasons else ''}")
