"""Measure pages, and enrolling many, on as much as the portal holds: ``make bench-scale``.

339,883 persons, 5,000 courses and 3 million enrolments of ``manage.py generate`` in a throw-away database
on the PostgreSQL server that ``DATABASE_URL`` names; with ``--filled URL`` in one that was filled before,
which is kept. One server process on one core answers one client on another, who is signed in as the page
needs. Prints milliseconds from the request to the last byte, of the first request and of those after the
process is warm; beside them the milliseconds of CPU that the server took for one, which say what a page
costs even where other work wants the cores. Says which of the pages with a limit keep to it, and writes
``var/bench/scale.json``.
"""

import argparse
import http.client
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from tools import benching

PERSONS, COURSES, ENROLMENTS = 339_883, 5_000, 3_000_000
_WARM_UP, _REQUESTS = 10, 100
# At most so many milliseconds for 95 of 100 requests to these, one user at a time.
_LIMIT = 150
_LIMITED = ("catalogue", "my page", "course page", "agency dashboard", "figures of a course")
_WORDS = ("ข้อมูล", "กฎหมาย", "ภาษาอังกฤษ", "จริยธรรม", "โครงการ")
_MANY = 10_000


# -- In the processes that use the database -------------------------------------------------------------
def fill(persons: int, courses: int, enrolments: int) -> float:
    """Make the tables and fill them; return the seconds that the command took."""
    _start()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, stdout=sys.stderr)
    began = time.perf_counter()
    call_command(
        "generate", persons=persons, courses=courses, enrolments=enrolments, seed=1, stdout=sys.stderr
    )
    took = time.perf_counter() - began
    # The server does so by itself after a while; till then what was just written is read from the rows.
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return took


def plan() -> dict[str, Any]:
    """Bring the tables up to date; return how many rows there are, and the pages: name → (path, session)."""
    _start()
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from django.db.models import Count
    from django.urls import reverse

    from courses.catalogue.models import Course
    from enrollment.models import CourseRound, Enrolment
    from learning.people.models import Agency, Person, Role, RoleGrant

    def session(person: Person) -> str:
        store = SessionStore()
        store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(person.pk), settings.AUTHENTICATION_BACKENDS[-1]
        store[HASH_SESSION_KEY] = person.get_session_auth_hash()
        store.save()
        return str(store.session_key)

    call_command("migrate", verbosity=0, stdout=sys.stderr)
    popular = list(Course.objects.annotate(n=Count("enrolments")).order_by("-n")[:5])
    busiest = Enrolment.objects.values("person").annotate(n=Count("pk")).order_by("-n")[:5]
    learners = list(Person.objects.filter(pk__in=[row["person"] for row in busiest]))
    ministries = Agency.objects.filter(pk__in=[course.owner_id for course in popular])
    officer = Person.objects.exclude(agency=None).order_by("pk")[0]
    for ministry in ministries:
        RoleGrant.objects.get_or_create(person=officer, role=Role.AGENCY_OFFICER, agency=ministry)
    rounds = CourseRound.objects.filter(course__in=popular)
    index, my, mine = reverse("catalogue:index"), reverse("portal:my"), reverse("enrollment:mine")
    courses = [reverse("catalogue:course", args=[course.code]) for course in popular]

    def for_officer(name: str, keys: Iterable[object]) -> list[tuple[str, Person | None]]:
        return [(reverse(name, args=[key]), officer) for key in keys]

    pages: dict[str, list[tuple[str, Person | None]]] = {
        "catalogue": [(index, None), *((index, learner) for learner in learners)],
        "catalogue, a search": [(f"{index}?{urlencode({'q': word})}", None) for word in _WORDS],
        "course page": [(path, person) for path in courses for person in (None, *learners)],
        "my page": [(my, learner) for learner in learners],
        "my courses": [(mine, learner) for learner in learners],
        "agency dashboard": [(reverse("enrollment:courses"), officer)],
        "agency page": for_officer("portal:agency", [ministry.pk for ministry in ministries]),
        # As the page asks that says they are being counted.
        "figures of a course": [
            (f"{path}?count=1", person)
            for path, person in for_officer("enrollment:figures", [course.code for course in popular])
        ],
        "rounds of a course": for_officer("enrollment:rounds", [course.code for course in popular]),
        "a round": for_officer("enrollment:round", [each.pk for each in rounds]),
        "learners of a round": for_officer("enrollment:people", [each.pk for each in rounds]),
    }
    sessions = {person.pk: session(person) for person in (*learners, officer)}
    return {
        "rows": {model.__name__: model.objects.count() for model in (Person, Course, Enrolment)},
        "pages": {
            name: [(path, sessions[person.pk] if person else "") for path, person in asked]
            for name, asked in pages.items()
        },
    }


