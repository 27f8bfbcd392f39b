"""The staff pages: who sees them, and what they say."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone, translation

from learning.people.models import AuditEntry, Person
from learning.records.models import OutboxEntry, OutboxState, SavedQuery, Statement
from learning.records.services import outbox
from learning.records.services.explorer import exported
from learning.records.services.outbox import Event, Outcome, Thing
from learning.records.vocabulary import (
    ATTEMPTED,
    COMPLETED,
    EARNED,
    FAILED,
    INITIALIZED,
    LOST,
    PASSED,
    PLAYED,
    REGISTERED,
    RESUMED,
    SEEKED,
    SUSPENDED,
    TERMINATED,
    VOIDED,
    Extension,
    Type,
    Verb,
)
from learning.records.words import duration_of, sentence
from tests.learning.records.client import STATEMENT, Sender, statement

ADL = "http://adlnet.gov/expapi/verbs/"
TEST = Thing("test", "pre", Type.ASSESSMENT, "แบบทดสอบก่อนเรียน", "Pre-test")
CERTIFICATE = Thing("certificate", "1", Type.CERTIFICATE, "หนังสือรับรอง ก")
COURSE = Thing("course", "KD10", Type.COURSE, "พ.ร.บ.ข้อมูลข่าวสาร")


@pytest.fixture
def records(learner: Person, outsider: Person) -> None:
    now = timezone.now()
    outcome = Outcome(Decimal(7), Decimal(10), success=True)
    outbox.record(
        Event(name="test.1", person=learner, verb=ATTEMPTED, thing=TEST, at=now, outcome=outcome),
        Event(name="test.2", person=outsider, verb=COMPLETED, thing=COURSE, at=now),
    )
    outbox.deliver(now + timedelta(seconds=1))


def _pages(learner: Person) -> list[str]:
    uuid = Statement.objects.latest("position").uuid
    return [
        reverse("records:statements"),
        reverse("records:statement", args=[uuid]),
        reverse("records:timeline", args=[learner.public_id]),
    ]


def test_records_are_for_auditors_and_administrators(
    client: Browser,
    records: None,
    learner: Person,
    agency_officer: Person,
    auditor: Person,
    administrator: Person,
):
    pages = [*_pages(learner), reverse("records:outbox")]
    assert {client.get(page).status_code for page in pages} == {302}
    for person, statuses in (
        (learner, [403, 403, 403, 403]),
        (agency_officer, [403, 403, 403, 403]),
        (auditor, [200, 200, 200, 403]),
        (administrator, [200, 200, 200, 200]),
    ):
        client.force_login(person)
        assert [client.get(page).status_code for page in pages] == statuses


def test_a_person_is_found_by_number_without_the_number_in_the_address(
    client: Browser, records: None, learner: Person, auditor: Person
):
    client.force_login(auditor)
    reply = client.post(reverse("records:statements"), {"person": learner.email})
    assert reply.status_code == 302
    assert str(learner.public_id) in reply["Location"]
    page = client.get(reply["Location"]).content.decode()
    assert "ทำแบบทดสอบก่อนเรียน ได้ 7/10 คะแนน ผ่าน" in page
    assert "พ.ร.บ.ข้อมูลข่าวสาร" not in page
    assert client.post(reverse("records:statements"), {"person": "1234567890121"}).status_code == 200


def test_the_person_who_was_found_stands_in_the_box_by_name(
    client: Browser, records: None, learner: Person, auditor: Person
):
    client.force_login(auditor)
    address = reverse("records:statements", query={"person": str(learner.public_id)})
    box = client.get(address).context["form"]["person"].value()
    assert box == f"{learner.first_name} {learner.last_name} {learner.email}"
    # Sent again, perhaps with other days, it means the same person.
    again = client.post(reverse("records:statements"), {"person": box})
    assert (again.status_code, again["Location"]) == (302, address)


def test_where_a_name_is_several_persons_one_is_chosen(
    client: Browser, records: None, learner: Person, outsider: Person, auditor: Person
):
    client.force_login(auditor)
    page = client.get(reverse("records:statements"), {"person": "example.org"}).content.decode()
    assert str(learner.public_id) in page
    assert str(outsider.public_id) in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"verb": COMPLETED.iri}, {"พ.ร.บ.ข้อมูลข่าวสาร"}),
        ({"activity": TEST.iri}, {"แบบทดสอบก่อนเรียน"}),
        ({"since": "1/1/2500"}, {"พ.ร.บ.ข้อมูลข่าวสาร", "แบบทดสอบก่อนเรียน"}),
        ({"until": "1/1/2500"}, set()),
    ],
)
def test_records_are_found_by_what_where_and_when(
    client: Browser, records: None, auditor: Person, query: dict[str, str], found: set[str]
):
    client.force_login(auditor)
    page = client.get(reverse("records:statements"), query).content.decode()
    assert {name for name in ("พ.ร.บ.ข้อมูลข่าวสาร", "แบบทดสอบก่อนเรียน") if name in page} == found


def test_a_date_that_cannot_be_read_is_said_to_be_so(client: Browser, auditor: Person):
    client.force_login(auditor)
    reply = client.get(reverse("records:statements"), {"since": "31/2/2569"})
    assert reply.status_code == 200
    assert "error-summary" in reply.content.decode()


def test_days_in_the_wrong_order_find_nothing(client: Browser, records: None, auditor: Person):
    client.force_login(auditor)
    reply = client.get(reverse("records:statements"), {"since": "10/5/2569", "until": "1/5/2569"})
    assert reply.status_code == 200
    assert reply.context["lines"] == []


def test_what_others_wrote_into_a_statement_is_shown_as_text(client: Browser, lrs: Sender, auditor: Person):
    script = "<script>alert(1)</script>"
    actor = {"name": script, "account": {"homePage": "https://x.example", "name": script}}
    thing = {"id": "https://x.example/a", "definition": {"name": {"th": script}}}
    verb = {"id": "javascript:alert(1)", "display": {"th": script}}
    result = {"response": script, "extensions": {f"https://x.example/{'y'}": "</script>" + script}}
    (uuid,) = lrs.store(statement(actor=actor, object=thing, verb=verb, result=result))
    client.force_login(auditor)
    for page in (reverse("records:statements"), reverse("records:statement", args=[uuid])):
        shown = client.get(page).content.decode()
        assert "&lt;script&gt;alert(1)" in shown
        assert "<script>alert" not in shown
        assert 'href="javascript' not in shown


def test_looking_at_a_timeline_is_noted(client: Browser, records: None, learner: Person, auditor: Person):
    client.force_login(auditor)
    page = client.get(reverse("records:timeline", args=[learner.public_id])).content.decode()
    assert "ได้ 7/10 คะแนน" in page
    entry = AuditEntry.objects.get(action="records.timeline_viewed")
    assert entry.actor == auditor
    # A search for the person shows the same, and is noted like it, whatever page the address asks for.
    for query in ({"person": str(learner.public_id)}, {"person": str(learner.public_id), "before": "9"}, {}):
        client.get(reverse("records:statements", query=query))
    assert AuditEntry.objects.filter(action="records.timeline_viewed").count() == 3


def test_a_search_is_saved_done_again_and_deleted_by_its_owner_alone(
    client: Browser, records: None, auditor: Person, administrator: Person
):
    client.force_login(auditor)
    address = reverse("records:save") + f"?verb={COMPLETED.iri}&other=1"
    client.post(address, {"name": "เรียนจบ"})
    saved = SavedQuery.objects.get()
    assert saved.parameters == {"verb": COMPLETED.iri}
    assert saved.as_query.replace("%3A", ":").replace("%2F", "/") in client.get(
        reverse("records:statements")
    ).content.decode().replace("%3A", ":").replace("%2F", "/")
    client.post(address, {"name": ""})
    assert SavedQuery.objects.count() == 1
    client.force_login(administrator)
    client.post(reverse("records:forget", args=[saved.pk]))
    assert SavedQuery.objects.exists()
    client.force_login(auditor)
    client.post(reverse("records:forget", args=[saved.pk]))
    assert not SavedQuery.objects.exists()


def test_what_failed_is_shown_with_its_reason_and_decided(
    client: Browser, auditor: Person, administrator: Person
):
    actor = {"name": "สมหญิง ใจดี", "mbox": "x"}
    bad: dict[str, object] = {"actor": actor, "verb": {"id": COMPLETED.iri}, "object": {"id": "http://a/b"}}
    outbox.put("test.bad", bad, person_key="k")
    outbox.deliver(timezone.now() + timedelta(seconds=1))
    entry = OutboxEntry.objects.get()
    decide = reverse("records:outbox_decide", args=[entry.pk])
    client.force_login(auditor)
    assert client.post(decide, {"decision": "set_aside"}).status_code == 403
    client.force_login(administrator)
    page = client.get(reverse("records:outbox")).content.decode()
    assert "actor.mbox" in page
    assert "สมหญิง ใจดี" in page
    client.post(decide, {"decision": "try_again"})
    entry.refresh_from_db()
    assert entry.due_at <= timezone.now()
    client.post(decide, {"decision": "set_aside"})
    entry.refresh_from_db()
    assert entry.state == OutboxState.SET_ASIDE


def test_a_statement_is_shown_as_it_was_received(client: Browser, records: None, auditor: Person):
    row = Statement.objects.latest("position")
    client.force_login(auditor)
    page = client.get(reverse("records:statement", args=[row.uuid]))
    assert json.loads(row.received)["id"] in page.content.decode()
    assert "platform:outbox" in page.content.decode()


def test_counts_say_of_which_days_they_are(client: Browser, records: None, auditor: Person):
    client.force_login(auditor)
    page = client.get(reverse("records:statements")).content.decode()
    assert "2 รายการ ตั้งแต่วันที่" in page


def _nested(levels: int) -> dict[str, object]:
    value: object = "the innermost"
    for _ in range(levels):
        value = [value]
    return statement(context={"extensions": {"http://x/deep": value}})


def test_the_deepest_statement_that_is_taken_can_be_shown_and_sent_on(
    client: Browser, lrs: Sender, auditor: Person
):
    deep = _nested(97)
    lrs.store(deep)
    lrs.store(deep)
    assert lrs.send("POST", "statements", _nested(98)).status == 400
    for form in ("exact", "ids", "canonical"):
        assert lrs.found(format=form) == [deep["id"]]
    assert [json.loads(line)["id"] for line in exported()] == [deep["id"]]
    client.force_login(auditor)
    assert client.get(reverse("records:statements")).status_code == 200
    page = client.get(reverse("records:statement", args=[deep["id"]]))
    assert "the innermost" in page.content.decode()


def test_words_for_what_others_say():
    with translation.override("en"):
        assert sentence(STATEMENT) == f"Completed {STATEMENT['object']['id']}"
        other = STATEMENT | {
            "verb": {"id": "http://x/sang", "display": {"en": "sang"}},
            "object": {"name": "Ann"},
        }
        assert sentence(other | {"result": {"score": {"scaled": 0.5}, "success": False}}) == (
            "sang Ann, score 50%, not passed"
        )


EXAM = Thing("examination-round", "1", Type.ASSESSMENT, "ภาค ก. รอบที่ 1")
FILM = Thing("unit", "1", Type.VIDEO, "วิดีโอแนะนำ")
JUMP: dict[str, object] = {Extension.TIME_FROM: 12.25, Extension.TIME_TO: 3725}


@pytest.mark.parametrize(
    ("verb", "thing", "outcome", "said"),
    [
        (REGISTERED, COURSE, None, "ลงทะเบียนเรียนพ.ร.บ.ข้อมูลข่าวสาร"),
        (COMPLETED, COURSE, Outcome(completion=True), "เรียนจบพ.ร.บ.ข้อมูลข่าวสาร"),
        (INITIALIZED, EXAM, None, "เริ่มทำภาค ก. รอบที่ 1"),
        (COMPLETED, EXAM, Outcome(completion=True), "ส่งภาค ก. รอบที่ 1"),
        (TERMINATED, EXAM, None, "สิ้นสุดการทำภาค ก. รอบที่ 1 โดยระบบหรือเจ้าหน้าที่"),
        (
            PASSED,
            EXAM,
            Outcome(Decimal(175), Decimal(200), success=True),
            "ผ่านภาค ก. รอบที่ 1 ได้ 175/200 คะแนน",
        ),
        (FAILED, EXAM, Outcome(scaled=Decimal("0.405"), success=False), "ไม่ผ่านภาค ก. รอบที่ 1 ได้ร้อยละ 40.5"),
        (COMPLETED, FILM, Outcome(completion=True), "ดูวิดีโอแนะนำจนจบ"),
        (PLAYED, FILM, Outcome(extensions={Extension.TIME: 65.2}), "เล่นวิดีโอแนะนำ นาทีที่ 1:05"),
        (SEEKED, FILM, Outcome(extensions=JUMP), "เลื่อนไปมาในวิดีโอแนะนำ จากนาทีที่ 0:12 ไปนาทีที่ 1:02:05"),
        (SUSPENDED, COURSE, None, "พักพ.ร.บ.ข้อมูลข่าวสารไว้เรียนต่อภายหลัง"),
        (RESUMED, COURSE, None, "กลับมาเรียนพ.ร.บ.ข้อมูลข่าวสารต่อ"),
        (LOST, CERTIFICATE, None, "ถูกเพิกถอนหนังสือรับรอง ก"),
        (VOIDED, COURSE, None, "เพิกถอนบันทึกรายการหนึ่ง"),
        (EARNED, CERTIFICATE, None, "ได้รับหนังสือรับรอง ก"),
    ],
)
def test_what_somebody_did_reads_as_thai_does(
    learner: Person, verb: Verb, thing: Thing, outcome: Outcome | None, said: str
):
    event = Event(name="x", person=learner, verb=verb, thing=thing, at=timezone.now(), outcome=outcome)
    outbox.record(event)
    with translation.override("th"):
        assert sentence(OutboxEntry.objects.get().statement) == said


XHTML = {"en-US": "<p>Which of these?</p>\n\n<p>Choose &amp; explain</p>"}


@pytest.mark.parametrize(
    ("verb", "display", "about", "said"),
    [
        # As H5P, Storyline and others write them.
        (ADL + "interacted", {"en-US": "interacted"}, {"name": {"en-US": "บทที่ 1\n"}}, "ทำกิจกรรมในบทที่ 1"),
        (ADL + "interacted", {}, {"description": XHTML}, "ทำกิจกรรมใน Which of these? Choose & explain"),
        (
            "http://activitystrea.ms/schema/1.0/consume",
            {"en-US": "consumed"},
            {"name": {"en-US": "คลิป"}},
            "ดูคลิปจนจบ",
        ),
        ("http://id.tincanapi.com/verb/viewed", {}, {"name": {"th": "หน้า 2"}}, "เปิดดูหน้า 2"),
        (ADL + "exited", {"und": "exited"}, {"name": {"und": "สไลด์ 3"}}, "จบการเรียนครั้งหนึ่งของสไลด์ 3"),
        ("http://x/verbs/turned%20around", {}, {"name": {"en": "Slide 4"}}, "turned around Slide 4"),
        ("urn:x:did", {"en": " \n"}, {}, "did urn:articulate:storyline:5/6"),
        (ADL + "answered", {}, {"name": {"en": "ก" * 500}}, "ตอบ" + "ก" * 159 + "…"),
        (ADL + "answered", {}, {"name": {"en": "<br>"}}, "ตอบ urn:articulate:storyline:5/6"),
    ],
)
def test_what_authoring_tools_say_reads_as_words(
    verb: str, display: dict[str, str], about: dict[str, object], said: str
):
    one = {
        "verb": {"id": verb, "display": display},
        "object": {"id": "urn:articulate:storyline:5/6", "definition": about},
    }
    with translation.override("th"):
        assert sentence(one) == said


def test_a_name_in_latin_letters_keeps_its_blanks(learner: Person):
    course = Thing("course", "KD99", Type.COURSE, "Data Governance")
    outbox.record(Event(name="x", person=learner, verb=RESUMED, thing=course, at=timezone.now()))
    with translation.override("th"):
        assert sentence(OutboxEntry.objects.get().statement) == "กลับมาเรียน Data Governance ต่อ"


@pytest.mark.parametrize("place", [-1, True, "x", None, 1e9, [1]])
def test_places_in_a_film_that_are_none_are_left_out(place: object):
    result = {"extensions": {Extension.TIME: place}}
    with translation.override("en"):
        assert sentence(STATEMENT | {"result": result}) == f"Completed {STATEMENT['object']['id']}"


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT1H2M3.5S", 3723.5), ("P1D", 86_400), ("P1W", 604_800), ("x", None)]
)
def test_durations_are_read(text: str, seconds: float | None):
    read = duration_of(text)
    assert (read.total_seconds() if read else None) == seconds
