"""Measure what open room consoles cost: ``make bench-console`` (or ``python -m tools.bench_console --help``).

A throw-away database (PostgreSQL where ``DATABASE_URL`` names one, else SQLite) gets a round with a room of
50 seats for each console. Every console asks every two seconds with its pass and the tag of what it has, as
the page does, while once a minute each seat changes. The server has one core, the generator another.

Printed and written to ``var/bench/console.json``: CPU milliseconds a poll, in the server and in the database
process behind it; what 2,000 consoles would take; how long a poll took.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from tools import benching

SEATS, PERIOD_S, TARGET = 50, 2.0, 2000
_NAME = "bench-console"


def prepare(rooms: int) -> list[str]:
    """Make a round with full rooms in which everybody answers; return each room's pass."""
    import django

    django.setup()
    from datetime import timedelta

    from django.core.management import call_command
    from django.utils import timezone

    from exams.papers.models import Form
    from exams.registration.models import Candidate, Centre, Examination, Placement, Room, Round, Seat
    from exams.room.live import RoomKey, issue_pass
    from exams.seat.models import Admission, Presence, Sitting
    from learning.people.models import Person, Province

    call_command("migrate", verbosity=0)
    now = timezone.now()
    n = rooms * SEATS
    province = Province.objects.create(code="10", name_th="-")
    centre = Centre.objects.create(code="1", name_th="-", province=province)
    examination = Examination.objects.create(code="x", name_th="-", effective_from=now.date(), minutes=180)
    starts = now - timedelta(minutes=10)
    round_ = Round.objects.create(
        examination=examination,
        title="-",
        doors_open_at=starts - timedelta(hours=1),
        starts_at=starts,
        minutes=180,
    )
    form = Form.objects.create(sha256="0" * 64, seed="-", title="-", layout=[], paper={})
    made_rooms = Room.objects.bulk_create([Room(centre=centre, name=str(i)) for i in range(rooms)])
    seats = Seat.objects.bulk_create(
        [
            Seat(room=room, row=i // 10 + 1, column=i % 10 + 1, label=str(i))
            for room in made_rooms
            for i in range(SEATS)
        ],
        batch_size=2000,
    )
    people = Person.objects.bulk_create(
        [
            Person(national_id_sealed=b"-", national_id_index=str(i), birth_year=1990, password="!")  # noqa: S106 (nobody signs in)
            for i in range(n)
        ],
        batch_size=2000,
    )
    candidates = Candidate.objects.bulk_create(
        [
            Candidate(round=round_, person=person, number=str(i), level="bachelor")
            for i, person in enumerate(people)
        ],
        batch_size=2000,
    )
    deadline = now + timedelta(hours=3)
    sittings = Sitting.objects.bulk_create(
        [Sitting(person=person, form=form, starts_at=starts, deadline=deadline) for person in people],
        batch_size=2000,
    )
    Placement.objects.bulk_create(
        [
            Placement(candidate=candidate, round=round_, seat=seat, sitting=sitting)
            for candidate, seat, sitting in zip(candidates, seats, sittings, strict=True)
        ],
        batch_size=2000,
    )
    Admission.objects.bulk_create(
        [
            Admission(sitting=s, number=str(i), code="-", issued_at=now, used_at=now)
            for i, s in enumerate(sittings)
        ],
        batch_size=2000,
    )
    far = round(now.timestamp() * 1000) + 10**7
    Presence.objects.bulk_create(
        [
            Presence(sitting=s, seen_ms=far, answered=5, loads=1, is_durable=True, generation=1)
            for s in sittings
        ],
        batch_size=2000,
    )
    return [issue_pass(RoomKey(round_.pk, room.pk)) for room in made_rooms]


def change(seconds: float) -> None:
    """Let every seat answer once a minute, a sixtieth of them each second."""
    import django

    django.setup()
    from django.db import connection

    ends = time.monotonic() + seconds
    for second in range(10**6):
        if time.monotonic() > ends:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE seat_presence SET answered = answered + 1 WHERE sitting_id %% 60 = %s", [second % 60]
            )
        time.sleep(1)


