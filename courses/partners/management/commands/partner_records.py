"""Let a partner report completions by learning records."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from courses.catalogue.models import Course
from courses.partners.services import records
from learning.errors import DomainError
from learning.records.models import Client


class Command(BaseCommand):
    """``manage.py partner_records NAME --course KD55=https://…`` prints the key and secret once, as JSON."""

    help = "Let a partner report completions of its courses by xAPI; for a new one print key and secret."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the partner; its statements carry it as their authority")
        parser.add_argument(
            "--course",
            action="append",
            default=[],
            metavar="CODE=ACTIVITY",
            help="a course, and the id that the partner gives its activity; may be given again",
        )
        parser.add_argument("--revoke", action="store_true", help="let the partner in no more, instead")

    @transaction.atomic
    def handle(self, *_args: Any, **options: Any) -> None:
        client = Client.objects.filter(name=options["name"]).first()
        if client is not None and client.rules != records.RULES:
            raise CommandError(f"{client.name} is a client of another kind")
        if options["revoke"]:
            if client is None:
                raise CommandError(f"there is no partner {options['name']}")
            records.shut_out(client, actor=None)
            self.stdout.write(json.dumps({"revoked": client.key}))
            return
        said: dict[str, Any] = {}
        if client is None:
            secret = records.let_in(options["name"], actor=None)
            client = Client.objects.get(key=secret.key)
            said = secret._asdict()
        for pair in options["course"]:
            code, equals, activity = pair.partition("=")
            course = Course.objects.filter(code=code).first()
            if course is None or not equals or ":" not in activity:
                raise CommandError(f"{pair} is no course and activity: write CODE=https://…")
            try:
                records.connect(client, course, activity, actor=None)
            except DomainError as error:
                raise CommandError(f"{code}: {error.message}") from error
        self.stdout.write(json.dumps(said | {"courses": options["course"]}, ensure_ascii=False))
