"""Folders of lessons and the list of courses are read, and what is wrong in them is said."""

from pathlib import Path

import msgspec
import pytest

from courses.catalogue import lesson_files
from courses.catalogue.lesson_files import Cue, Problem, UnfitCourse
from tests.courses.packages.factories import mp4

COURSE = """
code = "KD99"
title_th = "ตัวอย่าง"
title_en = "Example"
objective_th = "อ่านตัวอย่างได้"
target_group_th = "ทุกคน"
assessment_th = "แบบตรวจความรู้"
instructors = ["วิทยากร"]

[[topics]]
title_th = "เรื่องเดียว"
minutes = 30

[[units]]
kind = "check"
title_th = "แบบตรวจความรู้"
file = "check.toml"
topic = 1
minutes = 10
min_evidence_seconds = 0

[[units]]
kind = "text"
title_th = "บทเรียน"
file = "01-lesson.md"
topic = 1
minutes = 15
min_evidence_seconds = 60

[[units]]
kind = "slides"
title_th = "สไลด์"
file = "slides.md"
topic = 1
minutes = 4
min_evidence_seconds = 10

[[units]]
kind = "video"
title_th = "วิดีโอ"
file = "video.toml"
topic = 1
minutes = 1
min_evidence_seconds = 10
"""

ITEM = """
[[items]]
stem = "ข้อ {number} หน่วยงานมีเวลากี่วัน"
options = ["15 วัน", "30 วัน", "45 วัน", "60 วัน"]
key = 1
explanation = "บทเรียนบอกไว้"
lesson = "01-lesson.md"
proof = "ภายในสามสิบวัน"
"""

VIDEO = """
title_th = "วิดีโอตัวอย่าง"

[[scenes]]
screen = "# ฉากแรก\\nข้อความ"
captions = ["คำบรรยายหนึ่ง", "คำบรรยายที่สอง"]
seconds = 12

[[scenes]]
screen = "## ฉากที่สอง"
captions = ["คำบรรยายที่สาม"]
seconds = 8
"""


