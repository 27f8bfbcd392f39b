"""Remove statements that are past their time."""

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from learning.records.services.removal import remove_older


class Command(BaseCommand):
    """``manage.py lrs_remove_older --days 3650 --reason …`` prints what it removed as one JSON line."""

    help = (
        "Remove statements stored more than so many days ago, and leave a trace that says how many and why."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, required=True)
        parser.add_argument("--reason", required=True, help="the rule of retention that asks for it")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["days"] < 1:
            raise CommandError("--days must be at least 1")
        before = timezone.now() - timedelta(days=options["days"])
        trace = remove_older(before, reason=options["reason"])
        self.stdout.write(json.dumps({"removed": trace.statement_count, "before": before.isoformat()}))
