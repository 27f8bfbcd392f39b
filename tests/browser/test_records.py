"""The learning records in a browser: staff pages, and content of another origin that writes statements."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from learning.people.models import Person
from learning.records.models import Destination, Statement
from learning.records.services import forwarding, outbox
from learning.records.services.actors import actor_of
from learning.records.services.credentials import issue_launch_credential
from learning.records.services.outbox import Event, Outcome, Thing
from learning.records.vocabulary import ATTEMPTED, Type
from tests.browser.conftest import OpenPage
from tests.browser.helpers import assert_accessible
from tests.server import PlatformServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [360, 1280])
def test_staff_pages_are_accessible_and_fit(
    open_page: OpenPage, learner: Person, administrator: Person, width: int
):
    thing = Thing("test", "pre", Type.ASSESSMENT, "แบบทดสอบก่อนเรียน")
    outcome = Outcome(Decimal(7), Decimal(10))
    outbox.record(
        Event(
            name="browser.1",
            person=learner,
            verb=ATTEMPTED,
            thing=thing,
            at=timezone.now(),
            outcome=outcome,
        )
    )
    outbox.put("browser.2", {"actor": {"mbox": "x"}}, person_key="k")
    page = open_page(reverse("records:outbox"), person=administrator, width=width)
    expect(page.get_by_text("actor.mbox")).to_be_visible()
    assert_accessible(page)
    forwarding.save(
        Destination(name="กรมตัวอย่าง", endpoint="https://lrs.example/xapi/", key="k"),
        secret="s",
        from_now_on=False,
        actor=administrator,
    )
    Destination.objects.update(attempts=1, error="503 busy", is_active=False)
    for name in ("destinations", "destination_new"):
        page.goto(reverse(f"records:{name}"))
        assert_accessible(page)
    page.goto("/staff/")
    page.get_by_role("link", name="ค้นหาบันทึกการเรียนรู้").click()
    expect(page.get_by_text("ทำแบบทดสอบก่อนเรียน ได้ 7/10 คะแนน")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("textbox", name="ผู้เรียน").fill(learner.first_name)
    page.get_by_role("button", name="ค้นหา", exact=True).click()
    page.get_by_role("link", name="ดูลำดับเหตุการณ์ทั้งหมด").click()
    assert_accessible(page)
    page.get_by_role("link", name="ทำแบบทดสอบก่อนเรียน ได้ 7/10 คะแนน").click()
    expect(page.get_by_role("heading", name="ข้อความตามที่ได้รับ")).to_be_visible()
    # Its lines and indents are kept.
    assert page.locator("pre").last.inner_text().startswith('{\n  "')
    assert_accessible(page)


@pytest.mark.parametrize("width", [360, 1440])
def test_a_credential_is_made_and_revoked_by_keyboard_alone(
    open_page: OpenPage, administrator: Person, width: int
):
    page = open_page(reverse("records:clients"), person=administrator, width=width)
    assert_accessible(page)
    page.get_by_role("link", name="ออกกุญแจเชื่อมต่อ").press("Enter")
    name = page.get_by_label("ออกให้แก่")
    name.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert_accessible(page)
    name.focus()
    page.keyboard.type("ระบบ HR")
    page.get_by_label("อ่านบันทึกการเรียนรู้", exact=True).press("Space")
    assert_accessible(page)
    name.press("Enter")
    expect(page.get_by_text("รหัสลับแสดงครั้งนี้เพียงครั้งเดียว")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="เก็บรหัสลับแล้ว").press("Enter")
    expect(page.get_by_text("ใช้งานอยู่", exact=True)).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="เพิกถอน ระบบ HR").press("Enter")
    revoke = page.get_by_role("button", name="เพิกถอนกุญแจ")
    expect(revoke).to_be_visible()
    assert_accessible(page)
    revoke.press("Enter")
    expect(page.get_by_text("ถูกเพิกถอน", exact=True)).to_be_visible()


class _Content(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>content</title><link rel=icon href=data:,>")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def content() -> Iterator[str]:
    """The address of a page of another origin."""
    other = HTTPServer(("127.0.0.1", 0), _Content)
    thread = threading.Thread(target=other.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{other.server_port}/"
    other.shutdown()
    thread.join()
    other.server_close()


_SEND = """async ([endpoint, authorization, statement]) => {
  const headers = {
    "Authorization": authorization, "X-Experience-API-Version": "1.0.3", "Content-Type": "application/json",
  };
  const put = await fetch(`${endpoint}statements?statementId=${statement.id}`,
    {method: "PUT", headers, body: JSON.stringify(statement)});
  const back = await fetch(`${endpoint}statements?statementId=${statement.id}`, {headers});
  return [put.status, back.headers.get("X-Experience-API-Version"), await back.text()];
}"""


def test_content_of_another_origin_writes_with_the_credential_of_its_launch(
    new_page: OpenPage, server: PlatformServer, content: str, learner: Person
):
    _, secret = issue_launch_credential(
        actor=actor_of(learner), activity="http://a/b", registration=None, lifetime=timedelta(hours=1)
    )
    statement = {
        "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "actor": actor_of(learner),
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "http://a/b"},
    }
    page = new_page()
    page.goto(content)
    status, version, text = page.evaluate(_SEND, [f"{server.origin}/xapi/", secret.basic, statement])
    assert (status, version) == (204, "1.0.3")
    assert json.loads(text)["object"]["id"] == "http://a/b"
    assert Statement.objects.count() == 1
