"""Fields for what Thai people type."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from learning.people.fields import TypedDateField


@pytest.mark.parametrize("typed", ["15/1/2570", "15-01-2570", " ๑๕/๑/๒๕๗๐ ", "15.1.2570"])
def test_a_buddhist_date_is_understood(typed):
    assert TypedDateField().clean(typed) == date(2027, 1, 15)


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
        TypedDateField().clean(typed)
    assert said in refused.value.messages[0]


def test_a_date_is_shown_in_the_way_it_is_typed():
    assert TypedDateField().prepare_value(date(2027, 1, 15)) == "15/1/2570"
