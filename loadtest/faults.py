"""What `make chaos` breaks, one after the other, while everybody is answering."""

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from loadtest.plan import Plan
from loadtest.processes import Postgres, Process

_DATABASE_AWAY_MS = 2000
_STALL_MS = 10_000


@dataclass
class Fault:
    """One thing that was broken. Moments are epoch milliseconds; a killed process is broken for no time.

    `process` is the index of the service that it hit, None where it hit all of them.
    """

    name: str
    began_ms: int
    ended_ms: int = 0
    process: int | None = None


@dataclass
class Chaos:
    """Breaks things at their time. `own_backend` is our own connection's process, which is spared."""

    plan: Plan
    now_ms: Callable[[], int]
    services: Sequence[Process]
    postgres: Postgres
    own_backend: Callable[[], int]
    faults: list[Fault] = field(default_factory=list)
    _stopped: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        begins = self.plan.starts_ms + self.plan.spread_ms
        length = self.plan.deadline_ms - self.plan.last_ms - begins
        killed, lost, stalled = (round(begins + share * length) for share in (0.1, 0.35, 0.65))
        self._deeds: list[tuple[int, Callable[[], None]]] = [
            (killed, self._kill_service),
            (lost, self._kill_database),
            (lost + _DATABASE_AWAY_MS, self._restart_database),
            (stalled, self._stall),
            (stalled + _STALL_MS, self.release),
        ]

    @property
    def is_broken(self) -> bool:
        """Whether a fault lasts: the rooms wait with what they have to do."""
        return bool(self.faults) and not self.faults[-1].ended_ms

    def work(self) -> None:
        """Do what is due."""
        while self._deeds and self._deeds[0][0] <= self.now_ms():
            self._deeds.pop(0)[1]()

    def _kill_service(self) -> None:
        self.services[0].usage()
        self.services[0].signal(signal.SIGKILL)
        now = self.now_ms()
        self.faults.append(Fault("kill -9 of a service process", now, now, 0))

    def _kill_database(self) -> None:
        self.faults.append(Fault("kill -9 of the database", self.now_ms()))
        self.postgres.kill()

    def _restart_database(self) -> None:
        self.postgres.restart()
        self.faults[-1].ended_ms = self.now_ms()

    def _stall(self) -> None:
        """Stop every server process that writes: a commit flushes the log in the backend itself."""
        self.faults.append(Fault("the database's writers stand still", self.now_ms()))
        own = self.own_backend()
        for pid in self.postgres.backends():
            if pid != own:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                    self._stopped.append(pid)

    def release(self) -> None:
        """Let what was stopped run again."""
        for pid in self._stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        if self._stopped:
            self.faults[-1].ended_ms = self.now_ms()
        self._stopped = []
