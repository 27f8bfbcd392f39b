"""What a seat is doing, as a function of what is known; and the same said by the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from exams.registration.models import Placement
from exams.room import live
from exams.room.counts import state_expression
from exams.room.states import (
    AdmissionFacts,
    Attention,
    Limits,
    Mark,
    PresenceFacts,
    SeatState,
    SittingFacts,
    State,
    seat_state,
)
from exams.seat.models import CloseReason
from tests.exams.registration.factories import make_round
from tests.exams.room.conftest import admitted, closed, present, sitting

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
LIMITS = Limits(failures=5, life_ms=3_600_000, silent_ms=90_000)
NOW_MS = round(NOW.timestamp() * 1000)


def ago(**duration: float) -> int:
    return NOW_MS - timedelta(**duration) // timedelta(milliseconds=1)


def running(**changes: Any) -> SittingFacts:
    return SittingFacts(ago(minutes=30), ago(minutes=-30))._replace(**changes)


def heard(seconds: float = 0, **changes: Any) -> PresenceFacts:
    return PresenceFacts(NOW_MS - round(seconds * 1000), answered=45, is_durable=True)._replace(**changes)


CODE = AdmissionFacts(ago(minutes=5))
USED = AdmissionFacts(ago(minutes=5), ago(minutes=4))


def state(admission=None, presence=None, facts=None) -> SeatState:
    return seat_state(admission, presence, facts or running(), NOW_MS, LIMITS)


def test_nothing_known_is_not_arrived():
    assert state() == SeatState(State.NOT_ARRIVED)


def test_a_code_not_used_is_admitted():
    assert state(CODE).state == State.ADMITTED


def test_before_the_start_who_is_in_waits():
    assert state(USED, heard(), running(starts_ms=NOW_MS + 1)).state == State.WAITING


def test_from_the_start_on_who_is_in_answers():
    assert state(USED, heard(), running(starts_ms=NOW_MS)) == SeatState(State.ANSWERING, 45)


def test_ninety_seconds_without_a_word_are_not_yet_silence():
    assert state(USED, heard(90)).state == State.ANSWERING


def test_a_machine_that_keeps_answers_is_offline_but_saving():
    found = state(USED, heard(91))
    assert (found.state, found.since_ms, found.attention) == (State.OFFLINE, NOW_MS - 91_000, Attention.LOOK)


def test_a_machine_that_cannot_keep_answers_is_silent():
    found = state(USED, heard(91, is_durable=False))
    assert (found.state, found.attention) == (State.SILENT, Attention.ACT)


def test_opened_and_nothing_heard_is_silent_from_the_opening_on():
    assert state(AdmissionFacts(ago(minutes=5), ago(seconds=80))).state == State.ANSWERING
    found = state(USED)
    assert (found.state, found.since_ms) == (State.SILENT, NOW_MS - 240_000)


def test_silence_in_the_waiting_room_is_silence():
    assert state(USED, heard(200), running(starts_ms=ago(minutes=-5))).state == State.OFFLINE


def test_a_pause_covers_silence_but_does_not_hide_it():
    found = state(USED, heard(200), running(paused_ms=ago(minutes=1)))
    assert (found.state, found.marks) == (State.PAUSED, ((Mark.NO_CONTACT, 0),))


def test_who_has_not_arrived_is_not_paused():
    assert state(None, None, running(paused_ms=ago(minutes=1))).state == State.NOT_ARRIVED


def test_after_the_deadline_the_seat_waits_for_the_system():
    assert state(USED, heard(), running(deadline_ms=NOW_MS)).state == State.ENDING


@pytest.mark.parametrize(
    ("reason", "marks"),
    [
        (CloseReason.SUBMITTED, ()),
        (CloseReason.DEADLINE, ((Mark.BY_SYSTEM, 0),)),
        (CloseReason.FORCED, ((Mark.FORCED, 0),)),
    ],
)
def test_submitted_says_by_whom_and_needs_nobody(reason, marks):
    facts = running(close_reason=reason)
    locked = AdmissionFacts(ago(minutes=5), failures=5)
    assert state(locked, heard(900), facts) == SeatState(State.SUBMITTED, 45, 0, marks)


@pytest.mark.parametrize(
    ("failures", "mark", "attention"),
    [
        (1, Mark.GUESSED, Attention.NONE),
        (2, Mark.GUESSED, Attention.LOOK),
        (4, Mark.GUESSED, Attention.LOOK),
        (5, Mark.LOCKED, Attention.ACT),
        (9, Mark.LOCKED, Attention.ACT),
    ],
)
def test_guessed_codes_raise_an_alarm(failures, mark, attention):
    found = state(CODE._replace(failures=failures))
    assert (found.state, found.marks, found.attention) == (State.ADMITTED, ((mark, failures),), attention)


def test_the_alarm_stays_when_somebody_got_in():
    assert state(USED._replace(failures=5), heard()).attention == Attention.ACT


def test_an_old_code_is_marked():
    found = state(AdmissionFacts(ago(minutes=61)))
    assert (found.marks, found.attention) == (((Mark.EXPIRED, 0),), Attention.LOOK)


def test_a_new_code_for_somebody_inside_is_marked():
    assert state(CODE, heard()).marks == ((Mark.NEW_CODE, 0),)


def test_what_the_machine_did_is_marked():
    found = state(USED, heard(unsent=3, generation=7, loads=4, drift_ms=-125_000, left=2))
    assert found.marks == (
        (Mark.UNSENT, 3),
        (Mark.MOVED, 0),
        (Mark.RELOAD, 3),
        (Mark.DRIFT, 125),
        (Mark.LEFT, 2),
    )
    assert found.attention == Attention.LOOK


def test_a_small_drift_and_one_lost_focus_are_nothing():
    found = state(USED, heard(drift_ms=59_000, left=1))
    assert (found.marks, found.attention) == (((Mark.LEFT, 1),), Attention.NONE)


def test_leaving_the_window_often_is_worth_a_look():
    assert state(USED, heard(left=3)).attention == Attention.LOOK


@pytest.mark.parametrize(
    ("minutes", "has_paper", "marks", "attention"),
    [
        (30, False, (), Attention.NONE),
        (9, False, ((Mark.NO_PAPER, 0),), Attention.LOOK),
        (9, True, (), Attention.NONE),
        (-1, False, ((Mark.NO_PAPER, 0),), Attention.ACT),
        (-1, True, (), Attention.NONE),
    ],
)
def test_a_machine_without_the_sealed_paper_is_marked_shortly_before_the_start(
    minutes, has_paper, marks, attention
):
    found = state(USED, heard(has_paper=has_paper), running(starts_ms=ago(minutes=-minutes)))
    assert (found.marks, found.attention) == (marks, attention)


def mixed_seats(round_) -> None:
    """Bring twenty seats into every state there is."""
    now = timezone.now()
    seats = iter(Placement.objects.filter(round=round_).select_related("sitting", "candidate").order_by("pk"))
    next(seats)
    admitted(next(seats))
    admitted(next(seats), failures=5)
    admitted(next(seats), used=True)
    admitted(next(seats), used=True, at=now - timedelta(minutes=5))
    present(next(seats))
    present(next(seats), ago=89)
    present(next(seats), ago=200)
    present(next(seats), ago=200, is_durable=False)
    for fields in ({"paused_at": now}, {"starts_at": now + timedelta(minutes=1)}, {"deadline": now}):
        for seconds in (0, 200):
            seat = next(seats)
            present(seat, ago=seconds)
            sitting(seat, **fields)
        sitting(next(seats), **fields)
    closed(next(seats))


@pytest.mark.django_db
def test_the_database_counts_the_same_states():
    round_ = make_round(candidates=20, rows=4, columns=5, starts=timedelta(minutes=-10))
    mixed_seats(round_)
    now = timezone.now()
    counted = dict(
        Placement.objects.annotate(state=state_expression(now)).values_list("pk", "state").order_by("pk")
    )
    assert counted == {pk: live.state_of(pk, now=now).state for pk in counted}
    assert set(counted.values()) == set(State.values)
