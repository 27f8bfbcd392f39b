"""What the measurements share: a database to throw away, a server held to one core, and the report."""

import argparse
import json
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent


# -- Database -------------------------------------------------------------------------------------------
def is_postgres(database_url: str) -> bool:
    """Say whether the address is one of PostgreSQL's."""
    return database_url.startswith("postgres")


@contextmanager
def throw_away_postgres(database_url: str, name: str) -> Iterator[str]:
    """Make a database on the server that `database_url` names; yield its address, and drop it at the end."""
    import psycopg

    name = f"{name}_{os.getpid()}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(database_url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def throw_away_database(name: str, folder: str) -> Iterator[str]:
    """Yield the address of a new database: on the server of ``DATABASE_URL``, else a file in the folder."""
    database_url = os.environ.get("DATABASE_URL", "")
    if is_postgres(database_url):
        with throw_away_postgres(database_url, name) as own:
            yield own
    else:
        yield sqlite(folder)


def sqlite(folder: str) -> str:
    """Return the address of a SQLite database in the folder."""
    return f"sqlite:///{folder}/bench.sqlite3"


# -- Processes ------------------------------------------------------------------------------------------
def environment_with(database_url: str, folder: str) -> dict[str, str]:
    """Return the environment of a process that uses this database and keeps its files in the folder."""
    (Path(folder) / "static").mkdir(exist_ok=True)
    return os.environ | {
        "DATABASE_URL": database_url,
        "VAR_DIR": folder,
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "learning.settings",
    }


def call_in(environment: Mapping[str, str], module: str, call: str) -> Any:
    """Return what a call gives in a process of its own, since settings are read once a process."""
    code = f"import json; from tools import {module}; print(json.dumps({module}.{call}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


def take_second_core() -> None:
    """Hold this process, the generator, to the second core; the first is the server's."""
    if sys.platform != "linux" or (os.cpu_count() or 1) < 2:  # noqa: PLR2004
        sys.exit("the server and the generator are held to a core each: it needs Linux and two cores")
    os.sched_setaffinity(0, {1})


@contextmanager
def served(
    arguments: Sequence[str], environment: Mapping[str, str], *, core: int | None = 0
) -> Iterator[tuple[int, int]]:
    """Run uvicorn, on one core unless that is None; yield its port and process id once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", *arguments, "--port", str(port)]
    command += ["--no-access-log", "--log-level", "warning", "--loop", "uvloop", "--http", "httptools"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        while not _answers(port):
            if process.poll() is not None:
                raise RuntimeError(f"{command} ended with {process.returncode}")
            time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def cpu_seconds(*pids: int) -> float:
    """Return the seconds of CPU that running processes have used so far."""
    # The name may hold blanks and brackets; what follows the last bracket does not.
    fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids]
    return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


# -- In a test database --------------------------------------------------------------------------------
def measure_in_test_database(
    measure: Callable[[int], Mapping[str, float]], name: str, *, of: str, purpose: str | None
) -> None:
    """Print the seconds of each step of ``measure(count)``, and write them to ``var/bench/<name>.json``.

    The tables are a test's, made and dropped here; ``--<of>`` on the command line says how many.
    """
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument(f"--{of}", dest="count", type=int, default=100_000)
    count = parser.parse_args().count
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        seconds = measure(count)
    finally:
        teardown_databases(databases, verbosity=0)
    for step, took in seconds.items():
        print(f"{took:10.2f} s  {step}")
    write_report(
        name, {of: count, "database": connection.vendor, "machine": machine(), "seconds": dict(seconds)}
    )


# -- Report ---------------------------------------------------------------------------------------------
def machine() -> str:
    """Return the machine and the Python of the figures."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def write_report(name: str, content: Any) -> None:
    """Write the figures to ``var/bench/<name>.json``, and say so."""
    path = ROOT / "var" / "bench" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")
    print(f"written to {path.relative_to(ROOT)}")
