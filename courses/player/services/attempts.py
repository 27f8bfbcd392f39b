"""Tries at a test: begun, answered, submitted, read.

A try is drawn once and keeps its questions. Each answer is acknowledged after its commit; the server's clock
ends it. The key stays in the database until the test's role lets it be shown.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from msgspec import structs

from courses.catalogue.contents import BankDraw, TestContent, TestRole, read_test
from courses.catalogue.models import CompletionRule, Unit, UnitKind
from courses.player.errors import AttemptOver, NoSuchAnswer, NoTriesLeft, TestUnusable
from courses.player.models import Purpose, Registration, TestAttempt
from courses.player.services.evidence import interact
from courses.player.services.progress import advance, refuse_closed
from courses.player.services.registrations import lock
from courses.player.services.statements import tell_submitted
from exams.bank.models import ItemStatus, ItemVersion

# What was on its way when the time ended is still taken.
GRACE = timedelta(seconds=10)
_BATCH = 200


@dataclass(frozen=True)
class Standing:
    """Where a learner stands in a test: the open try, those submitted, and how many are left (None: any)."""

    content: TestContent
    open: TestAttempt | None
    submitted: Sequence[TestAttempt]

    @property
    def tries_left(self) -> int | None:
        """How many tries may still be begun; None where there is no limit."""
        used = len(self.submitted) + (self.open is not None)
        return max(0, self.content.tries - used) if self.content.tries else None

    @property
    def best(self) -> Decimal | None:
        """The best score as a share of the full marks."""
        return max((each.score for each in self.submitted if each.score is not None), default=None)

    @property
    def is_passed(self) -> bool:
        """Whether the best score reaches the pass mark."""
        return self.best is not None and is_pass(self.content, self.best)

    @property
    def is_spent(self) -> bool:
        """Whether no try is left or open."""
        return self.tries_left == 0 and self.open is None

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be won: passed, or no try is left."""
        return self.is_passed or self.is_spent


def asked_in(unit: Unit) -> TestContent:
    """Return what a test asks for. The mark that completes the version stands over a post-test's own.

    Else a learner would pass, read the right answers, and still lack the mark. Raises ValidationError.
    """
    content = read_test(unit.content)
    if content.role != TestRole.POST:
        return content
    rule = CompletionRule.objects.filter(version__topics=unit.topic_id, test_mark__gt=0).first()
    return structs.replace(content, pass_percent=int(rule.test_mark * 100)) if rule else content


def is_pass(content: TestContent, score: Decimal) -> bool:
    """Say whether a share of the full marks reaches the pass mark."""
    return score * 100 >= content.pass_percent


def standing(registration: Registration, unit: Unit, *, now: datetime) -> Standing:
    """Return where a learner stands in a test; a try whose time is over is submitted first."""
    tries = list(registration.attempts.filter(unit=unit).order_by("number"))
    for number, each in enumerate(tries):
        if each.submitted_at is None and _is_overdue(each, now):
            tries[number] = submit(each, now=now)
    current = next((each for each in tries if each.submitted_at is None), None)
    return Standing(asked_in(unit), current, [each for each in tries if each.submitted_at])


def _is_overdue(attempt: TestAttempt, now: datetime) -> bool:
    return attempt.deadline is not None and now >= attempt.deadline + GRACE


# -- Beginning --------------------------------------------------------------------------------------
@transaction.atomic
def start(registration: Registration, unit: Unit, *, now: datetime) -> TestAttempt:
    """Begin a try, or return the one that is open. Raises UnitClosed, NoTriesLeft, TestUnusable."""
    locked = lock(registration)
    refuse_closed(locked, unit, now=now)
    where = standing(registration, unit, now=now)
    if where.open is not None:
        return where.open
    if where.tries_left == 0:
        raise NoTriesLeft
    last = registration.attempts.filter(unit=unit).aggregate(last=Max("number"))["last"] or 0
    length = timedelta(minutes=where.content.minutes)
    # No later than the course closes.
    ends = [end for end in (now + length if length else None, locked.closes_at) if end is not None]
    attempt = TestAttempt.objects.create(
        registration=registration,
        unit=unit,
        number=last + 1,
        questions=_questions(where.content),
        started_at=now,
        deadline=min(ends, default=None),
    )
    advance(registration, unit, now=now)
    return attempt


def _questions(content: TestContent) -> list[dict[str, Any]]:
    if content.draw is not None:
        return _drawn(content.draw)
    return [
        {"stem": each.stem, "options": each.options, "key": each.key, "explanation": each.explanation}
        for each in content.items
    ]


