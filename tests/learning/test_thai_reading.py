"""What people type in Thai is read as they mean it."""

from datetime import date

import pytest

from learning import thai


@pytest.mark.parametrize(
    ("typed", "tidied"),
    [
        ("น้ํา", "น้ำ"),
        ("นํ้า", "น้ำ"),
        ("เเก้ว", "แก้ว"),
        ("ก่ิงแก้ว", "กิ่งแก้ว"),
        ("ท่านผู้หญิงปั๊ม", "ท่านผู้หญิงปั๊ม"),
        ("  ณ \u00a0 เชียงใหม่ ", "ณ เชียงใหม่"),
        ("ส\u200bม", "สม"),
    ],
)
def test_variants_of_the_same_word_become_the_same(typed, tidied):
    assert thai.tidy(typed) == tidied


@pytest.mark.parametrize("unit", ["่", "า", "า่", "ํา", "ุ่", "\u0315\u0300", "เ", " ่", "\n "])
def test_a_megabyte_of_marks_is_read_while_the_visitor_waits(unit):
    """With the square of its length this would take hours, and hold a thread of the portal as long."""
    assert len(thai.tidy(unit * (2**20 // len(unit)))) <= 2**20


@pytest.mark.parametrize("typed", ["2535", "๒๕๓๕", "1992", " พ.ศ. 2535 "])
def test_years_are_read_in_either_era(typed):
    assert thai.parse_year(typed) == 1992


@pytest.mark.parametrize("typed", ["35", "25355", "", "สองห้า"])
def test_years_that_are_guesswork_are_refused(typed):
    with pytest.raises(ValueError):  # noqa: PT011  any text may be in it
        thai.parse_year(typed or "x")


@pytest.mark.parametrize(
    "typed", ["1/10/2558", "๑/๑๐/๒๕๕๘", "01-10-2015", "2015-10-01", "2558-10-01", "1.10.2558"]
)
def test_dates_are_read_in_the_orders_people_use(typed):
    assert thai.parse_date(typed) == date(2015, 10, 1)


@pytest.mark.parametrize("typed", ["31/2/2558", "1/10/58", "ตุลาคม", "10/2558", "1/13/2558"])
def test_dates_that_cannot_be_are_refused(typed):
    with pytest.raises(ValueError):  # noqa: PT011  any text may be in it
        thai.parse_date(typed)


def test_a_date_is_written_as_it_is_typed():
    assert thai.parse_date(thai.typed_date(date(2015, 10, 1))) == date(2015, 10, 1)
