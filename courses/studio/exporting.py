"""The courses of an agency as a table, for its officers."""

from typing import Any

from django.db.models import QuerySet
from django.utils import translation
from django.utils.timezone import localdate
from import_export import fields, resources

from courses.catalogue.models import Course, VersionStatus
from learning import thai
from learning.people import audit
from learning.people.models import Person
from learning.spreadsheets import Format, write_table

# Headings are Thai in every language of the pages, so that a file can be passed on.
HEADINGS = {
    "code": "รหัส",
    "name_th": "ชื่อวิชา",
    "name_en": "ชื่อวิชา (อังกฤษ)",
    "category": "หมวด",
    "owner": "หน่วยงานเจ้าของ",
    "hours": "ชั่วโมง",
    "objective_th": "วัตถุประสงค์",
    "target_group": "กลุ่มเป้าหมาย",
    "assessment": "การประเมินผล",
    "instructors": "วิทยากร",
    "topics": "หัวข้อ",
    "keywords": "คำค้น",
    "provider": "ผู้ให้บริการภายนอก",
    "external_url": "ที่อยู่เว็บไซต์ภายนอก",
    "version": "ฉบับที่เผยแพร่",
    "published_at": "วันที่เผยแพร่",
    "retired_at": "วันที่เลิกเปิดสอน",
}


def _column(name: str, attribute: str | None = None) -> fields.Field:
    return fields.Field(attribute=attribute, column_name=HEADINGS[name])


class CourseResource(resources.Resource):
    """Writes courses to rows."""

    code = _column("code", "code")
    name_th = _column("name_th", "name_th")
    name_en = _column("name_en", "name_en")
    category = _column("category")
    owner = _column("owner", "owner__name_th")
    hours = _column("hours", "hours")
    objective_th = _column("objective_th", "objective_th")
    target_group = _column("target_group", "target_group")
    assessment = _column("assessment", "assessment")
    instructors = _column("instructors")
    topics = _column("topics")
    keywords = _column("keywords", "keywords")
    provider = _column("provider", "provider")
    external_url = _column("external_url", "external_url")
    version = _column("version")
    published_at = _column("published_at")
    retired_at = _column("retired_at")

    def dehydrate_category(self, course: Course) -> str:
        """Write the category in Thai."""
        with translation.override("th"):
            return str(course.get_category_display())

    def dehydrate_instructors(self, course: Course) -> str:
        """Write who teaches, one a line."""
        return "\n".join(each.name for each in course.instructors.all())

    def dehydrate_topics(self, course: Course) -> str:
        """Write the topics of the published version, one a line."""
        return "\n".join(topic.name_th for version in _published(course) for topic in version.topics.all())

    def dehydrate_version(self, course: Course) -> str:
        """Write the number of the published version."""
        return "".join(str(version.number) for version in _published(course))

    def dehydrate_published_at(self, course: Course) -> str:
        """Write since when it is published."""
        return "".join(thai.typed_date(localdate(version.published_at)) for version in _published(course))

    def dehydrate_retired_at(self, course: Course) -> str:
        """Write since when it is no longer offered."""
        return thai.typed_date(localdate(course.retired_at)) if course.retired_at else ""


def _published(course: Course) -> list[Any]:
    return [version for version in course.versions.all() if version.status == VersionStatus.PUBLISHED]


def export(courses: "QuerySet[Course, Course]", kind: Format, *, actor: Person) -> bytes:
    """Return a file of the courses; five queries however many they are."""
    rows = courses.select_related("owner").prefetch_related("instructors", "versions__topics")
    resource = CourseResource()
    content = write_table(list(HEADINGS.values()), [resource.export_resource(row) for row in rows], kind)
    audit.record(actor, "studio.courses_exported", None, count=len(rows))
    return content
