"""What units of tests and surveys may hold."""

from typing import Any

import msgspec
import pytest

from courses.catalogue import lesson_files
from courses.catalogue.contents import read_survey, read_test, read_video

QUESTION = {"stem": "ข้อใดถูก", "options": ["ก", "ข"], "key": 1}


def test_every_check_that_comes_with_the_platform_is_a_test() -> None:
    checks = [
        check
        for folder in lesson_files.course_folders()
        for check in lesson_files.read_course(folder).checks.values()
    ]
    assert len(checks) >= 8
    for check in checks:
        assert len(read_test(msgspec.to_builtins(check)).items) == len(check.items)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"items": [], "draw": None},
        {"items": [QUESTION], "draw": {"bank": "oia", "count": 5}},
        {"items": [QUESTION | {"key": 2}]},
        {"items": [QUESTION | {"key": -1}]},
        {"items": [QUESTION | {"options": ["ก"]}]},
        {"items": [QUESTION], "pass_percent": 101},
        {"items": [QUESTION], "role": "final"},
        {"draw": {"bank": "oia", "count": 0}},
        {"items": "ก"},
    ],
)
def test_a_test_that_could_not_be_taken_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read_test(content)


@pytest.mark.parametrize(
    "content",
    [
        {"questions": []},
        {"questions": [{"id": "a", "text": "ก"}, {"id": "a", "text": "ข"}]},
        {"questions": [{"id": "A b", "text": "ก"}]},
        {"questions": [{"id": "a", "text": "ก", "kind": "stars"}]},
    ],
)
def test_a_survey_that_could_not_be_counted_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read_survey(content)


def test_a_survey_asks_for_points_unless_it_says_otherwise() -> None:
    (question,) = read_survey({"questions": [{"id": "q1", "text": "เนื้อหาตรงกับงาน"}]}).questions
    assert (question.kind, question.is_required) == ("scale", True)


def test_a_video_has_captions_or_none() -> None:
    assert read_video({}).captions == ""
    assert read_video({"captions": "WEBVTT\n"}).captions == "WEBVTT\n"


@pytest.mark.parametrize("content", [{"captions": 1}, {"scenes": []}])
def test_a_video_that_could_not_be_shown_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read_video(content)
