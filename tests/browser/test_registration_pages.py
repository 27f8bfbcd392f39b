"""Examinations, rounds and candidacies in a real browser, at phone and desktop size."""

from __future__ import annotations

from functools import partial

import pytest
from playwright.sync_api import expect

from exams.registration import jobs
from exams.registration.models import Candidate
from exams.registration.portraits import portrait
from exams.registration.services import photographs
from exams.registration.services.papers import make_papers
from tests.browser.helpers import assert_accessible
from tests.exams.registration.factories import (
    enter,
    make_centre,
    make_draft,
    make_invigilator,
    make_rooms,
    make_round,
)

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
    page.goto(f"{base}duties/import/")
    assert_accessible(page)
    rows = "ห้องสอบ,อีเมล\n101,watch@example.org\n999,nobody@example.org\n".encode()
    make_invigilator(email="watch@example.org")
    page.set_input_files("input[type=file]", {"name": "a.csv", "mimeType": "text/csv", "buffer": rows})
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main form button[type=submit]")).to_have_count(1)
    assert_accessible(page)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/duties/")
    assert_accessible(page)
    _visit(page, ["/exams/office/centres/new/", f"/exams/office/rooms/{room.pk}/"])


@LOOKS
def test_the_bar_of_a_long_job_moves_by_itself_and_gives_way_to_what_was_made(open_page, exam_officer, look):
    round_ = make_draft(rooms=make_rooms())
    jobs.begin(jobs.PAPERS, round_.pk, 4)
    page = open_page(f"/exams/office/rounds/{round_.pk}/papers/", person=exam_officer, **look)
    bar = page.locator("progress")
    expect(bar).to_have_attribute("value", "0")
    assert_accessible(page)
    tell = partial(jobs.report, jobs.PAPERS, round_.pk)
    make_papers(round_, count=4, same_items=True, actor=exam_officer, tell=tell)
    expect(bar).to_have_attribute("value", "3", timeout=15_000)
    jobs.end(jobs.PAPERS, round_.pk)
    expect(page.locator("tbody tr")).to_have_count(4, timeout=15_000)
    expect(bar).to_have_count(0)
    assert_accessible(page)


@LOOKS
def test_pages_of_a_candidate_are_accessible(open_page, learner, exam_officer, look):
    make_round(persons=[learner])
    own = Candidate.objects.get(person=learner)
    photographs.set_photograph(own, portrait(1), actor=exam_officer)
    page = open_page("/my/", person=learner, **look)
    assert_accessible(page)
    _visit(page, [f"/exams/{own.pk}/"])
