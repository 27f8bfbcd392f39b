"""The lost-time ledger from the database: read, compensated, exported; who sees it and who gives."""

from __future__ import annotations

import io
import threading
from datetime import timedelta

import openpyxl
import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from exams.registration.models import Placement
from exams.room.errors import NobodyChosen, NothingToDo, NotInRoom, RoomEnded, ScopeTooLarge
from exams.room.ledger import Cause
from exams.room.models import Action, ActionKind
from exams.room.scopes import Scope
from exams.room.services import actions, lost_time
from exams.seat import admissions, clock
from exams.seat.chain import Entry
from exams.seat.journal import Journal, Request, to_ms
from exams.seat.models import ClockChange, ClockEvent, EntryKind, Silence, Sitting
from exams.seat.services import take_seat
from learning.people.models import AuditEntry
from tests.exams.knowledge.pages import statuses
from tests.exams.room.conftest import closed, order, present

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


def inside(placement: Placement, *, late: float = 0) -> None:
    """Admitted a minute before the start; opened then, or so many minutes after it."""
    start = placement.sitting.starts_at
    admissions.admit({placement.sitting_id: placement.candidate.number}, now=start - MINUTE)
    take_seat(placement.sitting, now=start + late * MINUTE if late else start - MINUTE)
    present(placement)


def answered(placement: Placement, made: float, arrived: float) -> None:
    """An answer made so many minutes after the start that arrived at so many."""
    start = placement.sitting.starts_at
    entry = Entry(0, EntryKind.ANSWER, 1, 1, client_ms=to_ms(start + made * MINUTE))
    [outcome] = Journal().append([Request(placement.sitting_id, 0, [entry], to_ms(start + arrived * MINUTE))])
    assert outcome.error is None


def silent(placement: Placement, began: float, ended: float) -> None:
    start = placement.sitting.starts_at
    Silence.objects.create(
        sitting=placement.sitting,
        from_ms=to_ms(start + began * MINUTE),
        to_ms=to_ms(start + ended * MINUTE),
    )


def read(scope: Scope, **more):
    found = lost_time.read(scope.placements(), now=timezone.now(), **more)
    return {line.placement: line.account for line in found}


def compensate(scope, officer, *chosen, now=None, reason="ระบบเครือข่ายขัดข้อง"):
    pks = [placement.pk for placement in chosen] or None
    return lost_time.compensate(scope, pks, actor=officer, reason=reason, now=now or timezone.now())


def path(name: str, scope: Scope) -> str:
    return reverse(f"room:{name}", args=[scope.round.pk, scope.target.pk])


@pytest.fixture
def troubled(placements: list[Placement]) -> list[Placement]:
    """The first was silent for five minutes, the second opened four minutes late, the third had nothing."""
    first, second, third = placements
    inside(first)
    silent(first, 2, 7)
    inside(second, late=4)
    inside(third)
    return placements


# Reading ------------------------------------------------------------------------------------------


def test_who_lost_time_is_listed_most_owed_first_and_nobody_else(scope, troubled):
    found = read(scope)
    assert list(found) == [troubled[0].pk, troubled[1].pk]
    assert [account.losses[0].cause for account in found.values()] == [Cause.SILENT, Cause.LATE]
    # The first minute after the start is the spread of the keys, which every deadline has on top.
    assert [account.minutes for account in found.values()] == [5, 3]


def test_answers_kept_on_the_machine_are_found_in_the_journal(scope, placements):
    inside(placements[0])
    silent(placements[0], 2, 7)
    for minute in range(2, 7):
        answered(placements[0], minute + 0.5, 7)
    answered(placements[0], 8, 8)
    assert read(scope) == {}


def test_a_new_code_does_not_make_an_early_arrival_late(scope, placements):
    inside(placements[0], late=4)
    at = placements[0].sitting.starts_at + 3 * MINUTE
    admissions.admit({placements[0].sitting_id: placements[0].candidate.number}, now=at)
    assert read(scope)[placements[0].pk].minutes == 3


