"""The template filters: language, numerals and time zone of the request."""

from __future__ import annotations

import datetime as dt

import pytest
from django.template import engines
from django.utils import translation

from learning.portal import preferences

# 17:05 UTC is already the next day, five past midnight, in Bangkok.
LATE = dt.datetime(2026, 11, 20, 17, 5, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 21)


def draw(source: str, **context: object) -> str:
    return str(engines["django"].from_string(source).render(context))


@pytest.mark.parametrize(
    ("source", "thai", "english"),
    [
        ("{{ day|thai_date }}", "21 พฤศจิกายน 2569", "21 November 2026"),
        ("{{ day|thai_date:'short' }}", "21 พ.ย. 2569", "21 Nov 2026"),
        ("{{ at|thai_date }}", "21 พฤศจิกายน 2569", "21 November 2026"),
        ("{{ at|thai_datetime }}", "21 พฤศจิกายน 2569 เวลา 00.05 น.", "21 November 2026, 00:05"),
        ("{{ at|thai_datetime:'short' }}", "21 พ.ย. 2569 00.05 น.", "21 Nov 2026, 00:05"),
        ("{{ at|thai_time }}", "00.05 น.", "00:05"),
        ("{{ day|buddhist_year }}", "2569", "2026"),
        ("{{ 2023|buddhist_year }}", "2566", "2023"),
        ("{{ 339883|thai_number }}", "339,883", "339,883"),
        ("{{ 36.5|thai_number:2 }}", "36.50", "36.50"),
        ("{{ span|duration }}", "1 ชั่วโมง", "1 hour"),
        ("{{ 90|duration:'minutes' }}", "1 ชั่วโมง 30 นาที", "1 hour 30 minutes"),
        ("{{ 45|duration:'seconds' }}", "45 วินาที", "45 seconds"),
    ],
)
def test_a_filter_follows_the_language_of_the_page(source, thai, english):
    context = {"day": DAY, "at": LATE, "span": dt.timedelta(hours=1)}
    with translation.override("th"):
        assert draw(source, **context) == thai
    with translation.override("en"):
        assert draw(source, **context) == english


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ day|thai_date }}", "๒๑ พฤศจิกายน ๒๕๖๙"),
        ("{{ at|thai_datetime }}", "๒๑ พฤศจิกายน ๒๕๖๙ เวลา ๐๐.๐๕ น."),
        ("{{ 2023|buddhist_year }}", "๒๕๖๖"),
        ("{{ 1737|thai_number }}", "๑,๗๓๗"),
        ("{{ 90|duration:'minutes' }}", "๑ ชั่วโมง ๓๐ นาที"),
        ("{{ 'มาตรา 9'|thai_numerals }}", "มาตรา ๙"),
    ],
)
def test_every_filter_writes_thai_numerals_for_those_who_asked(source, text):
    with translation.override("th"), preferences.numerals("thai"):
        assert draw(source, day=DAY, at=LATE) == text


def test_an_english_page_keeps_arabic_numerals():
    with translation.override("en"), preferences.numerals("thai"):
        assert draw("{{ day|thai_date }}", day=DAY) == "21 November 2026"


@pytest.mark.parametrize("name", ["thai_date", "thai_datetime", "thai_time", "thai_number", "duration"])
def test_nothing_is_drawn_for_a_value_that_is_not_there(name):
    assert not draw(f"{{{{ missing|{name} }}}}")
    assert not draw(f"{{{{ value|{name} }}}}", value=None)


def test_text_with_markup_stays_escaped_after_a_filter():
    assert draw("{{ value|thai_numerals }}", value="<b>1</b>") == "&lt;b&gt;1&lt;/b&gt;"
