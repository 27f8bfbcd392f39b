"""The processes of the day: started, watched as an init system would, measured, and ended.

Only processes that this module started are ever signalled.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")
_READY_S = 60


class NotAvailable(Exception):
    """Something that the day needs is not on this machine; the message says what and how to get it."""


class ProgramFailed(Exception):
    """A program that is here did not do what it was asked; the message is what it said."""


@dataclass(frozen=True)
class Usage:
    """What a group of processes has used: seconds of CPU, and bytes of memory at this moment."""

    cpu_s: float
    memory: int


def _stat(pid: int) -> list[str]:
    # The name may hold blanks and brackets; what follows the last bracket does not.
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def _cpu_s(pid: int, *, with_ended_children: bool) -> float:
    with suppress(OSError):
        return sum(map(int, _stat(pid)[11 : 15 if with_ended_children else 13])) / _TICKS
    return 0.0


def _memory(pid: int) -> int:
    """Return the bytes of a process, what it shares with others divided among them."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if entry.name.isdigit() and int(_stat(int(entry.name))[1]) == pid:
                found.append(int(entry.name))
    return found


def usage(pids: Sequence[int], *, with_ended_children: bool = False) -> Usage:
    """Return what these processes use together."""
    cpu_s = sum(_cpu_s(pid, with_ended_children=with_ended_children) for pid in pids)
    return Usage(cpu_s, sum(map(_memory, pids)))


class Process:
    """One process that is started again when it ends by itself, as systemd does with ``Restart=always``.

    `forks` says that it works through children, whose use is then its own.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        forks: bool = False,
    ) -> None:
        self.name = name
        self._forks = forks
        self._command = list(command)
        self._environment = dict(environment)
        self._log = log
        self._popen: subprocess.Popen[bytes] | None = None
        # In its present life, and in the earlier ones.
        self._cpu_s = self._cpu_before = 0.0
        self.restarts = 0

    @property
    def pid(self) -> int:
        """The process in its present life."""
        assert self._popen is not None
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> None:
        """Start it; what it prints goes to its log."""
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(  # noqa: S603 (our own command)
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def revive(self) -> bool:
        """Start it again if it has ended; say whether that was needed."""
        if self.is_running:
            return False
        self._cpu_before += self._cpu_s
        self._cpu_s = 0.0
        self.restarts += 1
        self.start()
        return True

    def usage(self) -> Usage:
        """Return what it has used in all its lives, and its memory now."""
        if self.is_running:
            now = usage([self.pid, *(children(self.pid) if self._forks else ())])
            self._cpu_s = max(self._cpu_s, now.cpu_s)
            return Usage(self._cpu_before + self._cpu_s, now.memory)
        return Usage(self._cpu_before + self._cpu_s, 0)

    def signal(self, how: signal.Signals) -> None:
        """Send it a signal."""
        assert self._popen is not None
        self._popen.send_signal(how)

    def wait(self, *, seconds: float) -> None:
        """Wait until it ends by itself; what it used is known as of the last look."""
        assert self._popen is not None
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(timeout=seconds)

    def stop(self, *, seconds: float = 30) -> None:
        """End it in good order; after `seconds` with force."""
        if self._popen is None:
            return
        self.usage()
        self._popen.terminate()
        try:
            self._popen.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait(timeout=seconds)

    def log_tail(self) -> str:
        """Return the end of what it printed."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])


def wait_for_port(address: str, *, seconds: float = _READY_S) -> None:
    """Wait until ``host:port`` accepts. Raises TimeoutError."""
    host, port = address.rsplit(":", 1)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(address)


def service_addresses(count: int, host: str, port: int) -> tuple[str, ...]:
    """Return the ``host:port`` of the service's processes: loopback addresses of their own, or one host."""
    return tuple(f"{host or f'127.0.0.{n + 1}'}:{port + n}" for n in range(count))


def service_arguments(address: str, proxies: str) -> list[str]:
    """Return what Python is to run: the same as deploy/systemd/learning-seat@.service."""
    host, port = address.rsplit(":", 1)
    return [
        *("-m", "uvicorn", "learning.asgi:application", "--host", host, "--port", port),
        *("--no-access-log", "--no-server-header", "--proxy-headers", "--forwarded-allow-ips", proxies),
        *("--timeout-graceful-shutdown", "20", "--backlog", "4096"),
    ]


def services(
    addresses: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    within: Mapping[str, Sequence[str]],
    proxies: str,
) -> dict[str, Process]:
    """Return the seat service's processes by address; `within` is what puts a command on another machine.

    `proxies` are the addresses whose X-Forwarded-For is believed.
    """
    found = {}
    for index, address in enumerate(addresses):
        command = [*within.get(address, ()), sys.executable, *service_arguments(address, proxies)]
        own = {**environment, "CELERY_EAGER": "0"}
        found[address] = Process(f"service {index + 1}", command, own, folder / f"service-{index + 1}.log")
    return found


