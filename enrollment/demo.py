"""Demonstration data: an open round for every course that can be taken. Never loaded in production."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from courses.catalogue import demo as catalogue_demo
from courses.catalogue.models import Course, CourseVersion, VersionStatus
from enrollment.models import CourseRound
from enrollment.services.rounds import next_name


@transaction.atomic
def load() -> None:
    """Open a round of every published course that has none yet, if there is something to learn in it."""
    now = timezone.now()
    published = CourseVersion.objects.filter(course=OuterRef("pk"), status=VersionStatus.PUBLISHED)
    # What partners teach is not here; most courses of the list are described and have no lessons.
    takeable = Exists(published.filter(topics__units__isnull=False)) | (Exists(published) & ~Q(provider=""))
    without = Course.objects.filter(takeable, rounds=None, retired_at=None)
    if not without.exists():
        catalogue_demo.load()
    CourseRound.objects.bulk_create([_round(course, now) for course in without])


def _round(course: Course, now: datetime) -> CourseRound:
    return CourseRound(course=course, name=next_name(course, now), registration_opens_at=now)
