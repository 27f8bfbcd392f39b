"""Agency-supported sittings: the request and the decision on it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from exams.knowledge.errors import RequestDecided
from exams.knowledge.models import KnowledgeTest, RequestStatus, Round, SupportRequest
from exams.knowledge.services import rounds
from exams.knowledge.services.rounds import Window
from learning.people import audit
from learning.people.models import Agency, Person


@dataclass(frozen=True)
class Wish:
    """What an agency asks for."""

    test: KnowledgeTest
    agency: Agency
    expected_takers: int
    opens_at: datetime
    closes_at: datetime
    reason: str
    contact: str


@transaction.atomic
def ask(wish: Wish, *, actor: Person, now: datetime) -> SupportRequest:
    """File an agency's request."""
    request = SupportRequest.objects.create(
        test=wish.test,
        agency=wish.agency,
        expected_takers=wish.expected_takers,
        opens_at=wish.opens_at,
        closes_at=wish.closes_at,
        reason=wish.reason,
        contact=wish.contact,
        requested_by=actor,
        requested_at=now,
    )
    audit.record(actor, "knowledge.support_asked", request, agency=wish.agency.code)
    return request


def _decide(
    request: SupportRequest, status: RequestStatus, note: str, *, actor: Person, now: datetime
) -> None:
    # Conditional, so that of two officers deciding at once only one does.
    decided = SupportRequest.objects.filter(pk=request.pk, status=RequestStatus.SUBMITTED).update(
        status=status, decided_by=actor, decided_at=now, decision_note=note
    )
    if not decided:
        raise RequestDecided
    request.refresh_from_db()
    audit.record(actor, f"knowledge.support_{status}", request)


def round_name(request: SupportRequest) -> str:
    """Return what a request's round is called unless the officer says otherwise; Thai, as all names kept."""
    return f"รอบสนับสนุนหน่วยงาน: {request.agency.name_th}"[:200]


@transaction.atomic
def approve(request: SupportRequest, window: Window, note: str, *, actor: Person, now: datetime) -> Round:
    """Approve a request and make its round, with the window as decided.

    Raises RequestDecided, NoDefinition.
    """
    _decide(request, RequestStatus.APPROVED, note, actor=actor, now=now)
    return rounds.create_round(request.test, window, actor=actor, support_request=request)


@transaction.atomic
def decline(request: SupportRequest, note: str, *, actor: Person, now: datetime) -> None:
    """Decline a request; the note tells the agency why. Raises RequestDecided."""
    _decide(request, RequestStatus.DECLINED, note, actor=actor, now=now)