def check(count: int = 8) -> str:
    return 'title_th = "ตรวจ"\npass_percent = 60\n' + "".join(
        ITEM.format(number=number) for number in range(1, count + 1)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "KD99"
    folder.mkdir()
    (folder / "course.toml").write_text(COURSE)
    (folder / "01-lesson.md").write_text("# บทเรียน\n\nต้องตอบ**ภายใน\nสามสิบวัน**นับแต่วันที่ได้รับคำขอ\n")
    (folder / "slides.md").write_text("# หน้าแรก\n\n---\n\n| ก | ข |\n|---|---|\n| 1 | 2 |\n")
    (folder / "check.toml").write_text(check())
    (folder / "video.toml").write_text(VIDEO)
    write_made_files(folder)
    return folder


def write_made_files(folder: Path) -> None:
    """Write what is made from the scenes, as the tools do, with a film that shows nothing."""
    video = msgspec.toml.decode((folder / "video.toml").read_bytes(), type=lesson_files.VideoData)
    (folder / "video.vtt").write_text(lesson_files.captions(video))
    (folder / "video-transcript.md").write_text(lesson_files.transcript(video))
    (folder / "video.mp4").write_bytes(mp4(seconds=video.seconds))


def problems(folder: Path) -> list[Problem]:
    with pytest.raises(UnfitCourse) as raised:
        lesson_files.read_course(folder)
    return raised.value.problems


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_course_is_read_with_the_content_of_its_units(folder):
    course = lesson_files.read_course(folder)
    assert course.data.minutes == 30
    assert course.texts["01-lesson.md"].startswith("# บทเรียน")
    assert len(course.checks["check.toml"].items) == 8
    assert course.videos["video.toml"].seconds == 20


def test_a_slide_ends_at_a_line_of_dashes_and_not_in_a_table(folder):
    slides = lesson_files.read_course(folder).slides["slides.md"]
    assert slides == ["# หน้าแรก", "| ก | ข |\n|---|---|\n| 1 | 2 |"]


def test_courses_are_found_by_their_folders(folder):
    assert lesson_files.course_folders(folder.parent) == [folder]


def test_without_its_description_there_is_no_course(folder):
    (folder / "course.toml").unlink()
    assert problems(folder) == [Problem("course.toml", "is missing")]


def test_a_field_nobody_knows_is_refused(folder):
    change(folder / "course.toml", 'title_en = "Example"', 'title_en = "Example"\ncolour = "red"')
    assert "colour" in problems(folder)[0].message


def test_a_code_other_than_the_folder_and_outside_the_categories_is_refused(folder):
    change(folder / "course.toml", 'code = "KD99"', 'code = "XX01"')
    assert [problem.message for problem in problems(folder)] == [
        "the code XX01 is not the folder's name KD99",
        "the code XX01 begins with no category",
    ]


def test_an_empty_title_is_named(folder):
    change(folder / "course.toml", 'title_en = "Example"', 'title_en = ""')
    assert "are missing" in problems(folder)[0].message


def test_minutes_of_units_must_make_up_their_topic(folder):
    change(folder / "course.toml", "minutes = 15", "minutes = 14")
    assert problems(folder) == [Problem("course.toml", "topic 1 has 30 minutes, its units 29")]


def test_a_unit_of_a_topic_that_is_not_there_is_named(folder):
    change(folder / "course.toml", "topic = 1\nminutes = 15", "topic = 2\nminutes = 15")
    assert "01-lesson.md belongs to topic 2, which is not there" in [
        problem.message for problem in problems(folder)
    ]


def test_more_evidence_than_a_unit_lasts_is_refused(folder):
    change(folder / "course.toml", "min_evidence_seconds = 60", "min_evidence_seconds = 901")
    assert problems(folder) == [Problem("course.toml", "01-lesson.md asks for more evidence than it lasts")]


def test_a_listed_file_must_be_there_and_in_the_folder_itself(folder):
    (folder / "slides.md").rename(folder.parent / "slides.md")
    assert problems(folder) == [Problem("slides.md", "is listed in course.toml and missing in the folder")]
    change(folder / "course.toml", 'file = "slides.md"', 'file = "../slides.md"')
    assert problems(folder) == [Problem("../slides.md", "is listed in course.toml and missing in the folder")]


def test_a_file_listed_twice_and_one_not_listed_are_named(folder):
    (folder / "notes.md").write_text("# บันทึก")
    change(folder / "course.toml", 'file = "slides.md"', 'file = "01-lesson.md"')
    found = problems(folder)
    assert Problem("course.toml", "01-lesson.md is listed twice") in found
    assert Problem("notes.md", "is in the folder and not listed") in found
    assert Problem("slides.md", "is in the folder and not listed") in found


def test_a_lesson_begins_with_a_heading(folder):
    (folder / "01-lesson.md").write_text("ภายในสามสิบวัน")
    assert problems(folder) == [Problem("01-lesson.md", "does not begin with a heading")]


def test_a_lesson_that_is_not_utf_8_is_named(folder):
    (folder / "01-lesson.md").write_bytes("# บทเรียน ภายในสามสิบวัน".encode("tis-620"))
    assert problems(folder)[0].file == "01-lesson.md"


def test_an_empty_slide_is_refused(folder):
    (folder / "slides.md").write_text("# หน้าแรก\n\n---\n\n---\n\n# หน้าสาม\n")
    assert problems(folder) == [Problem("slides.md", "a slide is empty")]


@pytest.mark.parametrize("count", [7, 13])
def test_a_check_has_eight_to_twelve_questions(folder, count):
    (folder / "check.toml").write_text(check(count))
    assert problems(folder) == [Problem("check.toml", f"has {count} questions; 8 to 12 are wanted")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("key = 1", "key = 4", "question 1 has the key 4, which is no option"),
        ("key = 1", "key = -1", "question 1 has the key -1, which is no option"),
        ('"60 วัน"', '"30  วัน"', "question 1 has not 4 different options"),
        (', "60 วัน"', "", "question 1 has not 4 different options"),
        ('explanation = "บทเรียนบอกไว้"', 'explanation = ""', "question 1 has no explanation"),
        ('lesson = "01-lesson.md"', 'lesson = "slides.md"', "question 1 rests on slides.md"),
        ('proof = "ภายในสามสิบวัน"', 'proof = "ภายในสิบวัน"', "question 1 rests on words that are not in"),
        ('proof = "ภายในสามสิบวัน"', 'proof = ""', "question 1 rests on words that are not in"),
        ('stem = "ข้อ 1 ', 'stem = "ข้อ 2 ', "question 1 is asked twice"),
        ("pass_percent = 60", "pass_percent = 0", "the pass mark is no percentage"),
    ],
)
def test_a_question_that_cannot_be_used_is_named(folder, old, new, message):
    change(folder / "check.toml", old, new)
    found = problems(folder)
    assert found[0].file == "check.toml"
    assert found[0].message.startswith(message)


