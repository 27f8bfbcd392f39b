"""Dates and times are typed as Thai offices write them."""

from __future__ import annotations

from datetime import date, time

import pytest
from django.core.exceptions import ValidationError

from exams.knowledge.fields import BuddhistDateField, ClockField


@pytest.mark.parametrize("typed", ["15/1/2570", "15-01-2570", " ๑๕/๑/๒๕๗๐ ", "15.1.2570"])
def test_a_buddhist_date_is_understood(typed):
    assert BuddhistDateField().clean(typed) == date(2027, 1, 15)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("พรุ่งนี้", "วัน/เดือน/ปี"),
        ("15/1/2027", "พ.ศ."),
        ("31/2/2570", "ไม่มีวันที่นี้"),
        ("2570-01-15", "วัน/เดือน/ปี"),
    ],
)
def test_what_is_wrong_with_a_date_is_said_in_thai(typed, said):
    with pytest.raises(ValidationError) as refused:
        BuddhistDateField().clean(typed)
    assert said in refused.value.messages[0]


def test_a_date_is_shown_in_the_way_it_is_typed():
    assert BuddhistDateField().prepare_value(date(2027, 1, 15)) == "15/1/2570"


@pytest.mark.parametrize(
    ("typed", "meant"), [("09:00", time(9)), ("16.30 น.", time(16, 30)), ("๙:๐๕", time(9, 5))]
)
def test_a_time_of_day_is_understood(typed, meant):
    assert ClockField().clean(typed) == meant


@pytest.mark.parametrize("typed", ["25:00", "9", "เช้า", "12:75"])
def test_a_time_that_cannot_be_is_refused(typed):
    with pytest.raises(ValidationError, match="09:00"):
        ClockField().clean(typed)
