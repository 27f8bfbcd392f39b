"""Measure how long it takes to enter and place the candidates of a round, in a throw-away test database."""

import os
import time
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from exams.registration import demo  # noqa: E402
from exams.registration.models import Level  # noqa: E402
from exams.registration.services import papers, placing, rounds, venues  # noqa: E402
from exams.registration.services.candidates import Entry, add_candidates  # noqa: E402
from exams.registration.services.rounds import Plan  # noqa: E402
from learning.people.models import Person, Province  # noqa: E402
from tools import benching  # noqa: E402

ROWS, COLUMNS, ROOMS_PER_CENTRE = 6, 10, 50


def _people(count: int) -> list[int]:
    """Make persons without identity numbers, which would take most of the time and are not measured."""
    persons = (
        Person(
            first_name=f"ผู้สมัคร{n}",
            last_name="ทดสอบ",
            birth_year=2000,
            national_id_sealed=b"",
            national_id_index=f"{n:064}",
        )
        for n in range(count)
    )
    return [person.pk for person in Person.objects.bulk_create(persons, batch_size=5000)]


def measure(count: int) -> dict[str, float]:
    """Return the seconds that each step took; the round stays in the database."""
    demo.load()
    now = timezone.now()
    plan = Plan("รอบวัดความเร็ว", now + timedelta(hours=1), now + timedelta(hours=2))
    round_ = rounds.create_round(demo.CODE, plan, actor=None)
    rooms = []
    for number in range(-(-count // (ROWS * COLUMNS * ROOMS_PER_CENTRE))):
        centre = venues.create_centre(
            f"B{number}", f"ศูนย์ {number}", province=Province.objects.all()[number % 77], actor=None
        )
        names = [f"ห้อง {room:03}" for room in range(ROOMS_PER_CENTRE)]
        rooms += venues.create_rooms(centre, names, rows=ROWS, columns=COLUMNS, actor=None)
    venues.use_rooms(round_, rooms, actor=None)
    people = _people(count)
    seconds = {}

    def lap(name: str, start: float) -> None:
        seconds[name] = round(time.perf_counter() - start, 1)

    start = time.perf_counter()
    add_candidates(round_, (Entry(person, Level.BACHELOR) for person in people), actor=None)
    lap("enter", start)
    start = time.perf_counter()
    papers.make_papers(round_, count=24, actor=None)
    lap("papers", start)
    start = time.perf_counter()
    placing.place_candidates(round_, actor=None)
    lap("place", start)
    return seconds


if __name__ == "__main__":
    benching.measure_in_test_database(measure, "placing", of="candidates", purpose=__doc__)
