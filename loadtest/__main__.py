"""``python -m loadtest --help``; ``make loadtest`` and ``make chaos`` call it."""

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path

from loadtest.day import Day, Options, require
from loadtest.plan import FIRST_PORT
from loadtest.processes import ROOT, NotAvailable, ProgramFailed

_BIG, _DAY_MINUTES, _SHORT_MINUTES, _CHAOS_MINUTES = 10_000, 10, 1, 3

_FOLDER = ROOT / "var" / "loadtest"


def main() -> int:
    """Play a day; 0 when the verdict is good, 1 when it is not, 2 when it could not be played."""
    parser = argparse.ArgumentParser(prog="python -m loadtest", description=__doc__)
    parser.add_argument("--seats", type=int, default=2000)
    parser.add_argument("--db", choices=("postgres", "sqlite"), default="postgres")
    parser.add_argument("--minutes", type=int, help="of answering; under ten, all lengths shrink alike")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--service", type=int, help="processes of the seat service")
    parser.add_argument("--workers", type=int, help="Locust processes on this machine")
    parser.add_argument(
        "--remote-workers", type=int, default=0, help="Locust processes that join from others"
    )
    parser.add_argument("--host", default="", help="address of this machine that the others reach")
    parser.add_argument("--connections", choices=("pool", "own"), default="pool")
    parser.add_argument("--port", type=int, default=FIRST_PORT, help="the first of twenty ports")
    parser.add_argument("--chaos", action="store_true", help="break things while everybody is answering")
    parser.add_argument(
        "--cluster", action="store_true", help="on two machines and a database behind nginx, one cut off"
    )
    parser.add_argument("--folder", type=Path, help="for the reports; var/loadtest unless given")
    given = parser.parse_args()
    if given.chaos and given.db == "sqlite":
        parser.error("chaos kills a database server: it needs --db postgres")
    if given.cluster and (given.chaos or given.db == "sqlite"):
        parser.error("--cluster is a test of its own, on PostgreSQL")
    if given.seats < 1:
        parser.error("there must be a seat")
    if given.minutes is not None and given.minutes < 1:
        parser.error("a paper takes a minute at least")
    if given.remote_workers and not given.host:
        parser.error("workers of other machines need to know where the service is: --host")
    cores = os.cpu_count() or 1
    default_minutes = (
        _CHAOS_MINUTES
        if given.chaos or given.cluster
        else _DAY_MINUTES
        if given.seats >= _BIG
        else _SHORT_MINUTES
    )
    options = Options(
        seats=given.seats,
        database=given.db,
        minutes=given.minutes or default_minutes,
        seed=given.seed,
        # One file has one writer at a time.
        service=2 if given.cluster else given.service or (1 if given.db == "sqlite" else max(2, cores // 2)),
        workers=given.workers or max(1, cores // 2),
        remote_workers=given.remote_workers,
        host=given.host,
        port=given.port,
        chaos=given.chaos,
        cluster=given.cluster,
        owns_connections=given.connections == "own",
        folder=(given.folder or _FOLDER / _kind(given)).resolve(),
        command=shlex.join(["python", "-m", "loadtest", *sys.argv[1:]]),
    )
    # What was started is ended, and the database dropped, when somebody ends the day.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        # Before anything is started: what fails later has been tested, and has failed.
        require(options)
    except NotAvailable as error:
        if given.cluster:
            print(f"SKIPPED, nothing was tested: {error}")
            return 0
        print(error, file=sys.stderr)
        return 2
    try:
        return 0 if Day(options).run() else 1
    except ProgramFailed as error:
        print(error, file=sys.stderr)
        return 2


def _kind(given: argparse.Namespace) -> str:
    """Return the folder of this kind of run, so that one does not overwrite another's report."""
    if given.chaos:
        return "chaos"
    if given.cluster:
        return "cluster"
    return "sqlite" if given.db == "sqlite" else ""


if __name__ == "__main__":
    sys.exit(main())
