"""Many who want the last seat at the same moment, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from certificates.models import Certificate
from courses.player.services import progress
from enrollment.errors import AlreadyLearning, RoundFull
from enrollment.models import HOLDS_SEAT, CourseRound, Enrolment, EnrolmentState
from enrollment.services import completion, enrolments
from learning.errors import DomainError
from learning.people.models import Person
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON
from tests.enrollment.factories import did, enrol, learning, make_round, make_taught, text, units

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 8


def at_once(works: Sequence[Callable[[], object]]) -> list[DomainError]:
    """Do all of these at the same moment, each with a connection of its own; return who was refused."""
    start = Barrier(len(works))
    refused: list[DomainError] = []

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            work()
        except DomainError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return refused


def crowd() -> list[Person]:
    return [make_person() for _number in range(CROWD)]


def seats(round_: CourseRound) -> int:
    return round_.enrolments.filter(state__in=HOLDS_SEAT).count()


@pytest.mark.postgres
def test_without_the_lock_a_seat_is_given_twice():
    """The proof that there is a race: two that count before either has written both see a free seat."""
    round_ = make_round(capacity=1)
    people = [make_person(), make_person()]
    both_have_counted = Barrier(2)

    def careless(person: Person) -> None:
        with transaction.atomic():
            taken = seats(round_)
            both_have_counted.wait()
            if taken < 1:
                waiting = Enrolment.objects.create(
                    round=round_, course=round_.course, person=person, state=EnrolmentState.WAITING
                )
                enrolments.seat(round_, [waiting], now=NOON)

    at_once([partial(careless, person) for person in people])
    assert seats(round_) == 2


def test_a_crowd_never_gets_more_seats_than_there_are():
    round_ = make_round(capacity=3)
    refused = at_once([partial(enrol, round_, person) for person in crowd()])
    assert refused == []
    assert seats(round_) == 3
    assert round_.enrolments.filter(state=EnrolmentState.WAITING).count() == CROWD - 3


def test_without_a_waiting_list_the_rest_is_told():
    round_ = make_round(capacity=3, has_waiting_list=False)
    refused = at_once([partial(enrol, round_, person) for person in crowd()])
    assert [type(error) for error in refused] == [RoundFull] * (CROWD - 3)
    assert seats(round_) == 3


def test_seats_freed_at_the_same_moment_are_all_given():
    round_ = make_round(capacity=3)
    made = [enrol(round_, person) for person in crowd()]
    first = [enrolment for enrolment in made if enrolment.state == EnrolmentState.ENROLLED]
    assert at_once([partial(enrolments.withdraw, each, now=NOON) for each in first]) == []
    in_order = list(round_.enrolments.order_by("queued_at", "pk").values_list("state", flat=True))
    assert in_order == ["withdrawn"] * 3 + ["enrolled"] * 3 + ["waiting"] * 2


def test_one_person_gets_into_one_of_two_rounds():
    first = make_round()
    second = make_round(first.course)
    person = make_person()
    refused = at_once([partial(enrol, first, person), partial(enrol, second, person)])
    assert [type(error) for error in refused] == [AlreadyLearning]
    assert Enrolment.objects.count() == 1


def test_two_triggers_at_once_give_one_completion_and_one_certificate():
    enrolment = enrol(make_round(make_taught(text())), make_person())
    did(learning(enrolment), units(enrolment.course)[0])
    works: list[Callable[[], object]] = [
        partial(completion.complete, [enrolment.pk], now=NOON),
        partial(completion.weigh, learning(enrolment)),
        partial(completion.weigh_all, now=NOON),
    ]
    assert at_once(works) == []
    assert Certificate.objects.count() == 1
    enrolment.refresh_from_db()
    assert enrolment.certificate == Certificate.objects.get()


def test_who_withdraws_while_completing_gets_one_of_the_two():
    enrolment = enrol(make_round(make_taught(text())), make_person())
    unit = units(enrolment.course)[0]
    works: list[Callable[[], object]] = [
        partial(progress.advance, learning(enrolment), unit, completed=True),
        partial(enrolments.withdraw, enrolment, now=NOON),
    ]
    refused = at_once(works)
    enrolment.refresh_from_db()
    assert (enrolment.state, len(refused)) in {("completed", 1), ("withdrawn", 0)}
