"""Group commit: answers that arrive while one transaction is being written go into the next together."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import structlog
from django.db import DatabaseError, connection, connections

from exams.seat.journal import Journal, Outcome, Request

T = TypeVar("T")

log = structlog.get_logger(__name__)

# More in one transaction gains nothing and makes the first of them wait.
_MAX_BATCH = 1000
# Beyond this many waiting, a caller is told to come back rather than made to wait.
_MAX_WAITING = 20_000


class Overloaded(Exception):
    """Too many requests are waiting; try again shortly."""


class DatabaseThread:
    """A thread of our own with Django's connection of that thread, kept open between calls.

    The connection is given up when a call fails on it, and made anew for the next: asking the server
    before every batch whether it is still there would take as long as the batch.
    """

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, function: Callable[[], T]) -> T:
        """Call `function` in the thread."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._call, function)

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
        await self.run(connections.close_all)
        self._executor.shutdown()


class GroupCommit:
    """The one writer of a process: a thread with its own database connection, fed by the event loop.

    No timer is needed. While the thread writes one batch the next gathers, so a batch is small and quick
    when there is little to do and large when there is much.
    """

    def __init__(self) -> None:
        self._journal = Journal()
        self._thread = DatabaseThread("seat-writer")
        self._waiting: list[tuple[Request, asyncio.Future[Outcome]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def append(self, request: Request) -> Outcome:
        """Return the outcome of a request once it is durable. Raises Overloaded or a database error."""
        if len(self._waiting) >= _MAX_WAITING:
            raise Overloaded
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await future

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_MAX_BATCH], self._waiting[_MAX_BATCH:]
            outcomes = await self._thread.run(partial(self._store, [request for request, _ in batch]))
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                # A client that has gone away has cancelled its future; its entries are stored all the same.
                if future.done():
                    continue
                if isinstance(outcome, Exception):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)
        self._writer = None

    def _store(self, requests: list[Request]) -> list[Outcome | Exception]:
        """Append a batch; when it fails as a whole, request by request, so that one cannot harm others."""
        try:
            return list(self._journal.append(requests))
        except Exception as error:  # noqa: BLE001 (each caller gets the error; the writer must live on)
            log.warning("seat.batch_failed", size=len(requests), error=repr(error))
            if isinstance(error, DatabaseError):
                # A database that is away is away for all of them: a new connection, for the next batch.
                connection.close()
                return [error] * len(requests)
            if len(requests) == 1:
                return [error]
            return [self._store([request])[0] for request in requests]

    async def close(self) -> None:
        """Finish what is waiting and end the thread."""
        if self._writer is not None:
            await self._writer
        await self._thread.close()
