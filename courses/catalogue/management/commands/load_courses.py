"""Load courses from files."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from courses.catalogue import lesson_files
from courses.catalogue.services.loading import load_folder
from learning.people.models import Person


class Command(BaseCommand):
    """Call the service, print what it did and what was wrong."""

    help = (
        "Load courses from a folder: lists (*.csv, one course a row), lessons/<code>/course.toml and "
        "curricula.toml. Safe to run again; ends with status 1 where something was wrong, the rest is loaded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--folder", type=Path, default=lesson_files.DATA, help="default: the courses of the platform"
        )
        parser.add_argument("--owner", default="", help="code of the agency of lessons that no list names")
        parser.add_argument("--actor", default="", help="national ID or e-mail of who loads them")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not options["folder"].is_dir():
            raise CommandError(f"{options['folder']} is no folder")
        actor = Person.objects.by_login(options["actor"]).first() if options["actor"] else None
        if options["actor"] and actor is None:
            raise CommandError(f"No person signs in with {options['actor']}")
        loaded = load_folder(options["folder"], owner_code=options["owner"], actor=actor)
        if options["format"] == "json":
            self.stdout.write(json.dumps(asdict(loaded), default=str, ensure_ascii=False))
        else:
            self.stdout.write(
                f"{loaded.created} created, {loaded.changed} changed, {loaded.unchanged} unchanged, "
                f"{loaded.left_alone} left alone, {loaded.curricula} curricula"
            )
            for fault in loaded.faults:
                row = f"row {fault.row}" if fault.row else ""
                where = ", ".join(filter(None, (fault.file, row, fault.column)))
                self.stderr.write(f"{where}: {fault.message}")
        if loaded.faults:
            raise SystemExit(1)
