"""Measure pages, and enrolling many, on as much as the portal holds: ``make bench-scale``.

339,883 persons, 5,000 courses and 3 million enrolments of ``manage.py generate`` in a throw-away database
on the PostgreSQL server that ``DATABASE_URL`` names; with ``--filled URL`` in one that was filled before,
which is kept. One server process on one core answers one client on another, who is signed in as the page
needs. Prints milliseconds from the request to the last byte and writes ``var/bench/scale.json``.
"""

import argparse
import http.client
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from tools import benching

PERSONS, COURSES, ENROLMENTS = 339_883, 5_000, 3_000_000
_REQUESTS = 60
_WORDS = ("ข้อมูล", "กฎหมาย", "ภาษาอังกฤษ", "จริยธรรม", "โครงการ")
_MANY = 10_000


# -- In the processes that use the database -------------------------------------------------------------
def fill(persons: int, courses: int, enrolments: int) -> float:
    """Make the tables and fill them; return the seconds that the command took."""
    _start()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, stdout=sys.stderr)
    began = time.perf_counter()
    call_command(
        "generate", persons=persons, courses=courses, enrolments=enrolments, seed=1, stdout=sys.stderr
    )
    return time.perf_counter() - began


def plan() -> dict[str, Any]:
    """Return how many rows there are, and the pages to ask: name → paths and the session of who asks."""
    _start()
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
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

    popular = list(Course.objects.annotate(n=Count("enrolments")).order_by("-n")[:5])
    busiest = Enrolment.objects.values("person").annotate(n=Count("pk")).order_by("-n")[:3]
    learners = list(Person.objects.filter(pk__in=[row["person"] for row in busiest]))
    ministry = Agency.objects.get(pk=popular[0].owner_id)
    officer = Person.objects.exclude(agency=None).order_by("pk")[0]
    RoleGrant.objects.get_or_create(person=officer, role=Role.AGENCY_OFFICER, agency=ministry)
    rounds = list(CourseRound.objects.filter(course=popular[0]))
    pages = {
        "catalogue": (None, [reverse("catalogue:index")]),
        "catalogue, a search": (
            None,
            [f"{reverse('catalogue:index')}?{urlencode({'q': word})}" for word in _WORDS],
        ),
        "catalogue, signed in": (learners[0], [reverse("catalogue:index")]),
        "course page": (None, [reverse("catalogue:course", args=[course.code]) for course in popular]),
        "course page, signed in": (
            learners[0],
            [reverse("catalogue:course", args=[course.code]) for course in popular],
        ),
        "my page": (learners[0], [reverse("portal:my")]),
        "my courses": (learners[1], [reverse("enrollment:mine")]),
        "agency page": (officer, [reverse("portal:agency", args=[ministry.pk])]),
        "agency dashboard": (officer, [reverse("enrollment:courses")]),
        "figures of a course": (officer, [reverse("enrollment:figures", args=[popular[0].code])]),
        "rounds of a course": (officer, [reverse("enrollment:rounds", args=[popular[0].code])]),
        "a round": (
            officer,
            [reverse("enrollment:round", args=[each.pk]) for each in rounds],
        ),
    }
    return {
        "rows": {model.__name__: model.objects.count() for model in (Person, Course, Enrolment)},
        "pages": {
            name: {"session": session(person) if person else "", "paths": paths}
            for name, (person, paths) in pages.items()
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

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

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

    def time(self, paths: Sequence[str], session: str) -> dict[str, float]:
        """Ask the paths in turn and return median, 95th percentile and the slowest."""
        for path in paths:
            self.ask(path, session)
        took = sorted(self.ask(path, session) for path in itertools.islice(itertools.cycle(paths), _REQUESTS))
        return {"median": took[len(took) // 2], "p95": took[int(len(took) * 0.95)], "slowest": took[-1]}


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
        with benching.served(["learning.asgi:application"], environment) as (port, _pid):
            client = _Client(port)
            for name, page in planned["pages"].items():
                figures[name] = client.time(page["paths"], page["session"])
        many = benching.call_in(environment, "bench_scale", f"enrol_many({_MANY})")
    print(
        ", ".join(f"{count:,} {name}" for name, count in planned["rows"].items()),
        benching.machine(),
        sep="; ",
    )
    if seconds is not None:
        print(f"filled in {seconds:,.0f} s")
    print(f"{'milliseconds':28}{'median':>10}{'p95':>10}{'slowest':>10}")
    for name, row in figures.items():
        print(f"{name:28}" + "".join(f"{value:10.1f}" for value in row.values()))
    print(f"{_MANY:,} persons enrolled in {many:.1f} s")
    report = {"date": time.strftime("%Y-%m-%d"), "machine": benching.machine(), "rows": planned["rows"]}
    report |= {"filled_seconds": seconds, "pages": figures, "enrolled": _MANY, "enrolled_seconds": many}
    benching.write_report("scale", report)


if __name__ == "__main__":
    main()
