"""Questions that find nothing as they were typed, and what they were meant as."""

from __future__ import annotations

from dataclasses import replace

import pytest

from courses.catalogue.folding import fold
from courses.catalogue.guessing import Guess, as_letters, find_or_guess, haystack_of, nearest, other_keyboard
from courses.catalogue.searching import Asked, Entry, Facet, Found, Sort
from tests.courses.catalogue.test_searching import make_entry

NAMES = ("พระราชบัญญัติข้อมูลข่าวสารของราชการ", "จริยธรรมสำหรับเจ้าหน้าที่", "ภาษาอังกฤษเพื่อการบริการ", "Excel")
ENTRIES = [replace(make_entry(name), key=number) for number, name in enumerate(NAMES)]


def _search(entries: list[Entry], asked: Asked) -> tuple[Found, Guess | None]:
    return find_or_guess(entries, asked, haystack_of(entries))


def _found(text: str) -> tuple[list[int], Guess | None]:
    found, guess = _search(ENTRIES, Asked(text))
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
    "typed", ["กขคงจฉ", "จริต", "", "%", "ก", "ข้อมลขาาวสาน", "ไม่มี ข้อมลขาาวสาน", "ก ข ค ง จ", "ววว", "x" * 100]
)
def test_too_far_off_is_not_guessed(typed):
    _keys, guess = _found(typed)
    assert guess is None


def test_what_only_the_filters_leave_out_was_spelt_well():
    found, guess = _search(ENTRIES, Asked("จริยธรรม", {Facet.CATEGORY: frozenset({"LS"})}))
    assert (found.keys, guess) == ([], None)


def test_a_misspelt_word_is_not_there_because_its_letters_are():
    right, scattered = make_entry("ข้อมูลข่าวสาร"), make_entry("ข้อกำหนดเรื่องมลพิษ")
    found, guess = _search([scattered, right], Asked("ข้อมลข่าวสาร"))
    assert found.keys == [right.key]
    assert guess is not None
    assert guess.is_near


def test_the_commonest_word_is_meant():
    assert nearest(fold("กฎหมาก"), "กฎหมาร กฎหมาย กฎหมาย") == "กฎหมาย"


def test_no_word_is_made_across_two_courses():
    assert nearest("abcdef", "abc\ndef") == ""


def test_of_what_folds_alike_the_letters_typed_come_first():
    leaders, water = make_entry("การคิดสำหรับผู้นำ"), make_entry("การจัดการน้ำ")
    assert _search([leaders, water], Asked("น้ำ"))[0].keys == [water.key, leaders.key]
    assert _search([leaders, water], Asked("นำ"))[0].keys == [leaders.key, water.key]


def test_what_only_makes_a_noun_may_be_missing():
    found = make_entry("ความมั่นคงปลอดภัยไซเบอร์")
    assert _search([found], Asked("ความปลอดภัยไซเบอร์"))[0].keys == [found.key]


@pytest.mark.parametrize(
    ("said", "letters"),
    [
        ("เคดี53", "KD53"),
        ("เคดี 53", "KD 53"),
        ("เอ็มเอส01", "MS01"),
        ("พีดีพีเอ", "PDPA"),
        ("วิชา เอสแอล01", "วิชา SL01"),
        ("ดี", ""),
        ("อีเมล", ""),
        ("เอกสาร", ""),
        ("KD53", ""),
    ],
)
def test_letters_as_they_are_said(said, letters):
    assert as_letters(said) == letters


def test_a_code_is_found_as_it_is_said():
    course = make_entry("การคุ้มครองข้อมูลส่วนบุคคล", code="KD53")
    found, guess = _search([course], Asked("เคดี53"))
    assert (found.keys, guess) == ([course.key], Guess("KD53", is_near=False))


@pytest.mark.parametrize("typed", ["งานสารบัณ", "งานสารบัญ", "สารบัญ"])
def test_what_sounds_the_same(typed):
    letters = make_entry("งานสารบรรณ")
    assert _search([letters], Asked(typed))[0].keys == [letters.key]


def test_what_is_typed_may_be_near_a_name_that_only_the_table_has():
    sheets = make_entry("การใช้ตารางคำนวณ")
    found, guess = _search([sheets], Asked("excell"))
    assert found.keys == [sheets.key]
    assert guess == Guess("excel", is_near=True)


# -- Some of the words ------------------------------------------------------------------------------
def test_the_nearest_are_offered_with_the_words_that_none_has():
    assert _found("excel ขั้นสูง") == (
        [3],
        Guess("excel ขั้นสูง", is_near=False, is_partly=True, lacking=("ขั้นสูง",)),
    )


def test_of_a_misspelt_word_and_an_unknown_one_the_near_is_taken():
    keys, guess = _found("ไม่มี ข้อมลข่าวสาร")
    assert keys == [0]
    assert guess is not None
    assert (guess.is_near, guess.is_partly, guess.lacking) == (True, True, ("ไม่มี",))


def test_most_of_a_long_word_is_enough_and_little_of_it_is_not():
    assert _found("หลักสูตรภาษาอังกฤษ")[0] == [2]
    assert _found("กรมส่งเสริมการบริการ") == ([], None)


def test_who_has_more_of_the_words_stands_first_and_little_is_left_out():
    both, one = make_entry("การวิเคราะห์ข้อมูลด้วย Excel"), make_entry("การวิเคราะห์ความเสี่ยง")
    others = [make_entry(f"เรื่องที่ {number}") for number in range(8)]
    found, guess = _search([one, both, *others], Asked("วิเคราะห์ excel ขั้นสูง"))
    assert found.keys == [both.key]
    assert guess is not None
    assert guess.lacking == ("ขั้นสูง",)


def test_a_word_that_many_courses_have_tells_nothing():
    courses = [make_entry(f"การบริหารงาน {number}") for number in range(30)]
    assert _search(courses, Asked("การบริหาร ดาวอังคาร")) == (
        _search(courses, Asked("ดาวอังคาร"))[0],
        None,
    )


def test_the_order_asked_for_holds_for_the_nearest_too():
    courses = [make_entry("Excel ขอ"), make_entry("Excel กอ")]
    by_name, _guess = _search(courses, Asked("excel ขั้นสูง", sort=Sort.NAME))
    assert by_name.keys == [courses[1].key, courses[0].key]


def test_what_the_filters_leave_none_of_is_not_offered_in_parts():
    found, guess = _search(ENTRIES, Asked("excel ขั้นสูง", {Facet.CATEGORY: frozenset({"LS"})}))
    assert (found.keys, guess) == ([], None)
