"""What a run has to show. Pure.

That nothing is lost, altered or mismarked is asked of every run. Times are asked of a day of full length
only: a day in haste asks ten times as much of a seat, and a busy machine is no fault of the code. What a
request costs shows in a day of full size only, for what runs in any case is then spread over many seats.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from loadtest import faults, figures
from loadtest.figures import Check
from loadtest.plan import FULL_MINUTES

if TYPE_CHECKING:
    from loadtest.audit import Findings
    from loadtest.day import Options


def checks(
    options: "Options", report: Mapping[str, Any], findings: "Findings", *, is_whole: bool
) -> list[Check]:
    """Return every line of the verdict; `is_whole` says that the log and the day have come to their ends."""
    found = _truths(options, report, findings, is_whole=is_whole)
    if options.chaos:
        return found + _chaos(report["faults"])
    if options.cluster:
        return found + _cluster(report["faults"])
    if options.minutes >= FULL_MINUTES:
        found += _times(report["latency_ms"])
        if options.seats >= figures.FULL_SEATS:
            found += _full_size(report)
    return found


def reasons(report: Mapping[str, Any]) -> list[str]:
    """Return in words what was not met."""
    return [
        f"{check['name']}: {check['measured']}, wanted {check['wanted']}"
        for check in report["checks"]
        if not check["is_met"]
    ]


def _truths(
    options: "Options", report: Mapping[str, Any], findings: "Findings", *, is_whole: bool
) -> list[Check]:
    """Return what must be so at any size."""
    counts = report["counts"]
    forbidden = figures.forbidden(counts)
    ended, refused = counts.get("ended", 0), counts.get("moved", 0)
    return [
        Check("Lost or altered answers", "คำตอบที่หายหรือถูกแก้", str(findings.lost + findings.altered), "0",
              findings.lost + findings.altered == 0),
        Check("Mismarked seats", "ที่นั่งที่ตรวจให้คะแนนผิด", str(findings.mismarked + findings.misfolded), "0",
              findings.mismarked + findings.misfolded == 0),
        Check("Anything else that the audit found", "ข้อผิดพลาดอื่นจากการสอบทาน",
              str(sum(getattr(findings, fault) for fault in findings.FAULTS)), "0", findings.is_clean),
        Check("Seats audited", "ที่นั่งที่สอบทาน", f"{findings.seats:,}", f"{options.seats:,}",
              findings.seats == options.seats and is_whole),
        Check("Candidates who came to an end", "ผู้เข้าสอบที่สอบจนจบ", f"{ended:,}", f"{options.seats:,}",
              ended == options.seats),
        Check("Failed after the client's own retries", "ไม่สำเร็จแม้ส่งซ้ำแล้ว", f"{report['failures']:,}", "0",
              report["failures"] == 0),
        Check("Impossible replies", "คำตอบจากระบบที่ไม่ควรมี", ", ".join(forbidden) or "0", "0", not forbidden),
        Check("Machines left behind and refused", "เครื่องเดิมที่ถูกปฏิเสธหลังย้าย", str(refused),
              str(report["moved"]), refused == report["moved"]),
    ]  # fmt: skip


def _times(latencies: Mapping[str, Mapping[str, float]]) -> list[Check]:
    """Return the response times of a day of full length, as Locust saw them."""
    steady = latencies.get("steady", {}).get("p99")
    storms = [latencies[phase]["p99"] for phase in figures.STORMS if phase in latencies]
    return [
        _at_most("Steady, p99", "ขณะทำข้อสอบ p99", steady, figures.STEADY_P99_MS, "ms"),
        _at_most("Storms, p99", "ช่วงคนแน่น p99", max(storms, default=None), figures.STORM_P99_MS, "ms"),
    ]


def _full_size(report: Mapping[str, Any]) -> list[Check]:
    """Return what a day of full size and length shows besides."""
    inside, cost = report["server_ms"].get("steady"), report["steady"]["cpu_ms_per_answer"]
    allowed_s = figures.CHECK_IN_S * report["seats"] / figures.FULL_SEATS
    return [
        _at_most("Steady p99 in the service", "ในบริการ ขณะทำข้อสอบ p99", inside, figures.SERVER_P99_MS, "ms"),
        _at_most("CPU of service and database per answer", "ซีพียูของบริการและฐานข้อมูลต่อคำตอบ", cost,
                 figures.CPU_PER_ANSWER_MS, "ms", digits=3),
        _at_most("Check-in of everybody", "เช็กอินครบทุกคน", report["check_in_s"] or None, allowed_s, "s"),
    ]  # fmt: skip


def _at_most(
    name: str, thai: str, measured: float | None, limit: float, unit: str, *, digits: int = 0
) -> Check:
    """Return a check of an upper limit; what was not measured does not keep it."""
    shown = "not measured" if measured is None else f"{measured:,.{digits}f} {unit}"
    return Check(name, thai, shown, f"≤ {limit:,g} {unit}", measured is not None and measured <= limit)


def _chaos(broken: Sequence[Mapping[str, Any]]) -> list[Check]:
    """Return that everything was broken once, and that answers were taken soon after."""
    by_name = {fault["name"]: fault for fault in broken}
    return [_recovery(name, by_name.get(name)) for name in faults.CHAOS]


def _recovery(name: str, fault: Mapping[str, Any] | None) -> Check:
    again = fault["answering_again_ms"] if fault else None
    measured = "did not happen" if fault is None else "never" if again is None else f"{again / 1000:.1f} s"
    is_met = again is not None and again <= figures.RECOVERY_MS
    return Check(f"Answering again: {name}", "กลับมารับคำตอบ", measured, "≤ 5 s", is_met)


def _cluster(broken: Sequence[Mapping[str, Any]]) -> list[Check]:
    """Return that a machine was cut off, and that the other one took the answers meanwhile."""
    cut = broken[0] if broken else None
    lasted = (cut["lasted_ms"] or 0) if cut else 0
    meanwhile = max(cut["acknowledged"].values(), default=0) if cut else 0
    return [
        Check("A machine was cut off", "เครื่องหนึ่งถูกตัดออกจากเครือข่าย", f"{lasted / 1000:.1f} s",
              f"≥ {faults.CUT_MS / 1000:.0f} s", lasted >= faults.CUT_MS),
        Check("Acknowledged by the other one meanwhile", "คำตอบที่อีกเครื่องรับระหว่างนั้น", f"{meanwhile:,.0f}",
              "≥ 1", meanwhile > 0),
        _recovery("the cable is back", cut),
    ]  # fmt: skip
