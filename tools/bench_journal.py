"""Measure the answer journal: ``make bench`` (or ``python -m tools.bench_journal --help``).

Three servers are run in turn under uvicorn, each held to one core, and asked over loopback by the same
generator on another core, one answer a request:

* a bare ASGI function that reads the body and replies with as many bytes: the ceiling of the stack;
* the seat service on a throw-away SQLite file;
* the seat service on a throw-away PostgreSQL database, where ``DATABASE_URL`` names a server.

Every acknowledged answer is then looked for in the journal, and every chain is checked: a run that lost
one fails. Figures go to standard output and to ``var/bench/journal.json``.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from tools import benching

ITEMS, OPTIONS = 100, 4
_REQUEST = (
    "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    "authorization: Bearer {token}\r\ncontent-length: {{length}}\r\n\r\n"
)


@dataclass
class Figure:
    """What one run showed. Rates are answers acknowledged per second."""

    target: str
    acknowledged: int
    per_second: float
    per_core_second: float
    server_cores: float


async def bare(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Read the body and reply with as many bytes as the seat service does, and do nothing else."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await receive()
    body = b'{"acked":2,"next_seq":3,"now":1700000000000,"deadline":1700000000000}'
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Candidate(asyncio.Protocol):
    """One connection: an answer, its acknowledgement, the next answer."""

    def __init__(self, head: str, load: "Load") -> None:
        self.head, self.load, self.seq, self.reply = head, load, 1, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first answer."""
        # uvloop's transports are no subclass of asyncio's.
        self.transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self.seq += 1
        now = int(time.time() * 1000)
        body = f'{{"entries":[[{self.seq},{self.seq % ITEMS + 1},{self.seq % OPTIONS + 1},false,{now}]]}}'
        self.transport.write((self.head.format(length=len(body)) + body).encode())

    def data_received(self, data: bytes) -> None:
        """Count the acknowledgement. Head and body may come apart; the body ends with a brace."""
        self.reply += data
        if not self.reply.endswith(b"}"):
            return
        if not self.reply.startswith(b"HTTP/1.1 200"):
            self.load.failed.append(self.reply)
            self.transport.close()
            return
        self.load.acknowledged, self.reply = self.load.acknowledged + 1, b""
        if time.perf_counter() < self.load.ends:
            self._send()
        else:
            self.transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell the load when the last connection is done."""
        self.load.open -= 1
        if not self.load.open:
            self.load.done.set()


class Load:
    """The generator: many candidates for some seconds."""

    def __init__(self) -> None:
        self.acknowledged, self.open, self.ends = 0, 0, 0.0
        self.failed: list[bytes] = []
        self.done = asyncio.Event()

    async def run(self, port: int, heads: list[str], seconds: float) -> float:
        """Play all candidates and return how long it took, in seconds."""
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        self.open, self.ends = len(heads), began + seconds
        for head in heads:
            await loop.create_connection(lambda head=head: Candidate(head, self), "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.wait_for(self.done.wait(), timeout=seconds + 30)
        if self.failed:
            sys.exit(f"the server refused an answer: {self.failed[0][:300]!r}")
        return time.perf_counter() - began


def _measure(
    target: str, application: str, environment: Mapping[str, str], heads: list[str], seconds: float
) -> Figure:
    import uvloop

    async def play(port: int, length: float) -> tuple[int, float]:
        load = Load()
        took = await load.run(port, heads, length)
        return load.acknowledged, took

    with (
        benching.served([application], environment) as (port, pid),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        before = benching.cpu_seconds(pid)
        acknowledged, took = runner.run(play(port, seconds))
        cpu = benching.cpu_seconds(pid) - before
    return Figure(target, acknowledged, acknowledged / took, acknowledged / cpu, cpu / took)


def prepare(candidates: int) -> list[str]:
    """Make the tables, one form and the sittings; return each candidate's request head."""
    import django

    django.setup()
    from datetime import timedelta

    from django.core.management import call_command
    from django.utils import timezone

    from exams.papers.models import Form
    from exams.seat.models import Sitting
    from exams.seat.services import take_seat
    from learning.people.generate import generate_people

    call_command("migrate", verbosity=0)
    [person] = generate_people(1, seed=1)
    items = [{"n": n, "stem": "-", "options": ["-"] * OPTIONS} for n in range(1, ITEMS + 1)]
    form = Form.objects.create(
        sha256="0" * 64, seed="-", title="-", layout=[], paper={"title": "-", "items": items}
    )
    now = timezone.now()
    heads = []
    for _ in range(candidates):
        sitting = Sitting.objects.create(
            person=person, form=form, starts_at=now, deadline=now + timedelta(hours=3)
        )
        token = take_seat(sitting, now=now).token
        heads.append(_REQUEST.format(path=f"/seat/{sitting.pk}/entries", token=token))
    return heads


def audit() -> int:
    """Return the number of answers stored, having checked every chain."""
    import django

    django.setup()
    from exams.seat.journal import read_sheets
    from exams.seat.models import EntryKind, JournalEntry, Sitting

    read_sheets(list(Sitting.objects.values_list("pk", flat=True)))
    return JournalEntry.objects.filter(kind=EntryKind.ANSWER).count()


def _journal(target: str, database_url: str, folder: str, candidates: int, seconds: float) -> Figure:
    environment = benching.environment_with(database_url, folder)
    # Few machines here do what many do on the day.
    environment["SEAT_MESSAGES_PER_SECOND"] = "1000000"
    heads = benching.call_in(environment, "bench_journal", f"prepare({candidates})")
    figure = _measure(target, "learning.asgi:application", environment, heads, seconds)
    stored = benching.call_in(environment, "bench_journal", "audit()")
    if stored != figure.acknowledged:
        sys.exit(f"{target}: {figure.acknowledged} answers were acknowledged, {stored} are stored")
    return figure


def main() -> None:
    """Run the measurements and print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=8, help="length of each run")
    parser.add_argument(
        "--candidates", type=int, default=256, help="connections, each with a sitting of its own"
    )
    options = parser.parse_args()
    benching.take_second_core()
    heads = [_REQUEST.format(path="/seat/1/entries", token="x" * 90)] * options.candidates
    figures = [_measure("bare ASGI function", "tools.bench_journal:bare", os.environ, heads, options.seconds)]
    with tempfile.TemporaryDirectory() as folder:
        figures.append(
            _journal(
                "journal on SQLite",
                benching.sqlite(folder),
                folder,
                options.candidates,
                options.seconds,
            )
        )
        database_url = os.environ.get("DATABASE_URL", "")
        if benching.is_postgres(database_url):
            with benching.throw_away_postgres(database_url, "journal_bench") as throw_away:
                figures.append(
                    _journal("journal on PostgreSQL", throw_away, folder, options.candidates, options.seconds)
                )
        else:
            print("NOT MEASURED: PostgreSQL (set DATABASE_URL to a server where a database may be created)")
    ceiling = figures[0]
    print(f"{'':24}{'per second':>12}{'per core second':>18}{'of the ceiling':>16}{'server cores':>14}")
    for figure in figures:
        share = figure.per_core_second / ceiling.per_core_second
        print(
            f"{figure.target:24}{figure.per_second:12,.0f}{figure.per_core_second:18,.0f}"
            f"{share:16.0%}{figure.server_cores:14.2f}"
        )
    machine = benching.machine()
    print(machine)
    benching.write_report(
        "journal",
        {
            "date": time.strftime("%Y-%m-%d"),
            "machine": machine,
            "options": vars(options),
            "figures": [asdict(figure) for figure in figures],
        },
    )


if __name__ == "__main__":
    main()
