"""Questions that find nothing as they were typed, and what they were meant as."""

from __future__ import annotations

from dataclasses import replace

import pytest

from courses.catalogue.folding import fold
from courses.catalogue.guessing import Guess, find_or_guess, nearest, other_keyboard
from courses.catalogue.searching import Asked, Facet
from tests.courses.catalogue.test_searching import make_entry

NAMES = ("พระราชบัญญัติข้อมูลข่าวสารของราชการ", "จริยธรรมสำหรับเจ้าหน้าที่", "ภาษาอังกฤษเพื่อการบริการ", "Excel")
ENTRIES = [replace(make_entry(name), key=number) for number, name in enumerate(NAMES)]


def _found(text: str) -> tuple[list[int], Guess | None]:
    found, guess = find_or_guess(ENTRIES, Asked(text))
    return found.keys, guess


@pytest.mark.parametrize(
    ("typed", "key", "meant"), [("-hv,^]", 0, "ข้อมูล"), ("ำปแำส", 3, "excel"), ("0ibp", 1, "จริย")]
)
def test_the_other_keyboard(typed, key, meant):
    assert _found(typed) == ([key], Guess(meant, is_near=False))


def test_both_keyboards_are_the_same_one():
    every_key = "".join(map(chr, range(33, 127)))
    assert other_keyboard(other_keyboard(every_key)) == every_key


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("ข้อมลข่าวสาร", 0),
        ("ข้อมุลข่าวสาร", 0),
        ("ข้อมูลล่าวสาร", 0),
        ("จริยะธรรม", 1),
        ("จรริยธรรม", 1),
        ("จริยธรรร", 1),
        ("ภาษาอักฤษ", 2),
        ("ภาษาอังกฤส์", 2),
        ("ภาษาองักฤษ", 2),
        ("เจ้าหน้าที จริยะธรรม", 1),
        ("exvel", 3),
    ],
)
def test_one_letter_off(typed, key):
    keys, _guess = _found(typed)
    assert keys == [key]


@pytest.mark.parametrize(
    "typed", ["กขคงจฉ", "จริต", "", "%", "ก", "ข้อมลขาาวสาน", "ไม่มี ข้อมลข่าวสาร", "ก ข ค ง จ", "ววว", "x" * 100]
)
def test_too_far_off_is_not_guessed(typed):
    _keys, guess = _found(typed)
    assert guess is None


def test_what_only_the_filters_leave_out_was_spelt_well():
    found, guess = find_or_guess(ENTRIES, Asked("จริยธรรม", {Facet.CATEGORY: frozenset({"LS"})}))
    assert (found.keys, guess) == ([], None)


def test_a_misspelt_word_is_not_there_because_its_letters_are():
    right, scattered = make_entry("ข้อมูลข่าวสาร"), make_entry("ข้อกำหนดเรื่องมลพิษ")
    found, guess = find_or_guess([scattered, right], Asked("ข้อมลข่าวสาร"))
    assert found.keys == [right.key]
    assert guess is not None
    assert guess.is_near


def test_the_commonest_word_is_meant():
    assert nearest(fold("กฎหมาก"), "กฎหมาร กฎหมาย กฎหมาย") == "กฎหมาย"


def test_no_word_is_made_across_two_courses():
    assert nearest("abcdef", "abc\ndef") == ""


def test_of_what_folds_alike_the_letters_typed_come_first():
    leaders, water = make_entry("การคิดสำหรับผู้นำ"), make_entry("การจัดการน้ำ")
    assert find_or_guess([leaders, water], Asked("น้ำ"))[0].keys == [water.key, leaders.key]
    assert find_or_guess([leaders, water], Asked("นำ"))[0].keys == [leaders.key, water.key]


def test_what_only_makes_a_noun_may_be_missing():
    found = make_entry("ความมั่นคงปลอดภัยไซเบอร์")
    assert find_or_guess([found], Asked("ความปลอดภัยไซเบอร์"))[0].keys == [found.key]
