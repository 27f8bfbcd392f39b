import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates import codes

CODE = "0123456789ABCDEF"


def test_a_new_code_is_sixteen_characters_of_the_alphabet():
    code = codes.new()
    assert len(code) == 16
    assert set(code) <= set(codes.ALPHABET)


def test_no_two_codes_are_alike():
    assert len({codes.new() for _ in range(1000)}) == 1000


def test_every_character_of_the_alphabet_turns_up():
    assert set("".join(codes.new() for _ in range(200))) == set(codes.ALPHABET)


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        "0123-4567-89ab-cdef",
        " 0123 4567 89AB CDEF ",
        "o123456789abcdef",
        "Oi23456789ABCDEF",
        "0l23-4567-89AB-CDEF",
    ],
)
def test_what_people_type_is_read_as_the_code(typed):
    assert codes.parse(typed) == CODE


@pytest.mark.parametrize(
    "typed", ["", "0", CODE + "0", "U123456789ABCDEF", "ก123456789ABCDEF", "٠123456789ABCDEF"]
)
def test_what_spells_no_code_is_none(typed):
    assert codes.parse(typed) is None


@given(st.text(codes.ALPHABET, min_size=16, max_size=16))
def test_the_printed_grouping_is_read_back(code):
    assert codes.parse(codes.grouped(code)) == code
