"""The whole day: database, examination, processes, the clock, marking, audit, report.

Settings are read when Django starts, so the throw-away database and its secrets are made first; what imports
models is imported after that.
"""

import os
import platform
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import msgspec

from loadtest import network, processes
from loadtest.figures import Given, read_buckets, read_count
from loadtest.line import Generator
from loadtest.network import FRONT, NETWORK, Node, machines, nginx_command
from loadtest.plan import FIRST_PORT, ITEMS, MASTER_PORT, OPTIONS, Plan, plan_day
from loadtest.processes import Postgres, Process, Usage

if TYPE_CHECKING:
    from loadtest.faults import Breaker
    from loadtest.rooms import Rooms
    from loadtest.world import World

_BEGAN = time.monotonic()
_TICK_S = 0.05
_SECRETS = ("SECRET_KEY", "NATIONAL_ID_KEY", "SEAT_KEY", "METRICS_TOKEN")
_SAMPLE_S = 2
_TELL_S = 10
# How long after the last deadline's grace everything must have ended, and how long the set-up may take
# beyond what was reckoned.
_PATIENCE_MS = 90_000
# From so many seats on marking is spread over processes.
_MANY = 10_000


@dataclass
class Options:
    """What was asked for. `service` and `workers` are numbers of processes."""

    seats: int
    database: str
    minutes: int
    seed: int
    service: int
    workers: int
    remote_workers: int
    host: str
    port: int
    chaos: bool
    cluster: bool
    owns_connections: bool
    folder: Path
    command: str = ""


@dataclass
class Use:
    """What one process has used in the end: seconds of CPU in all its lives, and bytes at its fullest."""

    group: str
    cpu_s: float
    peak: int


@dataclass
class Course:
    """What the day itself showed, beside what the generator's processes wrote down."""

    plan: Plan
    began: datetime
    # Every two seconds: moment, and (CPU seconds so far, bytes) by group of processes.
    samples: list[tuple[int, dict[str, tuple[float, int]]]] = field(default_factory=list)
    uses: dict[str, Use] = field(default_factory=dict)
    # The service's own times of reply at the same moments: upper bound (seconds) -> replies so far.
    served: list[tuple[int, dict[float, float]]] = field(default_factory=list)
    # What each of its processes has acknowledged at the same moments, as far as it could be asked.
    acknowledged: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    restarts: int = 0
    is_whole: bool = True
    faults: list[dict[str, Any]] = field(default_factory=list)
    moved: int = 0
    paused: int = 0
    # Extra time by sitting.
    given: dict[int, Given] = field(default_factory=dict)
    journal_bytes: int = 0


