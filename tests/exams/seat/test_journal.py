"""What the journal takes and refuses. `transaction=True` throughout: it commits for itself."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from exams.seat import journal as journal_module
from exams.seat.chain import ChainBroken, Entry
from exams.seat.journal import (
    DeadlineAhead,
    DeadlinePassed,
    Journal,
    NotOnForm,
    Request,
    SequenceConflict,
    SequenceGap,
    SittingClosed,
    Superseded,
    UnknownSitting,
    grace_ms,
    now_ms,
    read_sheets,
    stream_sheets,
    to_ms,
)
from exams.seat.models import CloseReason, EntryKind, JournalEntry, Sitting

from .conftest import ITEMS, OPTIONS, answer, append, make_sitting, opening

pytestmark = pytest.mark.django_db(transaction=True)


def sheet_of(sitting):
    return read_sheets([sitting.pk])[sitting.pk]


def stored(sitting):
    return list(
        JournalEntry.objects.filter(sitting=sitting).order_by("seq").values_list("seq", "item", "choice")
    )


def test_answers_are_acknowledged_and_stored_in_order(opened):
    outcome = append(opened, answer(2, 1, 3), answer(3, 2, 1), generation=1)
    assert (outcome.acknowledged, outcome.next_seq, outcome.error) == (3, 4, None)
    assert sheet_of(opened).choices == {1: 3, 2: 1}


def test_a_second_thought_replaces_and_zero_clears(opened):
    append(opened, answer(2, 1, 3), answer(3, 1, 4), answer(4, 2, 2), answer(5, 2, 0), generation=1)
    assert sheet_of(opened).choices == {1: 4}


def test_a_doubled_message_is_acknowledged_once_more_and_stored_once(opened):
    entries = (answer(2), answer(3, 2))
    append(opened, *entries, generation=1)
    again = append(opened, *entries, generation=1)
    assert (again.acknowledged, again.error) == (3, None)
    assert len(stored(opened)) == 3


def test_the_same_message_twice_in_one_batch_is_stored_once(opened):
    request = Request(opened.pk, 1, [answer(2, 1, 2)], now_ms())
    outcomes = Journal().append([request, request])
    assert [outcome.acknowledged for outcome in outcomes] == [2, 2]
    assert stored(opened) == [(1, 0, 0), (2, 1, 2)]


def test_many_entries_sent_again_are_looked_up_together(opened):
    """Whoever sends a full message again must not keep everybody else waiting for hundreds of queries."""
    entries = [answer(seq, 1, 1 + seq % OPTIONS) for seq in range(2, 202)]
    append(opened, *entries, generation=1)
    journal = Journal()
    append(opened, generation=1, journal=journal)
    with CaptureQueriesContext(connection) as captured:
        outcome = append(opened, *entries, generation=1, journal=journal)
    assert (outcome.acknowledged, outcome.error) == (201, None)
    assert len(captured) == 1


def test_what_is_sent_again_is_found_wherever_it_stands(opened):
    """In the journal, earlier in the batch, and earlier in the very same message."""
    append(opened, answer(2, 1, 2), answer(3, 1, 3), generation=1)
    first = Request(opened.pk, 1, [answer(4, 2, 2), answer(5, 2, 3)], now_ms())
    again = [answer(2, 1, 2), answer(4, 2, 2), answer(6, 3, 1), answer(7, 3, 2), answer(6, 3, 1)]
    other = Request(opened.pk, 1, [answer(3, 1, 3), answer(4, 2, 1)], now_ms())
    outcomes = Journal().append([first, Request(opened.pk, 1, again, now_ms()), other])
    assert [outcome.acknowledged for outcome in outcomes] == [5, 6, 3]
    assert isinstance(outcomes[2].error, SequenceConflict)
    assert [seq for seq, _item, _choice in stored(opened)] == [1, 2, 3, 4, 5, 6, 7]


def test_an_entry_that_came_before_its_predecessor_is_refused_and_accepted_in_order(opened):
    early = append(opened, answer(3), generation=1)
    assert isinstance(early.error, SequenceGap)
    assert early.next_seq == 2
    assert append(opened, answer(2), answer(3), generation=1).error is None


def test_a_different_entry_under_a_stored_number_is_refused(opened):
    append(opened, answer(2, 1, 1), generation=1)
    outcome = append(opened, answer(2, 1, 2), generation=1)
    assert isinstance(outcome.error, SequenceConflict)
    assert sheet_of(opened).choices == {1: 1}


def test_what_precedes_a_refused_entry_is_stored_and_acknowledged(opened):
    outcome = append(opened, answer(2, 1, 1), answer(3, ITEMS + 1, 1), answer(4, 2, 1), generation=1)
    assert outcome.acknowledged == 2
    assert isinstance(outcome.error, NotOnForm)
    assert sheet_of(opened).choices == {1: 1}


@pytest.mark.parametrize(("item", "choice"), [(0, 1), (ITEMS + 1, 1), (1, OPTIONS + 1), (1, -1)])
def test_an_answer_that_the_form_does_not_have_is_refused(opened, item, choice):
    assert isinstance(append(opened, answer(2, item, choice), generation=1).error, NotOnForm)


def test_a_program_that_answers_without_end_is_refused_and_can_still_submit(opened, monkeypatch):
    monkeypatch.setattr(journal_module, "MAX_ENTRIES", 3)
    outcome = append(opened, answer(2), answer(3, 1, 2), answer(4, 1, 3), generation=1)
    assert (outcome.acknowledged, type(outcome.error)) == (3, journal_module.JournalFull)
    assert append(opened, Entry(4, EntryKind.SUBMIT), generation=1).error is None
    assert sheet_of(opened).choices == {1: 2}


def test_a_full_journal_is_opened_a_few_times_more_and_not_for_ever(opened, monkeypatch):
    """Its candidate may have to change machines; a program must not go on filling it by opening it."""
    monkeypatch.setattr(journal_module, "MAX_ENTRIES", 2)
    monkeypatch.setattr(journal_module, "_OPENINGS", 3)
    outcomes = [append(opened, opening()) for _ in range(6)]
    assert [outcome.acknowledged for outcome in outcomes] == [2, 3, 4, 5, 0, 0]
    assert isinstance(outcomes[-1].error, journal_module.JournalFull)
    assert outcomes[-1].generation == 5
    assert append(opened, Entry(0, EntryKind.SUBMIT), generation=5).error is None


def test_a_request_for_an_unknown_sitting_harms_no_other(opened):
    requests = [Request(10**9, 1, [answer(1)], now_ms()), Request(opened.pk, 1, [answer(2)], now_ms())]
    unknown, known = Journal().append(requests)
    assert isinstance(unknown.error, UnknownSitting)
    assert known.acknowledged == 2


def test_opening_elsewhere_supersedes_the_earlier_browser(opened):
    first, second = Journal(), Journal()
    append(opened, answer(2, 1, 1), generation=1, journal=first)
    assert append(opened, opening(), journal=second).acknowledged == 3
    refused = append(opened, answer(3, 1, 4), generation=1, journal=first)
    assert isinstance(refused.error, Superseded)
    assert append(opened, answer(4, 2, 2), generation=3, journal=second).error is None
    assert sheet_of(opened).choices == {1: 1, 2: 2}


def test_a_process_that_missed_the_opening_elsewhere_reads_again_before_refusing(opened):
    """Its belief is outdated, the candidate's token is not."""
    outdated = Journal()
    append(opened, answer(2), generation=1, journal=outdated)
    append(opened, opening())
    assert append(opened, answer(4, 2, 2), generation=3, journal=outdated).error is None


