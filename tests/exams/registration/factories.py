"""A small whole round: examination, centre, rooms, candidates, papers, seats. Deterministic defaults."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils import timezone

from exams.bank.models import ItemBank
from exams.registration.models import Candidate, Centre, Examination, Level, Room, Round
from exams.registration.services import examinations, papers, placing, rounds, venues
from exams.registration.services.candidates import Entry, add_candidates
from exams.registration.services.examinations import ExaminationData, SubjectData
from exams.registration.services.rounds import Plan
from learning.people.models import Person, Province, Role
from tests.conftest import make_person
from tests.exams.bank.factories import fill_bank, make_bank

PASS_PERCENT = {Level.VOCATIONAL: 60, Level.DIPLOMA: 60, Level.BACHELOR: 60, Level.MASTER: 65}
# Bank, points, items of each of its two topics.
SUBJECTS = (("ka-analytic", 100, 2), ("ka-english", 50, 1), ("ka-official", 50, 1))


def make_subject_bank(code: str) -> ItemBank:
    """A bank of two topics with two approved items in each topic and difficulty: 12 items."""
    existing = ItemBank.objects.filter(code=code).first()
    if existing is not None:
        return existing
    bank = make_bank(code, max_section=None)
    fill_bank(bank, per_cell=2)
    return bank


def examination_data(**changes: object) -> ExaminationData:
    """Three subjects of 4, 2 and 2 items worth 100, 50 and 50 points; 60 minutes."""
    subjects = [
        SubjectData(
            name_th=f"วิชา {code}",
            name_en=f"Subject {code}",
            bank=make_subject_bank(code).code,
            points=points,
            pass_percent=PASS_PERCENT,
            items={"t1": {"any": items}, "t2": {"any": items}},
        )
        for code, points, items in SUBJECTS
    ]
    values: dict[str, object] = {
        "code": "ka",
        "effective_from": date(2026, 1, 1),
        "minutes": 60,
        "name_th": "การสอบเพื่อวัดความรู้ความสามารถทั่วไป",
        "name_en": "General knowledge examination",
        "source": "ค่าตั้งต้นของชุดทดสอบ",
        "subjects": subjects,
    }
    return ExaminationData(**(values | changes))  # type: ignore[arg-type]


def make_examination(**changes: object) -> Examination:
    return examinations.define(examination_data(**changes), actor=None)


def make_centre(code: str = "1001") -> Centre:
    """The centre of this code, made on first use."""
    existing = Centre.objects.filter(code=code).first()
    if existing is not None:
        return existing
    province, _created = Province.objects.get_or_create(code="10", defaults={"name_th": "กรุงเทพมหานคร"})
    return venues.create_centre(code, f"ศูนย์สอบ {code}", province=province, actor=None)


def make_rooms(
    count: int = 1, *, rows: int = 3, columns: int = 4, centre: Centre | None = None
) -> list[Room]:
    """New rooms of a centre, named after how many it has: 101, 102, …"""
    centre = centre or make_centre()
    first = 101 + centre.rooms.count()
    names = [str(number) for number in range(first, first + count)]
    return venues.create_rooms(centre, names, rows=rows, columns=columns, actor=None)


def make_invigilator(**fields: object) -> Person:
    return make_person(first_name="ผู้คุมสอบ", roles=[(Role.INVIGILATOR, None)], **fields)


def make_draft(
    *, starts: timedelta = timedelta(minutes=15), rooms: Iterable[Room] = (), now: datetime | None = None
) -> Round:
    """A round in preparation, with rooms if given: nobody entered, no papers."""
    if not Examination.objects.exists():
        make_examination()
    starts_at = (now or timezone.now()) + starts
    plan = Plan("รอบเช้า", starts_at - timedelta(hours=1), starts_at)
    round_ = rounds.create_round("ka", plan, actor=None)
    venues.use_rooms(round_, rooms, actor=None)
    return round_


def enter(round_: Round, count: int = 1, *, level: str = Level.BACHELOR, **fields: object) -> list[Candidate]:
    """Enter new persons for a round in preparation."""
    entries = [Entry(make_person().pk, level, **fields) for _n in range(count)]  # type: ignore[arg-type]
    return add_candidates(round_, entries, actor=None)


def make_round(
    *,
    rooms: int = 1,
    candidates: int = 4,
    rows: int = 3,
    columns: int = 4,
    forms: int = 4,
    starts: timedelta = timedelta(minutes=15),
    persons: Iterable[Person] = (),
    level: str = Level.BACHELOR,
    extra_percent: int = 0,
    is_released: bool = True,
    now: datetime | None = None,
) -> Round:
    """A whole round of 60 minutes: everybody has a seat and a sitting, each room has an invigilator.

    It starts in `starts` from now; a negative one gives a round in progress or over. `persons` are entered
    before `candidates` new ones. Rooms stand in one new centre's grid of `rows` times `columns`.
    """
    round_ = make_draft(starts=starts, rooms=make_rooms(rooms, rows=rows, columns=columns), now=now)
    entries = [Entry(person.pk, level, extra_percent=extra_percent) for person in persons]
    add_candidates(round_, entries, actor=None)
    enter(round_, candidates, level=level, extra_percent=extra_percent)
    papers.make_papers(round_, count=forms, actor=None)
    placing.place_candidates(round_, actor=None)
    for room in round_.rooms.all():
        rounds.assign(round_, room, make_invigilator(), actor=None)
    if is_released:
        round_ = rounds.release_round(round_, actor=None, now=round_.doors_open_at)
    return round_
