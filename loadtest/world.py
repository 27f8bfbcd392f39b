"""The examination in a throw-away database: rules, papers, centres, rooms, candidates, sittings.

Everything is set-based, so that 100,000 seats take about a minute. The items say nothing: what they must
have is the size of real ones, and a right answer that the audit can recognise by its text.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.utils import timezone

from exams.bank.models import Difficulty, Item, ItemBank, ItemStatus, ItemVersion, Topic
from exams.papers.assembly import DrawRule, Section
from exams.papers.models import Envelope, Form
from exams.papers.services import make_parallel_forms, paper_key, seal_forms
from exams.registration.models import (
    Candidate,
    Centre,
    Examination,
    Level,
    PassMark,
    Placement,
    Room,
    Round,
    RoundStatus,
    Seat,
    Subject,
    SubjectRule,
)
from exams.seat.models import Sitting
from learning.people.generate import generate_people
from learning.people.models import Person, Province
from loadtest.plan import OPTIONS, Plan

# As the general-knowledge paper has them: items, points, and pass marks in percent by level.
SUBJECTS = (
    ("ความสามารถในการคิดวิเคราะห์", "Analytical ability", 50, 100, 60),
    ("ภาษาอังกฤษ", "English", 25, 50, 50),
    ("ความรู้และลักษณะการเป็นข้าราชการที่ดี", "Being a good official", 25, 50, 60),
)
FORMS = 24
# Items in the bank for each one on the paper.
_SPARE = 2
_ROWS, _COLUMNS, _ROOMS_A_CENTRE = 5, 10, 40
_BATCH = 5000
_PREPARED = timedelta(days=1)

_STEM = (
    "ข้อ {subject}-{n}: ข้าราชการผู้หนึ่งได้รับมอบหมายให้จัดทำข้อเสนอเพื่อปรับปรุงการให้บริการประชาชน"
    "ภายในระยะเวลาที่กำหนด เขาควรดำเนินการในเรื่องใดเป็นลำดับแรก"
)
_OPTION = "ตัวเลือกที่ {option} ของข้อ {subject}-{n}: ศึกษาข้อมูลและรับฟังความเห็นของผู้เกี่ยวข้อง"


@dataclass
class World:
    """What the day is played in. `right` holds the texts of the right options, by item stem."""

    round: Round
    forms: Sequence[Form]
    envelope: Envelope
    right: dict[str, str]
    officer: Person
    # Per room, in the order of the seats: (index, sitting, candidate number).
    rooms: list[list[tuple[int, int, str]]]


class Builder:
    """Makes a world in two steps: what takes long, and the sittings once the time of T-0 is known."""

    def __init__(self, seats: int, seed: int, tell: Callable[[str], None]) -> None:
        self._seats = seats
        self._seed = seed
        self._tell = tell
        self._random = random.Random(f"world:{seed}")  # noqa: S311 (a simulation, not a secret)

    def prepare(self) -> None:
        """Make banks, papers, places and people."""
        self._officer, self._second = generate_people(2, seed=self._seed)
        self._right: dict[str, str] = {}
        self._examination = Examination.objects.create(
            code="loadtest",
            name_th="การสอบเพื่อวัดความรู้ความสามารถทั่วไป",
            name_en="General examination",
            effective_from=timezone.localdate(),
            minutes=180,
            source="loadtest",
        )
        sections = [self._subject(order, *subject) for order, subject in enumerate(SUBJECTS, start=1)]
        self._tell("papers · ข้อสอบ")
        self._forms = make_parallel_forms("ชุดข้อสอบจำลอง", sections, FORMS, f"loadtest-{self._seed}")
        self._envelope = seal_forms("รอบสอบจำลอง", self._forms)
        self.key_sha256 = hashlib.sha256(paper_key(self._envelope).encode()).hexdigest()
        self._tell("rooms · ห้องสอบ")
        self._make_rooms()
        self._tell("people · ผู้เข้าสอบ")
        self._people = generate_people(self._seats, seed=self._seed + 1)

    def _subject(
        self, order: int, name_th: str, name_en: str, count: int, points: int, percent: int
    ) -> Section:
        bank = ItemBank.objects.create(code=f"loadtest-{order}", name_th=name_th, name_en=name_en)
        topic = Topic.objects.create(bank=bank, code="all", name_th=name_th, name_en=name_en)
        items = Item.objects.bulk_create(
            Item(bank=bank, code=f"{order}-{n:04}") for n in range(1, _SPARE * count + 1)
        )
        ItemVersion.objects.bulk_create(
            self._version(item, topic, order, n) for n, item in enumerate(items, start=1)
        )
        subject = Subject.objects.create(
            examination=self._examination,
            order=order,
            bank=bank,
            points=points,
            name_th=name_th,
            name_en=name_en,
        )
        SubjectRule.objects.create(subject=subject, topic=topic, count=count)
        PassMark.objects.bulk_create(
            PassMark(subject=subject, level=level, percent=percent) for level in Level
        )
        return Section(name_th, [DrawRule(topic.pk, "", count)])

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

    def _make_rooms(self) -> None:
        in_room = _ROWS * _COLUMNS
        rooms = -(-self._seats // in_room)
        province, _ = Province.objects.get_or_create(code="10", defaults={"name_th": "กรุงเทพมหานคร"})
        centres = Centre.objects.bulk_create(
            Centre(code=f"L{n:03}", province=province, name_th=f"ศูนย์สอบจำลองที่ {n}")
            for n in range(1, -(-rooms // _ROOMS_A_CENTRE) + 1)
        )
        self._rooms = Room.objects.bulk_create(
            Room(centre=centres[n // _ROOMS_A_CENTRE], name=f"ห้อง {n % _ROOMS_A_CENTRE + 1}")
            for n in range(rooms)
        )
        self._places = Seat.objects.bulk_create(
            (
                Seat(room=room, row=row, column=column, label=f"{chr(64 + row)}{column}")
                for room in self._rooms
                for row in range(1, _ROWS + 1)
                for column in range(1, _COLUMNS + 1)
            ),
            batch_size=_BATCH,
        )

    def open(self, plan: Plan) -> World:
        """Make the round and place everybody, for the times of `plan`."""
        self._tell("sittings · ที่นั่งสอบ")
        starts_at, deadline = _moment(plan.starts_ms), _moment(plan.deadline_ms)
        round_ = Round.objects.create(
            examination=self._examination,
            title="รอบสอบจำลอง",
            doors_open_at=_moment(plan.doors_ms),
            starts_at=starts_at,
            minutes=max(1, plan.minutes_ms // 60_000),
            status=RoundStatus.RELEASED,
        )
        levels = list(Level)
        candidates = Candidate.objects.bulk_create(
            (
                Candidate(round=round_, person=person, number=f"{n:08}", level=levels[n % len(levels)])
                for n, person in enumerate(self._people, start=1)
            ),
            batch_size=_BATCH,
        )
        sittings = Sitting.objects.bulk_create(
            (
                Sitting(
                    person=person,
                    form=self._forms[self._form_index(n)],
                    starts_at=starts_at,
                    deadline=deadline,
                    return_path="/my/",
                )
                for n, person in enumerate(self._people)
            ),
            batch_size=_BATCH,
        )
        Placement.objects.bulk_create(
            (
                Placement(candidate=candidate, round=round_, seat=seat, sitting=sitting)
                for candidate, seat, sitting in zip(candidates, self._places, sittings, strict=False)
            ),
            batch_size=_BATCH,
        )
        seated = (
            (index, sitting.pk, candidate.number)
            for index, (sitting, candidate) in enumerate(zip(sittings, candidates, strict=True))
        )
        rooms = list(_groups(seated, _ROWS * _COLUMNS))
        self._people = []
        return World(round_, self._forms, self._envelope, self._right, self._officer, rooms)

    @staticmethod
    def _form_index(seat: int) -> int:
        """Deal the forms so that neighbours differ on all sides."""
        row, column = divmod(seat % (_ROWS * _COLUMNS), _COLUMNS)
        return (row * 5 + column) % FORMS


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _groups(things: Iterator[tuple[int, int, str]], size: int) -> Iterator[list[tuple[int, int, str]]]:
    while group := list(islice(things, size)):
        yield group