def test_a_heartbeat_of_a_superseded_browser_is_told_so(opened):
    append(opened, opening())
    assert isinstance(append(opened, generation=1).error, Superseded)
    assert append(opened, generation=2).error is None


def test_nothing_is_taken_after_submitting_but_a_resend_is_still_acknowledged(opened):
    append(opened, answer(2), Entry(3, EntryKind.SUBMIT, client_ms=5), generation=1)
    assert isinstance(append(opened, answer(4), generation=1).error, SittingClosed)
    resent = append(opened, answer(2), Entry(3, EntryKind.SUBMIT, client_ms=5), generation=1)
    assert (resent.acknowledged, resent.error) == (3, None)
    sitting = Sitting.objects.get(pk=opened.pk)
    assert sitting.close_reason == CloseReason.SUBMITTED
    assert sitting.closed_at
    assert to_ms(sitting.closed_at) == sheet_of(opened).closed_ms


def test_answers_are_taken_until_the_grace_after_the_deadline_is_over(opened):
    last = to_ms(opened.deadline) + grace_ms()
    assert append(opened, answer(2), generation=1, at=last).error is None
    assert isinstance(append(opened, answer(3), generation=1, at=last + 1).error, DeadlinePassed)


def test_the_clients_clock_decides_nothing(opened):
    a_day_off = now_ms() + 24 * 3600 * 1000
    assert append(opened, answer(2, client_ms=a_day_off), answer(3, client_ms=0), generation=1).error is None


def test_the_system_may_not_submit_before_deadline_and_grace(opened):
    closing = Entry(0, EntryKind.DEADLINE)
    end = to_ms(opened.deadline) + grace_ms()
    assert isinstance(append(opened, closing, at=end).error, DeadlineAhead)
    assert append(opened, closing, at=end + 1).error is None
    assert sheet_of(opened).closed == CloseReason.DEADLINE


def test_a_longer_deadline_is_seen_by_a_process_that_knew_the_shorter_one(opened):
    process = Journal()
    end = to_ms(opened.deadline) + grace_ms()
    append(opened, answer(2), generation=1, journal=process)
    Sitting.objects.filter(pk=opened.pk).update(deadline=opened.deadline + timedelta(minutes=10))
    assert append(opened, answer(3), generation=1, journal=process, at=end + 1).error is None


def test_a_tampered_journal_is_found_out(opened):
    append(opened, answer(2, 1, 1), generation=1)
    JournalEntry.objects.filter(sitting=opened, seq=2).update(choice=2)
    with pytest.raises(ChainBroken):
        sheet_of(opened)


