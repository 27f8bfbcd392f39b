"""When sittings end, as functions of the window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from exams.knowledge.timing import deadline, preview

OPEN = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_starter_at_the_opening_has_the_full_time():
    assert deadline(OPEN, HOUR, OPEN + 8 * HOUR) == OPEN + HOUR


def test_a_late_starter_ends_with_the_round():
    assert deadline(OPEN + 7.5 * HOUR, HOUR, OPEN + 8 * HOUR) == OPEN + 8 * HOUR


def test_the_preview_shows_first_last_full_and_late_starters():
    first, last_full, late = preview(OPEN, OPEN + 8 * HOUR, HOUR)
    assert (first.start, first.end, first.is_cut_short) == (OPEN, OPEN + HOUR, False)
    assert (last_full.start, last_full.minutes, last_full.is_cut_short) == (OPEN + 7 * HOUR, 60, False)
    assert (late.start, late.minutes, late.is_cut_short) == (OPEN + 7.5 * HOUR, 30, True)


def test_in_a_window_shorter_than_the_test_the_first_line_says_so():
    assert preview(OPEN, OPEN + HOUR / 2, HOUR)[0].is_cut_short


@given(st.integers(0, 10_000), st.integers(1, 600), st.integers(1, 10_000))
def test_nobody_sits_past_the_close_or_longer_than_the_time(after, minutes, window):
    start, closes = OPEN + timedelta(minutes=after), OPEN + timedelta(minutes=after + window)
    end = deadline(start, timedelta(minutes=minutes), closes)
    assert start < end <= closes
    assert end - start <= timedelta(minutes=minutes)
