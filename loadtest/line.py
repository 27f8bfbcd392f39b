"""The day's line to Locust: starts its processes, and tells the master what to hand on."""

import selectors
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from loadtest import processes

_READY_S = 120
# Somebody has to go to the other machines and start a worker on each.
_OTHERS_READY_S = 900


class Generator:
    """Locust's master, the workers of this machine, and the line to them.

    `workers` is how many processes play candidates, those of other machines included; `folder` is where
    the master writes what they report.
    """

    def __init__(
        self, port: int, local: int, remote: int, environment: Mapping[str, str], scratch: Path, folder: Path
    ) -> None:
        self.workers = local + remote
        self._path = str(scratch / "master.socket")
        self._patience_s = _OTHERS_READY_S if remote else _READY_S
        arguments = ["master", str(port), self._path, str(folder), str(self.workers), str(self._patience_s)]
        self.processes = [processes.generator(arguments, "locust-master", environment, scratch)]
        self.processes += [
            processes.generator(["worker", "127.0.0.1", str(port)], f"locust-{n + 1}", environment, scratch)
            for n in range(local)
        ]
        self._buffer = b""
        self.status: dict[str, Any] = {}

    def start(self) -> None:
        """Start the processes and connect to the master."""
        self.processes[0].start()
        ends = time.monotonic() + _READY_S
        self._socket = socket.socket(socket.AF_UNIX)
        while self._socket.connect_ex(self._path):
            if time.monotonic() > ends or not self.processes[0].is_running:
                raise RuntimeError(self.processes[0].log_tail())
            time.sleep(0.05)
        for process in self.processes[1:]:
            process.start()

    def send(self, kind: str, data: object = None, *, to: int | None = None, **more: object) -> None:
        """Tell the master to hand `data` on to one worker, or to all."""
        self._socket.sendall(msgspec.json.encode({"type": kind, "data": data, "to": to, **more}) + b"\n")

    def hear(self, *, seconds: float) -> None:
        """Read what the master says, waiting for it at most so long."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            if not selector.select(seconds):
                return
        data = self._socket.recv(1 << 20)
        if not data:
            raise RuntimeError(f"Locust's master has ended: {self.processes[0].log_tail()}")
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self.status |= msgspec.json.decode(line)

    def wait_until_ready(self) -> None:
        """Wait until all workers have come."""
        ends = time.monotonic() + self._patience_s
        while "ready" not in self.status:
            if time.monotonic() > ends:
                raise RuntimeError("the Locust workers did not come")
            self.hear(seconds=1)

    @property
    def counts(self) -> dict[str, int]:
        """What the workers have counted, as of their last reports."""
        counts: dict[str, int] = self.status.get("counts", {})
        return counts

    def finish(self) -> None:
        """End the processes in good order; the master writes down what Locust saw."""
        self.send("quit")
        self.processes[0].wait(seconds=120)
        for process in self.processes:
            process.stop()
