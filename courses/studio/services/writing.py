"""What every change of a version has in common: the lock, who wrote, and what the author had seen."""

import hashlib
import json
from typing import Any

from courses.catalogue.errors import VersionFrozen
from courses.catalogue.models import CompletionRule, CourseVersion, Topic, Unit
from courses.studio.errors import ChangedMeanwhile
from courses.studio.models import Contributor
from learning.people.models import Person


def lock(version: CourseVersion) -> CourseVersion:
    """Return the version as it is, locked until the transaction ends: one change at a time."""
    return (
        CourseVersion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("course__owner__parent__parent")
        .get(pk=version.pk)
    )


def open_for_writing(version: CourseVersion, *, actor: Person) -> CourseVersion:
    """Lock a version that is being written, and note who writes in it. Raises VersionFrozen."""
    locked = lock(version)
    if not locked.is_in_writing:
        raise VersionFrozen
    Contributor.objects.get_or_create(version=locked, person=actor)
    return locked


def is_contributor(version: CourseVersion, person: Person) -> bool:
    """Say whether the person wrote in the version."""
    return version.author_id == person.pk or version.contributors.filter(person=person).exists()


def digest(*values: Any) -> str:
    """Return a short text that is another when a value is."""
    return hashlib.sha256(json.dumps(values, default=str, sort_keys=True).encode()).hexdigest()[:20]


def topic_seen(topic: Topic) -> str:
    """Return what stands for a topic as it is."""
    return digest(topic.name_th, topic.name_en, topic.minutes)


def unit_seen(unit: Unit) -> str:
    """Return what stands for a unit as it is; its place does not count."""
    return digest(
        unit.title,
        unit.body,
        unit.file.name,
        unit.address,
        unit.content,
        unit.package_id,
        unit.opens_after_id,
        unit.min_seconds,
        unit.is_required,
    )


def rule_seen(version: CourseVersion) -> str:
    """Return what stands for the order and the completion rule of a version."""
    rule = CompletionRule.objects.filter(version=version).first()
    return digest(version.is_sequential, rule and rule.revision)


def compare(seen: str, now: str) -> None:
    """Raise ChangedMeanwhile where the author saw something else than what there is."""
    if seen != now:
        raise ChangedMeanwhile
