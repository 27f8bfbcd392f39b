"""Locust's master and its workers, each in a process of its own.

``python -m loadtest.generator worker MASTER PORT`` joins a day, from this machine or another;
``python -m loadtest.generator master PORT SOCKET FOLDER WORKERS SECONDS`` is started by `loadtest.day`, which
tells it over a Unix socket what to hand on to the workers, one JSON object a line.

Workers report every three seconds through Locust's own reports: what Locust counts, and with it what was
acknowledged. So nothing needs a file system in common.
"""
# ruff: noqa: E402

from gevent import monkey

monkey.patch_all()

import argparse
import gc
import sys
import time
from pathlib import Path
from typing import Any

import gevent
import msgspec
from gevent import socket
from locust import runners
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadtest.candidates import Candidate, Hall
from loadtest.plan import FIRST_PORT, MASTER_PORT, Plan

# Seconds between two pictures of the statistics, for the plots.
INTERVAL_S = 5
# Locust gives a worker up after three silent seconds, and the day with it. A worker that has no core for so
# long is slow, which the response times say, and not gone, which `loadtest.day` would see.
runners.HEARTBEAT_LIVENESS = 60


class Worker:
    """Plays candidates."""

    def __init__(self, host: str, port: int) -> None:
        self._environment = Environment(user_classes=[Candidate])
        self._runner: WorkerRunner = self._environment.create_worker_runner(host, port)
        self._hall: Hall | None = None
        self._logged = 0
        self._runner.register_message("plan", self._on_plan)
        self._runner.register_message("seats", self._on_seats)
        self._runner.register_message("codes", self._on_codes)
        self._environment.events.report_to_master.add_listener(self._report)

    def _on_plan(self, msg: Any, **_kwargs: Any) -> None:
        plan = msgspec.convert(msg.data, Plan)
        self._hall = Candidate.hall = Hall(plan, self._environment.events.request.fire)
        # A hundred thousand greenlets live all day; walking through them finds nothing to free.
        gc.disable()

    def _on_seats(self, msg: Any, **_kwargs: Any) -> None:
        Candidate.hall.seat(msg.data["seats"])

    def _on_codes(self, msg: Any, **_kwargs: Any) -> None:
        Candidate.hall.admit(msg.data["codes"])

    def _report(self, client_id: str, data: dict[str, Any]) -> None:  # noqa: ARG002 (Locust passes it)
        if self._hall is not None:
            data["log"] = self._hall.take_log()
            self._logged += len(data["log"])
            data["logged"] = self._logged
            data["counts"] = dict(self._hall.counts)

    def run(self) -> None:
        """Work until the master says that it is over."""
        self._runner.greenlet.join()


