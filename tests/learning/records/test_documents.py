"""States and profiles: concurrency, merging, lists."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from learning.records.models import Document
from tests.learning.records.client import STATEMENT, Sender

AGENT = json.dumps(STATEMENT["actor"])
STATE = {"activityId": "http://a/b", "agent": AGENT, "stateId": "bookmark"}
PROFILE = {"agent": AGENT, "profileId": "preferences"}


def test_a_document_comes_back_as_it_was_with_its_tag(lrs: Sender):
    body = b"\x00\xff not json"
    headers = {"content-type": "application/x-thing"}
    assert lrs.send("PUT", "activities/state", body, headers=headers, **STATE).status == 204
    reply = lrs.send("GET", "activities/state", **STATE)
    assert (reply.body, reply.content_type) == (body, "application/x-thing")
    assert reply.headers["ETag"].strip('"') == Document.objects.get().etag
    head = lrs.send("HEAD", "activities/state", **STATE)
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(body)))


def test_a_profile_is_not_replaced_unseen(lrs: Sender):
    assert lrs.send("PUT", "agents/profile", {"a": 1}, **PROFILE).status == 400
    first = lrs.send("PUT", "agents/profile", {"a": 1}, headers={"if-none-match": "*"}, **PROFILE)
    assert first.status == 204
    assert lrs.send("PUT", "agents/profile", {"a": 2}, **PROFILE).status == 409
    assert (
        lrs.send("PUT", "agents/profile", {"a": 2}, headers={"if-none-match": "*"}, **PROFILE).status == 412
    )
    assert lrs.send("PUT", "agents/profile", {"a": 2}, headers={"if-match": '"0"'}, **PROFILE).status == 412
    tag = {"if-match": first.headers["ETag"]}
    assert lrs.send("PUT", "agents/profile", {"a": 2}, headers=tag, **PROFILE).status == 204
    assert lrs.send("PUT", "agents/profile", {"a": 3}, headers=tag, **PROFILE).status == 412


def test_the_second_version_does_not_replace_a_state_unseen(lrs: Sender, lrs2: Sender):
    assert lrs.send("PUT", "activities/state", {"a": 1}, **STATE).status == 204
    assert lrs.send("PUT", "activities/state", {"a": 2}, **STATE).status == 204
    assert lrs2.send("PUT", "activities/state", {"a": 3}, **STATE).status == 409


def test_json_objects_are_merged_and_nothing_else(lrs: Sender):
    lrs.send("POST", "activities/state", {"a": 1, "b": {"x": 1}}, **STATE)
    lrs.send("POST", "activities/state", {"b": 2, "c": 3}, **STATE)
    assert json.loads(lrs.send("GET", "activities/state", **STATE).body) == {"a": 1, "b": 2, "c": 3}
    text = {"content-type": "text/plain"}
    for body, headers in ((b"plain", text), (b"[1]", None), (b"{", None), (b'{"a":1,"a":2}', None)):
        sent = headers or {"content-type": "application/json"}
        assert lrs.send("POST", "activities/state", body, headers=sent, **STATE).status == 400


def test_states_are_listed_and_deleted_together(lrs: Sender):
    for name in ("a", "b"):
        lrs.send("PUT", "activities/state", {}, **(STATE | {"stateId": name}))
    asked = {key: value for key, value in STATE.items() if key != "stateId"}
    assert json.loads(lrs.send("GET", "activities/state", **asked).body) == ["a", "b"]
    assert json.loads(lrs.send("GET", "activities/state", **asked, since="2999-01-01T00:00:00Z").body) == []
    assert lrs.send("DELETE", "activities/state", **asked).status == 204
    assert json.loads(lrs.send("GET", "activities/state", **asked).body) == []


@pytest.mark.parametrize("missing", ["activityId", "agent"])
def test_what_is_required_is_missed(lrs: Sender, missing: str):
    asked = {key: value for key, value in STATE.items() if key != missing}
    assert lrs.send("GET", "activities/state", **asked).status == 400


def test_only_states_are_deleted_together(lrs: Sender):
    assert lrs.send("DELETE", "agents/profile", agent=AGENT).status == 400


def test_an_unknown_resource_and_method(lrs: Sender):
    assert lrs.send("GET", "nothing").status == 404
    assert lrs.send("POST", "about").status == 405
    assert lrs.send("DELETE", "statements").status == 405


def test_a_page_that_somebody_left_as_a_document_is_no_page_of_the_portal(lrs: Sender):
    """A form of any site may ask for it by the alternate syntax, and whoever sends it is signed in here."""
    page = b"<script>fetch('/').then(read)</script>"
    lrs.send("PUT", "activities/state", page, headers={"content-type": "text/html"}, **STATE)
    assert lrs.secret is not None
    form = urlencode({**STATE, "Authorization": lrs.secret.basic, "X-Experience-API-Version": "1.0.3"})
    kind = {"content-type": "application/x-www-form-urlencoded"}
    reply = Sender(None, "").send("POST", "activities/state", form.encode(), headers=kind, method="GET")
    assert (reply.status, reply.body, reply.content_type) == (200, page, "text/html")
    assert {"default-src 'none'", "sandbox"} <= set(reply.headers["Content-Security-Policy"].split("; "))
    assert reply.headers["Content-Disposition"] == "attachment"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["about", "statements", "agents", "nothing"])
def test_no_reply_of_the_store_runs_anything(lrs: Sender, path: str):
    assert lrs.send("GET", path).headers["Content-Security-Policy"].endswith("sandbox")


def test_a_weak_tag_does_not_say_what_is_replaced_but_says_what_is_there(lrs: Sender):
    tag = lrs.send("PUT", "activities/state", {"a": 1}, **STATE).headers["ETag"]
    for given, status in ((f"W/{tag}", 412), ('"*"', 412), (tag.strip('"'), 204), (f'"0", {tag}', 204)):
        reply = lrs.send("PUT", "activities/state", {"a": 1}, headers={"if-match": given}, **STATE)
        assert reply.status == status, given
    weak = {"if-none-match": f"W/{tag}"}
    assert lrs.send("PUT", "activities/state", {"a": 2}, headers=weak, **STATE).status == 412


@pytest.mark.parametrize("value", ["text/plain\r\nSet-Cookie: a=b", "ข้อความ"])
def test_no_form_writes_headers_that_nobody_could_send(lrs: Sender, value: str):
    form = urlencode(STATE | {"Content-Type": value, "content": "x"}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert lrs.send("POST", "activities/state", form, headers=headers, method="PUT").status == 400
    assert not Document.objects.exists()
