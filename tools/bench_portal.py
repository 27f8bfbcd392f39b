"""Measure how fast one process answers portal pages: our threads beside Django's own ASGI handler.

Prints a table and writes ``var/bench/portal.json``. Both servers run in turn on one core's worth of Python
each, against a fresh SQLite database; the client is a plain asyncio loop in this process.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools import benching

SECONDS = 5.0
CLIENTS = (1, 20)
PATHS = ("/livez", "/")
SERVERS = {
    "WSGI in threads (a2wsgi)": ["learning.asgi:application"],
    "Django's ASGI handler": ["--factory", "django.core.asgi:get_asgi_application"],
}


async def _ask(port: int, path: str, until: float, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Language: th\r\n\r\n".encode()
    while (start := time.perf_counter()) < until:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(head.decode())
        if b"content-length: " in head:
            await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r")[0]))
        else:
            await reader.readuntil(b"0\r\n\r\n")
        took.append(time.perf_counter() - start)
    writer.close()


async def measure(port: int, path: str, clients: int) -> dict[str, float]:
    """Return requests per second, and median and 99th percentile in milliseconds."""
    await _ask(port, path, time.perf_counter() + 0.5, [])
    took: list[float] = []
    until = time.perf_counter() + SECONDS
    await asyncio.gather(*(_ask(port, path, until, took) for _ in range(clients)))
    took.sort()
    return {
        "per_second": round(len(took) / SECONDS),
        "median_ms": round(took[len(took) // 2] * 1000, 1),
        "p99_ms": round(took[int(len(took) * 0.99)] * 1000, 1),
    }


def main() -> None:
    """Measure every server, path and number of clients."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "static").mkdir()
        environment = os.environ | {
            "VAR_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "learning.settings",
            "STATICFILES_BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
            "LOG_LEVEL": "ERROR",
            "SEAT_APP": "",
        }
        for name in ("DATABASE_URL", "REDIS_URL"):
            environment.pop(name, None)
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=benching.ROOT,
            env=environment,
            check=True,
        )
        print(f"{'server':26} {'path':8} {'clients':>7} {'per second':>11} {'median ms':>10} {'p99 ms':>8}")
        for server, arguments in SERVERS.items():
            with benching.served(arguments, environment, core=None) as (port, _pid):
                for path in PATHS:
                    for clients in CLIENTS:
                        figures = asyncio.run(measure(port, path, clients))
                        results.append({"server": server, "path": path, "clients": clients, **figures})
                        print(
                            f"{server:26} {path:8} {clients:7} {figures['per_second']:11} "
                            f"{figures['median_ms']:10} {figures['p99_ms']:8}"
                        )
    benching.write_report("portal", results)


if __name__ == "__main__":
    main()
