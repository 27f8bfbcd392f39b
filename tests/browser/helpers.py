"""Functions that browser tests of every app share."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from learning.people.models import Person

WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"]


def sign_in(context: BrowserContext, person: Person, origin: str) -> None:
    """Give the context a session in which the person is signed in, without the sign-in page."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "learning.people.auth.NationalIdOrEmailBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": str(session.session_key), "url": origin}])


# An answer with an error status is reported by the browser and by htmx too; the page itself may be fine.
NO_PROBLEMS_OF_THE_PAGE = ("Failed to load resource", "Response Status Error Code")


def watch(page: Page, problems: list[str]) -> None:
    """Collect errors of the page's scripts and what the content security policy refused."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(NO_PROBLEMS_OF_THE_PAGE):
            problems.append(f"{page.url}: {message.text}")

    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    page.on("console", note)


def assert_accessible(page: Page) -> None:
    """Fail with every WCAG 2.2 AA violation axe finds, and where the page scrolls sideways.

    Then the colour scheme is switched and the rules that depend on it are asked again.
    """
    _assert_no_violations(page, {"type": "tag", "values": WCAG_2_2_AA})
    assert_no_sideways_scroll(page)
    was_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    page.emulate_media(color_scheme="light" if was_dark else "dark")
    _assert_no_violations(page, {"type": "rule", "values": RULES_OF_COLOUR})
    page.emulate_media(color_scheme="dark" if was_dark else "light")


def _assert_no_violations(page: Page, rules: dict[str, object]) -> None:
    results = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    found = [
        f"{violation['id']}: {violation['help']}\n    {node['html']}\n    {node.get('failureSummary', '')}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]
    assert not found, f"{page.url}\n" + "\n".join(found)


def assert_no_sideways_scroll(page: Page) -> None:
    """Fail where the page is wider than the window, naming what sticks out."""
    wider = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          return [...document.querySelectorAll("body *")]
            .filter((element) => element.getBoundingClientRect().right > width + 1)
            .map((element) => element.outerHTML.slice(0, 120));
        }"""
    )
    assert not wider, f"{page.url} scrolls sideways:\n" + "\n".join(wider)
