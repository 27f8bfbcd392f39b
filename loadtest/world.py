"""The examination in a throw-away database: rules, papers, centres, rooms, candidates, sittings.

Everything is set-based, so that 100,000 seats take about a minute. The items say nothing: what they must
have is the size of real ones, and a right answer that the audit can recognise by its text.
"""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter

from django.utils import timezone

from exams.bank.models import Difficulty, Item, ItemBank, ItemStatus, ItemVersion, Topic
from exams.papers.models import MAX_FORMS
from exams.papers.services import paper_key
from exams.registration.models import Level, Placement, Room, RoomDuty, Round
from exams.registration.services.candidates import Entry, add_candidates
from exams.registration.services.examinations import ExaminationData, SubjectData, define
from exams.registration.services.papers import make_papers
from exams.registration.services.placing import place_candidates
from exams.registration.services.rounds import Plan as RoundPlan
from exams.registration.services.rounds import create_round, release_round
from exams.registration.services.venues import create_centre, create_rooms, use_rooms
from exams.seat.models import Sitting
from learning.people.generate import generate_people
from learning.people.models import Person, Province
from loadtest.plan import OPTIONS, ROOMS_A_CENTRE, SEATS_A_ROOM, Plan

# As the general-knowledge paper has them: items, points, and pass marks in percent.
_SUBJECTS = (
    ("ความสามารถในการคิดวิเคราะห์", "Analytical ability", 50, 100, 60),
    ("ภาษาอังกฤษ", "English", 25, 50, 50),
    ("ความรู้และลักษณะการเป็นข้าราชการที่ดี", "Being a good official", 25, 50, 60),
)
_CODE = "loadtest"
_MINUTES = 180
# Items in the bank for each one on the paper.
_SPARE = 2
_ROWS = 5
_COLUMNS = SEATS_A_ROOM // _ROWS
# One candidate in so many has approved extra time, in percent.
_APPROVED_EVERY, _APPROVED_PERCENT = 200, 25

_STEM = (
    "ข้อ {subject}-{n}: ข้าราชการผู้หนึ่งได้รับมอบหมายให้จัดทำข้อเสนอเพื่อปรับปรุงการให้บริการประชาชน"
    "ภายในระยะเวลาที่กำหนด เขาควรดำเนินการในเรื่องใดเป็นลำดับแรก"
)
_OPTION = "ตัวเลือกที่ {option} ของข้อ {subject}-{n}: ศึกษาข้อมูลและรับฟังความเห็นของผู้เกี่ยวข้อง"


@dataclass
class World:
    """What the day is played in.

    `rooms` has for each room, seat by seat: (index, sitting, candidate number). `right` holds the texts of
    the right options, by item stem, and `pass_percents` what each subject needs. `approved_ms` is the extra
    time that candidates came with, by sitting.
    """

    round: Round
    officer: Person
    rooms: list[list[tuple[int, int, str]]]
    right: dict[str, str]
    pass_percents: list[int]
    approved_ms: dict[int, int]
    key_sha256: str


