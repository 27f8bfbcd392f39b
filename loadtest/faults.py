"""What `make chaos` and `make cluster-test` break while everybody is answering."""

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from typing import Self

from loadtest.network import Node
from loadtest.plan import Plan
from loadtest.processes import Postgres, Process, ProgramFailed

_DATABASE_AWAY_MS = 2000
_STALL_MS = 10_000
CUT_MS = 20_000
# What `make chaos` breaks, in this order.
KILLED = "kill -9 of a service process"
LOST = "kill -9 of the database"
STALLED = "the database's writers stand still"
CHAOS = (KILLED, LOST, STALLED)


@dataclass
class Fault:
    """One thing that was broken. Moments are epoch milliseconds; a killed process is broken for no time.

    `process` is the index of the service that it hit, None where it hit all of them.
    """

    name: str
    began_ms: int
    ended_ms: int = 0
    process: int | None = None


class Breaker:
    """Breaks things at their time; `_deeds` are (moment, what to do), in order.

    As a context it mends in the end what lasts, however the end has come.
    """

    # Whether the rooms can do nothing while a fault lasts.
    stops_rooms = True

    def __init__(self, plan: Plan, now_ms: Callable[[], int]) -> None:
        self.faults: list[Fault] = []
        self._now_ms = now_ms
        self._begins = plan.starts_ms + plan.spread_ms
        self._length = plan.deadline_ms - plan.last_ms - self._begins
        self._deeds: list[tuple[int, Callable[[], None]]] = []

    def _moment(self, share: float) -> int:
        """Return the moment after a share of the time of answering."""
        return round(self._begins + share * self._length)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.release()

    @property
    def is_broken(self) -> bool:
        """Whether the rooms wait with what they have to do."""
        return self.stops_rooms and bool(self.faults) and not self.faults[-1].ended_ms

    def _after(self, length_ms: int, do: Callable[[], None]) -> None:
        """Do something so long after this moment, which may be later than the one that was planned."""
        self._deeds = sorted([*self._deeds, (self._now_ms() + length_ms, do)], key=itemgetter(0))

    def work(self) -> None:
        """Do what is due."""
        while self._deeds and self._deeds[0][0] <= self._now_ms():
            self._deeds.pop(0)[1]()

    def release(self) -> None:
        """Mend what lasts."""


class Cut(Breaker):
    """Pulls the cable of one machine for a while."""

    stops_rooms = False

    def __init__(self, plan: Plan, now_ms: Callable[[], int], node: Node) -> None:
        super().__init__(plan, now_ms)
        self._node = node
        self._deeds = [(self._moment(0.3), self._cut)]

    def _cut(self) -> None:
        self.faults.append(Fault(f"cable of {self._node.name} pulled", self._now_ms()))
        self._node.cut()
        self._after(CUT_MS, self.release)

    def release(self) -> None:
        """Put the cable back."""
        if self.faults and not self.faults[-1].ended_ms:
            self._node.mend()
            self.faults[-1].ended_ms = self._now_ms()


class Chaos(Breaker):
    """Kills processes and stalls the database; `own_backend`, our own connection, is spared."""

    def __init__(
        self,
        plan: Plan,
        now_ms: Callable[[], int],
        services: Sequence[Process],
        postgres: Postgres,
        own_backend: Callable[[], int],
    ) -> None:
        super().__init__(plan, now_ms)
        self.services, self.postgres, self.own_backend = services, postgres, own_backend
        self._stopped: list[int] = []
        killed, lost, stalled = map(self._moment, (0.1, 0.35, 0.65))
        self._deeds = [
            (killed, self._kill_service),
            (lost, self._kill_database),
            (stalled, self._stall),
        ]

    def _kill_service(self) -> None:
        self.services[0].usage()
        self.services[0].signal(signal.SIGKILL)
        now = self._now_ms()
        self.faults.append(Fault(KILLED, now, now, 0))

    def _kill_database(self) -> None:
        self.faults.append(Fault(LOST, self._now_ms()))
        self.postgres.kill()
        self._after(_DATABASE_AWAY_MS, self._restart_database)

    def _restart_database(self) -> None:
        self.postgres.restart()
        self.faults[-1].ended_ms = self._now_ms()

    def _stall(self) -> None:
        """Stop every server process that writes: a commit flushes the log in the backend itself."""
        self.faults.append(Fault(STALLED, self._now_ms()))
        own = self.own_backend()
        for pid in self.postgres.backends():
            if pid != own:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                    self._stopped.append(pid)
        if not self._stopped:
            raise ProgramFailed("the database had no process that could be stopped")
        self._after(_STALL_MS, self.release)

    def release(self) -> None:
        """Let what was stopped run again."""
        for pid in self._stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        if self._stopped:
            self.faults[-1].ended_ms = self._now_ms()
        self._stopped = []
