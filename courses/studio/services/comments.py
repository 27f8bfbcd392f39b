"""Comments on a version, pinned to a unit or to the whole, with answers; resolved when dealt with."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from courses.catalogue.models import CourseVersion, Unit, VersionStatus
from courses.studio.errors import CommentsClosed
from courses.studio.models import Comment
from courses.studio.services.writing import lock
from learning.people import audit
from learning.people.models import Person

_OVER = {VersionStatus.PUBLISHED, VersionStatus.RETIRED}


@dataclass
class Thread:
    """A comment with its answers."""

    comment: Comment
    answers: list[Comment] = field(default_factory=list)

    @property
    def is_resolved(self) -> bool:
        """Whether it has been dealt with."""
        return self.comment.resolved_at is not None


def are_open(version: CourseVersion) -> bool:
    """Say whether comments can be written."""
    return version.status not in _OVER


def threads(version: CourseVersion) -> list[Thread]:
    """Return the comments on a version, those not yet dealt with first; one query."""
    rows = Comment.objects.filter(version=version).select_related("author", "unit", "resolved_by")
    found: dict[int, Thread] = {}
    for row in rows:
        if row.parent_id is None:
            found[row.pk] = Thread(row)
        else:
            found[row.parent_id].answers.append(row)
    return sorted(found.values(), key=lambda thread: thread.is_resolved)


@transaction.atomic
def say(version: CourseVersion, text: str, *, unit: Unit | None = None, actor: Person) -> Comment:
    """Write a comment. Raises CommentsClosed."""
    locked = _open(version)
    comment = Comment.objects.create(
        version=locked, unit=unit, place=unit.title if unit else "", text=text, author=actor
    )
    audit.record(actor, "studio.commented", locked, comment=comment.pk, place=comment.place)
    return comment


@transaction.atomic
def answer(comment: Comment, text: str, *, actor: Person) -> Comment:
    """Answer a comment. Raises CommentsClosed."""
    locked = _open(comment.version)
    thread = comment.parent or comment
    answer = Comment.objects.create(version=locked, parent=thread, text=text, author=actor)
    audit.record(actor, "studio.answered", locked, comment=thread.pk, place=thread.place)
    return answer


@transaction.atomic
def resolve(comment: Comment, *, actor: Person, now: datetime) -> None:
    """Note that a comment has been dealt with. Raises CommentsClosed."""
    locked = _open(comment.version)
    thread = Comment.objects.filter(pk=comment.pk, parent=None, resolved_at=None)
    if thread.update(resolved_at=now, resolved_by=actor):
        audit.record(actor, "studio.comment_resolved", locked, comment=comment.pk, place=comment.place)


@transaction.atomic
def unresolve(comment: Comment, *, actor: Person) -> None:
    """Note that a comment has not been dealt with after all. Raises CommentsClosed."""
    locked = _open(comment.version)
    thread = Comment.objects.filter(pk=comment.pk, resolved_at__isnull=False)
    if thread.update(resolved_at=None, resolved_by=None):
        audit.record(actor, "studio.comment_unresolved", locked, comment=comment.pk, place=comment.place)


def _open(version: CourseVersion) -> CourseVersion:
    locked = lock(version)
    if not are_open(locked):
        raise CommentsClosed
    return locked
