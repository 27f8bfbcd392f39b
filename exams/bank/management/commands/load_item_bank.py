"""Load an item bank that comes with the platform."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exams.bank.loading import load_bank_data
from learning.errors import DomainError
from learning.people.models import Person


class Command(BaseCommand):
    """Find the persons, call the service, print the counts."""

    help = "Load an item bank that comes with the platform, as approved items; safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="code of the bank, for example oia")
        parser.add_argument("--author", required=True, help="national ID or e-mail of the items' author")
        parser.add_argument(
            "--reviewer", required=True, help="national ID or e-mail of who reviewed and approved them"
        )
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            loaded = load_bank_data(
                options["code"],
                author=_person(options["author"]),
                reviewer=_person(options["reviewer"]),
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps(asdict(loaded)))
        else:
            self.stdout.write(
                f"{loaded.created} created, {loaded.revised} revised, {loaded.unchanged} unchanged"
            )


def _person(login: str) -> Person:
    person = Person.objects.by_login(login).first()
    if person is None:
        raise CommandError(f"No person signs in with {login}")
    return person
