"""Numbers are gapless and unique when many issue at once; on PostgreSQL and on SQLite alike."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from certificates import codes
from certificates.models import Certificate, Register
from tests.certificates.conftest import issue_certificate
from tests.conftest import make_person

THREADS = 8
EACH = 5

pytestmark = pytest.mark.django_db(transaction=True)


def in_threads(work, count=THREADS):
    """Run `work(i)` in `count` threads that start together; return what each returned."""
    barrier = Barrier(count)

    def run(i):
        try:
            barrier.wait(timeout=30)
            return work(i)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_without_the_lock_two_take_the_same_number():
    """The proof that there is a race to guard against, and that the constraint is the last guard."""
    person = make_person()
    issue_certificate(person, "first")
    both_have_read = Barrier(2)

    def unguarded(i):
        number = Register.objects.get().last_number + 1
        both_have_read.wait(timeout=30)
        twin = Certificate.objects.get(subject="first")
        twin.pk, twin.number, twin.subject, twin.code = None, number, f"unguarded:{i}", codes.new()
        try:
            twin.save(force_insert=True)
        except IntegrityError:
            return number, "refused"
        return number, "entered"

    assert sorted(in_threads(unguarded, 2)) == [(2, "entered"), (2, "refused")]


def test_many_at_once_get_gapless_numbers():
    people = [make_person() for _ in range(THREADS)]

    def work(i):
        return [issue_certificate(people[i], f"s:{i}:{n}").number for n in range(EACH)]

    numbers = [number for taken in in_threads(work) for number in taken]
    assert sorted(numbers) == list(range(1, THREADS * EACH + 1))


def test_gapless_although_half_of_the_transactions_are_rolled_back():
    people = [make_person() for _ in range(THREADS)]

    def work(i):
        with transaction.atomic():
            issue_certificate(people[i], f"s:{i}")
            if i % 2:
                transaction.set_rollback(True)

    in_threads(work)
    numbers = Certificate.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, THREADS // 2 + 1))


def test_many_at_once_for_one_subject_get_one_certificate():
    person = make_person()
    issued = in_threads(lambda _: issue_certificate(person).pk)
    assert len(set(issued)) == 1
    assert Register.objects.get().last_number == 1


def test_one_subject_on_both_sides_of_new_year_gets_one_certificate(now):
    person = make_person()
    issued = in_threads(lambda i: issue_certificate(person, now=now.replace(year=2026 + i % 2)).pk)
    assert len(set(issued)) == 1
    assert sum(Register.objects.values_list("last_number", flat=True)) == 1
