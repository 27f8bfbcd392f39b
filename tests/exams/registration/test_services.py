"""From the rules of an examination to candidates on seats with sealed papers."""

from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exams.papers.assembly import NotEnoughItems
from exams.papers.services import WrongNumberOfForms
from exams.registration.errors import (
    CandidateExists,
    CandidateSeated,
    ExaminationInUse,
    InvalidGrid,
    NameTaken,
    NoExamination,
    NoPapers,
    PapersMade,
    RoomInUse,
    RoundBegun,
    RoundNotDraft,
    RoundNotOver,
    RoundNotReady,
    RoundNotReleased,
    RoundOutOfOrder,
    SeatTaken,
    TooFewSeats,
    UnknownExaminationData,
)
from exams.registration.models import Candidate, Examination, Level, Placement, RoundStatus, Seat
from exams.registration.services import candidates, examinations, papers, placing, rounds, venues
from exams.registration.services.candidates import Entry
from exams.registration.services.rounds import Plan
from exams.seat.models import Sitting
from exams.seat.services import take_seat
from learning.people.models import AuditEntry
from tests.conftest import make_person
from tests.exams.registration.factories import (
    enter,
    examination_data,
    make_centre,
    make_draft,
    make_examination,
    make_invigilator,
    make_rooms,
    make_round,
)

pytestmark = pytest.mark.django_db


def ready_round(**fields):
    """A draft with rooms and papers, waiting for its candidates."""
    round_ = make_draft(rooms=make_rooms(**fields))
    return papers.make_papers(round_, count=4, actor=None)


# -- Examinations


def test_rules_come_from_a_data_file(tmp_path):
    (tmp_path / "ka.json").write_bytes(msgspec.json.encode(examination_data()))
    loaded = examinations.load_examination("ka", folder=tmp_path)
    assert [subject.points for subject in loaded.subjects.all()] == [100, 50, 50]
    assert list(examinations.item_counts(loaded).values()) == [4, 2, 2]
    marks = loaded.subjects.get(order=1).pass_marks
    assert marks.get(level=Level.MASTER).percent == Decimal(65)
    assert AuditEntry.objects.filter(action="registration.examination_defined").count() == 1


def test_loading_the_same_rules_again_changes_nothing(tmp_path):
    (tmp_path / "ka.json").write_bytes(msgspec.json.encode(examination_data()))
    first = examinations.load_examination("ka", folder=tmp_path)
    assert examinations.load_examination("ka", folder=tmp_path) == first
    assert Examination.objects.count() == 1


def test_unused_rules_are_replaced_and_used_ones_stay():
    make_examination()
    changed = make_examination(minutes=90)
    assert Examination.objects.get() == changed
    make_draft()
    with pytest.raises(ExaminationInUse):
        make_examination(minutes=120)
    assert make_examination(minutes=120, effective_from=date(2027, 1, 1)).minutes == 120


def test_an_examination_of_a_bank_or_topic_that_is_not_loaded_is_refused(tmp_path):
    with pytest.raises(UnknownExaminationData):
        examinations.load_examination("missing", folder=tmp_path)
    data = examination_data()
    data.subjects[0].bank = "nowhere"
    with pytest.raises(UnknownExaminationData, match="nowhere"):
        examinations.define(data, actor=None)
    data = examination_data()
    data.subjects[1].items = {"t9": {"any": 1}}
    with pytest.raises(UnknownExaminationData, match="t9"):
        examinations.define(data, actor=None)


def test_the_rules_of_a_day_are_the_latest_effective_ones():
    old, new = make_examination(), make_examination(effective_from=date(2027, 1, 1))
    assert examinations.examination_on("ka", date(2026, 12, 31)) == old
    assert examinations.examination_on("ka", date(2027, 1, 1)) == new
    with pytest.raises(NoExamination):
        examinations.examination_on("ka", date(2025, 12, 31))


# -- Rounds


def test_a_round_has_the_rules_and_minutes_of_its_day():
    round_ = make_draft()
    assert (round_.minutes, round_.status) == (60, RoundStatus.DRAFT)
    assert round_.ends_at - round_.starts_at == timedelta(minutes=60)


def test_doors_that_open_after_the_start_are_refused():
    make_examination()
    now = timezone.now()
    with pytest.raises(RoundOutOfOrder):
        rounds.create_round("ka", Plan("รอบ", now, now), actor=None)
    with pytest.raises(RoundOutOfOrder):
        rounds.create_round("ka", Plan("รอบ", now - timedelta(hours=1), now, minutes=0), actor=None)


