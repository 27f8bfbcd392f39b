"""Measure the record store: writing durably, the validator alone, and finding among millions.

One server process and this generator share one core; PostgreSQL has the other. The database is a new one on
the server of ``DATABASE_URL``, dropped afterwards. Prints a table and writes ``var/bench/records.json``.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psycopg

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
    """Return a statement about one of so many learners; cheap, since it is made while the server works."""
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

    def get(self, **query: str) -> bytes:
        """Return the bytes of a GET of statements."""
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        return f"GET /xapi/statements?{asked} HTTP/1.1\r\n{self._headers}\r\n".encode()

    def measure(self, make: Callable[[], bytes], connections: int, seconds: float) -> list[float]:
        """Return how long each request took, in seconds."""
        return asyncio.run(self._measure(make, connections, seconds))

    async def _measure(self, make: Callable[[], bytes], connections: int, seconds: float) -> list[float]:
        took: list[float] = []
        await asyncio.gather(*(self._one(make, 0.5, []) for _ in range(connections)))
        await asyncio.gather(*(self._one(make, seconds, took) for _ in range(connections)))
        return took

    async def _one(self, make: Callable[[], bytes], seconds: float, took: list[float]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            request = make()
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            length = re.search(rb"content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            took.append(time.perf_counter() - began)
        writer.close()


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


def fill(database: str, count: int) -> int:
    """Write `count` statements of the last half year; return how many learners they are about."""
    learners = max(count // _STATEMENTS_OF_ONE, 1)
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
    print(f"{count:,} statements are there", flush=True)
    return learners


def percentile(took: list[float], share: float) -> float:
    """Return a percentile of durations, in milliseconds."""
    return round(sorted(took)[int(len(took) * share)] * 1000, 1)


def measure(database: str, folder: str, count: int, seconds: float) -> dict[str, float]:
    """Run the measurement and return its figures."""
    environment = benching.environment_with(database, folder)
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], cwd=benching.ROOT, env=environment, check=True)
    made = subprocess.run(
        [*manage, "lrs_client", "bench", "--scope", "all"],
        cwd=benching.ROOT, env=environment, check=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    credential = json.loads(made.stdout)
    figures: dict[str, float] = {"validated_per_second": validator(seconds / 2)}
    subprocess.run([*manage, "shell", "-v0", "-c", _MONTHS], cwd=benching.ROOT, env=environment, check=True)
    learners = fill(database, count)
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT uuid FROM records_statement TABLESAMPLE SYSTEM (1) LIMIT 5000"
        ).fetchall()
    ids = [str(row[0]) for row in rows]
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 90 * 86_400))
    with benching.served(["learning.asgi:application"], environment) as (port, pid):
        sender = Sender(port, credential)

        def one() -> bytes:
            return sender.post(some(learners).encode())

        def batch() -> bytes:
            return sender.post(f"[{','.join(some(learners) for _ in range(50))}]".encode())

        def by_id() -> bytes:
            return sender.get(statementId=random.choice(ids))  # noqa: S311

        def by_agent() -> bytes:
            learner = str(random.randrange(learners))  # noqa: S311
            account = {"homePage": "https://learning.example", "name": learner}
            return sender.get(agent=json.dumps({"account": account}), verb=_VERB, since=since)

        for name, make, connections in (("id", by_id, 4), ("agent_verb_since", by_agent, 4)):
            took = sender.measure(make, connections, seconds)
            figures |= {
                f"get_by_{name}_per_second": round(len(took) / seconds),
                f"get_by_{name}_p95_ms": percentile(took, 0.95),
            }
        for name, make, connections, size in (("single", one, 32, 1), ("batched", batch, 8, 50)):
            used, began = benching.cpu_seconds(pid), time.perf_counter()
            stored = len(sender.measure(make, connections, seconds)) * size
            # Also what went ahead of the measurement, to warm up, costs the server time.
            share = seconds / (time.perf_counter() - began)
            figures |= {
                f"{name}_statements_per_second": round(stored / seconds),
                f"{name}_server_cpu_ms": round((benching.cpu_seconds(pid) - used) * share * 1000 / stored, 3),
            }
        figures["memory_mb"] = memory_mb(pid)
    return {"statements": count} | figures


def main() -> None:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--statements", type=int, default=5_000_000, help="how many are there already")
    parser.add_argument("--seconds", type=float, default=10, help="length of each run")
    options = parser.parse_args()
    if not benching.is_postgres(os.environ.get("DATABASE_URL", "")):
        sys.exit("DATABASE_URL must name PostgreSQL")
    # The server and whoever sends to it share a core.
    os.sched_setaffinity(0, {0})
    with (
        tempfile.TemporaryDirectory() as folder,
        benching.throw_away_database("records_bench", folder) as own,
    ):
        figures = measure(own, folder, options.statements, options.seconds)
    for name, value in figures.items():
        print(f"{name:36}{value:14,.3f}")
    print(benching.machine())
    benching.write_report(
        "records", {"date": time.strftime("%Y-%m-%d"), "machine": benching.machine(), "figures": figures}
    )


if __name__ == "__main__":
    main()
