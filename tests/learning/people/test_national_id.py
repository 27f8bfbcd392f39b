import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from learning.people import national_id

twelve_digits = st.text("0123456789", min_size=12, max_size=12)


@pytest.mark.parametrize("number", ["1234567890121", "1100000000016"])
def test_known_numbers_are_valid(number):
    assert national_id.is_valid(number)


@given(twelve_digits, st.integers(1, 9))
def test_a_wrong_check_digit_is_refused(first, step):
    right = int(national_id.check_digit(first))
    assert national_id.is_valid(f"{first}{right}")
    assert not national_id.is_valid(f"{first}{(right + step) % 10}")


@pytest.mark.parametrize("text", ["", "123", "12345678901210", "123456789012a", "๑๒๓๔๕๖๗๘๙๐๑๒๑"])
def test_anything_but_thirteen_ascii_digits_is_refused(text):
    assert not national_id.is_valid(text)


def test_clean_accepts_the_printed_form_and_thai_digits():
    assert national_id.clean("1-2345-67890-12-1") == "1234567890121"
    assert national_id.clean("๑ ๒๓๔๕ ๖๗๘๙๐ ๑๒ ๑") == "1234567890121"


def test_mask_shows_only_the_last_three_digits():
    assert national_id.masked("1234567890121") == "x-xxxx-xxxxx-12-1"


def test_seal_hides_and_unseal_restores():
    sealed = national_id.seal("1234567890121")
    assert b"1234567890121" not in sealed
    assert sealed != national_id.seal("1234567890121")
    assert national_id.unseal(sealed) == "1234567890121"


def test_an_altered_seal_is_refused():
    sealed = bytearray(national_id.seal("1234567890121"))
    sealed[-1] ^= 1
    with pytest.raises(InvalidTag):
        national_id.unseal(bytes(sealed))
