"""Load provinces, agencies, position types and levels."""

from typing import Any

from django.core.management.base import BaseCommand

from learning.people.reference_data import load_reference_data


class Command(BaseCommand):
    """Call the service and print the counts."""

    help = "Load provinces, agencies, position types and levels; safe to run again."

    def handle(self, *_args: Any, **_options: Any) -> None:
        for kind, count in load_reference_data().items():
            self.stdout.write(f"{kind}: {count}")
