"""``report.json`` and ``report.html``: what was measured, on what, by which command, and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from loadtest import figures, report_page
from loadtest.figures import Check, Latency
from loadtest.plan import FULL_MINUTES, PHASES

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
        "processes": _processes(course),
        "restarts": course.restarts,
        "faults": figures.recoveries(course.faults, plan, acks),
        "seconds": course.seconds,
        "counts": dict(sorted(locust["counts"].items())),
        "errors": locust["errors"],
        "exceptions": locust["exceptions"],
        "phases": {name: (at - plan.doors_ms) / 1000 for name, at in phases.items()},
        "series": _series(course, locust, acks),
    }
    checks = _checks(run, report, latencies, bool(locust["is_log_complete"]))
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


def _checks(
    run: Run,
    report: Mapping[str, Any],
    latencies: Mapping[str, Latency],
    is_log_complete: bool,
) -> list[Check]:
    findings, counts = run.findings, report["counts"]
    forbidden = figures.forbidden(counts)
    checks = [
        Check("Lost or altered answers", "คำตอบที่หายหรือถูกแก้", str(findings.lost + findings.altered), "0",
              findings.lost + findings.altered == 0),
        Check("Mismarked seats", "ที่นั่งที่ตรวจให้คะแนนผิด", str(findings.mismarked + findings.misfolded), "0",
              findings.mismarked + findings.misfolded == 0),
        Check("Anything else that the audit found", "ข้อผิดพลาดอื่นจากการสอบทาน",
              str(sum(getattr(findings, fault) for fault in findings.FAULTS)), "0", findings.is_clean),
        Check("Seats audited", "ที่นั่งที่สอบทาน", f"{findings.seats:,}", f"{run.options.seats:,}",
              findings.seats == run.options.seats and is_log_complete and run.course.is_whole),
        Check("Candidates who came to an end", "ผู้เข้าสอบที่สอบจนจบ", f"{counts.get('ended', 0):,}",
              f"{run.options.seats:,}", counts.get("ended", 0) == run.options.seats),
        Check("Failed after the client's own retries", "ไม่สำเร็จแม้ส่งซ้ำแล้ว", f"{report['failures']:,}", "0",
              report["failures"] == 0),
        Check("Impossible replies", "คำตอบจากระบบที่ไม่ควรมี", ", ".join(forbidden) or "0", "0", not forbidden),
        Check("Machines left behind and refused", "เครื่องเดิมที่ถูกปฏิเสธหลังย้าย",
              str(counts.get("moved", 0)), str(run.course.moved), counts.get("moved", 0) == run.course.moved),
    ]  # fmt: skip
    if run.options.chaos:
        checks += [_recovery_check(fault) for fault in report["faults"]]
        return checks
    if run.options.cluster or run.options.minutes < FULL_MINUTES:
        # A day in haste asks ten times as much of a seat, and a busy machine is no fault of the code: its
        # times are shown and not judged.
        return checks
    steady = latencies.get("steady")
    if steady:
        checks.append(
            Check("Steady, p99", "ขณะทำข้อสอบ p99", f"{steady.p99:,.0f} ms", f"≤ {figures.STEADY_P99_MS:,} ms",
                  steady.p99 <= figures.STEADY_P99_MS)
        )  # fmt: skip
    storms = [latencies[phase].p99 for phase in ("storm", "last") if phase in latencies]
    if storms:
        checks.append(
            Check("Storms, p99", "ช่วงคนแน่น p99", f"{max(storms):,.0f} ms", f"≤ {figures.STORM_P99_MS:,} ms",
                  max(storms) <= figures.STORM_P99_MS)
        )  # fmt: skip
    return checks


def _recovery_check(fault: Mapping[str, Any]) -> Check:
    again = fault["answering_again_ms"]
    measured = "never" if again is None else f"{again / 1000:.1f} s"
    is_met = again is not None and again <= figures.RECOVERY_MS
    return Check(f"Answering again: {fault['name']}", "กลับมารับคำตอบ", measured, "≤ 5 s", is_met)


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
    for name, use in report["processes"].items():
        print(f"{name:10} {use['cpu_s']:>10,.1f} s CPU {use['peak_mb']:>9,} MB")
    if (per_answer := report["steady"]["cpu_ms_per_answer"]) is not None:
        print(f"CPU of service and database per acknowledged answer: {per_answer:.3f} ms")
    print(f"acknowledged {report['acknowledged']:,}  stored {report['stored']:,}  lost {report['lost']:,}")
    for check in report["checks"]:
        mark = "ok " if check["is_met"] else "BAD"
        print(f"{mark} {check['name']}: {check['measured']} (wanted {check['wanted']})")
    for example in report["examples"]:
        print(f"    {example}")
    print(f"verdict: {report['verdict']}")