def scheduler(environment: Mapping[str, str], folder: Path) -> Process:
    """Return the process that runs the schedule of ``learning.settings``, the finaliser among it."""
    own = {**environment, "CELERY_EAGER": "1"}
    return Process("scheduler", [sys.executable, "-m", "loadtest.scheduler"], own, folder / "scheduler.log")


def generator(arguments: Sequence[str], name: str, environment: Mapping[str, str], folder: Path) -> Process:
    """Return one process of Locust."""
    command = [sys.executable, "-m", "loadtest.generator", *arguments]
    return Process(name, command, environment, folder / f"{name}.log")


# -- PostgreSQL -----------------------------------------------------------------------------------------


def postgres_programs() -> Path:
    """Return where PostgreSQL's programs are. Raises NotAvailable."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise NotAvailable(
            "PostgreSQL is not installed (Debian: apt-get install postgresql), or use DB=sqlite"
        )
    return found[-1] if found else Path(str(on_path)).parent


@dataclass
class Postgres:
    """A cluster of its own in a temporary folder, so that it may be killed and is measured alone.

    What is set: memory and log for the size of the day. Commits reach the disk as in production: ``fsync``
    and ``synchronous_commit`` stay on.
    """

    folder: Path
    port: int
    # Another machine: its address, the network that may ask it, and what puts a command there.
    host: str = "127.0.0.1"
    network: str = "127.0.0.1/32"
    within: Sequence[str] = ()
    settings: Mapping[str, str] = field(
        default_factory=lambda: {"shared_buffers": "512MB", "max_wal_size": "4GB", "wal_compression": "on"}
    )
    _cpu_before: float = 0.0
    _cpu_s: float = 0.0
    _postmaster: int = 0

    def __post_init__(self) -> None:
        self._bin = postgres_programs()
        self._data = self.folder / "postgres"

    @property
    def url(self) -> str:
        """The address of its one database."""
        return f"postgres://postgres@{self.host}:{self.port}/loadtest"

    def _run(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root.
        command = [str(self._bin / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", *command]
        command = [*self.within, *command]
        done = subprocess.run(  # noqa: S603 (our own command)
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd=self.folder
        )
        if done.returncode:
            raise ProgramFailed(f"{program}: {done.stdout.strip()}")

    def create(self) -> None:
        """Make the cluster, start it and make the database."""
        self._data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self._data, "postgres", "postgres")
        self._run(
            "initdb", "-D", str(self._data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"
        )
        with (self._data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all postgres {self.network} trust\n")
        self.start()
        self._run("createdb", "-h", self.host, "-p", str(self.port), "-U", "postgres", "loadtest")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        values = {
            "port": str(self.port),
            "listen_addresses": self.host,
            "unix_socket_directories": str(self._data),
            **self.settings,
        }
        given = " ".join(f"-c {name}={value}" for name, value in values.items())
        log = self._data / "server.log"
        self._run("pg_ctl", "-D", str(self._data), "-l", str(log), "-w", "-t", "60", "start", "-o", given)
        self._postmaster = int((self._data / "postmaster.pid").read_text().split()[0])

    def stop(self) -> None:
        """End the server; nothing of it is kept, so at once."""
        if (self._data / "postmaster.pid").exists():
            with suppress(ProgramFailed):
                self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def pids(self) -> list[int]:
        """Return the processes of the server."""
        return [self._postmaster, *children(self._postmaster)]

    def backends(self) -> list[int]:
        """Return the processes that serve connections: those that write the journal and wait for the disk."""
        found = []
        for pid in children(self._postmaster):
            with suppress(OSError):
                if b"127.0.0.1(" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
        return found

    def kill(self) -> None:
        """End the postmaster as a power cut would; its children notice and end too."""
        self.usage()
        self._cpu_before += self._cpu_s
        self._cpu_s = 0.0
        gone = self.pids()
        for pid in gone:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(Path(f"/proc/{pid}").exists() and _stat(pid)[0] != "Z" for pid in gone):
            time.sleep(0.02)

    def restart(self) -> None:
        """Start the server after `kill`; it replays its log."""
        ends = time.monotonic() + _READY_S
        while True:
            try:
                self.start()
            except ProgramFailed:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.2)
            else:
                return

    def usage(self) -> Usage:
        """Return what the server has used since it was made, and its memory now."""
        # A server process that served one connection ends with it.
        now = usage(self.pids(), with_ended_children=True)
        self._cpu_s = max(self._cpu_s, now.cpu_s)
        return Usage(self._cpu_before + self._cpu_s, now.memory)
