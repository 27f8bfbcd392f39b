"""A course made from another one."""

from django.db import transaction

from courses.catalogue.errors import CourseRetired
from courses.catalogue.models import CompletionRule, Course, CourseVersion
from courses.catalogue.services.courses import DESCRIPTION, create_course, instructors_of
from courses.catalogue.services.versions import outline_of, start_version, write_outline
from courses.studio.models import Contributor
from learning.people import audit
from learning.people.models import Agency, Person


@transaction.atomic
def start(course: Course, *, actor: Person) -> CourseVersion:
    """Begin the next version of a course; who begins it is its author.

    Raises VersionInWork, CourseRetired.
    """
    if course.retired_at is not None:
        raise CourseRetired
    version = start_version(course, author=actor)
    Contributor.objects.create(version=version, person=actor)
    return version


@transaction.atomic
def copy_course(
    source: Course, version: CourseVersion | None, *, code: str, name_th: str, owner: Agency, actor: Person
) -> Course:
    """Make a course with the description of another, and a draft with what that version teaches.

    Files and packages are shared: they never change. Raises CodeTaken, InvalidCourse.
    """
    fields = {name: getattr(source, name) for name in DESCRIPTION}
    fields |= {"name_th": name_th, "name_en": "", "owner": owner}
    course = create_course(code, fields, instructors=instructors_of(source), actor=actor)
    draft = start(course, actor=actor)
    if version is not None:
        draft.is_sequential = version.is_sequential
        draft.save(update_fields=["is_sequential"])
        write_outline(draft, outline_of(version), actor=actor)
        rule = CompletionRule.objects.filter(version=version).first()
        if rule is not None:
            rule.pk, rule.version, rule.revision = None, draft, 1
            rule.save()
    audit.record(actor, "studio.course_copied", course, source=source.code)
    return course
