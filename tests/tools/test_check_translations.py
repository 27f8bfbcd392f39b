"""What counts as a translation."""

import pytest
from babel.messages.catalog import Message

from tools.check_translations import problem


@pytest.mark.parametrize(
    ("source", "thai", "expected"),
    [
        ("Save", "บันทึก", ""),
        ("Save", "", "empty"),
        ("Hello %(name)s", "สวัสดี %(name)s", ""),
        ("Hello %(name)s", "สวัสดี", "placeholders differ: %(name)s"),
        ("Hello", "สวัสดี %(name)s", "placeholders differ: %(name)s"),
        ("Row {row}", "แถวที่ {row}", ""),
        ("Row {row}", "แถวที่ {column}", "placeholders differ: {column}, {row}"),
    ],
)
def test_a_translation_keeps_its_placeholders(source: str, thai: str, expected: str):
    assert problem(Message(source), Message(source, thai)) == expected


def test_a_plural_may_leave_its_number_out_of_the_singular_only():
    source = Message(("One item", "%(n)s items"))
    assert problem(source, Message(source.id, ("%(n)s ข้อ",))) == ""
    assert problem(source, Message(source.id, ("หนึ่งข้อ",))) == "placeholders differ: %(n)s"


def test_missing_and_fuzzy_are_told_apart():
    assert problem(Message("Save"), None) == "missing"
    assert problem(Message("Save"), Message("Save", "บันทึก", flags={"fuzzy"})) == "fuzzy"