def test_a_move_by_the_console_is_a_change_of_machine(scope, placements, exam_officer):
    from exams.registration.models import Seat

    inside(placements[0])
    start = placements[0].sitting.starts_at
    answered(placements[0], 3, 3)
    free = Seat.objects.filter(room=scope.room).exclude(placements__round=scope.round)[0]
    actions.move(order(scope, exam_officer, placements[0], now=start + 4 * MINUTE), free)
    take_seat(placements[0].sitting, now=start + 6 * MINUTE)
    [loss] = read(scope)[placements[0].pk].losses
    assert loss.cause == Cause.MACHINE
    assert loss.span.to_ms == to_ms(start + 6 * MINUTE)
    assert 2 * 60_000 <= loss.span.length <= 3 * 60_000


def test_reading_costs_five_queries_however_many_lost_time(scope, troubled, django_assert_num_queries):
    wide = Scope(scope.round)
    with django_assert_num_queries(6):  # five, and one that finds no further batch
        read(wide)
    for placement in wide.placements().exclude(pk__in=[one.pk for one in troubled]):
        inside(placement)
        silent(placement, 2, 6)
    with django_assert_num_queries(6):
        assert len(read(wide)) == 5


# Giving -------------------------------------------------------------------------------------------


def test_each_gets_what_is_proposed_once_and_it_is_on_record(scope, troubled, exam_officer):
    deadlines = [one.sitting.deadline for one in troubled]
    assert compensate(scope, exam_officer) == {3: 1, 5: 1}
    now = list(
        Sitting.objects.filter(placement__in=troubled).order_by("pk").values_list("deadline", flat=True)
    )
    assert [after - before for after, before in zip(now, deadlines, strict=True)] == [
        5 * MINUTE,
        3 * MINUTE,
        timedelta(0),
    ]
    events = ClockEvent.objects.filter(kind=ClockChange.EXTRA)
    assert {(event.reason, event.actor) for event in events} == {("ระบบเครือข่ายขัดข้อง", exam_officer)}
    assert AuditEntry.objects.filter(action="room.extra_time", actor=exam_officer).count() == 2
    assert {one.detail for one in Action.objects.filter(kind=ActionKind.EXTRA_TIME)} == {"3", "5"}
    with pytest.raises(NothingToDo):
        compensate(scope, exam_officer)
    assert {account.owed_ms for account in read(scope).values()} == {0}


@pytest.mark.postgres
def test_of_two_officers_at_once_only_one_gives(scope, troubled, exam_officer):
    """Both see five minutes owed; the second waits for the lock, counts anew and finds nothing."""
    given: list[object] = []
    ready = threading.Barrier(2)

    def give() -> None:
        try:
            ready.wait(10)
            given.append(compensate(scope, exam_officer, troubled[0]))
        except NothingToDo:
            given.append(None)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=give) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given, key=str) == [None, {5: 1}]
    assert ClockEvent.objects.filter(kind=ClockChange.EXTRA).count() == 1


def test_only_the_chosen_get_time(scope, troubled, exam_officer):
    assert compensate(scope, exam_officer, troubled[1], troubled[2]) == {3: 1}
    assert read(scope)[troubled[0].pk].minutes == 5


def test_what_was_given_before_is_taken_off(scope, troubled, exam_officer):
    now = timezone.now()
    clock.give_extra_time([troubled[0].sitting_id], 4 * MINUTE, actor=exam_officer, reason="-", now=now)
    assert compensate(scope, exam_officer, troubled[0]) == {1: 1}


def test_a_closed_sitting_gets_nothing_and_stays_owed(scope, troubled, exam_officer):
    closed(troubled[0])
    with pytest.raises(NothingToDo):
        compensate(scope, exam_officer, troubled[0])
    assert read(scope)[troubled[0].pk].owed_ms == 5 * 60_000


def test_bad_choices_are_refused(scope, troubled, exam_officer, other_room):
    elsewhere = Placement.objects.filter(seat__room=other_room)[0]
    with pytest.raises(NotInRoom):
        compensate(scope, exam_officer, elsewhere)
    with pytest.raises(NobodyChosen):
        lost_time.compensate(scope, [], actor=exam_officer, reason="-", now=timezone.now())


