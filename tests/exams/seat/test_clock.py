"""Clocks: what extra time, pauses and a moved start do, and that every process learns of it."""

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from exams.seat import clock
from exams.seat.chain import Entry
from exams.seat.feed import ClockFeed
from exams.seat.journal import (
    DeadlineAhead,
    DeadlinePassed,
    Journal,
    Paused,
    Request,
    TooEarly,
    now_ms,
    to_ms,
)
from exams.seat.models import ClockChange, ClockEvent, EntryKind, Sitting
from exams.seat.services import finalise_overdue, force_submit, take_seat

from .conftest import answer, append, make_sitting, opening

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


def deadline(sitting):
    return Sitting.objects.get(pk=sitting.pk).deadline


def test_extra_time_moves_the_deadline_and_is_on_record(sitting, exam_officer):
    now = timezone.now()
    given = clock.give_extra_time([sitting.pk], 10 * MINUTE, actor=exam_officer, reason="ไฟดับ", now=now)
    assert given == 1
    assert deadline(sitting) == sitting.deadline + 10 * MINUTE
    event = ClockEvent.objects.get()
    assert (event.kind, event.delta_ms, event.actor, event.reason) == (
        ClockChange.EXTRA,
        600_000,
        exam_officer,
        "ไฟดับ",
    )


@pytest.mark.parametrize("extra", [timedelta(0), -MINUTE])
def test_time_is_never_taken(sitting, exam_officer, extra):
    with pytest.raises(clock.ExtraTimeNotPositive):
        clock.give_extra_time([sitting.pk], extra, actor=exam_officer, reason="-", now=timezone.now())
    assert not ClockEvent.objects.exists()


def test_a_closed_sitting_gets_no_time(opened, exam_officer):
    now = timezone.now()
    force_submit([opened.pk], actor=exam_officer, reason="-", now=now)
    assert clock.give_extra_time([opened.pk], MINUTE, actor=exam_officer, reason="-", now=now) == 0
    assert clock.pause([opened.pk], actor=exam_officer, reason="-", now=now) == 0
    assert deadline(opened) == opened.deadline


def test_a_pause_gives_back_exactly_what_it_took(sitting, exam_officer):
    began = timezone.now()
    assert clock.pause([sitting.pk], actor=exam_officer, reason="สัญญาณเตือนภัย", now=began) == 1
    assert clock.pause([sitting.pk], actor=exam_officer, reason="อีกครั้ง", now=began + MINUTE) == 0
    assert clock.resume([sitting.pk], actor=exam_officer, reason="ปลอดภัย", now=began + 7 * MINUTE) == 1
    assert clock.resume([sitting.pk], actor=exam_officer, reason="อีกครั้ง", now=began + 9 * MINUTE) == 0
    assert deadline(sitting) == sitting.deadline + 7 * MINUTE
    assert [event.delta_ms for event in ClockEvent.objects.all()] == [0, 420_000]


def test_a_pause_before_the_start_costs_only_what_it_took_after_it(learner, exam_officer):
    sitting = make_sitting(learner, minutes=70)
    early = sitting.starts_at - 5 * MINUTE
    clock.pause([sitting.pk], actor=exam_officer, reason="-", now=early)
    clock.resume([sitting.pk], actor=exam_officer, reason="-", now=sitting.starts_at + 2 * MINUTE)
    assert deadline(sitting) == sitting.deadline + 2 * MINUTE


def test_a_start_moves_with_its_deadline_until_the_papers_are_open(learner, exam_officer):
    ahead, begun = make_sitting(learner, minutes=70), make_sitting(learner, minutes=30)
    now = timezone.now()
    later = ahead.starts_at + 20 * MINUTE
    moved = clock.move_start([ahead.pk, begun.pk], later, actor=exam_officer, reason="ฝนตก", now=now)
    ahead.refresh_from_db()
    assert moved == 1
    assert (ahead.starts_at, ahead.deadline - ahead.starts_at) == (later, timedelta(minutes=60))
    assert deadline(begun) == begun.deadline
    with pytest.raises(clock.StartWouldPass):
        clock.move_start([ahead.pk], now, actor=exam_officer, reason="-", now=now)


def test_a_whole_room_is_paused_in_a_few_statements(learner, exam_officer, django_assert_max_num_queries):
    room = [make_sitting(learner).pk for _ in range(30)]
    with django_assert_max_num_queries(6):
        assert clock.pause(room, actor=exam_officer, reason="-", now=timezone.now()) == 30
    with django_assert_max_num_queries(6):
        assert clock.resume(room, actor=exam_officer, reason="-", now=timezone.now() + MINUTE) == 30


def test_nothing_is_answered_before_the_start(learner):
    sitting = make_sitting(learner, minutes=70)
    append(sitting, opening())
    assert isinstance(append(sitting, answer(2)).error, TooEarly)


def test_while_the_clock_stands_answers_are_kept_by_the_client_and_taken_afterwards(learner, exam_officer):
    opened = make_sitting(learner, minutes=30)
    append(opened, opening())
    began = timezone.now() - 2 * MINUTE
    clock.pause([opened.pk], actor=exam_officer, reason="-", now=began)
    outcome = append(opened, answer(2))
    assert isinstance(outcome.error, Paused)
    assert outcome.paused_ms == to_ms(began)
    clock.resume([opened.pk], actor=exam_officer, reason="-", now=timezone.now())
    assert append(opened, answer(2)).acknowledged == 2


def test_what_was_under_way_when_the_clock_was_stopped_is_taken(opened, exam_officer):
    clock.pause([opened.pk], actor=exam_officer, reason="-", now=timezone.now())
    assert append(opened, answer(2)).acknowledged == 2


