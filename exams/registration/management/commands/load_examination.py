"""Load the rules of an examination that come with the platform."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exams.registration.errors import ExaminationInUse, UnknownExaminationData
from exams.registration.services.examinations import DATA, item_counts, load_examination


class Command(BaseCommand):
    """`manage.py load_examination ka-2569`."""

    help = "Load an examination's rules from a dated data file; its item banks must be loaded before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = ", ".join(sorted(path.stem for path in DATA.glob("*.json")))
        parser.add_argument("name", help=f"name of the data file: {names}")

    def handle(self, *, name: str, **options: Any) -> None:  # noqa: ARG002
        try:
            loaded = load_examination(name)
        except (UnknownExaminationData, ExaminationInUse) as error:
            raise CommandError(str(error)) from error
        items = " + ".join(str(count) for count in item_counts(loaded).values())
        self.stdout.write(f"{loaded.name_th}, {loaded.effective_from}: {items} items")
