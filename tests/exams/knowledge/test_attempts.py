"""Who may start an attempt, and when."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from exams.knowledge.errors import (
    AlreadyPassed,
    NoAttemptsLeft,
    NotInvited,
    RoundNotOpen,
    StillClosing,
    TooSoon,
)
from exams.knowledge.models import Attempt
from exams.knowledge.services.attempts import Step, attempts_of, standing, start_attempt
from exams.knowledge.services.results import conclude
from exams.papers.models import Form
from exams.seat.models import Sitting
from tests.exams.knowledge.factories import (
    answer,
    invite,
    make_agency_round,
    make_round,
    sit,
    sitting_of,
    start,
)

pytestmark = pytest.mark.django_db


def test_starting_gives_a_form_and_a_clock(learner):
    round_ = make_round()
    now = timezone.now()
    attempt = start_attempt(round_, learner, now=now)
    assert attempt.number == 1
    assert sitting_of(attempt).deadline == now + timedelta(minutes=60)
    assert len(sitting_of(attempt).form.paper["items"]) == 10
    assert sitting_of(attempt).return_path == f"/tests/results/{attempt.pk}/"


def test_who_starts_late_ends_with_the_round(learner):
    round_ = make_round(closes=timedelta(minutes=20))
    assert sitting_of(start(round_, learner)).deadline == round_.closes_at


def test_every_attempt_has_its_own_seed(learner, outsider):
    round_ = make_round()
    seeds = {sitting_of(start(round_, person)).form.seed for person in (learner, outsider)}
    assert len(seeds) == 2


def test_starting_again_goes_on_with_the_same_sitting(learner):
    round_ = make_round()
    first, second = start(round_, learner), start(round_, learner)
    assert first == second
    assert Sitting.objects.count() == 1


def test_who_is_sitting_may_go_on_after_the_round_closed(learner):
    round_ = make_round()
    attempt = start(round_, learner)
    round_.closes_at = timezone.now() - timedelta(minutes=1)
    round_.save()
    assert start(round_, learner) == attempt


@pytest.mark.parametrize(("opens", "closes"), [(1, 2), (-2, -1)])
def test_a_round_that_is_not_open_is_not_started(learner, opens, closes):
    round_ = make_round(opens=timedelta(hours=opens), closes=timedelta(hours=closes))
    with pytest.raises(RoundNotOpen):
        start(round_, learner)


def test_the_closing_moment_itself_is_closed(learner):
    round_ = make_round()
    with pytest.raises(RoundNotOpen):
        start(round_, learner, now=round_.closes_at)


def test_attempts_are_counted(learner):
    round_ = make_round(max_attempts=1)
    sit(round_, learner, right=0)
    with pytest.raises(NoAttemptsLeft):
        start(round_, learner)


def test_a_second_attempt_gets_the_next_number(learner):
    round_ = make_round(max_attempts=2)
    sit(round_, learner, right=0)
    assert start(round_, learner).number == 2


def test_between_attempts_lies_the_waiting_time(learner):
    round_ = make_round(max_attempts=2, retry_wait_hours=2)
    sit(round_, learner, right=0)
    with pytest.raises(TooSoon) as refused:
        start(round_, learner)
    assert start(round_, learner, now=refused.value.retry_at).number == 2


def test_who_has_passed_does_not_sit_again(learner):
    round_ = make_round(max_attempts=5)
    sit(round_, learner, right=10)
    with pytest.raises(AlreadyPassed):
        start(round_, learner)


def test_a_sitting_whose_time_is_over_is_being_closed(learner):
    round_ = make_round(max_attempts=2)
    attempt = start(round_, learner)
    with pytest.raises(StillClosing):
        start(round_, learner, now=sitting_of(attempt).deadline + timedelta(seconds=1))


def test_an_agency_round_is_for_its_list_only(learner, outsider, department, agency_officer, exam_officer):
    round_ = make_agency_round(department, agency_officer, exam_officer)
    invite(round_, learner, agency_officer)
    assert start(round_, learner).number == 1
    with pytest.raises(NotInvited):
        start(round_, outsider)


def test_the_agency_of_the_day_is_kept(learner, department, other_department):
    learner.agency = department
    learner.save()
    attempt = start(make_round(), learner)
    learner.agency = other_department
    learner.save()
    attempt.refresh_from_db()
    assert attempt.agency == department


def test_a_bank_that_has_shrunk_leaves_no_trace_of_the_start(learner):
    from exams.bank.models import ItemVersion
    from exams.papers.assembly import NotEnoughItems

    round_ = make_round()
    ItemVersion.objects.update(status="retired")
    with pytest.raises(NotEnoughItems):
        start(round_, learner)
    assert not Attempt.objects.exists()
    assert not Sitting.objects.exists()


def test_the_database_refuses_a_second_unfinished_attempt(learner):
    round_ = make_round()
    start(round_, learner)
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(round=round_, person=learner, number=2)


@pytest.mark.parametrize(
    ("right", "concluded", "step"),
    [(10, True, Step.PASSED), (0, True, Step.START), (0, False, Step.CLOSING)],
)
def test_standing_after_a_sitting(learner, right, concluded, step):
    round_ = make_round(max_attempts=2)
    attempt = sit(round_, learner, right)
    if concluded:
        conclude(attempt, now=timezone.now())
    assert standing(round_, attempts_of(round_, learner), now=timezone.now()).step == step


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_attempt(learner):
    round_ = make_round()
    barrier, found, failures = Barrier(4), [], []

    def click() -> None:
        try:
            barrier.wait(timeout=10)
            found.append(start_attempt(round_, learner, now=timezone.now()).pk)
        except Exception as error:  # noqa: BLE001  whatever it was, the test must show it
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(set(found)) == 1
    assert (Attempt.objects.count(), Sitting.objects.count(), Form.objects.count()) == (1, 1, 1)


def test_answers_of_a_sitting_survive_going_on(learner):
    round_ = make_round()
    attempt = start(round_, learner)
    answer(sitting_of(attempt), 3, submit=False)
    assert sitting_of(start(round_, learner)) == sitting_of(attempt)
