"""`manage.py demo` as a newcomer meets it: started, used and stopped as a process of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from learning import demo


def _environment(var: Path) -> dict[str, str]:
    """The embedded default in a folder of its own, whatever this run of the tests uses."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "STATICFILES_BACKEND") if name in os.environ}
    return kept | {"VAR_DIR": str(var), "PYTHONUNBUFFERED": "1"}


def _start(var: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo", *arguments],
        cwd=settings.BASE_DIR,
        env=_environment(var),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A group of its own, so that what it leaves behind can be seen.
        start_new_session=True,
    )


@dataclass
class Demo:
    process: subprocess.Popen[str]
    printed: str
    address: str

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(self.address + path, timeout=30) as response:
            return response.status, response.read().decode()


def _wait_until_ready(process: subprocess.Popen[str]) -> Demo:
    printed = ""
    assert process.stdout is not None
    for line in process.stdout:
        printed += line
        if "Ctrl-C" in line:
            address = re.search(r"http://127\.0\.0\.1:\d+", printed)
            assert address, printed
            return Demo(process, printed, address[0])
    raise AssertionError(printed)


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def running(var: Path) -> Iterator[Demo]:
    process = _start(var, "--port", "0")
    try:
        yield _wait_until_ready(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_the_home_page_is_served(running: Demo):
    status, body = running.get("/")
    assert status == 200
    assert '<html lang="th"' in body


def test_it_is_ready_and_alive(running: Demo):
    assert json.loads(running.get("/readyz")[1]) == {"status": "ok", "parts": {"database": "ok"}}
    assert running.get("/livez")[0] == 200


def test_it_says_in_both_languages_where_it_is_and_how_to_stop_it(running: Demo):
    assert f"พร้อมใช้งานที่ · Ready at  {running.address}" in running.printed
    assert "หยุดด้วย Ctrl-C · Stop with Ctrl-C" in running.printed


def test_a_taken_port_is_said_at_once_with_status_1(running: Demo, tmp_path: Path):
    port = running.address.rpartition(":")[2]
    second = _start(tmp_path, "--port", port)
    printed, _ = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"เปิดพอร์ต {port} ไม่ได้" in printed
    assert f"Port {port} cannot be used" in printed
    assert "Traceback" not in printed


def test_ctrl_c_ends_it_with_status_0_and_leaves_nothing_running(running: Demo):
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.process.wait(timeout=60) == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(running.process.pid, 0)


def test_a_second_start_serves_again_and_sigterm_ends_it_with_status_0(running: Demo, var: Path):
    running.process.terminate()
    running.process.wait(timeout=60)
    process = _start(var, "--port", "0")
    try:
        again = _wait_until_ready(process)
        assert again.get("/")[0] == 200
        # What was collected is not collected again.
        assert "Collecting static files" in running.printed
        assert "Collecting static files" not in again.printed
        process.terminate()
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.parametrize("port", [70000, -1])
def test_a_port_that_does_not_exist_is_refused_in_words(port: int):
    with pytest.raises(demo.DemoError, match=f"Port {port} cannot be used"):
        demo.listen(port)


def test_port_0_takes_a_free_one():
    with demo.listen(0) as taken:
        assert isinstance(taken, socket.socket)
        assert taken.getsockname()[1] > 0


def test_the_demo_keeps_away_from_a_real_system(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "PRODUCTION", True)
    with pytest.raises(demo.DemoError, match="PRODUCTION is set"):
        demo.prepare(print)
