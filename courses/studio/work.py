"""What waits for whom: versions before a reviewer, versions of an agency on their way."""

from django.db.models import Count, Exists, OuterRef, Prefetch, Q

from courses.catalogue.models import Course, CourseQuerySet, CourseVersion, VersionStatus
from courses.studio.models import Assignment, Comment
from courses.studio.services.reviews import stage_in_turn
from learning.people.models import Person

_WITH_STAGES = "stage__review__stages__assignments"


def waiting_for(person: Person) -> list[Assignment]:
    """Return the undecided parts of the person in stages whose turn it is, the oldest first."""
    undecided = (
        Assignment.objects.filter(person=person, verdict="", stage__review__closed_at=None)
        .select_related("stage__review__version__course__owner")
        .prefetch_related(_WITH_STAGES)
        .order_by("stage__review__submitted_at")
    )
    found = []
    for each in undecided:
        turn = stage_in_turn(each.stage.review)
        if turn is not None and turn.pk == each.stage_id:
            found.append(each)
    return found


def reviewed_by(person: Person, limit: int = 20) -> list[CourseVersion]:
    """Return the versions that the person reads as reviewer and that do not wait for them, newest first."""
    mine = Assignment.objects.by_which_is_read().filter(person=person, stage__review__version=OuterRef("pk"))
    waiting = [each.stage.review.version_id for each in waiting_for(person)]
    return list(
        CourseVersion.objects.filter(Exists(mine))
        .exclude(pk__in=waiting)
        .select_related("course")
        .order_by("-pk")[:limit]
    )


def courses_of(person: Person) -> CourseQuerySet:
    """Return the courses that the person builds, with their versions and open comments."""
    versions = CourseVersion.objects.exclude(status=VersionStatus.RETIRED).order_by("-number")
    open_comments = Count("comments", filter=Q(comments__parent=None, comments__resolved_at=None))
    return (
        Course.objects.looked_after_by(person)
        .select_related("owner")
        .prefetch_related(
            Prefetch("versions", versions.annotate(open_comments=open_comments), to_attr="current_versions")
        )
        .order_by("-updated_at", "-pk")
    )


def unresolved(version: CourseVersion) -> int:
    """Return how many comments have not been dealt with."""
    return Comment.objects.filter(version=version, parent=None, resolved_at=None).count()
