"""Topics and units: written one at a time, by one author at a time, and never after submission."""

from __future__ import annotations

import pytest

from courses.catalogue.errors import VersionFrozen
from courses.catalogue.models import CompletionRule, CourseVersion, Unit
from courses.player.models import Registration
from courses.player.services import progress, registrations
from courses.studio.errors import ChangedMeanwhile, InvalidUnit, OrderImpossible, WrongStep
from courses.studio.services import comments, outline, questions, rules
from courses.studio.services.readiness import hints, problems
from courses.studio.services.writing import is_contributor, rule_seen, topic_seen, unit_seen
from tests.conftest import make_person
from tests.courses.studio.factories import QUESTION, add_unit, make_version, submit_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(department, agency_officer):
    return make_version(department, agency_officer)


def titles(version: CourseVersion) -> list[list[str]]:
    return [[unit.title for unit in topic.units.all()] for topic in version.topics.all()]


def test_units_are_added_at_the_end(version, agency_officer):
    add_unit(version, "link", agency_officer, "ลิงก์", address="https://example.org/")
    assert titles(version) == [["อ่านก่อนเริ่ม", "ลิงก์"]]


def test_of_two_authors_the_second_is_told(version, agency_officer):
    unit = Unit.objects.get()
    seen = unit_seen(unit)
    outline.change_unit(unit, {"body": "ของคนแรก"}, seen=seen, actor=agency_officer)
    with pytest.raises(ChangedMeanwhile):
        outline.change_unit(unit, {"body": "ของคนที่สอง"}, seen=seen, actor=agency_officer)
    assert Unit.objects.get().body == "ของคนแรก"
    topic = version.topics.get()
    seen = topic_seen(topic)
    outline.change_topic(topic, {"minutes": 45}, seen=seen, actor=agency_officer)
    with pytest.raises(ChangedMeanwhile):
        outline.change_topic(topic, {"minutes": 50}, seen=seen, actor=agency_officer)


def test_moving_a_unit_elsewhere_is_no_conflict(version, agency_officer):
    other = add_unit(version, "text", agency_officer, "สอง", body="ข")
    seen = unit_seen(other)
    outline.move_unit(other, -1, actor=agency_officer)
    outline.change_unit(other, {"title": "สองใหม่"}, seen=seen, actor=agency_officer)
    assert titles(version) == [["สองใหม่", "อ่านก่อนเริ่ม"]]


def test_units_move_within_and_between_topics(version, agency_officer):
    second = outline.add_topic(version, {"name_th": "สอง", "minutes": 5}, actor=agency_officer)
    outline.add_unit(second, "text", {"title": "ข", "body": "ข"}, actor=agency_officer)
    unit = Unit.objects.get(title="อ่านก่อนเริ่ม")
    outline.move_unit(unit, 1, actor=agency_officer)
    assert titles(version) == [[], ["อ่านก่อนเริ่ม", "ข"]]
    outline.move_unit(unit, 1, actor=agency_officer)
    assert titles(version) == [[], ["ข", "อ่านก่อนเริ่ม"]]
    outline.move_unit(unit, 1, actor=agency_officer)
    assert titles(version) == [[], ["ข", "อ่านก่อนเริ่ม"]]
    outline.move_topic(second, -1, actor=agency_officer)
    assert titles(version) == [["ข", "อ่านก่อนเริ่ม"], []]
    outline.move_unit(unit, 1, actor=agency_officer)
    outline.move_unit(unit, -1, actor=agency_officer)
    assert titles(version) == [["ข", "อ่านก่อนเริ่ม"], []]


def test_what_opens_a_unit_comes_before_it(version, agency_officer):
    first = Unit.objects.get()
    second = add_unit(version, "text", agency_officer, "สอง", body="ข", opens_after=first)
    with pytest.raises(OrderImpossible, match="สอง"):
        outline.move_unit(second, -1, actor=agency_officer)
    with pytest.raises(InvalidUnit):
        outline.change_unit(first, {"opens_after": second}, seen=unit_seen(first), actor=agency_officer)
    assert titles(version) == [["อ่านก่อนเริ่ม", "สอง"]]
    outline.remove_unit(first, actor=agency_officer)
    second.refresh_from_db()
    assert second.opens_after is None


def test_after_submission_nothing_changes(version, agency_officer, reviewer):
    unit, topic = Unit.objects.get(), version.topics.get()
    submit_to(version, reviewer, actor=agency_officer)
    changes = [
        lambda: outline.add_topic(version, {"name_th": "ใหม่", "minutes": 1}, actor=agency_officer),
        lambda: outline.change_topic(topic, {"minutes": 1}, seen=topic_seen(topic), actor=agency_officer),
        lambda: outline.move_topic(topic, 1, actor=agency_officer),
        lambda: outline.remove_topic(topic, actor=agency_officer),
        lambda: outline.add_unit(topic, "text", {"title": "x", "body": "x"}, actor=agency_officer),
        lambda: outline.change_unit(unit, {"body": "x"}, seen=unit_seen(unit), actor=agency_officer),
        lambda: outline.move_unit(unit, 1, actor=agency_officer),
        lambda: outline.remove_unit(unit, actor=agency_officer),
    ]
    for change in changes:
        with pytest.raises(VersionFrozen):
            change()
    with pytest.raises(WrongStep):
        rules.set_rule(version, RULE, is_sequential=True, seen=rule_seen(version), actor=agency_officer)


