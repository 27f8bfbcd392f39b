"""Measure enrolling many at once and weighing all of them, in a throw-away test database."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from courses.catalogue.models import CompletionRule, Course, CourseVersion, Unit  # noqa: E402
from courses.catalogue.services import courses, versions  # noqa: E402
from courses.catalogue.services.versions import TopicPlan, UnitPlan  # noqa: E402
from courses.player.models import Registration, UnitProgress, UnitStatus  # noqa: E402
from enrollment.models import Enrolment  # noqa: E402
from enrollment.services import completion, enrolments, rounds  # noqa: E402
from learning.people import national_id  # noqa: E402
from learning.people.models import Agency, AgencyLevel, Person  # noqa: E402
from tools import benching  # noqa: E402

UNITS, LIST = 6, 10_000


def _people(count: int) -> list[int]:
    """Make persons whose sealed number can be opened, since a certificate shows it masked."""
    first_twelve = "110000000001"
    sealed = national_id.seal(first_twelve + national_id.check_digit(first_twelve))
    persons = (
        Person(
            title="นาย",
            first_name=f"ผู้เรียน{number}",
            last_name="ทดสอบ",
            birth_year=2000,
            national_id_sealed=sealed,
            national_id_index=f"{number:064}",
        )
        for number in range(count)
    )
    return [person.pk for person in Person.objects.bulk_create(persons, batch_size=5000)]


def _course() -> Course:
    owner = Agency.objects.create(code="B01", name_th="กระทรวงวัดความเร็ว", level=AgencyLevel.MINISTRY)
    names = {"name_th": "รายวิชาวัดความเร็ว", "objective_th": "วัดความเร็ว"}
    fields = names | {"owner": owner, "category": "KD", "hours": 3}
    course = courses.create_course("KD999", fields, actor=None)
    version = versions.start_version(course, author=None)
    units = tuple(UnitPlan("text", f"บทที่ {number}", "# อ่าน") for number in range(UNITS))
    versions.write_outline(version, [TopicPlan("เนื้อหา", 60, units=units)], actor=None)
    versions.approve_loaded(version, actor=None)
    versions.publish(version, actor=None, now=timezone.now())
    return course


def _learn(version: CourseVersion) -> None:
    """Let everybody complete every unit in two minutes."""
    units = list(Unit.objects.filter(topic__version=version))
    now = timezone.now()
    keys = Registration.objects.values_list("pk", flat=True)
    for start in range(0, len(keys), 5000):
        UnitProgress.objects.bulk_create(
            UnitProgress(
                registration_id=key,
                unit=unit,
                status=UnitStatus.COMPLETED,
                is_done=True,
                seconds=120,
                completed_at=now,
            )
            for key in keys[start : start + 5000]
            for unit in units
        )


def measure(count: int) -> dict[str, float]:
    """Return the seconds that each step took."""
    seconds: dict[str, float] = {}

    @contextmanager
    def lap(name: str) -> Iterator[None]:
        print(f"{name} …", file=sys.stderr)
        start = time.perf_counter()
        yield
        seconds[name] = round(time.perf_counter() - start, 2)

    course = _course()
    round_ = rounds.open_to_all(course, actor=None, now=timezone.now())
    people = _people(count)
    officer = Person.objects.get(pk=people[0])
    with lap(f"enrol {min(LIST, count):,}"):
        enrolments.enrol_many(round_, people[:LIST], actor=officer, now=timezone.now())
    for start in range(LIST, count, LIST):
        enrolments.enrol_many(round_, people[start : start + LIST], actor=officer, now=timezone.now())
    version = CourseVersion.objects.get()
    _learn(version)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    rule = CompletionRule.objects.create(version=version, min_minutes=UNITS * 2 + 1)
    with lap("weigh all, nobody complete"):
        completion.weigh_version(version, now=timezone.now())
    rule.min_minutes = UNITS * 2
    rule.save()
    with lap("weigh all, everybody complete, with certificates"):
        completion.weigh_version(version, now=timezone.now())
    assert Enrolment.objects.exclude(certificate=None).count() == count
    with lap("weigh all, everybody completed before"):
        completion.weigh_version(version, now=timezone.now())
    return seconds


if __name__ == "__main__":
    benching.measure_in_test_database(measure, "completion", of="enrolments", purpose=__doc__)
