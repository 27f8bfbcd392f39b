"""Figures of courses and rounds, what surveys say without saying who, and the lists."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from courses.player.models import Purpose, Registration, SurveyResponse
from enrollment.models import Job
from enrollment.services import completion, enrolments, figures, jobs
from learning.people.models import Role
from learning.spreadsheets import read_table
from learning.thai import typed_date
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON, make_agency, published_version
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
from tests.exams.knowledge.pages import statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(department):
    return make_taught(
        quiz("pre"), text(), quiz("post"), survey(is_required=False), code="KD10", owner=department
    )


def reply(round_, number: int, **answers) -> None:
    """Somebody new answers the survey, in the order of the numbers."""
    registration = learning(enrol(round_, make_person()))
    answered(registration, units(round_.course)[-1], **answers)
    SurveyResponse.objects.filter(registration=registration).update(
        submitted_at=NOON + timedelta(minutes=number)
    )


# -- Counting ---------------------------------------------------------------------------------------
def test_persons_are_counted_by_where_they_are(course):
    first = make_round(course, capacity=3)
    second = make_round(course)
    seated = [enrol(first, make_person()) for _number in range(3)]
    enrol(first, make_person())
    enrolments.withdraw(enrol(second, make_person()), now=NOON)
    completion.complete([seated[0].pk], now=NOON)
    Registration.objects.filter(pk=learning(seated[0]).pk).update(last_active_at=NOON)
    Registration.objects.filter(pk=learning(seated[1]).pk).update(last_active_at=NOON - timedelta(days=29))
    Registration.objects.filter(pk=learning(seated[2]).pk).update(last_active_at=NOON - timedelta(days=31))
    found = figures.of_course(course, now=NOON)
    counts = found.total.counts
    assert counts == figures.Counts(enrolled=3, active=2, completed=1, waiting=1, withdrawn=1)
    assert counts.percent == Decimal(100) / 3
    assert (found.rounds[first.pk].counts.enrolled, found.rounds[second.pk].counts.withdrawn) == (3, 1)
    assert figures.by_course([course], now=NOON)[course.pk] == counts


def test_who_left_is_not_active(course):
    round_ = make_round(course)
    for number in range(3):
        enrolment = enrol(round_, make_person())
        Registration.objects.filter(pk=learning(enrolment).pk).update(last_active_at=NOON)
        if number:
            enrolments.withdraw(enrolment, now=NOON)
    counts = figures.of_course(course, now=NOON).total.counts
    assert counts == figures.Counts(enrolled=1, active=1, withdrawn=2)
    assert figures.by_course([course], now=NOON)[course.pk] == counts


def test_results_before_and_after(course):
    round_ = make_round(course)
    pre, _read, post, _asked = units(course)
    for before, after in (("0.2", "0.6"), ("0.4", "1"), ("0.3", None)):
        registration = learning(enrol(round_, make_person()))
        did(registration, pre, score=before, seconds=60)
        if after:
            did(registration, post, score=after, seconds=120)
    enrol(round_, make_person())
    other = make_round(course)
    did(learning(enrol(other, make_person())), pre, score="0.9")
    found = figures.of_course(course, now=NOON)
    of_round = found.rounds[round_.pk]
    first, second = of_round.before, of_round.after
    assert (first.takers, first.mean, first.lowest, first.highest) == (
        3,
        Decimal(30),
        Decimal(20),
        Decimal(40),
    )
    assert (second.takers, second.mean) == (2, Decimal(80))
    assert of_round.time.mean == timedelta(seconds=140)
    assert found.rounds[other.pk].after == figures.Score()
    total = found.total.before
    assert (total.takers, total.mean, total.highest) == (4, Decimal(45), Decimal(90))
    assert found.total.time == figures.Time(3, 420)


def test_a_preview_is_nobodys_result(course, agency_officer):
    preview = Registration.objects.create(
        person=agency_officer, version=published_version(course), purpose=Purpose.PREVIEW
    )
    did(preview, units(course)[0], score="1", seconds=60)
    make_round(course)
    assert figures.of_course(course, now=NOON).total == figures.Figures()


def test_where_many_learn_what_was_counted_stands_for_a_while(course, client, agency_officer, monkeypatch):
    monkeypatch.setattr(figures, "MANY", 2)
    cache.clear()
    round_ = make_round(course)
    counted = []
    for _number in range(4):
        enrol(round_, make_person())
        counted.append(figures.of_course(course, now=NOON).total.counts.enrolled)
    assert counted == [1, 2, 2, 2]
    client.force_login(agency_officer)
    assert "นับเมื่อ" in client.get(reverse("enrollment:figures", args=["KD10"])).text
    cache.clear()
    # What takes long is said before it begins.
    address = reverse("enrollment:figures", args=["KD10"])
    asked = {"round": str(round_.pk)}
    page = client.get(address, asked).text
    assert "กำลังนับสถิติ" in page
    assert f'hx-get="?round={round_.pk}&amp;count=1"' in page
    assert "นับเมื่อ" in client.get(address, asked | {"count": "1"}).text
    assert "นับเมื่อ" in client.get(address, asked).text
    cache.clear()
    assert figures.of_course(course, now=NOON).total.counts.enrolled == 4
    cache.clear()


# -- Surveys ----------------------------------------------------------------------------------------
def test_below_five_answers_nothing_is_shown(course):
    round_ = make_round(course)
    for number in range(4):
        reply(round_, number, use=1, say="ลับ")
    (shown,) = figures.surveys(course)
    assert (shown.shown, shown.answers) == (0, [])


def test_from_five_on_it_is_shown_without_names_and_without_the_order_of_coming(course):
    round_ = make_round(course)
    for number, say in enumerate(["ดี", "ก", "", "ข", "ค"]):
        reply(round_, number, use=5 if number else 1, say=say)
    (shown,) = figures.surveys(course)
    scale, comments = shown.answers
    assert [count for _step, count, _percent in scale.steps] == [4, 0, 0, 0, 1]
    assert scale.mean == Decimal("4.2")
    assert comments.comments == ["ก", "ข", "ค", "ดี"]


def test_the_sixth_answer_waits_for_the_tenth(course):
    """Otherwise whoever reads the page before and after knows what the sixth person said."""
    first, second = make_round(course), make_round(course)
    for number in range(5):
        reply(first, number, use=5)
    before = figures.surveys(course)[0].answers
    for number in range(5, 9):
        reply(second, number, use=1, say="ระบุตัวได้")
        assert figures.surveys(course)[0].answers == before
    reply(second, 9, use=1)
    assert figures.surveys(course)[0].shown == 10


def test_whoever_answers_in_five_rounds_is_not_five_persons(course, agency_officer):
    """An officer makes the rounds: with four answers of their own the fifth would be somebody's alone."""
    for _number in range(4):
        own = enrol(make_round(course), agency_officer)
        answered(learning(own), units(course)[-1], use=1)
        enrolments.withdraw(own, now=NOON)
    reply(make_round(course), 9, use=5, say="ลับ")
    (shown,) = figures.surveys(course)
    assert (shown.shown, shown.answers) == (0, [])
    for number in range(10, 13):
        reply(make_round(course), number, use=5)
    (shown,) = figures.surveys(course)
    assert [count for _step, count, _percent in shown.answers[0].steps] == [4, 0, 0, 0, 1]