def now_ms() -> int:
    """Return the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def require(options: Options) -> None:
    """Find out whether this machine has what such a day needs. Raises NotAvailable."""
    if options.database == "postgres":
        processes.postgres_programs()
    if options.cluster:
        network.require()


def tell(text: str) -> None:
    """Say how far the day has come."""
    print(f"{time.monotonic() - _BEGAN:6.0f} s  {text}", flush=True)


class Day:
    """One run."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._stack = ExitStack()
        self._postgres: Postgres | None = None
        # The machines of `cluster`: two for the service, one for the database.
        self._nodes: list[Node] = []
        self._proxies: list[Process] = []

    def run(self) -> bool:
        """Play the day and write the reports; say whether the verdict is good."""
        self._options.folder.mkdir(parents=True, exist_ok=True)
        for old in self._options.folder.glob("acked-*.bin"):
            old.unlink()
        with self._stack:
            self._scratch = self._stack.enter_context(_scratch_folder())
            self._prepare()
            course = self._play()
            return self._conclude(course)

    # -- before -------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Start the database and make the examination."""
        options = self._options
        began = time.monotonic()
        if options.cluster:
            self._nodes = self._stack.enter_context(machines(("a", "b", "db")))
        tell(f"{options.seats:,} seats, {options.minutes} minutes, {options.database}, seed {options.seed}")
        draft = plan_day(options.seats, options.minutes, **self._fixed(0))
        if options.database == "sqlite":
            url = f"sqlite:///{self._scratch}/loadtest.sqlite3"
        else:
            self._postgres = Postgres(self._scratch, options.port + 19, **self._database_place())
            self._stack.callback(self._postgres.stop)
            self._postgres.create()
            url = self._postgres.url
        self._environment = os.environ | {
            "DATABASE_URL": url,
            "VAR_DIR": str(self._scratch),
            "REDIS_URL": "",
            "PRODUCTION": "",
            "DEBUG": "",
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "learning.settings",
            "STATICFILES_BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
            "SEAT_GRACE_SECONDS": str(draft.grace_ms // 1000),
            "SEAT_KEY_SPREAD_SECONDS": str(draft.spread_ms // 1000),
            **{name: secrets.token_urlsafe(48) for name in _SECRETS},
        }
        os.environ.update(self._environment)
        (self._scratch / "static").mkdir()
        self._generator = Generator(
            options.port + MASTER_PORT,
            options.workers,
            options.remote_workers,
            self._environment,
            self._scratch,
            options.folder,
        )
        for process in self._generator.processes:
            self._stack.callback(process.stop)
        self._generator.start()
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        from loadtest.world import Builder

        self._builder = Builder(options.seats, options.seed, tell)
        self._builder.prepare()
        tell(f"prepared in {time.monotonic() - began:.0f} s")

    def _fixed(self, doors_ms: int) -> dict[str, Any]:
        options = self._options
        return {
            "doors_ms": doors_ms,
            "seed": options.seed,
            "items": ITEMS,
            "options": OPTIONS,
            "services": (f"{FRONT}:{options.port}",) if self._nodes else self._addresses(),
            "owns_connections": options.owns_connections,
        }

    def _addresses(self) -> tuple[str, ...]:
        """Return where the processes of the service listen."""
        if self._nodes:
            return tuple(f"{node.host}:{self._options.port}" for node in self._nodes[:2])
        return processes.service_addresses(self._options.service, self._options.host, self._options.port)

    def _database_place(self) -> dict[str, Any]:
        if not self._nodes:
            return {}
        node = self._nodes[2]
        return {"host": node.host, "network": NETWORK, "within": node.within}

    def _serve(self) -> None:
        """Start the processes of the service, and nginx before them where they are machines of their own."""
        addresses = self._addresses()
        within = {address: node.within for address, node in zip(addresses, self._nodes, strict=False)}
        # Workers of other machines are the proxies here; their network is a trusted one.
        proxies = FRONT if self._nodes else "*" if self._options.host else "127.0.0.1"
        service = processes.services(addresses, self._environment, self._scratch, within, proxies)
        self._service = list(service.values())
        self._scheduler = processes.scheduler(self._environment, self._scratch)
        started = [*self._service, self._scheduler]
        if self._nodes:
            command = nginx_command(self._scratch, self._options.port, addresses)
            log = self._scratch / "nginx.log"
            self._proxies = [Process("nginx", command, os.environ, log, forks=True)]
            started += self._proxies
        for process in started:
            process.start()
            self._stack.callback(process.stop)
        for address in addresses:
            processes.wait_for_port(address)

    # -- the day ------------------------------------------------------------------------------------

    def _play(self) -> Course:
        options, generator = self._options, self._generator
        self._serve()
        tell(f"waiting for {generator.workers} Locust workers")
        if options.remote_workers:
            port = "" if options.port == FIRST_PORT else f" PORT={options.port}"
            there = f"make loadtest-worker MASTER={options.host}{port}"
            tell(f"on the other machines, {options.remote_workers} times: {there}")
        generator.wait_until_ready()
        # Reckoned for 100,000: 80 s for the rows of candidates and sittings, 40 s for as many greenlets.
        doors_ms = now_ms() + 10_000 + options.seats * 120_000 // 100_000
        plan = plan_day(options.seats, options.minutes, **self._fixed(doors_ms))
        world = self._builder.open(plan)
        plan = msgspec.structs.replace(plan, key_sha256=world.key_sha256)
        from loadtest.rooms import Rooms

        rooms = Rooms(world, plan, self._hand_out)
        self._seat_everybody(world, plan)
        course = Course(plan, datetime.now(UTC))
        breaker = self._breaker(plan)
        if now_ms() > doors_ms:
            tell(f"the doors open {(now_ms() - doors_ms) / 1000:.0f} s late")
        with breaker or nullcontext():
            self._watch(course, rooms, breaker)
        self._deadlines = {
            sitting: plan.deadline_ms + world.approved_ms.get(sitting, 0) + rooms.late_ms.get(sitting, 0)
            for room in world.rooms
            for _, sitting, _ in room
        }
        self._world = world
        course.moved, course.paused, course.given = len(rooms.moved), len(rooms.paused), rooms.given
        if breaker:
            course.faults = [msgspec.to_builtins(fault) for fault in breaker.faults]
        tell("ending the processes")
        # First, because it would work out the results next.
        self._scheduler.stop()
        generator.finish()
        self._sample(course)
        for process in self._service:
            process.stop()
        return course

    def _seat_everybody(self, world: "World", plan: Plan) -> None:
        generator, workers = self._generator, self._generator.workers
        generator.send("plan", msgspec.to_builtins(plan))
        seats = [seat for room in world.rooms for seat in room]
        for worker in range(workers):
            generator.send("seats", {"seats": seats[worker::workers]}, to=worker)
        # Locust deals its users evenly, so every worker gets one for each of its seats.
        users = workers * -(-len(seats) // workers)
        generator.send("spawn", users=users, rate=min(users, 2500 * workers))

    def _hand_out(self, codes: list[tuple[int, int, str]]) -> None:
        by_worker: dict[int, list[tuple[int, str]]] = {}
        for index, sitting, code in codes:
            by_worker.setdefault(index % self._generator.workers, []).append((sitting, code))
        for worker, theirs in by_worker.items():
            self._generator.send("codes", {"codes": theirs}, to=worker)

    def _breaker(self, plan: Plan) -> "Breaker | None":
        from django.db import connection

        from loadtest.faults import Chaos, Cut

        if self._nodes:
            return Cut(plan, now_ms, self._nodes[0])
        if not self._options.chaos:
            return None
        assert self._postgres is not None

        def own_backend() -> int:
            connection.ensure_connection()
            return int(connection.connection.info.backend_pid)

        return Chaos(plan, now_ms, self._service, self._postgres, own_backend)

    def _watch(self, course: Course, rooms: "Rooms", breaker: "Breaker | None") -> None:
        """Keep the day going until everybody has left and the server has submitted the rest."""
        generator, plan = self._generator, course.plan
        next_sample = next_tell = time.monotonic()
        while True:
            if breaker:
                breaker.work()
            if not (breaker and breaker.is_broken) and self._rooms_are_done(rooms, plan):
                return
            if now_ms() > rooms.last_deadline_ms + plan.grace_ms + _PATIENCE_MS:
                tell(f"not everybody came to an end: {generator.counts}")
                course.is_whole = False
                return
            self._revive(course)
            generator.hear(seconds=_TICK_S)
            if time.monotonic() > next_sample:
                next_sample += _SAMPLE_S
                self._sample(course)
            if time.monotonic() > next_tell:
                next_tell += _TELL_S
                self._tell_progress(plan)

    def _rooms_are_done(self, rooms: "Rooms", plan: Plan) -> bool:
        """Do what is due in the rooms; say whether everything is over."""
        from django.db import DatabaseError, connection

        try:
            rooms.work(now_ms())
            counts = self._generator.counts
            return counts.get("ended", 0) + counts.get("broken", 0) >= plan.seats and self._is_over(
                rooms, plan
            )
        except DatabaseError:
            # Away for a moment, under chaos; what is due stays due.
            connection.close()
            return False

    def _revive(self, course: Course) -> None:
        """Start again what has ended, as an init system would; without Locust there is no day."""
        for process in (*self._service, self._scheduler):
            if process.revive():
                course.restarts += 1
                tell(f"{process.name} has ended and is started again")
        for process in self._generator.processes:
            if not process.is_running:
                raise RuntimeError(f"{process.name} has ended: {process.log_tail()}")

    def _is_over(self, rooms: "Rooms", plan: Plan) -> bool:
        from exams.seat.models import Sitting

        if now_ms() < rooms.last_deadline_ms + plan.grace_ms:
            return False
        return not Sitting.objects.filter(closed_at=None).exists()

    def _tell_progress(self, plan: Plan) -> None:
        counts = self._generator.counts
        shown = {name: counts.get(name, 0) for name in ("keys", "ANSWER", "SUBMISSION", "ended", "broken")}
        tell(f"{plan.phase(now_ms()):9} {self._generator.status.get('users', 0):7,} users  {shown}")

    def _sample(self, course: Course) -> None:
        """Note what every process has used, and what the service says of itself."""
        sample: dict[str, tuple[float, int]] = {}
        for group, name, use in self._uses():
            cpu_s, memory = sample.get(group, (0.0, 0))
            sample[group] = cpu_s + use.cpu_s, memory + use.memory
            known = course.uses.get(name)
            course.uses[name] = Use(group, use.cpu_s, max(use.memory, known.peak if known else 0))
        course.samples.append((now_ms(), sample))
        self._ask_service(course)

    def _uses(self) -> Iterator[tuple[str, str, Usage]]:
        """Yield group, name and use of every process."""
        groups: dict[str, list[Process]] = {
            "service": self._service,
            "nginx": self._proxies,
            "scheduler": [self._scheduler],
            "locust": self._generator.processes,
        }
        for group, members in groups.items():
            for process in members:
                yield group, process.name, process.usage()
        if self._postgres is not None:
            yield "database", "postgres", self._postgres.usage()
        yield "rooms", "rooms", processes.usage([os.getpid()])

    def _ask_service(self, course: Course) -> None:
        """Read the own figures of all processes of the service that can be reached."""
        at, total, counts = now_ms(), dict[float, float](), dict[str, float]()
        cut = [node.host for node in self._nodes if node.is_cut]
        for process, address in zip(self._service, self._addresses(), strict=True):
            if address.rpartition(":")[0] in cut:
                continue
            token = {"Authorization": f"Bearer {self._environment['METRICS_TOKEN']}"}
            request = Request(f"http://{address}/seat/metrics", headers=token)
            with suppress(OSError), urlopen(request, timeout=2) as reply:  # noqa: S310 (our own service)
                text = reply.read().decode()
                counts[process.name] = read_count(text, "seat_acknowledged_entries_total")
                for bound, count in read_buckets(text, "seat_reply_seconds").items():
                    total[bound] = total.get(bound, 0) + count
        course.acknowledged.append((at, counts))
        if len(counts) == len(self._service):
            course.served.append((at, total))

    # -- after --------------------------------------------------------------------------------------

    def _conclude(self, course: Course) -> bool:
        from django.utils import timezone

        from exams.results.services.concluding import conclude_round
        from loadtest.audit import Expectation, audit
        from loadtest.report import Run, write_reports

        course.journal_bytes = _journal_bytes()
        began = time.monotonic()
        # One file has one writer at a time, and a small round is marked before processes have started.
        is_small = self._postgres is None or self._options.seats < _MANY
        markers = 1 if is_small else os.cpu_count() or 1
        conclude_round(self._world.round, now=timezone.now(), processes=markers)
        course.seconds["marking"] = time.monotonic() - began
        tell(f"results worked out in {course.seconds['marking']:.1f} s")
        began = time.monotonic()
        expected = Expectation(
            self._world.right, self._world.pass_percents, self._deadlines, course.plan.grace_ms
        )
        findings = audit(self._options.folder, expected)
        course.seconds["audit"] = time.monotonic() - began
        tell(f"audited in {course.seconds['audit']:.1f} s")
        run = Run(self._options, course, findings, machine())
        return write_reports(run, self._options.folder)


def _journal_bytes() -> int:
    """Return what the journal takes on disk with its index, 0 where the database does not say."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('seat_journalentry')")
        return int(cursor.fetchone()[0])


def machine() -> str:
    """Return what this machine is, in words."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor() or platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}"


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    """Make a folder that PostgreSQL's user may pass through, and remove it in the end."""
    path = Path(tempfile.mkdtemp(prefix="loadtest-"))
    path.chmod(0o711)
    try:
        yield path
    except BaseException:
        for log in sorted(path.glob("*.log")):
            if text := log.read_text(errors="replace").strip():
                print(f"--- {log.name}\n{text[-2000:]}", file=sys.stderr)
        raise
    finally:
        shutil.rmtree(path, ignore_errors=True)
