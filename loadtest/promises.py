"""What was asked for beside what was measured, and by how much it was missed. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from loadtest import faults, figures
from loadtest.plan import FULL_MINUTES
from loadtest.tables import table

MISSING = "not measured"
_MARKING_S, _MARKING_MB, _MARKED = 60, 1024, 100_000
_TWICE = 2

Report = Mapping[str, Any]


class Promise(NamedTuple):
    """One line: what, what was asked for and what was measured in words, and the same in a number.

    `limit` is the most that `value` may be, or with `is_least` the least. `value` None is not measured;
    `because` then says why.
    """

    what: str
    asked: str
    measured: str
    value: float | None
    limit: float
    is_least: bool = False
    because: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the promise is kept; what was not measured is not."""
        if self.value is None:
            return False
        return self.value >= self.limit if self.is_least else self.value <= self.limit

    @property
    def verdict(self) -> str:
        """Whether it is kept, in words, and by how much it is not."""
        if self.value is None:
            return self.because or MISSING
        return "met" if self.is_met else f"**not met**: {self._distance(self.value)}"

    def _distance(self, value: float) -> str:
        if not self.limit:
            return f"{value:,.0f} too many"
        ratio = value / self.limit
        if self.is_least:
            return f"{1 - ratio:.0%} short"
        return f"{ratio:.1f} times the limit" if ratio >= _TWICE else f"{ratio - 1:.1%} over"


def promises(day: Report | None, chaos: Report | None, cluster: Report | None, marking: Report | None) -> str:
    """Return the table, what is not met in a sentence, and which commands measured it."""
    lines = [*_day(day), *_chaos(chaos), *_cluster(cluster), _marking(marking)]
    rows = [(line.what, line.asked, line.measured, line.verdict) for line in lines]
    sources = (("Day", day), ("Chaos", chaos), ("Two machines", cluster))
    told = " ".join(f"{name}: {source(report)}" for name, report in sources)
    return table(("what", "asked for", "measured", "met"), rows) + f"\n\n{_summary(lines)}\n\n{told}"


def source(report: Report | None) -> str:
    """Return when, by which command and on what a report was measured."""
    if report is None:
        return f"{MISSING}."
    return f"{report['date'][:10]}, `{report['command']}`, {report['machine']}: **{report['verdict']}**."


def _summary(lines: list[Promise]) -> str:
    missed = [line for line in lines if line.value is not None and not line.is_met]
    unmeasured = [line.what for line in lines if line.value is None]
    said = (
        "Not met: "
        + "; ".join(f"{line.what}, {line.measured} ({line.verdict[13:]})" for line in missed)
        + "."
        if missed
        else "Whatever was measured is met."
    )
    return said + (f" Not measured: {'; '.join(unmeasured)}." if unmeasured else "")


def _day(day: Report | None) -> list[Promise]:
    full = figures.FULL_SEATS
    seats = day["seats"] if day else 0
    extra = day.get("extra_time") if day else None
    heard_ms = extra["max_ms"] if extra else None
    wrong = day["failures"] + day["lost"] + day["altered"] + day["mismarked"] if day else None
    allowed_s = figures.CHECK_IN_S * max(1, seats) / full
    counts = (
        f"{day['failures']:,} · {day['lost'] + day['altered']:,} · {day['mismarked']:,}" if day else MISSING
    )
    heard = (
        f"p99 {extra['p99_ms'] / 1000:.1f} s, longest {heard_ms / 1000:.1f} s ({extra['heard']:,} seats)"
        if extra and heard_ms is not None
        else MISSING
    )
    return [
        Promise("seats held, generator on the same machine", f"{full:,}", f"{seats:,}" if day else MISSING,
                seats if day else None, full, is_least=True),
        Promise("failed after the client's own retries · lost · mismarked", "0 · 0 · 0", counts, wrong, 0),
        *_times(day),
        Promise("check-in of everybody", f"≤ {figures.CHECK_IN_S} s for {full:,}",
                f"{day['check_in_s']:,.0f} s for {seats:,}" if day else MISSING,
                day["check_in_s"] if day else None, allowed_s),
        Promise("extra time, from the room's word to the page (who was offline meanwhile left out)",
                f"≤ {figures.EXTRA_TIME_MS // 1000} s", heard, heard_ms, figures.EXTRA_TIME_MS),
    ]  # fmt: skip


