"""Packages made of exercises: taken by the check, the same every time, and as hard as they say."""

from __future__ import annotations

import io
import json
import zipfile
from decimal import Decimal

import pytest

from courses.catalogue import lesson_files
from courses.catalogue.making.exercises import Exercise, Sort, read_exercise
from courses.catalogue.making.packages import KINDS, build, file_name
from courses.packages.lint import check_upload
from courses.packages.package import Kind

EXERCISES = sorted(lesson_files.LESSONS.glob("*/exercise.toml"))
JUDGING = {Kind.SCORM_12, Kind.SCORM_2004_3, Kind.SCORM_2004_4, Kind.CMI5}


@pytest.fixture(params=EXERCISES, ids=lambda path: path.parent.name)
def exercise(request) -> Exercise:
    return read_exercise(request.param.read_bytes())


@pytest.mark.parametrize("kind", KINDS)
def test_every_exercise_becomes_a_package_of_every_kind_without_a_finding(exercise, kind):
    report = check_upload(io.BytesIO(build(exercise, kind, "KD10")), file_name(kind, "KD10"))
    assert (report.status, report.findings) == ("ok", ())
    assert report.package is not None
    assert (report.package.kind, report.package.title) == (kind, exercise.title_th)
    (unit,) = report.package.launchable
    expected = Decimal(exercise.pass_percent) / 100 if kind in JUDGING else None
    assert unit.mastery_score == expected


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_exercise_is_the_same_bytes(exercise, kind):
    assert build(exercise, kind, "KD10") == build(exercise, kind, "KD10")


def test_the_state_of_an_exercise_fits_into_scorm_1_2(exercise):
    # What lesson.js keeps at the end: at most 4,096 characters of suspend_data.
    questions = [step for step in exercise.shown()["steps"] if "id" in step]
    state = {
        "at": len(exercise.steps),
        "given": {step["id"]: step["keys"] for step in questions},
        "checked": {step["id"]: True for step in questions},
    }
    assert len(json.dumps(state)) < 4096


def test_a_title_cannot_break_out_of_a_page():
    exercise = Exercise(
        title_th='</title><script>alert("x")</script>&',
        pass_percent=60,
        steps=[
            Sort(
                heading="</script><b>",
                question="?",
                options=["ก", "ข"],
                items=[("x", 0), ("y", 1)],
                explanation="z",
            )
        ],
    )
    for kind in KINDS:
        upload = io.BytesIO(build(exercise, kind, "KD10"))
        assert check_upload(upload, "x.zip").status == "ok"
        if kind is not Kind.H5P:
            page = zipfile.ZipFile(upload).read("index.html").decode()
            assert "<script>alert" not in page
            assert "</script><b>" not in page


def test_pages_without_scripts_say_every_answer():
    exercise = read_exercise(EXERCISES[0].read_bytes())
    page = zipfile.ZipFile(io.BytesIO(build(exercise, Kind.HTML, "DS01"))).read("index.html").decode()
    assert "<script" not in page
    asked = sum(len(q.items if isinstance(q, Sort) else q.options) + 1 for q in exercise.questions)
    assert page.count("<details>") == asked
