"""Another machine joins a day by one command, which says what it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from loadtest.processes import ROOT


def run(*command: str) -> subprocess.CompletedProcess[str]:
    # As from a shell, also where these tests were started by make.
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        command, cwd=ROOT, env=outside, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("master", [[], [""]], ids=["none", "empty"])
def test_a_worker_without_a_master_is_told_what_to_say(master: list[str]):
    done = run(sys.executable, "-m", "loadtest.generator", "worker", *master)
    assert done.returncode == 2
    assert "make loadtest-worker MASTER=10.0.0.5" in done.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        (["loadtest-worker", "MASTER=10.0.0.5"], ["worker", '"10.0.0.5"']),
        (
            ["loadtest-worker", "MASTER=10.0.0.5", "PORT=9300"],
            ["worker", '"10.0.0.5"', "$((9300", "+", "10))"],
        ),
        (["loadtest", "SEATS=5"], ["--seats", "5"]),
        (["loadtest", "SEATS=5", "PORT=9300"], ["--seats", "5", "--port", "9300"]),
    ],
    ids=str,
)
def test_make_passes_on_what_is_said_and_nothing_else(given: list[str], arguments: list[str]):
    last = run("make", "--dry-run", *given).stdout.splitlines()[-1]
    assert last.split()[3:] == arguments
