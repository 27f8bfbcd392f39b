"""Rounds that have been sat, with answers as wanted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from exams.papers.services import answer_key
from exams.registration.models import Candidate, Round
from exams.results.services.concluding import Conclusion, conclude_round
from exams.results.services.releasing import certify_released, release
from exams.seat.chain import Entry
from exams.seat.journal import Journal, Request, now_ms
from exams.seat.models import EntryKind, Sitting
from learning.people.models import Person
from tests.exams.registration.factories import make_round

# Items of the three subjects of the factory's examination, and right answers that pass each at 60 percent.
ITEMS = (4, 2, 2)
PASSING, FAILING = (3, 2, 2), (2, 2, 2)


def make_sat_round(*persons: Person, right: Sequence[Sequence[int]] = (), candidates: int = 0) -> Round:
    """A round under way whose candidates have submitted with so many right answers in each subject.

    `right` goes with the candidates in the order of their numbers; those without one have not opened.
    """
    round_ = make_round(persons=persons, candidates=candidates, starts=timedelta(minutes=-30))
    for candidate, wanted in zip(round_.candidates.order_by("number"), right, strict=False):
        sit(candidate, wanted)
    return round_


def sitting_of(candidate: Candidate) -> Sitting:
    return candidate.placement.sitting


def sit(candidate: Candidate, right: Sequence[int]) -> None:
    """Open, answer so many of each subject rightly and the others wrongly, submit."""
    sitting = sitting_of(candidate)
    key = answer_key(sitting.form)
    entries, position = [Entry(0, EntryKind.OPEN)], 0
    for wanted, section in zip(right, sitting.form.paper["sections"], strict=True):
        for place in range(section["count"]):
            choice = key[position] if place < wanted else key[position] % 4 + 1
            position += 1
            entries.append(Entry(0, EntryKind.ANSWER, position, choice))
    append(sitting, [*entries, Entry(0, EntryKind.SUBMIT)])


def be_absent(candidate: Candidate) -> None:
    """Submit, as an officer, what was never opened."""
    append(sitting_of(candidate), [Entry(0, EntryKind.FORCED)])


def append(sitting: Sitting, entries: Sequence[Entry]) -> None:
    [outcome] = Journal().append([Request(sitting.pk, 0, list(entries), now_ms())])
    assert outcome.error is None
    sitting.refresh_from_db()


def alter(candidate: Candidate) -> None:
    """Change one stored answer, as somebody with the database's password could."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE seat_journalentry SET choice = choice %% 4 + 1 WHERE sitting_id = %s AND seq = 2",
            [sitting_of(candidate).pk],
        )


def repair(candidate: Candidate) -> None:
    """Undo `alter`, as restoring a backup would."""
    for _ in range(3):
        alter(candidate)


def conclude(round_: Round) -> Conclusion:
    return conclude_round(round_, now=timezone.now())


def announce(round_: Round, officer: Person) -> None:
    """Release now, and certify who passed."""
    now = timezone.now()
    release(round_, now, actor=officer, now=now)
    certify_released(now=now)
