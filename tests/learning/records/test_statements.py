"""The statement resource: what is stored, what comes back, and who is refused."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from learning.records import tasks
from learning.records.api.messages import Request
from learning.records.api.resources import prepare
from learning.records.models import Reference, Statement
from learning.records.services import credentials
from learning.records.services.credentials import create_client
from learning.records.services.references import LONGEST
from learning.records.services.store import Submission
from tests.learning.records.client import STATEMENT, Sender, error, statement

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def _voiding(target: str) -> dict[str, Any]:
    return statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": target})


def _pointing(target: str, **changes: Any) -> dict[str, Any]:
    return statement(object={"objectType": "StatementRef", "id": target}, **changes)


def test_the_text_is_kept_byte_for_byte_and_completed_on_the_way_out(lrs: Sender):
    sent = (
        '{ "actor":{"mbox":"mailto:a@b.th"},\n "verb":{"id":"http://x/y"}, '
        '"object":{"id":"http://a/ก"} ,"result":{"score":{"raw":1.50}}}'
    )
    reply = lrs.send("POST", "statements", sent.encode(), headers={"content-type": "application/json"})
    assert Statement.objects.get().received == sent
    (found,) = json.loads(lrs.send("GET", "statements").body)["statements"]
    assert [found["id"]] == json.loads(reply.body)
    assert found["version"] == "1.0.0"
    assert found["timestamp"] == found["stored"]
    assert found["authority"]["name"] == "everything"
    assert b'"raw":1.50' in lrs.send("GET", "statements").body


def test_what_a_sender_says_of_authority_and_stored_is_not_believed(lrs: Sender):
    lrs.store(statement(authority={"mbox": "mailto:boss@example.org"}, stored="1999-01-01T00:00:00Z"))
    (found,) = json.loads(lrs.send("GET", "statements").body)["statements"]
    assert "mbox" not in found["authority"]
    assert not found["stored"].startswith("1999")


def test_the_same_statement_twice_is_one_and_another_under_its_id_is_refused(lrs: Sender):
    first = statement()
    lrs.store(first)
    lrs.store(first)
    assert lrs.send("PUT", "statements", first, statementId=first["id"]).status == 204
    other = first | {"verb": {"id": "http://x/other"}}
    assert lrs.send("PUT", "statements", other, statementId=first["id"]).status == 409
    assert Statement.objects.count() == 1


def test_a_batch_is_stored_whole_or_not_at_all(lrs: Sender):
    good = statement()
    bad = statement(verb={"id": "no iri"})
    reply = lrs.send("POST", "statements", [good, bad])
    assert reply.status == 400
    assert "[1].verb.id" in error(reply)
    taken = statement()
    lrs.store(taken)
    assert lrs.send("POST", "statements", [good, taken | {"verb": {"id": "http://x/z"}}]).status == 409
    assert lrs.found() == [taken["id"]]
    assert lrs.send("POST", "statements", [good, good]).status == 400


def test_voiding_hides_a_statement_whichever_comes_first(lrs: Sender):
    target, late = statement(), statement()
    lrs.store(target)
    lrs.store(_voiding(target["id"]))
    lrs.store(_voiding(late["id"]))
    lrs.store(late)
    for hidden in (target, late):
        assert lrs.send("GET", "statements", statementId=hidden["id"]).status == 404
        assert lrs.send("GET", "statements", voidedStatementId=hidden["id"]).status == 200
        assert hidden["id"] not in lrs.found()


def test_a_voiding_statement_is_not_voided(lrs: Sender):
    target = statement()
    first = _voiding(target["id"])
    lrs.store(target)
    lrs.store(first)
    lrs.store(_voiding(first["id"]))
    assert lrs.send("GET", "statements", statementId=first["id"]).status == 200
    assert lrs.send("GET", "statements", statementId=target["id"]).status == 404


@pytest.mark.parametrize("reverse", [False, True], ids=["targets first", "targets last"])
def test_what_points_at_a_statement_is_found_with_it_through_any_number_of_others(lrs: Sender, reverse: bool):
    other = {"actor": {"mbox": "mailto:other@example.org"}, "verb": {"id": "http://x/y"}}
    target = statement()
    near = _pointing(target["id"], **other)
    far = _pointing(near["id"], **other)
    for one in [far, near, target] if reverse else [target, near, far]:
        lrs.store(one)
    agent = json.dumps(STATEMENT["actor"])
    assert set(lrs.found(agent=agent)) == {target["id"], near["id"], far["id"]}
    assert set(lrs.found(agent=agent, verb=STATEMENT["verb"]["id"])) == {target["id"], near["id"], far["id"]}
    lrs.store(_voiding(target["id"]) | other | {"verb": {"id": VOIDED}})
    found = set(lrs.found(agent=agent))
    assert target["id"] not in found
    assert {near["id"], far["id"]} < found


@pytest.mark.parametrize("reverse", [False, True])
def test_a_long_row_of_references_costs_no_more_than_its_length(
    lrs: Sender, reverse: bool, django_assert_max_num_queries: Any
):
    first, last = statement(), statement(actor={"mbox": "mailto:last@example.org"})
    row = [first]
    for _ in range(60):
        row.append(statement(object={"objectType": "StatementRef", "id": row[-1]["id"]}))
    row.append(last)
    with django_assert_max_num_queries(40):
        lrs.store(*(reversed(row) if reverse else row))
    assert Reference.objects.count() <= LONGEST * len(row)
    agent = json.dumps(first["actor"])
    found = lrs.found(agent=agent, activity=first["object"]["id"], limit="500")
    assert set(found) == {one["id"] for one in row[: LONGEST + 1]}


def test_a_row_of_references_goes_on_whichever_of_its_parts_comes_last(lrs: Sender):
    row = [statement()]
    for _ in range(6):
        row.append(statement(object={"objectType": "StatementRef", "id": row[-1]["id"]}))
    for part in (row[5:], row[1:2], row[3:5], row[:1], row[2:3]):
        lrs.store(*part)
    assert set(lrs.found(activity=row[0]["object"]["id"])) == {one["id"] for one in row}


def test_definitions_of_many_activities_are_merged_at_once(lrs: Sender, django_assert_max_num_queries: Any):
    def named(iri: str, **name: str) -> dict[str, Any]:
        return statement(object={"id": iri, "definition": {"name": name}})

    iris = [f"http://a/{number}" for number in range(60)]
    lrs.store(named(iris[0], th="แรก"))
    with django_assert_max_num_queries(30):
        lrs.store(*[named(iri, en="x") for iri in iris], named(iris[1], th="สอง"))
    for iri, names in ((iris[0], {"th": "แรก", "en": "x"}), (iris[1], {"en": "x", "th": "สอง"})):
        known = json.loads(lrs.send("GET", "activities", activityId=iri).body)
        assert known["definition"]["name"] == names


def test_what_an_activity_is_called_is_said_by_those_who_may_define(lrs: Sender):
    writer = Sender(credentials.create_client("writer", ["statements/write", "statements/read"]))
    definer = Sender(credentials.create_client("definer", ["statements/write", "define"]))
    iri = STATEMENT["object"]["id"]
    for sender, name in ((definer, "หลักสูตร"), (writer, "something else")):
        sender.store(statement(object={"id": iri, "definition": {"name": {"th": name}}}))
    known = json.loads(lrs.send("GET", "activities", activityId=iri).body)
    assert known["definition"]["name"] == {"th": "หลักสูตร"}


def test_a_reference_tells_nothing_of_a_statement_that_may_not_be_read(lrs: Sender):
    (hidden,) = lrs.store(statement())
    own = Sender(credentials.create_client("own", ["statements/write", "statements/read/mine"]))
    (pointing,) = own.store(
        statement(
            actor={"mbox": "mailto:curious@example.org"}, object={"objectType": "StatementRef", "id": hidden}
        )
    )
    asked = {"activity": STATEMENT["object"]["id"]}
    assert own.found(**asked) == []
    assert set(lrs.found(**asked)) == {hidden, pointing}


def test_a_method_that_a_resource_does_not_know_is_answered_with_those_it_does(lrs: Sender):
    for path, methods in (
        ("statements", "GET, HEAD, OPTIONS, POST, PUT"),
        ("about", "GET, HEAD, OPTIONS"),
        ("activities/state", "DELETE, GET, HEAD, OPTIONS, POST, PUT"),
    ):
        reply = lrs.send("PATCH", path)
        assert (reply.status, reply.headers["Allow"]) == (405, methods)


@pytest.mark.parametrize("path", ["", "statement", "xapi"])
def test_what_is_no_resource_is_said_to_whoever_asks(db: None, path: str):
    assert Sender(None, version="").send("GET", path).status == 404


def test_a_pointing_statement_is_not_found_by_halves_of_two_others(lrs: Sender):
    last = statement(actor={"mbox": "mailto:last@example.org"}, verb={"id": "http://x/last"})
    near = _pointing(last["id"], verb={"id": "http://x/near"})
    far = _pointing(near["id"])
    lrs.store(last, near, far)
    last_one = json.dumps(last["actor"])
    assert set(lrs.found(agent=last_one, verb="http://x/last")) == {last["id"], near["id"], far["id"]}
    assert lrs.found(agent=last_one, verb="http://x/near") == []


def test_pages_are_stable_while_others_write(lrs: Sender):
    first = [statement() for _ in range(5)]
    lrs.store(*first)
    page = json.loads(lrs.send("GET", "statements", limit="2").body)
    seen = [found["id"] for found in page["statements"]]
    while page["more"]:
        lrs.store(statement())
        path, _, query = page["more"].removeprefix("/xapi/").partition("?")
        page = json.loads(lrs.send("GET", path, **dict(pair.split("=") for pair in query.split("&"))).body)
        seen += [found["id"] for found in page["statements"]]
    assert seen == [one["id"] for one in reversed(first)]


def test_related_agents_and_activities_are_found_only_when_asked_for(lrs: Sender):
    parent = {"id": "https://learning.example/programme"}
    teacher = {"mbox": "mailto:teacher@example.org"}
    one = statement(context={"instructor": teacher, "contextActivities": {"parent": parent}})
    lrs.store(one)
    assert lrs.found(agent=json.dumps(teacher)) == []
    assert lrs.found(agent=json.dumps(teacher), related_agents="true") == [one["id"]]
    assert lrs.found(activity=parent["id"]) == []
    assert lrs.found(activity=parent["id"], related_activities="true") == [one["id"]]
    (found,) = json.loads(lrs.send("GET", "statements").body)["statements"]
    assert lrs.found(agent=json.dumps(found["authority"]), related_agents="true") == [one["id"]]
    assert found["context"]["contextActivities"] == {"parent": [parent]}


def test_an_agent_and_an_activity_are_looked_for_in_the_same_statement(lrs: Sender):
    programme = {"id": "https://learning.example/programme"}
    within = {"contextActivities": {"parent": programme}}
    learner, other = STATEMENT["actor"], {"mbox": "mailto:other@example.org"}
    elsewhere = statement(object=programme)
    lrs.store(statement(actor=other, context=within), elsewhere)
    first, second = lrs.store(
        statement(context=within), statement(actor=other, context={"instructor": learner})
    )
    last, pointing = statement(), _pointing(first, actor=other)
    lrs.store(last)
    asked = {"agent": json.dumps(learner), "activity": STATEMENT["object"]["id"]}
    assert lrs.found(**asked) == [last["id"], first]
    assert lrs.found(**asked, ascending="true", limit="1") == [first]
    assert lrs.found(**asked, related_agents="true") == [last["id"], second, first]
    in_programme = asked | {"activity": programme["id"]}
    assert lrs.found(**in_programme) == [elsewhere["id"]]
    assert lrs.found(**in_programme, related_activities="true") == [first, elsewhere["id"]]
    since = json.loads(lrs.send("GET", "statements", statementId=first).body)["stored"]
    lrs.store(pointing)
    assert lrs.found(**asked, since=since) == [pointing["id"], last["id"]]


def test_an_agent_of_authority_is_found_once_where_statements_also_mention_it(lrs: Sender):
    others = Sender(create_client("others", ["all"]))
    (first,) = lrs.store(statement())
    (found,) = json.loads(lrs.send("GET", "statements").body)["statements"]
    authority = found["authority"]
    both = statement(context={"instructor": authority})
    lrs.store(both)
    mentioned = statement(context={"instructor": authority})
    others.store(mentioned, statement())
    asked = {"agent": json.dumps(authority), "related_agents": "true"}
    assert lrs.found(**asked) == [mentioned["id"], both["id"], first]
    assert lrs.found(**asked, ascending="true", limit="2") == [first, both["id"]]
    page = json.loads(lrs.send("GET", "statements", limit="2", **asked).body)
    assert page["more"]
    (pointing,) = others.store(statement(object={"objectType": "StatementRef", "id": first}))
    assert lrs.found(**asked, limit="1") == [pointing]


def test_since_and_until_are_moments_of_storing(lrs: Sender):
    one, two = statement(), statement()
    lrs.store(one)
    lrs.store(two)
    stored = json.loads(lrs.send("GET", "statements", statementId=one["id"]).body)["stored"]
    assert lrs.found(since=stored) == [two["id"]]
    assert lrs.found(until=stored) == [one["id"]]
    assert lrs.found(ascending="true") == [one["id"], two["id"]]


# -- Attachments ------------------------------------------------------------------------------------------
def _attached(content: bytes, **changes: Any) -> dict[str, Any]:
    return {
        "usageType": "http://example.org/file",
        "display": {"en": "a file"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": hashlib.sha256(content).hexdigest(),
    } | changes


def _multipart(one: dict[str, Any], *files: tuple[str, bytes]) -> bytes:
    parts = [b"--b\r\nContent-Type: application/json\r\n\r\n" + json.dumps(one).encode()]
    parts += [
        b"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n"
        b"X-Experience-API-Hash: " + sha2.encode() + b"\r\n\r\n" + content
        for sha2, content in files
    ]
    return b"\r\n".join([*parts, b"--b--"])


MULTIPART = {"content-type": "multipart/mixed; boundary=b"}


def test_data_of_attachments_come_back_as_they_were(lrs: Sender):
    content = b"\x00\r\n--not a boundary\r\n\xff"
    given = _attached(content)
    one = statement(attachments=[given])
    reply = lrs.send("POST", "statements", _multipart(one, (given["sha2"], content)), headers=MULTIPART)
    assert reply.status == 200, reply.body
    back = lrs.send("GET", "statements", attachments="true")
    assert back.content_type.startswith("multipart/mixed")
    assert content in back.body
    assert default_storage.exists(f"xapi/{given['sha2'][:2]}/{given['sha2']}")


@pytest.mark.parametrize(
    ("sha2", "content", "says"),
    [
        ("0" * 64, b"data", "is not the hash"),
        (hashlib.sha256(b"other").hexdigest(), b"other", "not in the request"),
    ],
    ids=["hash that lies", "data of nothing"],
)
def test_data_that_do_not_belong_are_refused(lrs: Sender, sha2: str, content: bytes, says: str):
    one = statement(attachments=[_attached(b"data")])
    reply = lrs.send("POST", "statements", _multipart(one, (sha2, content)), headers=MULTIPART)
    assert reply.status == 400
    assert says in error(reply)
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    "said",
    [
        "Content-Disposition: attachment;\r\n\tfilename=report.pdf",
        "Content-Disposition: attachment; filename=ฅนกล้า.pdf",
        "X-Note:\r\n begins on the next line",
    ],
    ids=["on two lines", "with a byte of Thai that ends lines elsewhere", "after its name"],
)
def test_headers_of_parts_are_read_as_mail_programs_write_them(lrs: Sender, said: str):
    content = b"data"
    given = _attached(content)
    body = _multipart(statement(attachments=[given]), (given["sha2"], content))
    told = body.replace(b"X-Experience-API-Hash: ", said.encode() + b"\r\nX-Experience-API-Hash:\r\n ")
    reply = lrs.send("POST", "statements", told, headers=MULTIPART)
    assert reply.status == 200, reply.body


def test_a_content_type_cannot_break_out_of_its_header(lrs: Sender):
    given = _attached(b"data", contentType="text/plain\r\n\r\n;x", fileUrl="http://x/y")
    reply = lrs.send("POST", "statements", statement(attachments=[given]))
    assert reply.status == 400
    assert "MEDIA_TYPE" in error(reply)


def test_a_flood_of_parts_is_not_taken_apart(lrs: Sender):
    reply = lrs.send("POST", "statements", b"--b\r\n\r\n\r\n" * 20_000 + b"--b--", headers=MULTIPART)
    assert reply.status == 400
    assert "at most 10000 parts" in error(reply)


@pytest.mark.parametrize(
    ("batch", "says"),
    [
        (b"[" + b"1," * 600_000 + b"1]", "at most 10000 statements"),
        (b"[" + b" {} ,\n" * 600_000 + b"{}]", "at most 10000 statements"),
        (b"[" + b"[1,1]," * 600_000, "at most 10000 statements"),
        (b"[{" + b"," * 600_000 + b"}]", "no JSON array"),
        (b"[[" + b"1," * 600_000 + b"1]]", "0"),
    ],
)
def test_a_flood_of_things_in_a_batch_is_counted_before_it_is_split(lrs: Sender, batch: bytes, says: str):
    reply = lrs.send("POST", "statements", batch, headers={"content-type": "application/json"})
    assert reply.status == 400
    assert says in error(reply)


# -- Bad requests -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "query",
    [
        {"statementid": "x"},
        {"agent": "{}"},
        {"agent": "x"},
        {"verb": "x"},
        {"since": "yesterday"},
        {"limit": "-1"},
        {"limit": "x"},
        {"format": "pretty"},
        {"related_agents": "yes"},
        {"registration": "1"},
        {"unknown": "1"},
        {"statementId": "x"},
        {"statementId": str(uuid4()), "voidedStatementId": str(uuid4())},
        {"statementId": str(uuid4()), "limit": "1"},
        {"agent": '{"mbox":"mailto:a@b.c","mbox":"mailto:a@b.d"}'},
    ],
)
def test_parameters_that_make_no_sense_are_400(lrs: Sender, query: dict[str, str]):
    reply = lrs.send("GET", "statements", **query)
    assert reply.status == 400
    assert error(reply)


def test_a_version_that_is_not_spoken_is_400_and_the_reply_says_ours(lrs: Sender):
    for version in ("", "0.95", "3.0"):
        assert Sender(lrs.secret, version).send("GET", "statements").status == 400
    reply = lrs.send("GET", "statements")
    assert reply.headers["X-Experience-API-Version"] == "1.0.3"
    assert "X-Experience-API-Consistent-Through" in reply.headers


def test_the_alternate_syntax_belongs_to_the_first_version(lrs: Sender, lrs2: Sender):
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert lrs.send("POST", "statements", b"limit=1", headers=form, method="GET").status == 200
    assert lrs2.send("POST", "statements", b"limit=1", headers=form, method="GET").status == 400
    assert lrs.send("POST", "statements", b"", headers=form, method="PUT").status == 400


def test_a_name_with_nul_is_stored_and_found(lrs: Sender):
    definition = {"name": {"en": "a\u0000b"}}
    lrs.store(statement(object={"id": "http://a/nul", "definition": definition}))
    reply = lrs.send("GET", "activities", activityId="http://a/nul")
    assert json.loads(reply.body)["definition"] == definition


def test_definitions_are_merged_over_statements(lrs: Sender):
    for definition in ({"name": {"en": "one"}}, {"name": {"th": "หนึ่ง"}, "type": "http://a/type"}):
        lrs.store(statement(object={"id": "http://a/merged", "definition": definition}))
    reply = lrs.send("GET", "activities", activityId="http://a/merged")
    assert json.loads(reply.body)["definition"] == {
        "name": {"en": "one", "th": "หนึ่ง"},
        "type": "http://a/type",
    }


# -- Who ----------------------------------------------------------------------------------------------------
def test_nobody_and_a_wrong_secret_are_401(lrs: Sender):
    assert Sender(None).send("GET", "statements").status == 401
    assert lrs.secret is not None
    wrong = Sender(lrs.secret._replace(secret="wrong"))
    assert wrong.send("GET", "statements").status == 401
    assert wrong.send("POST", "statements", statement()).headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("statements/write", {"write"}),
        ("statements/read/mine", {"read"}),
        ("statements/read", {"read"}),
        ("state", {"state"}),
        ("profile", {"profile"}),
        ("all/read", {"read"}),
        ("all", {"write", "read", "state", "profile"}),
    ],
)
def test_a_scope_reaches_no_further_than_it_says(db: None, scope: str, allowed: set[str]):
    sender = Sender(credentials.create_client("narrow", [scope]))
    agent = json.dumps(STATEMENT["actor"])
    replies = {
        "write": sender.send("POST", "statements", statement()),
        "read": sender.send("GET", "statements"),
        "state": sender.send(
            "POST", "activities/state", {}, activityId="http://a/b", agent=agent, stateId="s"
        ),
        "profile": sender.send("POST", "agents/profile", {}, agent=agent, profileId="p"),
    }
    assert {name for name, reply in replies.items() if reply.status < 400} == allowed
    assert {reply.status for name, reply in replies.items() if name not in allowed} <= {403}


def test_whoever_may_read_what_it_wrote_sees_nothing_else(lrs: Sender):
    mine = Sender(credentials.create_client("mine", ["statements/write", "statements/read/mine"]))
    theirs, own = statement(), statement()
    lrs.store(theirs)
    mine.store(own)
    assert mine.found() == [own["id"]]
    assert mine.send("GET", "statements", statementId=theirs["id"]).status == 404


def test_who_is_known_is_not_asked_for_again_where_nothing_may_wait(
    lrs: Sender, django_assert_num_queries: Any
):
    assert lrs.send("GET", "statements").status == 200
    headers = {"x-experience-api-version": "1.0.3", "content-type": "application/json"}
    request = Request("POST", "statements", {}, headers, json.dumps(statement()).encode())
    assert lrs.secret is not None
    known = credentials.remembered(lrs.secret.basic)
    assert known is not None
    # Somebody else is let in or out at this moment.
    credentials.forget()
    with django_assert_num_queries(0):
        assert isinstance(prepare(request, known), Submission)


def test_a_client_that_was_revoked_is_let_in_no_more(lrs: Sender):
    from learning.records.models import Client

    assert lrs.send("GET", "statements").status == 200
    credentials.revoke_client(Client.objects.get())
    assert lrs.send("GET", "statements").status == 401


@pytest.mark.postgres
def test_months_are_parts_of_the_tables(lrs: Sender):
    lrs.store(statement())
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM records_statement")
        (part,) = cursor.fetchone()
        assert part.startswith("records_statement_2")


@pytest.mark.postgres
def test_the_tables_as_a_whole_are_weighed_for_the_plans_of_queries(lrs: Sender):
    def rows() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'records_statement'::regclass")
            return int(cursor.fetchone()[0])

    lrs.store(statement(), statement())
    assert rows() < 2
    tasks.weigh_tables()
    assert rows() == 2
