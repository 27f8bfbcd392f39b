"""Make synthetic persons."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learning.people.generate import generate_people
from learning.people.models import Agency


class Command(BaseCommand):
    """Parse the arguments and call the service."""

    help = "Make synthetic persons with Thai names and valid check digits, for demonstrations and load."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", type=int, required=True, help="how many persons to add")
        parser.add_argument(
            "--agency", action="append", default=[], metavar="CODE", help="only here; repeatable"
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same persons")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["count"] < 1:
            raise CommandError("--count must be at least 1")
        agencies = list(Agency.objects.filter(code__in=options["agency"]))
        if unknown := set(options["agency"]) - {agency.code for agency in agencies}:
            raise CommandError(f"no agency has the code {', '.join(sorted(unknown))}")
        started = time.monotonic()
        made = generate_people(
            options["count"],
            seed=options["seed"],
            agencies=agencies or None,
            on_progress=self._progress if self.stderr.isatty() else None,
        )
        seconds = time.monotonic() - started
        if options["format"] == "json":
            self.stdout.write(json.dumps({"created": len(made), "seconds": round(seconds, 2)}))
        else:
            self.stdout.write(f"created {len(made):,} persons in {seconds:.1f} s")

    def _progress(self, done: int) -> None:
        self.stderr.write(f"\r{done:,}", ending="")
        self.stderr.flush()
