"""What may be done in a room: done once, with a record, and refused in words."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from exams.papers.services import paper_key
from exams.registration.errors import RoundNotReleased, SeatTaken
from exams.registration.models import Placement, RoundStatus, Seat
from exams.room import errors
from exams.room.forms import MoveForm
from exams.room.models import Action, ActionKind
from exams.room.scopes import Scope
from exams.room.services import actions
from exams.room.states import Mark
from exams.seat.journal import read_sheets
from exams.seat.models import Admission, ClockEvent, CloseReason
from exams.seat.services import take_seat
from learning.people.models import AuditEntry
from tests.exams.registration.factories import make_round
from tests.exams.room.conftest import admitted, closed, order, present, sitting

pytestmark = pytest.mark.django_db


def deadline(placement: Placement):
    placement.sitting.refresh_from_db()
    return placement.sitting.deadline


def is_paused(placement: Placement) -> bool:
    placement.sitting.refresh_from_db()
    return placement.sitting.paused_at is not None


def test_admitting_gives_each_a_code(scope, invigilator, placements):
    assert actions.admit(order(scope, invigilator, *placements[:2])) == 2
    found = Admission.objects.filter(sitting__placement__in=placements)
    assert {admission.number for admission in found} == {p.candidate.number for p in placements[:2]}
    assert all(len(admission.code) == 6 for admission in found)


def test_admitting_again_replaces_the_code(scope, invigilator, placements):
    actions.admit(order(scope, invigilator, placements[0]))
    first = Admission.objects.get(sitting=placements[0].sitting).code
    actions.admit(order(scope, invigilator, placements[0]))
    assert Admission.objects.get(sitting=placements[0].sitting).code != first


def test_nobody_is_admitted_to_a_round_that_is_not_released(scope, invigilator, placements):
    scope.round.status = RoundStatus.DRAFT
    with pytest.raises(RoundNotReleased):
        actions.admit(order(scope, invigilator, placements[0]))


def test_who_has_submitted_is_not_admitted_again(scope, invigilator, placements):
    closed(placements[0])
    with pytest.raises(errors.NothingToDo):
        actions.admit(order(scope, invigilator, placements[0]))
    assert not Admission.objects.exists()


def test_withdrawing_takes_back_unused_codes_only(scope, invigilator, placements):
    admitted(placements[0])
    admitted(placements[1], used=True)
    assert actions.withdraw(order(scope, invigilator, *placements[:2])) == 1
    assert Admission.objects.get().sitting == placements[1].sitting


def test_extra_time_for_a_room_is_for_nobody_else(scope, invigilator, placements, other_room):
    elsewhere = Placement.objects.filter(seat__room=other_room).select_related("sitting")[0]
    before = [deadline(placement) for placement in [*placements, elsewhere]]
    assert actions.give_extra_time(order(scope, invigilator), 5) == 3
    after = [deadline(placement) for placement in [*placements, elsewhere]]
    moved = [later - earlier for earlier, later in zip(before, after, strict=True)]
    assert moved == [timedelta(minutes=5)] * 3 + [timedelta(0)]


def test_the_same_form_gives_extra_time_once(scope, invigilator, placements):
    key = uuid.uuid4()
    before = deadline(placements[0])
    actions.give_extra_time(order(scope, invigilator, key=key), 5)
    with pytest.raises(errors.AlreadyDone):
        actions.give_extra_time(order(scope, invigilator, key=key), 5)
    assert deadline(placements[0]) == before + timedelta(minutes=5)
    assert Action.objects.count() == 1


def test_pausing_and_resuming_costs_nobody_time(scope, invigilator, placements):
    now = timezone.now()
    before = deadline(placements[0])
    assert actions.pause(order(scope, invigilator, now=now)) == 3
    assert is_paused(placements[0])
    with pytest.raises(errors.NothingToDo):
        actions.pause(order(scope, invigilator, now=now))
    assert actions.resume(order(scope, invigilator, now=now + timedelta(minutes=3))) == 3
    assert deadline(placements[0]) == before + timedelta(minutes=3)
    assert not is_paused(placements[0])


def test_what_came_to_nothing_leaves_no_record(scope, invigilator):
    with pytest.raises(errors.NothingToDo):
        actions.resume(order(scope, invigilator))
    assert not Action.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="room.").exists()


def test_an_action_is_on_record_with_its_reason(scope, invigilator, placements):
    actions.give_extra_time(order(scope, invigilator, placements[0], reason="ไฟฟ้าดับ"), 7)
    action = Action.objects.get()
    assert (action.kind, action.count, action.detail, action.reason) == ("extra_time", 1, "7", "ไฟฟ้าดับ")
    assert (action.actor, action.room, action.placement) == (invigilator, scope.room, placements[0])
    entry = AuditEntry.objects.get(action="room.extra_time")
    assert entry.actor == invigilator
    assert entry.target == f"registration.room:{scope.room.pk}"
    assert entry.data["reason"] == "ไฟฟ้าดับ"
    assert entry.data["placements"] == [placements[0].pk]
    event = ClockEvent.objects.get(sitting=placements[0].sitting)
    assert (event.reason, event.actor, event.delta_ms) == ("ไฟฟ้าดับ", invigilator, 7 * 60_000)


def test_a_seat_of_another_room_is_refused(scope, invigilator, other_room):
    elsewhere = Placement.objects.filter(seat__room=other_room)[0]
    with pytest.raises(errors.NotInRoom):
        actions.pause(order(scope, invigilator, elsewhere))
    assert not Action.objects.exists()


def test_no_seat_is_nobody(scope, invigilator):
    with pytest.raises(errors.NobodyChosen):
        actions.pause(order(scope, invigilator, chosen=[]))


def test_a_centre_and_a_round_are_wider_than_a_room(round_, room, exam_officer):
    assert actions.pause(order(Scope(round_, room.centre), exam_officer)) == 6
    assert actions.resume(order(Scope(round_), exam_officer)) == 6
    assert AuditEntry.objects.get(action="room.resume").target == f"registration.round:{round_.pk}"


def test_submitting_in_their_place_closes_the_journal(scope, invigilator, placements):
    closed(placements[0])
    take_seat(placements[1].sitting, now=timezone.now())
    assert actions.force_submit(order(scope, invigilator, placements[1])) == 1
    placements[1].sitting.refresh_from_db()
    assert placements[1].sitting.close_reason == CloseReason.FORCED
    assert read_sheets([placements[1].sitting_id])[placements[1].sitting_id].closed == CloseReason.FORCED
    with pytest.raises(errors.NothingToDo):
        actions.force_submit(order(scope, invigilator, placements[1]))


@pytest.mark.parametrize("whom", ["one", "everybody", "round"])
def test_before_the_start_nobody_is_submitted_and_no_room_is_ended(
    scope, invigilator, exam_officer, placements, whom
):
    """Neither can be undone: a room would be lost before it began."""
    start = placements[1].sitting.starts_at
    early = start - timedelta(minutes=5)
    asked = {
        "one": order(scope, invigilator, placements[1], now=early),
        "everybody": order(scope, invigilator, now=early),
        "round": order(Scope(scope.round), exam_officer, now=early),
    }[whom]
    with pytest.raises(errors.NotBegun):
        actions.force_submit(asked)
    with pytest.raises(errors.NotBegun):
        actions.end_sitting(order(scope, invigilator, now=early))
    assert not Action.objects.exists()
    assert actions.end_sitting(order(scope, invigilator, now=start)) == 0


def test_a_move_takes_the_clock_along_and_gives_a_new_code(scope, invigilator, placements):
    free = Seat.objects.filter(room=scope.room, placements=None)[0]
    admitted(placements[0], used=True)
    before = deadline(placements[0])
    label = placements[0].seat.label
    assert actions.move(order(scope, invigilator, placements[0]), free) == 1
    placements[0].refresh_from_db()
    assert placements[0].seat == free
    assert deadline(placements[0]) == before
    admission = Admission.objects.get()
    assert admission.code != "ABC234"
    assert admission.used_at is None
    assert Action.objects.get().detail == f"{label} → {free.label}"


def test_the_machine_left_behind_is_shut_out_at_once(scope, invigilator, placements):
    free = Seat.objects.filter(room=scope.room, placements=None)[0]
    take_seat(placements[0].sitting, now=timezone.now())
    present(placements[0])
    actions.move(order(scope, invigilator, placements[0]), free)
    assert read_sheets([placements[0].sitting_id])[placements[0].sitting_id].generation == 2


def test_who_has_not_been_admitted_moves_without_a_code(scope, invigilator, placements):
    free = Seat.objects.filter(room=scope.room, placements=None)[0]
    actions.move(order(scope, invigilator, placements[0]), free)
    assert not Admission.objects.exists()
    assert read_sheets([placements[0].sitting_id])[placements[0].sitting_id].count == 0


@pytest.mark.parametrize("taken", [True, False])
def test_a_taken_or_broken_seat_is_refused(scope, invigilator, placements, taken):
    seat = placements[1].seat if taken else Seat.objects.filter(room=scope.room, placements=None)[0]
    Seat.objects.filter(pk=seat.pk).update(is_usable=taken)
    seat.refresh_from_db()
    with pytest.raises(SeatTaken):
        actions.move(order(scope, invigilator, placements[0]), seat)
    assert not Action.objects.exists()


def test_who_has_submitted_is_not_moved(scope, invigilator, placements):
    free = Seat.objects.filter(room=scope.room, placements=None)[0]
    closed(placements[0])
    with pytest.raises(errors.NothingToDo):
        actions.move(order(scope, invigilator, placements[0]), free)


def test_free_seats_are_those_of_the_room_or_of_the_centre(scope, placements, other_room):
    own = actions.free_seats(placements[0], everywhere=False)
    assert {seat.room for seat in own} == {scope.room}
    anywhere = actions.free_seats(placements[0], everywhere=True)
    assert {seat.room for seat in anywhere} == {scope.room, other_room}
    assert not Placement.objects.filter(seat__in=anywhere).exists()


def test_seats_beside_the_same_paper_come_last_and_say_so(scope, placements, other_room):
    """The free seat B1 is behind A1 and diagonal to A2; nobody sits near the other room's."""
    moving = placements[2]
    here = Seat.objects.get(room=scope.room, label="B1")
    there = Seat.objects.get(room=other_room, label="B1")
    sitting(placements[1], form=moving.sitting.form)
    for placement in Placement.objects.filter(seat__room=other_room):
        closed(placement)
    found: Any = actions.free_seats(moving, everywhere=True)
    assert list(found.values_list("pk", "has_same_paper")) == [(there.pk, False), (here.pk, True)]
    choices: Any = MoveForm(free=found, placement=moving).fields["to"]
    assert [label for _value, label in choices.choices][1:] == [
        f"{other_room.name} · B1",
        "B1 (ติดกับผู้ที่ทำข้อสอบชุดเดียวกัน)",
    ]
    # Who has submitted has no paper on the screen any more.
    closed(placements[1])
    found = actions.free_seats(moving, everywhere=True)
    assert not found.filter(has_same_paper=True).exists()


