"""Measure the record store: writing durably, the validator alone, and finding among millions.

One server process and this generator share one core; PostgreSQL has the other. What is written was drawn
before the clock runs. The database is a new one on the server of ``DATABASE_URL``, dropped afterwards; with
``--filled URL`` it is one that is kept, filled where it is empty, and only read. Prints a table and writes
``var/bench/records.json``.
"""

import argparse
import asyncio
import base64
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psycopg
import uvloop

from learning.records.xapi.index import activity_key, agent_key, verb_key
from learning.records.xapi.reading import read_json
from learning.records.xapi.statements import check_statement
from learning.records.xapi.versions import Version
from tools import benching

_VERB = "http://adlnet.gov/expapi/verbs/completed"
_OTHER_VERBS = [f"http://adlnet.gov/expapi/verbs/{name}" for name in ("passed", "failed", "launched")]
_COURSES = 200
_STATEMENTS_OF_ONE = 50
_HALF_A_YEAR_US = 180 * 86_400_000_000
# How many requests of one statement and of fifty are drawn for each second: more than are answered.
_DRAWN = {1: 4_000, 50: 300}
# What has a target is asked for longer.
_PROMISED = ("id", "agent_verb_since")


def typical() -> dict[str, Any]:
    """Return a statement of the size and kind that courses send, with places for what differs."""
    course = "https://learning.example/courses/%COURSE%"
    return {
        "id": "%ID%",
        "actor": {
            "objectType": "Agent",
            "name": "สมหญิง ใจดี",
            "account": {"homePage": "https://learning.example", "name": "%LEARNER%"},
        },
        "verb": {"id": _VERB, "display": {"en": "completed", "th": "เรียนจบ"}},
        "object": {
            "id": f"{course}/lessons/3",
            "definition": {"type": "http://adlnet.gov/expapi/activities/lesson", "name": {"th": "บทที่ 3"}},
        },
        "result": {
            "score": {"scaled": 0.7, "raw": 7, "min": 0, "max": 10},
            "success": True,
            "completion": True,
            "duration": "PT12M3.5S",
        },
        "context": {
            "registration": "%ID%",
            "platform": "portal",
            "contextActivities": {"parent": [{"id": course}], "grouping": [{"id": f"{course}/rounds/1"}]},
        },
        "timestamp": "2026-05-05T10:00:00.123Z",
    }


_TEXT = json.dumps(typical(), ensure_ascii=False)


def some(learners: int) -> str:
    """Return a statement about one of so many learners; about 850 bytes."""
    course, learner = random.randrange(_COURSES), random.randrange(learners)  # noqa: S311
    text = _TEXT.replace("%ID%", str(uuid4())).replace("%COURSE%", str(course))
    return text.replace("%LEARNER%", str(learner))


# -- The validator alone --------------------------------------------------------------------------------
def validator(seconds: float) -> int:
    """Return how many typical statements are read from JSON and checked in a second of CPU."""
    texts = [some(1000).encode() for _ in range(200)]
    done, began = 0, time.process_time()
    while time.process_time() - began < seconds:
        for text in texts:
            check_statement(read_json(text), Version.V1)
        done += len(texts)
    return round(done / (time.process_time() - began))


