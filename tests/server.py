"""The platform in a process of its own over the test database, to be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection


def database_url() -> str:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    credentials = quote(values["USER"]) + (f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else "")
    return f"postgres://{credentials}@{values['HOST']}:{values['PORT'] or 5432}/{values['NAME']}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PlatformServer:
    """``uvicorn learning.asgi:application`` on a port that stays the same through restarts."""

    def __init__(self) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        if not any((settings.STATIC_ROOT).glob("seat/*")):
            call_command("collectstatic", interactive=False, verbosity=0)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-m", "uvicorn", "learning.asgi:application", "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*command, "--log-level", "warning", "--no-access-log"],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DATABASE_URL": database_url()},
        )
        for _ in range(400):
            with suppress(OSError), urllib.request.urlopen(f"{self.origin}/livez", timeout=5):
                return
            time.sleep(0.1)
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """End the server as a power cut would: SIGKILL, nothing is finished or closed."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server in good order, if it runs."""
        if self._process is not None:
            self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(timeout=30)
        self._process = None


@pytest.fixture
def server(transactional_db: None) -> Iterator[PlatformServer]:
    """A running server over this test's database."""
    server = PlatformServer()
    server.start()
    yield server
    server.stop()
