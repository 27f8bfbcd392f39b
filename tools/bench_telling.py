"""Measure telling the learning records of a whole round, with others at work: ``make bench-telling``.

A throw-away database on the PostgreSQL that ``DATABASE_URL`` names gets a round that everybody has sat.
A process tells of the sittings and, once they are released, of the results; it is killed (SIGKILL) now
and then, and another goes on. Beside it the seat service's journal takes answers, the portal shows a
page and the record store takes statements, as quickly as they answer. At the end every statement is
counted.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from uuid import UUID, uuid4

from tools import benching

_PAUSE_S = 0.05
_QUIET_S = 15
_HOURS = timedelta(hours=1)


def _setup() -> None:
    import django

    django.setup()


# -- The round ------------------------------------------------------------------------------------------
def build(count: int) -> dict[str, str]:
    """Make a concluded round of so many, and one more who still sits; return what `probe` needs."""
    _setup()
    from django.core.management import call_command
    from django.utils import timezone

    call_command("migrate", verbosity=0)
    from exams.marking.models import Result
    from exams.registration.models import Placement, Round, RoundStatus
    from exams.results.models import ExamResult, Outcome, RoundResults
    from exams.seat.models import CloseReason, EntryKind, JournalEntry, Sitting
    from learning.records.services.credentials import create_client
    from tools import bench_placing

    bench_placing.measure(count + 1)
    now = timezone.now()
    begins = {"starts_at": now - 3 * _HOURS, "deadline": now - _HOURS}
    # Those of the demonstration have a round of their own.
    everybody = Placement.objects.filter(round=Round.objects.latest("pk"))
    *placements, last = everybody.order_by("pk").select_related("round")
    Sitting.objects.update(**begins, closed_at=now - _HOURS, close_reason=CloseReason.SUBMITTED)
    still = Sitting.objects.filter(pk=last.sitting_id)
    still.update(deadline=now + 10 * _HOURS, closed_at=None, close_reason="")
    opened_ms = round((now - 3 * _HOURS).timestamp() * 1000)
    JournalEntry.objects.bulk_create(
        (
            JournalEntry(
                sitting_id=each.sitting_id, seq=1, kind=EntryKind.OPEN, server_ms=opened_ms, hash=bytes(32)
            )
            for each in placements
        ),
        batch_size=5000,
    )
    marks = Result.objects.bulk_create(
        (
            Result(
                sitting_id=each.sitting_id, score=60, max_score=100, answered=100, topics=[], chain_head=""
            )
            for each in placements
        ),
        batch_size=5000,
    )
    ExamResult.objects.bulk_create(
        (
            ExamResult(
                candidate_id=each.candidate_id,
                round=each.round,
                mark=mark,
                outcome=Outcome.PASSED if number % 2 else Outcome.FAILED,
                points=120,
                concluded_at=now,
            )
            for number, (each, mark) in enumerate(zip(placements, marks, strict=True))
        ),
        batch_size=5000,
    )
    round_ = last.round
    round_.status = RoundStatus.CLOSED
    round_.save(update_fields=["status"])
    RoundResults.objects.create(round=round_, concluded_at=now)
    return {"sitting": str(last.sitting_id), "basic": create_client("probe", ["all"]).basic}


def release() -> None:
    """Let the candidates see their results from now on."""
    _setup()
    from django.utils import timezone

    from exams.results.models import RoundResults

    RoundResults.objects.update(release_at=timezone.now())


def work() -> dict[str, float]:
    """Tell and deliver until nothing is left; return the longest run in seconds, and megabytes at most."""
    _setup()
    from django.utils import timezone

    from exams.results.services.telling import tell_due
    from learning.records.services import outbox

    longest = 0.0
    while True:
        start = time.perf_counter()
        told = tell_due(now=timezone.now())
        told += outbox.deliver(timezone.now())
        longest = max(longest, time.perf_counter() - start)
        if not told:
            return {"longest_s": longest, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def counts() -> dict[str, Any]:
    """Return how many statements of each verb the platform has told, and how many still wait."""
    _setup()
    from django.db.models import Count

    from learning.records.models import OutboxEntry, OutboxState, Statement, StatementId
    from learning.records.services.credentials import own_client
    from learning.records.vocabulary import VERBS
    from learning.records.xapi.index import verb_key

    names = {UUID(verb_key(verb.iri)): verb.english for verb in VERBS.values()}
    own = Statement.objects.filter(client=own_client("outbox"))
    by_verb = (
        own.values_list("verb").annotate(count=Count("uuid", distinct=True), rows=Count("pk")).order_by()
    )
    return {
        "distinct": {names[verb]: count for verb, count, _rows in by_verb},
        "rows": {names[verb]: rows for verb, _count, rows in by_verb},
        "ids": StatementId.objects.filter(statement__client=own_client("outbox")).count(),
        "undelivered": OutboxEntry.objects.exclude(state=OutboxState.DELIVERED).count(),
    }


# -- The others -----------------------------------------------------------------------------------------
def probe(port: int, sitting: int, basic: str) -> dict[str, list[float]]:
    """Answer, read and write again and again until standard input ends; return the milliseconds of each."""
    _setup()
    from exams.seat.chain import Entry
    from exams.seat.journal import Journal, Request, now_ms
    from exams.seat.models import EntryKind, JournalEntry

    journal = Journal()
    has_opened = JournalEntry.objects.filter(sitting=sitting).exists()
    seen = JournalEntry.objects.filter(sitting=sitting).count() if has_opened else 0

    def answer() -> None:
        nonlocal seen
        kind = EntryKind.ANSWER if seen else EntryKind.OPEN
        entry = Entry(0, kind, 1, seen % 4 + 1) if seen else Entry(0, kind)
        [outcome] = journal.append([Request(sitting, 0, [entry], now_ms())])
        assert outcome.error is None, outcome.error
        seen += 1

    def page() -> None:
        _ask(port, "GET", "/courses/", {})

    def statement() -> None:
        said = {
            "actor": {"mbox": "mailto:probe@example.com"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
            "object": {"id": f"http://example.com/{uuid4()}"},
        }
        headers = {
            "Authorization": basic,
            "Content-Type": "application/json",
            "X-Experience-API-Version": "1.0.3",
        }
        _ask(port, "POST", "/xapi/statements", headers, json.dumps(said))

    ended = threading.Event()
    took: dict[str, list[float]] = {}
    probes = {"answer in the journal": answer, "page of the portal": page, "statement of another": statement}
    threads = [
        threading.Thread(target=_again, args=(call, took.setdefault(name, []), ended))
        for name, call in probes.items()
    ]
    for call in probes.values():
        call()
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    return took


def _ask(port: int, method: str, path: str, headers: dict[str, str], body: str = "") -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body or None, headers)
    reply = connection.getresponse()
    reply.read()
    connection.close()
    assert reply.status < 400, (path, reply.status)  # noqa: PLR2004


def _again(call: Callable[[], None], took: list[float], ended: threading.Event) -> None:
    while not ended.wait(_PAUSE_S):
        start = time.perf_counter()
        call()
        took.append((time.perf_counter() - start) * 1000)


# -- The measurement ------------------------------------------------------------------------------------
def _start(environment: Mapping[str, str], call: str) -> "subprocess.Popen[str]":
    code = f"import json; from tools import bench_telling; print(json.dumps(bench_telling.{call}))"
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=benching.ROOT, env=environment, stdin=pipe, stdout=pipe, text=True
    )


@contextmanager
def _probed(environment: Mapping[str, str], call: str, name: str, figures: dict[str, Any]) -> Any:
    process = _start(environment, call)
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield
        out, _ = process.communicate("", timeout=120)
    finally:
        process.kill()
    for what, took in json.loads(out).items():
        took.sort()
        of = {share: round(took[min(len(took) - 1, len(took) * share // 100)], 1) for share in (50, 95, 99)}
        figures[f"{name}: {what}, ms"] = of | {"most": round(took[-1], 1), "count": len(took)}


def _tell(environment: Mapping[str, str], kills: int) -> dict[str, Any]:
    start = time.perf_counter()
    killed = 0
    draw = random.Random(kills)  # noqa: S311 (moments that are the same in every run)
    while True:
        process = _start(environment, "work()")
        try:
            out, _ = process.communicate(timeout=draw.uniform(10, 30) if killed < kills else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
            continue
        if process.returncode:
            raise RuntimeError(f"telling ended with {process.returncode}")
        run: dict[str, Any] = json.loads(out)
        return {"seconds": round(time.perf_counter() - start, 1), "killed": killed} | run


def main() -> None:
    """Build, tell, count, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sittings", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=3, help="how often the process is killed while it tells")
    options = parser.parse_args()
    database_url = os.environ.get("DATABASE_URL", "")
    if not benching.is_postgres(database_url):
        sys.exit("DATABASE_URL must name a PostgreSQL server")
    figures: dict[str, Any] = {"sittings": options.sittings, "machine": benching.machine()}
    with (
        tempfile.TemporaryDirectory() as folder,
        benching.throw_away_postgres(database_url, "telling_bench") as own,
    ):
        # What pages load beside themselves is not asked for.
        plain = {"STATICFILES_BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        environment = benching.environment_with(own, folder) | plain
        start = time.perf_counter()
        made = benching.call_in(environment, "bench_telling", f"build({options.sittings})")
        print(f"made in {time.perf_counter() - start:.0f} s", file=sys.stderr)
        # Nothing tells but the process that is measured.
        portal = environment | {"CELERY_EAGER": "false"}
        with benching.served(["learning.asgi:application"], portal, core=None) as (port, _pid):
            probe_call = f"probe({port}, {made['sitting']}, {made['basic']!r})"
            with _probed(environment, probe_call, "before", figures):
                time.sleep(_QUIET_S)
            with _probed(environment, probe_call, "while sittings are told", figures):
                figures["sittings told"] = _tell(environment, options.kills)
            benching.call_in(environment, "bench_telling", "release()")
            with _probed(environment, probe_call, "while results are told", figures):
                figures["results told"] = _tell(environment, options.kills)
        figures["statements"] = found = benching.call_in(environment, "bench_telling", "counts()")
    half, rest = options.sittings // 2, options.sittings % 2
    expected = {
        "initialized": options.sittings,
        "completed": options.sittings,
        "passed": half,
        "failed": half + rest,
    }
    figures["each told once"] = found["distinct"] == found["rows"] == expected and not found["undelivered"]
    for name, value in figures.items():
        print(f"{name}: {value}")
    benching.write_report("telling", figures)
    if not figures["each told once"]:
        sys.exit("something was told twice or not at all")


if __name__ == "__main__":
    main()
