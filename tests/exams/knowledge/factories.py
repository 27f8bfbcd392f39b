"""Tests, rounds and sat attempts, with deterministic defaults."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from exams.bank.models import ItemBank
from exams.knowledge.models import (
    Attempt,
    Invitation,
    KnowledgeTest,
    RequestStatus,
    Reveal,
    Round,
    SupportRequest,
    TestDefinition,
)
from exams.knowledge.services import attempts, definitions, invitations, rounds
from exams.knowledge.services.definitions import Rules
from exams.knowledge.services.rounds import Window
from exams.papers.services import answer_key
from exams.seat.chain import Entry
from exams.seat.journal import Journal, Request, now_ms, to_ms
from exams.seat.models import EntryKind, Sitting
from learning.people.models import Agency, Person
from tests.exams.bank.factories import fill_bank, make_bank


def make_filled_bank() -> ItemBank:
    """A bank of two topics with four approved items in each topic and difficulty: 24 items."""
    bank = make_bank("law")
    fill_bank(bank)
    return bank


def make_test(bank: ItemBank | None = None, code: str = "oia") -> KnowledgeTest:
    """The test of this code, made on first use."""
    existing = KnowledgeTest.objects.filter(code=code).first()
    return existing or KnowledgeTest.objects.create(
        code=code,
        name_th="แบบทดสอบความรู้ พ.ร.บ. ข้อมูลข่าวสารของราชการ",
        name_en="Official Information Act test",
        bank=bank or make_filled_bank(),
    )


def rules_for(test: KnowledgeTest, **changes: object) -> Rules:
    """Five items of each topic, 60 minutes, 60 percent."""
    values: dict[str, object] = {
        "effective_from": date(2026, 1, 1),
        "minutes": 60,
        "pass_percent": Decimal(60),
        "max_attempts": 2,
        "retry_wait_hours": 0,
        "shuffle_items": True,
        "shuffle_options": True,
        "show_score": True,
        "reveal": Reveal.AFTER_WINDOW,
        "source": "ค่าตั้งต้นของระบบ",
        "items": {(topic.pk, ""): 5 for topic in test.bank.topics.all()},
    }
    return Rules(**(values | changes))  # type: ignore[arg-type]


def make_definition(test: KnowledgeTest, **changes: object) -> TestDefinition:
    return definitions.define(test, rules_for(test, **changes), actor=None)


def make_round(
    test: KnowledgeTest | None = None,
    *,
    opens: timedelta = timedelta(hours=-1),
    closes: timedelta = timedelta(hours=8),
    asked: SupportRequest | None = None,
    name: str = "รอบเดือนพฤศจิกายน",
    **changes: object,
) -> Round:
    """A round open since an hour, for eight more, under its own definition."""
    test = test or make_test()
    if changes or not test.definitions.exists():
        make_definition(test, **changes)
    now = timezone.now()
    return rounds.create_round(
        test, Window(name, now + opens, now + closes), actor=None, support_request=asked
    )


def make_request(agency: Agency, officer: Person, test: KnowledgeTest | None = None) -> SupportRequest:
    now = timezone.now()
    return SupportRequest.objects.create(
        test=test or make_test(),
        agency=agency,
        expected_takers=40,
        opens_at=now + timedelta(days=1),
        closes_at=now + timedelta(days=2),
        contact="งานบุคคล 02 000 0000",
        requested_by=officer,
    )


def make_agency_round(agency: Agency, officer: Person, exam_officer: Person, **changes: object) -> Round:
    """A round that an agency asked for and got, open now."""
    asked = make_request(agency, officer)
    asked.status, asked.decided_by, asked.decided_at = RequestStatus.APPROVED, exam_officer, timezone.now()
    asked.save()
    return make_round(asked.test, asked=asked, name="รอบของหน่วยงาน", **changes)  # type: ignore[arg-type]


def invite(round_: Round, person: Person, officer: Person) -> Invitation:
    invitations.invite(round_, [person.pk], actor=officer, now=timezone.now())
    return round_.invitations.get(person=person)


def sitting_of(attempt: Attempt) -> Sitting:
    assert attempt.sitting is not None
    return attempt.sitting


def start(round_: Round, person: Person, now: datetime | None = None) -> Attempt:
    return attempts.start_attempt(round_, person, now=now or timezone.now())


def answer(sitting: Sitting, right: int, *, wrong: int = 0, submit: bool = True) -> None:
    """Answer the first `right` items rightly and the next `wrong` ones wrongly, and submit."""
    key = answer_key(sitting.form)
    chosen = [*key[:right], *[choice % 4 + 1 for choice in key[right : right + wrong]]]
    entries = [Entry(0, EntryKind.ANSWER, item, choice) for item, choice in enumerate(chosen, start=1)]
    if submit:
        entries.append(Entry(0, EntryKind.SUBMIT))
    [outcome] = Journal().append([Request(sitting.pk, 0, entries, now_ms())])
    assert outcome.error is None
    sitting.refresh_from_db()


def close(sitting: Sitting, at: datetime) -> None:
    """Submit the sitting as the system does after its deadline."""
    [outcome] = Journal().append([Request(sitting.pk, 0, [Entry(0, EntryKind.DEADLINE)], to_ms(at))])
    assert outcome.error is None
    sitting.refresh_from_db()


def sit(round_: Round, person: Person, right: int) -> Attempt:
    """Start, answer `right` of the ten items rightly, submit."""
    attempt = start(round_, person)
    answer(sitting_of(attempt), right)
    return attempt


def record(
    round_: Round,
    person: Person,
    *,
    is_passed: bool,
    at: datetime,
    agency: Agency | None = None,
    number: int = 1,
) -> Attempt:
    """An attempt whose result is held elsewhere."""
    return Attempt.objects.create(
        round=round_,
        person=person,
        agency=agency,
        number=number,
        started_at=at,
        concluded_at=at,
        score=35 if is_passed else 20,
        max_score=50,
        is_passed=is_passed,
    )
