"""Prove that sealed papers open, before somebody needs them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exams.papers import services
from exams.papers.models import Envelope
from learning.errors import DomainError


class Command(BaseCommand):
    """Check every envelope; the exit code says whether all is well."""

    help = "Open every sealed paper from its file and compare it with its form. Prints no key and no paper."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("envelopes", nargs="*", type=int, help="numbers of envelopes; all without any")
        parser.add_argument(
            "--restore", action="store_true", help="first write missing and damaged files again"
        )
        parser.add_argument(
            "--rebuild",
            action="store_true",
            help="also draw every paper again from its recorded seed, and compare it with the sealed one",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        envelopes = Envelope.objects.order_by("pk")
        if wanted := set(options["envelopes"]):
            envelopes = envelopes.filter(pk__in=wanted)
            if missing := wanted - set(envelopes.values_list("pk", flat=True)):
                raise CommandError(f"No such envelope: {', '.join(map(str, sorted(missing)))}")
        failed = 0
        for envelope in envelopes:
            try:
                restored = services.restore_bundles(envelope) if options["restore"] else 0
                services.check_envelope(envelope)
                drawn, by_hand = services.rebuild_forms(envelope) if options["rebuild"] else (0, 0)
            except DomainError as error:
                failed += 1
                self.stderr.write(f"{envelope.pk} {envelope.title}: {error}")
            else:
                note = f", {restored} written again" if restored else ""
                note += f", {drawn} drawn again and the same" if drawn else ""
                note += f", {by_hand} set by hand" if by_hand else ""
                self.stdout.write(
                    f"{envelope.pk} {envelope.title}: {envelope.papers.count()} papers open{note}"
                )
        if failed:
            raise CommandError(f"{failed} envelopes are not in order")
