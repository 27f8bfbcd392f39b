"""The cluster test is skipped for what is missing beforehand, and for nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest import network, processes
from loadtest.network import Node
from loadtest.processes import ROOT, NotAvailable, Postgres, ProgramFailed

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")


def make_program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the only programs there are."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def has_postgres() -> bool:
    try:
        processes.postgres_programs()
    except NotAvailable:
        return False
    return True


def play(folder: Path, programs: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loadtest", "--cluster", "--seats", "1", "--folder", str(folder)]
    environment = os.environ | {"PATH": str(programs)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_without_the_programs_the_test_is_skipped_with_a_clear_word(tmp_path: Path, programs: Path):
    done = play(tmp_path, programs)
    assert done.returncode == 0
    assert done.stdout.startswith("SKIPPED, nothing was tested: ")


@needs_root
@pytest.mark.skipif(not has_postgres(), reason="PostgreSQL is not installed")
def test_what_fails_once_it_has_begun_is_an_error_and_no_skip(tmp_path: Path, programs: Path):
    make_program(programs, "nginx", "exit 0")
    make_program(programs, "ip", 'case "$*" in *initdb*) echo "no space" >&2; exit 1;; esac')
    done = play(tmp_path, programs)
    assert "SKIPPED" not in done.stdout
    assert done.returncode == 2
    assert "initdb: no space" in done.stderr


@needs_root
@pytest.mark.usefixtures("programs")
def test_without_ip_there_is_no_network():
    with pytest.raises(NotAvailable, match="iproute2"):
        network.require()


@needs_root
def test_without_nginx_there_is_no_network(programs: Path):
    make_program(programs, "ip", "exit 0")
    with pytest.raises(NotAvailable, match="nginx is not installed"):
        network.require()


@needs_root
def test_where_namespaces_are_not_allowed_there_is_no_network(programs: Path):
    make_program(programs, "nginx", "exit 0")
    make_program(programs, "ip", 'case "$*" in "netns add"*) echo "not permitted" >&2; exit 1;; esac')
    with pytest.raises(NotAvailable, match="not permitted"):
        network.require()


@needs_root
def test_the_trial_asks_for_no_longer_names_than_there_may_be(programs: Path):
    make_program(programs, "nginx", "exit 0")
    make_program(programs, "ip", "for word; do case $word in seat-test-????*-p) exit 1;; esac; done")
    network.require()


@pytest.mark.parametrize("deed", [Node.cut, Node.mend])
def test_a_cable_that_cannot_be_moved_is_an_error(programs: Path, deed):
    make_program(programs, "ip", "echo 'no such device' >&2; exit 1")
    with pytest.raises(ProgramFailed, match="no such device"):
        deed(Node("a", "198.18.77.2"))


@pytest.mark.skipif(not has_postgres(), reason="PostgreSQL is not installed")
def test_a_database_that_cannot_be_made_is_an_error(tmp_path: Path, programs: Path):
    make_program(programs, "elsewhere", "echo 'cannot'; exit 1")
    with pytest.raises(ProgramFailed, match="initdb: cannot"):
        Postgres(tmp_path, 1, within=["elsewhere"]).create()
