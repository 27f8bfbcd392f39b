"""What every browser test starts from: pages of a live server, opened as a person at a width."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page

from learning.people.models import Person
from tests.browser.helpers import sign_in, watch

OpenPage = Callable[..., Page]


@pytest.fixture(autouse=True, scope="session")
def _server_threads_keep_no_connection() -> None:
    """Close the server's connections with each request, so that the test database can be dropped."""
    for settings in connections.settings.values():
        settings["CONN_MAX_AGE"] = 0


@pytest.fixture
def open_page(browser: Browser, live_server: object) -> Iterator[OpenPage]:
    """Return a function that opens a path of the live server in a context of its own.

    `width` is in CSS pixels; `person` is signed in by session cookie. The test fails where a page
    wrote an error to the console, a refused script or style included.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []
    origin = str(live_server)

    def open_it(
        path: str,
        *,
        person: Person | None = None,
        width: int = 1440,
        language: str = "th",
        scheme: Literal["light", "dark"] = "light",
        scripts: bool = True,
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            base_url=origin,
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.add_cookies([{"name": "django_language", "value": language, "url": origin}])
        if person is not None:
            sign_in(context, person, origin)
        page = context.new_page()
        watch(page, problems)
        page.goto(path)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not problems, "\n".join(problems)
