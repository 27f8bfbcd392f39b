"""Finding who stands at the door."""

from __future__ import annotations

import pytest

from exams.registration.models import Placement, Round, RoundStatus
from exams.room.services.checkin import find, read_card
from tests.exams.registration.factories import make_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def somebody(placements) -> Placement:
    placement: Placement = placements[1]
    person = placement.candidate.person
    person.first_name, person.last_name = "กัญญารัตน์", "ศรีสุวรรณ"
    person.save()
    return placement


def names(found) -> list[int]:
    return [placement.pk for placement in found.here]


def test_by_number_in_any_spelling(scope, somebody):
    number = somebody.candidate.number
    thai = number.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    for typed in (number, f" {number[:3]} {number[3:]} ", f"{number[:3]}-{number[3:]}", thai):
        assert names(find(scope, typed)) == [somebody.pk]


def test_by_national_id(scope, somebody):
    assert names(find(scope, somebody.candidate.person.national_id)) == [somebody.pk]


@pytest.mark.parametrize("typed", ["กัญญา", "ศรีสุวรรณ", "กัญญารัตน์ ศรี", "ศรี กัญญา"])
def test_by_name(scope, somebody, typed):
    assert names(find(scope, typed)) == [somebody.pk]


def test_by_the_end_of_the_number_or_the_seat(scope, somebody):
    assert names(find(scope, somebody.candidate.number[-4:])) == [somebody.pk]
    assert names(find(scope, somebody.seat.label.lower())) == [somebody.pk]


@pytest.mark.parametrize("typed", ["", "  ", "ก", "ไม่มีใคร", "'; DROP TABLE", "%", "9" * 500])
def test_what_fits_nobody_finds_nobody(scope, somebody, typed):
    found = find(scope, typed)
    assert (found.here, found.elsewhere) == ([], None)


def test_who_belongs_to_another_room_is_told_where(scope, other_room):
    elsewhere = Placement.objects.filter(seat__room=other_room).select_related("candidate__person")[0]
    for typed in (elsewhere.candidate.number, elsewhere.candidate.person.national_id):
        found = find(scope, typed)
        assert (found.here, found.elsewhere) == ([], elsewhere)


def test_names_of_other_rooms_are_not_looked_up(scope, other_room):
    elsewhere = Placement.objects.filter(seat__room=other_room).select_related("candidate__person")[0]
    found = find(scope, elsewhere.candidate.person.first_name)
    assert (found.here, found.elsewhere) == ([], None)


def test_another_round_is_told_too_but_this_one_first(scope, other_room):
    elsewhere = Placement.objects.filter(seat__room=other_room).select_related("candidate__person")[0]
    person = elsewhere.candidate.person
    make_round(persons=[person], candidates=0)
    assert find(scope, person.national_id).elsewhere == elsewhere
    only = make_round(candidates=1).placements.select_related("candidate")[0]
    assert find(scope, only.candidate.number).elsewhere == only


@pytest.mark.parametrize("status", [RoundStatus.DRAFT, RoundStatus.CLOSED])
def test_rounds_that_nobody_sits_are_not_looked_into(scope, status):
    past = make_round(candidates=1)
    Round.objects.filter(pk=past.pk).update(status=status)
    found = find(scope, past.candidates.get().number)
    assert (found.here, found.elsewhere) == ([], None)


@pytest.mark.parametrize(
    ("scanned", "number"),
    [
        ("1000001", "1000001"),
        (" 1000001\n", "1000001"),
        ("https://exam.example.go.th/room/?number=1000001", "1000001"),
        ("https://exam.example.go.th/room/?q=1000001", "1000001"),
        ("https://exam.example.go.th/card/1000001/", "1000001"),
        ("https://[", "https://["),
        ("https://exam.example.go.th/?q=100%000001", "1000001"),
    ],
)
def test_what_a_scanner_reads(scanned, number):
    assert read_card(scanned) == number
