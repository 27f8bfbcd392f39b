"""Spellings that are made one, and what that may never do."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from courses.catalogue.folding import collation_key, fold, questions

SAME = [
    ("ข้อมูลข่าวสาร", "ขอมูลขาวสาร", "tone marks left out"),
    ("น้ำ", "นํ้า", "sara am as nikhahit, tone mark, aa"),
    ("น้ำ", "น้ํา", "sara am as tone mark, nikhahit, aa"),
    ("น้ำ", "นำ้", "the tone mark behind"),
    ("แผน", "เเผน", "two sara e"),
    ("เว็บ", "เวบ", "mai taikhu"),
    ("จันทร์", "จันทร", "thanthakhat not typed yet"),
    ("ใช้", "ไช้", "mai malai for mai muan"),
    ("กฎหมาย", "กฏหมาย", "do chada and to patak"),
    ("ศึกษา", "สึกสา", "the three s"),
    ("พัฒนา", "พัธนา", "letters of one sound"),
    ("คุณภาพ", "คุนภาพ", "no nen"),
    ("พ.ร.บ.", "พรบ", "abbreviation"),
    ("ก.พ.", "ก. พ.", "abbreviation with blanks"),
    ("พ.ศ. ๒๕๔๐", "พ.ศ. 2540", "numerals"),
    ("มาตรา15", "มาตรา ๑๕", "a number beside Thai"),
    ("ต่าง ๆ", "ต่างๆ", "mai yamok"),
    ("กรุงเทพฯ", "กรุงเทพ", "paiyannoi"),
    ("ข้อมูล\u200bข่าวสาร", "ข้อมูลข่าวสาร", "an invisible blank"),
    ("ข้อมูล ข่าวสาร", "ข้อมูลข่าวสาร", "a visible one"),
    ("e-Learning", "elearning", "hyphen and capital"),
    ("COVID‑19", "covid19", "another hyphen"),
    ("ＰＤＰＡ", "pdpa", "full width"),
    ("Café", "cafe", "accent"),
    ("ดีี", "ดี", "a vowel typed twice"),
    ("การใช้AI", "การใช้ AI", "Latin beside Thai"),
]
# What makes trouble: marks in every order, both ways of writing am, signs, blanks, letters with a fold.
TROUBLE = st.text("กขฏศณญเแโใไัิุู้่์็ำํา ๆฯ.-'’_aAé1๑\u200b\u00ad", max_size=20)


@pytest.mark.parametrize(("one", "other"), [row[:2] for row in SAME], ids=[row[2] for row in SAME])
def test_two_spellings_are_one(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ขาว", "ขา"), ("มา", "ม"), ("กัน", "กิน"), ("ปี", "ปิ"), ("2540", "254")]
)
def test_other_words_stay_others(one, other):
    assert fold(one) != fold(other)


@given(st.one_of(st.text(max_size=30), TROUBLE))
@example("เ เ")
@example("ํ ํา")
@example("aํb")
@example("ก.์ก")
@example("İŉﬁ™½")
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.one_of(st.text(max_size=30), TROUBLE))
def test_what_is_folded_has_single_blanks_and_nothing_that_is_typed_in_two_ways(text):
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert not set(folded) & set("ใศษณญฬฏ่้๊๋์็ํฯๆ๐๑๒๓๔๕๖๗๘๙.-_\u200b")


WORDS = st.sampled_from(
    ["ข้อมูล", "ข่าวสาร", "พัฒนา", "จริยธรรม", "น้ำ", "แผน", "กฎหมาย", "ดิจิทัล", "เว็บไซต์", "ภาวะผู้นำ"]
)


@given(st.lists(WORDS, max_size=3), WORDS, st.lists(WORDS, max_size=3), st.sampled_from(["", " "]))
def test_a_word_is_found_wherever_it_stands_in_a_text(before, word, after, blank):
    assert fold(word) in fold(blank.join([*before, word, *after]))


@given(WORDS, st.integers(1, 20))
def test_a_word_typed_halfway_begins_the_word(word, length):
    # From the first letter that is not a leading vowel on: เ alone may become แ.
    assert fold(word).startswith(fold(word[: max(2, length)]))


def test_questions_are_words_apart():
    assert questions("ข้อมูล ข่าวสาร") == [fold("ข้อมูล"), fold("ข่าวสาร")]
    assert questions("kd 10, AI") == ["kd", "10", "ai"]
    assert questions(" ... ฯลฯ ") == []


def test_names_sort_as_in_a_thai_dictionary():
    names = ["ไทย", "เกม", "กลาง", "แข่ง", "ขา", "ข้าว", "English", "ก้าว", "กาว"]
    expected = ["English", "กลาง", "กาว", "ก้าว", "เกม", "ขา", "ข้าว", "แข่ง", "ไทย"]
    assert sorted(names, key=collation_key) == expected
