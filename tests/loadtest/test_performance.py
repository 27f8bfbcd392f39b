"""The page of figures is written from reports, and says what was not measured."""

from __future__ import annotations

import pytest

from loadtest.performance import PAGE, embedded, fill, latencies, use
from loadtest.tables import table

from .reports import DAY


def test_response_times_stand_by_phase_with_those_of_the_service():
    text = latencies(DAY)
    assert "| steady | 6,000 | 0 | 1 | 2 | 30 | 4 | 12 |" in text
    assert "| last | 2,000 | 2 | 1 | 2 | 200 | 4 | – |" in text


def test_every_process_stands_below_the_groups():
    text = use(DAY)
    assert "| service | 10 | 6 | 100 |" in text
    assert "| · service 2 | 4 |  | 45 |" in text


def test_what_has_not_run_is_not_measured():
    assert [part(None) for part in (latencies, use)] == ["Not measured."] * 2


def test_a_day_on_sqlite_is_told_in_a_sentence():
    assert embedded(None) == "Not measured (`make loadtest DB=sqlite`)."
    text = embedded(DAY | {"acknowledged": 2000, "minutes": 1})
    assert text.startswith(
        "1,000 seats, 1 min of answering (10.0 times as busy a seat as in a full day): 2,000 "
    )
    assert "p99 while answering 30 ms as Locust saw it, 12 ms in the service. 2026-11-21, `python" in text


def test_a_table_is_markdown():
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_parts_are_replaced_and_the_rest_of_the_page_stays():
    page = "a\n<!-- x -->\nold\n<!-- end x -->\nb\n"
    assert fill(page, {"x": "new"}) == "a\n<!-- x -->\nnew\n<!-- end x -->\nb\n"
    assert fill(fill(page, {"x": "new"}), {"x": "newer"}).count("new") == 1
    with pytest.raises(ValueError, match="no part y"):
        fill(page, {"y": "new"})


def test_the_page_has_every_part():
    page = PAGE.read_text(encoding="utf-8")
    fill(page, dict.fromkeys(("promises", "latencies", "use", "sqlite", "sizing"), ""))
