"""Filters, counts and orders over entries that were never in a database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.catalogue.folding import collation_key
from courses.catalogue.matching import text_of
from courses.catalogue.searching import Asked, Entry, Facet, Length, Sort, find, length_of

_keys = count(1)


def make_entry(
    name="วิชา", *, category="KD", hours="1.0", agencies=("01",), offered="here", day=1, name_en="", code="KD1"
):
    return Entry(
        key=next(_keys),
        fingerprint=uuid4(),
        text=text_of(code, [name, name_en], [], []),
        values={
            Facet.CATEGORY: (category,),
            Facet.HOURS: (length_of(Decimal(hours)),),
            Facet.OFFERED: (offered,),
            Facet.LANGUAGE: ("th",),
            Facet.AGENCY: tuple(agencies),
        },
        hours=Decimal(hours),
        published_at=datetime(2026, 1, day, tzinfo=UTC),
        name_th=collation_key(name),
        name_en=collation_key(name_en or name),
    )


def keys(*entries):
    return [entry.key for entry in entries]


def asked(text="", sort=None, **chosen):
    return Asked(text, {Facet(name): frozenset(values) for name, values in chosen.items()}, sort)


def test_of_one_filter_any_value_will_do_and_filters_add_up():
    a, b = make_entry(category="KD"), make_entry(category="DS")
    c = make_entry(category="DS", offered="partner")
    assert set(find([a, b, c], asked(category=["KD", "DS"])).keys) == set(keys(a, b, c))
    assert find([a, b, c], asked(category=["DS"], offered=["partner"])).keys == keys(c)


def test_counts_leave_their_own_filter_aside():
    entries = [
        make_entry(category="KD"),
        make_entry(category="DS"),
        make_entry(category="DS", offered="partner"),
    ]
    counts = find(entries, asked(category=["DS"])).counts
    assert counts[Facet.CATEGORY] == {"KD": 1, "DS": 2}
    assert counts[Facet.OFFERED] == {"here": 1, "partner": 1}


@given(
    st.lists(st.tuples(st.sampled_from(["KD", "DS"]), st.sampled_from(["here", "partner"])), max_size=8),
    st.sets(st.sampled_from(["KD", "DS"])),
    st.sets(st.sampled_from(["here", "partner"])),
)
def test_a_count_is_what_choosing_the_value_would_leave(rows, categories, offered):
    entries = [make_entry(category=category, offered=place) for category, place in rows]
    counts = find(entries, asked(category=categories, offered=offered)).counts
    for value in ("KD", "DS"):
        alone = find(entries, asked(category=[value], offered=offered))
        assert counts[Facet.CATEGORY][value] == len(alone.keys)


def test_an_agency_counts_with_those_below_it():
    a = make_entry(agencies=["0101", "01"])
    assert find([a], asked(agency=["01"])).keys == keys(a)
    assert find([a], asked(agency=["0102"])).keys == []


@pytest.mark.parametrize(
    ("hours", "length"),
    [("0.5", "1"), ("1.0", "1"), ("1.1", "3"), ("3.0", "3"), ("6.0", "6"), ("6.1", "more"), ("30", "more")],
)
def test_lengths(hours, length):
    assert length_of(Decimal(hours)) == Length(length)


def test_orders():
    a = make_entry("เกม", hours="3.0", day=1, name_en="Zebra")
    b = make_entry("กลาง", hours="1.0", day=3, name_en="Apple")
    c = make_entry("ขา", hours="2.0", day=2, name_en="Mango")
    every = [a, b, c]
    assert find(every, asked()).keys == keys(b, c, a)
    assert find(every, asked(sort=Sort.NAME)).keys == keys(b, a, c)
    assert find(every, asked(sort=Sort.NAME), english=True).keys == keys(b, c, a)
    assert find(every, asked(sort=Sort.HOURS)).keys == keys(b, c, a)
    assert find(every, asked("กลาง")).keys == keys(b)


def test_with_a_question_the_best_match_comes_first_and_names_decide_between_equals():
    late = make_entry("การใช้ข้อมูล", day=9)
    early = make_entry("ข้อมูลเปิด", day=1)
    other = make_entry("กฎของข้อมูล", day=5)
    assert find([late, early, other], asked("ข้อมูล")).keys == keys(early, other, late)