class Builder:
    """Makes a world in two steps: what takes long, and the round once the time of T-0 is known."""

    def __init__(self, seats: int, seed: int, tell: Callable[[str], None]) -> None:
        self._seats = seats
        self._seed = seed
        self._tell = tell
        self._random = random.Random(f"world:{seed}")  # noqa: S311 (a simulation, not a secret)
        self._right: dict[str, str] = {}

    def prepare(self) -> None:
        """Make the examination with its banks, the rooms and the people."""
        self._officer, self._second = generate_people(2, seed=self._seed)
        subjects = [self._subject(order, *subject) for order, subject in enumerate(_SUBJECTS, start=1)]
        define(
            ExaminationData(
                code=_CODE,
                effective_from=timezone.localdate(),
                minutes=_MINUTES,
                name_th="การสอบเพื่อวัดความรู้ความสามารถทั่วไป (จำลอง)",
                name_en="General examination (simulated)",
                source="loadtest",
                subjects=subjects,
            ),
            actor=self._officer,
        )
        self._tell("rooms · ห้องสอบ")
        self._rooms = self._make_rooms()
        self._tell("people · ผู้เข้าสอบ")
        self._people = [person.pk for person in generate_people(self._seats, seed=self._seed + 1)]

    def _subject(
        self, order: int, name_th: str, name_en: str, count: int, points: int, percent: int
    ) -> SubjectData:
        bank = ItemBank.objects.create(code=f"{_CODE}-{order}", name_th=name_th, name_en=name_en)
        topic = Topic.objects.create(bank=bank, code="all", name_th=name_th, name_en=name_en)
        items = Item.objects.bulk_create(
            Item(bank=bank, code=f"{order}-{n:04}") for n in range(1, _SPARE * count + 1)
        )
        ItemVersion.objects.bulk_create(
            self._version(item, topic, order, n) for n, item in enumerate(items, start=1)
        )
        return SubjectData(
            name_th=name_th,
            name_en=name_en,
            bank=bank.code,
            points=points,
            pass_percent=dict.fromkeys(Level, percent),
            items={"all": {"any": count}},
        )

    def _version(self, item: Item, topic: Topic, subject: int, n: int) -> ItemVersion:
        stem = _STEM.format(subject=subject, n=n)
        options = [_OPTION.format(subject=subject, n=n, option=o) for o in range(1, OPTIONS + 1)]
        key = self._random.randrange(OPTIONS)
        self._right[stem] = options[key]
        return ItemVersion(
            item=item,
            topic=topic,
            difficulty=Difficulty.MEDIUM,
            stem=stem,
            options=options,
            key=key,
            status=ItemStatus.APPROVED,
            author=self._officer,
            reviewed_by=self._second,
            approved_by=self._second,
        )

    def _make_rooms(self) -> list[Room]:
        province, _ = Province.objects.get_or_create(code="10", defaults={"name_th": "กรุงเทพมหานคร"})
        needed = -(-self._seats // SEATS_A_ROOM)
        rooms: list[Room] = []
        while len(rooms) < needed:
            n = len(rooms) // ROOMS_A_CENTRE + 1
            centre = create_centre(f"L{n:03}", f"ศูนย์สอบจำลองที่ {n}", province=province, actor=self._officer)
            names = [f"ห้อง {room:02}" for room in range(1, min(ROOMS_A_CENTRE, needed - len(rooms)) + 1)]
            rooms += create_rooms(centre, names, rows=_ROWS, columns=_COLUMNS, actor=self._officer)
        return rooms

    def open(self, plan: Plan) -> World:
        """Make the round for the times of `plan`, place everybody, and release it."""
        officer = self._officer
        times = RoundPlan(
            "รอบสอบจำลอง", _moment(plan.doors_ms), _moment(plan.starts_ms), plan.minutes_ms // 60_000
        )
        round_ = create_round(_CODE, times, actor=officer)
        self._tell("papers · ข้อสอบ")
        make_papers(round_, count=MAX_FORMS, actor=officer)
        use_rooms(round_, self._rooms, actor=officer)
        RoomDuty.objects.bulk_create(
            RoomDuty(round=round_, room=room, person=officer) for room in self._rooms
        )
        self._tell("candidates and sittings · ผู้สมัครและที่นั่งสอบ")
        levels = list(Level)
        entries = (
            Entry(
                person,
                levels[n % len(levels)],
                extra_percent=0 if n % _APPROVED_EVERY else _APPROVED_PERCENT,
            )
            for n, person in enumerate(self._people)
        )
        add_candidates(round_, entries, actor=officer)
        self._people = []
        place_candidates(round_, actor=officer)
        released = release_round(round_, actor=officer, now=timezone.now())
        return self._world(released, plan)

    def _world(self, round_: Round, plan: Plan) -> World:
        placed = (
            Placement.objects.filter(round=round_)
            .order_by("seat__room", "seat__row", "seat__column")
            .values_list("seat__room", "sitting", "candidate__number")
        )
        seats = [(room, (n, sitting, number)) for n, (room, sitting, number) in enumerate(placed)]
        approved = Sitting.objects.filter(placement__candidate__extra_percent__gt=0)
        extra_ms = plan.minutes_ms * _APPROVED_PERCENT // 100
        assert round_.envelope is not None
        return World(
            round=round_,
            officer=self._officer,
            rooms=[[seat for _, seat in group] for _, group in groupby(seats, itemgetter(0))],
            right=self._right,
            pass_percents=[percent for *_, percent in _SUBJECTS],
            approved_ms=dict.fromkeys(approved.values_list("pk", flat=True), extra_ms),
            key_sha256=hashlib.sha256(paper_key(round_.envelope).encode()).hexdigest(),
        )


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
