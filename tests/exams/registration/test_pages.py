"""Pages of registration: who may open them, what they do, what they refuse."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from exams.registration import jobs
from exams.registration.models import Candidate, Centre, Level, Round, RoundStatus
from exams.registration.portraits import portrait
from exams.registration.services import entries, photographs, placing, rounds, venues
from exams.registration.services import papers as papers_service
from exams.registration.views import rooms as rooms_views
from learning.people.models import AuditEntry, Role
from learning.spreadsheets import write_table
from tests.certificates.pdf_text import pages
from tests.conftest import make_national_id, make_person
from tests.exams.knowledge.pages import statuses
from tests.exams.registration.factories import (
    enter,
    make_centre,
    make_draft,
    make_examination,
    make_invigilator,
    make_rooms,
    make_round,
)

pytestmark = pytest.mark.django_db


def text_of(pdf: bytes) -> str:
    return "\n".join(text for page in pages(pdf) for text in page)


def test_office_pages_are_the_exam_officers(client, exam_officer, agency_officer, learner):
    round_ = make_round(is_released=False)
    [waiting] = enter(round_)
    room = round_.rooms.get()
    paths = [
        reverse(f"registration:{name}", args=args)
        for name, args in [
            ("office", []),
            ("new-round", []),
            ("examinations", []),
            ("examination", [round_.examination_id]),
            ("round", [round_.pk]),
            ("change-round", [round_.pk]),
            ("move-round", [round_.pk]),
            ("recall-round", [round_.pk]),
            ("papers", [round_.pk]),
            ("place", [round_.pk]),
            ("rooms", [round_.pk]),
            ("duties", [round_.pk]),
            ("candidates", [round_.pk]),
            ("import-candidates", [round_.pk]),
            ("import-photographs", [round_.pk]),
            ("candidate-template", []),
            ("candidate", [waiting.pk]),
            ("remove-candidate", [waiting.pk]),
            ("centres", []),
            ("new-centre", []),
            ("centre", [room.centre_id]),
            ("room-seats", [room.pk]),
        ]
    ]
    invigilator = round_.duties.get().person
    for path in paths:
        found = statuses(client, path, exam_officer, agency_officer, invigilator, learner, None)
        assert found == [200, 403, 403, 403, 302], path


def test_changes_are_the_exam_officers(client, agency_officer, learner):
    round_ = make_round(is_released=False)
    candidate, duty = round_.candidates.all()[0], round_.duties.get()
    for name, args in [
        ("add-candidates", [round_.pk]),
        ("set-photograph", [candidate.pk]),
        ("relieve", [round_.pk, duty.pk]),
    ]:
        path = reverse(f"registration:{name}", args=args)
        assert statuses(client, path, agency_officer, learner, None, method="post") == [403, 403, 302]


def test_papers_of_a_room_are_for_officers_and_its_own_invigilators(client, exam_officer, learner):
    round_ = make_round(rooms=2, candidates=14)
    first, second = round_.rooms.order_by("name")
    own, other = (round_.duties.get(room=room).person for room in (first, second))
    for name in ("door-list", "seat-plan"):
        path = reverse(f"registration:{name}", args=[round_.pk, first.pk])
        found = statuses(client, path, exam_officer, own, other, make_invigilator(), learner, None)
        assert found == [200, 200, 403, 403, 403, 302]
        [elsewhere] = make_rooms()
        path = reverse(f"registration:{name}", args=[round_.pk, elsewhere.pk])
        assert statuses(client, path, exam_officer) == [404]


def test_an_invigilator_of_another_round_gets_nothing_of_this_one(client):
    round_ = make_round()
    later = make_draft(rooms=round_.rooms.all())
    duty = later.duties.create(room=later.rooms.get(), person=make_invigilator())
    path = reverse("registration:door-list", args=[round_.pk, duty.room_id])
    assert statuses(client, path, duty.person) == [403]


def test_card_and_photograph_are_for_the_candidate_and_those_who_check_in(
    client, exam_officer, learner, outsider
):
    round_ = make_round(rooms=2, candidates=12, persons=[learner])
    own = Candidate.objects.get(person=learner)
    photographs.set_photograph(own, portrait(1), actor=exam_officer)
    here, there = (round_.duties.get(room=room).person for room in round_.rooms.order_by("name"))
    for name in ("card", "photograph"):
        path = reverse(f"registration:{name}", args=[own.pk])
        found = statuses(client, path, exam_officer, learner, here, there, outsider, None)
        assert found == [200, 200, 200, 403, 403, 302], name
    page = reverse("registration:candidacy", args=[own.pk])
    assert statuses(client, page, learner, exam_officer, here, outsider, None) == [200, 403, 403, 403, 302]


def test_without_seat_or_photograph_there_is_no_card_and_no_picture(client, learner):
    round_ = make_draft()
    [own] = enter(round_)
    client.force_login(own.person)
    assert client.get(reverse("registration:card", args=[own.pk])).status_code == 404
    assert client.get(reverse("registration:photograph", args=[own.pk])).status_code == 404
    page = client.get(reverse("registration:candidacy", args=[own.pk])).content.decode()
    assert "ยังไม่ได้จัดที่นั่ง" in page


def test_the_candidate_finds_place_and_time_on_their_own_page(client, learner, outsider):
    round_ = make_round(persons=[learner])
    client.force_login(learner)
    page = client.get("/my/").content.decode()
    assert round_.title in page
    assert "ศูนย์สอบ 1001" in page
    assert str(timezone.localtime(round_.starts_at).year + 543) in page
    client.force_login(outsider)
    assert round_.title not in client.get("/my/").content.decode()


def test_the_card_says_who_sits_where(client, learner):
    round_ = make_round(persons=[learner], extra_percent=25)
    own = Candidate.objects.get(person=learner)
    client.force_login(learner)
    response = client.get(reverse("registration:card", args=[own.pk]))
    text = text_of(response.content)
    for part in (own.number, "สมหญิง", "ศูนย์สอบ 1001", "A1", "ปริญญาตรี"):
        assert part in text
    assert learner.national_id not in text
    assert response["Cache-Control"]
    assert round_.status == RoundStatus.RELEASED


def test_the_door_list_has_everybody_of_the_room_and_nobody_else(client, exam_officer):
    round_ = make_round(rooms=2, candidates=14)
    client.force_login(exam_officer)
    first, second = round_.rooms.order_by("name")
    path = reverse("registration:door-list", args=[round_.pk, first.pk])
    text = text_of(client.get(path).content)
    for placement in round_.placements.select_related("candidate", "seat"):
        assert (placement.candidate.number in text) == (placement.seat.room_id == first.pk)
    plan = text_of(client.get(reverse("registration:seat-plan", args=[round_.pk, second.pk])).content)
    assert "C4" in plan
    for placement in round_.placements.select_related("candidate__person", "seat__room"):
        person = placement.candidate.person
        is_here = placement.seat.room_id == second.pk
        assert (placement.candidate.number in plan, person.full_name in plan) == (is_here, is_here)


def test_all_rooms_of_a_centre_or_a_round_come_in_one_file(client, exam_officer, learner, monkeypatch):
    away = make_centre("1002")
    draft = make_draft(rooms=[*make_rooms(2), *make_rooms(2, centre=away)])
    enter(draft, 14, centre=make_centre().pk)
    enter(draft, 2, centre=away.pk)
    papers_service.make_papers(draft, count=4, actor=None)
    placing.place_candidates(draft, actor=None)
    numbers = {
        place.candidate.number: place.seat.room.centre_id
        for place in draft.placements.select_related("candidate", "seat__room")
    }
    client.force_login(exam_officer)
    page = client.get(reverse("registration:duties", args=[draft.pk])).content.decode()
    for name in ("door-lists", "seat-plans"):
        whole = reverse(f"registration:{name}", args=[draft.pk])
        of_away = reverse(f"registration:centre-{name}", args=[draft.pk, away.pk])
        assert (whole in page, of_away in page) == (True, True)
        sheets = pages(client.get(whole).content)
        # Three rooms are taken; the fourth is empty and has no sheet.
        assert len(sheets) == 3
        assert {number for number in numbers if number in str(sheets)} == set(numbers)
        here = str(pages(client.get(of_away).content))
        assert {number for number in numbers if number in here} == {
            number for number, centre in numbers.items() if centre == away.pk
        }
        nowhere = reverse(f"registration:centre-{name}", args=[draft.pk, away.pk + 99])
        assert statuses(client, nowhere, exam_officer) == [404]
        invigilator = make_invigilator()
        assert statuses(client, whole, exam_officer, invigilator, learner, None) == [200, 403, 403, 302]
        monkeypatch.setattr(rooms_views, "MAX_ROOMS_IN_A_FILE", 2)
        assert statuses(client, whole, exam_officer) == [422]
        assert statuses(client, of_away, exam_officer) == [200]
        monkeypatch.undo()


def test_a_name_that_the_fonts_lack_keeps_no_room_without_its_list(client, exam_officer, learner):
    """Anybody registers themselves, under any Latin letters."""
    round_ = make_round(persons=[learner])
    learner.first_name, learner.last_name = "Ɏ\u0235", "สาย\u024bใจ"
    learner.save()
    room = round_.rooms.get()
    client.force_login(exam_officer)
    for name, args in (
        ("door-list", [round_.pk, room.pk]),
        ("seat-plan", [round_.pk, room.pk]),
        ("card", [Candidate.objects.get(person=learner).pk]),
    ):
        text = text_of(client.get(reverse(f"registration:{name}", args=args)).content)
        assert "?? สาย?ใจ" in text


# -- Rounds


def test_a_round_is_made_changed_and_moved(client, exam_officer):
    make_examination()
    client.force_login(exam_officer)
    day = timezone.localdate() + timedelta(days=40)
    form = {
        "code": "ka",
        "title": "รอบที่ 1",
        "day": f"{day.day}/{day.month}/{day.year + 543}",
        "doors": "08.00",
        "start": "09:00",
    }
    assert client.post(reverse("registration:new-round"), form).status_code == 302
    round_ = Round.objects.get()
    assert (round_.minutes, timezone.localtime(round_.starts_at).hour) == (60, 9)
    change = reverse("registration:change-round", args=[round_.pk])
    assert client.post(change, form | {"title": "รอบบ่าย", "start": "13:30"}).status_code == 302
    round_.refresh_from_db()
    assert (round_.title, timezone.localtime(round_.starts_at).hour) == ("รอบบ่าย", 13)
    move = reverse("registration:move-round", args=[round_.pk])
    assert client.post(move, {"minutes": 5, "reason": "สาธิต"}).status_code == 302
    round_.refresh_from_db()
    assert round_.starts_at < timezone.now() + timedelta(minutes=6)


@pytest.mark.parametrize(
    "changes",
    [
        {"doors": "09:00"},
        {"doors": "10:00"},
        {"day": "1/1/2569"},
        {"day": "31/2/2570"},
        {"start": "25:00"},
        {"minutes": "0"},
        {"code": "nothing"},
        {"title": ""},
    ],
)
def test_a_round_that_cannot_be_is_refused_at_its_field(client, exam_officer, changes):
    make_examination()
    client.force_login(exam_officer)
    form = {"code": "ka", "title": "รอบ", "day": "1/12/2599", "doors": "08:00", "start": "09:00"}
    response = client.post(reverse("registration:new-round"), form | changes)
    assert response.status_code == 422
    assert not Round.objects.exists()


@pytest.mark.parametrize("minutes", ["0", "-5", "721", "soon", ""])
def test_a_start_is_moved_by_whole_minutes_only(client, exam_officer, minutes):
    round_ = make_round()
    client.force_login(exam_officer)
    path = reverse("registration:move-round", args=[round_.pk])
    assert client.post(path, {"minutes": minutes, "reason": "x"}).status_code == 422


def test_changing_the_times_of_a_draft_moves_the_clocks_of_those_placed(client, exam_officer):
    round_ = make_round(is_released=False)
    client.force_login(exam_officer)
    start = timezone.localtime(round_.starts_at) + timedelta(days=10)
    form = {
        "title": "รอบ",
        "day": f"{start.day}/{start.month}/{start.year + 543}",
        "doors": "00:00",
        "start": "09:00",
        "minutes": "90",
    }
    client.post(reverse("registration:change-round", args=[round_.pk]), form)
    round_.refresh_from_db()
    sitting = round_.placements.all()[0].sitting
    assert sitting.starts_at == round_.starts_at
    assert sitting.deadline - sitting.starts_at == timedelta(minutes=91)


def test_a_release_is_taken_back(client, exam_officer):
    round_ = make_round()
    client.force_login(exam_officer)
    client.post(reverse("registration:recall-round", args=[round_.pk]))
    round_.refresh_from_db()
    assert round_.status == RoundStatus.DRAFT


def test_from_rooms_over_papers_to_seats(client, exam_officer):
    round_, rooms = make_draft(), make_rooms(2)
    enter(round_, 3)
    client.force_login(exam_officer)
    client.post(reverse("registration:rooms", args=[round_.pk]), {"rooms": [room.pk for room in rooms]})
    place = reverse("registration:place", args=[round_.pk])
    assert "จัดทำชุดข้อสอบของรอบนี้ก่อน" in client.get(place).content.decode()
    client.post(reverse("registration:papers", args=[round_.pk]), {"count": 4, "same_items": "on"})
    client.post(place)
    assert round_.placements.count() == 3
    duty = {"room": rooms[0].pk, "login": make_invigilator(email="watch@example.org").email}
    client.post(reverse("registration:duties", args=[round_.pk]), duty)
    given = round_.duties.get()
    client.post(reverse("registration:relieve", args=[round_.pk, given.pk]))
    assert not round_.duties.exists()


def test_a_page_shows_how_far_papers_and_seats_are(client, exam_officer):
    round_ = make_draft(rooms=make_rooms())
    enter(round_, 3)
    client.force_login(exam_officer)
    for kind, name in ((jobs.PAPERS, "papers"), (jobs.PLACES, "place")):
        address = reverse(f"registration:{name}", args=[round_.pk])
        assert jobs.begin(kind, round_.pk, 24)
        jobs.report(kind, round_.pk, 7)
        page = client.get(address).content.decode()
        assert "7 จาก 24" in page
        assert 'hx-select="#job"' in page
        assert '<form method="post"' not in page.split("<main")[1]
        # Of two officers only one starts it.
        client.post(address, {"count": 4})
        job = jobs.current(kind, round_.pk)
        assert job is not None
        assert job.done == 7
        # All is done only when it stands in the database; until then the page asks on.
        jobs.report(kind, round_.pk, 24)
        assert "23 จาก 24" in client.get(address).content.decode()
        jobs.end(kind, round_.pk)
    round_.refresh_from_db()
    assert (round_.envelope, round_.placements.count()) == (None, 0)


def test_why_papers_could_not_be_made_stands_on_the_page(client, exam_officer):
    round_ = make_draft(rooms=make_rooms())
    client.force_login(exam_officer)
    address = reverse("registration:papers", args=[round_.pk])
    client.post(address, {"count": 4, "same_items": "on"})
    refused = "รอบสอบนี้มีชุดข้อสอบที่ผนึกแล้ว"
    assert refused not in client.get(address).content.decode()
    page = client.post(address, {"count": 4, "same_items": "on"}, follow=True).content.decode()
    assert refused in page
    assert "<progress" not in page
    # What failed does not stand in the way of another try.
    assert jobs.begin(jobs.PAPERS, round_.pk, 4)


def test_the_services_say_how_much_they_have_done(exam_officer):
    round_ = make_draft(rooms=make_rooms())
    enter(round_, 3)
    told: list[int] = []
    papers_service.make_papers(round_, count=3, same_items=True, actor=None, tell=told.append)
    assert told == [1, 2, 3]
    assert list(jobs.counted(range(1001), told.append, before=1000)) == list(range(1001))
    assert told[3:] == [1500, 2000]


def test_the_conflict_is_explained_where_seats_are_too_few(client, exam_officer):
    round_ = make_draft(rooms=make_rooms(rows=1, columns=1))
    enter(round_, 3, centre=make_centre().pk)
    client.force_login(exam_officer)
    path = reverse("registration:place", args=[round_.pk])
    assert "ศูนย์สอบ 1001" in client.get(path).content.decode()


@pytest.mark.parametrize("count", ["0", "25", "many"])
def test_more_papers_than_fit_an_envelope_are_refused(client, exam_officer, count):
    round_ = make_draft()
    client.force_login(exam_officer)
    path = reverse("registration:papers", args=[round_.pk])
    assert client.post(path, {"count": count}).status_code == 422


def test_a_duty_needs_an_invigilator(client, exam_officer, learner):
    round_ = make_draft(rooms=make_rooms())
    client.force_login(exam_officer)
    form = {"room": round_.rooms.get().pk, "login": learner.email}
    assert client.post(reverse("registration:duties", args=[round_.pk]), form).status_code == 422


# -- Centres


def duty_list(*rows: tuple[str, str, str]) -> SimpleUploadedFile:
    data = write_table(("รหัสศูนย์สอบ", "ห้องสอบ", "อีเมล"), rows, "csv")
    return SimpleUploadedFile("duties.csv", data)


def test_duties_come_from_a_list_that_is_checked_first(client, exam_officer, learner):
    away = make_centre("1002")
    [first, second] = make_rooms(2)
    [elsewhere] = make_rooms(1, centre=away)
    round_ = make_draft(rooms=[first, second, elsewhere])
    people = [make_invigilator(email=f"watch{n}@example.org") for n in range(4)]
    rounds.assign(round_, second, people[3], actor=None)
    client.force_login(exam_officer)
    address = reverse("registration:import-duties", args=[round_.pk])
    upload = duty_list(
        ("1001", "101", "WATCH0@example.org"),
        ("", "102", "watch1@example.org"),
        ("1002", "101", "watch2@example.org"),
        ("1001", "102", "watch3@example.org"),
        ("", "101", "watch4@example.org"),
        ("1001", "999", learner.email),
        ("", "101", "watch0@example.org"),
    )
    checked = client.post(address, {"file": upload})
    check = checked.context["check"]
    assert {(duty.room, duty.person) for duty in check.duties} == {
        (first.pk, people[0].pk),
        (second.pk, people[1].pk),
        (elsewhere.pk, people[2].pk),
    }
    assert (check.rows, check.already) == (7, 1)
    assert {(error.row, error.column) for error in check.errors} == {
        (6, "อีเมล"),
        (6, "รหัสศูนย์สอบ"),
        (7, "อีเมล"),
        (7, "ห้องสอบ"),
        (8, "อีเมล"),
        (8, "รหัสศูนย์สอบ"),
    }
    # Nothing is given before it is confirmed, and then once.
    assert round_.duties.count() == 1
    sealed = {"sealed": checked.context["sealed"]}
    give = reverse("registration:add-duties", args=[round_.pk])
    for _click in range(2):
        assert client.post(give, sealed).status_code == 302
    assert round_.duties.count() == 4
    entry = AuditEntry.objects.get(action="registration.duties_given")
    assert [first.pk, people[0].pk] in entry.data["rooms_and_persons"]


def test_what_came_between_check_and_confirmation_is_left_out(client, exam_officer):
    [first, second] = make_rooms(2)
    round_ = make_draft(rooms=[first, second])
    people = [make_invigilator(email=f"watch{n}@example.org") for n in range(2)]
    client.force_login(exam_officer)
    upload = duty_list(("1001", "101", "watch0@example.org"), ("1001", "102", "watch1@example.org"))
    address = reverse("registration:import-duties", args=[round_.pk])
    sealed = client.post(address, {"file": upload}).context["sealed"]
    venues.use_rooms(round_, [first], actor=None)
    people[0].role_grants.all().delete()
    client.post(reverse("registration:add-duties", args=[round_.pk]), {"sealed": sealed})
    assert not round_.duties.exists()


def test_a_checked_list_of_duties_is_for_its_officer_and_its_round(client, exam_officer, learner):
    round_ = make_draft(rooms=make_rooms(1))
    other = make_draft()
    make_invigilator(email="watch@example.org")
    client.force_login(exam_officer)
    address = reverse("registration:import-duties", args=[round_.pk])
    sealed = client.post(address, {"file": duty_list(("", "101", "watch@example.org"))}).context["sealed"]
    give = reverse("registration:add-duties", args=[other.pk])
    assert client.post(give, {"sealed": sealed}).status_code == 400
    own = reverse("registration:add-duties", args=[round_.pk])
    assert client.post(own, {"sealed": "x"}).status_code == 400
    assert client.post(address, {"file": SimpleUploadedFile("a.xlsx", b"MZ")}).status_code == 422
    template = reverse("registration:duties-template", args=[round_.pk])
    for path in (address, template):
        assert statuses(client, path, exam_officer, make_invigilator(), learner, None) == [200, 403, 403, 302]
    assert statuses(client, give, make_invigilator(), learner, None, method="post") == [403, 403, 302]
    client.force_login(exam_officer)
    assert len(client.get(template).content) > 1000
    assert not round_.duties.exists()


def test_a_centre_gets_rooms_and_broken_machines(client, exam_officer):
    province = make_centre().province
    client.force_login(exam_officer)
    form = {"code": "2001", "name_th": "ศูนย์ใหม่", "province": province.pk}
    client.post(reverse("registration:new-centre"), form)
    centre = Centre.objects.get(code="2001")
    path = reverse("registration:centre", args=[centre.pk])
    client.post(path, {"names": "ก\n\nข\nก", "rows": 2, "columns": 2})
    assert [room.name for room in centre.rooms.all()] == ["ก", "ข"]
    assert client.post(path, {"names": "ก", "rows": 2, "columns": 2}).status_code == 422
    assert client.post(path, {"names": "ค", "rows": 0, "columns": 99}).status_code == 422
    room = centre.rooms.all()[0]
    broken = room.seats.get(label="B2")
    client.post(reverse("registration:room-seats", args=[room.pk]), {"broken": [broken.pk]})
    broken.refresh_from_db()
    assert not broken.is_usable
    assert room.seats.filter(is_usable=True).count() == 3


# -- Candidates


def upload(path, client, *rows, headings=entries.HEADINGS):
    data = write_table(headings, rows, "xlsx")
    return client.post(path, {"file": SimpleUploadedFile("list.xlsx", data)})


def test_a_list_is_checked_then_entered_and_bad_rows_are_named(client, exam_officer):
    round_ = make_draft()
    good, mailed, entered = make_person(), make_person(), make_person()
    enter(round_, 1, number="7000001")
    Candidate.objects.filter(number="7000001").update(person=entered)
    centre = make_centre()
    client.force_login(exam_officer)
    response = upload(
        reverse("registration:import-candidates", args=[round_.pk]),
        client,
        [good.national_id, "", "ปริญญาโท", centre.code, "", "๒๕%", "ห้องชั้นล่าง"],
        ["", mailed.email.upper(), "ปวส.", "", "7000002", "", ""],
        [entered.national_id, "", "ปริญญาตรี", "", "", "", ""],
        ["1234567890123", "", "ปริญญาตรี", "", "", "", ""],
        [make_national_id(999_999), "", "ปริญญาตรี", "", "", "", ""],
        [good.national_id, "", "ปริญญาตรี", "", "", "", ""],
        ["", "", "ปริญญาตรี", "", "", "", ""],
        [make_person().national_id, "", "ปริญญาเอก", "9999", "7000001", "500", "x" * 201],
        [make_person().national_id, "", "bachelor", "", "เลขไทย", "-5", ""],
    )
    check = response.context["check"]
    assert (len(check.entries), check.already, check.rows) == (2, 1, 9)
    assert [(error.row, error.column) for error in check.errors] == [
        (5, entries.NATIONAL_ID),
        (6, entries.NATIONAL_ID),
        (7, entries.NATIONAL_ID),
        (8, entries.EMAIL),
        (9, entries.LEVEL),
        (9, entries.CENTRE),
        (9, entries.NUMBER),
        (9, entries.EXTRA),
        (9, entries.ACCOMMODATION),
        (10, entries.NUMBER),
        (10, entries.EXTRA),
    ]
    assert Candidate.objects.count() == 1
    add = reverse("registration:add-candidates", args=[round_.pk])
    assert client.post(add, {"sealed": response.context["sealed"]}).status_code == 302
    first = Candidate.objects.get(person=good)
    assert (first.level, first.centre, first.extra_percent) == (Level.MASTER, centre, 25)
    second = Candidate.objects.get(person=mailed)
    assert (second.level, second.number) == (Level.DIPLOMA, "7000002")
    assert client.post(add, {"sealed": response.context["sealed"]}).status_code == 409


def test_a_check_of_another_officer_or_round_or_an_altered_one_enters_nobody(client, exam_officer):
    round_ = make_draft()
    check = entries.EntryCheck(entries=[])
    another = make_person(roles=[(Role.EXAM_OFFICER, None)])
    client.force_login(exam_officer)
    for sealed in (entries.seal(round_, another, check), "", "x:y:z"):
        path = reverse("registration:add-candidates", args=[round_.pk])
        assert client.post(path, {"sealed": sealed}).status_code == 400
    elsewhere = reverse("registration:add-candidates", args=[make_draft().pk])
    refused = client.post(
        elsewhere,
        {"sealed": entries.seal(round_, exam_officer, check)},
        headers={"accept": "application/json"},
    )
    assert (refused.status_code, refused.json()["error"]) == (400, "entry_check_expired")


def test_a_file_that_is_no_list_is_refused_in_words(client, exam_officer):
    path = reverse("registration:import-candidates", args=[make_draft().pk])
    client.force_login(exam_officer)
    assert upload(path, client, ["x"], headings=["ชื่อ"]).status_code == 422
    assert upload(path, client, ["ปริญญาตรี"], headings=[entries.LEVEL]).status_code == 422
    assert client.post(path, {"file": SimpleUploadedFile("a.xlsx", b"MZ\0\0")}).status_code == 422
    assert client.post(path, {"csrf": "-"}).status_code == 422


def test_candidates_are_found_by_number_name_id_and_mail(client, exam_officer):
    round_ = make_round(persons=[make_person(first_name="ดารณี", email="dara@example.org")])
    wanted = Candidate.objects.get(person__first_name="ดารณี")
    client.force_login(exam_officer)
    path = reverse("registration:candidates", args=[round_.pk])
    for q in (wanted.number, "ดารณี", wanted.person.national_id, "DARA@example.org", "ดารณี ระบบ"):
        found = client.get(path, {"q": q}).context["page"].object_list
        assert list(found) == [wanted], q
    for state, count in (("seated", 5), ("waiting", 0), ("faceless", 5), ("nonsense", 5)):
        assert len(client.get(path, {"state": state}).context["page"].object_list) == count, state


def test_an_entry_is_changed_and_taken_back_while_its_round_is_a_draft(client, exam_officer):
    round_ = make_round(candidates=1, is_released=False)
    placed = round_.candidates.get()
    [waiting] = enter(round_)
    client.force_login(exam_officer)
    path = reverse("registration:candidate", args=[placed.pk])
    form = {"level": "master", "extra_percent": 50, "accommodation": "", "centre": ""}
    assert client.post(path, form).status_code == 302
    placed.refresh_from_db()
    sitting = placed.placement.sitting
    assert sitting.deadline - sitting.starts_at == timedelta(minutes=91)
    assert client.post(path, form | {"extra_percent": 201}).status_code == 422
    assert client.post(path, form | {"level": "doctor"}).status_code == 422
    client.post(reverse("registration:remove-candidate", args=[waiting.pk]))
    assert not Candidate.objects.filter(pk=waiting.pk).exists()
    refused = client.post(reverse("registration:remove-candidate", args=[placed.pk]))
    assert refused.status_code == 409


def test_photographs_are_uploaded_singly_and_together(client, exam_officer):
    round_ = make_round(candidates=2)
    first, second = round_.candidates.all()
    client.force_login(exam_officer)
    path = reverse("registration:set-photograph", args=[first.pk])
    good = SimpleUploadedFile("a.png", portrait(1))
    assert client.post(path, {"photograph": good}).status_code == 302
    bad = SimpleUploadedFile("a.png", b"<svg/>")
    assert client.post(path, {"photograph": bad}).status_code == 422
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{second.number}.png", portrait(2))
        archive.writestr("nobody.png", portrait(2))
    path = reverse("registration:import-photographs", args=[round_.pk])
    page = client.post(path, {"file": SimpleUploadedFile("p.zip", packed.getvalue())})
    assert "nobody.png" in page.content.decode()
    second.refresh_from_db()
    assert second.photograph
    assert client.post(path, {"file": SimpleUploadedFile("p.zip", b"no")}).status_code == 422


def test_the_staff_page_leads_officers_to_the_rounds(client, exam_officer, reviewer):
    for person, is_shown in ((exam_officer, True), (reviewer, False)):
        client.force_login(person)
        page = client.get("/staff/").content.decode()
        assert (reverse("registration:office") in page) == is_shown
