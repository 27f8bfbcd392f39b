"""What the rest of the platform does with sittings. Answers themselves go through exams.seat.asgi.

None of the functions that write to the journal may be called inside a transaction: the journal commits
for itself, so that what it has acknowledged cannot be rolled back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.utils.translation import get_language

from exams.papers.models import Form
from exams.seat import clock, timing
from exams.seat.chain import Entry, Sheet
from exams.seat.journal import Journal, Outcome, Request, read_sheets, to_ms
from exams.seat.keys import Claims, Receipt, ReceiptFile, issue_token, receipt_public_key, sign_receipt
from exams.seat.models import ClockChange, EntryKind, Sitting
from learning.people.models import Person

log = structlog.get_logger(__name__)

# A token outlives its sitting, so that the receipt can be read afterwards.
_TOKEN_AFTER_DEADLINE = timedelta(days=1)
_CLOSING_BATCH = 500


@dataclass(frozen=True)
class SeatPass:
    """What lets a browser into a sitting: the token for the cookie, and the path both are for."""

    token: str
    path: str
    max_age: int


def seat_path(sitting: int) -> str:
    """Return the path of a sitting's page, which is also the scope of its cookie."""
    return f"/seat/{sitting}/"


def open_sitting(
    person: Person, form: Form, *, starts_at: datetime, deadline: datetime, return_path: str
) -> Sitting:
    """Create a sitting. `return_path` is where its receipt leads; the clock is the server's."""
    return Sitting.objects.create(
        person=person, form=form, starts_at=starts_at, deadline=deadline, return_path=return_path
    )


def take_seat(sitting: Sitting, *, now: datetime) -> SeatPass:
    """Open the sitting for one browser and return its pass; passes given before stop working.

    A sitting whose time is over or that is closed is not opened again; its pass only shows the receipt.
    """
    [outcome] = Journal().append([opening(sitting.pk, now_ms=to_ms(now))])
    return seat_pass(sitting.pk, outcome, get_language() or settings.LANGUAGE_CODE, now=now)


def opening(sitting: int, *, now_ms: int) -> Request:
    """Return the request that opens a sitting anew."""
    return Request(sitting, 0, [Entry(seq=0, kind=EntryKind.OPEN)], now_ms)


def seat_pass(sitting: int, opened: Outcome, language: str, *, now: datetime) -> SeatPass:
    """Return the pass for the generation that an opening left in force."""
    deadline = datetime.fromtimestamp(opened.deadline_ms / 1000, UTC)
    expires = max(deadline, now) + _TOKEN_AFTER_DEADLINE
    claims = Claims(sitting, opened.generation, language, int(expires.timestamp()))
    return SeatPass(issue_token(claims), seat_path(sitting), int((expires - now).total_seconds()))


def sittings_with_passes(person: Person, *, now: datetime) -> list[int]:
    """Return the person's sittings whose passes may still be in a browser."""
    live = Sitting.objects.filter(person=person, deadline__gt=now - _TOKEN_AFTER_DEADLINE)
    return list(live.values_list("pk", flat=True))


def fold_sitting(sitting: Sitting) -> Sheet:
    """Return the answer sheet, checked against its hashes. Raises ChainBroken."""
    return read_sheets([sitting.pk])[sitting.pk]


def force_submit(sittings: Iterable[int], *, actor: Person, reason: str, now: datetime) -> int:
    """Submit sittings in their candidates' place; return how many were still open."""
    closed = _close(sittings, EntryKind.FORCED, now)
    clock.note(closed, ClockChange.FORCED, actor=actor, reason=reason, now=now)
    return len(closed)


def finalise_overdue(*, now: datetime) -> int:
    """Submit every sitting whose deadline and grace have passed; return how many this call submitted.

    Safe to run in several processes at once: a sitting's closing entry can be written only once.
    """
    before = timing.overdue_before(now, settings.SEAT_GRACE)
    overdue = list(
        Sitting.objects.filter(closed_at=None, paused_at=None, deadline__lt=before)
        .order_by("deadline")
        .values_list("pk", flat=True)
    )
    finalised = _close(overdue, EntryKind.DEADLINE, now)
    if finalised:
        log.info("seat.finalised", sittings=len(finalised))
    return len(finalised)


def _close(sittings: Iterable[int], kind: EntryKind, now: datetime) -> list[int]:
    """Write closing entries; return the sittings that these closed."""
    keys, journal, closed = list(sittings), Journal(), []
    for first in range(0, len(keys), _CLOSING_BATCH):
        batch = keys[first : first + _CLOSING_BATCH]
        outcomes = journal.append([Request(pk, 0, [Entry(seq=0, kind=kind)], to_ms(now)) for pk in batch])
        closed += [pk for pk, outcome in zip(batch, outcomes, strict=True) if outcome.error is None]
    return closed


def receipt(sitting: Sitting) -> Receipt | None:
    """Return the signed receipt of a closed sitting, None while it is open."""
    return receipt_for(sitting, fold_sitting(sitting))


def receipt_file(sitting: int) -> ReceiptFile | None:
    """Return the receipt of a sitting as a file, None while it is open. Raises Sitting.DoesNotExist."""
    taken = receipt(Sitting.objects.select_related("form").get(pk=sitting))
    return ReceiptFile(taken, receipt_public_key()) if taken is not None else None


def receipt_for(sitting: Sitting, sheet: Sheet) -> Receipt | None:
    """Return the receipt of a sitting whose sheet has been read already."""
    if sheet.closed is None:
        return None
    return sign_receipt(unsigned_receipt(sitting.pk, sitting.form.sha256, sheet))


def unsigned_receipt(sitting: int, form_sha256: str, sheet: Sheet) -> Receipt:
    """Return what the receipt of a closed sheet says."""
    return Receipt(
        sitting=sitting,
        form=form_sha256,
        count=sheet.count,
        answered=len(sheet.choices),
        head=sheet.head.hex(),
        reason=sheet.closed or "",
        closed_ms=sheet.closed_ms,
    )
