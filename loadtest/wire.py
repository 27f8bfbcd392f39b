"""A small HTTP/1.1 client on gevent: enough for a load generator, and cheap.

One request with its reply and its entry in Locust's statistics was measured at 32 µs of the generator's
time; Locust's FastHttpUser takes 171 µs, which at 2,500 requests a second is the third of a core that the
service needs. A reply that is chunked or compressed is not understood, and the seat service sends none
to clients that do not ask.
"""

import re
import time
from collections import deque
from contextlib import suppress
from typing import NamedTuple

from gevent import socket
from gevent.lock import BoundedSemaphore

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"
# The server closes what has been idle for five seconds.
_IDLE_LIMIT_S = 4.0


class Reply(NamedTuple):
    """A response, its head as received; `process` is the index of the service that gave it."""

    status: int
    head: bytes
    body: bytes
    process: int


class Lost(Exception):
    """There was no usable reply. The request may have arrived or not."""


class Connections:
    """Ways to the processes of the service: pooled and kept open, or a new one for every request.

    A pool stands for nginx with its ``keepalive`` connections; `size` is how many requests may be under way
    to one process at once. Connections of their own are made from loopback addresses all over 127.0.0.0/8, so
    that ephemeral ports suffice, and closed after the reply.
    """

    def __init__(self, services: tuple[str, ...], *, size: int, owns: bool, timeout_s: float) -> None:
        self._addresses = [(host, int(port)) for host, port in (s.rsplit(":", 1) for s in services)]
        self._idle: list[deque[tuple[socket.socket, float]]] = [deque() for _ in self._addresses]
        self._free = [BoundedSemaphore(size) for _ in self._addresses]
        self._owns = owns
        self._timeout_s = timeout_s

    def exchange(self, request: bytes, home: int, source: int) -> Reply:
        """Send `request` to the process `home`, or to the next one where that is gone, as nginx does.

        `source` picks the loopback address of a connection of its own. Raises Lost.
        """
        reason = ""
        for attempt in range(min(2, len(self._addresses))):
            process = (home + attempt) % len(self._addresses)
            if not self._free[process].acquire(timeout=self._timeout_s):
                raise Lost("no connection was free")
            try:
                return self._exchange(request, process, source)
            except TimeoutError as error:
                raise Lost("timed out") from error
            except OSError as error:
                reason = f"{type(error).__name__}: {error}"
            finally:
                self._free[process].release()
        raise Lost(reason)

    def cut_off(self, request: bytes, home: int, source: int) -> None:
        """Send `request` and go away without the reply, as when the network fails behind it."""
        with suppress(OSError):
            connection = self._connect(home, source)
            try:
                connection.sendall(request)
            finally:
                connection.close()

    def close(self) -> None:
        """Close what is kept open."""
        for idle in self._idle:
            while idle:
                idle.pop()[0].close()

    def _exchange(self, request: bytes, process: int, source: int) -> Reply:
        connection, is_used = self._take(process, source)
        try:
            first = _ask(connection, request)
            if not first and is_used:
                # The server had closed an idle connection; nothing of this request was seen.
                connection.close()
                connection = self._connect(process, source)
                first = _ask(connection, request)
            reply = _read(connection, first, process)
        except BaseException:
            connection.close()
            raise
        if self._owns or b"\r\nconnection: close" in reply.head.lower():
            connection.close()
        else:
            self._keep(process, connection)
        return reply

    def _keep(self, process: int, connection: socket.socket) -> None:
        """Keep a connection for the next request, and drop those that have been idle for too long."""
        idle, now = self._idle[process], time.monotonic()
        idle.append((connection, now))
        while now - idle[0][1] > _IDLE_LIMIT_S:
            idle.popleft()[0].close()

    def _take(self, process: int, source: int) -> tuple[socket.socket, bool]:
        idle = self._idle[process]
        while idle:
            connection, since = idle.pop()
            if time.monotonic() - since < _IDLE_LIMIT_S:
                return connection, True
            connection.close()
        return self._connect(process, source), False

    def _connect(self, process: int, source: int) -> socket.socket:
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.settimeout(self._timeout_s)
        try:
            if self._owns and self._addresses[process][0].startswith("127."):
                # Any address of 127.0.0.0/8 is ours: four million times the ephemeral ports.
                connection.bind(
                    (f"127.{1 + source // 62500 % 250}.{source // 250 % 250}.{1 + source % 250}", 0)
                )
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.connect(self._addresses[process])
        except BaseException:
            connection.close()
            raise
        return connection


def _ask(connection: socket.socket, request: bytes) -> bytes:
    """Send a request and return the first bytes of the reply, none where the connection was closed."""
    try:
        connection.sendall(request)
        first: bytes = connection.recv(65536)
    except (BrokenPipeError, ConnectionResetError):
        return b""
    return first


def _read(connection: socket.socket, data: bytes, process: int) -> Reply:
    """Read one response, of which `data` has come already. Raises ConnectionError when it ends early."""
    if not data:
        raise ConnectionResetError("closed before any reply")
    head_end = data.find(_END)
    while head_end < 0:
        data += _more(connection)
        head_end = data.find(_END)
    head = data[: head_end + 2]
    found = _LENGTH.search(head)
    length = int(found[1]) if found else 0
    parts = [data[head_end + 4 :]]
    missing = length - len(parts[0])
    while missing > 0:
        parts.append(_more(connection))
        missing -= len(parts[-1])
    return Reply(int(head[9:12]), head, b"".join(parts), process)


def _more(connection: socket.socket) -> bytes:
    data: bytes = connection.recv(65536)
    if not data:
        raise ConnectionResetError("closed within a reply")
    return data
