"""Group commit: what arrives while one transaction is being written goes into the next together."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

import structlog
from django.db import DatabaseError, DataError, connection, connections

T = TypeVar("T")
Job = TypeVar("Job")
Result = TypeVar("Result")
# Told of each group: its size, the seconds that it took, and those that its first job waited for its result.
Watch = Callable[[int, float, float], None]

log = structlog.get_logger(__name__)

# More in one transaction gains nothing and makes the first of them wait.
_MAX_GROUP = 1000
# How long a thread may keep the interpreter when another waits for it. A transaction has a dozen round
# trips, and after each the thread wants the interpreter back from the event loop, which reads what comes
# next: with Python's 5 ms PostgreSQL idled half of the time, and records in batches came to 4,900 a second,
# not 7,500.
_SWITCH_S = 0.0005
# How often at most a group begins, where nothing else is said.
_GATHER_S = 0.025
# Who would wait longer is told to come back, rather than made to wait for a reply nobody is there to read.
_MAX_WAIT_S = 5.0
_MAX_WAITING = 20_000
# How much of what was before the last group still counts.
_MEMORY = 0.9


class Overloaded(Exception):
    """Too many jobs are waiting; `seconds` is how long what is waiting will take."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"{seconds:.1f} s of work are waiting")


class DatabaseThread:
    """A thread of our own with Django's connection of that thread, kept open between calls.

    The connection is given up when a call fails on it, and made anew for the next: asking the server
    before every batch whether it is still there would take as long as the batch. At most `limit` calls wait.
    """

    def __init__(self, name: str, *, limit: int = _MAX_WAITING) -> None:
        sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_S))
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._limit = limit
        self._called = 0

    async def run(self, function: Callable[[], T]) -> T:
        """Call `function` in the thread. Raises Overloaded when too many calls wait."""
        if self._called >= self._limit:
            raise Overloaded(_MAX_WAIT_S)
        self._called += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, self._call, function)
        finally:
            self._called -= 1

    @staticmethod
    def _call(function: Callable[[], T]) -> T:
        try:
            return function()
        except DatabaseError:
            connection.close()
            raise

    async def close(self) -> None:
        """Close the connection and end the thread, after what it has been given to do."""
        # Asked for in the thread: `connection` means another one here.
        await asyncio.get_running_loop().run_in_executor(self._executor, connections.close_all)
        self._executor.shutdown()


class Group(Generic[Job, Result]):
    """Work that is cheaper done together: what arrives while one group is being worked on forms the next.

    The first job of a quiet moment is done at once. After that a group gathers for some milliseconds: a
    transaction costs as much as fifty answers in it, and nobody notices the wait. Where much is to do, groups
    take longer than that, gather while they do, and no time is lost.
    """

    def __init__(
        self,
        thread: DatabaseThread,
        work: Callable[[list[Job]], Sequence[Result | Exception]],
        *,
        gather_s: float = _GATHER_S,
        watch: Watch | None = None,
    ) -> None:
        self._thread = thread
        self._work = work
        self._gather_s = gather_s
        self._watch = watch
        # Each with when it came, by the steady clock.
        self._waiting: list[tuple[Job, asyncio.Future[Result], float]] = []
        self._worker: asyncio.Task[None] | None = None
        # Seconds and jobs of the groups of late. Their ratio is how long a job takes among others; the mean
        # over groups would be that of the small ones, which are many and dear.
        self._spent, self._done = 0.0, 1.0

    @property
    def waiting(self) -> int:
        """How many jobs wait for the next group."""
        return len(self._waiting)

    async def do(self, job: Job) -> Result:
        """Return the result of a job once its group is done. Raises Overloaded, or what the work raises."""
        # What fits into the next group is done next, however slow the last ones were.
        if len(self._waiting) >= _MAX_GROUP:
            seconds = len(self._waiting) * self._spent / self._done
            if seconds > _MAX_WAIT_S or len(self._waiting) >= _MAX_WAITING:
                raise Overloaded(seconds)
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((job, future, time.perf_counter()))
        if self._worker is None:
            self._worker = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:_MAX_GROUP], self._waiting[_MAX_GROUP:]
            began = time.perf_counter()
            results = await self._answer([job for job, _, _ in group])
            ended = time.perf_counter()
            taken = ended - began
            self._spent = self._spent * _MEMORY + taken
            self._done = self._done * _MEMORY + len(group)
            if self._watch is not None:
                # One figure a group, of the job that came first: one a job would cost as much as the job.
                self._watch(len(group), taken, ended - group[0][2])
            for (_, future, _), result in zip(group, results, strict=True):
                # A client that has gone away has cancelled its future; its job is done all the same.
                if future.done():
                    continue
                if isinstance(result, Exception):
                    future.set_exception(result)
                else:
                    future.set_result(result)
            if self._waiting and taken < self._gather_s:
                await asyncio.sleep(self._gather_s - taken)
        self._worker = None

    async def _answer(self, jobs: list[Job]) -> Sequence[Result | Exception]:
        try:
            return await self._thread.run(partial(self._attempt, jobs))
        except Overloaded as error:
            # The thread has too much else to do: each is told, and the next group is tried.
            return [error] * len(jobs)

    def _attempt(self, jobs: list[Job]) -> Sequence[Result | Exception]:
        """Work on a group; when it fails as a whole, job by job, so that one cannot harm others."""
        try:
            return self._work(jobs)
        except Exception as error:  # noqa: BLE001 (each caller gets the error; the worker must live on)
            log.warning("group_failed", size=len(jobs), error=repr(error))
            # Data that the database cannot take are one job's fault, everything else the database's.
            if isinstance(error, DatabaseError) and not isinstance(error, DataError):
                # A database that is away is away for all of them: a new connection, for the next group.
                connection.close()
                return [error] * len(jobs)
            if len(jobs) == 1:
                return [error]
            return [self._attempt([job])[0] for job in jobs]

    async def finish(self) -> None:
        """Wait until nothing is left to do."""
        if self._worker is not None:
            await self._worker
