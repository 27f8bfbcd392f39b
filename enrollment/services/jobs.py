"""Jobs: asked for by an officer, done in the background, watched on a page."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from courses.catalogue.models import Course, CourseVersion
from enrollment import exporting
from enrollment.models import LISTS, CourseRound, Enrolment, Job, JobKind, JobState
from enrollment.services import completion, figures
from learning.people import audit
from learning.people.models import Person
from learning.spreadsheets import Format, write_table

# Takes the key of a job that is to be done in the background.
Queue = Callable[[str], object]
# A job that has not moved for so long was cut off with its worker.
STALLED = timedelta(minutes=2)
_PORTION = 1000


@transaction.atomic
def ask(
    kind: JobKind,
    course: Course,
    *,
    actor: Person,
    queue: Queue,
    round_: CourseRound | None = None,
    file_format: str = "",
) -> Job:
    """Note a job and hand it on when that is committed."""
    job = Job.objects.create(kind=kind, course=course, round=round_, asked_by=actor, format=file_format)
    audit.record(actor, f"enrollment.{kind.value}_asked", job, course=course.code)
    transaction.on_commit(lambda: queue(str(job.pk)))
    return job


def resume(job: Job, *, queue: Queue, now: datetime) -> bool:
    """Hand a job on again that stands still; say whether it did."""
    moved = Job.objects.filter(
        pk=job.pk,
        state__in=(JobState.WAITING, JobState.WORKING),
        progressed_at__lt=now - STALLED,
    ).update(state=JobState.WAITING, progressed_at=now)
    if moved:
        queue(str(job.pk))
    return bool(moved)


def run(key: str) -> None:
    """Do a job that waits; one that somebody else has taken is left to them."""
    now = timezone.now()
    taken = Job.objects.filter(pk=key, state=JobState.WAITING).update(
        state=JobState.WORKING, progressed_at=now
    )
    if not taken:
        return
    job = Job.objects.select_related("course", "round", "asked_by").get(pk=key)
    try:
        _WORK[JobKind(job.kind)](job)
    except Exception:
        Job.objects.filter(pk=key).update(state=JobState.FAILED)
        raise
    Job.objects.filter(pk=key).update(state=JobState.DONE, progressed_at=timezone.now())


def report(job: Job, done: int, total: int) -> None:
    """Say how far a job is."""
    Job.objects.filter(pk=job.pk).update(done=done, total=total, progressed_at=timezone.now())


def kept_until(job: Job) -> datetime:
    """Return until when the list of a job that is done can be had."""
    return job.progressed_at + settings.LISTS_KEPT


def remove_old_lists(*, now: datetime) -> int:
    """Remove the lists that were kept long enough; return how many.

    The folder is gone through and not the jobs, so that what a job left that died, or whose course is gone,
    is removed as well. The row comes first: whoever still sees the list there may just not get it any more.
    """
    try:
        names = default_storage.listdir(LISTS)[1]
    except FileNotFoundError:
        return 0
    old = [
        name
        for name in (f"{LISTS}{each}" for each in names)
        if default_storage.get_modified_time(name) < now - settings.LISTS_KEPT
    ]
    for name in old:
        Job.objects.filter(file=name).update(file="")
        default_storage.delete(name)
    return len(old)


def _weigh(job: Job) -> None:
    completed = 0
    for version in CourseVersion.objects.filter(course=job.course, published_at__isnull=False):
        completed += completion.weigh_version(
            version, now=timezone.now(), on_progress=lambda done, total: report(job, done, total)
        )
    Job.objects.filter(pk=job.pk).update(result=completed)


def _export(job: Job) -> None:
    found = figures.scope(job.course, job.round)
    total = found.count()
    report(job, 0, total)
    content = write_table(exporting.headings(), exporting.rows(_told(job, found, total)), _format(job))
    with transaction.atomic():
        job.file.save(f"{job.pk}.{job.format}", ContentFile(content), save=False)
        Job.objects.filter(pk=job.pk).update(file=job.file.name, done=total, result=total)


def _told(job: Job, found: QuerySet[Enrolment], total: int) -> Iterator[Enrolment]:
    """Yield the rows of a list, and say every so often how many there were."""
    for number, row in enumerate(figures.rows(found).iterator(chunk_size=_PORTION)):
        if number and number % _PORTION == 0:
            report(job, number, total)
        yield row


def _format(job: Job) -> Format:
    return "xlsx" if job.format == "xlsx" else "csv"


_WORK: dict[JobKind, Callable[[Job], None]] = {JobKind.WEIGH: _weigh, JobKind.EXPORT: _export}
