"""Work out the results of a round."""

import json
import time
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from exams.registration.models import Round
from exams.results.services.concluding import conclude_round
from exams.results.services.roots import publish_root
from learning.errors import DomainError


class Command(BaseCommand):
    """Find the round, call the service, print the counts."""

    help = (
        "Close a round in which everybody has submitted, mark it, and work out its results; safe to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("round", type=int, help="number of the round")
        parser.add_argument("--processes", type=int, default=2, help="processes that mark (default 2)")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *_args: Any, **options: Any) -> None:
        found = Round.objects.filter(pk=options["round"]).first()
        if found is None:
            raise CommandError(f"There is no round {options['round']}.")
        began = time.perf_counter()
        try:
            done = conclude_round(found, now=timezone.now(), processes=max(1, options["processes"]))
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.message}") from error
        seconds = round(time.perf_counter() - began, 1)
        if options["format"] == "json":
            self.stdout.write(
                json.dumps(
                    asdict(done) | {"seconds": seconds, "root": publish_root(found, now=timezone.now()).root}
                )
            )
            return
        self.stdout.write(
            f"{done.candidates:,} results in {seconds} s; {done.unmarked:,} withheld, not marked."
        )
