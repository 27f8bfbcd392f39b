"""Bring a package into a course: its draft, made where there is none, gets a unit that shows the package."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import BinaryIO

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from courses.catalogue.errors import OwnerDiffers, OwnerUnknown, VersionInWork
from courses.catalogue.models import (
    IN_WRITING,
    Category,
    Course,
    CourseVersion,
    TeachingLanguage,
    Topic,
    Unit,
    UnitKind,
    VersionStatus,
)
from courses.catalogue.services.courses import create_course
from courses.catalogue.services.versions import approve_loaded, publish, start_version
from courses.content.models import StoredPackage
from courses.content.services.packages import discard, keep_once
from learning import thai
from learning.people import audit
from learning.people.models import Agency, Person
from learning.people.reference_data import load_reference_data

# The Office of the Civil Service Commission runs the platform: what nobody else owns is theirs.
_PLATFORM_OWNER = "0102"
# A package seldom says how long it takes; its agency corrects this in the draft.
_USUAL_LENGTH = timedelta(hours=1)
_LONGEST_NAME = 200
_FINISHED = (VersionStatus.PUBLISHED, VersionStatus.RETIRED)


@dataclass(frozen=True)
class Imported:
    """Where the package is now."""

    course: Course
    version: CourseVersion
    package: StoredPackage


def import_package(
    file: BinaryIO,
    name: str,
    *,
    code: str,
    owner_code: str = "",
    is_to_be_published: bool = False,
    actor: Person | None = None,
    progress: Callable[[int, int], object] = lambda _done, _all: None,
    now: datetime | None = None,
) -> Imported:
    """Keep the package and put it into the draft of the course, which is made where there is none.

    A unit that showed an earlier state of the same file shows the new one; otherwise the package comes last.
    Nothing is left where anything fails. Raises PackageUnfit, OwnerUnknown, OwnerDiffers, VersionInWork,
    InvalidCourse, CourseRetired.
    """
    now = now or timezone.now()
    course = Course.objects.select_related("owner").filter(code=code).first()
    owner = _owner(course, owner_code)
    if course is not None:
        _refuse_under_review(course)
    package, is_new = keep_once(file, name, owner=owner, actor=actor, progress=progress, now=now)
    try:
        with transaction.atomic(), translation.override("th"):
            course = course or _create(code, owner, package, actor)
            version = _draft(course, actor)
            _place(version, package, actor)
            if is_to_be_published:
                approve_loaded(version, actor=actor)
                publish(version, actor=actor, now=now)
    except BaseException:
        if is_new:
            discard(package, actor=actor, now=now)
        raise
    return Imported(course, version, package)


def _owner(course: Course | None, code: str) -> Agency:
    if not code and not Agency.objects.exists():
        load_reference_data()
    if not code and course is not None:
        return course.owner
    owner = Agency.objects.filter(code=code or _PLATFORM_OWNER).first()
    if owner is None:
        raise OwnerUnknown
    if course is not None and course.owner != owner:
        raise OwnerDiffers
    return owner


def _refuse_under_review(course: Course) -> None:
    """What somebody reviews does not change under their eyes; said before a large file is unpacked."""
    if course.versions.exclude(status__in=(*IN_WRITING, *_FINISHED)).exists():
        raise VersionInWork


def _create(code: str, owner: Agency, package: StoredPackage, actor: Person | None) -> Course:
    title = _title(package)
    is_english = package.contents.language.lower().startswith("en")
    length = _length(package)
    return create_course(
        code,
        {
            "name_th": title,
            "name_en": title if is_english else "",
            "owner": owner,
            "category": code[:2] if code[:2] in Category.values else Category.KNOWLEDGE,
            "language": TeachingLanguage.ENGLISH if is_english else TeachingLanguage.THAI,
            "objective_th": _("To learn about: %(title)s") % {"title": title},
            "hours": max(round(Decimal(length.total_seconds()) / 3600, 1), Decimal("0.1")),
        },
        actor=actor,
    )


def _title(package: StoredPackage) -> str:
    return thai.tidy(package.title)[:_LONGEST_NAME].strip() or package.file_name[:_LONGEST_NAME]


def _length(package: StoredPackage) -> timedelta:
    video = package.contents.video
    return max(video.duration, timedelta(minutes=1)) if video is not None else _USUAL_LENGTH


def _draft(course: Course, actor: Person | None) -> CourseVersion:
    draft = course.versions.filter(status__in=IN_WRITING).first()
    return draft or start_version(course, author=None, actor=actor)


def _place(version: CourseVersion, package: StoredPackage, actor: Person | None) -> None:
    """Show the package where an earlier state of the file was shown, or in a new topic; touch nothing else.

    Comments of reviewers and previews hang on the other units.
    """
    # Locked, since somebody may be submitting it.
    locked = CourseVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    if not locked.is_in_writing:
        raise VersionInWork
    shown = Unit.objects.filter(topic__version=locked)
    same_file = Q(package=package) | Q(package__file_name=package.file_name)
    kind = UnitKind.showing(package.kind)
    if not shown.filter(same_file).update(package=package, kind=kind):
        title = _title(package)
        minutes = max(int(_length(package).total_seconds() / 60), 1)
        last = locked.topics.aggregate(last=Max("order"))["last"]
        order = 0 if last is None else last + 1
        topic = Topic.objects.create(version=locked, order=order, name_th=title, minutes=minutes)
        Unit.objects.create(topic=topic, order=0, kind=kind, title=title, package=package)
    audit.record(actor, "catalogue.package_placed", locked, package=str(package.pk), file=package.file_name)
