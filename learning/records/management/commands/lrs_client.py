"""Create a client of the record store."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from learning.records.models import Client, Scope
from learning.records.services import clients


class Command(BaseCommand):
    """``manage.py lrs_client NAME --scope all`` prints the key and secret once, as one JSON line."""

    help = "Create a client of the record store and print its key and secret, which cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who it is for; statements carry it as their authority")
        parser.add_argument(
            "--scope", action="append", choices=Scope.values, help="what it may do; may be given again"
        )
        parser.add_argument("--revoke", action="store_true", help="let the client in no more, instead")

    def handle(self, *_args: Any, **options: Any) -> None:
        existing = Client.objects.filter(name=options["name"]).first()
        if options["revoke"]:
            if existing is None:
                raise CommandError(f"there is no client {options['name']}")
            clients.revoke(existing, actor=None)
            self.stdout.write(json.dumps({"revoked": existing.key}))
            return
        if existing is not None:
            raise CommandError(f"there is a client {options['name']} already")
        if not options["scope"]:
            raise CommandError("say with --scope what the client may do")
        new = clients.make(options["name"], options["scope"], actor=None)
        self.stdout.write(json.dumps(new._asdict()))
