"""Lost time: each cause by itself, and what holds of every account, whatever happened."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exams.room.ledger import MINUTE_MS, Cause, Change, Facts, Span, Stamp, account
from exams.seat.models import ClockChange

START, SLACK = 1_000_000_000, 60_000
FULL = START + SLACK
END = FULL + 60 * MINUTE_MS


def at(minutes: float) -> int:
    """The moment so many minutes after everybody has the key."""
    return FULL + round(minutes * MINUTE_MS)


def opened(minutes: float, seq: int = 1) -> Stamp:
    return Stamp(seq, is_open=True, client_ms=0, server_ms=at(minutes))


def answer(seq: int, made: float, arrived: float | None = None, drift: int = 0) -> Stamp:
    """An answer made and arrived at such minutes, on a machine whose calendar is off by `drift` ms."""
    return Stamp(
        seq, is_open=False, client_ms=at(made) + drift, server_ms=at(made if arrived is None else arrived)
    )


def facts(**changes: object) -> Facts:
    """A candidate admitted and inside in time, heard of until now."""
    values: dict[str, object] = {
        "starts_ms": START,
        "deadline_ms": END,
        "admitted_ms": START - 60_000,
        "seen_ms": at(30),
        "stamps": [opened(-10)],
    }
    return Facts(**(values | changes))  # type: ignore[arg-type]


def told(changed: Facts, now: float = 30) -> list[tuple[str, float, float]]:
    """Causes with their minutes from and to."""
    found = account(changed, now_ms=at(now), slack_ms=SLACK)
    spans = [(loss.cause, loss.span) for loss in found.losses]
    return [
        (cause, (began - FULL) / MINUTE_MS, (ended - FULL) / MINUTE_MS) for cause, (began, ended) in spans
    ]


def minutes(changed: Facts, now: float = 30) -> int:
    return account(changed, now_ms=at(now), slack_ms=SLACK).minutes


def test_an_undisturbed_sitting_has_an_empty_account():
    assert account(facts(), now_ms=at(30), slack_ms=SLACK).is_empty


# Causes -------------------------------------------------------------------------------------------


def test_who_was_admitted_in_time_and_opened_late_lost_the_time_between():
    late = facts(stamps=[opened(4.5)])
    assert told(late) == [(Cause.LATE, 0, 4.5)]
    assert minutes(late) == 5


def test_who_opened_within_the_spread_of_the_keys_lost_nothing():
    assert told(facts(stamps=[opened(-0.2)])) == []


@pytest.mark.parametrize("admitted_ms", [0, START + 1])
def test_who_came_late_lost_nothing_to_us(admitted_ms):
    assert told(facts(stamps=[opened(4)], admitted_ms=admitted_ms)) == []


def test_who_was_admitted_and_never_opened_loses_until_the_end_but_nothing_is_certain_before():
    waiting = facts(stamps=[], seen_ms=0)
    found = account(waiting, now_ms=at(7), slack_ms=SLACK)
    assert (found.ongoing_ms, found.lost_ms, found.minutes) == (7 * MINUTE_MS, 0, 0)
    over = account(replace(waiting, closed_ms=END), now_ms=END, slack_ms=SLACK)
    assert (over.lost_ms, over.owed_ms, over.minutes) == (60 * MINUTE_MS, 60 * MINUTE_MS, 0)


def test_a_silence_without_answers_was_lost():
    assert told(facts(silences=[Span(at(10), at(14))])) == [(Cause.SILENT, 10, 14)]


def test_answers_kept_on_the_machine_were_work_and_only_what_lies_bare_was_lost():
    kept = facts(
        silences=[Span(at(10), at(20))],
        stamps=[opened(-10), *(answer(n + 2, 11 + n, arrived=20) for n in range(4)), answer(6, 21)],
    )
    # Answered at 11, 12, 13, 14: from then on nothing until the machine was heard again.
    assert told(kept) == [(Cause.SILENT, 14, 20)]
    assert account(kept, now_ms=at(30), slack_ms=SLACK).kept == 4


@pytest.mark.parametrize("drift", [-400 * 86_400_000, 3_600_000])
def test_a_wrong_calendar_hides_no_work(drift):
    """The calendar is a year behind or an hour ahead; an answer sent at once tells by how much."""
    stamps = [opened(-10), answer(2, 5, drift=drift)]
    stamps += [answer(n + 3, 11 + n, arrived=15, drift=drift) for n in range(4)]
    assert told(facts(silences=[Span(at(10), at(15))], stamps=stamps)) == []


def test_the_last_message_tells_the_calendar_when_every_answer_was_kept():
    stamps = [opened(-10), *(answer(n + 2, 11 + n, arrived=15, drift=5000) for n in range(4))]
    silent = facts(silences=[Span(at(10), at(15))], stamps=stamps, drift_ms=5000)
    assert told(silent) == []


def test_a_silence_that_goes_on_is_shown_and_not_compensated_yet():
    found = account(facts(seen_ms=at(20)), now_ms=at(30), slack_ms=SLACK)
    assert [(loss.cause, loss.is_ongoing) for loss in found.losses] == [(Cause.SILENT, True)]
    assert (found.ongoing_ms, found.minutes) == (10 * MINUTE_MS, 0)


def test_a_machine_that_died_lost_everything_up_to_the_end():
    died = facts(seen_ms=at(50), closed_ms=END)
    assert told(died, now=90) == [(Cause.SILENT, 50, 60)]


def test_who_submitted_by_themselves_is_not_silent_before_it():
    assert told(facts(seen_ms=at(20), closed_ms=at(25), is_submitted=True)) == []


def test_a_page_without_scripts_is_never_silent():
    assert told(facts(silences=[Span(at(10), at(14))], seen_ms=at(14), has_reports=False)) == []


def test_a_change_of_machine_counts_from_the_last_message_of_the_old_to_the_first_of_the_new():
    moved = facts(
        stamps=[opened(-10), answer(2, 9), opened(14, seq=3)],
        silences=[Span(at(10), at(14))],
        changes=[Change(1, ClockChange.MOVED, at(12), 0)],
    )
    assert told(moved) == [(Cause.MACHINE, 10, 14)]


def test_the_opening_that_shuts_out_the_old_machine_is_no_machine():
    moved = facts(
        stamps=[opened(-10), answer(2, 9.9), opened(10, seq=3), opened(11, seq=4)],
        changes=[Change(1, ClockChange.MOVED, at(10), 0)],
    )
    assert told(moved) == [(Cause.MACHINE, 9.9, 11)]


def test_a_quick_change_of_machine_loses_no_more_than_a_heartbeat_takes():
    assert told(facts(stamps=[opened(-10), answer(2, 3), opened(14, seq=3)])) == [(Cause.MACHINE, 12.5, 14)]


def test_a_pause_is_no_loss_and_covers_the_silence_in_it():
    paused = facts(
        silences=[Span(at(8), at(16))],
        changes=[Change(1, ClockChange.PAUSE, at(10), 0), Change(2, ClockChange.RESUME, at(15), 300_000)],
    )
    assert told(paused) == [(Cause.SILENT, 8, 10), (Cause.SILENT, 15, 16)]
    found = account(paused, now_ms=at(30), slack_ms=SLACK)
    assert found.pauses == (Span(at(10), at(15)),)
    assert found.minutes == 3


def test_a_pause_by_a_clock_that_was_set_back_begins_after_the_one_before():
    changes = [
        Change(1, ClockChange.PAUSE, at(10), 0),
        Change(2, ClockChange.RESUME, at(15), 300_000),
        Change(3, ClockChange.PAUSE, at(14), 0),
        Change(4, ClockChange.RESUME, at(16), 60_000),
    ]
    found = account(facts(changes=changes), now_ms=at(30), slack_ms=SLACK)
    assert found.pauses == (Span(at(10), at(15)), Span(at(15), at(16)))


# What is owed -------------------------------------------------------------------------------------


def test_what_was_given_is_taken_off_and_the_rest_rounded_up():
    silent = facts(silences=[Span(at(10), at(14.2))])
    assert minutes(silent) == 5
    given_some = replace(silent, changes=[Change(1, ClockChange.EXTRA, at(15), 2 * MINUTE_MS)])
    assert minutes(given_some) == 3
    given_more = replace(silent, changes=[Change(1, ClockChange.EXTRA, at(15), 9 * MINUTE_MS)])
    assert account(given_more, now_ms=at(30), slack_ms=SLACK).owed_ms == 0


def test_a_closed_sitting_is_owed_but_gets_no_proposal():
    closed = facts(silences=[Span(at(10), at(14))], closed_ms=at(25), is_submitted=True)
    found = account(closed, now_ms=at(30), slack_ms=SLACK)
    assert (found.owed_ms, found.minutes) == (4 * MINUTE_MS, 0)


# Of every account ---------------------------------------------------------------------------------

moments = st.integers(START - 10 * MINUTE_MS, END + 10 * MINUTE_MS)
spans = st.tuples(moments, moments).map(lambda pair: Span(*sorted(pair)))
stamps_ = st.builds(
    Stamp, st.integers(1, 40), st.booleans(), st.one_of(st.just(0), st.integers(0, 2 * END)), moments
)
changes_ = st.builds(
    Change,
    st.integers(1, 40),
    st.sampled_from([kind.value for kind in ClockChange]),
    moments,
    st.integers(0, 30 * MINUTE_MS),
)
facts_ = st.builds(
    Facts,
    starts_ms=st.just(START),
    deadline_ms=st.just(END),
    closed_ms=st.one_of(st.just(0), moments),
    is_submitted=st.booleans(),
    admitted_ms=st.one_of(st.just(0), moments),
    seen_ms=st.one_of(st.just(0), moments),
    drift_ms=st.one_of(st.none(), st.integers(-END, END)),
    has_reports=st.booleans(),
    stamps=st.lists(stamps_, max_size=12),
    silences=st.lists(spans, max_size=6),
    changes=st.lists(changes_, max_size=8),
)


# A machine with much else to do draws slowly; that says nothing of the accounts.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(facts_, moments)
def test_no_loss_is_negative_doubled_or_outside_of_the_sitting(changed, now):
    found = account(changed, now_ms=now, slack_ms=SLACK)
    end = changed.closed_ms or min(now, END)
    pieces = sorted([loss.span for loss in found.losses] + list(found.pauses))
    assert all(FULL <= began < ended <= end for began, ended in pieces)
    assert all(first.to_ms <= second.from_ms for first, second in pairwise(pieces))
    assert found.lost_ms + found.ongoing_ms <= max(0, end - FULL)
    assert found.owed_ms >= 0
    assert 0 <= found.minutes * MINUTE_MS < found.owed_ms + MINUTE_MS


@given(facts_, moments, st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_read_changes_nothing(changed, now, chance: random.Random):
    def shuffled(values):
        return chance.sample(values, len(values))

    mixed = replace(
        changed,
        stamps=shuffled(changed.stamps),
        silences=shuffled(changed.silences),
        changes=shuffled(changed.changes),
    )
    assert account(mixed, now_ms=now, slack_ms=SLACK) == account(changed, now_ms=now, slack_ms=SLACK)


@given(facts_, moments)
def test_what_is_proposed_settles_the_account(changed, now):
    proposed = account(changed, now_ms=now, slack_ms=SLACK).minutes * MINUTE_MS
    settled = replace(changed, changes=[*changed.changes, Change(99, ClockChange.EXTRA, now, proposed)])
    assert account(settled, now_ms=now, slack_ms=SLACK).minutes == 0


@given(facts_, moments, spans)
def test_reading_a_silence_twice_counts_it_once(changed, now, gap):
    once = replace(changed, silences=[*changed.silences, gap])
    twice = replace(changed, silences=[*changed.silences, gap, gap])
    assert account(once, now_ms=now, slack_ms=SLACK) == account(twice, now_ms=now, slack_ms=SLACK)
