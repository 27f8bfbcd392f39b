"""Thai dates, numbers and durations as text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from learning import thai


def test_a_date_is_written_in_the_buddhist_era():
    assert thai.date_text(dt.date(2026, 11, 21)) == "21 พฤศจิกายน 2569"


def test_a_short_date_keeps_four_digits_of_the_year():
    assert thai.date_text(dt.date(2026, 11, 21), short=True) == "21 พ.ย. 2569"


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_a_long_and_a_short_name(month):
    long = thai.date_text(dt.date(2026, month, 1)).split()[1]
    short = thai.date_text(dt.date(2026, month, 1), short=True).split()[1]
    assert long[0] == short[0]
    assert short.endswith(".")
    assert not long.endswith(".")


def test_the_leap_day_exists_in_the_buddhist_year_of_a_leap_year():
    assert thai.date_text(dt.date(2028, 2, 29)) == "29 กุมภาพันธ์ 2571"


def test_a_time_is_written_with_a_dot_and_two_digits_each():
    assert thai.time_text(dt.time(9, 5)) == "09.05 น."


def test_a_date_with_time_reads_as_a_sentence():
    at = dt.datetime(2026, 1, 2, 16, 30, tzinfo=dt.UTC)
    assert thai.datetime_text(at) == "2 มกราคม 2569 เวลา 16.30 น."
    assert thai.datetime_text(at, short=True) == "2 ม.ค. 2569 16.30 น."


def test_eras_convert_both_ways():
    assert thai.buddhist_year(2023) == 2566
    assert thai.common_year(2566) == 2023


def test_digits_become_thai_and_nothing_else_does():
    assert thai.to_thai_numerals("มาตรา 9/1, 2540") == "มาตรา ๙/๑, ๒๕๔๐"


def test_digits_in_markup_change_only_where_a_reader_sees_them():
    markup = '<h2 id="s24">มาตรา 24</h2> &#39;1&#39; &amp; 2'
    assert thai.to_thai_numerals_in_markup(markup) == '<h2 id="s24">มาตรา ๒๔</h2> &#39;๑&#39; &amp; ๒'


def test_thai_digits_typed_by_a_person_become_arabic():
    assert thai.to_arabic_numerals("๑๒๓๔๕๖๗๘๙๐") == "1234567890"


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (339883, None, "339,883"),
        (0, None, "0"),
        (-1737, None, "-1,737"),
        (Decimal("36.5"), 2, "36.50"),
        (Decimal("1234.5"), None, "1,234.5"),
        (1.005, 1, "1.0"),
    ],
)
def test_numbers_have_thousands_separators(value, places, text):
    assert thai.number_text(value, places) == text


@pytest.mark.parametrize(
    ("span", "thai_text", "english_text"),
    [
        (dt.timedelta(minutes=90), "1 ชั่วโมง 30 นาที", "1 hour 30 minutes"),
        (dt.timedelta(days=2, seconds=1), "2 วัน 1 วินาที", "2 days 1 second"),
        (dt.timedelta(seconds=59.6), "1 นาที", "1 minute"),
        (dt.timedelta(0), "0 วินาที", "0 seconds"),
        (dt.timedelta(seconds=-5), "0 วินาที", "0 seconds"),
    ],
)
def test_durations_name_only_the_units_they_have(span, thai_text, english_text):
    assert thai.duration_text(span) == thai_text
    assert thai.english_duration_text(span) == english_text
