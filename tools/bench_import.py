"""Measure the import of a list of persons as long as the Learning Portal's: ``make bench-import``.

A throw-away database (PostgreSQL where ``DATABASE_URL`` names one, else SQLite) and a generated CSV file. The
import runs as an officer's would, upload, check of every row, import, in a process of its own, whose largest
memory is taken from the system. Prints the seconds and writes ``var/bench/import-<database>.json``.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from tools import benching

PERSONS = 339_883
_SEED = 2565
_FILE = "persons.csv"


# -- In the processes that use the database -------------------------------------------------------------
def write_file(path: str, count: int) -> int:
    """Make the tables, the agencies, and a list of persons nobody has yet; return its bytes."""
    _start()
    from django.core.management import call_command

    from learning.people.generate import draw_people
    from learning.people.imports.resource import HEADINGS, PersonResource
    from learning.people.reference_data import load_reference_data
    from learning.spreadsheets import stream_csv

    call_command("migrate", verbosity=0, stdout=sys.stderr)
    load_reference_data()
    lines = PersonResource(show_national_id=True).lines(
        person for batch in draw_people(count, seed=_SEED) for person in batch
    )
    with Path(path).open("wb") as file:
        file.writelines(stream_csv(list(HEADINGS.values()), lines))
    return Path(path).stat().st_size


def import_file(path: str) -> dict[str, float]:
    """Upload, check and import the list; return seconds, the rows imported, and the most memory in MB."""
    _start()
    from django.conf import settings

    from learning.people.generate import generate_people
    from learning.people.imports import batches
    from learning.people.models import Role, RoleGrant

    settings.MEDIA_ROOT = Path(path).parent
    (officer,) = generate_people(1, seed=1)
    RoleGrant.objects.create(person=officer, role=Role.ADMINISTRATOR)
    seconds: dict[str, float] = {}

    def lap(name: str, began: float) -> None:
        seconds[name] = round(time.perf_counter() - began, 1)

    start = began = time.perf_counter()
    with Path(path).open("rb") as upload:
        batch = batches.upload_batch(officer, upload, _FILE)
    lap("upload", began)
    began = time.perf_counter()
    batches.check_batch(batch.pk)
    lap("check", began)
    began = time.perf_counter()
    batches.accept_batch(officer, batch)
    batches.import_batch(batch.pk)
    lap("import", began)
    lap("all", start)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return seconds | batches.counts(batch) | {"most_megabytes": round(most)}


def _start() -> None:
    import django

    django.setup()


# -- In the process that measures -----------------------------------------------------------------------
def main() -> None:
    """Print the figures, and write them under ``var/bench/``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=PERSONS)
    count = parser.parse_args().persons
    with (
        tempfile.TemporaryDirectory(prefix="bench-import-") as folder,
        benching.throw_away_database("bench_import", folder) as database,
    ):
        environment = benching.environment_with(database, folder)
        path = f"{folder}/{_FILE}"
        size = benching.call_in(environment, "bench_import", f"write_file({path!r}, {count})")
        figures = benching.call_in(environment, "bench_import", f"import_file({path!r})")
    kind = "postgresql" if benching.is_postgres(database) else "sqlite"
    print(f"{count:,} persons, {size / 1e6:.0f} MB of CSV, {kind}, {benching.machine()}")
    for name, value in figures.items():
        print(f"{name:>15}  {value:,}")
    report = {"persons": count, "bytes": size, "database": kind, "machine": benching.machine()} | figures
    benching.write_report(f"import-{kind}", report)


if __name__ == "__main__":
    main()