def test_words_prove_a_key_however_they_are_set(folder):
    """The lesson of the fixture breaks the line in the middle of the words and prints them bold."""
    assert lesson_files.read_course(folder).checks["check.toml"].items[0].proof == "ภายในสามสิบวัน"


def test_captions_of_a_scene_share_its_time_by_their_length(folder):
    video = lesson_files.read_course(folder).videos["video.toml"]
    first, second, third = lesson_files.cues(video)
    assert (first.start, second.end, third) == (0, 12_000, Cue(12_000, 20_000, "คำบรรยายที่สาม"))
    assert first.end == second.start == 12_000 * len(first.text) // len(first.text + second.text)


def test_captions_are_webvtt_that_reads_back(folder):
    video = lesson_files.read_course(folder).videos["video.toml"]
    text = (folder / "video.vtt").read_text()
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert lesson_files.parse_captions(text) == lesson_files.cues(video)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("00:00:01.000 --> 00:00:02.000\nก", "does not begin with WEBVTT"),
        ("WEBVTT\n\n00:00:01,000 --> 00:00:02,000\nก", "cannot be read"),
        ("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n", "cannot be read"),
        ("WEBVTT\n\n00:00:02.000 --> 00:00:02.000\nก", "ends before it begins"),
        ("WEBVTT\n\n00:00:01.000 --> 00:00:03.000\nก\n\n00:00:02.000 --> 00:00:04.000\nข", "overlap"),
        ("WEBVTT\n\n00:00:05.000 --> 00:00:06.000\nก\n\n00:00:02.000 --> 00:00:04.000\nข", "back in time"),
    ],
)
def test_captions_out_of_order_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        lesson_files.parse_captions(text)


def test_the_transcript_shows_no_headings_but_those_of_the_scenes(folder):
    text = (folder / "video-transcript.md").read_text()
    headings = [line for line in text.splitlines() if line.lstrip("> ").startswith("#")]
    assert headings == ["# วิดีโอตัวอย่าง", "## ฉากที่ 1", "## ฉากที่ 2"]
    assert "> **ฉากแรก**\n>\n> ข้อความ" in text
    assert "คำบรรยายหนึ่ง คำบรรยายที่สอง" in text


def test_captions_must_be_there_in_order_and_say_what_the_scenes_say(folder):
    (folder / "video-transcript.md").unlink()
    change(folder / "video.vtt", "00:00:12.000 --> 00:00:20.000", "00:00:02.000 --> 00:00:20.000")
    assert problems(folder) == [
        Problem("video.toml", "video.vtt captions overlap or go back in time"),
        Problem("video.toml", "video.vtt is not what the scenes say"),
        Problem("video.toml", "video-transcript.md is missing"),
    ]


