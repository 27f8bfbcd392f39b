"""Credentials as administrators see them: made, shown once, revoked, each time noted in the audit log."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from learning.people import audit
from learning.people.models import Person
from learning.records.models import Client
from learning.records.services.credentials import OWN, KeyAndSecret, create_client, revoke_client


def listed() -> QuerySet[Client]:
    """Return the clients of others, those in use first; nobody signs in as one of the platform's own."""
    found = Client.objects.exclude(key__startswith=OWN)
    return found.order_by(F("revoked_at").desc(nulls_first=True), "name")


def endpoint() -> str:
    """Return the address that clients are told."""
    return f"{settings.PUBLIC_ORIGIN}/xapi/"


@transaction.atomic
def make(name: str, scopes: Iterable[str], *, actor: Person | None) -> KeyAndSecret:
    """Make a client and return its key and secret, which cannot be shown again.

    `actor` is None for whoever works at the command line of the server.
    """
    wanted = sorted(set(scopes))
    secret = create_client(name, wanted)
    made = Client.objects.get(key=secret.key)
    audit.record(actor, "records.client_made", made, name=name, scopes=wanted)
    return secret


@transaction.atomic
def revoke(client: Client, *, actor: Person | None) -> None:
    """Let a client in no more; what it has written stays."""
    revoke_client(client)
    audit.record(actor, "records.client_revoked", client, name=client.name)
