"""The page that says why, the officer's grant, and the job that weighs everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from certificates.models import Certificate
from courses.catalogue.services.versions import UnitPlan
from courses.player.models import Registration
from courses.player.services import attempts
from enrollment.models import Enrolment, EnrolmentState, Job, JobKind, JobState
from enrollment.services import jobs
from tests.conftest import make_person
from tests.enrollment.factories import (
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
from tests.exams.knowledge.pages import statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(department):
    parts = (text("อ่านพระราชบัญญัติ", min_seconds=120), quiz("post"), survey(is_required=False))
    return make_taught(
        *parts, code="KD10", owner=department, min_minutes=90, test_mark="0.60", needs_survey=True
    )


@pytest.fixture
def enrolment(course, learner):
    return enrol(make_round(course), learner, now=timezone.now())


def test_every_missing_thing_is_named(client, enrolment, learner):
    read, post, _asked = units(enrolment.course)
    did(learning(enrolment), read, completed=False, seconds=61)
    did(learning(enrolment), post, passed=False, score="0.4")
    client.force_login(learner)
    page = client.get(reverse("enrollment:progress", args=[enrolment.pk])).text
    for said in (
        "อ่านพระราชบัญญัติ",
        "1 นาที 1 วินาที จากอย่างน้อย 2 นาที",
        "ต้องได้คะแนนร้อยละ 60",
        "ร้อยละ 40",
        "ยังไม่ได้ตอบแบบประเมินนี้",
        "จากอย่างน้อย 1 ชั่วโมง 30 นาที",
    ):
        assert said in page, said


def test_a_mark_that_is_not_quite_reached_does_not_read_as_if_it_were(client, enrolment, learner):
    did(learning(enrolment), units(enrolment.course)[1], passed=False, score="0.5960")
    client.force_login(learner)
    page = client.get(reverse("enrollment:progress", args=[enrolment.pk])).text
    assert "ร้อยละ 60" in page
    assert "ร้อยละ 59" in page


def test_a_pre_test_is_none_of_the_lessons_that_are_counted(client, learner, department):
    course = make_taught(quiz("pre"), text("หนึ่ง"), text("สอง"), code="KD13", owner=department)
    registration = learning(enrol(make_round(course), learner))
    for unit in units(course)[:2]:
        did(registration, unit)
    client.force_login(learner)
    for address in (reverse("enrollment:mine"), reverse("player:outline", args=[registration.pk])):
        assert "เรียนจบแล้ว 1 จาก 2 บทเรียน" in client.get(address).text


def test_a_survey_that_is_a_required_unit_is_called_one(client, learner, department):
    enrolment = enrol(make_round(make_taught(survey(), code="KD12", owner=department)), learner)
    client.force_login(learner)
    page = client.get(reverse("enrollment:progress", args=[enrolment.pk])).text
    assert "ยังไม่ได้ตอบแบบประเมินนี้" in page


def test_why_says_when_the_time_is_over_or_has_not_begun(client, enrolment, learner):
    client.force_login(learner)
    address, now = reverse("enrollment:progress", args=[enrolment.pk]), timezone.now()
    for opens, closes, said, asks in (
        (None, now - timedelta(days=1), "หมดเวลาเรียน", True),
        (now + timedelta(days=1), None, "บทเรียนเปิด ", False),
        (None, now + timedelta(days=1), "ยังไม่ได้ตอบแบบประเมินนี้", False),
    ):
        Registration.objects.update(opens_at=opens, closes_at=closes)
        page = client.get(address).text
        assert said in page, said
        assert ("หน่วยงานเจ้าของรายวิชาว่าขยายเวลา" in page) is asks


def test_a_test_that_was_never_taken_has_no_result(client, enrolment, learner):
    client.force_login(learner)
    page = client.get(reverse("enrollment:progress", args=[enrolment.pk])).text
    assert "แบบทดสอบหลังเรียนต้องได้คะแนนร้อยละ 60 ท่านยังไม่ได้ทำแบบทดสอบนี้" in page
    assert "คะแนนที่ดีที่สุดของท่าน" not in page


def test_who_has_no_try_left_is_told_whom_to_ask(client, learner, department):
    item = {"stem": "ข้อใดถูก", "options": ["ก", "ข"], "key": 0}
    content = {"items": [item], "role": "post", "tries": 2}
    course = make_taught(UnitPlan("test", "แบบทดสอบหลังเรียน", content=content), code="KD14", owner=department)
    enrolment = enrol(make_round(course), learner, now=timezone.now())
    [post] = units(course)
    client.force_login(learner)
    address = reverse("enrollment:progress", args=[enrolment.pk])
    said = f"โปรดสอบถาม{department.name_th} ซึ่งเป็นหน่วยงานเจ้าของรายวิชาว่าจะเรียนให้จบได้อย่างไร"
    for is_told in (False, True):
        attempts.submit(attempts.start(learning(enrolment), post, now=timezone.now()), now=timezone.now())
        assert (said in client.get(address).text) is is_told
        assert (
            said in client.get(reverse("player:unit", args=[enrolment.registration_id, post.pk])).text
        ) is is_told


@pytest.mark.parametrize(
    ("score", "said"),
    [("0.4", "ยังไม่ผ่านแบบทดสอบในบทเรียนนี้ ผลที่ดีที่สุดของท่านคือร้อยละ 40"), (None, "ยังไม่ผ่านแบบทดสอบในบทเรียนนี้")],
)
def test_a_lesson_that_was_failed_says_so(client, learner, department, score, said):
    course = make_taught(text("ชุดบทเรียน"), code="KD11", owner=department)
    enrolment = enrol(make_round(course), learner, now=timezone.now())
    [lesson] = units(course)
    did(learning(enrolment), lesson, completed=False, passed=False, score=score)
    client.force_login(learner)
    page = client.get(reverse("enrollment:progress", args=[enrolment.pk])).text
    assert said in page
    assert "ยังไม่จบบทเรียนนี้" not in page


def test_checking_again_completes_once_everything_is_there(client, enrolment, learner):
    address = reverse("enrollment:progress", args=[enrolment.pk])
    client.force_login(learner)
    assert "ตรวจแล้ว" in client.post(address, follow=True).text
    enrolment.course.versions.get().completion_rule.delete()
    read, post, _asked = units(enrolment.course)
    did(learning(enrolment), read)
    did(learning(enrolment), post, passed=True)
    page = client.post(address, follow=True).text
    certificate = Certificate.objects.get()
    assert Enrolment.objects.get().certificate == certificate
    assert reverse("certificates:download", args=[certificate.pk]) in page
    assert client.get(reverse("certificates:download", args=[certificate.pk])).content.startswith(b"%PDF")
    assert client.post(address).status_code == 409


def test_why_is_the_learners_alone(client, enrolment, learner, outsider, agency_officer):
    address = reverse("enrollment:progress", args=[enrolment.pk])
    assert statuses(client, address, learner, outsider, agency_officer, None) == [200, 403, 403, 302]
    assert statuses(client, address, outsider, agency_officer, None, method="post") == [403, 403, 302]


# -- Officers ---------------------------------------------------------------------------------------
def test_a_grant_is_the_course_officers_and_never_for_oneself(
    client, enrolment, learner, agency_officer, other_agency_officer, administrator
):
    address = reverse("enrollment:decide", args=[enrolment.pk])
    who = (agency_officer, administrator, other_agency_officer, learner, None)
    assert statuses(client, address, *who) == [200, 200, 403, 403, 302]
    own = enrol(enrolment.round, agency_officer, now=timezone.now())
    assert statuses(client, reverse("enrollment:decide", args=[own.pk]), agency_officer, method="post") == [
        403
    ]


def test_an_officer_finds_a_learner_and_grants(client, enrolment, learner, agency_officer):
    client.force_login(agency_officer)
    people = reverse("enrollment:people", args=[enrolment.round_id])
    assert learner.full_name in client.get(people, {"q": learner.first_name, "state": "enrolled"}).text
    assert learner.full_name not in client.get(people, {"state": "waiting"}).text
    address = reverse("enrollment:decide", args=[enrolment.pk])
    for wrong in ({"what": "all", "reason": ""}, {"reason": "เทียบโอน"}, {"what": "0", "reason": "เทียบโอน"}):
        assert client.post(address, wrong).status_code == 422
    assert client.post(address, {"what": "all", "reason": "เทียบโอน"}).status_code == 302
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.grant_reason) == (EnrolmentState.COMPLETED, "เทียบโอน")


def test_a_waiver_is_read_by_the_learner_and_the_rest_is_still_asked(
    client, enrolment, learner, agency_officer
):
    read, _post, _asked = units(enrolment.course)
    address = reverse("enrollment:decide", args=[enrolment.pk])
    client.force_login(agency_officer)
    assert "เวลาเรียน" in client.get(address).text
    for what in (str(read.pk), "time"):
        response = client.post(address, {"what": what, "reason": "อบรมในห้องเรียน"}, follow=True)
        assert f"ยกเว้นข้อกำหนดนี้ให้ {learner.full_name} แล้ว" in response.text
    assert client.post(address, {"what": "time", "reason": "อีกครั้ง"}).status_code == 422
    client.force_login(learner)
    page = client.get(reverse("enrollment:progress", args=[enrolment.pk]))
    assert [each.lack for each in page.context["missing"]] == ["test", "survey"]
    assert page.text.count("อบรมในห้องเรียน") == 2
    assert "ข้อกำหนดที่ได้รับยกเว้น" in page.text


def test_the_list_of_learners_is_the_course_officers(client, enrolment, agency_officer, learner, outsider):
    people = reverse("enrollment:people", args=[enrolment.round_id])
    assert statuses(client, people, agency_officer, learner, outsider, None) == [200, 403, 403, 302]


@pytest.mark.parametrize("count", [1, 9])
def test_a_list_of_many_learners_costs_as_many_queries(
    client, course, agency_officer, django_assert_num_queries, count
):
    round_ = make_round(course)
    for _number in range(count):
        enrol(round_, make_person(), now=timezone.now())
    client.force_login(agency_officer)
    # One for the keys in order of names, one for the rows of the page.
    with django_assert_num_queries(7):
        client.get(reverse("enrollment:people", args=[round_.pk]))


# -- The job ----------------------------------------------------------------------------------------
def test_weighing_a_course_is_a_job_that_one_watches(
    client, enrolment, agency_officer, other_agency_officer, django_capture_on_commit_callbacks
):
    enrolment.course.versions.get().completion_rule.delete()
    read, post, _asked = units(enrolment.course)
    did(learning(enrolment), read)
    did(learning(enrolment), post, passed=True)
    address = reverse("enrollment:weigh", args=["KD10"])
    assert statuses(client, address, other_agency_officer, enrolment.person, None, method="post") == [
        403,
        403,
        302,
    ]
    client.force_login(agency_officer)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(address)
    job = Job.objects.get()
    assert (job.state, job.result, job.done, job.total) == (JobState.DONE, 1, 1, 1)
    assert response.url == reverse("enrollment:job", args=[job.pk])
    assert "1 คน" in client.get(response.url).text
    assert statuses(client, response.url, other_agency_officer, None) == [403, 302]


def test_a_job_whose_worker_died_goes_on(client, enrolment, agency_officer):
    job = Job.objects.create(
        kind=JobKind.WEIGH, course=enrolment.course, asked_by=agency_officer, state=JobState.WORKING
    )
    client.force_login(agency_officer)
    address = reverse("enrollment:resume", args=[job.pk])
    client.post(address)
    job.refresh_from_db()
    assert job.state == JobState.WORKING
    Job.objects.update(progressed_at=timezone.now() - jobs.STALLED - timedelta(seconds=1))
    assert address in client.get(reverse("enrollment:job", args=[job.pk])).text
    client.post(address)
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_a_job_is_done_once(enrolment, agency_officer):
    job = Job.objects.create(kind=JobKind.WEIGH, course=enrolment.course, asked_by=agency_officer)
    jobs.run(str(job.pk))
    finished = Job.objects.get().progressed_at
    jobs.run(str(job.pk))
    assert Job.objects.get().progressed_at == finished
