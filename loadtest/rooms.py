"""What the invigilators do on the day, by the services that the room console calls."""

import heapq
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from exams.seat import clock
from exams.seat.admissions import admit, move
from exams.seat.models import Sitting
from loadtest.figures import Given
from loadtest.plan import Plan, behaviour
from loadtest.world import World

# How many of a room are let in together.
_GROUP = 10
_EXTRA, _MOVED = 0.01, 0.005
_REASON = "loadtest"


class Deed(NamedTuple):
    """Something to do at a moment (epoch milliseconds). `order` keeps equal moments apart."""

    at_ms: int
    order: int
    do: Callable[[int], None]


class Rooms:
    """All invigilators. `send` hands codes to the candidates: a list of (seat index, sitting, code).

    `late_ms` is by how much each sitting's deadline must have moved in the end, `given` the extra time.
    """

    def __init__(self, world: World, plan: Plan, send: Callable[[list[tuple[int, int, str]]], None]) -> None:
        self._world = world
        self._plan = plan
        self._send = send
        self._deeds: list[Deed] = []
        self.late_ms: dict[int, int] = {}
        self.given: dict[int, Given] = {}
        self.moved: list[int] = []
        self.paused: list[int] = []
        self._paused_ms = 0
        draw = random.Random(f"rooms:{plan.seed}")  # noqa: S311 (a simulation, not a secret)
        self._plan_admissions(draw)
        self._plan_incidents(draw)

    def _at(self, at_ms: float, do: Callable[[int], None]) -> None:
        heapq.heappush(self._deeds, Deed(round(at_ms), len(self._deeds), do))

    def _plan_admissions(self, draw: random.Random) -> None:
        groups = [
            room[first : first + _GROUP]
            for room in self._world.rooms
            for first in range(0, len(room), _GROUP)
        ]
        draw.shuffle(groups)
        window = 0.85 * (self._plan.waiting_ms - self._plan.doors_ms)
        for n, group in enumerate(groups):
            self._at(self._plan.doors_ms + window * n / len(groups), self._admit(group))

    def _plan_incidents(self, draw: random.Random) -> None:
        plan, everybody = self._plan, [seat for room in self._world.rooms for seat in room]
        begins = plan.starts_ms + plan.spread_ms
        length = plan.deadline_ms - plan.last_ms - begins
        given = draw.sample(everybody, max(1, round(_EXTRA * len(everybody))))
        self._at(begins + 0.2 * length, lambda now: self._give(given, now))
        room = [sitting for _, sitting, _ in draw.choice(self._world.rooms)]
        self._at(begins + 0.3 * length, lambda now: self._pause(room, now))
        self._at(begins + 0.6 * length, lambda now: self._resume(room, now))
        still = set(room)
        movers = [seat for seat in everybody if seat[1] not in still] or everybody
        for index, sitting, _ in draw.sample(movers, max(1, round(_MOVED * len(everybody)))):
            self._at(begins + draw.uniform(0.1, 0.8) * length, self._move(index, sitting))

    def _admit(self, group: list[tuple[int, int, str]]) -> Callable[[int], None]:
        def do(now: int) -> None:
            codes = admit({sitting: number for _, sitting, number in group}, now=_moment(now))
            self._send([(index, sitting, codes[sitting]) for index, sitting, _ in group])

        return do

    def _move(self, index: int, sitting: int) -> Callable[[int], None]:
        def do(now: int) -> None:
            # Some have submitted early and gone home; nobody moves an empty seat.
            if Sitting.objects.filter(pk=sitting, closed_at__isnull=False).exists():
                return
            code = move(sitting, actor=self._world.officer, reason=_REASON, now=_moment(now))
            self.moved.append(sitting)
            self._send([(index, sitting, code)])

        return do

    def _give(self, seats: list[tuple[int, int, str]], now: int) -> None:
        plan, sittings = self._plan, [sitting for _, sitting, _ in seats]
        extra = timedelta(milliseconds=plan.minutes_ms // 10)
        clock.give_extra_time(sittings, extra, actor=self._world.officer, reason=_REASON, now=_moment(now))
        self._shift(sittings, plan.minutes_ms // 10)
        for index, sitting, _ in seats:
            due = plan.deadline_ms + self._world.approved_ms.get(sitting, 0) + self.late_ms[sitting]
            seat = behaviour(plan, index)
            self.given[sitting] = Given(now, due, seat.offline_from_ms, seat.offline_until_ms)

    def _pause(self, sittings: list[int], now: int) -> None:
        clock.pause(sittings, actor=self._world.officer, reason=_REASON, now=_moment(now))
        self.paused, self._paused_ms = sittings, now

    def _resume(self, sittings: list[int], now: int) -> None:
        clock.resume(sittings, actor=self._world.officer, reason=_REASON, now=_moment(now))
        self._shift(sittings, now - self._paused_ms)

    def _shift(self, sittings: list[int], by_ms: int) -> None:
        for sitting in sittings:
            self.late_ms[sitting] = self.late_ms.get(sitting, 0) + by_ms

    @property
    def last_deadline_ms(self) -> int:
        """When the last sitting's time will be over, as far as is known."""
        late = [self.late_ms.get(sitting, 0) + ms for sitting, ms in self._world.approved_ms.items()]
        return self._plan.deadline_ms + max([0, *late, *self.late_ms.values()])

    def work(self, now_ms: int) -> None:
        """Do what is due. Raises the database's errors; what failed stays to be done."""
        while self._deeds and self._deeds[0].at_ms <= now_ms:
            self._deeds[0].do(now_ms)
            heapq.heappop(self._deeds)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
