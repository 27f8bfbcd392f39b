"""Definitions are dated, never edited, and never ask for more than the bank has."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from exams.knowledge.errors import NoDefinition, RoundHasOpened, RoundNotOpen
from exams.knowledge.models import TestDefinition
from exams.knowledge.services import definitions, rounds
from exams.knowledge.services.rounds import Window
from exams.papers.assembly import NotEnoughItems
from exams.papers.services import NothingToDraw
from tests.exams.bank.factories import make_bank
from tests.exams.knowledge.factories import make_definition, make_round, make_test, rules_for, sitting_of

pytestmark = pytest.mark.django_db


def test_a_definition_asking_for_more_than_the_bank_has_is_refused_by_name():
    test = make_test()
    topic = test.bank.topics.earliest("order")
    with pytest.raises(NotEnoughItems) as refused:
        make_definition(test, items={(topic.pk, "easy"): 9})
    said = str(refused.value.message)
    assert topic.name_th in said
    assert "9" in said
    assert "4" in said
    assert not TestDefinition.objects.exists()


def test_any_difficulty_draws_from_what_the_others_leave():
    test = make_test()
    topic = test.bank.topics.earliest("order")
    make_definition(test, items={(topic.pk, "easy"): 4, (topic.pk, ""): 8})
    with pytest.raises(NotEnoughItems):
        make_definition(test, items={(topic.pk, "easy"): 4, (topic.pk, ""): 9})


def test_a_definition_without_items_is_refused():
    test = make_test()
    with pytest.raises(NothingToDraw):
        make_definition(test, items={})


def test_the_latest_effective_definition_is_in_force():
    test = make_test()
    old = make_definition(test, effective_from=date(2026, 1, 1))
    new = make_definition(test, effective_from=date(2026, 6, 1))
    assert definitions.current(test, date(2026, 5, 31)) == old
    assert definitions.current(test, date(2026, 6, 1)) == new


def test_of_two_definitions_of_one_day_the_later_made_is_in_force():
    test = make_test()
    make_definition(test)
    second = make_definition(test)
    assert definitions.current(test, date(2026, 1, 1)) == second


def test_definitions_are_listed_the_latest_first():
    test = make_test()
    late = make_definition(test, effective_from=date(2026, 10, 1))
    early = make_definition(test, effective_from=date(2026, 1, 1))
    latest = make_definition(test, effective_from=date(2026, 11, 1))
    assert list(definitions.with_item_counts(test.definitions.all())) == [latest, late, early]


def test_a_new_definition_leaves_rounds_under_the_old_one():
    round_ = make_round()
    make_definition(round_.test, minutes=30)
    round_.refresh_from_db()
    assert round_.definition.minutes == 60


def test_the_default_spreads_over_the_topics_and_adds_up():
    bank = make_test().bank
    spread = definitions.spread(bank, total=11)
    assert sum(spread.values()) == 11
    assert sorted(spread.values()) == [5, 6]


def test_the_default_of_a_small_bank_takes_what_there_is():
    bank = make_test().bank
    assert sum(definitions.spread(bank, total=50).values()) == 24


def test_the_default_of_an_empty_bank_is_empty():
    assert definitions.spread(make_bank("empty")) == {}


def test_a_round_needs_a_definition_in_force_on_its_first_day():
    test = make_test()
    make_definition(test, effective_from=timezone.localdate() + timedelta(days=30))
    now = timezone.now()
    with pytest.raises(NoDefinition):
        rounds.create_round(test, Window("รอบ", now, now + timedelta(days=1)), actor=None)


def test_moving_a_round_before_it_opens_changes_its_definition(exam_officer):
    round_ = make_round(opens=timedelta(days=1), closes=timedelta(days=2))
    later = timezone.now() + timedelta(days=40)
    new = make_definition(round_.test, effective_from=timezone.localdate(later))
    window = Window("เลื่อน", later + timedelta(hours=1), later + timedelta(days=1))
    rounds.change_round(round_, window, actor=exam_officer, now=timezone.now())
    assert round_.definition == new
    assert round_.name == "เลื่อน"


def test_a_round_that_has_opened_is_not_changed(exam_officer):
    round_ = make_round()
    window = Window("ใหม่", round_.opens_at, round_.closes_at)
    with pytest.raises(RoundHasOpened):
        rounds.change_round(round_, window, actor=exam_officer, now=timezone.now())


def test_closing_early_ends_starting_but_no_sitting(exam_officer, learner):
    from tests.exams.knowledge.factories import start

    round_ = make_round()
    attempt = start(round_, learner)
    planned = sitting_of(attempt).deadline
    rounds.close_early(round_, actor=exam_officer, now=timezone.now())
    sitting_of(attempt).refresh_from_db()
    assert sitting_of(attempt).deadline == planned
    assert round_.closes_at < planned


def test_a_closed_round_cannot_be_closed_early(exam_officer):
    round_ = make_round(opens=timedelta(days=-2), closes=timedelta(days=-1))
    with pytest.raises(RoundNotOpen):
        rounds.close_early(round_, actor=exam_officer, now=timezone.now())


def test_rules_are_copied_to_the_definition():
    test = make_test()
    made = definitions.define(test, rules_for(test, minutes=45), actor=None)
    assert (made.minutes, definitions.items_of(made)) == (45, {(t.pk, ""): 5 for t in test.bank.topics.all()})
