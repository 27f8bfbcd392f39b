"""A bank with items, and a signed-in client per person."""

from collections.abc import Callable

import pytest
from django.test import Client

from exams.bank.models import ItemBank
from learning.people.models import Person
from tests.exams.bank.factories import make_bank

SignedIn = Callable[[Person | None], Client]


@pytest.fixture
def bank(db: None) -> ItemBank:
    return make_bank()


@pytest.fixture
def signed_in() -> SignedIn:
    def as_person(person: Person | None) -> Client:
        client = Client()
        if person is not None:
            client.force_login(person, backend="learning.people.auth.NationalIdOrEmailBackend")
        return client

    return as_person
