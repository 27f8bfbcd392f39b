"""Measure marking at full size: ``make bench-marking SITTINGS=100000``.

Journals of 130 entries with real hash chains are generated into a throw-away database (PostgreSQL
where ``DATABASE_URL`` names a server, SQLite otherwise), written in the order of time, as on the day of
an examination, so that the entries of one sitting lie far apart. Fresh processes then mark them, and every
mark is compared with what the generator knows. Figures go to standard output and to
``var/bench/marking.json``; a mark that is wrong, missing or too many fails the run.
"""

import argparse
import multiprocessing
import os
import random
import struct
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from exams.marking.parallel import mark_in_processes
from tools import benching

SUBJECTS = (50, 25, 25)
ITEMS, OPTIONS, FORMS = sum(SUBJECTS), 4, 24
# The opening, one answer to every item, second thoughts, the submission.
CHANGES = ITEMS + 28
STARTS = datetime(2027, 1, 31, 2, 0, tzinfo=UTC)
# A row of COPY … (FORMAT binary): the number of columns, then length and value of each.
_COPY_ROW = struct.Struct(">h iq ii ih ih ih i? iq iq i32s")
_COPY_HEAD, _COPY_TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


@dataclass(frozen=True)
class Expected:
    """What the generator knows of one sitting."""

    sections: tuple[int, ...]
    answered: int
    head: str


def _setup() -> None:
    import django

    django.setup()


def prepare(sittings: int) -> None:
    """Make the tables, a bank, parallel forms and the sittings."""
    _setup()
    from django.core.management import call_command

    from exams.bank.models import Item, ItemBank, ItemStatus, ItemVersion, Topic
    from exams.papers.assembly import DrawRule, Section
    from exams.papers.services import make_parallel_forms
    from exams.seat.models import CloseReason, Sitting
    from learning.people.generate import generate_people

    call_command("migrate", verbosity=0)
    author, approver = generate_people(2, seed=1)
    bank = ItemBank.objects.create(code="bench", name_th="-")
    sections = []
    for order, count in enumerate(SUBJECTS):
        topic = Topic.objects.create(bank=bank, code=f"t{order}", name_th="-", order=order)
        items = Item.objects.bulk_create(Item(bank=bank, code=f"{order}-{n}") for n in range(count * 2))
        ItemVersion.objects.bulk_create(
            ItemVersion(
                item=item,
                topic=topic,
                difficulty="easy",
                stem=f"- {item.code}",
                options=[f"{item.code} {n}" for n in range(OPTIONS)],
                key=n % OPTIONS,
                status=ItemStatus.APPROVED,
                author=author,
                reviewed_by=approver,
                reviewed_at=STARTS,
                approved_by=approver,
                approved_at=STARTS,
            )
            for n, item in enumerate(items)
        )
        sections.append(Section(f"subject {order}", [DrawRule(topic.pk, "", count)]))
    forms = make_parallel_forms("bench", sections, FORMS, "bench")
    closed = STARTS + timedelta(hours=3)
    Sitting.objects.bulk_create(
        (
            Sitting(
                person=author,
                form=forms[n % FORMS],
                starts_at=STARTS,
                deadline=closed,
                closed_at=closed,
                close_reason=CloseReason.SUBMITTED,
            )
            for n in range(sittings)
        ),
        batch_size=5000,
    )


