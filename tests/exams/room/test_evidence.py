"""The evidence of a sitting says what officers did to its seat, its room, its centre and its round."""

from __future__ import annotations

import csv
import io

import pytest
from django.utils import timezone

from exams.registration.models import Seat
from exams.room.scopes import Scope
from exams.room.services import actions, incidents
from exams.seat.evidence import collect
from tests.exams.registration.factories import make_draft
from tests.exams.room.conftest import order
from tests.exams.seat.conftest import make_sitting

pytestmark = pytest.mark.django_db


def deeds(sitting) -> list[dict[str, str]]:
    table = collect(sitting, now=timezone.now())["audit.csv"]
    return list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))


def said(placement) -> list[tuple[str, str, str]]:
    return [(row["action"], row["scope"], row["detail"]) for row in deeds(placement.sitting)]


def free_seat(room) -> Seat:
    return Seat.objects.select_related("room").get(room=room, label="B1")


def test_what_was_done_to_the_room_the_seat_and_about_an_incident_is_in_it(scope, invigilator, placements):
    mine, neighbour = placements[:2]
    was, becomes = mine.seat.label, free_seat(scope.room)
    actions.give_extra_time(order(scope, invigilator, reason="ไฟดับ"), 5)
    actions.pause(order(scope, invigilator, neighbour))
    actions.move(order(scope, invigilator, mine, reason="จอเสีย"), becomes)
    incidents.note(scope, "เสียงเตือนไฟไหม้", actor=invigilator, now=timezone.now())
    incidents.note(scope, "จอดับสองครั้ง", actor=invigilator, now=timezone.now(), placement=mine)
    incidents.note(scope, "ปวดท้อง", actor=invigilator, now=timezone.now(), placement=neighbour)
    found = deeds(mine.sitting)
    assert [(row["action"], row["scope"], row["reason"]) for row in found] == [
        ("room.extra_time", "everybody", "ไฟดับ"),
        ("room.move", "seat", "จอเสีย"),
        ("registration.seat_changed", "seat", "จอเสีย"),
        ("room.incident_noted", "everybody", "เสียงเตือนไฟไหม้"),
        ("room.incident_noted", "seat", "จอดับสองครั้ง"),
    ]
    assert found[0]["detail"] == "5"
    assert found[1]["detail"] == f"{was} → {becomes.label}"
    assert {row["actor"] for row in found} == {str(invigilator)}
    assert {row["place"] for row in found} == {f"{scope.centre.name_th} · {scope.room.name}"}
    assert [action for action, *_rest in said(neighbour)] == [
        "room.extra_time",
        "room.pause",
        "room.incident_noted",
        "room.incident_noted",
    ]


def test_of_a_room_only_what_was_done_while_the_candidate_sat_there(
    scope, other_room, exam_officer, placements
):
    mine = placements[0]
    everywhere = Scope(scope.round)
    there = Scope(scope.round, other_room.centre, other_room)
    actions.give_extra_time(order(there, exam_officer), 1)
    actions.give_extra_time(order(scope, exam_officer), 2)
    actions.move(order(Scope(scope.round, scope.centre), exam_officer, mine), free_seat(other_room))
    actions.give_extra_time(order(there, exam_officer), 3)
    actions.give_extra_time(order(scope, exam_officer), 4)
    actions.give_extra_time(order(Scope(scope.round, scope.centre), exam_officer), 5)
    actions.give_extra_time(order(everywhere, exam_officer), 6)
    given = [detail for action, _scope, detail in said(mine) if action == "room.extra_time"]
    assert given == ["2", "3", "5", "6"]


def test_of_more_seats_than_a_record_names_it_says_so(scope, invigilator, placements, monkeypatch):
    monkeypatch.setattr(actions, "_NAMED", 1)
    actions.pause(order(scope, invigilator, *placements[:2]))
    found = {said(placement)[0] for placement in placements}
    assert found == {("room.pause", "seat", ""), ("room.pause", "several", "")}


def test_another_round_in_the_same_room_has_its_own_record(scope, exam_officer, placements):
    afternoon = make_draft(rooms=[scope.room])
    actions.end_sitting(order(Scope(afternoon, scope.centre, scope.room), exam_officer))
    assert said(placements[0]) == []


def test_a_sitting_of_no_round_has_no_deeds(learner):
    assert deeds(make_sitting(learner)) == []