class Consoles:
    """Many consoles, each on a connection of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.took: list[float] = []
        self.statuses: dict[str, int] = {}
        self.bytes = 0

    async def run(self, passes: list[str], seconds: float) -> None:
        """Play them for some seconds, their first polls spread over one period."""
        ends = time.perf_counter() + seconds
        starts = (PERIOD_S * i / len(passes) for i in range(len(passes)))
        await asyncio.gather(
            *(self._console(text, wait, ends) for text, wait in zip(passes, starts, strict=True))
        )

    async def _console(self, text: str, wait: float, ends: float) -> None:
        await asyncio.sleep(wait)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        tag, due = '""', time.perf_counter()
        while due < ends:
            sent = time.perf_counter()
            fields = ("host: x", f"authorization: Bearer {text}", f"if-none-match: {tag}")
            writer.write("\r\n".join(("GET /room/live HTTP/1.1", *fields, "", "")).encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            status = head[9:12]
            got = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            tag = got.get("etag", tag)
            length = int(got.get("content-length", 0))
            self.bytes += len(await reader.readexactly(length)) if status == "200" else 0
            self.took.append(time.perf_counter() - sent)
            self.statuses[status] = self.statuses.get(status, 0) + 1
            due += PERIOD_S
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        writer.close()


def _backends(database_url: str) -> list[int]:
    """Return the database processes that serve the server, where they run on this machine."""
    import psycopg

    if not benching.is_postgres(database_url):
        return []
    with psycopg.connect(database_url.replace(_NAME, "bench-look")) as connection:
        sql = "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
        pids = [row[0] for row in connection.execute(sql, [_NAME])]
    return [pid for pid in pids if Path(f"/proc/{pid}/stat").exists()]


def measure(database_url: str, folder: str, consoles: int, seconds: float) -> dict[str, float]:
    """Run it and return the figures."""
    environment = benching.environment_with(database_url, folder) | {"CELERY_EAGER": "false"}
    passes = benching.call_in(environment, "bench_console", f"prepare({consoles})")
    if benching.is_postgres(database_url):
        import psycopg

        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
    with benching.served(["learning.asgi:application"], environment) as (port, pid):
        asyncio.run(Consoles(port).run(passes, PERIOD_S))
        writing = environment | {"DATABASE_URL": database_url.replace(_NAME, "bench-change")}
        code = f"from tools import bench_console as b; b.change({seconds + 3})"
        with subprocess.Popen([sys.executable, "-c", code], cwd=benching.ROOT, env=writing) as writer:
            time.sleep(2)
            backends = _backends(database_url)
            before = benching.cpu_seconds(pid), benching.cpu_seconds(*backends)
            played = Consoles(port)
            asyncio.run(played.run(passes, seconds))
            server, database = (
                benching.cpu_seconds(pid) - before[0],
                benching.cpu_seconds(*backends) - before[1],
            )
            writer.terminate()
    polls, took = len(played.took), sorted(played.took)
    refused = {status: n for status, n in played.statuses.items() if status not in {"200", "304"}}
    if refused:
        sys.exit(f"polls were refused: {refused}")
    per_second = TARGET / PERIOD_S
    return {
        "consoles": consoles,
        "seats": consoles * SEATS,
        "polls": polls,
        "unchanged": played.statuses.get("304", 0) / polls,
        "bytes_a_poll": played.bytes / polls,
        "server_ms_a_poll": server / polls * 1000,
        "database_ms_a_poll": database / polls * 1000,
        "median_ms": took[polls // 2] * 1000,
        "p99_ms": took[polls * 99 // 100] * 1000,
        "cores_for_2000": (server + database) / polls * per_second,
        "consoles_a_core": polls / (server + database) * PERIOD_S,
    }


def main() -> None:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--consoles", type=int, default=500, help="open consoles, each with a room of its own"
    )
    parser.add_argument("--seconds", type=float, default=15, help="length of the run")
    options = parser.parse_args()
    benching.take_second_core()
    with (
        tempfile.TemporaryDirectory() as folder,
        benching.throw_away_database("console_bench", folder) as own,
    ):
        is_postgres = benching.is_postgres(own)
        named = urlsplit(own)._replace(query=f"application_name={_NAME}").geturl()
        figures = measure(named if is_postgres else own, folder, options.consoles, options.seconds)
    machine = benching.machine()
    report = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine,
        "database": "PostgreSQL" if is_postgres else "SQLite",
        "figures": figures,
    }
    for name, value in figures.items():
        print(f"{name:20}{value:12,.2f}")
    print(f"{report['database']}, {machine}")
    benching.write_report("console", report)


if __name__ == "__main__":
    main()
