"""The day is laid out as asked, and the same seed gives the same day."""

from __future__ import annotations

from itertools import pairwise

import pytest

from exams.seat.admissions import clean_code
from loadtest.plan import PHASES, behaviour, centre_address, mistyped, plan_day

from .conftest import make_plan

MINUTE = 60_000


@pytest.mark.parametrize(("seats", "minutes"), [(10, 1), (2000, 1), (100_000, 10), (100_000, 180)])
def test_the_phases_follow_one_another(seats: int, minutes: int):
    begins = make_plan(seats, minutes).phases()
    assert tuple(begins) == PHASES
    assert all(one < other for one, other in pairwise(begins.values()))


def test_a_full_day_has_the_lengths_of_reality():
    plan = make_plan(100_000, 10)
    assert plan.waiting_ms - plan.doors_ms <= 5 * MINUTE
    assert (plan.spread_ms, plan.last_ms, plan.change_ms) == (MINUTE, MINUTE, MINUTE)
    assert plan.offline_ms == (30_000, 180_000)
    assert plan.grace_ms == 20_000


def test_a_short_day_shrinks_everything_alike():
    plan = make_plan(2000, 1)
    assert (plan.spread_ms, plan.change_ms, plan.offline_ms) == (6000, 6000, (3000, 18_000))


def test_every_moment_falls_into_its_phase():
    plan = make_plan()
    for name, begins in plan.phases().items():
        assert plan.phase(begins) == name
    assert plan.phase(plan.doors_ms - 1) == "check-in"


def test_the_same_seed_gives_the_same_candidates():
    plan = make_plan(2000)
    assert [behaviour(plan, n) for n in range(50)] == [behaviour(plan, n) for n in range(50)]


def test_candidates_behave_in_the_shares_that_were_asked_for():
    plan = make_plan(20_000, 10)
    drawn = [behaviour(plan, n) for n in range(plan.seats)]
    last_minute = sum(0 < one.submits_before_ms <= plan.last_ms for one in drawn)
    offline = [one for one in drawn if one.offline_from_ms]
    assert last_minute >= 0.6 * plan.seats
    assert sum(one.submits_before_ms < 0 for one in drawn) > 0.1 * plan.seats
    assert 0.017 * plan.seats < len(offline) < 0.023 * plan.seats
    assert 0.007 * plan.seats < sum(one.mistypes for one in drawn) < 0.013 * plan.seats
    for one in offline:
        assert 30_000 <= one.offline_until_ms - one.offline_from_ms <= 180_000


@pytest.mark.parametrize("code", ["7KQ2M0", "7KQ2M1"])
def test_a_mistyped_code_is_another_code(code: str):
    wrong = mistyped(code)
    assert wrong != code
    assert clean_code(wrong) != clean_code(code)
    assert len(wrong) == len(code)


def test_a_centre_is_behind_one_address():
    addresses = [centre_address(n) for n in range(100_000)]
    assert len(set(addresses)) == 50
    assert addresses[0] == addresses[1999] != addresses[2000]


def test_whoever_loses_the_network_has_it_again_before_the_last_minute():
    plan = plan_day(10, 10, **{**_fixed(), "doors_ms": 0})
    closes = plan.phases()["last"]
    assert all(behaviour(plan, n).offline_until_ms <= closes for n in range(2000))


def _fixed() -> dict[str, object]:
    return {"seed": 1, "items": 100, "options": 4, "services": ("127.0.0.1:1",)}
