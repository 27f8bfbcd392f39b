"""Versions of a course: begun, written, published. Review, between the last two, is the studio's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, prefetch_related_objects

from courses.catalogue.errors import (
    CourseRetired,
    EmptyVersion,
    VersionFrozen,
    VersionInWork,
    VersionNotApproved,
)
from courses.catalogue.models import CompletionRule, Course, CourseVersion, Topic, Unit, VersionStatus
from courses.catalogue.services.courses import mark_changed
from learning.people import audit
from learning.people.models import Person


@dataclass(frozen=True)
class UnitPlan:
    """A unit as it is written; `file` is a name in storage."""

    kind: str
    title: str
    body: str = ""
    file: str = ""
    address: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    min_seconds: int = 0
    is_required: bool = True
    package_id: UUID | None = None
    # The unit that opens this one, counted from 0 through all topics; one that comes before it.
    opens_after: int | None = None


@dataclass(frozen=True)
class TopicPlan:
    """A topic as it is written, with its units in order."""

    name_th: str
    minutes: int
    name_en: str = ""
    units: tuple[UnitPlan, ...] = ()


@dataclass(frozen=True)
class RulePlan:
    """In which order units open, and what completes a version besides its required units."""

    is_sequential: bool = False
    min_minutes: int = 0
    test_mark: Decimal = Decimal(0)
    needs_survey: bool = False


def outline_of(version: CourseVersion) -> list[TopicPlan]:
    """Return the topics and units of a version; two queries, none where they were prefetched."""
    prefetch_related_objects([version], "topics__units")
    units = [unit for topic in version.topics.all() for unit in topic.units.all()]
    places = {unit.pk: place for place, unit in enumerate(units)}
    return [
        TopicPlan(
            topic.name_th,
            topic.minutes,
            topic.name_en,
            tuple(
                UnitPlan(
                    kind=unit.kind,
                    title=unit.title,
                    body=unit.body,
                    file=unit.file.name,
                    address=unit.address,
                    content=unit.content,
                    min_seconds=unit.min_seconds,
                    is_required=unit.is_required,
                    package_id=unit.package_id,
                    opens_after=places.get(unit.opens_after_id),
                )
                for unit in topic.units.all()
            ),
        )
        for topic in version.topics.all()
    ]


@transaction.atomic
def start_version(course: Course, *, author: Person | None, actor: Person | None = None) -> CourseVersion:
    """Begin the next version, with the topics and units of the published one. Raises VersionInWork.

    Of what came with the platform nobody here is the author; `actor` is who loads it.
    """
    last = course.versions.aggregate(last=Max("number"))["last"] or 0
    try:
        with transaction.atomic():
            version = CourseVersion.objects.create(course=course, number=last + 1, author=author)
    except IntegrityError as error:
        raise VersionInWork from error
    published = course.versions.filter(status=VersionStatus.PUBLISHED).first()
    if published is not None:
        version.is_sequential = published.is_sequential
        version.save(update_fields=["is_sequential"])
        _write(version, outline_of(published))
        _copy_rule(published, version)
    audit.record(
        actor or author, "catalogue.version_started", version, code=course.code, number=version.number
    )
    return version


@transaction.atomic
def write_outline(version: CourseVersion, topics: Sequence[TopicPlan], *, actor: Person | None) -> None:
    """Write all topics and units of a version in place of what it has. Raises VersionFrozen."""
    # Locked, since somebody may be submitting it.
    locked = CourseVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    if not locked.is_in_writing:
        raise VersionFrozen
    locked.topics.all().delete()
    _write(locked, topics)
    audit.record(
        actor,
        "catalogue.outline_written",
        version,
        topics=len(topics),
        units=sum(len(topic.units) for topic in topics),
    )


@transaction.atomic
def write_rule(version: CourseVersion, rule: RulePlan) -> None:
    """Say how a version in writing is gone through and what completes it. Raises VersionFrozen."""
    locked = CourseVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    if not locked.is_in_writing:
        raise VersionFrozen
    locked.is_sequential = rule.is_sequential
    locked.save(update_fields=["is_sequential"])
    CompletionRule.objects.update_or_create(
        version=locked,
        defaults={
            "min_minutes": rule.min_minutes,
            "test_mark": rule.test_mark,
            "needs_survey": rule.needs_survey,
        },
    )


def _write(version: CourseVersion, topics: Sequence[TopicPlan]) -> None:
    rows = Topic.objects.bulk_create(
        [
            Topic(
                version=version, order=order, name_th=plan.name_th, name_en=plan.name_en, minutes=plan.minutes
            )
            for order, plan in enumerate(topics)
        ]
    )
    units = Unit.objects.bulk_create(
        [
            Unit(
                topic=row,
                order=order,
                kind=unit.kind,
                title=unit.title,
                body=unit.body,
                file=unit.file,
                address=unit.address,
                content=unit.content,
                min_seconds=unit.min_seconds,
                is_required=unit.is_required,
                package_id=unit.package_id,
            )
            for row, plan in zip(rows, topics, strict=True)
            for order, unit in enumerate(plan.units)
        ]
    )
    waiting = []
    for unit, plan in zip(units, (unit for topic in topics for unit in topic.units), strict=True):
        if plan.opens_after is not None:
            unit.opens_after = units[plan.opens_after]
            waiting.append(unit)
    Unit.objects.bulk_update(waiting, ["opens_after"])


def _copy_rule(source: CourseVersion, target: CourseVersion) -> None:
    rule = CompletionRule.objects.filter(version=source).first()
    if rule is not None:
        rule.pk, rule.version, rule.revision = None, target, 1
        rule.save()


@transaction.atomic
def approve_loaded(version: CourseVersion, *, actor: Person | None) -> None:
    """Approve a version that came with the platform, reviewed as code is. Raises VersionFrozen."""
    moved = CourseVersion.objects.filter(pk=version.pk, status=VersionStatus.DRAFT, author=None).update(
        status=VersionStatus.APPROVED
    )
    if not moved:
        raise VersionFrozen
    version.status = VersionStatus.APPROVED
    audit.record(actor, "catalogue.version_loaded", version)


@transaction.atomic
def publish(version: CourseVersion, *, actor: Person | None, now: datetime) -> None:
    """Put an approved version before the learners; the one before it retires, and who is in it stays there.

    Raises VersionNotApproved, EmptyVersion, CourseRetired.
    """
    # Two that are published at once would each retire the same predecessor.
    course = Course.objects.select_for_update(no_key=True).get(pk=version.course_id)
    if course.retired_at is not None:
        raise CourseRetired
    if not version.topics.exists():
        raise EmptyVersion
    replaced = course.versions.filter(status=VersionStatus.PUBLISHED)
    numbers = list(replaced.values_list("number", flat=True))
    # Before the other: a course never has two published versions, not even for one statement.
    replaced.update(status=VersionStatus.RETIRED)
    moved = CourseVersion.objects.filter(pk=version.pk, status=VersionStatus.APPROVED).update(
        status=VersionStatus.PUBLISHED, published_at=now
    )
    if not moved:
        raise VersionNotApproved
    version.status, version.published_at = VersionStatus.PUBLISHED, now
    mark_changed(course, now=now)
    audit.record(
        actor,
        "catalogue.version_published",
        version,
        code=course.code,
        number=version.number,
        replaced=numbers,
    )