def test_two_entries_can_never_stand_under_one_number(opened):
    entry = JournalEntry.objects.get(sitting=opened, seq=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        JournalEntry.objects.bulk_create([entry])


def test_the_journal_refuses_to_acknowledge_inside_an_open_transaction(opened):
    with transaction.atomic(), pytest.raises(RuntimeError):
        append(opened, answer(2), generation=1)


def test_reading_sheets_takes_the_same_queries_for_many_sittings(learner, django_assert_num_queries):
    sittings = [make_sitting(learner) for _ in range(5)]
    Journal().append([Request(s.pk, 0, [opening(), answer(2, 1, 2)], now_ms()) for s in sittings])
    with django_assert_num_queries(2):
        sheets = read_sheets([s.pk for s in sittings])
    assert {sheet.choices[1] for sheet in sheets.values()} == {2}


def test_journals_are_streamed_as_they_are_read(learner):
    """On PostgreSQL the database packs them; the sheets are the same."""
    sittings = [make_sitting(learner) for _ in range(3)]
    entries = [opening(), answer(2, 1, 2), answer(3, 4, 1, flag=True, client_ms=-5), answer(4, 1, 0)]
    Journal().append([Request(s.pk, 0, entries, now_ms()) for s in sittings[:2]])
    JournalEntry.objects.filter(sitting=sittings[1], seq=3).update(choice=2)
    forms = {s.pk: s.form.sha256 for s in sittings}
    with transaction.atomic():
        streamed = dict(stream_sheets(forms))
    assert streamed[sittings[0].pk] == read_sheets([sittings[0].pk])[sittings[0].pk]
    broken = streamed[sittings[1].pk]
    assert isinstance(broken, ChainBroken)
    assert broken.seq == 3
    assert sittings[2].pk not in streamed


def test_meeting_many_sittings_takes_the_same_queries_as_meeting_one(learner):
    """At the start of an examination everybody is new, each perhaps with a form of their own."""
    counts = []
    for size in (1, 5):
        sittings = [make_sitting(learner) for _ in range(size)]
        with CaptureQueriesContext(connection) as captured:
            Journal().append([Request(s.pk, 0, [opening()], now_ms()) for s in sittings])
        counts.append(sum("SELECT" in query["sql"] for query in captured))
    assert counts == [3, 3]


def test_an_answer_of_a_known_sitting_reads_nothing(opened):
    journal = Journal()
    append(opened, answer(2), generation=1, journal=journal)
    with CaptureQueriesContext(connection) as captured:
        append(opened, answer(3), generation=1, journal=journal)
    assert [query["sql"] for query in captured if "SELECT" in query["sql"] or "UPDATE" in query["sql"]] == []


def _together(write, writers):
    """Run `write(n)` in several threads, each with its own connection, as if in several processes."""

    def run(n):
        try:
            write(n)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_several_processes_writing_to_one_sitting_never_fork_or_lose_an_entry(opened):
    outcomes = []

    def write(writer):
        journal = Journal()
        for n in range(15):
            entry = Entry(0, EntryKind.ANSWER, 1 + writer, 1 + n % OPTIONS, client_ms=n)
            outcomes.append(append(opened, entry, generation=1, journal=journal))

    _together(write, writers=ITEMS)
    assert [outcome.error for outcome in outcomes] == [None] * 60
    assert sorted(outcome.acknowledged for outcome in outcomes) == list(range(2, 62))
    assert sheet_of(opened).count == 61


@pytest.fixture
def both_plan_before_either_writes(monkeypatch):
    """Force the race: the first two inserts wait for each other, having planned the same number."""
    insert, meet, met = journal_module._insert, threading.Barrier(2), threading.local()

    def insert_after_meeting(rows):
        if not getattr(met, "done", False):
            met.done = True
            meet.wait(timeout=30)
        insert(rows)

    monkeypatch.setattr(journal_module, "_insert", insert_after_meeting)
    return insert_after_meeting


def _two_answers(sitting):
    outcomes = []

    def write(writer):
        entry = Entry(0, EntryKind.ANSWER, 1 + writer, 1)
        outcomes.append(append(sitting, entry, generation=1))

    _together(write, writers=2)
    return sorted(outcome.acknowledged for outcome in outcomes)


def test_the_loser_of_a_race_for_a_number_takes_the_next(opened, both_plan_before_either_writes):
    assert _two_answers(opened) == [2, 3]
    assert sheet_of(opened).choices == {1: 1, 2: 1}


def test_without_the_primary_key_the_race_would_lose_an_acknowledged_answer(
    opened, both_plan_before_either_writes, monkeypatch
):
    """The proof that the race exists: with the conflict swallowed, two answers share one number."""

    def insert_ignoring_conflicts(rows):
        with suppress(IntegrityError):
            both_plan_before_either_writes(rows)

    monkeypatch.setattr(journal_module, "_insert", insert_ignoring_conflicts)
    assert _two_answers(opened) == [2, 2]
    assert len(sheet_of(opened).choices) == 1