def test_a_room_does_not_end_while_somebody_has_time(scope, invigilator, placements):
    present(placements[0])
    with pytest.raises(errors.TimeLeft, match="1 "):
        actions.end_sitting(order(scope, invigilator))
    closed(placements[0])
    assert actions.end_sitting(order(scope, invigilator)) == 1
    assert actions.has_ended(scope)


def test_a_paused_seat_has_time_even_past_its_deadline(scope, invigilator, placements):
    now = timezone.now()
    present(placements[0])
    sitting(placements[0], deadline=now - timedelta(minutes=1), paused_at=now - timedelta(minutes=2))
    with pytest.raises(errors.TimeLeft):
        actions.end_sitting(order(scope, invigilator))


def test_after_the_end_nothing_is_done_in_the_room(scope, invigilator, placements):
    actions.end_sitting(order(scope, invigilator))
    for act in (actions.admit, actions.pause, actions.end_sitting):
        with pytest.raises(errors.RoomEnded):
            act(order(scope, invigilator, *([placements[0]] if act is actions.admit else [])))


def test_the_key_is_shown_from_the_start_on_and_that_is_on_record(scope, invigilator):
    now = timezone.now()
    with pytest.raises(errors.NotYetStarted):
        actions.show_key(order(scope, invigilator, now=now - timedelta(minutes=11)))
    assert not Action.objects.exists()
    assert actions.show_key(order(scope, invigilator, now=now)) == paper_key(scope.round.envelope)
    assert Action.objects.get().kind == ActionKind.SHOW_KEY
    assert paper_key(scope.round.envelope) not in str(AuditEntry.objects.values_list("data", flat=True))


