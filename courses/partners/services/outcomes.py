"""What partners report of learners: kept so that nothing is taken back, whatever comes late or twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from courses.catalogue.models import Course
from courses.partners import registry
from courses.partners.models import Outcome, Source
from courses.partners.services.statements import tell_completed
from learning.people.models import Person
from learning.people.rosters import chunks


@dataclass(frozen=True)
class Report:
    """What one report says of one person; `completed_at` is None for somebody who is still learning."""

    at: datetime
    score: Decimal | None = None
    completed_at: datetime | None = None


@transaction.atomic
def keep(course: Course, reports: Mapping[int, Report], *, source: Source, actor: Person | None) -> int:
    """Merge reports, by the primary key of the person, and return how many persons completed by them."""
    completed: list[Outcome] = []
    for persons in chunks(sorted(reports)):
        completed += _keep(course, {person: reports[person] for person in persons}, source, actor)
    if completed:
        tell_completed(course, completed)
        registry.tell(completed)
    return len(completed)


def _keep(
    course: Course, reports: Mapping[int, Report], source: Source, actor: Person | None
) -> list[Outcome]:
    # First make sure that a row is there to be locked: two reports may be the first at once.
    Outcome.objects.bulk_create(
        (
            Outcome(person_id=person, course=course, source=source, reported_at=report.at, reported_by=actor)
            for person, report in reports.items()
        ),
        ignore_conflicts=True,
    )
    locked = Outcome.objects.select_for_update(no_key=True).filter(course=course, person__in=reports)
    outcomes = list(locked.order_by("pk"))
    completed = []
    for outcome in outcomes:
        report = reports[outcome.person_id]
        if report.completed_at and not outcome.completed_at:
            outcome.completed_at = report.completed_at
            completed.append(outcome)
        if report.score is not None:
            outcome.score = max(report.score, outcome.score or Decimal(0))
        if report.at >= outcome.reported_at:
            outcome.reported_at, outcome.source, outcome.reported_by = report.at, source, actor
    Outcome.objects.bulk_create(
        outcomes,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["completed_at", "score", "reported_at", "source", "reported_by"],
    )
    return completed