class Master:
    """Hands on what the day says, and gathers what the workers report.

    `seconds` is how long it waits for the workers to come.
    """

    def __init__(self, port: int, path: str, folder: Path, workers: int, seconds: float) -> None:
        self._environment = Environment(user_classes=[Candidate])
        # Workers of other machines come in from outside.
        self._runner: MasterRunner = self._environment.create_master_runner("*", port)
        self._folder = folder
        self._workers = workers
        self._patience_s = seconds
        self._names: list[str] = []
        self._logs: dict[str, int] = {}
        self._expected: dict[str, int] = {}
        self._counts: dict[str, dict[str, int]] = {}
        self._intervals: list[dict[str, Any]] = []
        self._seen: dict[str, tuple[int, int, dict[int, int]]] = {}
        self._environment.events.worker_report.add_listener(self._on_report)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(1)
            self._day, _address = listener.accept()

    def run(self) -> None:
        """Serve the day until it says quit."""
        deadline = time.monotonic() + self._patience_s
        while len(self._runner.clients) < self._workers:
            if time.monotonic() > deadline:
                sys.exit(f"{len(self._runner.clients)} of {self._workers} Locust workers came")
            gevent.sleep(0.1)
        self._names = sorted(self._runner.clients)
        self._tell({"ready": len(self._names)})
        gevent.spawn(self._watch)
        for line in self._day.makefile("rb"):
            message = msgspec.json.decode(line)
            match message["type"]:
                case "spawn":
                    gevent.spawn(self._runner.start, message["users"], spawn_rate=message["rate"])
                case "quit":
                    break
                case kind:
                    to = self._names if message.get("to") is None else [self._names[message["to"]]]
                    for name in to:
                        self._runner.send_message(kind, message["data"], name)
        self._finish()

    def _on_report(self, client_id: str, data: dict[str, Any]) -> None:
        if log := data.get("log"):
            with (self._folder / f"acked-{client_id}.bin").open("ab") as handle:
                handle.write(log)
            self._logs[client_id] = self._logs.get(client_id, 0) + len(log)
        self._expected[client_id] = data.get("logged", 0)
        self._counts[client_id] = data.get("counts", {})

    def _watch(self) -> None:
        """Keep a picture of every interval for the plots, and tell the day how it goes."""
        while True:
            gevent.sleep(INTERVAL_S)
            self._intervals.append({"ms": time.time_ns() // 1_000_000, "requests": self._interval()})
            self._tell({"counts": self._total(), "users": self._runner.user_count})

    def _interval(self) -> dict[str, Any]:
        """Return, by name, what came since the last call: requests, failures, response times."""
        news = {}
        for (name, _method), entry in list(self._environment.stats.entries.items()):
            requests, failures, times = self._seen.get(name, (0, 0, {}))
            since = {
                ms: n - times.get(ms, 0) for ms, n in entry.response_times.items() if n > times.get(ms, 0)
            }
            if entry.num_requests > requests:
                news[name] = [entry.num_requests - requests, entry.num_failures - failures, since]
            self._seen[name] = entry.num_requests, entry.num_failures, dict(entry.response_times)
        return news

    def _total(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for counts in self._counts.values():
            for name, count in counts.items():
                total[name] = total.get(name, 0) + count
        return total

    def _tell(self, message: dict[str, Any]) -> None:
        self._day.sendall(msgspec.json.encode(message) + b"\n")

    def _finish(self) -> None:
        """Let the workers report for the last time, and write down what Locust saw."""
        self._runner.quit()
        gevent.sleep(1)
        entries = {
            name: {
                "requests": entry.num_requests,
                "failures": entry.num_failures,
                "max_ms": entry.max_response_time,
                "times": entry.response_times,
            }
            for (name, _method), entry in self._environment.stats.entries.items()
        }
        errors = [
            {"name": error.name, "error": str(error.error), "occurrences": error.occurrences}
            for error in self._environment.stats.errors.values()
        ]
        written = {
            "entries": entries,
            "errors": errors,
            "exceptions": [
                {"message": e["msg"], "count": e["count"], "traceback": e["traceback"]}
                for e in self._runner.exceptions.values()
            ],
            "counts": self._total(),
            "intervals": self._intervals,
            "is_log_complete": self._logs == {k: v for k, v in self._expected.items() if v},
        }
        (self._folder / "locust.json").write_bytes(msgspec.json.encode(written))


def main() -> None:
    """Run one process of the generator."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    roles = parser.add_subparsers(dest="role", required=True)
    worker = roles.add_parser("worker", help="play candidates for a master")
    worker.add_argument("host", nargs="?", default="", help="where the master is")
    worker.add_argument("port", type=int, nargs="?", default=FIRST_PORT + MASTER_PORT)
    master = roles.add_parser("master", help="started by python -m loadtest")
    master.add_argument("port", type=int)
    master.add_argument("path")
    master.add_argument("folder", type=Path)
    master.add_argument("workers", type=int)
    master.add_argument("seconds", type=float)
    options = parser.parse_args()
    if options.role == "worker":
        if not options.host:
            worker.error("say on which machine the day is played: make loadtest-worker MASTER=10.0.0.5")
        Worker(options.host, options.port).run()
    else:
        Master(options.port, options.path, options.folder, options.workers, options.seconds).run()


if __name__ == "__main__":
    main()