def test_a_question_that_fewer_than_five_answered_is_not_shown(course, client, agency_officer):
    round_ = make_round(course)
    for number in range(4):
        reply(round_, number, use=1)
    reply(round_, 4, say="ดี")
    (shown,) = figures.surveys(course)
    scale, comments = shown.answers
    assert (scale.steps, scale.mean, comments.comments) == ([], None, ["ดี"])
    client.force_login(agency_officer)
    assert "คำตอบยังน้อยเกินกว่าจะแสดงได้" in client.get(reverse("enrollment:figures", args=["KD10"])).text


def test_the_ends_of_the_scale_are_named(course, client, agency_officer):
    for number in range(5):
        reply(make_round(course), number, use=4)
    client.force_login(agency_officer)
    page = client.get(reverse("enrollment:figures", args=["KD10"])).text
    for said in ("5 มากที่สุด", "1 น้อยที่สุด", "จำนวนคน"):
        assert said in page, said


def test_what_two_wrote_stands_twice(course):
    round_ = make_round(course)
    for number in range(5):
        reply(round_, number, use=5, say="ดี" if number < 2 else "")
    (shown,) = figures.surveys(course)
    assert shown.answers[1].comments == ["ดี", "ดี"]


def test_answers_at_the_same_moment_are_told_apart(course):
    round_ = make_round(course)
    for _number in range(7):
        reply(round_, 0, use=3)
    (shown,) = figures.surveys(course)
    assert [count for _step, count, _percent in shown.answers[0].steps] == [0, 0, 5, 0, 0]


