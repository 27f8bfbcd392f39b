"""What a hostile package reaches from its own origin, in a real browser: nothing."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import RequestFactory
from django.urls import clear_url_caches
from playwright.sync_api import Browser
from pytest_django.fixtures import Settings

from courses.content import serving
from courses.content.services.packages import keep
from learning.people.models import Agency, Person
from tests.browser.helpers import sign_in
from tests.courses.packages.factories import zipped

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

_HOSTILE = """<!doctype html><html lang="th"><head><title>บทเรียน</title></head><body><script>
const attempt = async (what) => { try { return String(await what()); } catch (error) { return "refused"; } };
(async () => {
  const portal = new URLSearchParams(location.search).get("portal");
  const found = {
    cookie: document.cookie,
    session: await attempt(async () => (await fetch(portal + "/my/", { credentials: "include" })).text()),
    parent: await attempt(() => parent.document.title),
    storage: await attempt(() => parent.localStorage.length),
    worker: await attempt(async () => (await navigator.serviceWorker.register("worker.js")).scope),
    top: await attempt(() => { top.location.href = "https://evil.example/"; return "moved"; }),
    relative: await attempt(async () => (await fetch("data.json")).text()),
  };
  parent.postMessage(found, "*");
})();
</script></body></html>"""


def test_a_hostile_package_reaches_nothing_of_the_portal(
    browser: Browser,
    live_server: object,
    settings: Settings,
    tmp_path: Path,
    department: Agency,
    learner: Person,
    rf: RequestFactory,
):
    settings.MEDIA_ROOT = tmp_path / "media"
    # A page of the portal that frames whatever it is told to, with more freedom than any of ours gives.
    settings.ROOT_URLCONF = "tests.browser.pages"
    clear_url_caches()
    files = {"index.html": _HOSTILE, "worker.js": "", "data.json": '{"is": "mine"}'}
    package = keep(zipped(files), "a.zip", owner=department, actor=None)
    portal = str(live_server)
    request = rf.get("/", headers={"host": urlsplit(portal).netloc})
    address = serving.address(package, "index.html", request=request)
    assert not address.startswith(portal)
    context = browser.new_context(base_url=portal)
    sign_in(context, learner, portal)
    page = context.new_page()
    page.goto("/framing/")
    page.evaluate(
        """(src) => {
            addEventListener("message", (event) => { window.told = event.data });
            document.body.append(Object.assign(document.createElement("iframe"), { src }));
        }""",
        f"{address}?portal={portal}",
    )
    page.wait_for_function("window.told")
    told = page.evaluate("window.told")
    assert told.pop("relative") == '{"is": "mine"}'
    assert told.pop("cookie") == ""
    assert set(told.values()) == {"refused"}, told
    assert page.url.endswith("/framing/")
    context.close()