RULE = {"units_needed": None, "min_minutes": 10, "test_mark": 0, "needs_survey": False}


def test_the_completion_rule_and_its_revision(version, agency_officer):
    rules.set_rule(version, RULE, is_sequential=True, seen=rule_seen(version), actor=agency_officer)
    version.refresh_from_db()
    assert version.is_sequential
    seen = rule_seen(version)
    rules.set_rule(version, RULE | {"min_minutes": 20}, is_sequential=True, seen=seen, actor=agency_officer)
    rule = CompletionRule.objects.get()
    assert (rule.min_minutes, rule.revision) == (20, 2)
    with pytest.raises(ChangedMeanwhile):
        rules.set_rule(version, RULE, is_sequential=True, seen=seen, actor=agency_officer)
    rules.set_rule(
        version, RULE | {"min_minutes": 20}, is_sequential=True, seen=rule_seen(version), actor=agency_officer
    )
    assert CompletionRule.objects.get().revision == 2


def test_who_writes_is_remembered(version, agency_officer):
    second = make_person()
    assert is_contributor(version, agency_officer)
    assert not is_contributor(version, second)
    add_unit(version, "text", second, body="x")
    assert is_contributor(version, second)


def test_a_removed_unit_leaves_its_comments_and_no_preview(version, agency_officer):
    unit = Unit.objects.get()
    preview = registrations.preview(agency_officer, version)
    progress.advance(preview, unit, completed=True)
    comment = comments.say(version, "แก้คำผิด", unit=unit, actor=agency_officer)
    outline.remove_unit(unit, actor=agency_officer)
    comment.refresh_from_db()
    assert (comment.unit, comment.place) == (None, "อ่านก่อนเริ่ม")
    assert not Registration.objects.exists()


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("text", {"body": " "}, "ไม่มีเนื้อหา"),
        ("video", {}, "ยังไม่มีไฟล์"),
        ("pdf", {}, "ยังไม่มีไฟล์"),
        ("test", {"content": {"items": []}}, "ยังไม่มีคำถาม"),
        ("survey", {"content": {}}, "ยังไม่มีคำถาม"),
        ("test", {"content": {"draw": {"bank": "no-such", "count": 5}}}, "สุ่ม"),
    ],
)
def test_what_a_version_lacks_is_named(version, agency_officer, kind, values, said):
    assert problems(version) == []
    add_unit(version, kind, agency_officer, "บทที่ขาด", **values)
    (found,) = problems(version)
    assert "บทที่ขาด" in found
    assert said in found


def test_a_film_without_captions_is_remarked_upon_and_keeps_nothing_out(version, agency_officer):
    add_unit(version, "video", agency_officer, "เงียบ", file="units/x.mp4")
    add_unit(version, "video", agency_officer, "อ่านได้", file="units/x.mp4", content={"captions": "WEBVTT"})
    assert problems(version) == []
    (hint,) = hints(outline.units_in_order(version))
    assert "เงียบ" in hint


def test_an_empty_version_and_an_impossible_rule_are_named(version, agency_officer):
    outline.add_topic(version, {"name_th": "หัวข้อว่าง", "minutes": 5}, actor=agency_officer)
    rule = {"units_needed": 5, "min_minutes": 0, "test_mark": 1, "needs_survey": True}
    rules.set_rule(version, rule, is_sequential=False, seen=rule_seen(version), actor=agency_officer)
    assert len(problems(version)) == 4
    CourseVersion.objects.get().topics.all().delete()
    assert any("หัวข้อ" in problem for problem in problems(version))


@pytest.mark.parametrize(
    ("is_required", "rule", "said"),
    [
        (True, {"units_needed": 0}, "เรียนจบทันที"),
        (False, {}, "จะไม่มีผู้ใดเรียนจบ"),
        (True, {"units_needed": 2}, "บทเรียนบังคับเพียง 1 บท"),
    ],
)
def test_a_rule_that_nobody_or_everybody_meets_is_named(version, agency_officer, is_required, rule, said):
    Unit.objects.update(is_required=is_required)
    # Keeps nobody back, so it is none of the units that are needed.
    content = {"role": "pre", "items": [{"stem": "?", "options": ["1", "2"], "key": 0}]}
    add_unit(version, "test", agency_officer, content=content)
    values = RULE | {"min_minutes": 0} | rule
    rules.set_rule(version, values, is_sequential=False, seen=rule_seen(version), actor=agency_officer)
    (found,) = problems(version)
    assert said in found


def test_questions_are_written_moved_and_removed(version, agency_officer):
    unit = add_unit(version, "test", agency_officer, content={"items": [], "role": "post"})

    def seen() -> str:
        unit.refresh_from_db()
        return unit_seen(unit)

    for stem in ("ก", "ข", "ค"):
        questions.write(unit, None, QUESTION | {"stem": stem}, seen=seen(), actor=agency_officer)
    seen()
    questions.move(unit, 0, 1, seen=seen(), actor=agency_officer)
    questions.write(unit, 2, QUESTION | {"stem": "ง"}, seen=seen(), actor=agency_officer)
    questions.remove(unit, 1, seen=seen(), actor=agency_officer)
    seen()
    assert [each["stem"] for each in unit.content["items"]] == ["ข", "ง"]
    assert unit.content["role"] == "post"
    with pytest.raises(ChangedMeanwhile):
        questions.remove(unit, 0, seen="old", actor=agency_officer)
    assert problems(version) == []