def _times(day: Report | None) -> list[Promise]:
    """Return response times and costs, which only a day of full length or size shows."""
    steady = storms = inside = cost = None
    if day:
        steady = day["latency_ms"]["steady"]["p99"]
        storms = max(day["latency_ms"][name]["p99"] for name in figures.STORMS if name in day["latency_ms"])
        inside, cost = day["server_ms"].get("steady"), day["steady"]["cpu_ms_per_answer"]
    is_long = day is None or day["minutes"] >= FULL_MINUTES
    is_full = day is None or (is_long and day["seats"] >= figures.FULL_SEATS)
    lines = (
        ("steady p99, as Locust saw it", figures.STEADY_P99_MS, "ms", steady, 0, is_long),
        ("storms p99, as Locust saw it", figures.STORM_P99_MS, "ms", storms, 0, is_long),
        ("steady p99 in the service", figures.SERVER_P99_MS, "ms", inside, 0, is_full),
        ("CPU of service and database per acknowledged answer", figures.CPU_PER_ANSWER_MS, "ms", cost, 3,
         is_full),
    )  # fmt: skip
    return [
        Promise(
            what,
            f"≤ {limit:,g} {unit}",
            MISSING if value is None else f"{value:,.{digits}f} {unit}",
            value if is_judged else None,
            limit,
            because="" if is_judged else "not judged: the day was too short or too small",
        )
        for what, limit, unit, value, digits, is_judged in lines
    ]


def _again(what: str, fault: Report | None) -> Promise:
    limit = figures.RECOVERY_MS
    asked, measured = f"≤ {limit // 1000} s", MISSING
    if fault is None:
        return Promise(what, asked, measured, None, limit)
    again = fault["answering_again_ms"]
    if again is None:
        return Promise(what, asked, "never", float("inf"), limit)
    return Promise(what, asked, f"{again / 1000:.1f} s", again, limit)


def _chaos(chaos: Report | None) -> list[Promise]:
    broken = {fault["name"]: fault for fault in chaos["faults"]} if chaos else {}
    return [
        _lost("lost or altered under `make chaos`", chaos),
        *(_again(f"{name}: answers acknowledged again", broken.get(name)) for name in faults.CHAOS),
    ]


def _cluster(cluster: Report | None) -> list[Promise]:
    cut = next(iter(cluster["faults"]), None) if cluster else None
    meanwhile = max(cut["acknowledged"].values(), default=0) if cut and cut.get("acknowledged") else None
    return [
        _lost("lost or altered on two machines behind nginx, one cut off (`make cluster-test`)", cluster),
        Promise("answers acknowledged by the other machine while one was cut off", "≥ 1",
                MISSING if meanwhile is None else f"{meanwhile:,.0f}", meanwhile, 1, is_least=True),
    ]  # fmt: skip


def _lost(what: str, report: Report | None) -> Promise:
    lost = report["lost"] + report["altered"] if report else None
    return Promise(what, "0", MISSING if lost is None else f"{lost:,}", lost, 0)


def _marking(marking: Report | None) -> Promise:
    what = f"marking {_MARKED:,} sittings × 100 items"
    asked = f"≤ {_MARKING_S} s, ≤ 1 GB"
    if marking is None:
        return Promise(what, asked, f"{MISSING} (`make bench-marking`)", None, 1)
    said = f"{marking['sittings']:,} sittings, {marking['entries']:,} entries: {marking['seconds']:.0f} s"
    said += f", {marking['peak_memory_mb']:,} MB ({marking['date']})"
    # The worse of the two, each as a share of what is allowed for so many.
    allowed_s = _MARKING_S * marking["sittings"] / _MARKED
    worse = max(marking["seconds"] / allowed_s, marking["peak_memory_mb"] / _MARKING_MB)
    return Promise(what, asked, said, worse, 1)
