"""The rooms admit everybody, and keep count of the time that they give."""

from __future__ import annotations

from exams.seat.journal import to_ms
from exams.seat.models import Admission, Sitting
from loadtest.rooms import Rooms

from .conftest import SatDay


def test_everybody_is_given_a_code_before_the_waiting_room(sat_day: SatDay):
    handed_out: list[int] = []
    rooms = Rooms(sat_day.world, sat_day.plan, lambda codes: handed_out.extend(s for _, s, _ in codes))
    rooms.work(sat_day.plan.waiting_ms)
    assert sorted(handed_out) == sorted(sat_day.sittings)
    assert Admission.objects.count() == len(sat_day.sittings)


def test_deadlines_move_by_what_the_rooms_say(sat_day: SatDay):
    Sitting.objects.update(closed_at=None, close_reason="")
    before = dict(Sitting.objects.values_list("pk", "deadline"))
    rooms = Rooms(sat_day.world, sat_day.plan, lambda _codes: None)
    for moment in range(sat_day.plan.doors_ms, sat_day.plan.deadline_ms, 1000):
        rooms.work(moment)
    after = dict(Sitting.objects.values_list("pk", "deadline"))
    moved = {pk: to_ms(after[pk]) - to_ms(before[pk]) for pk in before}
    assert moved == {pk: rooms.late_ms.get(pk, 0) for pk in before}
    assert len(rooms.moved) == 1
    assert len(rooms.paused) == len(sat_day.sittings)
