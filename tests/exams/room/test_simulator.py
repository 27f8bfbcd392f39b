"""The simulator: the samples' days, what is refused, and that nothing it passes submits anybody early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import exams.seat
from exams.papers.models import Form
from exams.room.simulator import (
    EXTRA_PERCENT,
    Day,
    Event,
    Placed,
    Problem,
    Sample,
    Times,
    check,
    play,
)
from exams.seat import clock, timing
from exams.seat.models import Sitting
from exams.seat.services import finalise_overdue
from tests.exams.seat.conftest import make_form

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIMES = Times(
    doors_open_at=START - 60 * MINUTE,
    starts_at=START,
    minutes=180,
    spread=MINUTE,
    grace=timedelta(seconds=20),
    finaliser_every=timedelta(seconds=5),
)


def when(day: Day, event: Event) -> timedelta:
    """How long after the planned start the first such thing happens."""
    return next(moment.at for moment in day.moments if moment.event == event) - START


def placed(pk: int = 1, **changes: object) -> Placed:
    values: dict[str, object] = {
        "pk": pk,
        "number": f"1{pk:06}",
        "room": 1,
        "where": f"ศูนย์ ห้อง A{pk}",
        "place": (1, pk),
        "extra_percent": 0,
        "starts_at": START,
        "deadline": START + 181 * MINUTE,
        "is_closed": False,
        "form": pk,
    }
    return Placed(**(values | changes))  # type: ignore[arg-type]


def problems(*seats: Placed, times: Times = TIMES, forms: int = 4, **more: object) -> set[Problem]:
    verdict = check(times, seats, forms=forms, **more)  # type: ignore[arg-type]
    return {problem for problem, found in verdict.problems.items() if found}


# The samples' days --------------------------------------------------------------------------------


def test_an_ordinary_day():
    day = play(TIMES, Sample.ORDINARY)
    assert [moment.event for moment in day.moments] == [
        Event.DOORS,
        Event.START,
        Event.KEY_LAST,
        *[Event.WARNING] * 3,
        Event.DEADLINE,
        Event.GRACE,
        Event.FINALISED,
    ]
    assert when(day, Event.DEADLINE) == 181 * MINUTE
    assert when(day, Event.GRACE) == 181 * MINUTE + TIMES.grace
    assert when(day, Event.FINALISED) == when(day, Event.GRACE) + TIMES.finaliser_every
    assert day.available == day.promised == 180 * MINUTE
    warned = {moment.minutes: moment.at - START for moment in day.moments if moment.event == Event.WARNING}
    assert warned == {15: 166 * MINUTE, 5: 176 * MINUTE, 1: 180 * MINUTE}


@pytest.mark.parametrize(
    ("sample", "deadline", "available"),
    [
        (Sample.LATE, 181, 171),
        (Sample.EXTRA, 226, 225),
        (Sample.PAUSED, 191, 180),
        (Sample.MOVED, 181, 180),
        (Sample.DELAYED, 196, 180),
    ],
)
def test_other_days(sample, deadline, available):
    day = play(TIMES, sample)
    assert when(day, Event.DEADLINE) == deadline * MINUTE
    assert day.available == available * MINUTE
    assert list(day.moments) == sorted(day.moments, key=lambda moment: moment.at)


def test_a_pause_in_the_last_minutes_is_warned_of_by_the_clock_that_runs():
    short = TIMES.__class__(**{**TIMES.__dict__, "minutes": 20})
    day = play(short, Sample.PAUSED)
    warned = {moment.minutes: moment.at - START for moment in day.moments if moment.event == Event.WARNING}
    # At 6 minutes 15 are left; at 10 the clock stands for 10 minutes, with 11 left.
    assert warned == {15: 6 * MINUTE, 5: 26 * MINUTE, 1: 30 * MINUTE}


def test_the_warnings_are_those_of_the_exam_page():
    scripts = Path(exams.seat.__file__).with_name("static").glob("seat/*.js")
    shown = f"for (const minutes of {list(timing.WARNINGS)})"
    assert sum(shown in script.read_text() for script in scripts) == 1


# What is refused ----------------------------------------------------------------------------------


def test_a_round_as_it_is_placed_passes():
    verdict = check(TIMES, [placed(1), placed(2, extra_percent=25, deadline=START + 226 * MINUTE)], forms=4)
    assert verdict.is_safe
    assert (verdict.least, verdict.sittings) == (180 * MINUTE, 2)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"deadline": START + 181 * MINUTE - timedelta(seconds=1)}, Problem.EARLY),
        ({"extra_percent": 10}, Problem.EARLY),
        ({"deadline": START - MINUTE}, Problem.BACKWARDS),
        ({"deadline": START + 182 * MINUTE}, Problem.UNEQUAL),
        ({"starts_at": START - MINUTE, "deadline": START + 180 * MINUTE}, Problem.OTHER_START),
        ({"form": 0}, Problem.UNSEALED),
        ({"is_closed": True}, Problem.SUBMITTED),
    ],
)
def test_one_wrong_sitting_refuses_the_round_and_is_named(changes, problem):
    verdict = check(TIMES, [placed(1), placed(2, **changes)], forms=4)
    assert {found for found, who in verdict.problems.items() if who} == {problem}
    assert [one.number for one in verdict.problems[problem]] == ["1000002"]


def test_minutes_on_record_are_not_unequal():
    assert problems(placed(deadline=START + 186 * MINUTE, given=5 * MINUTE)) == set()


def test_doors_must_open_before_the_start():
    assert problems(placed(), times=Times(**{**TIMES.__dict__, "doors_open_at": START})) == {Problem.DOORS}


def test_a_grace_below_nought_would_submit_early():
    negative = Times(**{**TIMES.__dict__, "grace": -MINUTE})
    assert problems(placed(), times=negative) == {Problem.EARLY}


@pytest.mark.parametrize(
    ("place", "forms", "is_refused"),
    [
        ((1, 2), 4, True),
        ((2, 1), 4, True),
        ((2, 2), 4, True),
        ((1, 3), 4, False),
        ((1, 2), 2, True),
        ((2, 2), 2, False),
        ((1, 2), 1, True),
    ],
)
def test_neighbours_have_different_papers(place, forms, is_refused):
    seats = placed(1, place=(1, 1), form=7), placed(2, place=place, form=7)
    assert problems(*seats, forms=forms) == ({Problem.NEIGHBOURS} if is_refused else set())
    apart = placed(1, place=(1, 1), form=7), placed(2, place=place, form=7, room=2)
    assert problems(*apart, forms=forms) == set()


def test_nobody_sits_in_two_rounds_at_once():
    assert problems(placed(1), placed(2), overlaps={2: "รอบบ่าย"}) == {Problem.OVERLAP}


# Held against what the day really does ------------------------------------------------------------

lengths = st.timedeltas(timedelta(0), timedelta(minutes=5))
times_ = st.builds(
    Times,
    doors_open_at=st.just(START - 60 * MINUTE),
    starts_at=st.just(START),
    minutes=st.integers(1, 300),
    spread=lengths,
    grace=st.timedeltas(timedelta(minutes=-5), timedelta(minutes=5)),
    finaliser_every=st.just(timedelta(seconds=5)),
)


@given(times_, st.integers(0, 200), st.timedeltas(timedelta(minutes=-400), timedelta(minutes=400)))
def test_what_passes_submits_nobody_before_their_time(times, extra_percent, off):
    """Neither the page, at the deadline, nor the system, after its grace."""
    promised = times.allowed(extra_percent)
    deadline = START + promised + times.spread + off
    verdict = check(times, [placed(extra_percent=extra_percent, deadline=deadline)], forms=4)
    assume(verdict.is_safe)
    early = START + times.spread + promised - timedelta(milliseconds=1)
    deadline_ms, early_ms = (round(moment.timestamp() * 1000) for moment in (deadline, early))
    assert deadline >= early
    assert not timing.is_over(deadline_ms, early_ms, round(times.grace.total_seconds() * 1000))
    assert not deadline < timing.overdue_before(early, times.grace)


@given(times_)
def test_every_sample_but_the_late_one_has_the_time_promised(times):
    for sample in Sample:
        day = play(times, sample)
        if sample != Sample.LATE:
            assert (
                day.available >= day.promised == times.allowed(EXTRA_PERCENT if sample == Sample.EXTRA else 0)
            )


@pytest.fixture
def form(db: None) -> Form:
    return make_form()


@pytest.mark.django_db(transaction=True)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sample=st.sampled_from(Sample), minutes=st.integers(2, 240))
def test_the_finaliser_submits_when_the_simulator_says(form, learner, sample, minutes, settings):
    """A real sitting goes through a sample's day by the services, then the finaliser is asked."""
    start = timezone.now().replace(microsecond=0)
    settings.SEAT_GRACE = TIMES.grace
    times = Times(
        **{**TIMES.__dict__, "starts_at": start, "doors_open_at": start - 60 * MINUTE, "minutes": minutes}
    )
    day = play(times, sample)
    at = {moment.event: moment.at for moment in day.moments}
    allowed = times.allowed(EXTRA_PERCENT if sample == Sample.EXTRA else 0)
    sitting = Sitting.objects.create(
        person=learner,
        form=form,
        starts_at=start,
        deadline=timing.first_deadline(start, allowed, times.spread),
    )
    by: dict[str, Any] = {"actor": None, "reason": "ทดสอบ"}
    if sample == Sample.DELAYED:
        clock.move_start([sitting.pk], at[Event.START], now=times.doors_open_at, **by)
    if sample == Sample.PAUSED:
        clock.pause([sitting.pk], now=at[Event.PAUSE], **by)
        assert finalise_overdue(now=at[Event.RESUME]) == 0
        clock.resume([sitting.pk], now=at[Event.RESUME], **by)
    sitting.refresh_from_db()
    assert (sitting.starts_at, sitting.deadline) == (at[Event.START], at[Event.DEADLINE])
    assert finalise_overdue(now=at[Event.KEY_LAST] + day.available) == 0
    assert finalise_overdue(now=at[Event.GRACE]) == 0
    assert finalise_overdue(now=at[Event.FINALISED]) == 1
