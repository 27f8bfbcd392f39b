"""The courses that come with the platform hold what they promise."""

import json
import re
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from pythainlp.tokenize import word_tokenize

from courses.catalogue import lesson_files
from courses.catalogue.contents import TestRole
from courses.catalogue.lesson_files import Category, CheckItem, Course, UnitKind
from courses.catalogue.making.exercises import ChooseOne, Sort
from courses.catalogue.making.packages import KINDS
from courses.packages.mp4 import probe
from exams.registration import pictures

AGENCIES = Path(__file__).resolve().parents[3] / "learning/people/reference/agencies.json"
FOLDERS = lesson_files.course_folders()
WORDS = range(900, 1801)


def agency_codes() -> set[str]:
    codes = set()
    for ministry in json.loads(AGENCIES.read_text()):
        for department in ministry["departments"]:
            codes |= {department["code"], *(division["code"] for division in department.get("divisions", []))}
        codes.add(ministry["code"])
    return codes


@pytest.fixture(scope="module")
def catalogue() -> dict[str, lesson_files.CatalogueEntry]:
    return {entry.code: entry for entry in lesson_files.read_catalogue(agencies=agency_codes())}


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def course(request) -> Course:
    return lesson_files.read_course(request.param)


def items(course: Course) -> list[CheckItem]:
    return [item for check in course.checks.values() for item in check.items]


def test_the_catalogue_has_courses_in_every_category(catalogue):
    assert len(catalogue) >= 125
    assert min(Counter(entry.category for entry in catalogue.values()).values()) >= 15
    assert set(Category) == {entry.category for entry in catalogue.values()}


def test_every_course_of_the_catalogue_has_a_name_of_its_own(catalogue):
    for name in ("name_th", "name_en", "objective_th"):
        names = Counter(getattr(entry, name) for entry in catalogue.values())
        assert [text for text, count in names.items() if count > 1] == []


def test_about_ten_courses_are_external_and_none_leads_to_a_real_site(catalogue):
    external = [entry for entry in catalogue.values() if entry.external_url]
    hosts = [entry.external_url.split("/")[2] for entry in external]
    assert 8 <= len(external) <= 12
    assert {entry.launch for entry in external} == {"link", "lti"}
    assert [host for host in hosts if not re.search(r"(^|\.)example(\.org)?$", host)] == []


def test_at_least_eight_courses_have_lessons_in_all_categories_between_them():
    assert len(FOLDERS) >= 8
    assert {folder.name[:2] for folder in FOLDERS} == set(Category)


def test_a_course_says_the_same_as_its_line_in_the_catalogue(course, catalogue):
    data, entry = course.data, catalogue[course.data.code]
    assert (data.title_th, data.title_en) == (entry.name_th, entry.name_en)
    assert (data.objective_th, data.target_group_th) == (entry.objective_th, entry.target_group_th)
    assert data.minutes == entry.hours * 60
    assert entry.external_url == ""


def test_lessons_are_as_long_as_they_should_be(course):
    counts = {
        name: sum(bool(re.search(r"[\w฀-๿]", word)) for word in word_tokenize(text, engine="newmm"))
        for name, text in course.texts.items()
    }
    assert 3 <= len(counts) <= 5
    assert {name: count for name, count in counts.items() if count not in WORDS} == {}


def test_every_lesson_says_what_it_is_for_and_ends_with_questions_and_answers(course):
    for text in course.texts.values():
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings[0] == "เมื่อจบบทนี้ท่านจะทำอะไรได้"
        assert headings[-1] == "ตรวจความเข้าใจ"
        assert "**แนวคำตอบ**" in text.rpartition("## ตรวจความเข้าใจ")[2]
        assert re.search(r"^\|[-|]+\|$", text, re.MULTILINE), "every lesson has a table"


