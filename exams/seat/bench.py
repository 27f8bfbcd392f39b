"""Measure the answer journal: ``make bench`` (or ``python -m exams.seat.bench --help``).

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
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _server(application: str, environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Run uvicorn on one core; yield its port and process id."""
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port)]
    command += ["--no-access-log", "--log-level", "warning", "--loop", "uvloop", "--http", "httptools"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)  # noqa: S603 (our own command)
    os.sched_setaffinity(process.pid, {0})
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _measure(
    target: str, application: str, environment: dict[str, str], heads: list[str], seconds: float
) -> Figure:
    import uvloop

    async def play(port: int, length: float) -> tuple[int, float]:
        load = Load()
        took = await load.run(port, heads, length)
        return load.acknowledged, took

    with (
        _server(application, environment) as (port, pid),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        before = _cpu_seconds(pid)
        acknowledged, took = runner.run(play(port, seconds))
        cpu = _cpu_seconds(pid) - before
    return Figure(target, acknowledged, acknowledged / took, acknowledged / cpu, cpu / took)


def _prepare(candidates: int) -> list[str]:
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


def _audit() -> int:
    """Return the number of answers stored, having checked every chain."""
    import django

    django.setup()
    from exams.seat.journal import read_sheets
    from exams.seat.models import EntryKind, JournalEntry, Sitting

    read_sheets(list(Sitting.objects.values_list("pk", flat=True)))
    return JournalEntry.objects.filter(kind=EntryKind.ANSWER).count()


def _in_environment(environment: dict[str, str], call: str) -> Any:
    """Run one of the functions above in a process of its own, since settings are read once a process."""
    code = f"import json; from exams.seat import bench; print(json.dumps(bench.{call}))"
    done = subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def _journal(target: str, database_url: str, folder: str, candidates: int, seconds: float) -> Figure:
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "VAR_DIR": folder,
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "learning.settings",
    }
    (Path(folder) / "static").mkdir(exist_ok=True)
    heads = _in_environment(environment, f"_prepare({candidates})")
    figure = _measure(target, "learning.asgi:application", environment, heads, seconds)
    stored = _in_environment(environment, "_audit()")
    if stored != figure.acknowledged:
        sys.exit(f"{target}: {figure.acknowledged} answers were acknowledged, {stored} are stored")
    return figure


@contextmanager
def _throw_away_postgres(database_url: str) -> Iterator[str]:
    import psycopg

    name = f"seat_bench_{os.getpid()}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(database_url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


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
    if sys.platform != "linux" or (os.cpu_count() or 1) < 2:  # noqa: PLR2004
        sys.exit(
            "the benchmark holds the server and the generator to a core each: it needs Linux and two cores"
        )
    os.sched_setaffinity(0, {1})
    heads = [_REQUEST.format(path="/seat/1/entries", token="x" * 90)] * options.candidates
    figures = [
        _measure("bare ASGI function", "exams.seat.bench:bare", dict(os.environ), heads, options.seconds)
    ]
    with tempfile.TemporaryDirectory() as folder:
        figures.append(
            _journal(
                "journal on SQLite",
                f"sqlite:///{folder}/bench.sqlite3",
                folder,
                options.candidates,
                options.seconds,
            )
        )
        database_url = os.environ.get("DATABASE_URL", "")
        if database_url.startswith("postgres"):
            with _throw_away_postgres(database_url) as throw_away:
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
    report = ROOT / "var" / "bench" / "journal.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    report.write_text(
        json.dumps(
            {
                "date": time.strftime("%Y-%m-%d"),
                "machine": machine,
                "options": vars(options),
                "figures": [asdict(figure) for figure in figures],
            },
            indent=2,
        )
    )
    print(f"{machine}; written to {report.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