class WhatIsShownNeverTellsFewerThanFiveApart(TestCase):
    @settings(max_examples=25)
    @given(values=st.lists(st.integers(1, 5), max_size=13))
    def test_every_difference_between_two_days_is_five_answers_or_none(self, values):
        make_agency()
        round_ = make_round(make_taught(survey()))
        seen = 0
        for number, value in enumerate(values):
            reply(round_, number, use=value)
            (shown,) = figures.surveys(round_.course)
            total = sum(count for _step, count, _percent in shown.answers[0].steps) if shown.answers else 0
            assert total - seen in {0, 5}
            assert total <= number + 1 < total + 5
            seen = total


# -- Pages ------------------------------------------------------------------------------------------
def test_figures_are_the_owners(client, course, agency_officer, administrator, other_agency_officer, learner):
    round_ = make_round(course)
    address = reverse("enrollment:figures", args=["KD10"])
    who = (agency_officer, administrator, other_agency_officer, learner, None)
    assert statuses(client, address, *who) == [200, 200, 403, 403, 302]
    assert statuses(client, f"{address}?round={round_.pk}", agency_officer) == [200]
    assert statuses(client, f"{address}?round=999999", agency_officer) == [404]
    assert statuses(client, reverse("enrollment:courses"), *who) == [200, 200, 200, 403, 302]
    export = reverse("enrollment:export", args=["KD10"])
    assert statuses(client, export, other_agency_officer, learner, None, method="post") == [403, 403, 302]


def test_an_officer_lists_only_courses_of_the_agency(client, course, other_agency_officer, agency_officer):
    address = reverse("enrollment:courses")
    client.force_login(other_agency_officer)
    assert "KD10" not in client.get(address).text
    client.force_login(agency_officer)
    assert "KD10" in client.get(address).text


def test_pages_cost_the_same_however_many_learn(client, course, agency_officer, django_assert_num_queries):
    client.force_login(agency_officer)
    addresses = [reverse("enrollment:figures", args=["KD10"]), reverse("enrollment:courses")]
    round_ = make_round(course)
    for number in range(5):
        reply(round_, number, use=5)
    counts = []
    for address in addresses:
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        counts.append(len(captured))
    more = make_round(course)
    for number in range(7):
        reply(more, number, use=4)
    for address, count in zip(addresses, counts, strict=True):
        with django_assert_num_queries(count):
            client.get(address)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_list_is_written_by_a_job_and_given_to_who_asked(
    client, course, agency_officer, kind, django_capture_on_commit_callbacks, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    round_ = make_round(course)
    enrolment = enrol(round_, make_person(first_name="=SUM(A1)"))
    did(learning(enrolment), units(course)[2], score="0.75", seconds=120)
    completion.complete([enrolment.pk], now=timezone.now())
    enrol(make_round(course), make_person())
    client.force_login(agency_officer)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("enrollment:export", args=["KD10"]), {"round": round_.pk, "format": kind})
    job = Job.objects.get()
    assert (job.done, job.total, job.result) == (1, 1, 1)
    address = reverse("enrollment:job-file", args=[job.pk])
    assert address in client.get(reverse("enrollment:job", args=[job.pk])).text
    response = client.get(address)
    path = tmp_path / "got"
    path.write_bytes(b"".join(response.streaming_content))
    with path.open("rb") as got:
        table = read_table(got, f"got.{kind}", max_rows=10, max_bytes=10**6)
        (row,) = [row for _number, row in table.rows]
    assert row["ชื่อ"].endswith("=SUM(A1) ระบบ")
    assert (row["สถานะ"], float(row["หลังเรียน (ร้อยละ)"])) == ("เรียนจบแล้ว", 75)
    assert row["เวลาเรียนที่นับได้ (นาที)"] == "2"
    enrolled_on = typed_date(timezone.localdate(enrolment.enrolled_at))
    assert (row["วันที่ลงทะเบียน"], row["เรียนจบเมื่อ"]) == (enrolled_on, typed_date(timezone.localdate()))
    assert enrolment.person.national_id not in str(row)
    assert statuses(client, address, make_person(roles=[(Role.ADMINISTRATOR, None)]), None) == [403, 302]