def test_headings_go_down_one_level_at_a_time(course):
    for text in course.texts.values():
        levels = [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_course_begins_with_a_test_and_ends_with_a_test_and_the_survey(course):
    first, *_lessons, test, survey = course.data.units
    assert (first.kind, first.role) == (UnitKind.CHECK, TestRole.PRE)
    assert (test.kind, test.role, survey.kind) == (UnitKind.CHECK, TestRole.POST, UnitKind.SURVEY)
    check = course.checks[test.file]
    assert f"{len(check.items)} ข้อ" in course.data.assessment_th
    assert f"ร้อยละ {check.pass_percent}" in course.data.assessment_th
    asked = lesson_files.asked(check, first)
    assert 0 < len(asked) < len(check.items)
    assert len({item.stem for item in asked}) == len(asked)


def test_the_right_option_is_neither_at_one_place_nor_the_longest(course):
    questions = items(course)
    places = Counter(item.key for item in questions)
    longest = [item for item in questions if all(len(item.options[item.key]) > len(o) for o in others(item))]
    assert set(places) == {0, 1, 2, 3}
    assert max(places.values()) <= 0.4 * len(questions)
    assert len(longest) <= 0.4 * len(questions)


def others(item: CheckItem) -> list[str]:
    return [option for place, option in enumerate(item.options) if place != item.key]


def test_numbers_are_arabic_and_years_of_letters_are_buddhist(course):
    texts = [*course.texts.values(), *(slide for file in course.slides.values() for slide in file)]
    assert [text[:40] for text in texts if re.search("[๐-๙]", text)] == []


def test_text_has_no_double_spaces_and_no_stray_marks(course):
    texts = [*course.texts.values(), *(item.explanation for item in items(course))]
    # A vowel or tone mark after a space belongs to a letter that is missing.
    assert [text[:40] for text in texts if re.search("[^ \n]  +[^ \n]| [ะ-ฺ็-๎]", text)] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_telephone_number_is_called_the_same_everywhere(folder):
    # เบอร์ is what people say; what is official, and what the portal writes, is หมายเลข.
    written = [path for path in sorted(folder.iterdir()) if path.suffix in {".md", ".toml", ".vtt"}]
    assert written
    assert [path.name for path in written if re.search("(?<!ไซ)เบอร์", path.read_text("utf-8"))] == []


def test_courses_between_them_have_every_kind_of_unit_and_a_package_of_every_kind():
    units = [unit for folder in FOLDERS for unit in lesson_files.read_course(folder).data.units]
    assert {unit.kind for unit in units} == set(UnitKind)
    assert {unit.package for unit in units if unit.package} == set(KINDS)


def test_films_are_small_play_everywhere_and_say_that_they_are_silent(course):
    for name, video in course.videos.items():
        path = course.folder / lesson_files.film_file(name)
        with path.open("rb") as stream:
            film = probe(stream, path.stat().st_size)
        assert film.codecs == ("avc1",)
        assert film.starts_fast
        assert film.duration == timedelta(seconds=video.seconds)
        assert path.stat().st_size < 1_200_000
        assert lesson_files.SILENCE in lesson_files.transcript(video)


def test_all_films_and_covers_together_are_small():
    made = [path for folder in FOLDERS for path in folder.iterdir() if path.suffix in {".mp4", ".png"}]
    assert sum(path.stat().st_size for path in made) < 4_000_000


def test_every_course_has_a_cover_that_is_taken(course):
    cover = pictures.clean((course.folder / lesson_files.COVER).read_bytes())
    assert cover.kind == "png"


def test_an_exercise_offers_its_right_answers_in_different_places(course):
    for exercise in course.exercises.values():
        keys = [question.key for question in exercise.questions if isinstance(question, ChooseOne)]
        assert len(keys) < 2 or len(set(keys)) > 1
        # Things to sort do not stand in the order of their groups.
        sorts = [question for question in exercise.questions if isinstance(question, Sort)]
        assert [each.heading for each in sorts if each.keys == sorted(each.keys)] == []
