"""Another record store, with a database of its own, in a process of its own.

``python -m tests.learning.records.second_store PORT`` prints its key and secret as JSON and serves `/xapi/`.
The database is the one of `DATABASE_URL`, and is made where it is not there.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.server import free_port


class SecondStore:
    """Starts, kills and asks the store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}/xapi/"
        self.key = self.secret = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        environment = {
            "DATABASE_URL": f"sqlite:///{self._folder / 'second.sqlite3'}",
            "VAR_DIR": str(self._folder),
            "REDIS_URL": "",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(self.port)],
            cwd=settings.BASE_DIR,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.key, self.secret = json.loads(self._process.stdout.readline())
        for _ in range(300):
            with suppress(OSError):
                self.statements()
                return
            time.sleep(0.1)
        raise RuntimeError("the second store did not start")

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def statements(self) -> list[dict[str, Any]]:
        """Return what it has, oldest first."""
        reply = self.get("statements?ascending=true&limit=500")
        found: list[dict[str, Any]] = json.loads(reply)["statements"]
        return found

    def get(self, path: str) -> bytes:
        """Return what it answers to a GET."""
        basic = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "X-Experience-API-Version": "1.0.3"}
        with urllib.request.urlopen(
            urllib.request.Request(self.endpoint + path, headers=headers), timeout=20
        ) as reply:
            body: bytes = reply.read()
            return body


def _serve(port: int) -> None:
    import django
    import uvicorn

    django.setup()
    from django.core.management import call_command

    call_command("migrate", "records", verbosity=0)
    from learning.records.asgi import RecordStore
    from learning.records.models import Client
    from learning.records.services.credentials import create_client

    secret = create_client(f"sender {Client.objects.count()}", ["all"])
    sys.stdout.write(json.dumps([secret.key, secret.secret]) + "\n")
    sys.stdout.flush()
    uvicorn.run(RecordStore(), port=port, log_level="warning", access_log=False, lifespan="off")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.settings")
    _serve(int(sys.argv[1]))