def test_nobody_is_submitted_while_their_clock_stands(learner, exam_officer):
    sitting = make_sitting(learner, minutes=1)
    append(sitting, opening())
    clock.pause([sitting.pk], actor=exam_officer, reason="-", now=timezone.now())
    much_later = sitting.deadline + 60 * MINUTE
    assert finalise_overdue(now=much_later) == 0
    clock.resume([sitting.pk], actor=exam_officer, reason="-", now=much_later)
    assert finalise_overdue(now=much_later) == 0
    assert finalise_overdue(now=much_later + 2 * MINUTE) == 1


def test_the_finaliser_cannot_close_a_paused_sitting_it_saw_running(opened, exam_officer):
    """It chose the sitting before the pause, and writes after it."""
    clock.pause([opened.pk], actor=exam_officer, reason="-", now=timezone.now())
    late = to_ms(opened.deadline) + 10**9
    [outcome] = Journal().append([Request(opened.pk, 0, [Entry(0, EntryKind.DEADLINE)], late)])
    assert isinstance(outcome.error, DeadlineAhead)


def test_a_process_that_follows_the_feed_reads_no_clock_and_knows_every_change(
    opened, exam_officer, django_assert_num_queries
):
    process = Journal()
    process.follow()
    append(opened, answer(2), journal=process)
    with django_assert_num_queries(0):
        assert append(opened, journal=process).deadline_ms == to_ms(opened.deadline)
    clock.give_extra_time([opened.pk], MINUTE, actor=exam_officer, reason="-", now=timezone.now())
    process.follow()
    assert append(opened, journal=process).deadline_ms == to_ms(opened.deadline + MINUTE)


def test_a_heartbeat_learns_that_an_officer_submitted_in_another_process(opened, exam_officer):
    process = Journal()
    process.follow()
    append(opened, answer(2), journal=process)
    force_submit([opened.pk], actor=exam_officer, reason="-", now=timezone.now())
    process.follow()
    assert append(opened, journal=process).is_closed


def test_a_glance_says_what_a_heartbeat_would(opened, exam_officer, django_assert_num_queries):
    process = Journal()
    process.follow()
    append(opened, answer(2), journal=process)
    with django_assert_num_queries(0):
        assert process.glance(opened.pk, 1) == append(opened, journal=process)
    clock.give_extra_time([opened.pk], MINUTE, actor=exam_officer, reason="-", now=timezone.now())
    process.follow()
    assert process.glance(opened.pk, 1) is None
    append(opened, journal=process)
    told = process.glance(opened.pk, 1)
    assert told is not None
    assert told.deadline_ms == to_ms(opened.deadline + MINUTE)


def test_a_glance_knows_nothing_of_strangers_of_other_passes_and_without_the_feed(opened, monkeypatch):
    process = Journal()
    process.follow()
    assert process.glance(opened.pk, 1) is None
    append(opened, answer(2), journal=process)
    assert process.glance(opened.pk, 2) is None
    later = now_ms() + 2500
    monkeypatch.setattr("exams.seat.journal.now_ms", lambda: later)
    assert process.glance(opened.pk, 1) is None


def test_a_process_that_cannot_follow_reads_clocks_again_when_they_are_old(opened, exam_officer, monkeypatch):
    process = Journal()
    append(opened, answer(2), journal=process)
    clock.give_extra_time([opened.pk], MINUTE, actor=exam_officer, reason="-", now=timezone.now())
    later = now_ms() + 2500
    monkeypatch.setattr("exams.seat.journal.now_ms", lambda: later)
    assert append(opened, journal=process).deadline_ms == to_ms(opened.deadline + MINUTE)


def test_a_page_that_has_not_heard_of_extra_time_cannot_hand_in_early(seat, learner, exam_officer):
    sitting = make_sitting(learner, minutes=0.01)
    token = take_seat(sitting, now=timezone.now()).token
    clock.give_extra_time([sitting.pk], MINUTE, actor=exam_officer, reason="-", now=timezone.now())
    body = {"seq": 2, "client_ms": 0, "at_end": True}
    reply = seat.post(sitting, "submit", body, token)
    assert (reply.status, reply.json["error"]) == (409, "deadline_ahead")
    assert reply.json["deadline"] == to_ms(sitting.deadline + MINUTE)
    assert seat.post(sitting, "submit", body | {"at_end": False}, token).json["closed"]


def test_a_page_hands_in_by_itself_when_time_is_over(seat, learner):
    sitting = make_sitting(learner, minutes=0.01)
    token = take_seat(sitting, now=timezone.now()).token
    assert seat.post(sitting, "submit", {"seq": 2, "client_ms": 0, "at_end": True}, token).json["closed"]


def test_late_answers_are_refused_by_the_clock_of_their_sitting(learner):
    sitting = make_sitting(learner, minutes=1)
    append(sitting, opening())
    late = to_ms(sitting.deadline) + 30_000
    assert isinstance(append(sitting, answer(2), at=late).error, DeadlinePassed)


@pytest.mark.postgres
def test_an_event_that_commits_after_a_later_one_is_not_missed(learner, exam_officer):
    """Numbers are given out before the commit; a reader that remembered only the highest would miss one."""
    first, second = make_sitting(learner), make_sitting(learner)
    feed = ClockFeed()
    assert feed.read() == set()
    written, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                clock.pause([first.pk], actor=exam_officer, reason="-", now=timezone.now())
                written.set()
                go_on.wait(10)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    clock.pause([second.pk], actor=exam_officer, reason="-", now=timezone.now())
    assert feed.read() == {second.pk}
    go_on.set()
    thread.join()
    assert feed.read() == {first.pk}
    assert feed.read() == set()
