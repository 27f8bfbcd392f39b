"""The probes."""

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from learning.people.models import Person


def test_livez_asks_the_database_nothing_even_of_a_signed_in_person(
    client: Client, learner: Person, django_assert_num_queries: DjangoAssertNumQueries
):
    client.force_login(learner)
    with django_assert_num_queries(0):
        response = client.get("/livez")
    assert response.json() == {"status": "ok"}
    assert response["Cache-Control"] == "no-store"


def test_probes_answer_under_any_host_name_and_over_plain_http(client: Client, db: None, settings: Settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/livez", headers={"host": "10.0.0.7"}).status_code == 200
    assert client.get("/readyz", headers={"host": "10.0.0.7"}).status_code == 200


def test_readyz_names_the_database(client: Client, db: None, settings: Settings):
    settings.REDIS_URL = ""
    assert client.get("/readyz").json() == {"status": "ok", "parts": {"database": "ok"}}


def test_readyz_is_503_when_the_database_does_not_answer(client: Client, db: None, settings: Settings):
    settings.REDIS_URL = ""
    # A connection that refuses every statement, as a lost server would.
    with connection.execute_wrapper(_refuse):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "failed", "parts": {"database": "failed"}}


def _refuse(*_args: object) -> None:
    raise OperationalError("server closed the connection")


def test_readyz_is_503_and_names_redis_when_only_redis_is_away(client: Client, db: None, settings: Settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "failed", "parts": {"database": "ok", "redis": "failed"}}


@pytest.mark.redis
def test_readyz_names_redis_where_it_is_configured(client: Client, db: None):
    assert client.get("/readyz").json() == {"status": "ok", "parts": {"database": "ok", "redis": "ok"}}