def _drawn(draw: BankDraw) -> list[dict[str, Any]]:
    found = ItemVersion.objects.filter(status=ItemStatus.APPROVED, item__bank__code=draw.bank)
    if draw.topics:
        found = found.filter(topic__code__in=draw.topics)
    keys = list(found.order_by("pk").values_list("pk", flat=True))
    if len(keys) < draw.count:
        raise TestUnusable
    chosen = random.SystemRandom().sample(keys, draw.count)
    versions = ItemVersion.objects.in_bulk(chosen)
    return [
        {
            "stem": version.stem,
            "options": version.options,
            "key": version.key,
            "explanation": version.explanation,
            "figure": version.figure_id,
            "figure_alt": version.figure_alt,
        }
        for version in (versions[key] for key in chosen)
    ]


# -- Answering --------------------------------------------------------------------------------------
@transaction.atomic
def answer(attempt: TestAttempt, given: dict[int, int], *, now: datetime) -> TestAttempt:
    """Keep answers, by place of the question the option chosen; whoever is told so finds them kept.

    Raises AttemptOver after the end, NoSuchAnswer for what is not in the test.
    """
    lock(attempt.registration)
    kept = TestAttempt.objects.select_related("registration", "unit__topic").get(pk=attempt.pk)
    if kept.submitted_at is not None or _is_overdue(kept, now):
        raise AttemptOver
    for place, option in given.items():
        if not 0 <= place < len(kept.questions) or not 0 <= option < len(kept.questions[place]["options"]):
            raise NoSuchAnswer
    fresh = {str(place): option for place, option in given.items()}
    if any(kept.answers.get(place) != option for place, option in fresh.items()):
        kept.answers |= fresh
        kept.save(update_fields=["answers"])
        interact(kept.registration, kept.unit, now=now)
    return kept


def unanswered(attempt: TestAttempt) -> list[int]:
    """Return the numbers, from 1, of the questions without an answer."""
    return [place + 1 for place in range(len(attempt.questions)) if str(place) not in attempt.answers]


# -- The end ----------------------------------------------------------------------------------------
@transaction.atomic
def submit(attempt: TestAttempt, *, now: datetime) -> TestAttempt:
    """Close a try and mark it; a second time changes nothing."""
    lock(attempt.registration)
    kept = TestAttempt.objects.select_related("registration", "unit__topic").get(pk=attempt.pk)
    if kept.submitted_at is not None:
        return kept
    content = asked_in(kept.unit)
    right = sum(
        kept.answers.get(str(place)) == question["key"] for place, question in enumerate(kept.questions)
    )
    score = (Decimal(right) / len(kept.questions)).quantize(Decimal("0.0001"))
    kept.score, kept.submitted_at = score, min(filter(None, (now, kept.deadline)))
    kept.save(update_fields=["score", "submitted_at"])
    is_pretest = content.role == TestRole.PRE
    passed = is_pass(content, score)
    tell_submitted(kept, passed=None if is_pretest else passed, right=right, now=kept.submitted_at)
    advance(
        kept.registration,
        kept.unit,
        # A pre-test keeps nobody out: it shows where one begins.
        completed=is_pretest or passed,
        passed=None if is_pretest else passed,
        score=score,
        now=now,
    )
    return kept


def submit_overdue(*, now: datetime) -> int:
    """Submit tries whose time is over; return how many."""
    overdue = TestAttempt.objects.filter(submitted_at=None, deadline__lt=now - GRACE).order_by("deadline")
    found = list(overdue.select_related("registration")[:_BATCH])
    for attempt in found:
        submit(attempt, now=now)
    return len(found)


# -- What may be read afterwards ----------------------------------------------------------------------
@dataclass(frozen=True)
class Explained:
    """A question with what was answered; the key and the explanation as they are told."""

    number: int
    stem: str
    # Text, whether it was chosen, whether it is the right one.
    options: list[tuple[str, bool, bool]]
    is_answered: bool
    is_right: bool
    explanation: str
    figure: str
    figure_alt: str


def is_explained(registration: Registration, unit: Unit, *, now: datetime) -> bool:
    """Say whether the key of a test may be shown to its learner.

    A check explains itself after every try. The key of a post-test comes when nothing more can be won in it,
    and that of a pre-test not before that of the post-test, which may ask the same.
    """
    if registration.purpose == Purpose.PREVIEW:
        return True
    role = read_test(unit.content).role
    if role == TestRole.CHECK:
        return True
    tests = [unit]
    if role == TestRole.PRE:
        others = Unit.objects.filter(topic__version=registration.version_id, kind=UnitKind.TEST)
        tests = [other for other in others if read_test(other.content).role == TestRole.POST]
    return all(standing(registration, test, now=now).is_over for test in tests)


def explained(attempt: TestAttempt) -> Iterator[Explained]:
    """Yield every question of a submitted try with its key; ask `is_explained` first."""
    for place, question in enumerate(attempt.questions):
        chosen = attempt.answers.get(str(place))
        yield Explained(
            place + 1,
            question["stem"],
            [(text, chosen == at, question["key"] == at) for at, text in enumerate(question["options"])],
            chosen is not None,
            chosen == question["key"],
            question["explanation"],
            question.get("figure") or "",
            question.get("figure_alt") or "",
        )
