"""Lessons as a document: every word is in it, and it is made anew only when something changed."""

from __future__ import annotations

import io
import re
from itertools import chain

import pypdf
import pytest

from courses.catalogue import lesson_files
from courses.catalogue.making import handouts
from courses.catalogue.making.blocks import blocks, pieces
from tests.certificates import pdf_text


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u00a0*_`|>#\\-]+", "", text)


@pytest.mark.parametrize("code", ["KD10", "LS01"])
def test_every_heading_and_the_words_of_a_lesson_are_in_the_handout(code):
    course = lesson_files.read_course(lesson_files.LESSONS / code)
    lessons = list(course.texts.values())
    data = handouts.source(code, course.data.title_th, course.data.objective_th, lessons)
    document = handouts.typeset(data)
    text = squeezed("".join(chain.from_iterable(pdf_text.pages(document))))
    for lesson in lessons:
        for heading in re.findall(r"^#+ (.+)$", lesson, re.MULTILINE):
            assert squeezed(heading) in text
    catalog = pypdf.PdfReader(io.BytesIO(document)).root_object
    assert str(catalog["/Lang"]) == "th"
    assert "Marked" in str(catalog["/MarkInfo"].get_object())
    assert "/StructTreeRoot" in catalog


def test_another_word_and_another_title_are_another_document():
    one = handouts.fingerprint(["# ก"], "KD10", "ชื่อ")
    assert one == handouts.fingerprint(["# ก"], "KD10", "ชื่อ")
    assert (
        len({one, handouts.fingerprint(["# ข"], "KD10", "ชื่อ"), handouts.fingerprint(["# ก"], "KD10", "อื่น")})
        == 3
    )


def test_markdown_becomes_blocks():
    made = blocks("# หัวข้อ\n\nข้อความ **หนา**\n\n- ก\n- ข\n\n| ก | ข |\n|---|---|\n| 1 | 2 |\n\n> อ้าง\n")
    assert [block["kind"] for block in made] == ["heading", "paragraph", "list", "table", "quote"]
    assert [span["strong"] for span in made[1]["spans"]] == [False, True]
    assert len(made[3]["rows"]) == 2


def test_what_cannot_be_printed_is_refused_and_not_left_out():
    for text in ("![ภาพ](x.png)", "<b>x</b>", "<div>\n\nx"):
        with pytest.raises(ValueError, match="cannot be set"):
            blocks(text)


def test_words_stay_whole_and_numbers_stay_with_what_they_count():
    assert (
        "".join(pieces("ข้าราชการทำตามขั้นตอนในมาตรา 12 (3)")).replace("\u00a0", " ")
        == "ข้าราชการทำตามขั้นตอนในมาตรา 12 (3)"
    )
    assert "ข้าราชการ" in pieces("ข้าราชการทำตามขั้นตอน")
    assert any("มาตรา\u00a012" in piece for piece in pieces("ตามมาตรา 12"))
