"""Scores and results of a course as its tool sees them (Assignment and Grade Services 2.0)."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse

from courses.partners import lti
from courses.partners.errors import ScoreRefused, ScoreTooOld
from courses.partners.models import Outcome, Placement, Source, Visit
from courses.partners.services import keys, subjects
from courses.partners.services.outcomes import Report, keep

# How far ahead a tool's clock may be; a time in the future would keep every honest one out.
_AHEAD = timedelta(minutes=5)
MOST_RESULTS = 100


def post(placement: Placement, sent: Any, *, now: datetime) -> None:
    """Keep a score that a tool sent. Raises ScoreRefused, ScoreTooOld."""
    score = lti.read_score(sent)
    if score.at > now + _AHEAD:
        raise ScoreRefused("timestamp is in the future.")
    person = subjects.person_of(score.user, placement.tool)
    if person is None or not Visit.objects.filter(person=person, course=placement.course_id).exists():
        raise ScoreRefused("userId is nobody who opened this resource link.")
    if Outcome.objects.filter(person=person, course=placement.course_id, reported_at__gt=score.at).exists():
        raise ScoreTooOld
    is_passed = (score.share or Decimal(0)) >= placement.pass_mark
    report = Report(score.at, score.share, score.at if score.is_final and is_passed else None)
    keep(placement.course, {person.pk: report}, source=Source.LTI, actor=None)


def line_item(placement: Placement) -> dict[str, Any]:
    """Return the one column that the course has in a gradebook (AGS 3.2)."""
    return {
        "id": _address(placement),
        "label": placement.course.name_th,
        "scoreMaximum": lti.SCORE_MAXIMUM,
        "resourceLinkId": str(placement.pk),
    }


def results(placement: Placement, *, user: str = "") -> list[dict[str, Any]]:
    """Return the results of those who opened the course from here (AGS 3.3), or of one of them."""
    known = Outcome.objects.filter(course=placement.course_id).exclude(score=None).select_related("person")
    known = known.filter(person__partner_visits__course=placement.course_id)
    if user:
        person = subjects.person_of(user, placement.tool)
        known = known.filter(person=person) if person else known.none()
    found = []
    for outcome in known.order_by("pk")[:MOST_RESULTS]:
        subject = subjects.subject_of(outcome.person, placement.tool)
        found.append(
            {
                "id": f"{_address(placement)}results/{subject}",
                "scoreOf": _address(placement),
                "userId": subject,
                "resultScore": float((outcome.score or 0) * lti.SCORE_MAXIMUM),
                "resultMaximum": lti.SCORE_MAXIMUM,
            }
        )
    return found


def _address(placement: Placement) -> str:
    return keys.absolute(reverse("partners:line-item", args=[placement.pk]))
