"""When everything happens, and how each seat behaves: pure functions of the size, the minutes and a seed."""

import random
from typing import Any

import msgspec

# A day of ten minutes or more has every length as in reality; a shorter one shrinks them all alike.
FULL_MINUTES = 10
# Seats that a full check-in takes in a second: 100,000 in four and a half minutes.
_CHECK_IN_RATE = 370
_SECOND = 1000

# The first of twenty ports of a day, and which of them is the Locust master's.
FIRST_PORT, MASTER_PORT = 8300, 10

# The paper, as the general-knowledge examination has it.
ITEMS, OPTIONS = 100, 4

# A centre and its network, which the service sees as one address: forty rooms of fifty.
ROOMS_A_CENTRE, SEATS_A_ROOM = 40, 50

PHASES = ("check-in", "waiting", "storm", "steady", "last", "after")


class Plan(msgspec.Struct, frozen=True):
    """The day, as every process of the generator is told it. Moments are epoch milliseconds.

    `services` are the ``host:port`` of the seat service's processes.
    """

    seats: int
    seed: int
    items: int
    options: int
    doors_ms: int
    waiting_ms: int
    starts_ms: int
    # The time over which the key requests are spread. It is given to everybody on top of the minutes.
    spread_ms: int
    minutes_ms: int
    # The "last minute" of the day, and how long the server still takes what was under way.
    last_ms: int
    grace_ms: int
    # A seat changes an answer once in so many milliseconds, on average.
    change_ms: int
    offline_ms: tuple[int, int]
    services: tuple[str, ...]
    # The hash of the paper key, so that a wrong one is noticed; the key itself comes from the service.
    key_sha256: str = ""
    owns_connections: bool = False

    @property
    def deadline_ms(self) -> int:
        """When the ordinary seat's time is over."""
        return self.starts_ms + self.spread_ms + self.minutes_ms

    @property
    def scale(self) -> float:
        """How much shorter than in reality the pauses, absences and intervals are."""
        return min(1.0, self.minutes_ms / (FULL_MINUTES * 60 * _SECOND))

    def phases(self) -> dict[str, int]:
        """Return when each phase begins, in order."""
        return {
            "check-in": self.doors_ms,
            "waiting": self.waiting_ms,
            "storm": self.starts_ms,
            "steady": self.starts_ms + self.spread_ms,
            "last": self.deadline_ms - self.last_ms,
            "after": self.deadline_ms + self.grace_ms,
        }

    def phase(self, now_ms: int) -> str:
        """Return the phase that `now_ms` falls into; before the doors open it is the check-in."""
        return next(
            (name for name, begins in reversed(self.phases().items()) if now_ms >= begins), "check-in"
        )


def plan_day(seats: int, minutes: int, **fixed: Any) -> Plan:
    """Lay out a day of `seats` whose paper takes `minutes`; the doors open at ``fixed["doors_ms"]``."""
    length = minutes * 60 * _SECOND
    scale = min(1.0, minutes / FULL_MINUTES)
    check_in = max(round(15 * _SECOND), round(seats / _CHECK_IN_RATE * _SECOND))
    waiting = fixed["doors_ms"] + check_in
    return Plan(
        seats=seats,
        waiting_ms=waiting,
        # The last one in has fetched the paper before it opens.
        starts_ms=waiting + max(4 * _SECOND, round(30 * _SECOND * scale)),
        spread_ms=round(60 * _SECOND * scale),
        minutes_ms=length,
        last_ms=min(60 * _SECOND, length // 4),
        grace_ms=max(5 * _SECOND, round(20 * _SECOND * scale)),
        change_ms=round(60 * _SECOND * scale),
        offline_ms=(round(30 * _SECOND * scale), round(180 * _SECOND * scale)),
        **fixed,
    )


class Behaviour(msgspec.Struct, frozen=True):
    """What one seat will do. Moments are epoch milliseconds, 0 for never.

    `submits_before_ms` is how long before its own deadline the candidate submits: 0 leaves it to the page,
    which submits when the time is over; -1 stands for a machine that is switched off, which only the
    server can submit.
    """

    asks_early: bool
    offline_from_ms: int
    offline_until_ms: int
    submits_before_ms: int
    mistypes: bool


# Shares of all seats: who submits before the last minute, in it, and by the page at the very end. The rest
# are switched off and submitted by the server.
_EARLY, _LAST, _PAGE = 0.08, 0.65, 0.12
_OFFLINE = 0.02
_ASKS_EARLY = 0.01
_MISTYPES = 0.01


def behaviour(plan: Plan, index: int) -> Behaviour:
    """Draw the behaviour of seat number `index`, the same for the same seed."""
    draw = random.Random(f"{plan.seed}:{index}")  # noqa: S311 (a simulation, not a secret)
    offline_from = offline_until = 0
    if draw.random() < _OFFLINE:
        length = draw.uniform(*plan.offline_ms)
        opens, closes = plan.starts_ms + plan.spread_ms, plan.deadline_ms - plan.last_ms
        offline_from = round(draw.uniform(opens, max(opens, closes - length)))
        offline_until = round(offline_from + length)
    style = draw.random()
    if style < _EARLY:
        before = draw.uniform(plan.last_ms, plan.minutes_ms / 2)
    elif style < _EARLY + _LAST:
        before = draw.uniform(1, plan.last_ms)
    else:
        before = 0 if style < _EARLY + _LAST + _PAGE else -1
    return Behaviour(
        asks_early=draw.random() < _ASKS_EARLY,
        offline_from_ms=offline_from,
        offline_until_ms=offline_until,
        submits_before_ms=round(before),
        mistypes=draw.random() < _MISTYPES,
    )


def mistyped(code: str) -> str:
    """Return a seat code with its last letter wrong."""
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def centre_address(index: int) -> str:
    """Return the address behind which seat number `index` and its whole centre are."""
    centre = index // (ROOMS_A_CENTRE * SEATS_A_ROOM)
    return f"10.{centre // 250}.{centre % 250}.1"
