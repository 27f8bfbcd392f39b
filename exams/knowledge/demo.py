"""Demonstration data: the Official Information Act test, rounds in progress, and the results of 2566.

All persons are synthetic; the 2566 totals are the published ones, so that the report shows 36.50 and
26.11 percent. Never loaded in production.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from exams.bank.loading import load_bank_data
from exams.bank.models import ItemBank
from exams.knowledge.models import (
    Attempt,
    KnowledgeTest,
    RequestStatus,
    Reveal,
    Round,
    SupportRequest,
)
from exams.knowledge.reports import bounds
from exams.knowledge.services import attempts, definitions, invitations, results, rounds, support
from exams.knowledge.services.definitions import Rules
from exams.knowledge.services.rounds import Window
from exams.knowledge.services.support import Wish
from exams.papers.services import answer_key
from exams.seat.chain import Entry
from exams.seat.journal import Journal, Request, to_ms
from exams.seat.models import EntryKind
from learning import thai
from learning.people import demo as people_demo
from learning.people.generate import generate_people
from learning.people.models import Agency, AgencyLevel, Person

CODE = "oia"
YEAR = 2566
ITEMS = 50
# Published: 1,737 took the test and 634 passed; in ten supported sittings 471 and 123. How the latter
# divide among ten agencies was not published; these shares only add up to it.
TAKERS, PASSED = 1737, 634
SUPPORTED = ((72, 21), (65, 15), (58, 17), (52, 12), (48, 14), (44, 10), (40, 9), (36, 11), (30, 6), (26, 8))
_CONTACT = "กลุ่มงานพัฒนาบุคลากร โทร. 0 2000 0000"


@dataclass(frozen=True)
class _Figures:
    """How many took a round and how many of them passed."""

    takers: int
    passed: int


def load() -> None:
    """Load whatever of the demonstration is not there yet."""
    cast = people_demo.load()
    now = timezone.now()
    with transaction.atomic():
        test = _test(cast)
        _open_round(test, now)
    _past_sitting(test, cast["learner"], now)
    with transaction.atomic():
        _agency_round(test, cast, now)
    with transaction.atomic():
        _results_of_2566(test, cast)


def _test(cast: dict[str, Person]) -> KnowledgeTest:
    if not ItemBank.objects.filter(code=CODE).exists():
        load_bank_data(CODE, author=cast["exam_officer"], reviewer=cast["reviewer"])
    test, is_new = KnowledgeTest.objects.get_or_create(
        code=CODE,
        defaults={
            "name_th": "แบบทดสอบความรู้ตามพระราชบัญญัติข้อมูลข่าวสารของราชการ พ.ศ. 2540",
            "name_en": "Knowledge test on the Official Information Act B.E. 2540",
            "bank": ItemBank.objects.get(code=CODE),
            "description_th": "วัดความรู้ความเข้าใจทั้งเจ็ดหมวดของพระราชบัญญัติ สำหรับเจ้าหน้าที่ของรัฐและประชาชนทั่วไป",
            "description_en": "All seven chapters of the Act, for officials and the public.",
        },
    )
    if is_new:
        rules = Rules(
            effective_from=date(thai.common_year(YEAR), 1, 1),
            minutes=definitions.DEFAULT_MINUTES,
            pass_percent=Decimal(definitions.DEFAULT_PASS_PERCENT),
            max_attempts=3,
            retry_wait_hours=0,
            shuffle_items=True,
            shuffle_options=True,
            show_score=True,
            reveal=Reveal.AFTER_WINDOW,
            source="ค่าตั้งต้นของระบบเอง ไม่พบตัวเลขทางการ",
            items=definitions.spread(test.bank),
        )
        definitions.define(test, rules, actor=cast["exam_officer"])
    return test


def _open_round(test: KnowledgeTest, now: datetime) -> None:
    """Keep a round open to everybody, also when the demonstration is months old."""
    if test.rounds.filter(support_request=None, closes_at__gt=now).exists():
        return
    year = thai.buddhist_year(timezone.localtime(now).year)
    window = Window(f"รอบทั่วไป ปี {year}", _office_hours(now, -1)[0], _office_hours(now, 90)[1])
    rounds.create_round(test, window, actor=None)


def _past_sitting(test: KnowledgeTest, learner: Person, now: datetime) -> None:
    """Let the learner have sat, and failed, in a round that is over, so that its explanations can be read."""
    if Attempt.objects.filter(person=learner, round__support_request=None).exists():
        return
    opens_at, closes_at = _office_hours(now, -40)[0], _office_hours(now, -10)[1]
    with transaction.atomic():
        round_ = rounds.create_round(test, Window("รอบทดลอง", opens_at, closes_at), actor=None)
        attempt = attempts.start_attempt(round_, learner, now=opens_at + timedelta(days=1))
    sitting = attempt.sitting
    if sitting is None:
        return
    key = answer_key(sitting.form)
    entries = [
        # Every other answer is right, and the last items are left open.
        Entry(0, EntryKind.ANSWER, item, right if item % 2 else right % 2 + 1)
        for item, right in enumerate(key[: ITEMS - 3], start=1)
    ]
    finished = attempt.started_at + timedelta(minutes=41)
    request = Request(sitting.pk, 0, [*entries, Entry(0, EntryKind.SUBMIT)], to_ms(finished))
    # The journal commits for itself, so this stands outside a transaction.
    Journal().append([request])
    sitting.refresh_from_db()
    results.conclude(attempt, now=finished)


def _agency_round(test: KnowledgeTest, cast: dict[str, Person], now: datetime) -> None:
    """Make a supported round in progress for the demonstration's own agency, and a request to decide on."""
    officer, office = cast["agency_officer"], cast["exam_officer"]
    agency = officer.agency
    if agency is None or SupportRequest.objects.filter(requested_by=officer).exists():
        return
    opens_at, closes_at = _office_hours(now, -2)[0], _office_hours(now, 28)[1]
    wish = Wish(test, agency, 40, opens_at, closes_at, "พัฒนาบุคลากรประจำปี", _CONTACT)
    asked = support.ask(wish, actor=officer, now=opens_at - timedelta(days=7))
    window = Window(support.round_name(asked), opens_at, closes_at)
    round_ = support.approve(asked, window, "อนุมัติตามที่ขอ", actor=office, now=opens_at - timedelta(days=5))
    staff = [cast["learner"], *generate_people(39, seed=YEAR + 1, agencies=[agency])]
    invitations.invite(round_, [person.pk for person in staff], actor=officer, now=opens_at)
    round_.invitations.update(sent_at=opens_at)
    round_.invitations.filter(person__in=staff[1:25]).update(opened_at=opens_at + timedelta(hours=3))
    done = _Figures(18, 13)
    draw = random.Random(YEAR + 1)  # noqa: S311  synthetic data, not a secret
    Attempt.objects.bulk_create(_recorded(round_, staff[1:19], done, (opens_at, opens_at), draw))
    for person in staff[19:22]:
        attempts.start_attempt(round_, person, now=now)
    later = Wish(
        test,
        agency,
        120,
        _office_hours(now, 30)[0],
        _office_hours(now, 37)[1],
        "ข้าราชการบรรจุใหม่ รุ่นที่ 2",
        _CONTACT,
    )
    support.ask(later, actor=officer, now=now - timedelta(days=1))


