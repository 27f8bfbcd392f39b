"""What happened to a course and its versions, read from the audit log."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from courses.catalogue.models import Course, CourseVersion
from courses.content.models import StoredPackage
from learning.people.models import AuditEntry, Person

_REPLACED = "studio.reviewer_replaced"
LABELS: dict[str, Promise] = {
    "catalogue.course_created": _("Course made"),
    "catalogue.course_changed": _("Description of the course changed"),
    "catalogue.cover_set": _("Cover set"),
    "catalogue.course_retired": _("Course no longer offered"),
    "catalogue.version_started": _("Version begun"),
    "catalogue.outline_written": _("Topics and units written"),
    "catalogue.package_placed": _("Package put in"),
    "catalogue.version_loaded": _("Loaded with the platform's courses, reviewed and approved"),
    "catalogue.version_published": _("Published"),
    "studio.course_copied": _("Copied from another course"),
    "studio.topic_added": _("Topic added"),
    "studio.topic_changed": _("Topic changed"),
    "studio.topic_moved": _("Topic moved"),
    "studio.topic_removed": _("Topic removed"),
    "studio.unit_added": _("Unit added"),
    "studio.unit_changed": _("Unit changed"),
    "studio.unit_moved": _("Unit moved"),
    "studio.unit_removed": _("Unit removed"),
    "studio.order_changed": _("Order of learning changed"),
    "studio.rule_changed": _("Completion rule changed"),
    "studio.uploaded": _("File uploaded and checked"),
    "studio.submitted": _("Submitted for review"),
    "studio.withdrawn": _("Version withdrawn"),
    "studio.review_begun": _("Review begun"),
    "studio.verdict_approve": _("Approved by a reviewer"),
    "studio.verdict_changes": _("Changes asked for by a reviewer"),
    "studio.review_approved": _("Review ended: approved"),
    "studio.review_changes_asked": _("Review ended: changes asked for"),
    _REPLACED: _("Reviewer replaced"),
    "studio.reopened": _("Opened again for writing"),
    "studio.publication_scheduled": _("Date of publication set"),
    "studio.publication_unscheduled": _("Date of publication removed"),
    "studio.not_published": _("Could not be published"),
    "studio.commented": _("Comment written"),
    "studio.answered": _("Comment answered"),
    "studio.comment_resolved": _("Comment dealt with"),
    "studio.comment_unresolved": _("Comment opened again"),
    # Of no single course; only the audit log of the whole platform shows them.
    "studio.bank_opened": _("Item bank opened to courses"),
    "studio.bank_closed": _("Item bank closed to courses"),
    "studio.courses_exported": _("List of courses downloaded"),
    "studio.stages_set": _("Stages of review set"),
    "content.package_kept": _("File kept"),
    "content.package_discarded": _("File thrown away"),
}


@dataclass(frozen=True)
class Event:
    """One thing that happened; `what` names the topic, unit, file or stage concerned."""

    at: datetime
    actor: Person | None
    label: Promise | str
    number: int | None
    what: str
    note: str


def history(course: Course, *, version: CourseVersion | None = None) -> list[Event]:
    """Return what happened to one version, or to a course with all of them, the newest first."""
    numbers = {_target(each): each.number for each in ([version] if version else course.versions.all())}
    targets = [*numbers] if version else [*numbers, _target(course)]
    entries = list(AuditEntry.objects.filter(target__in=targets).select_related("actor"))
    replaced = [entry.data for entry in entries if entry.action == _REPLACED]
    people = Person.objects.in_bulk({data[name] for data in replaced for name in ("before", "after")})
    return [
        Event(
            entry.at,
            entry.actor,
            LABELS.get(entry.action, entry.action),
            numbers.get(entry.target),
            _what(entry.data),
            _exchange(entry.data, people) if entry.action == _REPLACED else str(entry.data.get("note", "")),
        )
        for entry in entries
    ]


def course_names(keys: Collection[int]) -> dict[int, str]:
    """Return what courses are called in the audit log."""
    return {course.pk: f"{course.code} {course.name}" for course in Course.objects.filter(pk__in=keys)}


def version_names(keys: Collection[int]) -> dict[int, str]:
    """Return what versions of courses are called in the audit log."""
    found = CourseVersion.objects.filter(pk__in=keys).select_related("course")
    return {version.pk: version.full_name for version in found}


def package_names(keys: Collection[UUID]) -> dict[UUID, str]:
    """Return what kept files are called in the audit log."""
    return dict(StoredPackage.objects.filter(pk__in=keys).values_list("pk", "title"))


def _exchange(data: Mapping[str, Any], people: Mapping[int, Person]) -> str:
    """Say who reviews instead of whom; a person who is gone since has no name."""
    names = {name: people[data[name]].full_name for name in ("before", "after") if data[name] in people}
    return _now("%(after)s instead of %(before)s") % {"before": "–", "after": "–", **names}


def _what(data: Mapping[str, Any]) -> str:
    names = (data.get(name) for name in ("title", "name", "place", "stage", "file"))
    return str(next(filter(None, names), ""))


def _target(row: Course | CourseVersion) -> str:
    return f"{row._meta.label_lower}:{row.pk}"
