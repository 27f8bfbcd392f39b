"""Approved versions before the learners: now, or at a date."""

from datetime import datetime

import structlog
from django.db import transaction

from courses.catalogue.models import CourseVersion, VersionStatus
from courses.catalogue.services import versions
from courses.studio.errors import TooLate
from courses.studio.models import LetterKind, Schedule
from courses.studio.services import letters
from courses.studio.services.reviews import authors
from courses.studio.services.writing import lock
from courses.studio.workflow import Step, after
from learning.errors import DomainError
from learning.people import audit
from learning.people.models import Person

log = structlog.get_logger(__name__)


@transaction.atomic
def publish(version: CourseVersion, *, actor: Person | None, now: datetime) -> None:
    """Put an approved version before the learners, and tell its authors.

    Raises WrongStep, CourseRetired, EmptyVersion.
    """
    locked = lock(version)
    after(locked.status, Step.PUBLISH)
    versions.publish(locked, actor=actor, now=now)
    Schedule.objects.filter(version=locked).delete()
    version.status, version.published_at = locked.status, locked.published_at
    letters.write(locked, LetterKind.PUBLISHED, authors(locked))


@transaction.atomic
def schedule(version: CourseVersion, at: datetime, *, actor: Person, now: datetime) -> None:
    """Publish an approved version at a moment to come. Raises WrongStep, TooLate."""
    locked = lock(version)
    after(locked.status, Step.PUBLISH)
    if at <= now:
        raise TooLate
    Schedule.objects.update_or_create(version=locked, defaults={"at": at, "set_by": actor})
    audit.record(actor, "studio.publication_scheduled", locked, at=at.isoformat())


@transaction.atomic
def unschedule(version: CourseVersion, *, actor: Person) -> None:
    """Publish the version only when somebody says so."""
    locked = lock(version)
    if Schedule.objects.filter(version=locked).delete()[0]:
        audit.record(actor, "studio.publication_unscheduled", locked)


def publish_due(*, now: datetime) -> int:
    """Publish what is due; return how many. What cannot be published is told to its authors."""
    due = Schedule.objects.filter(at__lte=now).select_related("version", "set_by")
    return sum(_publish_one(each, now=now) for each in due)


def _publish_one(due: Schedule, *, now: datetime) -> bool:
    try:
        with transaction.atomic():
            locked = lock(due.version)
            # Another worker was here, or somebody published it by hand.
            if not Schedule.objects.filter(pk=due.pk, at__lte=now).exists():
                return False
            publish(locked, actor=due.set_by, now=now)
    except DomainError as error:
        log.warning("not_published", version=due.version_id, error=error.code)
        with transaction.atomic():
            Schedule.objects.filter(pk=due.pk).delete()
            audit.record(None, "studio.not_published", due.version, error=error.code, note=str(error))
            letters.write(due.version, LetterKind.NOT_PUBLISHED, [due.set_by], note=str(error))
        return False
    return True


def is_scheduled(version: CourseVersion) -> bool:
    """Say whether the version will be published by itself."""
    return version.status == VersionStatus.APPROVED and Schedule.objects.filter(version=version).exists()
