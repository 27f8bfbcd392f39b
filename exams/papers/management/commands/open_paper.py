"""Open a sealed paper from a file: for an appeal, or where a room is cut off."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from exams.papers import sealing, services
from learning.errors import DomainError


class Command(BaseCommand):
    """Read the file, open it with the code, print the paper."""

    help = "Open a sealed paper and print it as candidates saw it. The answer key is not in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the bundle, as downloaded or from the papers folder")
        parser.add_argument("--code", help="the paper key; asked for when it is not given")
        parser.add_argument(
            "--form",
            help="SHA-256 of the form, as on a candidate's receipt; looked up in the database without it",
        )
        parser.add_argument("--figures", type=Path, help="a folder to write the figures to, by their names")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"Cannot read {options['file']}: {error.strerror}") from error
        try:
            form = options["form"] or services.form_of_bundle(data)
            secret = sealing.parse_key(options["code"] or input("Paper key: "))
            contents = sealing.open_sealed(data, secret, form.lower())
        except services.NoSuchBundle as error:
            raise CommandError(
                "This file is none of the papers sealed here: it was altered, or comes from another system. "
                "To try it with a form named on a receipt, give --form."
            ) from error
        except DomainError as error:
            raise CommandError(str(error)) from error
        if options["figures"]:
            options["figures"].mkdir(parents=True, exist_ok=True)
            for name, url in contents.figures.items():
                (options["figures"] / _filename(name, url)).write_bytes(sealing.read_data_url(url))
        if options["format"] == "json":
            self.stdout.write(
                json.dumps(msgspec.to_builtins(contents), ensure_ascii=False, sort_keys=True, indent=2)
            )
        else:
            self._print(contents)

    def _print(self, contents: sealing.Contents) -> None:
        paper = contents.paper
        headings = {section.first: section.title for section in paper.sections}
        self.stdout.write(f"{paper.title}\n{contents.form}")
        for item in paper.items:
            if item.n in headings:
                self.stdout.write(f"\n{headings[item.n]}")
            self.stdout.write(f"\n{item.n}. {item.stem}")
            if item.figure:
                name = _filename(item.figure.sha256, contents.figures[item.figure.sha256])
                self.stdout.write(f"   [{name}] {item.figure.alt}")
            for number, option in enumerate(item.options, start=1):
                self.stdout.write(f"   {number}) {option}")


_ENDINGS = {"image/png": "png", "image/webp": "webp", "image/svg+xml": "svg"}


def _filename(name: str, url: str) -> str:
    media_type = url.removeprefix("data:").partition(";")[0]
    return f"{name[:16]}.{_ENDINGS.get(media_type, 'bin')}"
