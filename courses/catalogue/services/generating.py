"""Make courses in any number, for tests of load: names put together from those of the demonstration.

The same seed gives the same courses; codes that exist are passed over, so that it can be run again.
"""

import csv
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count as counted
from itertools import product
from pathlib import Path
from typing import Any

from django.db import transaction

from courses.catalogue import listing
from courses.catalogue.contents import TestRole
from courses.catalogue.models import Course, CourseVersion, Topic, Unit, UnitKind, VersionStatus
from learning.bulk import batched
from learning.people.models import Agency, AgencyLevel

_DEMO = Path(__file__).parent.parent / "data" / "demo-courses.csv"
_BATCH = 500
_BEFORE = ("", "พื้นฐาน", "แนวปฏิบัติเรื่อง", "กรณีศึกษา", "ทบทวน", "การประยุกต์ใช้", "ก้าวทัน")
_AFTER = (
    "",
    " สำหรับผู้บริหาร",
    " สำหรับข้าราชการบรรจุใหม่",
    " ระดับกลาง",
    " ระดับสูง",
    " สำหรับส่วนภูมิภาค",
    " เชิงปฏิบัติการ",
)
_HOURS = ("1", "1.5", "2", "3", "3", "4", "6", "12")
_YEARS = 3


def add_courses(
    count: int, *, seed: int, now: datetime, on_progress: Callable[[int], None] | None = None
) -> list[int]:
    """Make `count` courses with a published version of two topics and three units each; return their keys."""
    draw = random.Random(f"course:{seed}")  # noqa: S311  synthetic data, not a secret
    keys: list[int] = []
    for batch in batched(_courses(count, draw, now), _BATCH):
        with transaction.atomic():
            made = Course.objects.bulk_create(batch)
            _teach(made, draw, now)
        keys += [course.pk for course in made]
        if on_progress:
            on_progress(len(keys))
    listing.touch()
    return keys


def _courses(count: int, draw: random.Random, now: datetime) -> Iterator[Course]:
    taken = set(Course.objects.values_list("code", flat=True))
    agencies = list(Agency.objects.filter(level=AgencyLevel.DEPARTMENT)) or list(Agency.objects.all())
    made = 0
    for number, (before, after, row) in enumerate(_names(draw), start=1):
        if made == count:
            return
        code = f"{row['category']}{number:05}"
        if code in taken:
            continue
        made += 1
        yield Course(
            code=code,
            name_th=f"{before}{row['name_th']}{after}",
            name_en=row["name_en"],
            owner=draw.choice(agencies),
            category=row["category"],
            objective_th=row["objective_th"],
            target_group=row["target_group_th"],
            keywords=row["keywords"],
            hours=Decimal(draw.choice(_HOURS)),
            created_at=now,
            updated_at=now,
        )


def _names(draw: random.Random) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield parts of a name: those of the demonstration alone first, then with words before and after."""
    with _DEMO.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    draw.shuffle(rows)
    for edition in counted(1):
        for before, after in product(_BEFORE, _AFTER):
            for row in rows:
                # "For executives, for executives" is nobody's course.
                if after and after.strip() in row["name_th"]:
                    continue
                yield before, after if edition == 1 else f"{after} ชุดที่ {edition}", row


def _teach(courses: list[Course], draw: random.Random, now: datetime) -> None:
    versions = CourseVersion.objects.bulk_create(
        CourseVersion(course=course, number=1, created_at=now) for course in courses
    )
    topics = Topic.objects.bulk_create(
        Topic(version=version, order=order, name_th=name, minutes=draw.choice((20, 30, 45, 60)))
        for version in versions
        for order, name in enumerate(("เนื้อหา", "วัดผลและประเมิน"), start=1)
    )
    lessons, measures = topics[::2], topics[1::2]
    Unit.objects.bulk_create(
        Unit(topic=topic, **fields)
        for lesson, measure in zip(lessons, measures, strict=True)
        for topic, fields in _units(lesson, measure)
    )
    for version in versions:
        version.status = VersionStatus.PUBLISHED
        version.published_at = now - timedelta(days=draw.randrange(_YEARS * 365))
    CourseVersion.objects.bulk_update(versions, ["status", "published_at"])


def _units(lesson: Topic, measure: Topic) -> Iterator[tuple[Topic, dict[str, Any]]]:
    yield lesson, {"order": 1, "kind": UnitKind.TEXT, "title": "บทเรียน", "body": "สาระสำคัญของบทเรียน"}
    question = {"stem": "ข้อใดถูกต้อง", "options": ["ข้อแรก", "ข้อที่สอง"], "key": 0}
    test = {"items": [question], "role": TestRole.POST, "pass_percent": 60}
    yield measure, {"order": 1, "kind": UnitKind.TEST, "title": "แบบทดสอบหลังเรียน", "content": test}
    survey = {"questions": [{"id": "q1", "text": "เนื้อหาตรงกับงาน"}]}
    yield measure, {"order": 2, "kind": UnitKind.SURVEY, "title": "แบบประเมินความพึงพอใจ", "content": survey}
