"""The knowledge tests' pages in a real browser, at phone and desktop size."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from exams.knowledge.models import Invitation, Reveal, Round
from exams.knowledge.services import invitations
from exams.knowledge.services.results import conclude
from learning.people.models import Agency, Person
from tests.browser.helpers import assert_accessible
from tests.conftest import make_person
from tests.exams.knowledge.factories import (
    make_agency_round,
    make_definition,
    make_request,
    make_round,
    make_test,
    sit,
    start,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A phone in Thai by day, a desk in English by night: every page at both widths, in both tongues and schemes.
LOOKS = pytest.mark.parametrize(
    "look", [{"width": 360}, {"width": 1440, "language": "en", "scheme": "dark"}], ids=["phone", "desk"]
)


@pytest.fixture
def round_() -> Round:
    return make_round(reveal=Reveal.AFTER_SITTING, max_attempts=3)


@pytest.fixture
def listed(department: Agency, agency_officer: Person, exam_officer: Person) -> Round:
    """An agency's round with people in every state."""
    round_ = make_agency_round(department, agency_officer, exam_officer, max_attempts=1)
    staff = [make_person(first_name=f"บุคลากร{n}", agency=department) for n in range(4)]
    invitations.invite(round_, [p.pk for p in staff], actor=agency_officer, now=timezone.now())
    start(round_, staff[1])
    conclude(sit(round_, staff[2], right=1), now=timezone.now())
    conclude(sit(round_, staff[3], right=9), now=timezone.now())
    return round_


def _visit(page, paths: list[str]) -> None:
    for path in paths:
        page.goto(path)
        assert_accessible(page)


@LOOKS
def test_pages_of_a_taker_are_accessible(open_page, learner, round_, look):
    attempt = conclude(sit(round_, learner, right=5), now=timezone.now())
    page = open_page("/tests/", person=learner, **look)
    assert_accessible(page)
    paths = [f"/tests/{round_.pk}/", f"/tests/{round_.pk}/start/", "/my/"]
    _visit(page, [*paths, f"/tests/results/{attempt.pk}/", f"/tests/results/{attempt.pk}/explanations/"])


@LOOKS
def test_an_unfinished_and_a_passed_result_are_accessible(open_page, learner, outsider, round_, look):
    unfinished = start(round_, learner)
    assert_accessible(open_page(f"/tests/results/{unfinished.pk}/", person=learner, **look))
    passed = conclude(sit(round_, outsider, right=9), now=timezone.now())
    assert_accessible(open_page(f"/tests/results/{passed.pk}/", person=outsider, **look))


@LOOKS
def test_pages_of_the_exam_office_are_accessible(open_page, exam_officer, agency_officer, department, look):
    test = make_test()
    definition = make_definition(test)
    upcoming = make_round(test, opens=timedelta(hours=1), closes=timedelta(hours=4))
    open_now = make_round(test)
    asked = make_request(department, agency_officer)
    page = open_page("/tests/office/", person=exam_officer, **look)
    assert_accessible(page)
    office = "/tests/office"
    paths = [f"{office}/new/", f"{office}/{test.pk}/", f"{office}/{test.pk}/definition/"]
    paths += [f"{office}/definitions/{definition.pk}/", f"{office}/{test.pk}/round/"]
    paths += [f"{office}/rounds/{upcoming.pk}/", f"{office}/rounds/{upcoming.pk}/change/"]
    paths += [f"{office}/rounds/{open_now.pk}/close/", "/tests/support/", f"/tests/support/{asked.pk}/"]
    paths += [f"/tests/support/{asked.pk}/approve/", f"/tests/support/{asked.pk}/decline/", "/staff/"]
    _visit(page, paths)


@LOOKS
def test_pages_of_an_agency_officer_are_accessible(open_page, agency_officer, department, listed, look):
    page = open_page("/tests/support/", person=agency_officer, **look)
    assert_accessible(page)
    asked = listed.support_request_id
    listing = f"/tests/lists/{listed.pk}"
    removable = Invitation.objects.filter(round=listed).earliest("pk").pk
    paths = ["/tests/support/ask/", f"/tests/support/{asked}/", f"/tests/support/{asked}/asked/"]
    paths += [f"{listing}/", f"{listing}/import/", f"{listing}/send/", f"{listing}/links/"]
    paths += [f"{listing}/summary/", f"{listing}/remove/{removable}/", f"/agency/{department.pk}/"]
    _visit(page, paths)


@LOOKS
def test_the_report_is_accessible(open_page, auditor, listed, look):
    assert_accessible(open_page("/tests/report/", person=auditor, **look))


@LOOKS
def test_pages_behind_a_personal_link_are_accessible(open_page, department, listed, agency_officer, look):
    imported = make_person(agency=department)
    imported.set_unusable_password()
    imported.save()
    invitations.invite(listed, [imported.pk], actor=agency_officer, now=timezone.now())
    new = listed.invitations.get(person=imported)
    known = listed.invitations.exclude(person=imported).earliest("pk")
    for invitation in (new, known):
        assert_accessible(open_page(f"/tests/i/{invitations.link_token(invitation)}/", **look))


def test_the_table_of_items_is_checked_while_it_is_typed(open_page, exam_officer):
    test = make_test()
    topic = test.bank.topics.earliest("order")
    page = open_page(f"/tests/office/{test.pk}/definition/", person=exam_officer)
    page.fill(f"input[name='items-{topic.pk}-hard']", "9")
    page.get_by_role("status").get_by_text("แต่คลังข้อสอบมี 4 ข้อ").wait_for()
    page.fill(f"input[name='items-{topic.pk}-hard']", "")
    page.get_by_role("status").get_by_text("คลังข้อสอบมีข้อสอบเพียงพอ").wait_for()


def test_the_watch_page_renews_itself(open_page, agency_officer, listed):
    page = open_page(f"/tests/lists/{listed.pk}/", person=agency_officer)
    waiting = Person.objects.get(first_name="บุคลากร0")
    assert page.get_by_role("row", name=waiting.full_name).get_by_text("ยังไม่เริ่ม").is_visible()
    start(listed, waiting)
    page.get_by_role("row", name=waiting.full_name).get_by_text("กำลังสอบ").wait_for(timeout=20_000)


def test_asking_for_a_sitting_works_without_scripts(open_page, agency_officer, department):
    test = make_test()
    make_definition(test)
    page = open_page("/tests/support/ask/", person=agency_officer, scripts=False)
    page.select_option("select[name=test]", str(test.pk))
    page.select_option("select[name=agency]", str(department.pk))
    page.fill("input[name=expected_takers]", "40")
    page.fill("input[name=contact]", "งานบุคคล")
    page.get_by_role("button", name="ตรวจสอบข้อมูลของท่าน").click()
    page.get_by_role("button", name="ส่งคำขอ").click()
    expect(page.get_by_text("ส่งคำขอแล้ว").first).to_be_visible()
    expect(page.get_by_text("KT-25").first).to_be_visible()