def test_a_job_that_has_not_begun_counts_nothing_yet(client, course, agency_officer):
    job = Job.objects.create(kind="export", course=course, asked_by=agency_officer, format="csv")
    client.force_login(agency_officer)
    address = reverse("enrollment:job", args=[job.pk])
    assert "เสร็จแล้ว" not in client.get(address).text
    Job.objects.update(state="working", total=3, done=1)
    assert "เสร็จแล้ว 1 จาก 3 รายการ" in client.get(address).text


def test_a_list_of_learners_is_out_of_reach_for_who_was_officer_when_asking(
    client, course, department, agency_officer, django_capture_on_commit_callbacks, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(agency_officer)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("enrollment:export", args=["KD10"]), {"format": "csv"})
    addresses = [reverse(f"enrollment:{name}", args=[Job.objects.get().pk]) for name in ("job", "job-file")]
    assert client.get(addresses[0]).status_code == 200
    assert b"".join(client.get(addresses[1]).streaming_content)
    agency_officer.role_grants.all().delete()
    assert [client.get(address).status_code for address in addresses] == [403, 403]


@pytest.fixture
def written(client, course, agency_officer, django_capture_on_commit_callbacks, settings, tmp_path) -> Job:
    """A list that the officer had written."""
    settings.MEDIA_ROOT = tmp_path
    client.force_login(agency_officer)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("enrollment:export", args=["KD10"]), {"round": make_round(course).pk, "format": "csv"}
        )
    return Job.objects.get()


def test_a_list_is_removed_when_it_was_kept_long_enough(client, written, settings, tmp_path):
    settings.LISTS_KEPT = timedelta(days=3)
    page, file = (reverse(f"enrollment:{name}", args=[written.pk]) for name in ("job", "job-file"))
    assert "ระบบจะลบไฟล์หลังวันที่" in client.get(page).text
    now = timezone.now()
    assert jobs.remove_old_lists(now=now + timedelta(days=2)) == 0
    assert b"".join(client.get(file).streaming_content)
    assert jobs.remove_old_lists(now=now + timedelta(days=3, minutes=1)) == 1
    assert not list((tmp_path / "enrolment-lists").iterdir())
    assert jobs.remove_old_lists(now=now + timedelta(days=9)) == 0
    assert client.get(file, follow=True).redirect_chain == [(page, 302)]
    text = client.get(page).text
    assert file not in text
    assert "จัดทำรายชื่อใหม่" in text


def test_a_list_that_was_removed_is_written_again(client, written, django_capture_on_commit_callbacks):
    jobs.remove_old_lists(now=timezone.now() + timedelta(days=99))
    form = {"round": written.round_id, "format": written.format}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("enrollment:export", args=["KD10"]), form)
    again = Job.objects.exclude(pk=written.pk).get()
    assert (again.round_id, again.format, bool(again.file)) == (written.round_id, "csv", True)


def test_what_a_job_left_that_died_is_removed_too(written, tmp_path):
    (tmp_path / "enrolment-lists" / "half.csv").write_text("ชื่อ", "utf-8")
    written.delete()
    assert jobs.remove_old_lists(now=timezone.now() + timedelta(days=8)) == 2
    assert not list((tmp_path / "enrolment-lists").iterdir())


def test_where_no_list_was_ever_written_nothing_is_removed(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    assert jobs.remove_old_lists(now=timezone.now()) == 0
