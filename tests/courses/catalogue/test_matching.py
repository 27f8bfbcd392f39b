"""What a question finds, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.catalogue.folding import fold
from courses.catalogue.matching import ask, rank, text_of
from courses.catalogue.words import read_groups, same_as, words_of

OIA = text_of(
    "KD10",
    ["พระราชบัญญัติข้อมูลข่าวสารของราชการ พ.ศ. 2540", "Official Information Act"],
    ["สิทธิรับรู้ของประชาชน", "ข้อมูลที่ไม่ต้องเปิดเผย"],
    ["เพื่อให้ผู้เรียนเข้าใจหลักการ เปิดเผยเป็นหลัก ปกปิดเป็นข้อยกเว้น", "สมหญิง ใจดี", "สำนักงาน ก.พ.", "training"],
)
DIGITAL = text_of(
    "DS01", ["รัฐบาลดิจิทัลสำหรับเจ้าหน้าที่", "Digital Government"], ["เว็บไซต์ภาครัฐ"], ["ปัญญาประดิษฐ์ในงานราชการ"]
)


def place(question: str, text=OIA):
    return rank(ask(question), text)


@pytest.mark.parametrize(
    "question",
    [
        "ข้อมูลข่าวสาร",
        "ขอมูลข่าวสาร",
        "ข่าวสาร ข้อมูล",
        "พ.ร.บ.ข้อมูลข่าวสาร",
        "พรบ ข้อมูลข่าวสาร",
        "พรบข่าวสาร",
        "พรบ.สิทธิรับรู้",
        "๒๕๔๐",
        "มูลข่าว",
        "official information",
        "OFFICIAL",
        "kd10",
        "KD 10",
        "kd-๑๐",
        "สิทธิรับรู้",
        "สมหญิง",
        "กพ",
        "ก.พ.",
        "สำนักงานคณะกรรมการข้าราชการพลเรือน",
        "OCSC",
        "",
        "...",
    ],
)
def test_is_found(question):
    assert place(question) is not None


LONG = "ความรู้เรื่องกฎหมายข้อมูลข่าวสารของราชการในยุคดิจิตอลสำหรับเจ้าหน้าที่ภาครัฐ"


@pytest.mark.parametrize("question", [LONG, "ข้อมูลข่าวสารดิจิตอล", "พรบข้อมูลข่าวสาร", "รัฐบาลดิจิตอล", "เวปไซท์ภาครัฐ"])
@pytest.mark.parametrize("text", [OIA, DIGITAL])
def test_looking_for_the_core_first_changes_nothing(question, text):
    asked = ask(question)
    without = replace(asked, terms=tuple(replace(term, core="") for term in asked.terms))
    assert rank(asked, text) == rank(without, text)


def test_a_long_word_with_many_spellings_has_a_core():
    (term,) = ask(LONG).terms
    assert term.ways
    assert all(any(term.core in word for word in way) for way in ((term.word,), *term.ways))
    assert term.core


def test_a_word_written_twice_is_asked_for_once():
    assert ask("ข้อมูล ข้อมูล ข่าว") == replace(ask("ข้อมูล ข่าว"), code=ask("ข้อมูล ข้อมูล ข่าว").code)


def test_a_code_without_its_blanks_is_found_whole_and_not_in_part():
    apart = text_of("KD 10", ["ชื่อ"], [], [])
    assert place("kd10", apart) == (0, 0)
    assert place("kd1", apart) is None
    assert place("10", apart) is not None


@pytest.mark.parametrize("question", ["ภาษาจีน", "ข้อมูล ภาษาจีน", "kd11", "ai", "2541", "raining cats"])
def test_is_not_found(question):
    assert place(question) is None


@pytest.mark.parametrize(
    "question", ["รัฐบาลดิจิตอล", "ดิจิตอล", "digital", "เว็บไซท์", "เวปไซต์", "website", "AI", "เอไอ"]
)
def test_other_spellings_and_names_are_found(question):
    assert place(question, DIGITAL) is not None


@pytest.mark.parametrize("question", ["big data", "Big-Data", "BIG DATA ภาครัฐ", "บิ๊กดาต้า", "data"])
def test_a_name_of_several_words_is_one(question):
    text = text_of("DS1", ["ข้อมูลขนาดใหญ่ภาครัฐ"], [], ["data"] if question == "data" else [])
    assert place(question, text) is not None
    assert (
        place(question, text_of("DS1", ["Data for big plans ภาครัฐ"], [], [])) is not None or "บิ๊ก" in question
    )


def test_words_written_together_are_found_apart():
    text = text_of("KD1", ["การบริหารงานของบุคคล"], [], [])
    assert place("บริหารบุคคล", text) is not None
    assert place("บริหารบุคลิก", text) is None


def test_the_better_the_place_the_earlier():
    asked = "ข้อมูล"
    rows = [
        text_of("KD1", ["ข้อมูลเปิด"], [], []),
        text_of("KD2", ["การใช้ข้อมูล"], [], []),
        text_of("KD3", ["สถิติ"], ["ข้อมูล"], []),
        text_of("KD4", ["สถิติ"], ["ตาราง"], ["ข้อมูล"]),
        text_of("KD5", ["สถิติ"], ["ตาราง"], ["กราฟ"]),
    ]
    places = [place(asked, row) for row in rows]
    assert places[-1] is None
    assert places[:-1] == sorted(places[:-1])
    assert len(set(places[:-1])) == 4


def test_a_code_comes_before_everything():
    assert place("KD10") < place("พระราชบัญญัติ")
    assert place("KD10") < place("KD10", text_of("KD1", ["ต่อจาก KD10"], [], []))


def test_all_words_in_the_name_come_before_one_in_the_rest():
    name = text_of("KD1", ["จริยธรรมและกฎหมาย"], [], [])
    rest = text_of("KD2", ["จริยธรรม"], [], ["กฎหมาย"])
    assert place("จริยธรรม กฎหมาย", name) < place("จริยธรรม กฎหมาย", rest)


def test_what_is_found_as_it_stands_comes_before_what_is_found_in_parts():
    whole = text_of("KD1", ["ก บริหารบุคคล"], [], [])
    parts = text_of("KD2", ["ก บริหารงานบุคคล"], [], [])
    assert place("บริหารบุคคล", whole) < place("บริหารบุคคล", parts)


def test_short_latin_words_begin_a_word():
    assert place("ai", text_of("KD1", ["Training"], [], [])) is None
    assert place("ai", text_of("KD1", ["การใช้AIในงาน"], [], [])) is not None
    assert place("train", text_of("KD1", ["Retraining"], [], [])) is not None


@given(st.text(max_size=200))
def test_any_question_is_answered(question):
    place(question)


@given(st.text("กขคมยแาิ้ ", min_size=1, max_size=30))
def test_a_text_is_found_by_itself(text):
    assert rank(ask(text[:100]), text_of("KD1", [text], [], [])) is not None


# -- Words ------------------------------------------------------------------------------------------
GROUPS = read_groups(["# a remark", "ดิจิทัล|ดิจิตอล|digital", "ก.พ.|OCSC", "ข้อมูลขนาดใหญ่|big data", ""])


def test_a_word_is_the_same_as_the_others_of_its_group():
    assert set(same_as(fold("ดิจิตอล"), GROUPS)) == {(fold("ดิจิทัล"),), ("digital",)}


def test_the_rest_of_the_word_stays():
    assert (fold("รัฐบาลดิจิทัล"),) in same_as(fold("รัฐบาลดิจิตอล"), GROUPS)


def test_a_name_of_several_words_needs_all_of_them():
    assert ("big", "data") in same_as(fold("ข้อมูลขนาดใหญ่"), GROUPS)


def test_a_short_word_counts_only_at_the_start():
    assert same_as(fold("ทรัพยากพ"), GROUPS) == []
    assert ("ocsc",) in same_as("กพ", GROUPS)


def test_a_course_on_ethics_is_found_by_the_code_of_ethics():
    ethics = text_of("MS01", ["จริยธรรมสำหรับเจ้าหน้าที่ของรัฐ"], [], [])
    assert rank(ask("จรรยาบรรณ"), ethics) is not None


def test_no_word_of_the_table_stands_in_two_groups():
    from courses.catalogue.words import _groups

    members = [member for group in _groups() for member in group]
    assert sorted(members) == sorted(set(members))
    assert all(len(group) > 1 for group in _groups())


DICTIONARY = {"บริหาร", "การ", "การบริหาร", "บุคคล", "ตา", "กลม", "ตาก", "ลม"}


def test_the_fewest_words_are_taken():
    assert words_of("การบริหารบุคคล", DICTIONARY) == ["การบริหาร", "บุคคล"]


def test_letters_in_no_word_stay_together():
    assert words_of("บริหารฮฮฮบุคคล", DICTIONARY) == ["บริหาร", "ฮฮฮ", "บุคคล"]


def test_a_text_with_other_letters_is_not_cut():
    assert words_of("บริหารHR", DICTIONARY) == []


@given(st.text("กขบรหาิเ้ล", min_size=1, max_size=40))
def test_cutting_loses_nothing(text):
    assert "".join(words_of(text, DICTIONARY)) in {text, ""}