# -- The server -----------------------------------------------------------------------------------------
class Sender:
    """Sends requests to the server, over as many connections as asked."""

    def __init__(self, port: int, credential: dict[str, str]) -> None:
        self._port = port
        token = base64.b64encode(f"{credential['key']}:{credential['secret']}".encode()).decode()
        self._headers = (
            f"Host: localhost\r\nAuthorization: Basic {token}\r\nX-Experience-API-Version: 1.0.3\r\n"
        )

    def post(self, body: bytes) -> bytes:
        """Return the bytes of a POST of statements."""
        head = f"POST /xapi/statements HTTP/1.1\r\n{self._headers}Content-Type: application/json\r\n"
        return head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body

    def get(self, path: str = "statements", /, **query: str) -> bytes:
        """Return the bytes of a GET of statements."""
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        return f"GET /xapi/{path}?{asked} HTTP/1.1\r\n{self._headers}\r\n".encode()

    def measure(self, requests: Iterator[bytes], connections: int, seconds: float) -> list[float]:
        """Return how long each request took, in seconds, after half a second that does not count."""
        took: list[float] = uvloop.run(self._measure(requests, connections, seconds))
        return took

    async def _measure(self, requests: Iterator[bytes], connections: int, seconds: float) -> list[float]:
        for length in (0.5, seconds):
            took: list[float] = []
            until = time.perf_counter() + length
            loop = asyncio.get_running_loop()
            opened = [
                await loop.create_connection(
                    partial(_Connection, requests, until, took), "127.0.0.1", self._port
                )
                for _ in range(connections)
            ]
            await asyncio.gather(*(connection.ended for _transport, connection in opened))
        return took


class _Connection(asyncio.Protocol):
    """Sends one request after another until the time is over, with as little work of its own as possible."""

    def __init__(self, requests: Iterator[bytes], until: float, took: list[float]) -> None:
        self._requests, self._until, self._took = requests, until, took
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        if time.perf_counter() >= self._until:
            self._transport.close()
            self.ended.set_result(None)
            return
        request = next(self._requests, None)
        if request is None:
            self.ended.set_exception(RuntimeError("fewer requests were drawn than are answered"))
            return
        self._reply = b""
        self._began = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._reply += data
        head, _, body = self._reply.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if length is None or len(body) < int(length[1]):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.ended.set_exception(RuntimeError(self._reply.decode()))
            return
        self._took.append(time.perf_counter() - self._began)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("the server has closed the connection"))


def memory_mb(pid: int) -> int:
    """Return the most memory that a process has had resident, in megabytes."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(match[1]) // 1024 if match else 0


# -- Millions -------------------------------------------------------------------------------------------
_FILL = """
INSERT INTO records_statement
    (position, uuid, client_id, verb, registration, is_voiding, is_voided, received, added)
SELECT position, uuid, 1, verb, gen_random_uuid(), false, false,
    replace(replace(replace(text, '%LEARNER%', learner::text), '%COURSE%', course::text), '%ID%', uuid::text),
    '{"version":"1.0.0"}'
FROM filling, pattern;
INSERT INTO records_statementid (uuid, position) SELECT uuid, position FROM filling;
INSERT INTO records_mention (key, position, is_direct)
SELECT key, position, true FROM filling JOIN agents USING (learner);
INSERT INTO records_mention (key, position, is_direct)
SELECT key, position, is_direct FROM filling JOIN courses USING (course);
"""
_DRAW = """
CREATE TEMP TABLE filling AS
SELECT %s + n * %s AS position, gen_random_uuid() AS uuid,
    (%s::uuid[])[1 + floor(random() * 4)::int] AS verb,
    floor(random() * %s)::int AS learner, floor(random() * %s)::int AS course
FROM generate_series(%s::bigint, %s::bigint) AS n
"""
_CHUNK = 250_000
# The months that the rows are of, which a store in use has made as they came.
_MONTHS = """
from datetime import UTC, datetime, timedelta
from learning.records.services.partitions import make_months
for ago in range(7):
    make_months(datetime.now(UTC) - timedelta(days=30 * ago))
