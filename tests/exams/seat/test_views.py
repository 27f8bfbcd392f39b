"""The way into a seat, and out of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from exams.seat.models import Sitting
from tests.exams.seat.conftest import make_sitting

pytestmark = pytest.mark.django_db


def sign_in(client, person):
    client.force_login(person, settings.AUTHENTICATION_BACKENDS[-1])


def seat_cookies(response) -> list[tuple[str, object]]:
    """Return path and age of the seat cookies that a response sets."""
    set_cookies = response.cookies.values()
    return [(cookie["path"], cookie["max-age"]) for cookie in set_cookies if cookie.key == "seat"]


def test_signing_out_takes_the_pass_out_of_the_browser(client, learner, outsider):
    sitting = make_sitting(learner)
    make_sitting(outsider)
    sign_in(client, learner)
    response = client.post(reverse("account_logout"))
    assert seat_cookies(response) == [(f"/seat/{sitting.pk}/", 0)]


def test_asking_to_sign_out_takes_no_pass(client, learner):
    make_sitting(learner)
    sign_in(client, learner)
    assert seat_cookies(client.get(reverse("account_logout"))) == []


def test_a_pass_that_has_expired_is_not_deleted_again(client, learner):
    sitting = make_sitting(learner)
    past = timezone.now() - timedelta(days=2)
    Sitting.objects.filter(pk=sitting.pk).update(starts_at=past - timedelta(hours=1), deadline=past)
    sign_in(client, learner)
    assert seat_cookies(client.post(reverse("account_logout"))) == []


def test_signing_out_without_being_signed_in_is_no_error(client):
    assert client.post(reverse("account_logout")).status_code == 302
