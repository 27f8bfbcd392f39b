"""Pages of enrolment: who may open them, what they say, what they refuse."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.catalogue.services.courses import retire_course
from enrollment.forms import RoundForm
from enrollment.models import CourseRound, Enrolment, EnrolmentState
from enrollment.services import enrolments, rounds
from learning.people.models import PersonnelGroup, Role
from learning.portal.templatetags.portal import thai_datetime
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON, make_course, make_draft
from tests.enrollment.factories import DAY, enrol, learning, make_round, make_taught, text
from tests.exams.knowledge.pages import statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(department):
    return make_course("KD10", owner=department)


def open_round(course, **values):
    now = timezone.now()
    values = {"name": rounds.next_name(course, now), "registration_opens_at": now - DAY} | values
    return rounds.create_round(course, values, actor=None)


def page(client: Client, person, address: str = "/courses/KD10/") -> str:
    client.force_login(person)
    return client.get(address).text


def test_lessons_are_in_the_section_of_my_courses(client, learner):
    registration = learning(enrol(make_round(make_taught(text())), learner))
    shown = page(client, learner, f"/learn/{registration.pk}/")
    assert re.findall(r'<a href="([^"]+)" aria-current="true">', shown) == ["/enrol/"]


# -- The page of a course ---------------------------------------------------------------------------
def test_a_course_without_a_round_says_so(client, course, learner):
    assert "ขณะนี้ยังไม่มีรุ่นที่เปิดรับลงทะเบียน" in page(client, learner)


def test_who_comes_too_late_reads_since_when(client, course, learner):
    closed = timezone.now() - DAY / 24
    open_round(course, name="2569/1", registration_closes_at=closed, registration_opens_at=closed - 9 * DAY)
    open_round(
        course, name="เก่า", registration_closes_at=closed - DAY, registration_opens_at=closed - 9 * DAY
    )
    shown = page(client, learner)
    assert f"รุ่นล่าสุดปิดรับลงทะเบียนแล้วเมื่อ {thai_datetime(timezone.localtime(closed))}" in shown
    open_round(course, name="2569/2")
    assert "ปิดรับลงทะเบียนแล้ว" not in page(client, learner)


def test_the_studio_leads_to_rounds_and_says_when_there_is_none(client, course, agency_officer):
    shown = page(client, agency_officer, "/studio/KD10/")
    assert 'href="/enrol/office/courses/KD10/"' in shown
    assert 'href="/enrol/office/courses/KD10/figures/"' in shown
    assert "จึงยังไม่มีผู้ใดลงทะเบียนได้" in shown
    open_round(course)
    assert "จึงยังไม่มีผู้ใดลงทะเบียนได้" not in page(client, agency_officer, "/studio/KD10/")
    # A course that nobody could learn in yet does not ask for a round.
    make_draft("KD11", owner=course.owner)
    assert "จึงยังไม่มีผู้ใดลงทะเบียนได้" not in page(client, agency_officer, "/studio/KD11/")


def test_a_round_tells_the_hour_at_which_it_opens(client, course, agency_officer):
    opens = timezone.now() + DAY
    round_ = open_round(course, registration_opens_at=opens, access_opens_at=opens + DAY)
    for address in (
        reverse("enrollment:rounds", args=["KD10"]),
        reverse("enrollment:round", args=[round_.pk]),
    ):
        shown = page(client, agency_officer, address)
        assert thai_datetime(timezone.localtime(opens), "short") in shown
        assert thai_datetime(timezone.localtime(opens + DAY), "short") in shown


def test_the_page_of_a_round_leads_to_its_list_while_enrolment_is_open(client, course, agency_officer):
    for opens_at, is_led in ((timezone.now() - DAY, True), (timezone.now() + DAY, False)):
        round_ = open_round(course, registration_opens_at=opens_at)
        shown = page(client, agency_officer, reverse("enrollment:round", args=[round_.pk]))
        assert (reverse("enrollment:upload-list", args=[round_.pk]) in shown) == is_led


def test_who_is_inside_a_course_goes_on_from_its_page_when_it_is_offered_no_longer(
    client, course, learner, agency_officer
):
    round_ = open_round(course)
    client.force_login(learner)
    client.post(reverse("enrollment:enrol", args=[round_.pk]))
    address = f"/learn/{Enrolment.objects.get().registration_id}/"
    retire_course(course, actor=agency_officer, now=timezone.now())
    shown = page(client, learner)
    assert "ไม่เปิดสอนแล้ว" in shown
    assert f'href="{address}"' in shown
    # Nobody else is offered anything.
    shown = page(client, make_person())
    assert "การลงทะเบียน" not in shown
    assert reverse("enrollment:enrol", args=[round_.pk]) not in shown


def test_a_visitor_is_sent_to_sign_in_and_back(client, course):
    open_round(course)
    text = client.get("/courses/KD10/").text
    assert "/accounts/login/?next=%2Fcourses%2FKD10%2F" in text
    assert "เข้าสู่ระบบเพื่อลงทะเบียน" in text


def test_a_learner_enrols_with_one_click(client, course, learner):
    round_ = open_round(course)
    address = reverse("enrollment:enrol", args=[round_.pk])
    assert f'action="{address}"' in page(client, learner)
    response = client.post(address, follow=True)
    assert response.redirect_chain == [("/courses/KD10/", 302)]
    assert "ลงทะเบียนเรียบร้อยแล้ว ท่านเริ่มเรียนได้ทันที" in response.text
    assert f'action="{address}"' not in response.text
    assert Enrolment.objects.get().person == learner
    assert course.name in page(client, learner, "/my/")
    assert course.name in page(client, learner, "/")


def test_who_enrols_before_learning_opens_is_told_when_it_does(client, course, learner):
    round_ = open_round(course, access_opens_at=timezone.now() + 3 * DAY)
    client.force_login(learner)
    text = client.post(reverse("enrollment:enrol", args=[round_.pk]), follow=True).text
    assert f"เปิดให้เรียนวันที่ {thai_datetime(round_.access_opens_at)}" in text
    assert "ท่านเริ่มเรียนได้ทันที" not in text


def test_the_reason_stands_where_the_button_would(client, course, learner):
    round_ = open_round(course, groups=[PersonnelGroup.CIVIL_SERVANT])
    text = page(client, learner)
    assert "รุ่นนี้เปิดเฉพาะ ข้าราชการพลเรือนสามัญ" in text
    assert reverse("enrollment:enrol", args=[round_.pk]) not in text
    assert client.post(reverse("enrollment:enrol", args=[round_.pk])).status_code == 403
    assert "รุ่นนี้เปิดเฉพาะ" in client.get(reverse("enrollment:enrol", args=[round_.pk])).text


def test_a_round_to_come_says_when(client, course, learner):
    round_ = open_round(course, registration_opens_at=timezone.now() + DAY)
    assert "เปิดรับลงทะเบียน" in page(client, learner)
    assert client.post(reverse("enrollment:enrol", args=[round_.pk])).status_code == 409


def test_a_round_that_is_over_is_not_shown_and_refuses(client, course, learner):
    now = timezone.now()
    round_ = open_round(course, registration_closes_at=now - DAY / 2)
    assert "รุ่น 25" not in page(client, learner)
    assert client.post(reverse("enrollment:enrol", args=[round_.pk])).status_code == 409


def test_who_waits_reads_their_place(client, course, learner, outsider):
    round_ = open_round(course, capacity=1)
    for minute, person in enumerate((make_person(), outsider, learner)):
        enrol(round_, person, now=timezone.now() + minute * DAY / 1440)
    for address in ("/courses/KD10/", reverse("enrollment:mine"), "/my/"):
        assert "ท่านอยู่ลำดับที่ 2 ในรายชื่อสำรอง" in page(client, learner, address)
        assert "ท่านอยู่ลำดับที่ 1 ในรายชื่อสำรอง" in page(client, outsider, address)


def test_every_link_of_a_list_of_courses_names_its_course(client, department, learner):
    enrol(
        make_round(make_taught(text(), code="KD15", owner=department), access_closes_at=NOON + DAY), learner
    )
    shown = page(client, learner, reverse("enrollment:mine"))
    actions = re.findall(r"<a[^>]*>(.*?)</a>", shown.split('class="form-actions', 1)[1].split("</p>")[0])
    assert len(actions) > 1
    assert all("visually-hidden" in action for action in actions)


def test_of_a_full_round_the_waiting_list_is_offered(client, course, learner, outsider):
    round_ = open_round(course, capacity=1)
    enrol(round_, outsider, now=timezone.now())
    assert "ลงชื่อในรายชื่อสำรอง" in page(client, learner)
    text = client.post(reverse("enrollment:enrol", args=[round_.pk]), follow=True).text
    assert "อยู่ในรายชื่อสำรอง" in text


def test_enrolling_twice_is_refused_in_words(client, course, learner):
    round_ = open_round(course)
    client.force_login(learner)
    client.post(reverse("enrollment:enrol", args=[round_.pk]))
    response = client.post(reverse("enrollment:enrol", args=[round_.pk]))
    assert response.status_code == 409
    assert "ท่านลงทะเบียนในรุ่นนี้แล้ว" in response.text
    typed = client.post(reverse("enrollment:enrol", args=[round_.pk]), headers={"accept": "application/json"})
    assert typed.json()["error"] == "already_enrolled"


def test_the_page_of_a_course_asks_the_database_as_often_for_many_rounds(
    client, course, learner, django_assert_num_queries
):
    open_round(course, capacity=9)
    client.force_login(learner)
    client.get("/courses/KD10/")
    with CaptureQueriesContext(connection) as one:
        client.get("/courses/KD10/")
    for _number in range(4):
        open_round(course, capacity=9)
    with django_assert_num_queries(len(one)):
        client.get("/courses/KD10/")


# -- Withdrawing ------------------------------------------------------------------------------------
def test_a_round_of_a_course_that_was_never_published_is_its_agencys_matter(
    client, department, learner, agency_officer, other_agency_officer
):
    round_ = open_round(make_draft("KD98", owner=department))
    for address, person, status in (
        (reverse("enrollment:enrol", args=[round_.pk]), learner, 404),
        (reverse("enrollment:enrol", args=[round_.pk]), agency_officer, 200),
        (reverse("enrollment:upload-list", args=[round_.pk]), other_agency_officer, 404),
        (reverse("enrollment:upload-list", args=[round_.pk]), agency_officer, 200),
    ):
        client.force_login(person)
        assert client.get(address).status_code == status
    client.force_login(learner)
    assert client.post(reverse("enrollment:enrol", args=[round_.pk])).status_code == 404


def test_withdrawing_is_the_learners_alone(client, course, learner, outsider, agency_officer, administrator):
    enrolment = enrol(open_round(course), learner, now=timezone.now())
    address = reverse("enrollment:withdraw", args=[enrolment.pk])
    others = (outsider, agency_officer, administrator, None)
    assert statuses(client, address, learner, *others) == [200, 403, 403, 403, 302]
    assert statuses(client, address, *others, method="post") == [403, 403, 403, 302]
    client.force_login(learner)
    text = client.post(address, follow=True).text
    assert "ถอนการลงทะเบียน" in text
    assert Enrolment.objects.get().state == EnrolmentState.WITHDRAWN


# -- Approval ---------------------------------------------------------------------------------------
@pytest.fixture
def asked(course, department):
    person = make_person(first_name="ลูกน้อง", agency=department)
    supervisor = make_person(first_name="หัวหน้า", agency=department)
    round_ = open_round(course, needs_approval=True)
    return enrol(round_, person, supervisor=supervisor, now=timezone.now())


def test_a_learner_names_the_supervisor(client, course, department):
    person, supervisor = make_person(agency=department), make_person(agency=department)
    round_ = open_round(course, needs_approval=True)
    address = reverse("enrollment:enrol", args=[round_.pk])
    client.force_login(person)
    for unfit in ("", "nobody@example.org", person.email):
        response = client.post(address, {"supervisor": unfit})
        assert response.status_code == 422
    assert not Enrolment.objects.exists()
    client.post(address, {"supervisor": supervisor.email.upper()})
    assert Enrolment.objects.get().supervisor == supervisor
    assert person.full_name in page(client, supervisor, reverse("enrollment:approvals"))


def test_a_request_is_decided_by_the_supervisor_or_the_agencys_officer(
    client, asked, agency_officer, other_agency_officer, outsider, administrator
):
    address = reverse("enrollment:approval", args=[asked.pk])
    colleague = make_person(agency=asked.person.agency)
    who = [asked.supervisor, agency_officer, asked.person, colleague, outsider, other_agency_officer]
    assert statuses(client, address, *who, None) == [200, 200, 403, 403, 403, 403, 302]


def test_nobody_forges_an_approval(client, asked, other_agency_officer, outsider):
    for action in ("approve", "refuse"):
        address = reverse(f"enrollment:{action}", args=[asked.pk])
        colleague = make_person(agency=asked.person.agency)
        others = (asked.person, colleague, outsider, other_agency_officer, None)
        assert statuses(client, address, *others, method="post") == [403, 403, 403, 403, 302]
        assert statuses(client, address, asked.supervisor) == [405]
    asked.refresh_from_db()
    assert asked.state == EnrolmentState.REQUESTED


def test_an_officer_does_not_approve_their_own_request(client, course, department, agency_officer):
    agency_officer.agency = department
    agency_officer.save()
    supervisor = make_person(agency=department)
    own = enrol(
        open_round(course, needs_approval=True), agency_officer, supervisor=supervisor, now=timezone.now()
    )
    client.force_login(agency_officer)
    assert client.post(reverse("enrollment:approve", args=[own.pk])).status_code == 403


def test_a_supervisor_approves_and_refuses(client, asked):
    client.force_login(asked.supervisor)
    assert client.post(reverse("enrollment:refuse", args=[asked.pk]), {"reason": ""}).status_code == 422
    client.post(reverse("enrollment:approve", args=[asked.pk]))
    asked.refresh_from_db()
    assert asked.state == EnrolmentState.ENROLLED
    assert client.post(reverse("enrollment:approve", args=[asked.pk])).status_code == 409


# -- The office -------------------------------------------------------------------------------------
def test_rounds_are_the_owners(
    client, course, department, agency_officer, other_agency_officer, administrator, learner
):
    round_ = open_round(course)
    who = (agency_officer, administrator, other_agency_officer, learner, None)
    for address in (
        reverse("enrollment:rounds", args=["KD10"]),
        reverse("enrollment:new-round", args=["KD10"]),
        reverse("enrollment:round", args=[round_.pk]),
        reverse("enrollment:change-round", args=[round_.pk]),
        reverse("enrollment:delete-round", args=[round_.pk]),
        reverse("enrollment:waiting", args=[round_.pk]),
    ):
        assert statuses(client, address, *who) == [200, 200, 403, 403, 302], address
    opened = reverse("enrollment:open-to-all", args=["KD10"])
    assert statuses(client, opened, other_agency_officer, learner, None, method="post") == [403, 403, 302]


def test_a_round_in_which_somebody_was_is_not_offered_to_be_deleted(client, course, agency_officer, learner):
    round_ = open_round(course)
    delete = reverse("enrollment:delete-round", args=[round_.pk])
    client.force_login(agency_officer)
    address = reverse("enrollment:round", args=[round_.pk])
    assert delete in client.get(address).text
    enrolments.withdraw(enrol(round_, learner, now=timezone.now()), now=timezone.now())
    assert delete not in client.get(address).text


def test_a_course_without_a_round_is_opened_with_one_click(client, course, agency_officer, learner):
    client.force_login(agency_officer)
    address = reverse("enrollment:open-to-all", args=["KD10"])
    assert address in client.get(reverse("enrollment:rounds", args=["KD10"])).text
    client.post(address)
    client.force_login(learner)
    client.post(reverse("enrollment:enrol", args=[CourseRound.objects.get().pk]))
    assert Enrolment.objects.get().state == EnrolmentState.ENROLLED


def round_form(**changes) -> dict[str, object]:
    return {
        "name": "2570/1",
        "opens_on": "1/1/2570",
        "opens_at": "08:30",
        "closes_on": "31/1/2570",
        "capacity": "๒๐".translate(str.maketrans("๐๒", "02")),
        "has_waiting_list": "on",
        "groups": [PersonnelGroup.CIVIL_SERVANT],
    } | changes


def test_a_round_is_made_and_changed_with_the_form(client, course, department, agency_officer):
    client.force_login(agency_officer)
    first = make_course("KD11")
    values = round_form(agencies=department.code.lower(), prerequisites="KD11")
    response = client.post(reverse("enrollment:new-round", args=["KD10"]), values)
    round_ = CourseRound.objects.get()
    assert response.url == reverse("enrollment:round", args=[round_.pk])
    assert timezone.localtime(round_.registration_opens_at).isoformat() == "2027-01-01T08:30:00+07:00"
    assert timezone.localtime(round_.registration_closes_at).isoformat() == "2027-01-31T23:59:00+07:00"
    assert (round_.capacity, list(round_.agencies.all()), list(round_.prerequisites.all())) == (
        20,
        [department],
        [first],
    )
    text = client.get(reverse("enrollment:change-round", args=[round_.pk])).text
    assert 'value="1/1/2570"' in text
    client.post(reverse("enrollment:change-round", args=[round_.pk]), round_form(closes_on="", closes_at=""))
    round_.refresh_from_db()
    assert round_.registration_closes_at is None
    assert not round_.agencies.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"closes_on": "31/12/2569"}, "หลัง"),
        ({"closes_on": "", "closes_at": "10:00"}, "เมื่อระบุเวลาต้องระบุวันด้วย"),
        ({"agencies": "NOPE"}, "ไม่พบรหัส: NOPE"),
        ({"groups": ["kings"]}, ""),
        ({"opens_on": "1/1/2027"}, ""),
        ({"capacity": "0"}, ""),
    ],
)
def test_a_round_that_makes_no_sense_is_refused(client, course, agency_officer, changes, said):
    client.force_login(agency_officer)
    response = client.post(reverse("enrollment:new-round", args=["KD10"]), round_form(**changes))
    assert response.status_code == 422
    assert said in response.text
    assert not CourseRound.objects.exists()


def test_the_waiting_list_shows_who_is_next(client, course, agency_officer, learner, outsider):
    round_ = open_round(course, capacity=1)
    enrol(round_, learner, now=timezone.now())
    enrol(round_, outsider, now=timezone.now())
    text = page(client, agency_officer, reverse("enrollment:waiting", args=[round_.pk]))
    assert outsider.full_name in text
    assert learner.full_name not in text


def test_staff_of_an_agency_sees_its_requests(client, asked, agency_officer):
    assert agency_officer.has_role(Role.AGENCY_OFFICER)
    assert asked.person.full_name in page(client, agency_officer, reverse("enrollment:approvals"))
    assert "คำขอที่รอการอนุมัติ" in page(client, agency_officer, "/staff/")


def test_my_courses_say_where_they_were_left(client, learner, outsider):
    round_ = make_round(make_taught(text("ข้อมูลใดเปิดได้")))
    enrol(round_, outsider)
    registration = learning(enrol(round_, learner))
    unit = registration.version.topics.get().units.get()
    client.force_login(learner)
    client.get(reverse("player:unit", args=[registration.pk, unit.pk]))
    for where in ("enrollment:mine", "portal:my"):
        page = client.get(reverse(where)).text
        assert page.count("ล่าสุด: ข้อมูลใดเปิดได้") == 1, where


def test_every_field_of_a_round_has_a_name_of_its_own():
    # Four fields called "at" are told from each other by nobody who hears them.
    labels = [str(field.label) for field in RoundForm.base_fields.values()]
    assert len(set(labels)) == len(labels)
