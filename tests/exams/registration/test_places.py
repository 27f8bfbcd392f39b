"""What the waiting room learns about a candidate's place."""

import pytest

from exams.registration.models import Placement
from exams.registration.places import find_place
from exams.seat.places import Place, place_of
from tests.exams.registration.factories import make_round

pytestmark = pytest.mark.django_db


def test_a_placed_candidate_has_a_place_and_a_stranger_has_none(db):
    make_round(candidates=1)
    placement = Placement.objects.select_related("candidate", "seat__room__centre").get()
    place = place_of(placement.sitting_id)
    assert place == find_place(placement.sitting_id)
    assert place == Place(
        placement.candidate.number, placement.seat.label, placement.seat.room.name, "ศูนย์สอบ 1001"
    )
    assert place_of(placement.sitting_id + 1) is None
