"""What is wrong with an item, field by field."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.bank.content import Content, approval_problems, fingerprint, problems, tidied, tidy

GOOD = Content(
    topic=1,
    difficulty="easy",
    stem="ข้อใดถูก",
    options=("หนึ่ง", "สอง", "สาม"),
    key=0,
    explanation="มาตรา 4",
    section=4,
)


def fields_of(content: Content, max_section: int | None = 43) -> list[str]:
    return [problem.field for problem in problems(content, topics=[1, 2], max_section=max_section)]


def test_a_whole_item_has_no_problem():
    assert fields_of(GOOD) == []
    assert approval_problems(GOOD) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"topic": None}, "topic"),
        ({"topic": 9}, "topic"),
        ({"difficulty": ""}, "difficulty"),
        ({"difficulty": "impossible"}, "difficulty"),
        ({"stem": ""}, "stem"),
        ({"stem": "ก" * 2001}, "stem"),
        ({"key": None}, "key"),
        ({"key": 3}, "key"),
        ({"key": -1}, "key"),
        ({"options": ("หนึ่ง",)}, "options"),
        ({"options": tuple("กขคงจฉ")}, "options"),
        ({"options": ("หนึ่ง", "", "สาม")}, "options.1"),
        ({"options": ("หนึ่ง", "สอง", "ก" * 501)}, "options.2"),
        ({"options": ("15 วัน", "30 วัน", "๑๕  วัน")}, "options.2"),
        ({"options": ("Gazette", "gazette")}, "options.1"),
        ({"options": ("น้ำ", "น้ํา")}, "options.1"),
        ({"section": 0}, "section"),
        ({"section": 44}, "section"),
        ({"explanation": "ก" * 4001}, "explanation"),
        ({"paragraph": "ก" * 61}, "paragraph"),
    ],
)
def test_each_fault_is_reported_at_its_field(change, field):
    assert fields_of(replace(GOOD, **change)) == [field]


def test_a_bank_that_is_not_about_a_law_takes_no_section():
    assert fields_of(GOOD, max_section=None) == ["section"]
    assert fields_of(replace(GOOD, section=None), max_section=None) == []


def test_an_explanation_is_needed_for_approval_only():
    bare = replace(GOOD, explanation="")
    assert fields_of(bare) == []
    assert [problem.field for problem in approval_problems(bare)] == ["explanation"]


def test_all_faults_are_reported_at_once():
    bad = Content(topic=None, difficulty="", stem="", options=("ก", "ก"), key=None, section=99)
    assert fields_of(bad) == ["topic", "difficulty", "stem", "options.1", "key", "section"]


def test_typed_text_is_tidied_and_lines_are_kept():
    assert tidy("  เเดง\t น้ํา \r\n\r\n ข้อ  สอง ") == "แดง น้ำ\nข้อ สอง"
    assert tidied(replace(GOOD, options=(" หนึ่ง ", "สอง"))).options == ("หนึ่ง", "สอง")


@given(st.text(max_size=60))
def test_tidying_twice_changes_nothing(text):
    assert tidy(tidy(text)) == tidy(text)
    assert fingerprint(tidy(text)) == fingerprint(text)
