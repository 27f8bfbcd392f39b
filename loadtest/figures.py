"""What a run showed, in figures, and whether they are good enough. Pure but for reading the logs."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from loadtest.acked import RECORD_BYTES, Kind, unpack
from loadtest.plan import PHASES, Plan

STEADY_P99_MS, STORM_P99_MS, SERVER_P99_MS = 1000, 3000, 50
CPU_PER_ANSWER_MS = 0.25
RECOVERY_MS = 5000
EXTRA_TIME_MS = 30_000
# What a day needs for being judged by what only a large one shows, and how long its check-in may take.
FULL_SEATS, CHECK_IN_S = 100_000, 300
STORMS = ("storm", "last")
# What must not be counted even once in a good run, by the beginning of its name.
_FORBIDDEN = (
    "broken",
    "refused",
    "bundle altered",
    "key given early",
    "key wrong",
    "machine left was not refused",
    "asked again for what was acknowledged",
    "told malformed",
    "told not_on_form",
    "told token",
    "told wrong_sitting",
    "told journal_full",
    "left refused",
    "left superseded",
)


class Check(NamedTuple):
    """One line of the verdict."""

    name: str
    thai: str
    measured: str
    wanted: str
    is_met: bool


class Given(NamedTuple):
    """Extra time for one sitting: when, what its deadline has become, and from when to when it is offline.

    Moments are epoch milliseconds; 0 and 0 for who is never offline.
    """

    at_ms: int
    deadline_ms: int
    offline_from_ms: int
    offline_until_ms: int


class Latency(NamedTuple):
    """Response times of a group of requests, in milliseconds, as Locust counts them."""

    requests: int
    failures: int
    p50: float
    p95: float
    p99: float
    max: float


def percentile(times: Mapping[float, int], share: float) -> float:
    """Return the response time under which `share` of the requests stay; 0 without any."""
    remaining = sum(times.values())
    within = int(remaining * share)
    for ms in sorted(times, reverse=True):
        remaining -= times[ms]
        if remaining <= within:
            return ms
    return 0.0


def merged(histograms: Iterable[Mapping[Any, int]]) -> dict[float, int]:
    """Add histograms up; their keys may have become strings on the way."""
    total: Counter[float] = Counter()
    for times in histograms:
        for ms, count in times.items():
            total[float(ms)] += count
    return dict(total)


def latency(entries: Sequence[Mapping[str, Any]]) -> Latency:
    """Return the figures of some of Locust's entries together."""
    times = merged(entry["times"] for entry in entries)
    return Latency(
        requests=sum(entry["requests"] for entry in entries),
        failures=sum(entry["failures"] for entry in entries),
        p50=percentile(times, 0.5),
        p95=percentile(times, 0.95),
        p99=percentile(times, 0.99),
        max=max((entry["max_ms"] for entry in entries), default=0.0),
    )


def latencies(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Latency]:
    """Return the figures by phase, and by phase and action below it."""
    found = {}
    for phase in PHASES:
        inside = {name: entry for name, entry in entries.items() if name.split(" ", 1)[0] == phase}
        if inside:
            found[phase] = latency(list(inside.values()))
            found |= {name: latency([entry]) for name, entry in sorted(inside.items())}
    return found


def read_buckets(text: str, name: str) -> dict[float, float]:
    """Return a histogram from Prometheus' text, all its labels together: upper bound -> count up to it."""
    buckets: dict[float, float] = {}
    for bound, count in re.findall(rf'^{name}_bucket{{[^}}]*le="([^"]+)"[^}}]*}} (\S+)$', text, re.MULTILINE):
        buckets[float(bound)] = buckets.get(float(bound), 0.0) + float(count)
    return buckets


def read_count(text: str, name: str) -> float:
    """Return a counter from Prometheus' text, 0 where it is not there."""
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def quantile(before: Mapping[float, float], after: Mapping[float, float], share: float) -> float | None:
    """Return the quantile of what came between two looks at a histogram, as Prometheus reckons it."""
    bounds = sorted(after)
    counts = [after[bound] - before.get(bound, 0.0) for bound in bounds]
    if not counts or counts[-1] <= 0:
        return None
    rank = share * counts[-1]
    lower, below = 0.0, 0.0
    for bound, count in zip(bounds, counts, strict=True):
        if count >= rank:
            return lower if math.isinf(bound) else lower + (bound - lower) * (rank - below) / (count - below)
        lower, below = bound, count
    return None


class Acks(NamedTuple):
    """What happened when, in milliseconds since the doors opened.

    Acknowledged answers by second, by the process that acknowledged them and by the process that is home
    to their seat; when each seat was first entered; and when it heard of which later deadline, in order of
    time. The deadlines are epoch milliseconds.
    """

    per_second: dict[int, int]
    moments: dict[int, list[int]]
    by_home: dict[int, list[int]]
    entered: dict[int, int]
    deadlines: dict[int, list[tuple[int, int]]]


