"""Write the evidence of one sitting for an appeal."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from exams.seat import evidence
from exams.seat.models import Sitting


class Command(BaseCommand):
    """`manage.py sitting_evidence 4711`."""

    help = "Write journal, chain check, paper, clock events and receipt of a sitting into a signed archive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sitting", type=int, help="number of the sitting, as on its receipt")
        parser.add_argument("--output", type=Path, help="the archive; sitting-<number>.zip without it")

    def handle(self, *, sitting: int, output: Path | None, **_options: Any) -> None:
        found = Sitting.objects.select_related("form").filter(pk=sitting).first()
        if found is None:
            raise CommandError(f"There is no sitting {sitting}.")
        files = evidence.collect(found, now=timezone.now())
        path = output or Path(f"sitting-{sitting}.zip")
        try:
            with path.open("xb") as archive:
                archive.write(evidence.archive(files))
        except OSError as error:
            raise CommandError(f"Cannot write {path}: {error.strerror}") from error
        self.stdout.write(f"{path}: {len(files)} files")
        self.stdout.write(files["chain.json"].decode())