"""


def fill(database: str, count: int) -> None:
    """Write `count` statements of the last half year."""
    learners = _learners(count)
    first = time.time_ns() // 1000 - _HALF_A_YEAR_US
    verbs = [verb_key(verb) for verb in (_VERB, *_OTHER_VERBS)]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET synchronous_commit TO off")
        connection.execute("CREATE TEMP TABLE pattern (text text)")
        connection.execute("INSERT INTO pattern VALUES (%s)", [_TEXT])
        connection.execute("CREATE TEMP TABLE agents (learner int, key uuid)")
        with connection.cursor().copy("COPY agents FROM STDIN") as copying:
            for learner in range(learners):
                copying.write_row((learner, agent_key(f"account:https://learning.example\n{learner}")))
        connection.execute("CREATE TEMP TABLE courses (course int, key uuid, is_direct bool)")
        with connection.cursor().copy("COPY courses FROM STDIN") as copying:
            for course in range(_COURSES):
                iri = f"https://learning.example/courses/{course}"
                for part, is_direct in (
                    (f"{iri}/lessons/3", True),
                    (iri, False),
                    (f"{iri}/rounds/1", False),
                ):
                    copying.write_row((course, activity_key(part), is_direct))
        step = (_HALF_A_YEAR_US - 60_000_000) // count
        for start in range(0, count, _CHUNK):
            last = min(start + _CHUNK, count) - 1
            connection.execute("DROP TABLE IF EXISTS filling")
            connection.execute(_DRAW, [first, step, verbs, learners, _COURSES, start, last])
            connection.execute(_FILL)
        connection.execute("VACUUM ANALYZE")


def _learners(statements: int) -> int:
    return max(statements // _STATEMENTS_OF_ONE, 1)


def percentile(took: list[float], share: float) -> float:
    """Return a percentile of durations, in milliseconds."""
    return round(sorted(took)[int(len(took) * share)] * 1000, 1)


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Return what a command prints."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=benching.ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def measure(database: str, folder: str, count: int, seconds: float, *, is_kept: bool) -> dict[str, float]:
    """Run the measurement and return its figures."""
    environment = benching.environment_with(database, folder)
    manage(environment, "migrate", "-v0")
    name = f"bench {time.time_ns()}"
    credential = json.loads(manage(environment, "lrs_client", name, "--scope", "all"))
    figures: dict[str, float] = {}
    with psycopg.connect(database) as connection:
        if not connection.execute("SELECT EXISTS (SELECT FROM records_statementid)").fetchone()[0]:  # type: ignore[index]
            manage(environment, "shell", "-v0", "-c", _MONTHS)
            began = time.perf_counter()
            fill(database, count)
            figures["fill_seconds"] = round(time.perf_counter() - began)
        there = Filled(connection)
    print(f"{there.count:,} statements are there", flush=True)
    with benching.served(["learning.asgi:application"], environment) as (port, pid):
        sender = Sender(port, credential)
        figures |= {"statements": there.count} | read(sender, there, seconds)
        if not is_kept:
            figures |= {"validated_per_second": validator(seconds / 2)} | write(sender, there, pid, seconds)
        figures["memory_mb"] = memory_mb(pid)
    manage(environment, "lrs_client", name, "--revoke")
    return figures


class Filled:
    """What a filled database holds, to draw queries from."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        ((self.count, first, last),) = connection.execute(
            "SELECT count(*), min(position), max(position) FROM records_statementid"
        )
        rows = connection.execute(
            "SELECT uuid, registration, position FROM records_statement TABLESAMPLE SYSTEM (1) LIMIT 5000"
        )
        self._rows = [(str(uuid), str(registration), position) for uuid, registration, position in rows]
        self._middle = _moment((first + last) // 2)

    @property
    def learners(self) -> int:
        """How many learners the statements are about."""
        return _learners(self.count)

    def queries(self) -> Mapping[str, Callable[[Sender], bytes]]:
        """Return, by name, what draws one request of each kind of query that the specification defines."""
        choose = random.choice

        def agent() -> str:
            name = str(random.randrange(self.learners))  # noqa: S311
            return json.dumps({"account": {"homePage": "https://learning.example", "name": name}})

        def course() -> str:
            return f"https://learning.example/courses/{random.randrange(_COURSES)}"  # noqa: S311

        def lesson() -> str:
            return f"{course()}/lessons/3"

        def deep() -> str:
            return f"statements/more/{choose(self._rows)[2]}"

        half = self._middle
        return {
            "id": lambda to: to.get(statementId=choose(self._rows)[0]),
            "agent_verb_since": lambda to: to.get(agent=agent(), verb=_VERB, since=half),
            "agent_related": lambda to: to.get(agent=agent(), related_agents="true"),
            "activity": lambda to: to.get(activity=lesson()),
            "activity_ascending": lambda to: to.get(activity=lesson(), ascending="true"),
            "activity_related": lambda to: to.get(activity=course(), related_activities="true"),
            "activity_verb_since_ascending": lambda to: to.get(
                activity=lesson(), verb=choose(_OTHER_VERBS), since=half, ascending="true"
            ),
            "agent_activity": lambda to: to.get(agent=agent(), activity=lesson()),
            "registration": lambda to: to.get(registration=choose(self._rows)[1]),
            "verb": lambda to: to.get(verb=choose(_OTHER_VERBS)),
            "since_ascending": lambda to: to.get(since=half, ascending="true"),
            "everything": lambda to: to.get(),
            "more_deep": lambda to: to.get(deep()),
            "activity_more_deep": lambda to: to.get(deep(), activity=lesson()),
            "activity_related_more_deep": lambda to: to.get(
                deep(), activity=course(), related_activities="true"
            ),
        }


def _moment(position: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(position / 1_000_000))


def read(sender: Sender, there: Filled, seconds: float) -> dict[str, float]:
    """Ask every kind of query, those with a target the longest."""
    figures: dict[str, float] = {}
    for name, draw in there.queries().items():
        length = seconds if name in _PROMISED else seconds / 4
        took = sender.measure(iter(partial(draw, sender), b""), 4, length)
        figures[f"get_by_{name}_per_second"] = round(len(took) / length)
        figures[f"get_by_{name}_p50_ms"] = percentile(took, 0.5)
        figures[f"get_by_{name}_p95_ms"] = percentile(took, 0.95)
    return figures


def write(sender: Sender, there: Filled, pid: int, seconds: float) -> dict[str, float]:
    """Send statements singly and in batches."""
    figures: dict[str, float] = {}
    for name, connections, size in (("single", 32, 1), ("batched", 8, 50)):
        requests = [_batch(sender, there.learners, size) for _ in range(round(_DRAWN[size] * (seconds + 1)))]
        used, began = benching.cpu_seconds(pid), time.perf_counter()
        stored = len(sender.measure(iter(requests), connections, seconds)) * size
        # Also what went ahead of the measurement, to warm up, costs the server time.
        share = seconds / (time.perf_counter() - began)
        figures |= {
            f"{name}_statements_per_second": round(stored / seconds),
            f"{name}_server_cpu_ms": round((benching.cpu_seconds(pid) - used) * share * 1000 / stored, 3),
        }
    return figures


def _batch(sender: Sender, learners: int, size: int) -> bytes:
    statements = ",".join(some(learners) for _ in range(size))
    return sender.post((f"[{statements}]" if size > 1 else statements).encode())


@contextmanager
def _database(filled: str, folder: str) -> Iterator[str]:
    """Yield the address of the database to measure in: one that is kept, or one to throw away."""
    if filled:
        yield filled
        return
    if not benching.is_postgres(os.environ.get("DATABASE_URL", "")):
        sys.exit("DATABASE_URL must name PostgreSQL")
    with benching.throw_away_database("records_bench", folder) as own:
        yield own


def main() -> None:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--statements", type=int, default=5_000_000, help="how many are there already")
    parser.add_argument("--seconds", type=float, default=10, help="length of each run")
    parser.add_argument("--filled", metavar="URL", default="", help="a database that is kept, and only read")
    options = parser.parse_args()
    # The server and whoever sends to it share a core.
    os.sched_setaffinity(0, {0})
    with tempfile.TemporaryDirectory() as folder, _database(options.filled, folder) as url:
        figures = measure(url, folder, options.statements, options.seconds, is_kept=bool(options.filled))
    for name, value in figures.items():
        print(f"{name:44}{value:14,.3f}")
    print(benching.machine())
    benching.write_report(
        "records", {"date": time.strftime("%Y-%m-%d"), "machine": benching.machine(), "figures": figures}
    )


if __name__ == "__main__":
    main()
