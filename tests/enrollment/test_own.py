"""The training record, by fiscal year; the calendar file."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from enrollment import calendars
from enrollment.models import Enrolment
from enrollment.services import completion, record
from learning.spreadsheets import read_table
from learning.thai import typed_date
from tests.courses.catalogue.factories import NOON, make_course
from tests.enrollment.factories import DAY, enrol, learning, make_round
from tests.exams.knowledge.pages import statuses


# -- The fiscal year --------------------------------------------------------------------------------
def test_the_fiscal_year_begins_on_the_first_of_october_in_bangkok():
    begins, ends = record.window(2570)
    assert begins == datetime(2026, 9, 30, 17, tzinfo=UTC)
    assert ends == datetime(2027, 9, 30, 17, tzinfo=UTC)


@given(st.integers(0, 20 * 366 * 24))
def test_every_moment_lies_in_its_own_fiscal_year_alone(hours):
    at = NOON + timedelta(hours=hours)
    year = record.fiscal_year((at + timedelta(hours=7)).date())
    for each in (year - 1, year, year + 1):
        begins, ends = record.window(each)
        assert (begins <= at < ends) == (each == year)


# -- The record -------------------------------------------------------------------------------------
@pytest.fixture
def completed(learner) -> Enrolment:
    enrolment = enrol(make_round(make_course("KD10", hours="1.5")), learner)
    completion.complete([enrolment.pk], now=NOON)
    earlier = enrol(make_round(make_course("KD11", hours=3)), learner)
    completion.complete([earlier.pk], now=NOON - 365 * DAY)
    return enrolment


@pytest.mark.django_db
def test_a_record_adds_up_the_hours_of_a_year(client, completed, learner, outsider):
    client.force_login(learner)
    page = client.get(reverse("enrollment:record"), {"year": 2570}).text
    assert "ปีงบประมาณ พ.ศ. 2570 รวม 1.5 ชั่วโมง" in page
    assert "KD10" in page
    assert "KD11" not in page
    assert "KD11" in client.get(reverse("enrollment:record"), {"year": 2569}).text
    client.force_login(outsider)
    assert "KD10" not in client.get(reverse("enrollment:record"), {"year": 2570}).text


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_record_is_exported(client, completed, learner, kind):
    client.force_login(learner)
    response = client.get(reverse(f"enrollment:record-{kind}"), {"year": 2570})
    table = read_table(io.BytesIO(response.content), f"r.{kind}", max_rows=10, max_bytes=10**6)
    ((_number, row),) = table.rows
    assert (row["รหัส"], row["ชั่วโมง"]) == ("KD10", "1.5")
    assert row["เรียนจบเมื่อ"] == typed_date(timezone.localdate(NOON))


@pytest.mark.django_db
def test_a_year_that_is_none_is_not_found(client, learner):
    for address in ("record", "record-xlsx", "record-csv"):
        path = reverse(f"enrollment:{address}")
        assert statuses(client, path, learner, None) == [200, 302]
        for year in ("x", "99999", "-1", "๒๕๗๐"):
            assert statuses(client, f"{path}?year={year}", learner) == [404]


# -- The calendar -----------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_calendar_holds_opening_and_end_in_bangkok_time(client, learner, outsider, agency_officer):
    round_ = make_round(access_opens_at=NOON + DAY, access_closes_at=NOON + 9 * DAY)
    enrolment = enrol(round_, learner)
    address = reverse("enrollment:calendar", args=[enrolment.pk])
    assert statuses(client, address, learner, outsider, agency_officer, None) == [200, 403, 403, 302]
    client.force_login(learner)
    response = client.get(address)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    parsed = icalendar.Calendar.from_ical(response.content)
    opens, closes = (dict[str, Any](event) for event in parsed.walk("VEVENT"))
    assert opens["DTSTART"].dt == NOON + DAY
    assert opens["DTSTART"].params["TZID"] == "Asia/Bangkok"
    assert closes["DTEND"].dt == NOON + 9 * DAY
    assert round_.course.name in closes["SUMMARY"]
    assert closes["DESCRIPTION"] == f"รุ่น {round_.name}"
    assert [str(zone["TZID"]) for zone in parsed.walk("VTIMEZONE")] == ["Asia/Bangkok"]
    assert all(len(line) <= 75 for line in response.content.split(b"\r\n"))


@pytest.mark.django_db
def test_a_calendar_made_again_replaces_the_first_one(learner):
    enrolment = enrol(make_round(access_closes_at=NOON + 9 * DAY), learner)
    events = []
    for now in (NOON, NOON + DAY):
        content = calendars.calendar(enrolment, learning(enrolment), now=now)
        (event,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
        events.append(dict[str, Any](event))
    first, second = events
    assert first["UID"] == second["UID"]
    assert (first["DTSTAMP"].dt, second["DTSTAMP"].dt) == (NOON, NOON + DAY)


@pytest.mark.django_db
def test_without_dates_there_is_no_calendar(client, learner):
    enrolment = enrol(make_round(), learner)
    assert statuses(client, reverse("enrollment:calendar", args=[enrolment.pk]), learner) == [404]
