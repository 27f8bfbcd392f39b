"""Check a receipt, with the database or without it."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management.base import BaseCommand, CommandError

from exams.registration.models import Placement
from exams.results.models import RoundRoot
from exams.results.services.roots import Proof, ReceiptFile, check, read_file
from exams.seat.keys import Receipt, is_genuine
from learning.errors import DomainError


class Command(BaseCommand):
    """Say whether a receipt is ours and under the published root; exit 1 when either is not so."""

    help = (
        "Check a receipt: its signature, and that it is under its round's published root. With --root "
        "nothing is asked of the database; with --public-key not even our own key is needed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the receipt as downloaded (JSON)")
        parser.add_argument("--root", help="the published root, 64 hex digits")
        parser.add_argument(
            "--proof", type=Path, help="the proof (JSON), where it is not in the receipt's file"
        )
        parser.add_argument("--public-key", help="the published key of receipts, 64 hex digits")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["proof"] and not options["root"]:
            raise CommandError("--proof proves nothing without --root.")
        try:
            taken = read_file(options["file"].read_bytes())
            receipt = taken.receipt
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.message}") from error
        signed = _is_signed(receipt, options["public_key"])
        included = _offline(taken, options) if options["root"] else _online(receipt)
        if options["format"] == "json":
            self.stdout.write(json.dumps({"signature": signed, "included": included}))
        else:
            self.stdout.write(f"Signature: {'genuine' if signed else 'NOT OURS'}")
            self.stdout.write(f"Under the root: {'yes' if included else 'NO'}")
        if not (signed and included):
            raise SystemExit(1)


def _is_signed(receipt: Receipt, public_key: str | None) -> bool:
    if public_key is None:
        return is_genuine(receipt)
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(receipt.signature), receipt.message())
    except (InvalidSignature, ValueError):
        return False
    return True


def _offline(taken: ReceiptFile, options: dict[str, Any]) -> bool:
    proof = taken.proof
    if options["proof"]:
        try:
            proof = msgspec.json.decode(options["proof"].read_bytes(), type=Proof)
        except OSError as error:
            raise CommandError(f"{options['proof']}: {error.strerror}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['proof']} is not a proof: {error}") from error
    if proof is None:
        raise CommandError("The receipt has no proof with it: name the file with --proof.")
    return proof.root == options["root"].strip().lower() and proof.holds_for(taken.receipt)


def _online(receipt: Receipt) -> bool:
    placement = Placement.objects.filter(sitting=receipt.sitting).first()
    root = RoundRoot.objects.filter(round=placement.round_id).first() if placement else None
    if root is None:
        raise CommandError("No root has been published for the round of this receipt.")
    return check(root, receipt).proof is not None