def test_nothing_is_given_in_a_room_that_was_ended(scope, troubled, exam_officer):
    for placement in troubled[1:]:
        closed(placement)
    late = troubled[0].sitting.deadline + MINUTE
    actions.end_sitting(order(scope, exam_officer, now=late))
    with pytest.raises(RoomEnded):
        compensate(scope, exam_officer, troubled[0], now=late)


# The pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["room-ledger", "room-ledger-file"])
def test_a_room_s_ledger_is_for_its_invigilator_and_overseers(
    client, scope, name, invigilator, exam_officer, auditor, colleague, outsider
):
    people = (invigilator, exam_officer, auditor, colleague, outsider, None)
    assert statuses(client, path(name, scope), *people) == [200, 200, 200, 403, 403, 302]


@pytest.mark.parametrize("name", ["ledger", "ledger-file"])
def test_wider_ledgers_are_for_overseers(client, scope, name, exam_officer, auditor, invigilator, outsider):
    people = (exam_officer, auditor, invigilator, outsider, None)
    for wide in (Scope(scope.round), Scope(scope.round, scope.centre)):
        assert statuses(client, wide.url(name), *people) == [200, 200, 403, 403, 302]


def test_each_row_explains_itself(client, scope, troubled, exam_officer):
    client.force_login(exam_officer)
    page = client.get(path("room-ledger", scope)).content.decode()
    assert "ผู้เข้าสอบ 2 คนเสียเวลา" in page
    assert "ไม่มีสัญญาณจากเครื่องและไม่มีการตอบข้อสอบ" in page
    assert "เข้าห้องสอบก่อนเวลาเริ่ม" in page
    assert page.count('name="seat"') == 2


def test_an_officer_gives_time_in_one_post(client, scope, troubled, exam_officer):
    client.force_login(exam_officer)
    data = {"seat": [troubled[0].pk], "reason": "ไฟฟ้าดับ"}
    page = client.post(path("room-ledger", scope), data, follow=True).content.decode()
    assert "ให้เวลาเพิ่มแก่ผู้เข้าสอบ 1 คนแล้ว" in page
    assert read(scope)[troubled[0].pk].owed_ms == 0
    again = client.post(path("room-ledger", scope), data)
    assert again.status_code == 409
    assert client.post(path("room-ledger", scope), {"all": "1", "reason": "ไฟฟ้าดับ"}).status_code == 302
    assert read(scope)[troubled[1].pk].owed_ms == 0


@pytest.mark.parametrize("data", [{"reason": "ไฟฟ้าดับ"}, {"all": "1"}, {"all": "1", "reason": "ก" * 301}])
def test_a_form_without_seats_or_reason_gives_nothing(client, scope, troubled, exam_officer, data):
    client.force_login(exam_officer)
    assert client.post(path("room-ledger", scope), data).status_code == 422
    assert not ClockEvent.objects.exists()


def test_nobody_but_an_exam_officer_gives_time(client, scope, troubled, invigilator, auditor, colleague):
    for person in (invigilator, auditor, colleague):
        client.force_login(person)
        assert 'name="reason"' not in client.get(path("room-ledger", scope)).content.decode()
        data = {"all": "1", "reason": "ขอเวลา"}
        assert client.post(path("room-ledger", scope), data).status_code == 403
    assert not ClockEvent.objects.exists()


