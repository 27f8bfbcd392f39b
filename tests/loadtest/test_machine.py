"""The simulated machine keeps the bookkeeping of sheet.js and sender.js."""

from __future__ import annotations

import msgspec
import pytest

from loadtest.machine import BATCH, HEARTBEAT_MS, RETRY_MS, Clock, Machine, State

STATUS = (0, 0, 0, 0, 1, 0, True)


@pytest.fixture
def machine() -> Machine:
    """A machine that has entered as generation 1 and changed two answers."""
    machine = Machine(2, 1000)
    machine.change(1, 3, 10, flag=False)
    machine.change(2, 4, 20, flag=True)
    return machine


def seqs(machine: Machine) -> list[int]:
    return [record.seq for record in machine.pending]


def test_changes_are_numbered_on_and_sent_together(machine: Machine):
    action, body = machine.message(STATUS)
    assert action == "entries"
    sent = msgspec.json.decode(body)
    assert sent["entries"] == [[2, 1, 3, False, 10], [3, 2, 4, True, 20]]
    assert sent["status"] == list(STATUS)


def test_what_is_acknowledged_is_settled_and_returned(machine: Machine):
    settled = machine.digest(Clock(acked=2, next_seq=3, deadline=2000))
    assert [record.seq for record in settled] == [2]
    assert seqs(machine) == [3]
    assert machine.deadline_ms == 2000


def test_a_gap_is_filled_from_what_the_server_asks_for(machine: Machine):
    machine.digest(Clock(acked=2, next_seq=3))
    machine.change(3, 1, 30, flag=False)
    machine.digest(Clock(next_seq=3, error="sequence_gap"))
    assert seqs(machine) == [3, 4]
    assert machine.regressed == 0


def test_a_gap_before_what_was_acknowledged_is_a_broken_word(machine: Machine):
    machine.digest(Clock(acked=3, next_seq=4))
    machine.change(3, 1, 30, flag=False)
    machine.digest(Clock(next_seq=2, error="sequence_gap"))
    assert machine.regressed == 1
    assert seqs(machine) == [2]


def test_a_number_that_another_entry_has_is_taken_anew(machine: Machine):
    machine.digest(Clock(next_seq=7, error="sequence_conflict"))
    assert seqs(machine) == [7, 8]
    assert machine.change(3, 1, 30, flag=False).seq == 9


def test_an_entry_that_no_page_makes_is_dropped_and_the_rest_goes_on(machine: Machine):
    machine.digest(Clock(next_seq=2, error="not_on_form"))
    assert [(record.seq, record.item) for record in machine.pending] == [(2, 2)]


@pytest.mark.parametrize("error", ["paused", "too_early"])
def test_while_the_clock_does_not_run_everything_is_kept(machine: Machine, error: str):
    machine.digest(Clock(next_seq=2, error=error, paused=5))
    assert (machine.is_held, machine.paused_ms, machine.state) == (True, 5, State.OPEN)
    assert seqs(machine) == [2, 3]
    machine.digest(Clock(acked=3, next_seq=4))
    assert (machine.is_held, machine.paused_ms) == (False, 0)


def test_a_full_journal_takes_no_answer_but_the_submission(machine: Machine):
    machine.submit(30, at_end=False)
    machine.digest(Clock(next_seq=2, error="journal_full"))
    assert [(record.seq, record.item) for record in machine.pending] == [(2, 0)]
    assert machine.state is State.OPEN


def test_a_page_that_did_not_know_of_more_time_goes_on(machine: Machine):
    machine.digest(Clock(acked=3, next_seq=4, deadline=100))
    machine.submit(100, at_end=True)
    assert msgspec.json.decode(machine.message(STATUS)[1])["at_end"] is True
    machine.digest(Clock(next_seq=4, deadline=900, error="deadline_ahead"))
    assert (machine.pending, machine.next_seq, machine.deadline_ms) == ([], 4, 900)
    assert machine.state is State.OPEN
    assert not machine.is_submitting


@pytest.mark.parametrize(
    ("error", "state"),
    [
        ("superseded", State.SUPERSEDED),
        ("closed", State.LATE),
        ("deadline_passed", State.LATE),
        ("token_invalid", State.REFUSED),
    ],
)
def test_a_refusal_ends_the_machine(machine: Machine, error: str, state: State):
    machine.digest(Clock(error=error))
    assert machine.state is state


def test_the_submission_is_sent_by_itself_after_the_answers(machine: Machine):
    machine.submit(30, at_end=False)
    machine.submit(31, at_end=False)
    assert seqs(machine) == [2, 3, 4]
    assert machine.message(STATUS)[0] == "entries"
    machine.digest(Clock(acked=3, next_seq=4))
    action, body = machine.message(STATUS)
    assert (action, msgspec.json.decode(body)) == (
        "submit",
        {"seq": 4, "client_ms": 30, "at_end": False},
    )
    settled = machine.digest(Clock(acked=4, next_seq=5, closed=True))
    assert [record.item for record in settled] == [0]
    assert machine.state is State.CLOSED


def test_the_submission_does_not_go_with_the_answers_before_it(machine: Machine):
    machine.submit(30, at_end=False)
    entries = msgspec.json.decode(machine.message(STATUS)[1])["entries"]
    assert [entry[0] for entry in entries] == [2, 3]


def test_an_hour_offline_is_sent_in_batches(machine: Machine):
    for n in range(300):
        machine.change(1, 1, n, flag=False)
    assert machine.left_behind == 102
    assert len(msgspec.json.decode(machine.message(STATUS)[1])["entries"]) == BATCH


def test_patience_grows_and_stays(machine: Machine):
    assert [machine.wait_ms() for _ in range(6)] == [*RETRY_MS, RETRY_MS[-1]]


def test_the_next_heartbeat_is_when_the_server_says(machine: Machine):
    machine.digest(Clock(beat=61_234))
    assert machine.beat_ms == 61_234
    machine.digest(Clock())
    assert machine.beat_ms == HEARTBEAT_MS
