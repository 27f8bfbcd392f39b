"""Statements on their way to other record stores: all of them, once, in order, whatever happens there."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from learning import outbound
from learning.fields import server_address
from learning.people.models import AuditEntry, Person
from learning.records.models import Destination, Statement, Undelivered
from learning.records.services import forwarding, secrets
from learning.records.services.removal import remove_older
from tests.learning.records.client import Sender, statement
from tests.learning.records.second_store import SecondStore
from tests.learning.records.test_statements import MULTIPART, _attached, _multipart

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondStore]:
    store = SecondStore(tmp_path_factory.mktemp("second"))
    store.start()
    yield store
    store.kill()


def towards(endpoint: str, actor: Person, **changes: Any) -> Destination:
    values = {"name": "ปลายทาง", "endpoint": endpoint, "key": "k"} | changes
    secret = values.pop("secret", "s")
    destination = Destination(**values)
    return forwarding.save(destination, secret=secret, from_now_on=False, actor=actor)


@pytest.fixture
def destination(second: SecondStore, administrator: Person) -> Destination:
    return towards(second.endpoint, administrator, key=second.key, secret=second.secret)


def forward(destination: Destination, *, later: timedelta = timedelta()) -> int:
    return forwarding.forward(destination.pk, now=timezone.now() + later)


def arrived(second: SecondStore, *ids: str) -> list[str]:
    """Those of the ids that are there, in the order in which they came."""
    return [one["id"] for one in second.statements() if one["id"] in ids]


# -- To a store of ours -----------------------------------------------------------------------------------
def test_what_is_stored_here_is_stored_there_in_its_order_and_as_it_was(
    lrs: Sender, destination: Destination, second: SecondStore
):
    ids = lrs.store(*(statement(result={"response": f"คำตอบ {number}"}) for number in range(70)))
    assert forwarding.due(timezone.now()) == [destination.pk]
    assert forward(destination) == 70
    assert arrived(second, *ids) == ids
    (there,) = [one for one in second.statements() if one["id"] == ids[3]]
    here = json.loads(lrs.send("GET", "statements", statementId=ids[3]).body)
    assert there["result"] == here["result"]
    assert there["timestamp"] == here["timestamp"]
    assert forwarding.due(timezone.now()) == []


def test_what_arrived_and_was_not_acknowledged_is_sent_again_and_is_there_once(
    lrs: Sender, destination: Destination, second: SecondStore
):
    ids = lrs.store(statement(), statement())
    forward(destination)
    Destination.objects.update(position=0)
    assert forward(destination) == 2
    assert arrived(second, *ids) == ids
    assert not Undelivered.objects.exists()


def test_attachments_and_voided_statements_go_along(
    lrs: Sender, destination: Destination, second: SecondStore, settings, tmp_path: Path
):
    settings.MEDIA_ROOT = tmp_path
    content = b"\x00\xffattachment"
    given = _attached(content)
    one = statement(attachments=[given])
    assert (
        lrs.send("POST", "statements", _multipart(one, (given["sha2"], content)), headers=MULTIPART).status
        == 200
    )
    void = statement(
        verb={"id": "http://adlnet.gov/expapi/verbs/voided"},
        object={"objectType": "StatementRef", "id": one["id"]},
    )
    lrs.store(void)
    forward(destination)
    there = second.get(f"statements?voidedStatementId={one['id']}&attachments=true")
    assert content in there
    # Sent again it is one that the store has voided, and the same.
    Destination.objects.update(position=0)
    forward(destination)
    assert not Undelivered.objects.exists()


def test_a_batch_with_one_that_is_refused_leaves_that_one_behind_and_says_why(
    lrs: Sender, destination: Destination, second: SecondStore, administrator: Person
):
    taken = str(uuid4())
    second_own = statement(id=taken, object={"id": "https://elsewhere.example/another"})
    outbound.send(
        "POST",
        second.endpoint + "statements",
        headers=forwarding_headers(destination),
        body=json.dumps(second_own).encode(),
        seconds=20,
    )
    ids = lrs.store(statement(), statement(id=taken), statement())
    assert forward(destination) == 2
    assert arrived(second, ids[0], ids[2]) == [ids[0], ids[2]]
    waiting = Undelivered.objects.get()
    assert waiting.position == Statement.objects.get(uuid=taken).position
    assert "409" in waiting.error
    assert taken in waiting.error
    forwarding.send_again(waiting, actor=administrator)
    assert forwarding.due(timezone.now()) == [destination.pk]
    assert forward(destination) == 0
    waiting.refresh_from_db()
    assert not waiting.is_wanted


def forwarding_headers(destination: Destination) -> dict[str, str]:
    basic = base64.b64encode(f"{destination.key}:{secrets.reveal(destination)}".encode()).decode()
    return {
        "Authorization": f"Basic {basic}",
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
    }


def test_a_store_that_is_killed_and_comes_back_gets_everything(
    lrs: Sender, administrator: Person, tmp_path: Path
):
    store = SecondStore(tmp_path)
    store.start()
    destination = towards(store.endpoint, administrator, key=store.key, secret=store.secret)
    first = lrs.store(statement())
    assert forward(destination) == 1
    store.kill()
    second = lrs.store(statement(), statement())
    assert forward(destination) == 0
    destination.refresh_from_db()
    assert "ConnectionRefusedError" in destination.error
    assert destination.due_at > timezone.now()
    assert forwarding.due(timezone.now()) == []
    store.start()
    forwarding.try_now(destination, actor=administrator)
    assert forward(destination, later=timedelta(seconds=1)) == 2
    destination.refresh_from_db()
    assert (destination.error, destination.attempts, destination.sent_count) == ("", 0, 3)
    assert arrived(store, *first, *second) == first + second
    store.kill()


def test_only_what_a_destination_is_for_goes_there(lrs: Sender, second: SecondStore, administrator: Person):
    prefix = "https://learning.example/wanted/"
    destination = towards(second.endpoint, administrator, key=second.key, secret=second.secret, prefix=prefix)
    of_it = {"contextActivities": {"parent": [{"id": prefix + "course"}]}}
    ids = lrs.store(statement(object={"id": prefix + "1"}), statement(), statement(context=of_it))
    assert forward(destination) == 2
    assert arrived(second, *ids) == [ids[0], ids[2]]
    assert forwarding.due(timezone.now()) == []


def test_a_new_destination_may_begin_with_what_comes(lrs: Sender, second: SecondStore, administrator: Person):
    lrs.store(statement())
    new = Destination(name="x", endpoint=second.endpoint, key=second.key)
    forwarding.save(new, secret=second.secret, from_now_on=True, actor=administrator)
    assert forwarding.due(timezone.now()) == []
    ids = lrs.store(statement())
    assert forward(new) == 1
    assert arrived(second, *ids) == ids


# -- To stores that behave badly --------------------------------------------------------------------------
class Scripted:
    """A server that answers as it is told: (status, body, seconds of waiting), the last one for ever."""

    def __init__(self) -> None:
        self.script: list[tuple[int, bytes, float]] = [(200, b"[]", 0)]
        self.asked: list[tuple[str, str, bytes]] = []
        script, asked = self.script, self.asked

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked.append((self.command, self.path, body))
                status, said, wait = script.pop(0) if len(script) > 1 else script[0]
                time.sleep(wait)
                self.send_response(status)
                if status in {301, 302, 307}:
                    self.send_header("Location", "http://127.0.0.1:1/secret")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            do_GET = do_POST = do_PUT = answer  # noqa: N815

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}/xapi"


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    made = Scripted()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "no such key"),
        (403, "not for you"),
        (404, "here is no store"),
        (429, "slowly"),
        (500, "broken"),
        (503, "busy"),
        (302, "elsewhere"),
    ],
)
def test_a_store_that_takes_nothing_holds_everything_and_is_tried_ever_more_rarely(
    lrs: Sender, scripted: Scripted, administrator: Person, status: int, said: str
):
    destination = towards(scripted.endpoint, administrator)
    lrs.store(statement(), statement())
    scripted.script[:] = [(status, said.encode(), 0)]
    waits = []
    for _ in range(3):
        Destination.objects.update(due_at=timezone.now())
        assert forward(destination) == 0
        destination.refresh_from_db()
        waits.append(round((destination.due_at - timezone.now()).total_seconds()))
    assert destination.error == f"{status} {said}"
    assert waits[0] < waits[1] < waits[2]
    assert destination.position == 0
    assert not Undelivered.objects.exists()
    assert len(scripted.asked) == 3
    scripted.script[:] = [(200, b"[]", 0)]
    forwarding.try_now(destination, actor=administrator)
    assert forward(destination, later=timedelta(seconds=1)) == 2


def test_a_store_that_is_slow_is_given_up_for_now(
    lrs: Sender, scripted: Scripted, administrator: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(forwarding, "_SECONDS", 0.2)
    destination = towards(scripted.endpoint, administrator)
    lrs.store(statement())
    scripted.script[:] = [(200, b"[]", 1.0)]
    assert forward(destination) == 0
    destination.refresh_from_db()
    assert destination.error == "the server does not answer in time"


def test_an_answer_without_end_is_not_read_to_its_end(lrs: Sender, scripted: Scripted, administrator: Person):
    destination = towards(scripted.endpoint, administrator)
    lrs.store(statement())
    scripted.script[:] = [(400, b"x" * 3_000_000, 0)]
    assert forward(destination) == 0
    destination.refresh_from_db()
    assert destination.error == "the answer is too long"


def test_a_conflict_about_the_same_statement_is_success_and_about_another_is_not(
    lrs: Sender, scripted: Scripted, administrator: Person
):
    destination = towards(scripted.endpoint, administrator)
    same, other = statement(), statement()
    lrs.store(same, other)
    changed = other | {"object": {"id": "https://else.example/"}}
    scripted.script[:] = [
        (409, b"", 0),  # the batch
        (409, b"", 0),
        (200, json.dumps(same).encode(), 0),
        (409, b"taken", 0),
        (200, json.dumps(changed).encode(), 0),
    ]
    assert forward(destination) == 1
    assert [method for method, _path, _body in scripted.asked] == ["POST", "PUT", "GET", "PUT", "GET"]
    assert Undelivered.objects.get().error == "409 taken"


def test_a_conflict_that_cannot_be_looked_into_is_decided_later(
    lrs: Sender, scripted: Scripted, administrator: Person
):
    destination = towards(scripted.endpoint, administrator)
    one = statement()
    lrs.store(one)
    scripted.script[:] = [(409, b"", 0), (409, b"", 0), (503, b"busy", 0)]
    assert forward(destination) == 0
    destination.refresh_from_db()
    assert (destination.position, destination.error) == (0, "503 busy")
    assert not Undelivered.objects.exists()
    scripted.script[:] = [(409, b"", 0), (409, b"", 0), (200, json.dumps(one).encode(), 0)]
    assert forward(destination, later=timedelta(minutes=1)) == 1
    assert not Undelivered.objects.exists()


def test_a_conflict_that_the_key_may_not_look_into_is_told(
    lrs: Sender, scripted: Scripted, administrator: Person
):
    destination = towards(scripted.endpoint, administrator)
    lrs.store(statement())
    scripted.script[:] = [(409, b"", 0), (409, b"taken", 0), (403, b"", 0)]
    assert forward(destination) == 0
    assert Undelivered.objects.get().error == "409 taken"


def test_a_refused_statement_that_is_sent_again_by_hand_is_done(
    lrs: Sender, scripted: Scripted, administrator: Person
):
    destination = towards(scripted.endpoint, administrator)
    lrs.store(statement())
    scripted.script[:] = [(400, b"first", 0), (400, b"why\0 <b>not</b>", 0)]
    forward(destination)
    waiting = Undelivered.objects.get()
    assert waiting.error == "400 why <b>not</b>"
    forwarding.send_again(waiting, actor=administrator)
    scripted.script[:] = [(204, b"", 0)]
    assert forward(destination, later=timedelta(seconds=1)) == 1
    assert not Undelivered.objects.exists()


def test_what_is_removed_here_is_sent_nowhere_any_more(
    lrs: Sender, scripted: Scripted, administrator: Person
):
    destination = towards(scripted.endpoint, administrator)
    lrs.store(statement())
    scripted.script[:] = [(400, b"no", 0)]
    forward(destination)
    remove_older(timezone.now() + timedelta(days=1), reason="test")
    assert not Undelivered.objects.exists()


def test_of_two_processes_one_sends(lrs: Sender, scripted: Scripted, administrator: Person):
    destination = towards(scripted.endpoint, administrator)
    lrs.store(statement())
    Destination.objects.update(claimed_at=timezone.now())
    assert forward(destination) == 0
    # That one was killed.
    Destination.objects.update(claimed_at=timezone.now() - timedelta(minutes=6))
    assert forward(destination) == 1


def _forward_in_thread(destination: Destination) -> threading.Thread:
    def run() -> None:
        try:
            forward(destination)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_whom_a_slow_store_keeps_busy_stays_the_only_one(
    lrs: Sender, scripted: Scripted, administrator: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(forwarding, "_CLAIM", timedelta(seconds=0.6))
    destination = towards(scripted.endpoint, administrator)
    lrs.store(*(statement() for _ in range(4)))
    scripted.script[:] = [(400, b"no", 0.3)]
    busy = _forward_in_thread(destination)
    time.sleep(1)
    assert forward(destination) == 0
    assert busy.is_alive()
    busy.join()
    assert [method for method, _path, _body in scripted.asked] == ["POST", "PUT", "PUT", "PUT", "PUT"]
    assert Undelivered.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_destination_that_is_put_out_of_use_is_asked_no_more(
    lrs: Sender, scripted: Scripted, administrator: Person
):
    destination = towards(scripted.endpoint, administrator)
    lrs.store(*(statement() for _ in range(4)))
    scripted.script[:] = [(400, b"no", 0.3)]
    busy = _forward_in_thread(destination)
    while not scripted.asked:
        time.sleep(0.01)
    Destination.objects.update(is_active=False)
    busy.join()
    assert len(scripted.asked) == 1
    destination.refresh_from_db()
    assert (destination.position, destination.attempts, destination.claimed_at) == (0, 0, None)


def test_a_destination_out_of_use_is_left_alone(lrs: Sender, scripted: Scripted, administrator: Person):
    destination = towards(scripted.endpoint, administrator, is_active=False)
    lrs.store(statement())
    assert forwarding.due(timezone.now()) == []
    assert forward(destination) == 0
    assert scripted.asked == []


# -- Where requests may go --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/xapi",
        "http://[fe80::1]/xapi",
        "http://0.0.0.0/",
        "http://[::ffff:169.254.169.254]/",
    ],
)
def test_addresses_of_a_link_are_never_asked(address: str):
    with pytest.raises(outbound.Unreachable, match="leads to no server"):
        outbound.send("GET", address, headers={}, seconds=1)


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://[::1]/",
        "https://localhost/",
    ],
)
def test_in_production_the_inner_network_is_asked_only_where_that_is_allowed(address: str, settings):
    settings.PRODUCTION = True
    with pytest.raises(outbound.Unreachable, match="inner network"):
        outbound.send("GET", address, headers={}, seconds=1)


def test_in_production_nothing_is_sent_in_the_clear(scripted: Scripted, settings):
    settings.PRODUCTION, settings.OUTBOUND_PRIVATE = True, True
    with pytest.raises(outbound.Unreachable, match="https"):
        outbound.send("GET", scripted.endpoint, headers={}, seconds=1)
    with pytest.raises(ValidationError):
        server_address(scripted.endpoint)


@pytest.mark.parametrize(
    "address",
    ["ftp://x.example/", "https://", "javascript:alert(1)", "http://plain.example/", "file:///etc/passwd"],
)
def test_what_is_no_address_of_a_store_is_not_kept(address: str):
    with pytest.raises(ValidationError):
        server_address(address)


# -- Staff pages --------------------------------------------------------------------------------------------
def test_who_may_forward(
    client: Browser,
    learner: Person,
    agency_officer: Person,
    auditor: Person,
    administrator: Person,
    scripted: Scripted,
):
    destination = towards(scripted.endpoint, administrator)
    pages = [
        reverse("records:destinations"),
        reverse("records:destination_new"),
        reverse("records:destination", args=[destination.pk]),
        reverse("records:destination_remove", args=[destination.pk]),
    ]
    posts = [
        reverse("records:destination_try", args=[destination.pk]),
        reverse("records:undelivered_all", args=[destination.pk]),
    ]
    assert {client.get(page).status_code for page in pages} == {302}
    for person in (learner, agency_officer, auditor):
        client.force_login(person)
        assert {client.get(page).status_code for page in pages} == {403}
        assert {client.post(page).status_code for page in pages[1:] + posts} == {403}
    client.force_login(administrator)
    assert {client.get(page).status_code for page in pages} == {200}


def test_an_administrator_adds_a_store_and_its_secret_is_shown_to_nobody(
    client: Browser, administrator: Person, scripted: Scripted
):
    client.force_login(administrator)
    values = {
        "name": "กรมตัวอย่าง", "endpoint": scripted.endpoint, "key": "the-key", "version": "1.0.3",
        "is_active": "on", "from_now_on": "on",
    }  # fmt: skip
    # A new store has no secret that could be left as it is.
    assert client.get(reverse("records:destination_new")).context["form"].fields["secret"].required
    reply = client.post(reverse("records:destination_new"), values)
    assert "โปรดใส่รหัสลับ" in reply.content.decode()
    client.post(reverse("records:destination_new"), values | {"secret": "very-secret"})
    destination = Destination.objects.get()
    assert b"very-secret" not in bytes(destination.secret_sealed)
    assert secrets.reveal(destination) == "very-secret"
    page = reverse("records:destination", args=[destination.pk])
    assert "very-secret" not in client.get(page).content.decode()
    assert not client.get(page).context["form"].fields["secret"].required
    assert client.post(page, values | {"name": "ชื่อใหม่"}).status_code == 302
    assert secrets.reveal(Destination.objects.get()) == "very-secret"
    # The secret goes nowhere else without its being entered again.
    moved = client.post(page, values | {"endpoint": "https://other.example/xapi"})
    assert "ใส่รหัสลับอีกครั้ง" in moved.content.decode()
    said = json.dumps(list(AuditEntry.objects.values_list("action", "data")), ensure_ascii=False)
    assert "records.destination_added" in said
    assert "very-secret" not in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("401 wrong key", "ไม่ยอมรับรหัสประจำระบบและรหัสลับ"),
        ("404", "ไม่มีคลังบันทึกการเรียนรู้"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "คลังปลายทางไม่ตอบ"),
        ("the server does not answer in time", "คลังปลายทางไม่ตอบ"),
        ("SSLCertVerificationError: self-signed certificate", "เชื่อถือไม่ได้"),
        ("302", "ส่งต่อไปยังที่อยู่อื่น"),
        ("the answer is too long", "ไม่ใช่คลังบันทึกการเรียนรู้"),
        ("the address does not begin with https", "ต้องเป็น https"),
    ],
)
def test_the_page_says_in_words_why_a_store_takes_nothing(
    client: Browser, administrator: Person, error: str, said: str
):
    destination = towards("http://127.0.0.1:9/xapi/", administrator)
    Destination.objects.filter(pk=destination.pk).update(attempts=1, error=error)
    client.force_login(administrator)
    page = client.get(reverse("records:destinations")).content.decode()
    assert said in page
    assert error in page


def test_the_page_says_what_failed_and_why_and_lets_it_be_sent_again(
    client: Browser, lrs: Sender, administrator: Person, scripted: Scripted
):
    destination = towards(scripted.endpoint, administrator)
    lrs.store(statement())
    scripted.script[:] = [(400, b"", 0), (400, b"<script>no verb</script>", 0), (503, b"busy", 0)]
    forward(destination)
    lrs.store(statement())
    forward(destination, later=timedelta(seconds=1))
    client.force_login(administrator)
    page = client.get(reverse("records:destinations")).content.decode()
    assert "503 busy" in page
    assert "คลังปลายทางมีงานมากเกินไปหรือขัดข้อง" in page
    assert "400 &lt;script&gt;no verb" in page
    assert "คลังปลายทางแจ้งว่าบันทึกนี้ไม่ถูกต้อง" in page
    waiting = Undelivered.objects.get()
    client.post(reverse("records:undelivered_decide", args=[waiting.pk]), {"decision": "again"})
    waiting.refresh_from_db()
    assert waiting.is_wanted
    client.post(reverse("records:destination_try", args=[destination.pk]))
    scripted.script[:] = [(204, b"", 0)]
    assert forward(destination, later=timedelta(seconds=1)) == 2
    assert (
        "503"
        not in client.get(reverse("records:destinations"))
        .content.decode()
        .split("<main")[1]
        .split("</main>")[0]
    )
    client.post(reverse("records:destination_remove", args=[destination.pk]))
    assert not Destination.objects.exists()


def test_everything_that_was_refused_is_sent_again_at_once(
    client: Browser, lrs: Sender, administrator: Person, scripted: Scripted
):
    destination = towards(scripted.endpoint, administrator)
    ids = lrs.store(*(statement() for _ in range(60)))
    scripted.script[:] = [(400, b"version 2 is not spoken here", 0)]
    assert forward(destination) == 0
    assert Undelivered.objects.count() == 60
    client.force_login(administrator)
    again = reverse("records:undelivered_all", args=[destination.pk])
    page = client.get(reverse("records:destinations")).content.decode()
    assert again in page
    assert "ส่งรายการที่ปลายทางไม่รับ 60 รายการอีกครั้ง" in page
    client.post(again)
    assert again not in client.get(reverse("records:destinations")).content.decode()
    scripted.asked.clear()
    scripted.script[:] = [(204, b"", 0)]
    assert forward(destination, later=timedelta(seconds=1)) == 60
    assert [path.rpartition("=")[2] for _method, path, _body in scripted.asked] == ids
    assert not Undelivered.objects.exists()
    noted = AuditEntry.objects.get(action="records.undelivered_all_sent_again")
    assert (noted.actor, noted.data) == (administrator, {"count": 60})