def test_a_round_is_released_only_when_nothing_is_missing():
    round_ = make_draft(starts=timedelta(minutes=-1))
    with pytest.raises(RoundNotReady) as caught:
        rounds.release_round(round_, actor=None, now=timezone.now())
    assert len(caught.value.missing) == 3
    round_ = make_round(is_released=False)
    duty = round_.duties.get()
    rounds.relieve(duty, actor=make_person())
    with pytest.raises(RoundNotReady, match="101"):
        rounds.release_round(round_, actor=None, now=timezone.now())
    rounds.assign(round_, duty.room, duty.person, actor=None)
    enter(round_)
    with pytest.raises(RoundNotReady, match="1"):
        rounds.release_round(round_, actor=None, now=timezone.now())
    placing.place_candidates(round_, actor=None)
    assert rounds.release_round(round_, actor=None, now=timezone.now()).status == RoundStatus.RELEASED
    with pytest.raises(RoundNotDraft):
        rounds.release_round(round_, actor=None, now=timezone.now())


def test_what_a_released_round_consists_of_is_settled(learner):
    round_ = make_round()
    for change in (
        lambda: enter(round_),
        lambda: placing.place_candidates(round_, actor=None),
        lambda: papers.make_papers(round_, count=2, actor=None),
        lambda: venues.use_rooms(round_, [], actor=None),
        lambda: candidates.remove_candidate(round_.candidates.all()[0], actor=learner),
    ):
        with pytest.raises(RoundNotDraft):
            change()


def test_a_round_nobody_has_begun_is_moved_with_its_clocks():
    round_ = make_round(starts=timedelta(minutes=-5))
    before = round_.placements.get(seat__label="A1").sitting
    now = timezone.now()
    moved = rounds.move_round(round_, now + timedelta(minutes=10), actor=None, reason="รอ", now=now)
    after = Sitting.objects.get(pk=before.pk)
    assert after.starts_at == moved.starts_at == now + timedelta(minutes=10)
    assert after.deadline - after.starts_at == before.deadline - before.starts_at
    assert after.clock_events.get().reason == "รอ"
    earlier = rounds.move_round(round_, now + timedelta(minutes=1), actor=None, reason="พร้อม", now=now)
    assert earlier.starts_at == now + timedelta(minutes=1)


def test_doors_that_would_open_after_the_new_start_open_now():
    round_, now = make_round(starts=timedelta(hours=5)), timezone.now()
    moved = rounds.move_round(round_, now + timedelta(minutes=1), actor=None, reason="พร้อม", now=now)
    assert moved.doors_open_at == now


def test_a_round_is_not_moved_into_the_past():
    now = timezone.now()
    with pytest.raises(RoundOutOfOrder):
        rounds.move_round(make_round(), now, actor=None, reason="ย้อน", now=now)


def test_a_round_is_closed_after_everybody_has_submitted():
    round_ = make_round(candidates=2)
    with pytest.raises(RoundNotOver):
        rounds.close_round(round_, actor=None)
    Sitting.objects.filter(placement__round=round_).update(closed_at=timezone.now())
    assert rounds.close_round(round_, actor=None).status == RoundStatus.CLOSED
    with pytest.raises(RoundNotReleased):
        rounds.close_round(round_, actor=None)


# -- Centres, rooms, seats


def test_a_room_is_a_grid_of_labelled_seats():
    room = venues.create_room(make_centre(), "101", rows=2, columns=3, actor=None)
    assert [seat.label for seat in room.seats.all()] == ["A1", "A2", "A3", "B1", "B2", "B3"]
    assert [venues.seat_label(row, 1) for row in (26, 27, 40)] == ["Z1", "AA1", "AN1"]


@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (3, 0), (41, 1), (1, 41), (-1, 5)])
def test_a_room_without_seats_or_as_large_as_a_stadium_is_refused(rows, columns):
    with pytest.raises(InvalidGrid):
        venues.create_room(make_centre(), "101", rows=rows, columns=columns, actor=None)


def test_a_second_room_or_centre_of_the_same_name_is_refused():
    make_rooms(centre=make_centre())
    with pytest.raises(NameTaken):
        venues.create_room(make_centre(), "101", rows=1, columns=1, actor=None)
    with pytest.raises(NameTaken):
        venues.create_centre("1001", "อีกศูนย์", province=make_centre().province, actor=None)


def test_a_room_with_candidates_stays_in_the_round():
    round_ = make_round(is_released=False)
    with pytest.raises(RoomInUse):
        venues.use_rooms(round_, [], actor=None)