def test_the_file_names_who_was_affected_and_by_what(client, scope, troubled, exam_officer):
    client.force_login(exam_officer)
    compensate(scope, exam_officer, troubled[1])
    sent = client.get(Scope(scope.round).url("ledger-file"))
    rows = list(openpyxl.load_workbook(io.BytesIO(sent.content)).worksheets[0].values)
    heads, first, second = (dict(zip(rows[0], row, strict=True)) for row in rows)
    assert list(heads)[:6] == ["เลขประจำตัวสอบ", "ชื่อ", "ศูนย์สอบ", "ห้องสอบ", "ที่นั่ง", "เหตุการณ์ที่เกิดขึ้น"]
    person = troubled[0].candidate.person
    assert (first["เลขประจำตัวสอบ"], first["ชื่อ"]) == (troubled[0].candidate.number, person.full_name)
    assert (first["เหตุการณ์ที่เกิดขึ้น"], first["เสียเวลา (วินาที)"], first["ยังค้างชดเชย (วินาที)"]) == (
        "ไม่มีสัญญาณ",
        300,
        300,
    )
    assert (second["เหตุการณ์ที่เกิดขึ้น"], second["ให้เวลาเพิ่มแล้ว (วินาที)"], second["ยังค้างชดเชย (วินาที)"]) == (
        "เปิดข้อสอบช้า",
        180,
        0,
    )
    csv = client.get(Scope(scope.round).url("ledger-file"), {"format": "csv"})
    assert csv["Content-Type"].startswith("text/csv")
    assert troubled[0].candidate.number in csv.content.decode("utf-8-sig")


# A whole round ------------------------------------------------------------------------------------


@pytest.fixture
def _large(monkeypatch):
    """More than two sittings are many."""
    monkeypatch.setattr(lost_time, "LARGE", 2)


@pytest.mark.usefixtures("_large")
def test_a_large_round_is_added_up_by_centre_and_a_large_centre_by_room(
    client, scope, troubled, exam_officer, other_room, django_assert_max_num_queries
):
    compensate(scope, exam_officer, troubled[1])
    wide = Scope(scope.round)
    [of_centre] = lost_time.sums(wide)
    minutes = 60_000
    assert (of_centre.candidates, of_centre.silent, of_centre.silent_ms) == (6, 1, 5 * minutes)
    assert (of_centre.given, of_centre.given_ms) == (1, 3 * minutes)
    here, there = lost_time.sums(Scope(scope.round, scope.centre))
    assert (here.name, here.candidates, here.silent) == (scope.room.name, 3, 1)
    assert (there.name, there.candidates, there.silent) == (other_room.name, 3, 0)
    client.force_login(exam_officer)
    with django_assert_max_num_queries(14):
        page = client.get(wide.url("ledger")).content.decode()
    assert Scope(scope.round, scope.centre).url("ledger") in page
    assert troubled[0].candidate.number not in page


@pytest.mark.usefixtures("_large")
def test_the_file_of_a_large_round_is_sent_as_it_is_read(client, scope, troubled, exam_officer):
    client.force_login(exam_officer)
    address = Scope(scope.round).url("ledger-file")
    assert client.get(address).status_code == 422
    sent = client.get(address, {"format": "csv"})
    assert sent.streaming
    pieces = list(sent.streaming_content)
    # The headings come before anything is read.
    assert len(pieces) > 1
    assert pieces[0].decode("utf-8-sig").startswith("เลขประจำตัวสอบ")
    text = b"".join(pieces).decode()
    assert [placement.candidate.number in text for placement in troubled] == [True, True, False]
    assert "ไม่มีสัญญาณ" in text


@pytest.mark.usefixtures("_large")
def test_time_is_given_to_a_large_round_centre_by_centre(client, scope, troubled, exam_officer):
    with pytest.raises(ScopeTooLarge):
        compensate(Scope(scope.round), exam_officer)
    client.force_login(exam_officer)
    data = {"all": "1", "reason": "ขอเวลา"}
    assert client.post(Scope(scope.round).url("ledger"), data).status_code == 422
    assert not ClockEvent.objects.exists()
    assert compensate(Scope(scope.round), exam_officer, troubled[0]) == {5: 1}


@pytest.mark.usefixtures("_large")
def test_the_sums_of_a_large_round_are_for_overseers(client, scope, invigilator, exam_officer, auditor):
    for name in ("ledger", "ledger-file"):
        address = Scope(scope.round).url(name) + "?format=csv"
        assert statuses(client, address, exam_officer, auditor, invigilator, None) == [200, 200, 403, 302]
