"""Who is entered for a round."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Length

from exams.registration.errors import CandidateExists, CandidateSeated
from exams.registration.models import Candidate, Round
from exams.registration.services.placing import set_clocks
from exams.registration.services.rounds import locked_draft
from learning.people import audit
from learning.people.models import Person

_BATCH = 2000
_SERIAL_DIGITS = 6


@dataclass(frozen=True)
class Entry:
    """One entry for a round; without a number of its own the candidate gets the round's next one.

    `extra_percent` is approved extra time in percent of the round's minutes; `centre` a Centre's primary key.
    """

    person: int
    level: str
    number: str = ""
    centre: int | None = None
    extra_percent: int = 0
    accommodation: str = ""


@transaction.atomic
def add_candidates(round_: Round, entries: Iterable[Entry], *, actor: Person | None) -> list[Candidate]:
    """Enter persons for a round, set-based, all or none. Raises RoundNotDraft, CandidateExists."""
    numbers = _Numbers(locked_draft(round_))
    candidates = [
        Candidate(
            round=round_,
            person_id=entry.person,
            number=entry.number or numbers.next(),
            level=entry.level,
            centre_id=entry.centre,
            extra_percent=entry.extra_percent,
            accommodation=entry.accommodation,
        )
        for entry in entries
    ]
    try:
        with transaction.atomic():
            made = Candidate.objects.bulk_create(candidates, batch_size=_BATCH)
    except IntegrityError as error:
        raise CandidateExists from error
    audit.record(actor, "registration.candidates_added", round_, count=len(made))
    return made


class _Numbers:
    """Deals the round's numbers: the round's own key, then six digits from 000001."""

    def __init__(self, round_: Round) -> None:
        self._prefix = str(round_.pk)
        own = Candidate.objects.annotate(length=Length("number")).filter(
            round=round_, number__startswith=self._prefix, length=len(self._prefix) + _SERIAL_DIGITS
        )
        last = own.aggregate(last=Max("number"))["last"] or ""
        tail = last[len(self._prefix) :]
        self._serial = int(tail) if tail.isascii() and tail.isdigit() else 0

    def next(self) -> str:
        self._serial += 1
        return f"{self._prefix}{self._serial:0{_SERIAL_DIGITS}}"


@transaction.atomic
def change_candidate(candidate: Candidate, *, actor: Person) -> Candidate:
    """Keep a candidate's changed level, centre, extra time and accommodation. Raises RoundNotDraft.

    Extra time changes the clock of who has a seat already; another centre does not move them.
    """
    round_ = locked_draft(candidate.round)
    candidate.save(update_fields=["level", "centre", "extra_percent", "accommodation"])
    set_clocks(round_)
    audit.record(
        actor,
        "registration.candidate_changed",
        candidate,
        level=candidate.level,
        extra_percent=candidate.extra_percent,
    )
    return candidate


@transaction.atomic
def remove_candidate(candidate: Candidate, *, actor: Person) -> None:
    """Take back an entry. Raises RoundNotDraft, CandidateSeated."""
    round_ = locked_draft(candidate.round)
    if hasattr(candidate, "placement"):
        raise CandidateSeated
    audit.record(actor, "registration.candidate_removed", round_, number=candidate.number)
    candidate.delete()