# -- Candidates


def test_candidates_get_the_rounds_next_numbers():
    round_ = make_draft()
    enter(round_, 2)
    [third] = enter(round_)
    assert third.number == f"{round_.pk}000003"
    [own] = enter(round_, number="EX6900123")
    assert own.number == "EX6900123"
    assert enter(round_)[0].number == f"{round_.pk}000004"


def test_a_person_or_a_number_entered_twice_is_refused_and_nobody_is_entered():
    round_ = make_draft()
    [first] = enter(round_)
    fresh = make_person()
    for again in (
        Entry(first.person_id, Level.BACHELOR),
        Entry(make_person().pk, Level.BACHELOR, number=first.number),
    ):
        with pytest.raises(CandidateExists):
            candidates.add_candidates(round_, [Entry(fresh.pk, Level.MASTER), again], actor=None)
    assert Candidate.objects.count() == 1


def test_only_an_entry_without_a_seat_is_taken_back(exam_officer):
    round_ = make_round(is_released=False)
    [waiting] = enter(round_)
    candidates.remove_candidate(waiting, actor=exam_officer)
    with pytest.raises(CandidateSeated):
        candidates.remove_candidate(round_.candidates.all()[0], actor=exam_officer)


# -- Papers


def test_parallel_papers_have_a_section_for_each_subject():
    round_ = ready_round()
    forms = [sealed.form for sealed in round_.envelope.papers.all()]
    assert len({form.sha256 for form in forms}) == 4
    for form in forms:
        assert [section["count"] for section in form.paper["sections"]] == [4, 2, 2]


def test_a_section_is_in_the_language_of_its_subjects_bank():
    examination = make_draft().examination
    bank = examination.subjects.get(order=2).bank
    bank.language = "en"
    bank.save()
    assert [section.lang for section in papers.sections(examination)] == ["th", "en", "th"]


def test_a_round_gets_its_papers_once_and_no_more_than_24():
    round_ = make_draft()
    with pytest.raises(WrongNumberOfForms):
        papers.make_papers(round_, count=25, actor=None)
    papers.make_papers(round_, count=1, actor=None)
    with pytest.raises(PapersMade):
        papers.make_papers(round_, count=1, actor=None)


def test_a_bank_that_is_too_small_is_named():
    data = examination_data()
    data.subjects[0].items = {"t1": {"any": 99}}
    examinations.define(data, actor=None)
    with pytest.raises(NotEnoughItems, match="99"):
        papers.make_papers(make_draft(), count=1, actor=None)


# -- Seats and sittings


def test_everybody_gets_a_seat_and_a_clock():
    round_ = ready_round()
    [plain] = enter(round_)
    [slow] = enter(round_, extra_percent=25)
    assert placing.place_candidates(round_, actor=None) == 2
    assert [str(each.placement.seat) for each in round_.candidates.all()] == ["A1", "A2"]
    spread = settings.SEAT_KEY_SPREAD
    assert plain.placement.sitting.deadline == round_.ends_at + spread
    assert slow.placement.sitting.deadline == round_.ends_at + timedelta(minutes=15) + spread
    assert plain.placement.sitting.starts_at == round_.starts_at


def test_neighbours_have_different_papers():
    round_ = make_round(rooms=2, candidates=24)
    form = {
        (seated.seat.room_id, seated.seat.row, seated.seat.column): seated.sitting.form_id
        for seated in round_.placements.select_related("seat", "sitting")
    }
    steps = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1) if (row, column) != (0, 0)]
    for (room, row, column), own in form.items():
        assert all(form.get((room, row + down, column + across)) != own for down, across in steps)


def test_later_candidates_are_placed_around_those_who_sit():
    round_ = make_round(candidates=2, is_released=False)
    before = set(round_.placements.values_list("candidate", "seat"))
    enter(round_, 3)
    assert placing.place_candidates(round_, actor=None) == 3
    assert before < set(round_.placements.values_list("candidate", "seat"))
    assert placing.place_candidates(round_, actor=None) == 0


def test_more_candidates_than_seats_places_nobody():
    round_ = ready_round(rows=1, columns=2)
    enter(round_, 3)
    with pytest.raises(TooFewSeats, match="3") as caught:
        placing.place_candidates(round_, actor=None)
    assert caught.value.lacking == [("", 3, 2)]
    assert not Placement.objects.exists()
    assert not Sitting.objects.exists()


