"""What every browser test starts from: pages of a live server, opened as a person at a width."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.fixtures import Settings

from exams.seat.models import Sitting
from exams.seat.services import take_seat
from learning.people.models import Agency, Person
from tests.browser.helpers import sign_in, watch
from tests.courses.player.packages import kept, new_package_page
from tests.server import PlatformServer

OpenPage = Callable[..., Page]

# Tests say what comes, benchmarks say how soon: a busy machine gets the time it needs.
expect.set_options(timeout=20_000)


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


@pytest.fixture
def open_lesson(
    open_page: OpenPage, settings: Settings, tmp_path: Path, learner: Person, department: Agency
) -> OpenPage:
    """Return a function that opens an upload as the learner's unit, with the options of `open_page`."""
    settings.MEDIA_ROOT = tmp_path

    def open_it(upload: BytesIO, name: str = "package.zip", **options: Any) -> Page:
        address = new_package_page(learner, kept(upload, department, name))
        return open_page(address, person=learner, **options)

    return open_it


@pytest.fixture
def new_page(browser: Browser, server: PlatformServer) -> Iterator[OpenPage]:
    """Return a function that opens an empty page of a browser of its own, for the server in its own process.

    `script` runs before every document's own. The test fails as with `open_page`.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_it(
        *,
        width: int = 1440,
        scripts: bool = True,
        scheme: Literal["light", "dark"] = "light",
        script: str = "",
    ) -> Page:
        context = browser.new_context(
            base_url=server.origin,
            viewport={"width": width, "height": 800},
            java_script_enabled=scripts,
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        watch(page, problems)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def open_seat(new_page: OpenPage, server: PlatformServer) -> OpenPage:
    """Return a function that takes the seat in a browser of its own and opens its page."""

    def open_it(sitting: Sitting, *, scripts: bool = True, **options: Any) -> Page:
        page = new_page(scripts=scripts, **options)
        seat_pass = take_seat(sitting, now=timezone.now())
        page.context.add_cookies(
            [{"name": "seat", "value": seat_pass.token, "url": f"{server.origin}{seat_pass.path}"}]
        )
        page.goto(seat_pass.path)
        if scripts:
            expect(page.locator("html")).to_have_class("scripted")
        return page

    return open_it
