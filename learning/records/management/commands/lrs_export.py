"""Write statements as JSON lines."""

from argparse import ArgumentTypeError
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from learning.people.models import Person
from learning.records.services.explorer import exported, note_export
from learning.records.xapi.formats import read_timestamp
from learning.records.xapi.rules import Broken

_TOLD_EVERY = 500


def _moment(text: str) -> datetime:
    try:
        return read_timestamp(text)
    except Broken as broken:
        raise ArgumentTypeError("not a date and time, for example 2026-10-01T00:00:00+07:00") from broken


class Command(BaseCommand):
    """``manage.py lrs_export --since … > records.jsonl`` writes each statement as it goes out."""

    help = "Write statements as JSON lines to standard output: each as it goes out, oldest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=_moment, help="stored after this moment")
        parser.add_argument("--until", type=_moment, help="stored no later than this moment")
        parser.add_argument("--person", help="public ID of the only person of interest")

    def handle(self, *_args: Any, **options: Any) -> None:
        person = None
        if options["person"]:
            try:
                person = Person.objects.get(public_id=UUID(options["person"]))
            except (ValueError, Person.DoesNotExist) as error:
                raise CommandError("nobody has this public ID") from error
        note_export(person)
        # Where the lines themselves go to the terminal, they tell it.
        is_watched = self.stderr.isatty() and not self.stdout.isatty()
        lines = exported(person=person, since=options["since"], until=options["until"])
        for number, text in enumerate(lines, 1):
            self.stdout.write(text)
            if is_watched and number % _TOLD_EVERY == 0:
                self.stderr.write(f"\r{number:,}", ending="")
                self.stderr.flush()