def test_candidates_sit_in_their_own_centre_and_the_others_where_seats_are_left():
    far = make_centre("5001")
    round_ = make_draft(rooms=[*make_rooms(rows=1, columns=2), *make_rooms(rows=1, columns=2, centre=far)])
    papers.make_papers(round_, count=2, actor=None)
    anywhere = enter(round_, 2)
    bound = enter(round_, 2, centre=make_centre().pk)
    placing.place_candidates(round_, actor=None)
    assert {each.placement.seat.room.centre for each in bound} == {make_centre()}
    assert {each.placement.seat.room.centre for each in anywhere} == {far}


def test_a_full_centre_is_named_though_another_has_seats():
    far = make_centre("5001")
    round_ = make_draft(rooms=[*make_rooms(), *make_rooms(rows=1, columns=1, centre=far)])
    papers.make_papers(round_, count=2, actor=None)
    enter(round_, 2, centre=far.pk)
    with pytest.raises(TooFewSeats, match="5001"):
        placing.place_candidates(round_, actor=None)


def test_broken_machines_and_rooms_of_other_rounds_take_nobody(exam_officer):
    [other] = make_rooms()
    round_ = ready_round(rows=1, columns=2)
    room = round_.rooms.get()
    venues.set_broken(room, room.seats.filter(label="A1"), actor=exam_officer)
    enter(round_)
    placing.place_candidates(round_, actor=None)
    assert Placement.objects.get().seat.label == "A2"
    enter(round_)
    with pytest.raises(TooFewSeats):
        placing.place_candidates(round_, actor=None)
    assert not Placement.objects.filter(seat__room=other).exists()


def test_seats_come_after_papers():
    round_ = make_draft(rooms=make_rooms())
    enter(round_)
    with pytest.raises(NoPapers):
        placing.place_candidates(round_, actor=None)


def test_the_database_refuses_two_candidates_on_one_seat():
    first, second = make_round(candidates=2).placements.all()
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.filter(pk=first.pk).update(seat=second.seat)


def test_the_same_room_serves_another_round():
    first = make_round()
    second = make_draft(rooms=first.rooms.all())
    papers.make_papers(second, count=4, actor=None)
    enter(second, 4)
    assert placing.place_candidates(second, actor=None) == 4


def test_a_candidate_moves_to_a_free_seat_with_sitting_and_clock(exam_officer):
    round_ = make_round(candidates=2)
    first, second = round_.placements.order_by("candidate__number")
    free = Seat.objects.get(room=first.seat.room, label="C4")
    sitting = first.sitting
    moved = placing.change_seat(first, free, actor=exam_officer, reason="จอภาพเสีย")
    moved.refresh_from_db()
    assert (moved.seat, moved.sitting) == (free, sitting)
    [elsewhere] = make_rooms()
    broken = Seat.objects.get(room=free.room, label="C3")
    venues.set_broken(free.room, [broken], actor=exam_officer)
    broken.refresh_from_db()
    for seat in (second.seat, elsewhere.seats.all()[0], broken):
        with pytest.raises(SeatTaken):
            placing.change_seat(moved, seat, actor=exam_officer, reason="จอภาพเสีย")


def test_placing_costs_the_same_statements_for_few_and_many():
    round_ = ready_round(rows=10, columns=10)
    costs = []
    for count in (2, 60):
        enter(round_, count)
        with CaptureQueriesContext(connection) as statements:
            placing.place_candidates(round_, actor=None)
        costs.append(len(statements))
    assert costs[0] == costs[1] < 30


def test_an_invigilator_gets_a_duty_once(exam_officer):
    round_ = make_draft(rooms=make_rooms())
    room, person = round_.rooms.get(), make_invigilator()
    assert rounds.assign(round_, room, person, actor=None) == rounds.assign(round_, room, person, actor=None)
    rounds.relieve(round_.duties.get(), actor=exam_officer)
    assert not round_.duties.exists()


@pytest.mark.django_db(transaction=True)
def test_a_round_in_which_somebody_has_begun_is_neither_moved_nor_taken_back(exam_officer):
    round_, now = make_round(candidates=1), timezone.now()
    recalled = rounds.recall_round(round_, actor=exam_officer, now=now)
    assert recalled.status == RoundStatus.DRAFT
    rounds.release_round(round_, actor=exam_officer, now=now)
    take_seat(Sitting.objects.get(), now=now)
    with pytest.raises(RoundBegun):
        rounds.move_round(round_, now + timedelta(hours=1), actor=None, reason="รอ", now=now)
    with pytest.raises(RoundBegun):
        rounds.recall_round(round_, actor=exam_officer, now=now)
