"""The portal's pages and who may open them."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_anyone_may_open_the_front_page(client: Client):
    assert client.get("/").status_code == 200


def test_pages_are_thai_whatever_the_browser_prefers(client: Client):
    response = client.get("/", headers={"accept-language": "en-US"})
    assert response["Content-Language"] == "th"
    assert '<html lang="th">' in response.text


def test_a_person_switches_to_english_and_stays_there(client: Client):
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    assert '<html lang="en">' in client.get("/").text
