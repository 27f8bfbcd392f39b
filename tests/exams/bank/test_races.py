"""Two people at the same moment, on a database that really runs them side by side."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from exams.bank import errors, services
from exams.bank.models import ItemStatus, ItemVersion
from exams.papers.assembly import DrawRule
from exams.papers.models import Form, Pool
from exams.papers.services import make_form
from learning.errors import DomainError
from tests.conftest import make_person
from tests.exams.bank.factories import fill_bank, make_bank, make_version

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*calls):
    """Run the calls in a thread each; return what they gave or raised."""

    def run(call):
        try:
            return call()
        except DomainError as error:
            return type(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_of_two_approvals_at_once_one_counts():
    bank = make_bank()
    old = make_version(bank)
    for _ in range(5):
        number = old.item.versions.count() + 1
        new = make_version(bank, item=old.item, number=number, status=ItemStatus.REVIEWED)
        people = [make_person(), make_person()]
        versions = [ItemVersion.objects.get(pk=new.pk) for _ in people]
        results = at_once(
            *(
                lambda version=version, person=person: services.approve(version, approver=person, revision=0)
                for version, person in zip(versions, people, strict=True)
            )
        )
        assert results.count(errors.WrongStatus) == 1
        assert list(old.item.versions.filter(status=ItemStatus.APPROVED)) == [new]


def test_many_first_starters_share_one_pool():
    bank = make_bank()
    fill_bank(bank)
    rules = [DrawRule(bank.topics.get(code="t1").pk, "", 5)]
    forms = at_once(*[lambda: make_form(title="ชุด", bank=bank, rules=rules)] * 8)
    assert all(isinstance(form, Form) for form in forms)
    assert Pool.objects.count() == 1