def shards(count: int) -> list[list[tuple[int, int]]]:
    """Return the sittings with their forms, in `count` parts."""
    _setup()
    from exams.seat.models import Sitting

    every = list(Sitting.objects.order_by("pk").values_list("pk", "form_id"))
    return [every[n * len(every) // count : (n + 1) * len(every) // count] for n in range(count)]


def write_journals(shard: Sequence[tuple[int, int]]) -> dict[int, Expected]:
    """Write the journals of these sittings and return what their marks must be."""
    _setup()
    from exams.papers.models import Form
    from exams.papers.services import answer_key
    from exams.seat.chain import Entry, genesis, link
    from exams.seat.models import EntryKind

    forms = Form.objects.in_bulk([form for _, form in shard])
    keys = {pk: bytes(answer_key(form)) for pk, form in forms.items()}
    heads = [genesis(sitting, forms[form].sha256) for sitting, form in shard]
    sheets = [bytearray(ITEMS) for _ in shard]
    draw = random.Random(shard[0][0])  # noqa: S311 (journals that are the same in every run)
    start = round(STARTS.timestamp() * 1000)
    opening, answer, submission = int(EntryKind.OPEN), int(EntryKind.ANSWER), int(EntryKind.SUBMIT)

    def entries() -> Iterator[tuple[int, Entry, bytes]]:
        for seq in range(1, CHANGES + 3):
            kind = opening if seq == 1 else submission if seq == CHANGES + 2 else answer
            items, choices = draw.randbytes(len(shard)), draw.randbytes(len(shard))
            for n, (sitting, _) in enumerate(shard):
                item = choice = 0
                if kind == answer:
                    item = seq - 1 if seq - 1 <= ITEMS else items[n] % ITEMS + 1
                    choice = choices[n] % (OPTIONS + 1)
                    sheets[n][item - 1] = choice
                at = start + seq * 80_000 + n % 80_000
                entry = Entry(seq, kind, item, choice, choices[n] > 250, at - 40, at)  # noqa: PLR2004
                heads[n] = link(heads[n], sitting, entry)
                yield sitting, entry, heads[n]

    _copy_in(entries())
    return {
        sitting: Expected(_scores(sheets[n], keys[form]), ITEMS - sheets[n].count(0), heads[n].hex())
        for n, (sitting, form) in enumerate(shard)
    }


def _scores(sheet: bytearray, key: bytes) -> tuple[int, ...]:
    right = [given == wanted for given, wanted in zip(sheet, key, strict=True)]
    return tuple(sum(right[sum(SUBJECTS[:n]) : sum(SUBJECTS[: n + 1])]) for n in range(len(SUBJECTS)))


def _copy_in(entries: Iterator[tuple[int, Any, bytes]]) -> None:
    from django.db import connection

    columns = "sitting_id, seq, kind, item, choice, flag, client_ms, server_ms, hash"
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            insert = f"INSERT INTO seat_journalentry ({columns}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608
            cursor.executemany(insert, [(sitting, *entry, digest) for sitting, entry, digest in entries])
            return
        with cursor.copy(f"COPY seat_journalentry ({columns}) FROM STDIN (FORMAT binary)") as copying:
            copying.write(_COPY_HEAD)
            block = bytearray()
            for sitting, (seq, kind, item, choice, flag, client, server), digest in entries:
                block += _COPY_ROW.pack(
                    *(9, 8, sitting, 4, seq, 2, kind, 2, item, 2, choice, 1, flag),
                    *(8, client, 8, server, 32, digest),
                )
                if len(block) > 1 << 18:
                    copying.write(block)
                    block = bytearray()
            copying.write(bytes(block) + _COPY_TAIL)


def loosen() -> None:
    """Take the constraints off the journal while it is filled: one index built at the end is built faster."""
    _setup()
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'seat_journalentry'::regclass")
            for (name,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE seat_journalentry DROP CONSTRAINT "{name}"')


def settle() -> None:
    """Leave the database as it would be a while after the examination."""
    _setup()
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE seat_journalentry ADD PRIMARY KEY (sitting_id, seq)")
            cursor.execute("VACUUM ANALYZE seat_journalentry")


def wrong_marks(expected: dict[int, Expected]) -> list[int]:
    """Return the sittings whose stored result is not what the generator knows, or is missing."""
    _setup()
    from exams.marking.models import Result

    stored = {
        sitting: (score, Expected(tuple(s["score"] for s in sections), answered, head))
        for sitting, score, sections, answered, head in Result.objects.values_list(
            "sitting", "score", "sections", "answered", "chain_head"
        ).iterator()
    }
    found = {pk: (sum(value.sections), value) for pk, value in expected.items()}
    return [pk for pk in found.keys() | stored.keys() if found.get(pk) != stored.get(pk)]


@contextmanager
def _throw_away() -> Iterator[str]:
    """Name a database of this run in the environment of the processes to come; yield what it is."""
    with (
        tempfile.TemporaryDirectory() as folder,
        benching.throw_away_database("marking_bench", folder) as database_url,
    ):
        os.environ |= benching.environment_with(database_url, folder)
        if not benching.is_postgres(database_url):
            yield "SQLite"
            return
        import psycopg

        with psycopg.connect(database_url) as connection:
            version = connection.info.server_version // 10000
        yield f"PostgreSQL {version}"


def main() -> None:
    """Generate, mark, compare, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sittings", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=2, help="processes that mark")
    options = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")

    def processes(count: int) -> ProcessPoolExecutor:
        # Settings are read once a process, and this one has none; a new process for every task.
        return ProcessPoolExecutor(count, mp_context=spawn, max_tasks_per_child=1)

    with _throw_away() as database:
        began = time.perf_counter()
        writers = 1 if database == "SQLite" else 2
        with processes(writers) as pool:
            pool.submit(prepare, options.sittings).result()
            pool.submit(loosen).result()
            expected: dict[int, Expected] = {}
            for part in pool.map(write_journals, pool.submit(shards, writers).result()):
                expected |= part
            pool.submit(settle).result()
        entries = (CHANGES + 2) * options.sittings
        print(f"{entries:,} entries written in {time.perf_counter() - began:.0f} s")
        sittings = sorted(expected)
        began = time.perf_counter()
        shares = mark_in_processes(sittings, options.processes, now=datetime.now(UTC))
        seconds = time.perf_counter() - began
        with processes(1) as pool:
            wrong = pool.submit(wrong_marks, expected).result()
    machine = f"{benching.machine()}, {database}"
    report = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine,
        "sittings": options.sittings,
        "entries": entries,
        "seconds": round(seconds, 1),
        "peak_memory_mb": round(sum(share.peak_memory for share in shares) / 1e6),
        "wrong": len(wrong),
        "processes": [asdict(share) for share in shares],
    }
    print(
        f"{options.sittings:,} sittings marked in {seconds:.1f} s by {options.processes} processes with "
        f"{report['peak_memory_mb']} MB together on {machine}"
    )
    benching.write_report("marking", report)
    if wrong:
        sys.exit(f"{len(wrong)} marks are wrong, for example of sitting {min(wrong)}")


if __name__ == "__main__":
    main()