def test_a_video_runs_no_longer_than_its_unit_and_long_enough_for_its_evidence(folder):
    change(
        folder / "course.toml",
        "minutes = 1\nmin_evidence_seconds = 10",
        "minutes = 1\nmin_evidence_seconds = 21",
    )
    assert problems(folder) == [Problem("video.toml", "the unit asks for more evidence than the video runs")]
    change(folder / "video.toml", "seconds = 12", "seconds = 53")
    write_made_files(folder)
    assert problems(folder) == [Problem("video.toml", "runs 61 seconds, the unit 1 minutes")]


def test_a_scene_gives_time_to_read_and_something_to_see(folder):
    change(folder / "video.toml", "seconds = 12", "seconds = 1")
    change(folder / "video.toml", 'screen = "## ฉากที่สอง"', 'screen = " "')
    write_made_files(folder)
    messages = [problem.message for problem in problems(folder)]
    assert "scene 1 is too short for its captions" in messages
    assert "scene 2 shows or says nothing" in messages


def test_everything_that_is_wrong_is_said_at_once(folder):
    change(folder / "course.toml", "minutes = 15", "minutes = 14")
    change(folder / "check.toml", "key = 1", "key = 9")
    with pytest.raises(UnfitCourse, match=r"course\.toml: topic 1 .*\ncheck\.toml: question 1 "):
        lesson_files.read_course(folder)


HEADER = ",".join(lesson_files.COLUMNS)
ROW = "KD01,ชื่อ,Name,KD,0102,1.5,เพื่อทดสอบ,ทุกคน,ก|ข,,,"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "courses.csv"
    path.write_text(f"{HEADER}\n{ROW}\n")
    return path


def read(path: Path) -> list[lesson_files.CatalogueEntry]:
    return lesson_files.read_catalogue(path, agencies={"0102"})


def test_a_line_of_the_list_is_read(catalogue):
    (entry,) = read(catalogue)
    assert (entry.code, entry.category, entry.hours, entry.keywords) == ("KD01", "KD", 1.5, ("ก", "ข"))
    assert entry.external_url == ""


