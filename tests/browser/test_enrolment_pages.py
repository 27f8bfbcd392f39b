"""Rounds, enrolments, figures, curricula and partners' courses in a browser, at phone and desktop size."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from courses.partners.models import Outcome, Visit
from enrollment.models import CourseRound, Enrolment
from enrollment.services import completion, figures
from learning.people.models import Agency, Person
from tests.browser.helpers import assert_accessible
from tests.conftest import make_person
from tests.courses.catalogue.factories import make_curriculum, make_external
from tests.courses.partners.factories import make_placement
from tests.enrollment.factories import (
    answered,
    did,
    enrol,
    learning,
    make_round,
    make_taught,
    quiz,
    survey,
    text,
    units,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = pytest.mark.parametrize(
    "look", [{"width": 360}, {"width": 1440, "language": "en", "scheme": "dark"}], ids=["phone", "desk"]
)
# Pages that everybody has.
_OWN = ("mine", "curricula", "record", "reminders", "approvals")
WORDS = ["ตรงกับงาน", "ควรเพิ่มตัวอย่าง", "เข้าใจง่าย", "ดีมาก", "อยากให้มีภาคปฏิบัติ"]


@pytest.fixture
def round_(department: Agency) -> CourseRound:
    """A round of a course that asks for everything that can be missing."""
    course = make_taught(
        quiz("pre"),
        text("พระราชบัญญัติข้อมูลข่าวสารของราชการ พ.ศ. ๒๕๔๐ และกฎหมายลำดับรองที่เกี่ยวข้อง", min_seconds=120),
        quiz("post"),
        survey(is_required=False),
        code="KD10",
        owner=department,
        min_minutes=90,
        test_mark="0.60",
        needs_survey=True,
    )
    now = timezone.now()
    return make_round(
        course,
        capacity=20,
        registration_opens_at=now - timedelta(days=1),
        registration_closes_at=now + timedelta(days=30),
        access_closes_at=now + timedelta(days=90),
    )


@pytest.fixture
def taken(round_: CourseRound, learner: Person, agency_officer: Person, department: Agency) -> Enrolment:
    """The learner's enrolment among others of every state, with answers and results."""
    now = timezone.now()
    pre, _read, post, asked = units(round_.course)
    for number, words in enumerate(WORDS):
        own = enrol(round_, make_person(first_name=f"ผู้เรียน{number}", agency=department), now=now)
        did(learning(own), pre, score="0.4", seconds=300)
        did(learning(own), post, score="0.85", passed=True, seconds=900)
        answered(learning(own), asked, use=number % 3 + 3, say=words)
    completion.grant(own, "อบรมในห้องเรียนครบตามหลักสูตรแล้ว", actor=agency_officer, now=now)
    enrolment = enrol(round_, learner, now=now)
    did(learning(enrolment), pre, score="0.5", seconds=400)
    completion.waive(enrolment, None, "ฝึกปฏิบัติงานจริงมาแล้ว 1 ปี", actor=agency_officer, now=now)
    return enrolment


def visit(page: Page, paths: list[str]) -> None:
    for path in paths:
        page.goto(path)
        assert_accessible(page)


@LOOKS
def test_pages_of_a_learner_are_accessible(open_page, taken, learner, look):
    partner = make_external("DS02", owner=taken.course.owner)
    make_curriculum("C1", [taken.course, partner])
    Visit.objects.create(person=learner, course=partner)
    for_officers = make_round(taken.course, groups=["public"], needs_approval=True)
    page = open_page("/my/", person=learner, **look)
    assert_accessible(page)
    pages = [
        reverse(f"enrollment:{name}") for name in ("mine", "curricula", "record", "reminders", "approvals")
    ]
    pages += [reverse("catalogue:course", args=[code]) for code in ("KD10", "DS02")]
    pages += [reverse(f"enrollment:{name}", args=[taken.pk]) for name in ("progress", "withdraw")]
    pages += [
        reverse("enrollment:enrol", args=[for_officers.pk]),
        reverse("enrollment:curriculum", args=["C1"]),
    ]
    visit(page, pages)


