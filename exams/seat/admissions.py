"""One-time seat codes: how an admitted candidate opens their sitting without a password.

The invigilator has seen the face and the card; the code only carries that decision to the machine. It is
short, so it is worth little: it works once, for an hour, and dies after a few wrong tries.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from exams.seat import clock
from exams.seat.models import Admission, ClockChange
from learning import crockford, thai
from learning.people.models import Person

CODE_LENGTH = 6
MAX_FAILURES = 5
CODE_LIFE = timedelta(hours=1)
# Each time its page asks again the sitting is opened anew, which is an entry in the journal: far more often
# than any network loses replies, and far less often than a program would ask.
MAX_USES = 20


class Refusal(Exception):
    """The door stays shut; `code` says why, for machines."""

    code = "refused"
    status = 403


class NotAdmitted(Refusal):
    """No such candidate number has been admitted."""

    code = "not_admitted"


class WrongCode(Refusal):
    """The code is not this candidate's; `left` more tries before it dies."""

    code = "wrong_code"

    def __init__(self, left: int) -> None:
        self.left = left
        super().__init__(self.code)


class CodeLocked(Refusal):
    """Too many wrong codes; the invigilator gives a new one."""

    code = "code_locked"


class CodeUsed(Refusal):
    """The code has opened the sitting already, elsewhere."""

    code = "code_used"


class CodeExpired(Refusal):
    """The code is too old."""

    code = "code_expired"


@dataclass(frozen=True)
class Attempt:
    """Somebody typed a number and a code; `at` is the server's time.

    `nonce` names their page, so that it may ask again when the reply was lost.
    """

    number: str
    code: str
    nonce: str
    at: datetime


def clean_code(text: str) -> str:
    """Return a typed code as it was issued: capitals, look-alikes read as digits, blanks and hyphens gone."""
    return crockford.tidy(thai.to_arabic_numerals(text))


def clean_number(text: str) -> str:
    """Return a typed candidate number without blanks and hyphens, in Arabic numerals."""
    return "".join(thai.to_arabic_numerals(text).split()).replace("-", "")


def admit(numbers: Mapping[int, str], *, now: datetime) -> dict[int, str]:
    """Give each sitting (key: sitting, value: candidate number) a new code, and return the codes.

    Codes given before stop working; a machine that is in the sitting already stays until the new code
    is used.
    """
    rows = [
        Admission(
            sitting_id=pk,
            number=number,
            code=crockford.random(CODE_LENGTH),
            issued_at=now,
            admitted_at=now,
        )
        for pk, number in sorted(numbers.items())
    ]
    Admission.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["sitting"],
        update_fields=["code", "issued_at", "used_at", "nonce", "failures", "uses"],
    )
    return {row.sitting_id: row.code for row in rows}


def withdraw(sittings: Iterable[int]) -> int:
    """Take unused codes back; return how many. Who is in already stays in."""
    return Admission.objects.filter(sitting__in=list(sittings), used_at=None).delete()[0]


def move(sitting: int, *, actor: Person | None, reason: str, now: datetime) -> str:
    """Let a sitting go on at another machine: put the move on record and return the code for it.

    The journal and the clock stay as they are. The machine left behind is shut out when the code is used.
    """
    with transaction.atomic():
        clock.note([sitting], ClockChange.MOVED, actor=actor, reason=reason, now=now)
        number = Admission.objects.values_list("number", flat=True).get(sitting=sitting)
        return admit({sitting: number}, now=now)[sitting]


@transaction.atomic
def knock(attempts: Sequence[Attempt]) -> list[int | Refusal]:
    """Judge attempts in their order; return the sitting that each opens, or why it opens none.

    What is used up and what failed is written before this returns: three statements, however many come
    together.
    """
    # Numbers have digits and Latin letters. What has others is nobody's; for some of them PostgreSQL would
    # refuse the statement, and with it everybody who knocks at the same moment.
    wanted = sorted({attempt.number for attempt in attempts if _may_be_number(attempt.number)})
    # Locked, so that of two machines with one code only one gets in.
    found = Admission.objects.select_for_update(no_key=True).filter(number__in=wanted).order_by("number")
    admissions = {admission.number: admission for admission in found}
    outcomes: list[int | Refusal] = []
    for attempt in attempts:
        admission = admissions.get(attempt.number)
        outcomes.append(NotAdmitted() if admission is None else _judge(admission, attempt))
    Admission.objects.bulk_create(
        admissions.values(),
        update_conflicts=True,
        unique_fields=["sitting"],
        update_fields=["used_at", "nonce", "failures", "uses"],
    )
    return outcomes


def _may_be_number(text: str) -> bool:
    return text.isascii() and text.isalnum()


def _judge(admission: Admission, attempt: Attempt) -> int | Refusal:
    if admission.failures >= MAX_FAILURES:
        return CodeLocked()
    if not secrets.compare_digest(admission.code.encode(), attempt.code.encode()):
        admission.failures += 1
        left = MAX_FAILURES - admission.failures
        return WrongCode(left) if left else CodeLocked()
    # Without a nonce no page can say that it is the same.
    is_same_page = admission.nonce == attempt.nonce != ""
    if admission.used_at is not None and not (is_same_page and admission.uses < MAX_USES):
        return CodeUsed()
    if attempt.at > admission.issued_at + CODE_LIFE:
        return CodeExpired()
    admission.used_at, admission.nonce = attempt.at, attempt.nonce
    admission.uses += 1
    return int(admission.pk)