def enrol_many(count: int) -> float:
    """Check a list of persons and enrol them, as an officer does; return the seconds, and take all back."""
    _start()
    import io
    from datetime import timedelta

    from django.db import transaction
    from django.utils import timezone

    from courses.catalogue.models import Course, VersionStatus
    from enrollment.models import CourseRound
    from enrollment.services import rosters
    from learning.people.models import Person, Role, RoleGrant
    from learning.spreadsheets import write_table

    now = timezone.now()
    course = Course.objects.filter(versions__status=VersionStatus.PUBLISHED).order_by("-pk")[0]
    with transaction.atomic():
        officer = Person.objects.order_by("-pk")[0]
        RoleGrant.objects.create(person=officer, role=Role.ADMINISTRATOR)
        round_ = CourseRound.objects.create(
            course=course, name="วัดความเร็ว", registration_opens_at=now - timedelta(days=1)
        )
        free = Person.objects.exclude(enrolments__course=course).exclude(email="").order_by("pk")
        emails = [[email] for email in free.values_list("email", flat=True)[:count]]
        upload = io.BytesIO(write_table(["อีเมล"], emails, "csv"))
        began = time.perf_counter()
        check = rosters.check_file(round_, upload, "list.csv", actor=officer)
        entered = rosters.apply(round_, rosters.seal(round_, officer, check), actor=officer, now=now)
        seconds = time.perf_counter() - began
        if entered.enrolled != count:
            raise RuntimeError(f"{entered.enrolled} of {count} got a seat")
        transaction.set_rollback(True)
    return seconds


def _start() -> None:
    import django

    django.setup()


# -- In the process that measures -----------------------------------------------------------------------
class _Client:
    """Asks one page after another, as one person does."""

    def __init__(self, port: int, server: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self.server = server

    def ask(self, path: str, session: str) -> float:
        """Return the milliseconds until the last byte of a page."""
        headers = {"Host": "localhost"} | ({"Cookie": f"sessionid={session}"} if session else {})
        start = time.perf_counter()
        self.connection.request("GET", path, headers=headers)
        response = self.connection.getresponse()
        response.read()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path} answered {response.status}")
        return (time.perf_counter() - start) * 1000

    def time(self, pages: Sequence[tuple[str, str]]) -> dict[str, float]:
        """Ask paths and sessions in turn; return what the columns are called below."""
        first = self.ask(*pages[0])
        for page in (*pages, *pages)[:_WARM_UP]:
            self.ask(*page)
        worked = benching.cpu_seconds(self.server)
        took = sorted(self.ask(*page) for page in itertools.islice(itertools.cycle(pages), _REQUESTS))
        return {
            "first": first,
            "best": took[0],
            "median": took[len(took) // 2],
            "p95": took[int(len(took) * 0.95)],
            "slowest": took[-1],
            "CPU": (benching.cpu_seconds(self.server) - worked) / _REQUESTS * 1000,
        }


@contextmanager
def _filled(arguments: argparse.Namespace, folder: str) -> Iterator[tuple[str, float | None]]:
    """Yield the address of a filled database, and the seconds it took to fill where that was now."""
    if arguments.filled:
        yield arguments.filled, None
        return
    server = os.environ.get("DATABASE_URL", "")
    if not benching.is_postgres(server):
        sys.exit(
            "DATABASE_URL must name a PostgreSQL server: the figures are for as much as the portal holds"
        )
    with benching.throw_away_postgres(server, "bench_scale") as url:
        call = f"fill({arguments.persons}, {arguments.courses}, {arguments.enrolments})"
        yield url, benching.call_in(benching.environment_with(url, folder), "bench_scale", call)


def main() -> None:
    """Print the figures, and write them under ``var/bench/``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--persons", type=int, default=PERSONS)
    parser.add_argument("--courses", type=int, default=COURSES)
    parser.add_argument("--enrolments", type=int, default=ENROLMENTS)
    parser.add_argument("--filled", metavar="URL", help="a database that was filled before")
    arguments = parser.parse_args()
    benching.take_second_core()
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, _filled(arguments, folder) as (url, seconds):
        environment = benching.environment_with(url, folder) | {
            "STATICFILES_BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
            "SEAT_APP": "",
        }
        planned = benching.call_in(environment, "bench_scale", "plan()")
        with benching.served(["learning.asgi:application"], environment) as (port, pid):
            client = _Client(port, pid)
            for name, pages in planned["pages"].items():
                figures[name] = client.time(pages)
        many = benching.call_in(environment, "bench_scale", f"enrol_many({_MANY})")
    print(
        ", ".join(f"{count:,} {name}" for name, count in planned["rows"].items()),
        benching.machine(),
        sep="; ",
    )
    if seconds is not None:
        print(f"filled in {seconds:,.0f} s")
    print("".join([f"{'milliseconds':28}", *(f"{name:>10}" for name in figures["catalogue"])]))
    for name, row in figures.items():
        print(f"{name:28}" + "".join(f"{value:10.1f}" for value in row.values()))
    slow = [name for name in _LIMITED if figures[name]["p95"] > _LIMIT]
    print(f"p95 within {_LIMIT} ms: {', '.join(name for name in _LIMITED if name not in slow)}")
    print(f"p95 above {_LIMIT} ms: {', '.join(slow) or 'none'}")
    print(f"{_MANY:,} persons enrolled in {many:.1f} s")
    report = {"date": time.strftime("%Y-%m-%d"), "machine": benching.machine(), "rows": planned["rows"]}
    report |= {"filled_seconds": seconds, "pages": figures, "enrolled": _MANY, "enrolled_seconds": many}
    benching.write_report("scale", report)


if __name__ == "__main__":
    main()
