"""Examinations, rounds and candidacies in a real browser, at phone and desktop size."""

from __future__ import annotations

import pytest

from exams.registration.models import Candidate
from exams.registration.portraits import portrait
from exams.registration.services import photographs
from tests.browser.helpers import assert_accessible
from tests.exams.registration.factories import enter, make_centre, make_draft, make_rooms, make_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A phone in Thai by day, a desk in English by night: every page at both widths, in both tongues and schemes.
LOOKS = pytest.mark.parametrize(
    "look", [{"width": 360}, {"width": 1440, "language": "en", "scheme": "dark"}], ids=["phone", "desk"]
)


def _visit(page, paths: list[str]) -> None:
    for path in paths:
        page.goto(path)
        assert_accessible(page)


@LOOKS
def test_office_pages_of_a_round_are_accessible(open_page, exam_officer, look):
    round_ = make_round()
    candidate = round_.candidates.all()[0]
    photographs.set_photograph(candidate, portrait(1), actor=exam_officer)
    page = open_page("/exams/office/", person=exam_officer, **look)
    assert_accessible(page)
    base = f"/exams/office/rounds/{round_.pk}/"
    paths = [
        base,
        *(base + part for part in ("move/", "recall/", "papers/", "seats/", "duties/", "candidates/")),
    ]
    room = round_.rooms.get()
    examination = f"/exams/office/examinations/{round_.examination_id}/"
    _visit(
        page,
        [*paths, f"/exams/office/candidates/{candidate.pk}/", "/exams/office/examinations/", examination],
    )
    _visit(page, ["/exams/office/centres/", f"/exams/office/centres/{room.centre_id}/", "/staff/"])


@LOOKS
def test_forms_for_a_draft_are_accessible(open_page, exam_officer, look):
    round_ = make_draft(rooms=make_rooms(rows=1, columns=1))
    [candidate, _other] = enter(round_, 2, centre=make_centre().pk)
    page = open_page("/exams/office/new/", person=exam_officer, **look)
    page.locator("main form button[type=submit]").click()
    assert_accessible(page)
    base = f"/exams/office/rounds/{round_.pk}/"
    parts = ("", "change/", "papers/", "seats/", "rooms/", "candidates/import/", "candidates/photographs/")
    room = round_.rooms.get()
    entry = f"/exams/office/candidates/{candidate.pk}/"
    _visit(page, [*(base + part for part in parts), entry, f"{entry}remove/"])
    _visit(page, ["/exams/office/centres/new/", f"/exams/office/rooms/{room.pk}/"])


@LOOKS
def test_pages_of_a_candidate_are_accessible(open_page, learner, exam_officer, look):
    make_round(persons=[learner])
    own = Candidate.objects.get(person=learner)
    photographs.set_photograph(own, portrait(1), actor=exam_officer)
    page = open_page("/my/", person=learner, **look)
    assert_accessible(page)
    _visit(page, [f"/exams/{own.pk}/"])
