"""Courses from files: lists, lessons, curricula, and what is said about those that are wrong."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from courses.catalogue import demo, lesson_files
from courses.catalogue.contents import TestRole, read_survey, read_test, read_video
from courses.catalogue.making.packages import KINDS
from courses.catalogue.models import Category, Course, CourseVersion, Curriculum, Unit, UnitKind
from courses.catalogue.services.courses import set_cover
from courses.catalogue.services.loading import load_folder
from courses.catalogue.services.versions import start_version
from courses.content.models import StoredPackage
from learning.people.demo import OCSC
from learning.people.models import AuditEntry
from tests.courses.catalogue.factories import NOON, make_agency

pytestmark = pytest.mark.django_db

HEADINGS = ",".join(lesson_files.COLUMNS)
ROW = "KD20,จริยธรรมข้าราชการ,Ethics,KD,T01,1.5,เพื่อให้เข้าใจ,ข้าราชการ,จรรยา|วินัย,,,"
EXTERNAL = "DS20,ข้อมูลเปิด,,DS,T01,3,เพื่อ,ทุกคน,เปิด,ผู้ให้บริการ,https://learn.example/x,lti"


@pytest.fixture(autouse=True)
def _agency():
    make_agency("T01")


def write_list(folder: Path, *rows: str, headings: str = HEADINGS, name: str = "list.csv") -> Path:
    (folder / name).write_text("\n".join([headings, *rows]) + "\n", "utf-8")
    return folder


def load(folder: Path, **options):
    return load_folder(folder, now=NOON, **options)


def faults(folder: Path):
    return [(fault.row, fault.column) for fault in load(folder).faults]


def test_a_list_becomes_published_courses(tmp_path, administrator):
    loaded = load(write_list(tmp_path, ROW, EXTERNAL), actor=administrator)
    assert (loaded.created, loaded.faults) == (2, [])
    course = Course.objects.listed().get(code="KD20")
    assert (course.name_en, course.hours, course.keywords) == ("Ethics", Decimal("1.5"), "จรรยา, วินัย")
    topic = course.versions.get().topics.get()
    assert (topic.name_th, topic.minutes) == ("จริยธรรมข้าราชการ", 90)
    assert Course.objects.get(code="DS20").launch == "lti"
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {administrator.pk}


def test_further_columns_say_more(tmp_path):
    headings = "code,name_th,category,owner_agency_code,hours,objective_th,topics,instructors,language"
    row = "KD20,วิชา,KD,T01,๑.๕,เพื่อ,บทนำ (30)|ฝึก (๖๐),สมหญิง|สมชาย,en"
    assert load(write_list(tmp_path, row, headings=headings)).faults == []
    course = Course.objects.get()
    topics = course.versions.get().topics
    assert list(topics.values_list("name_th", "minutes")) == [("บทนำ", 30), ("ฝึก", 60)]
    assert [each.name for each in course.instructors.all()] == ["สมหญิง", "สมชาย"]
    assert course.language == "en"


def test_loading_again_changes_nothing(tmp_path):
    load(write_list(tmp_path, ROW, EXTERNAL))
    entries = AuditEntry.objects.count()
    loaded = load(tmp_path)
    assert (loaded.created, loaded.changed, loaded.unchanged) == (0, 0, 2)
    assert AuditEntry.objects.count() == entries


def test_another_text_changes_the_course_and_other_topics_make_a_version(tmp_path):
    load(write_list(tmp_path, ROW))
    assert load(write_list(tmp_path, ROW.replace("เพื่อให้เข้าใจ", "เพื่อให้รู้"))).changed == 1
    assert CourseVersion.objects.count() == 1
    assert load(write_list(tmp_path, ROW.replace("1.5", "2"))).changed == 1
    assert list(CourseVersion.objects.values_list("number", "status")) == [(1, "retired"), (2, "published")]


def test_a_course_that_somebody_here_writes_is_theirs(tmp_path, administrator):
    load(write_list(tmp_path, ROW))
    start_version(Course.objects.get(), author=administrator)
    assert load(write_list(tmp_path, ROW.replace("1.5", "2"))).left_alone == 1
    assert Course.objects.get().hours == Decimal("1.5")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (ROW.replace("KD20", "kd 20"), "code"),
        (ROW.replace("KD20", ""), "code"),
        (ROW.replace("จริยธรรมข้าราชการ", " "), "name_th"),
        (ROW.replace(",KD,", ",XX,"), "category"),
        (ROW.replace("T01", "T99"), "owner_agency_code"),
        (ROW.replace("1.5", "0"), "hours"),
        (ROW.replace("1.5", "1.25"), "hours"),
        (ROW.replace("1.5", "1e3"), "hours"),
        (ROW.replace("1.5", "NaN"), "hours"),
        (ROW.replace("1.5", "สอง"), "hours"),
        (EXTERNAL.replace(",lti", ",scorm"), "launch"),
        (ROW + ",เกิน", ""),
    ],
)
def test_a_row_that_is_wrong_is_named_and_the_others_are_loaded(tmp_path, row, column):
    good = ROW.replace("KD20", "KD30")
    assert faults(write_list(tmp_path, row, good)) == [(2, column)]
    assert [course.code for course in Course.objects.all()] == ["KD30"]


@pytest.mark.parametrize("row", [EXTERNAL.replace("https", "http"), EXTERNAL.replace("ผู้ให้บริการ", "")])
def test_a_course_that_cannot_be_is_named(tmp_path, row):
    loaded = load(write_list(tmp_path, row, ROW))
    assert [fault.file for fault in loaded.faults] == ["DS20"]
    assert loaded.created == 1


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "รหัส,ชื่อ\n1,2\n".encode(), b"code,name_th\nKD1,x\n"]
)
def test_a_file_that_is_no_list_is_named(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    write_list(tmp_path, ROW, name="b.csv")
    loaded = load(tmp_path)
    assert [fault.file for fault in loaded.faults] == ["a.csv"]
    assert loaded.created == 1


def test_an_unknown_column_is_named(tmp_path):
    loaded = load(write_list(tmp_path, ROW + ",1", headings=HEADINGS + ",price"))
    assert "price" in str(loaded.faults[0].message)
    assert loaded.created == 0


def test_a_code_in_two_lists_counts_once(tmp_path):
    write_list(tmp_path, ROW, name="a.csv")
    loaded = load(write_list(tmp_path, ROW.replace("จริยธรรม", "อื่น"), name="b.csv"))
    assert [fault.file for fault in loaded.faults] == ["b.csv"]
    assert Course.objects.get().name_th == "จริยธรรมข้าราชการ"


def test_a_list_in_tis_620_is_read(tmp_path):
    (tmp_path / "a.csv").write_bytes(f"{HEADINGS}\n{ROW}\n".encode("cp874"))
    assert load(tmp_path).created == 1


def test_files_and_database_know_the_same_categories():
    assert {each.value for each in lesson_files.Category} == set(Category.values)


# -- Lessons ----------------------------------------------------------------------------------------
COURSE = """
code = "KD10"
title_th = "พระราชบัญญัติข้อมูลข่าวสาร"
title_en = "Official Information Act"
objective_th = "เพื่อให้เข้าใจ"
target_group_th = "ข้าราชการ"
assessment_th = "ทดสอบ"
instructors = ["นิติกร"]
topics = [{title_th = "บทนำ", minutes = 40}, {title_th = "สิทธิ", minutes = 50}]
units = [
  {kind = "text", title_th = "อ่าน", file = "01.md", topic = 1, minutes = 40, min_evidence_seconds = 60},
  {kind = "slides", title_th = "ดู", file = "slides.md", topic = 2, minutes = 50, min_evidence_seconds = 0},
]
"""


def write_lessons(folder: Path, course: str = COURSE) -> Path:
    path = folder / "lessons" / "KD10"
    path.mkdir(parents=True)
    (path / "course.toml").write_text(course, "utf-8")
    (path / "01.md").write_text("# บทนำ\n\nเนื้อหา\n", "utf-8")
    (path / "slides.md").write_text("# หนึ่ง\n\n---\n\n# สอง\n", "utf-8")
    return folder


def test_lessons_become_topics_and_units(tmp_path):
    loaded = load(write_lessons(tmp_path), owner_code="T01")
    assert (loaded.created, loaded.faults) == (1, [])
    course = Course.objects.listed().get()
    assert (course.category, course.hours, course.assessment) == ("KD", Decimal("1.5"), "ทดสอบ")
    units = Unit.objects.filter(topic__version__course=course)
    assert [(unit.topic.name_th, unit.kind, unit.min_seconds) for unit in units] == [
        ("บทนำ", "text", 60),
        ("สิทธิ", "slides", 0),
    ]
    assert units[0].body.startswith("# บทนำ")
    assert load(tmp_path, owner_code="T01").unchanged == 1


def test_a_list_says_more_about_a_course_with_lessons(tmp_path):
    make_agency("T02", "กระทรวงสอง")
    row = ROW.replace("KD20", "KD10").replace("T01", "T02")
    loaded = load(write_list(write_lessons(tmp_path), row), owner_code="T01")
    assert loaded.created == 1
    course = Course.objects.get()
    assert (course.owner.code, course.keywords) == ("T02", "จรรยา, วินัย")
    assert course.name_th == "พระราชบัญญัติข้อมูลข่าวสาร"
    assert Unit.objects.count() == 2


def test_lessons_without_an_owner_or_with_a_fault_are_named(tmp_path):
    write_lessons(tmp_path)
    assert [fault.file for fault in load(tmp_path).faults] == ["lessons/KD10"]
    (tmp_path / "lessons" / "KD10" / "01.md").unlink()
    assert [fault.file for fault in load(tmp_path, owner_code="T01").faults] == ["lessons/KD10/01.md"]


# -- Curricula --------------------------------------------------------------------------------------
CURRICULA = """
[[curriculum]]
code = "001M"
name_th = "ข้าราชการใหม่"
owner_agency_code = "T01"
rule = "count"
count = 1
groups = {"พื้นฐาน" = ["KD20*"], "เลือก" = ["DS20"]}
"""


def test_curricula_take_courses_by_code(tmp_path):
    write_list(tmp_path, ROW, EXTERNAL)
    (tmp_path / "curricula.toml").write_text(CURRICULA, "utf-8")
    assert load(tmp_path).curricula == 1
    entries = Curriculum.objects.get().entries.values_list("course__code", "group", "is_required")
    assert list(entries) == [("KD20", "พื้นฐาน", True), ("DS20", "เลือก", False)]


@pytest.mark.parametrize(
    ("old", "new"), [("DS20", "DS99"), ("T01", "T99"), ("count = 1", "count = 9"), ("rule", "rules")]
)
def test_a_curriculum_that_is_wrong_is_named(tmp_path, old, new):
    write_list(tmp_path, ROW, EXTERNAL)
    (tmp_path / "curricula.toml").write_text(CURRICULA.replace(old, new), "utf-8")
    loaded = load(tmp_path)
    assert [fault.file.split(":")[0] for fault in loaded.faults] == ["curricula.toml"]
    assert not Curriculum.objects.exists()


# -- The command ------------------------------------------------------------------------------------
def test_the_command_prints_json_and_ends_well(tmp_path, administrator):
    output = StringIO()
    write_list(tmp_path, ROW)
    options = {"folder": tmp_path, "format": "json", "actor": administrator.email, "stdout": output}
    call_command("load_courses", **options)
    assert json.loads(output.getvalue())["created"] == 1


def test_the_command_ends_badly_where_something_is_wrong(tmp_path):
    output, errors = StringIO(), StringIO()
    write_list(tmp_path, ROW, ROW.replace("KD20", ""))
    with pytest.raises(SystemExit) as ended:
        call_command("load_courses", folder=tmp_path, stdout=output, stderr=errors)
    assert ended.value.code == 1
    assert "1 created" in output.getvalue()
    assert "list.csv, row 3, code:" in errors.getvalue()


def test_the_command_wants_a_folder_and_a_person_who_is_there(tmp_path):
    with pytest.raises(CommandError, match="no folder"):
        call_command("load_courses", folder=tmp_path / "nowhere")
    with pytest.raises(CommandError, match="No person"):
        call_command("load_courses", folder=tmp_path, actor="nobody@example.org")


# -- The demonstration ------------------------------------------------------------------------------
def test_the_demonstration_loads_without_faults_and_twice(django_assert_max_num_queries):
    demo.load()
    assert load_folder(lesson_files.DATA, owner_code=OCSC).faults == []
    courses = Course.objects.listed().count()
    assert courses >= 120
    assert Curriculum.objects.exists()
    packages = StoredPackage.objects.values_list("kind", flat=True)
    assert set(packages) == set(KINDS)
    assert {package.report["status"] for package in StoredPackage.objects.all()} == {"ok"}
    filed = Unit.objects.exclude(file="")
    assert all(default_storage.exists(unit.file.name) for unit in filed)
    assert set(filed.values_list("kind", flat=True)) == {"video", "pdf"}
    entries = AuditEntry.objects.count()
    with django_assert_max_num_queries(60):
        demo.load()
    assert Course.objects.listed().count() == courses
    assert AuditEntry.objects.count() == entries


def test_the_platforms_courses_can_be_completed():
    demo.load()
    versions = CourseVersion.objects.filter(topics__units__isnull=False).distinct()
    assert versions.count() == 9
    for version in versions:
        units = list(Unit.objects.filter(topic__version=version))
        tests = [read_test(unit.content) for unit in units if unit.kind == UnitKind.TEST]
        assert [test.role for test in tests] == [TestRole.PRE, TestRole.POST]
        assert version.completion_rule.test_mark * 100 == tests[-1].pass_percent
        assert version.completion_rule.needs_survey
        (survey,) = [unit for unit in units if unit.kind == UnitKind.SURVEY]
        assert read_survey(survey.content).questions
        # Nobody is asked for more time than the units themselves ask for.
        assert version.completion_rule.min_minutes * 60 <= sum(unit.min_seconds for unit in units)
        for unit in units:
            if unit.kind == UnitKind.VIDEO:
                assert lesson_files.parse_captions(read_video(unit.content).captions)
    assert CourseVersion.objects.get(course__code="KD53").is_sequential
    assert set(Course.objects.exclude(cover="").values_list("code", flat=True)) == {
        folder.name for folder in lesson_files.course_folders()
    }


def test_a_corrected_exercise_comes_with_the_next_version_and_a_chosen_cover_stays(tmp_path):
    folder = tmp_path / "lessons" / "DS01"
    shutil.copytree(lesson_files.LESSONS / "DS01", folder)
    assert load(tmp_path, owner_code="T01").faults == []
    course = Course.objects.get()
    set_cover(course, (lesson_files.LESSONS / "KD10" / "cover.png").read_bytes(), actor=None)
    chosen = course.cover.name
    exercise = folder / "exercise.toml"
    exercise.write_text(exercise.read_text().replace("ผู้ประกอบการรายเล็ก", "ผู้ประกอบการ"))
    assert load(tmp_path, owner_code="T01").changed == 1
    assert list(course.versions.values_list("number", "status")) == [(1, "retired"), (2, "published")]
    assert StoredPackage.objects.count() == 2
    course.refresh_from_db()
    assert course.cover.name == chosen
    assert load(tmp_path, owner_code="T01").unchanged == 1


def test_a_lesson_that_cannot_be_typeset_is_named_and_the_others_load(tmp_path):
    for code in ("DS01", "DS02"):
        shutil.copytree(lesson_files.LESSONS / code, tmp_path / "lessons" / code)
    lesson = tmp_path / "lessons" / "DS01" / "01-what-digital-government-is.md"
    lesson.write_text(lesson.read_text() + "\n\n<div>x</div>\n")
    loaded = load(tmp_path, owner_code="T01")
    assert loaded.created == 1
    assert [(fault.file, "cannot be set" in str(fault.message)) for fault in loaded.faults] == [
        ("lessons/DS01", True)
    ]
