"""Fill a database for tests of load."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from courses.catalogue.services.generating import add_courses
from enrollment.services.generating import add_enrolments, add_rounds, analyse
from learning.people.generate import add_people
from learning.people.models import Agency, Person
from learning.people.reference_data import load_reference_data


class Command(BaseCommand):
    """Parse the arguments, refuse a production database in use, and call the services."""

    help = (
        "Fill the database with synthetic persons, courses (a version with topics and units, two rounds), "
        "enrolments, registrations and progress. The same seed makes the same on an empty database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--persons", type=int, default=0, help="how many persons to add")
        parser.add_argument("--courses", type=int, default=0, help="how many courses to add")
        parser.add_argument("--enrolments", type=int, default=0, help="how many enrolments in these courses")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--yes", action="store_true", help="also into a production database with persons in it"
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: Any, **options: Any) -> None:
        asked = {name: options[name] for name in ("persons", "courses", "enrolments")}
        if min(asked.values()) < 0 or not any(asked.values()):
            raise CommandError("say how many: --persons, --courses and --enrolments are numbers above 0")
        if settings.PRODUCTION and not options["yes"] and Person.objects.exists():
            raise CommandError(
                "this is a production database with persons in it, and nobody tells synthetic ones from real "
                "ones afterwards. Nothing was made. Add --yes if this is what you want"
            )
        if asked["enrolments"] and not asked["courses"]:
            raise CommandError("--enrolments needs --courses: real courses get no synthetic learners")
        started, now, seed = time.monotonic(), timezone.now(), options["seed"]
        if not Agency.objects.exists():
            load_reference_data()
        add_people(asked["persons"], seed=seed, on_progress=self._progress("persons"))
        courses = add_courses(asked["courses"], seed=seed, now=now, on_progress=self._progress("courses"))
        add_rounds(courses, now=now)
        enrolments = add_enrolments(
            asked["enrolments"], courses, seed=seed, now=now, on_progress=self._progress("enrolments")
        )
        analyse()
        made = asked | {"enrolments": enrolments, "seconds": round(time.monotonic() - started, 1)}
        if options["format"] == "json":
            self.stdout.write(json.dumps(made))
        else:
            self.stdout.write(
                f"created {made['persons']:,} persons, {made['courses']:,} courses "
                f"and {enrolments:,} enrolments in {made['seconds']} s"
            )

    def _progress(self, what: str) -> Callable[[int], None] | None:
        if not self.stderr.isatty():
            return None

        def show(done: int) -> None:
            self.stderr.write(f"\r{done:,} {what} ", ending="")
            self.stderr.flush()

        return show
