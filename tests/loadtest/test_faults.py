"""What `make chaos` breaks: in its order, at its moments, and nothing stays stopped."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from loadtest import faults
from loadtest.faults import Chaos, Cut
from loadtest.network import Node
from loadtest.processes import Postgres, Process, ProgramFailed

from .conftest import make_plan

PLAN = make_plan(seats=10, minutes=3)
BEGINS = PLAN.starts_ms + PLAN.spread_ms
LENGTH = PLAN.deadline_ms - PLAN.last_ms - BEGINS


class LocustEnded(Exception):
    """Something ends the day in its middle."""


class Clock:
    """A clock that a test moves; what happens is noted with its time since answering began."""

    def __init__(self) -> None:
        self.now = BEGINS
        self.log: list[tuple[int, str]] = []

    def __call__(self) -> int:
        return self.now

    def note(self, what: str) -> None:
        self.log.append((self.now - BEGINS, what))


class FakeService:
    """A process of the service that can be looked at and killed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def usage(self) -> None:
        self._clock.note("last look at the service")

    def signal(self, how: signal.Signals) -> None:
        self._clock.note(how.name)


class FakePostgres:
    """A server that can be killed and started; its backends are the processes of the test."""

    def __init__(self, clock: Clock, pids: list[int]) -> None:
        self._clock = clock
        self._pids = pids

    def kill(self) -> None:
        self._clock.note("database killed")

    def restart(self) -> None:
        self._clock.note("database started")

    def backends(self) -> list[int]:
        return self._pids


class FakeNode(Node):
    """A machine whose cable is only talked of."""

    def cut(self) -> None:
        self.is_cut = True

    def mend(self) -> None:
        self.is_cut = False


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backends() -> Iterator[list[int]]:
    """Three processes that stand for the server's; the last is our own connection's."""
    started = [subprocess.Popen(["sleep", "60"]) for _ in range(3)]
    yield [process.pid for process in started]
    for process in started:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def make_chaos(clock: Clock, backends: list[int]) -> Chaos:
    services = cast("list[Process]", [FakeService(clock), FakeService(clock)])
    postgres = cast("Postgres", FakePostgres(clock, backends))
    return Chaos(PLAN, clock, services, postgres, lambda: backends[-1] if backends else 0)


def state(pid: int) -> str:
    """Return T for a stopped process, S for one that sleeps, once the signal has been taken."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def wait_for(backends: list[int], wanted: str) -> None:
    for _ in range(200):
        if "".join(map(state, backends)) == wanted:
            return
        time.sleep(0.01)
    assert "".join(map(state, backends)) == wanted


def play(chaos: Any, clock: Clock, until: int) -> None:
    """Let the day's loop turn every 100 ms."""
    while clock.now < until:
        chaos.work()
        clock.now += 100


def test_everything_is_broken_once_in_its_order_and_at_its_time(clock: Clock, backends: list[int]):
    chaos = make_chaos(clock, backends)
    play(chaos, clock, PLAN.deadline_ms)
    assert [fault.name for fault in chaos.faults] == list(faults.CHAOS)
    moments = [(fault.began_ms - BEGINS) / LENGTH for fault in chaos.faults]
    assert moments == pytest.approx([0.1, 0.35, 0.65], abs=0.01)
    lasted = [fault.ended_ms - fault.began_ms for fault in chaos.faults]
    assert lasted == pytest.approx([0, 2000, 10_000], abs=101)
    assert [fault.process for fault in chaos.faults] == [0, None, None]
    assert [what for _, what in clock.log] == [
        "last look at the service",
        "SIGKILL",
        "database killed",
        "database started",
    ]


def test_all_faults_are_mended_while_everybody_is_still_answering(clock: Clock, backends: list[int]):
    chaos = make_chaos(clock, backends)
    play(chaos, clock, PLAN.deadline_ms - PLAN.last_ms)
    assert all(fault.ended_ms for fault in chaos.faults)
    assert not chaos.is_broken


def test_the_rooms_wait_while_the_database_is_away(clock: Clock, backends: list[int]):
    chaos = make_chaos(clock, backends)
    play(chaos, clock, BEGINS + round(0.35 * LENGTH) + 1000)
    assert chaos.is_broken
    play(chaos, clock, clock.now + 2000)
    assert not chaos.is_broken


def test_the_writers_stand_still_but_for_our_own_connection(clock: Clock, backends: list[int]):
    chaos = make_chaos(clock, backends)
    play(chaos, clock, BEGINS + round(0.65 * LENGTH) + 1000)
    wait_for(backends, "TTS")
    play(chaos, clock, clock.now + 10_000)
    wait_for(backends, "SSS")


def test_what_was_stopped_runs_again_also_when_the_day_ends_in_an_error(clock: Clock, backends: list[int]):
    chaos = make_chaos(clock, backends)
    with suppress(LocustEnded), chaos:
        play(chaos, clock, BEGINS + round(0.65 * LENGTH) + 1000)
        wait_for(backends, "TTS")
        raise LocustEnded
    wait_for(backends, "SSS")
    assert chaos.faults[-1].ended_ms


def test_a_backend_that_has_gone_meanwhile_hinders_nobody(clock: Clock, backends: list[int]):
    gone = subprocess.Popen(["true"])
    gone.wait()
    chaos = make_chaos(clock, [gone.pid, *backends])
    play(chaos, clock, PLAN.deadline_ms)
    wait_for(backends, "SSS")


def test_a_stall_that_stops_nothing_is_no_stall(clock: Clock):
    chaos = make_chaos(clock, [])
    with pytest.raises(ProgramFailed, match="no process"):
        play(chaos, clock, PLAN.deadline_ms)
    chaos.release()


def test_a_cable_is_put_back_after_twenty_seconds_and_the_rooms_go_on_meanwhile(clock: Clock):
    node = FakeNode("a", "198.18.77.2")
    cut = Cut(PLAN, clock, node)
    play(cut, clock, BEGINS + round(0.3 * LENGTH) + 1000)
    assert (node.is_cut, cut.is_broken) == (True, False)
    play(cut, clock, PLAN.deadline_ms)
    [fault] = cut.faults
    assert not node.is_cut
    assert fault.ended_ms - fault.began_ms == pytest.approx(faults.CUT_MS, abs=101)


def test_what_begins_late_lasts_as_long(clock: Clock):
    cut = Cut(PLAN, clock, FakeNode("a", "198.18.77.2"))
    clock.now = BEGINS + round(0.3 * LENGTH) + 3333
    play(cut, clock, PLAN.deadline_ms)
    assert cut.faults[0].ended_ms - cut.faults[0].began_ms >= faults.CUT_MS


def test_a_cable_is_put_back_also_when_the_day_ends_in_an_error(clock: Clock):
    node = FakeNode("a", "198.18.77.2")
    with suppress(LocustEnded), Cut(PLAN, clock, node) as cut:
        play(cut, clock, BEGINS + round(0.3 * LENGTH) + 1000)
        assert node.is_cut
        raise LocustEnded
    assert not node.is_cut