def test_an_external_course_says_whose_it_is_and_how_it_opens(catalogue):
    change(catalogue, ",,,\n", ",ผู้ให้บริการ,https://mooc.example.org/1,lti\n")
    (entry,) = read(catalogue)
    assert (entry.provider, entry.launch) == ("ผู้ให้บริการ", "lti")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("KD01,ชื่อ", "MS01,ชื่อ", "the code MS01 does not fit the category KD"),
        ("KD01,ชื่อ", "KD1,ชื่อ", "the code KD1 does not fit the category KD"),
        (",KD,0102", ",XX,0102", "does not fit the category XX"),
        ("0102", "9999", "there is no agency 9999"),
        ("1.5", "0", "0 are no hours"),
        ("1.5", "1.25", "1.25 are no hours"),
        ("เพื่อทดสอบ", " ", "nothing in objective_th"),
        (",,,\n", ",ผู้ให้บริการ,,\n", "needs provider, address and launch"),
        (",,,\n", ",ผู้ให้บริการ,https://mooc.example.org/1,frame\n", "needs provider, address and launch"),
        (",,,\n", ",ผู้ให้บริการ,http://mooc.example.org/1,link\n", "does not begin with https://"),
        (",,,\n", ",,,,\n", "more or fewer columns"),
        (",,,\n", ",,\n", "more or fewer columns"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(catalogue, old, new, message):
    text = catalogue.read_text().replace(ROW, ROW.replace(old.strip("\n"), new.strip("\n"), 1))
    catalogue.write_text(text)
    with pytest.raises(UnfitCourse) as raised:
        read(catalogue)
    assert raised.value.problems[0].file == "courses.csv, line 2"
    assert message in raised.value.problems[0].message


def test_a_code_stands_in_the_list_once(catalogue):
    catalogue.write_text(f"{HEADER}\n{ROW}\n{ROW}\n")
    with pytest.raises(UnfitCourse, match="line 3: the code is there twice"):
        read(catalogue)


def test_other_columns_are_refused(catalogue):
    change(catalogue, "keywords", "tags")
    with pytest.raises(UnfitCourse, match="the columns are not code, "):
        read(catalogue)


def add_unit(folder: Path, unit: str) -> None:
    with (folder / "course.toml").open("a") as file:
        file.write(f"\n[[units]]\n{unit}\n")


EXERCISE = """
title_th = "แบบฝึก"
pass_percent = 60

[[steps]]
kind = "one"
heading = "ข้อแรก"
question = "ข้อใดถูก"
options = ["ก", "ข"]
key = 1
explanation = "เพราะเป็นเช่นนั้น"
"""
PACKAGE = """
kind = "package"
title_th = "แบบฝึก"
file = "exercise.toml"
package = "{kind}"
topic = 1
minutes = 0
"""


def test_a_package_is_made_of_an_exercise(folder):
    (folder / "exercise.toml").write_text(EXERCISE)
    add_unit(folder, PACKAGE.format(kind="cmi5"))
    course = lesson_files.read_course(folder)
    assert course.exercises["exercise.toml"].questions[0].keys == [1]


def test_a_kind_that_no_exercise_becomes_is_refused(folder):
    (folder / "exercise.toml").write_text(EXERCISE)
    add_unit(folder, PACKAGE.format(kind="mp4"))
    assert problems(folder) == [
        Problem("course.toml", "exercise.toml has no kind of package that can be made of it")
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("key = 1", "key = 2", "step 1 has a key that names no option"),
        ('["ก", "ข"]', '["ก", "ก"]', "step 1 offers an option twice"),
        ('kind = "one"', 'kind = "two"', "two"),
        ("key = 1", "keys = [0]", "keys"),
        ("pass_percent = 60", "pass_percent = 0", "pass_percent"),
    ],
)
def test_an_exercise_that_cannot_be_done_is_refused(folder, old, new, message):
    (folder / "exercise.toml").write_text(EXERCISE.replace(old, new))
    add_unit(folder, PACKAGE.format(kind="html"))
    assert [(each.file, message in each.message) for each in problems(folder)] == [("exercise.toml", True)]


def test_a_handout_and_the_survey_have_no_file_of_their_own(folder):
    for kind in ("pdf", "survey"):
        add_unit(folder, f'kind = "{kind}"\ntitle_th = "x"\ntopic = 1\nminutes = 0')
    assert lesson_files.read_course(folder).data.units[-1].file == ""
    add_unit(folder, 'kind = "pdf"\ntitle_th = "x"\nfile = "x.pdf"\ntopic = 1\nminutes = 0')
    assert problems(folder) == [Problem("course.toml", "a unit of kind pdf has a file")]


def test_a_check_may_be_asked_twice_and_in_parts(folder):
    unit = 'kind = "check"\ntitle_th = "x"\nfile = "check.toml"\nrole = "pre"\ntopic = 1\nminutes = 0\n'
    add_unit(folder, unit + "questions = 3")
    course = lesson_files.read_course(folder)
    asked = lesson_files.asked(course.checks["check.toml"], course.data.units[-1])
    assert [item.stem[:5] for item in asked] == ["ข้อ 1", "ข้อ 3", "ข้อ 6"]
    change(folder / "course.toml", "questions = 3", "questions = 9")
    assert problems(folder) == [Problem("check.toml", "has 8 questions, of which 9 cannot be asked")]


def test_a_film_must_be_there_and_run_as_long_as_its_scenes(folder):
    (folder / "video.mp4").write_bytes(mp4(seconds=40))
    assert problems(folder) == [Problem("video.toml", "video.mp4 runs 40 seconds, its scenes 20")]
    (folder / "video.mp4").write_bytes(b"no film")
    assert "video.mp4 is no video" in problems(folder)[0].message
    (folder / "video.mp4").unlink()
    assert problems(folder) == [Problem("video.toml", "video.mp4 is missing")]