def _results_of_2566(test: KnowledgeTest, cast: dict[str, Person]) -> None:
    """Record the results of 2566 without sittings, in one round for everybody and ten for agencies."""
    start, end = bounds(YEAR)
    if test.rounds.filter(opens_at__gte=start, opens_at__lt=end).exists():
        return
    opens_at = start + timedelta(days=31, hours=8, minutes=30)
    closes_at = end - timedelta(days=31, hours=7, minutes=30)
    draw = random.Random(YEAR)  # noqa: S311  synthetic data, not a secret
    recorded: list[Attempt] = []
    supported_passed = sum(passed for _takers, passed in SUPPORTED)
    for agency, (takers, passed) in zip(_agencies(cast), SUPPORTED, strict=True):
        asked = SupportRequest.objects.create(
            test=test,
            agency=agency,
            expected_takers=takers,
            opens_at=opens_at,
            closes_at=closes_at,
            contact=_CONTACT,
            status=RequestStatus.APPROVED,
            requested_by=cast["exam_officer"],
            requested_at=start,
            decided_by=cast["exam_officer"],
            decided_at=start,
        )
        window = Window(f"รอบสนับสนุนหน่วยงาน ปี {YEAR}: {agency.name_th}", opens_at, closes_at)
        round_ = rounds.create_round(test, window, actor=None, support_request=asked)
        staff = generate_people(takers, seed=YEAR * 100 + agency.pk, agencies=[agency])
        recorded += _recorded(round_, staff, _Figures(takers, passed), (opens_at, closes_at), draw)
    window = Window(f"รอบทั่วไป ปี {YEAR}", opens_at, closes_at)
    everybody = rounds.create_round(test, window, actor=None)
    rest = _Figures(TAKERS - len(recorded), PASSED - supported_passed)
    persons = generate_people(rest.takers, seed=YEAR)
    recorded += _recorded(everybody, persons, rest, (opens_at, closes_at), draw)
    Attempt.objects.bulk_create(recorded, batch_size=500)


def _office_hours(now: datetime, days: int) -> tuple[datetime, datetime]:
    """Return half past eight and half past four of the day so many days from now, Bangkok time."""
    day = timezone.localtime(now) + timedelta(days=days)
    return (
        day.replace(hour=8, minute=30, second=0, microsecond=0),
        day.replace(hour=16, minute=30, second=0, microsecond=0),
    )


def _agencies(cast: dict[str, Person]) -> Sequence[Agency]:
    """Return ten departments, other than the demonstration's own, from ten ministries."""
    own = cast["agency_officer"].agency
    chosen: dict[int | None, Agency] = {}
    for agency in Agency.objects.filter(level=AgencyLevel.DEPARTMENT).order_by("code"):
        if agency == own:
            continue
        chosen.setdefault(agency.parent_id, agency)
    return list(chosen.values())[: len(SUPPORTED)]


def _recorded(
    round_: Round,
    persons: Sequence[Person],
    figures: _Figures,
    window: tuple[datetime, datetime],
    draw: random.Random,
) -> Iterator[Attempt]:
    """Yield one result per person, at office hours of days in the window."""
    opens_at, closes_at = window
    passing = set(draw.sample(range(figures.takers), figures.passed))
    days = max(1, (closes_at - opens_at).days)
    pass_score = ITEMS * int(definitions.DEFAULT_PASS_PERCENT) // 100
    for place, person in enumerate(persons):
        is_passed = place in passing
        begun = opens_at + timedelta(days=draw.randrange(days), minutes=draw.randrange(8 * 60))
        score = draw.randint(pass_score, ITEMS - 3) if is_passed else draw.randint(12, pass_score - 1)
        yield Attempt(
            round=round_,
            person=person,
            agency_id=person.agency_id,
            number=1,
            started_at=begun,
            concluded_at=begun + timedelta(minutes=draw.randint(25, 60)),
            score=score,
            max_score=ITEMS,
            is_passed=is_passed,
        )
