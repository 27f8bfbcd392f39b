"""Make synthetic persons, for demonstrations, tests and load.

Names come from Faker's Thai word lists, identity numbers are random with a right check digit; nobody's
data is copied. The same seed gives the same persons on an empty database; run again it goes on to the
next ones, because numbers that exist are passed over.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from faker import Faker

from learning.bulk import columns_of, insert_fresh, row_of
from learning.people import national_id
from learning.people.groups import STATE_ENTERPRISES
from learning.people.models import (
    Agency,
    AgencyLevel,
    EducationLevel,
    Person,
    PersonnelGroup,
    PersonnelKind,
    PositionLevel,
    Sex,
)

BATCH = 1000
# Persons registered on the Learning Portal on 31 August 2565, by group; the published figure puts state
# officers and state enterprises together and is halved here.
PORTAL_WEIGHTS = {
    PersonnelGroup.CIVIL_SERVANT: 194_552,
    PersonnelGroup.OTHER_OFFICIAL: 56_994,
    PersonnelGroup.STATE_OFFICER: 28_808,
    PersonnelGroup.STATE_ENTERPRISE: 28_808,
    PersonnelGroup.PUBLIC: 30_721,
}
AGENCY_WEIGHTS = {
    PersonnelGroup.CIVIL_SERVANT: 75,
    PersonnelGroup.OTHER_OFFICIAL: 10,
    PersonnelGroup.STATE_OFFICER: 15,
}
_POSITIONS = {
    "O": ("เจ้าพนักงานธุรการ", "เจ้าพนักงานการเงินและบัญชี", "เจ้าพนักงานพัสดุ"),
    "K": ("นักทรัพยากรบุคคล", "นักวิเคราะห์นโยบายและแผน", "นักจัดการงานทั่วไป", "นิติกร", "นักวิชาการคอมพิวเตอร์"),
    "D": ("ผู้อำนวยการกอง",),
    "M": ("รองอธิบดี",),
}
_TYPE_WEIGHTS = {"O": 30, "K": 64, "D": 4, "M": 2}
_OFFICIALS = {
    PersonnelKind.TEACHER: "ครู",
    PersonnelKind.POLICE: "รองสารวัตร",
    PersonnelKind.LOCAL: "นักพัฒนาชุมชน",
    PersonnelKind.UNIVERSITY: "อาจารย์",
}
_OFFICERS = {
    PersonnelKind.GOVERNMENT_EMPLOYEE: "นักวิชาการเผยแพร่",
    PersonnelKind.PERMANENT_EMPLOYEE: "พนักงานขับรถยนต์",
    PersonnelKind.TEMPORARY_EMPLOYEE: "เจ้าหน้าที่บันทึกข้อมูล",
}
_ENTERPRISE_POSITIONS = ("วิศวกร", "พนักงานบัญชี", "เจ้าหน้าที่ลูกค้าสัมพันธ์")
_EDUCATION = {
    EducationLevel.DIPLOMA: 15,
    EducationLevel.BACHELOR: 60,
    EducationLevel.MASTER: 23,
    EducationLevel.DOCTORATE: 2,
}


def generate_people(
    count: int,
    *,
    seed: int,
    agencies: Sequence[Agency] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> list[Person]:
    """Create `count` synthetic persons without a usable password and return them saved.

    With `agencies` all of them are officials spread evenly over these; without, they fall into the five
    groups in the proportions of the Learning Portal (members of the public only, where no reference data
    is loaded). `on_progress` is told how many exist after every batch.
    """
    made: list[Person] = []
    for batch in draw_people(count, seed=seed, agencies=agencies):
        made += Person.objects.bulk_create(batch, batch_size=BATCH)
        if on_progress:
            on_progress(len(made))
    return made


def add_people(count: int, *, seed: int, on_progress: Callable[[int], None] | None = None) -> None:
    """Do as `generate_people` for so many that they are not kept in memory."""
    columns, done = columns_of(Person), 0
    for batch in draw_people(count, seed=seed):
        insert_fresh(Person, columns, (row_of(person, columns) for person in batch))
        done += len(batch)
        if on_progress:
            on_progress(done)


def draw_people(count: int, *, seed: int, agencies: Sequence[Agency] | None = None) -> Iterator[list[Person]]:
    """Yield the persons of `generate_people` unsaved, up to a thousand at a time."""
    maker = _Maker(seed, agencies)
    unusable = make_password(None)
    made = 0
    while made < count:
        batch: list[Person] = []
        for number, token in maker.identities(min(BATCH, count - made)):
            person = maker.person(made + len(batch), token)
            person.national_id = number
            person.password = unusable
            batch.append(person)
        made += len(batch)
        yield batch


class _Maker:
    """Draws persons from a seed."""

    def __init__(self, seed: int, agencies: Sequence[Agency] | None) -> None:
        self._random = random.Random(f"person:{seed}")  # noqa: S311  synthetic data, not a secret
        self._numbers = self._draw_numbers(random.Random(f"identity:{seed}"))  # noqa: S311
        self._faker = Faker("th_TH", use_weighting=False)
        self._faker.seed_instance(seed)
        self._today = timezone.localdate()
        self._levels: dict[str, list[PositionLevel]] = {}
        for level in PositionLevel.objects.select_related("position_type"):
            self._levels.setdefault(level.position_type_id, []).append(level)
        departments = Agency.objects.filter(level=AgencyLevel.DEPARTMENT)
        self._enterprises = list(departments.filter(code__startswith=STATE_ENTERPRISES))
        self._agencies = (
            list(agencies) if agencies else list(departments.exclude(code__startswith=STATE_ENTERPRISES))
        )
        self._weights = AGENCY_WEIGHTS if agencies else PORTAL_WEIGHTS
        if not self._agencies:
            self._weights = {PersonnelGroup.PUBLIC: 1}

    @staticmethod
    def _draw_numbers(source: random.Random) -> Iterator[tuple[str, str]]:
        # The token makes the e-mail address; drawn with the number, so that passing one over passes both.
        while True:
            first_twelve = f"{source.randint(1, 8)}{source.randrange(10**11):011d}"
            yield first_twelve + national_id.check_digit(first_twelve), f"{source.getrandbits(40):010x}"

    def identities(self, count: int) -> list[tuple[str, str]]:
        """Return up to `count` (at least one) numbers that nobody has yet."""
        fresh: list[tuple[str, str]] = []
        while not fresh:
            drawn = dict(islice(self._numbers, count))
            indexes = {national_id.blind_index(number): number for number in drawn}
            taken = Person.objects.filter(national_id_index__in=indexes).values_list(
                "national_id_index", flat=True
            )
            for index in taken:
                drawn.pop(indexes[index])
            fresh = list(drawn.items())
        return fresh

    def _pick(self, weights: dict[PersonnelGroup, int]) -> PersonnelGroup:
        return self._random.choices(list(weights), list(weights.values()))[0]

    def person(self, place: int, token: str) -> Person:
        """Return an unsaved person; `place` spreads persons evenly over the agencies."""
        draw = self._random
        group = self._pick(self._weights)
        is_woman = draw.random() < 0.6  # noqa: PLR2004  as in the civil service
        person = Person(
            group=group,
            sex=Sex.FEMALE if is_woman else Sex.MALE,
            title=draw.choice(("นาง", "นางสาว")) if is_woman else "นาย",
            first_name=self._faker.first_name_female() if is_woman else self._faker.first_name_male(),
            last_name=self._faker.last_name(),
            birth_year=self._today.year - draw.randint(23, 58),
            education_level=draw.choices(list(_EDUCATION), list(_EDUCATION.values()))[0],
            email=f"person-{token}@people.example",
        )
        if group == PersonnelGroup.PUBLIC:
            person.occupation = self._faker.job()
            return person
        start = person.birth_year + draw.randint(22, max(22, self._today.year - person.birth_year - 1))
        person.service_start = date(start, draw.randint(1, 12), draw.choice((1, 15)))
        agencies = self._enterprises if group == PersonnelGroup.STATE_ENTERPRISE else self._agencies
        person.agency = agencies[place % len(agencies)]
        self._place(person, group)
        return person

    def _place(self, person: Person, group: PersonnelGroup) -> None:
        """Give the person a position that fits the group."""
        draw = self._random
        if group == PersonnelGroup.STATE_ENTERPRISE:
            person.position = draw.choice(_ENTERPRISE_POSITIONS)
        elif group == PersonnelGroup.CIVIL_SERVANT and self._levels:
            kind = draw.choices(list(_TYPE_WEIGHTS), list(_TYPE_WEIGHTS.values()))[0]
            person.position_level = draw.choice(self._levels[kind])
            person.position_type = person.position_level.position_type
            person.position = draw.choice(_POSITIONS[kind])
        else:
            kinds = _OFFICERS if group == PersonnelGroup.STATE_OFFICER else _OFFICIALS
            person.personnel_kind = draw.choice(list(kinds))
            person.position = kinds[PersonnelKind(person.personnel_kind)]
