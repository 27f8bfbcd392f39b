"""Marking takes what the journal says, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exams.knowledge.models import Round
from exams.marking.models import Result
from exams.marking.services import SittingStillOpen, mark_many, mark_sitting
from exams.seat.models import JournalEntry, Sitting
from tests.conftest import make_person
from tests.exams.knowledge.factories import answer, close, make_round, sitting_of, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_() -> Round:
    return make_round()


def _sitting(round_: Round, right: int, wrong: int = 0) -> Sitting:
    sitting = sitting_of(start(round_, make_person()))
    answer(sitting, right, wrong=wrong)
    return sitting


def test_a_submitted_sheet_is_marked_against_the_shuffled_key(round_):
    sitting = _sitting(round_, 7, wrong=2)
    result = mark_sitting(sitting, now=timezone.now())
    assert (result.score, result.max_score, result.answered) == (7, 10, 9)


def test_topics_are_scored_in_the_order_of_the_bank(round_):
    result = mark_sitting(_sitting(round_, 10), now=timezone.now())
    topics = list(round_.test.bank.topics.values_list("pk", flat=True))
    assert result.topics == [{"topic": pk, "score": 5, "max": 5} for pk in topics]


def test_the_mark_names_the_head_of_the_journal_it_was_computed_from(round_):
    sitting = _sitting(round_, 3)
    result = mark_sitting(sitting, now=timezone.now())
    last = JournalEntry.objects.filter(sitting=sitting).latest("seq")
    assert result.chain_head == bytes(last.hash).hex()


def test_marking_twice_gives_the_same_result(round_):
    sitting = _sitting(round_, 3)
    first = mark_sitting(sitting, now=timezone.now())
    second = mark_sitting(sitting, now=timezone.now() + timedelta(days=1))
    assert (first.pk, first.marked_at) == (second.pk, second.marked_at)


def test_an_open_sitting_is_not_marked(round_):
    sitting = sitting_of(start(round_, make_person()))
    with pytest.raises(SittingStillOpen):
        mark_sitting(sitting, now=timezone.now())


def test_a_sitting_closed_by_the_system_is_marked_as_it_stood(round_):
    sitting = sitting_of(start(round_, make_person()))
    answer(sitting, 4, submit=False)
    close(sitting, sitting.deadline + timedelta(minutes=1))
    assert mark_sitting(sitting, now=timezone.now()).score == 4


def test_many_are_marked_and_open_ones_left_alone(round_):
    closed = [_sitting(round_, right) for right in (0, 5, 10)]
    still_open = sitting_of(start(round_, make_person()))
    assert mark_many([*(s.pk for s in closed), still_open.pk], now=timezone.now()) == 3
    assert list(Result.objects.order_by("sitting").values_list("score", flat=True)) == [0, 5, 10]


def test_marking_many_again_changes_nothing(round_):
    sitting = _sitting(round_, 5)
    mark_many([sitting.pk], now=timezone.now())
    assert mark_many([sitting.pk], now=timezone.now()) == 0
    assert Result.objects.count() == 1


def test_marking_many_costs_the_same_queries_for_one_as_for_five(round_):
    one = [_sitting(round_, 5).pk]
    five = [_sitting(round_, 5).pk for _ in range(5)]
    with CaptureQueriesContext(connection) as for_one:
        mark_many(one, now=timezone.now())
    with CaptureQueriesContext(connection) as for_five:
        mark_many(five, now=timezone.now())
    assert len(for_one) == len(for_five)


def test_an_altered_journal_is_left_out_and_the_others_are_marked(round_):
    altered, sound = _sitting(round_, 5), _sitting(round_, 5)
    JournalEntry.objects.filter(sitting=altered, seq=1).update(choice=F("choice") + 1)
    assert mark_many([altered.pk, sound.pk], now=timezone.now()) == 1
    assert list(Result.objects.values_list("sitting", flat=True)) == [sound.pk]