def read_acks(folder: Path, services: int) -> Acks:
    """Read from the logs when which process acknowledged answers, and for whose home seats."""
    per_second: Counter[int] = Counter()
    moments: dict[int, list[int]] = {n: [] for n in range(services)}
    by_home: dict[int, list[int]] = {n: [] for n in range(services)}
    entered: dict[int, int] = {}
    deadlines: dict[int, list[tuple[int, int]]] = {}
    for path in folder.glob("acked-*.bin"):
        data = path.read_bytes()
        for record in unpack(data[: len(data) // RECORD_BYTES * RECORD_BYTES]):
            if record.kind == Kind.ANSWER:
                per_second[record.at_ms // 1000] += 1
                moments[record.process].append(record.at_ms)
                by_home[record.sitting % services].append(record.at_ms)
            elif record.kind == Kind.ENTERED:
                entered.setdefault(record.sitting, record.at_ms)
            elif record.kind == Kind.DEADLINE:
                deadlines.setdefault(record.sitting, []).append((record.at_ms, record.client_ms))
    for times in (*moments.values(), *by_home.values()):
        times.sort()
    for told in deadlines.values():
        told.sort()
    return Acks(dict(per_second), moments, by_home, entered, deadlines)


def extra_time(given: Mapping[int, Given], plan: Plan, acks: Acks) -> dict[str, Any]:
    """Return how long extra time took from the room's word to the first reply that told of it.

    Who was offline in between could not hear it and is counted apart, as `offline`; `unheard` are those who
    never did.
    """
    times: Counter[float] = Counter()
    offline = unheard = 0
    for sitting, extra in given.items():
        began = extra.at_ms - plan.doors_ms
        told = acks.deadlines.get(sitting, ())
        heard = next((at for at, deadline in told if at >= began and deadline >= extra.deadline_ms), None)
        is_offline = extra.offline_from_ms < plan.doors_ms + (heard or began) + 1
        if is_offline and extra.offline_until_ms > extra.at_ms:
            offline += 1
        elif heard is None:
            unheard += 1
        else:
            times[heard - began] += 1
    return {
        "given": len(given),
        "heard": times.total(),
        "offline": offline,
        "unheard": unheard,
        "p50_ms": percentile(times, 0.5) if times else None,
        "p99_ms": percentile(times, 0.99) if times else None,
        "max_ms": max(times) if times else None,
    }


def acknowledged_between(
    samples: Sequence[tuple[int, Mapping[str, float]]], begins: int, ends: int
) -> dict[str, float]:
    """Return what each process acknowledged between two moments, as far as it could be asked then."""
    inside = [counts for at, counts in samples if begins <= at <= ends]
    found = {}
    for name in sorted({name for counts in inside for name in counts}):
        counted = [counts[name] for counts in inside if name in counts]
        found[name] = counted[-1] - counted[0]
    return found


def recoveries(faults: Iterable[Mapping[str, Any]], plan: Plan, acks: Acks) -> list[dict[str, Any]]:
    """Return for every fault how long after its end answers were acknowledged again (milliseconds).

    Where one process was killed: answers of the seats that it served, by whichever process; and when it
    served again itself. Where all were hit: by the last of the processes to come back.
    """
    found = []
    for fault in faults:
        ended, victim = fault["ended_ms"] - plan.doors_ms, fault["process"]
        groups = list(acks.moments.values()) if victim is None else [acks.by_home[victim]]
        # What was never mended has not come back, whatever was acknowledged.
        has_ended = fault["ended_ms"] > 0
        after = [next((at for at in group if has_ended and at >= ended), None) for group in groups]
        own = acks.moments[victim] if victim is not None else []
        found.append(
            {
                "name": fault["name"],
                "began_s": (fault["began_ms"] - plan.doors_ms) / 1000,
                "lasted_ms": fault["ended_ms"] - fault["began_ms"] if has_ended else None,
                "answering_again_ms": None
                if None in after
                else max(at - ended for at in after if at is not None),
                "process_back_ms": next((at - ended for at in own if at >= ended + 500), None),
            }
        )
    return found


def cpu_between(
    samples: Sequence[tuple[int, Mapping[str, Sequence[float]]]], begins: int, ends: int
) -> dict[str, float]:
    """Return the CPU seconds of each group between two moments."""
    inside = [use for at, use in samples if begins <= at <= ends]
    if len(inside) < 2:  # noqa: PLR2004 (a difference needs two)
        return {}
    first, last = inside[0], inside[-1]
    return {name: last[name][0] - first.get(name, (0.0, 0))[0] for name in last}


def forbidden(counts: Mapping[str, int]) -> dict[str, int]:
    """Return what was counted and should not have happened."""
    return {name: count for name, count in counts.items() if count and name.startswith(_FORBIDDEN)}