def test_the_sum_of_the_training_record_stands_below_its_rows(open_page, taken, learner, agency_officer):
    completion.grant(taken, "อบรมแล้ว", actor=agency_officer, now=timezone.now())
    page = open_page(reverse("enrollment:record"), person=learner, width=360)
    course, together = page.locator("tbody th"), page.locator("tfoot th")
    edges = [
        each.evaluate(
            "(cell) => cell.getBoundingClientRect().left + parseFloat(getComputedStyle(cell).paddingLeft)"
        )
        for each in (course, together, page.locator("tfoot td:visible"))
    ]
    assert len(set(edges)) == 1


@LOOKS
def test_pages_of_an_officer_are_accessible(open_page, taken, agency_officer, look):
    page = open_page("/staff/", person=agency_officer, **look)
    assert_accessible(page)
    pages = [reverse("enrollment:courses")]
    pages += [reverse(f"enrollment:{name}", args=["KD10"]) for name in ("figures", "rounds", "new-round")]
    of_round = ("round", "change-round", "delete-round", "people", "waiting", "upload-list")
    pages += [reverse(f"enrollment:{name}", args=[taken.round_id]) for name in of_round]
    visit(page, [*pages, reverse("enrollment:decide", args=[taken.pk]), "/studio/"])
    # What was typed wrongly is named at the top and at its field.
    page.goto(reverse("enrollment:new-round", args=["KD10"]))
    page.locator("#id_name").fill("")
    page.locator("#id_closes_on").fill("31/2/2569")
    page.locator("main form [type=submit]").click()
    page.locator("[role=alert]").wait_for()
    assert_accessible(page)


def test_figures_of_many_appear_when_they_are_counted(open_page, taken, agency_officer, monkeypatch):
    monkeypatch.setattr(figures, "MANY", 2)
    address = reverse("enrollment:figures", args=["KD10"])
    page = open_page("/staff/", person=agency_officer, width=360)
    # Nothing answers: it is being counted all the time.
    page.route("**/figures/?count=1", lambda _route: None)
    page.goto(address)
    expect(page.get_by_role("progressbar", name="กำลังนับสถิติ")).to_be_visible()
    assert_accessible(page)
    page.unroute_all(behavior="ignoreErrors")
    page.goto(address)
    expect(page.get_by_role("heading", name="ก่อนและหลังเรียน")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page).to_have_url(re.compile(rf"{address}$"))
    assert_accessible(page)


@LOOKS
def test_pages_of_partners_are_accessible(
    open_page, agency_officer, administrator, department, learner, look
):
    placement = make_placement(owner=department)
    course = make_external("DS03", owner=department)
    Visit.objects.create(person=learner, course=course)
    Outcome.objects.create(
        person=learner, course=course, completed_at=timezone.now(), reported_at=timezone.now(), source="file"
    )
    office = [reverse(f"partners:{name}", args=["DS03"]) for name in ("office-course", "report")]
    visit(open_page("/partners/office/", person=agency_officer, **look), ["/partners/office/", *office])
    tools = [reverse("partners:tools"), reverse("partners:new-tool")]
    tools += [reverse("partners:tool", args=[placement.tool_id])]
    visit(open_page("/", person=administrator, **look), tools)


def test_a_learner_enrols_and_reads_what_is_missing_by_keyboard_alone(open_page, round_, learner):
    page = open_page(reverse("catalogue:course", args=["KD10"]), person=learner, width=360)
    page.get_by_role("button", name="ลงทะเบียน").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("ลงทะเบียนเรียบร้อยแล้ว")
    page.get_by_role("link", name="ทำไมยังไม่เรียนจบ").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("ol.task-list > li")).to_have_count(4)
