"""Courses, versions and curricula: what may change, what may not, and what is written down about it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from courses.catalogue import listing
from courses.catalogue.errors import (
    CodeTaken,
    CourseRetired,
    EmptyVersion,
    InvalidCourse,
    VersionFrozen,
    VersionInWork,
    VersionNotApproved,
)
from courses.catalogue.folding import fold
from courses.catalogue.models import Course, CourseVersion, Topic, Unit, VersionStatus
from courses.catalogue.services.courses import change_course, create_course, retire_course, set_cover
from courses.catalogue.services.curricula import Place, write_curriculum
from courses.catalogue.services.versions import (
    TopicPlan,
    UnitPlan,
    approve_loaded,
    outline_of,
    publish,
    start_version,
    write_outline,
)
from exams.registration.pictures import NotAPhotograph
from exams.registration.portraits import portrait
from learning.people.models import AuditEntry
from tests.courses.catalogue.factories import (
    NOON,
    TOPICS,
    make_agency,
    make_course,
    make_curriculum,
    make_draft,
    make_external,
    published_version,
)

pytestmark = pytest.mark.django_db


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


# -- Courses ----------------------------------------------------------------------------------------
def test_a_new_course_is_written_down(agency_officer):
    fields = {
        "name_th": "วิชา",
        "owner": make_agency(),
        "category": "KD",
        "objective_th": "เพื่อ",
        "hours": Decimal(1),
    }
    course = create_course("KD1", fields, instructors=[("สมหญิง", "วิทยากร")], actor=agency_officer)
    assert course.instructors.get().name == "สมหญิง"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.data["code"]) == (
        "catalogue.course_created",
        agency_officer,
        "KD1",
    )


def test_a_code_is_given_once():
    make_draft("KD1")
    with pytest.raises(CodeTaken):
        make_draft("KD1")


@pytest.mark.parametrize(
    "fields",
    [
        {"hours": Decimal(0)},
        {"name_th": ""},
        {"category": "XX"},
        {"provider": "ผู้ให้บริการ"},
        {"external_url": "https://learn.example/"},
        {"provider": "ก", "external_url": "http://learn.example/", "launch": "link"},
        {"provider": "ก", "external_url": "javascript:alert(1)", "launch": "link"},
        {"provider": "ก", "external_url": "https://learn.example/", "launch": "other"},
    ],
)
def test_what_cannot_be_a_course_is_refused(fields):
    with pytest.raises(InvalidCourse):
        make_draft("KD1", **fields)
    assert not Course.objects.exists()


@pytest.mark.parametrize("code", ["kd10", "", "KD 10", "../x", "ก1", "KD10\n"])
def test_what_is_no_code_is_refused(code):
    with pytest.raises(InvalidCourse):
        create_course(code, {**_fields(), "owner": make_agency()}, actor=None)


def _fields():
    return {"name_th": "วิชา", "category": "KD", "objective_th": "เพื่อ", "hours": Decimal(1)}


def test_the_database_keeps_external_courses_whole():
    course = make_course("KD1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Course.objects.filter(pk=course.pk).update(provider="ก")


def test_a_change_names_the_fields_and_nothing_changes_without_one(agency_officer):
    course = make_course("KD1")
    before = course.fingerprint
    assert change_course(course, {"name_th": "ชื่อใหม่", "hours": course.hours}, actor=agency_officer)
    assert AuditEntry.objects.latest("pk").data["fields"] == ["name_th"]
    course.refresh_from_db()
    assert course.fingerprint != before
    assert not change_course(course, {"name_th": "ชื่อใหม่"}, actor=agency_officer)
    assert actions()[-1] == "catalogue.course_changed"


def test_a_change_that_is_wrong_is_refused():
    course = make_course("KD1")
    with pytest.raises(InvalidCourse, match="ชั่วโมง"):
        change_course(course, {"hours": Decimal(-1)}, actor=None)


def test_instructors_are_replaced():
    course = make_course("KD1", instructors=[("ก", ""), ("ข", "")])
    assert change_course(course, {}, instructors=[("ข", "")], actor=None)
    assert [each.name for each in course.instructors.all()] == ["ข"]


def test_a_cover_is_kept_without_what_is_no_picture(django_capture_on_commit_callbacks):
    course = make_course("KD1")
    picture = portrait(1)
    set_cover(course, picture + b"GIF89a<script>", actor=None)
    with course.cover.open() as file:
        assert file.read() == picture
    first = course.cover.name
    with django_capture_on_commit_callbacks(execute=True):
        set_cover(course, portrait(2), actor=None)
    assert not default_storage.exists(first)
    assert actions()[-1] == "catalogue.cover_set"


def test_a_cover_that_is_no_picture_is_refused():
    course = make_course("KD1")
    with pytest.raises(NotAPhotograph):
        set_cover(course, b"<svg onload='alert(1)'/>", actor=None)


def test_a_retired_course_is_listed_no_more():
    course = make_course("KD1")
    assert course.pk in listing.current().entries
    retire_course(course, actor=None, now=NOON)
    assert course.pk not in listing.current().entries
    with pytest.raises(CourseRetired):
        retire_course(course, actor=None, now=NOON)


# -- Versions ---------------------------------------------------------------------------------------
def test_a_course_has_one_version_in_work():
    course = make_draft("KD1")
    with pytest.raises(VersionInWork):
        start_version(course, author=None)


def test_the_next_version_begins_with_what_is_taught():
    course = make_course("KD1")
    version = start_version(course, author=None)
    assert version.number == 2
    assert outline_of(version) == TOPICS


def test_publishing_retires_the_version_before():
    course = make_course("KD1")
    version = start_version(course, author=None)
    approve_loaded(version, actor=None)
    publish(version, actor=None, now=NOON + timedelta(days=1))
    states = dict(course.versions.values_list("number", "status"))
    assert states == {1: VersionStatus.RETIRED, 2: VersionStatus.PUBLISHED}
    assert AuditEntry.objects.latest("pk").data["replaced"] == [1]


def test_the_database_holds_one_published_version():
    course = make_course("KD1")
    version = start_version(course, author=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        CourseVersion.objects.filter(pk=version.pk).update(status="published", published_at=NOON)


@pytest.mark.parametrize("status", [each for each in VersionStatus if each != VersionStatus.APPROVED])
def test_only_an_approved_version_is_published(status):
    version = make_draft("KD1").versions.get()
    CourseVersion.objects.filter(pk=version.pk).update(status=status, published_at=NOON)
    with pytest.raises(VersionNotApproved):
        publish(version, actor=None, now=NOON)
    version.refresh_from_db()
    assert version.status == status


def test_a_version_without_topics_is_not_published():
    version = make_draft("KD1").versions.get()
    write_outline(version, [], actor=None)
    approve_loaded(version, actor=None)
    with pytest.raises(EmptyVersion):
        publish(version, actor=None, now=NOON)


def test_a_version_that_somebody_here_wrote_needs_their_review(agency_officer):
    course = make_course("KD1")
    with pytest.raises(VersionFrozen):
        approve_loaded(start_version(course, author=agency_officer), actor=None)


def test_a_retired_course_publishes_nothing():
    course = make_course("KD1")
    version = start_version(course, author=None)
    approve_loaded(version, actor=None)
    retire_course(course, actor=None, now=NOON)
    with pytest.raises(CourseRetired):
        publish(version, actor=None, now=NOON)


FROZEN = [each for each in VersionStatus if each not in {VersionStatus.DRAFT, VersionStatus.CHANGES_ASKED}]


def _update(topic, unit):
    unit.title = "อื่น"
    unit.save()


def _delete_row(topic, unit):
    unit.delete()


def _delete_topic(topic, unit):
    topic.delete()


def _update_many(topic, unit):
    Topic.objects.filter(pk=topic.pk).update(minutes=1)


def _bulk_update(topic, unit):
    unit.title = "อื่น"
    Unit.objects.bulk_update([unit], ["title"])


def _delete_many(topic, unit):
    Unit.objects.all().delete()


def _add(topic, unit):
    Topic.objects.create(version=topic.version, order=9, name_th="ใหม่", minutes=1)


def _add_many(topic, unit):
    Unit.objects.bulk_create([Unit(topic=topic, order=9, kind="text", title="ใหม่")])


def _rewrite(topic, unit):
    write_outline(topic.version, [], actor=None)


def _delete_version(topic, unit):
    topic.version.delete()


WAYS = [
    _update,
    _delete_row,
    _delete_topic,
    _update_many,
    _bulk_update,
    _delete_many,
    _add,
    _add_many,
    _rewrite,
    _delete_version,
]


@pytest.mark.parametrize("status", FROZEN)
@pytest.mark.parametrize("change", WAYS)
def test_nothing_changes_in_a_version_that_is_not_being_written(change, status):
    version = make_draft("KD1").versions.get()
    unit = Unit.objects.get()
    topic = unit.topic
    CourseVersion.objects.filter(pk=version.pk).update(status=status, published_at=NOON)
    with pytest.raises(VersionFrozen), transaction.atomic():
        change(topic, unit)
    assert outline_of(CourseVersion.objects.get()) == TOPICS


@pytest.mark.parametrize("change", WAYS)
def test_everything_may_change_in_a_draft(change):
    make_draft("KD1")
    unit = Unit.objects.get()
    change(unit.topic, unit)


def test_a_topic_does_not_move_out_of_what_is_published():
    published = published_version(make_course("KD1"))
    draft = make_draft("KD2").versions.get()
    topic = published.topics.all()[0]
    topic.version, topic.order = draft, 9
    with pytest.raises(VersionFrozen):
        topic.save()


def test_a_link_has_an_address_and_nothing_else_has():
    version = make_draft("KD1").versions.get()
    plans = [TopicPlan("ก", 1, units=(UnitPlan("link", "ข"),))]
    with pytest.raises(IntegrityError), transaction.atomic():
        write_outline(version, plans, actor=None)


# -- Curricula --------------------------------------------------------------------------------------
def test_a_curriculum_is_written_once():
    courses = [make_course("KD1"), make_course("KD2")]
    curriculum = make_curriculum("C1", courses)
    assert actions()[-1] == "catalogue.curriculum_created"
    count = AuditEntry.objects.count()
    assert make_curriculum("C1", courses) == curriculum
    assert AuditEntry.objects.count() == count
    make_curriculum("C1", courses[:1])
    assert actions()[-1] == "catalogue.curriculum_changed"
    assert curriculum.entries.get().course == courses[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"rule": "count"},
        {"rule": "count", "rule_count": 3},
        {"rule": "count", "rule_count": 0},
        {"rule": "hours", "rule_hours": Decimal(100)},
        {"rule": "all", "rule_count": 1},
        {"rule": "other"},
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused(fields):
    courses = [make_course("KD1"), make_course("KD2")]
    with pytest.raises(InvalidCourse):
        make_curriculum("C1", courses, **fields)


def test_a_curriculum_has_courses_and_each_once():
    course = make_course("KD1")
    fields = {"name_th": "หลักสูตร", "owner": course.owner, "rule": "all"}
    for places in ([], [Place(course), Place(course)]):
        with pytest.raises(InvalidCourse):
            write_curriculum("C1", fields, places, actor=None)


# -- What the list holds ----------------------------------------------------------------------------
def test_the_list_is_read_once(django_assert_num_queries):
    make_course("KD1")
    listing.current()
    with django_assert_num_queries(1):
        assert len(listing.current().entries) == 1


def test_the_list_reads_only_what_changed():
    one, other = make_course("KD1"), make_course("KD2")
    before = listing.current().entries
    change_course(one, {"name_th": "ชื่อใหม่"}, actor=None)
    after = listing.current().entries
    assert after[other.pk] is before[other.pk]
    assert after[one.pk] is not before[one.pk]


def test_the_list_takes_as_many_queries_for_many_as_for_few(django_assert_num_queries):
    for number in range(12):
        make_course(f"KD{number}", owner=make_agency(f"T{number}", f"กระทรวง {number}"))
    listing.forget()
    with django_assert_num_queries(7):
        assert len(listing.current().entries) == 12


def test_drafts_are_not_listed():
    make_draft("KD1")
    assert listing.current().entries == {}


def test_a_change_that_was_rolled_back_leaves_the_list():
    course = make_course("KD1", name_th="เดิม")
    listing.current()
    with transaction.atomic():
        change_course(course, {"name_th": "อื่น"}, actor=None)
        assert fold("อื่น") in listing.current().entries[course.pk].text.names[0]
        transaction.set_rollback(True)
    assert fold("เดิม") in listing.current().entries[course.pk].text.names[0]


def test_an_external_course_is_found_by_its_provider():
    course = make_external("KD1", provider="มหาวิทยาลัยเปิด")
    assert fold("มหาวิทยาลัยเปิด") in listing.current().entries[course.pk].text.rest