def test_a_round_without_sealed_papers_has_no_key(scope, invigilator):
    scope.round.envelope = None
    with pytest.raises(errors.NoSealedPapers):
        actions.show_key(order(scope, invigilator))


def test_an_action_reaches_more_sittings_than_one_transaction_holds(monkeypatch, round_, exam_officer):
    monkeypatch.setattr(actions, "_ONE_TRANSACTION", 2)
    assert actions.pause(order(Scope(round_), exam_officer)) == 6
    assert Action.objects.get().count == 6


def test_the_log_of_a_room_has_what_was_done_around_it(round_, scope, other_room, invigilator, exam_officer):
    elsewhere = Scope(round_, other_room.centre, other_room)
    actions.pause(order(Scope(round_), exam_officer, reason="ทั้งรอบ"))
    actions.resume(order(scope, invigilator, reason="ห้องนี้"))
    actions.resume(order(elsewhere, exam_officer, reason="ห้องอื่น"))
    assert [action.reason for action in actions.log(scope, limit=9)] == ["ห้องนี้", "ทั้งรอบ"]
    assert [action.reason for action in actions.log(Scope(round_), limit=9)] == ["ทั้งรอบ"]


def test_a_moved_seat_is_marked(scope, invigilator, placements):
    from exams.room import live

    present(placements[0], generation=2)
    found = live.state_of(placements[0].pk, now=timezone.now())
    assert found.marks == ((Mark.MOVED, 0),)


def test_another_round_in_the_same_room_is_not_touched(scope, invigilator):
    other = make_round(candidates=1)
    assert actions.pause(order(scope, invigilator)) == 3
    assert not other.placements.filter(sitting__paused_at__isnull=False).exists()
