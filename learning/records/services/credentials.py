"""Who may talk to the store: clients by key and secret, and one credential for each launch.

A secret is 256 random bits. A request that shows one is verified once and remembered for a minute, so that
most requests cost no query; revoking takes effect at once in this process and within that minute in others.
A launch that ended reads nothing in any of them (`refuse_over`), nor writes where an app has rules for it.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from learning.records.errors import Forbidden, Unauthorized
from learning.records.models import Client, Launch, Scope
from learning.records.xapi import agents
from learning.records.xapi.index import agent_key

_REMEMBERED_S = 60
_MOST_REMEMBERED = 20_000
# Keys of the platform's own clients begin so; nobody has a secret for them.
OWN = "platform:"
# How exactly it is known when a client was here last: a write for every request would be too many.
_NOTED_EVERY = timedelta(minutes=10)
_LAUNCHES = "launches"
_LAUNCH_SCOPES = frozenset({Scope.WRITE_STATEMENTS, Scope.READ_OWN_STATEMENTS, Scope.STATE, Scope.PROFILE})


class KeyAndSecret(NamedTuple):
    """What is shown once; the store keeps a hash of the secret."""

    key: str
    secret: str

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Credential:
    """Who a request comes from, and what it may do."""

    client_id: int
    scopes: frozenset[str]
    launch: Launch | None = None
    expires_at: datetime | None = None
    # The name under which `learning.records.launches` knows further rules of a client.
    rules: str = ""

    def may(self, *scopes: Scope) -> bool:
        """Say whether one of the scopes, or everything, is granted."""
        return Scope.ALL in self.scopes or any(scope in self.scopes for scope in scopes)

    def require(self, *scopes: Scope) -> None:
        """Raise Forbidden unless one of the scopes is granted."""
        if not self.may(*scopes):
            raise Forbidden(f"this credential is not for {' or '.join(scopes)}")

    @property
    def learner_key(self) -> str:
        """The key of the learner of a launch."""
        return agent_key(agents.identity(self.launch.actor)) if self.launch else ""


def _new() -> KeyAndSecret:
    return KeyAndSecret(secrets.token_hex(16), secrets.token_hex(32))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


# -- Clients --------------------------------------------------------------------------------------------
def create_client(name: str, scopes: list[str], *, rules: str = "") -> KeyAndSecret:
    """Create a client and return its key and secret, which cannot be shown again.

    `rules` names what was registered with `launches.add_client_rules`.
    """
    new = _new()
    authority = {
        "objectType": "Agent",
        "name": name,
        "account": {"homePage": settings.PUBLIC_ORIGIN, "name": f"client:{new.key}"},
    }
    Client.objects.create(
        name=name,
        key=new.key,
        secret_sha256=_hash(new.secret),
        scopes=scopes,
        rules=rules,
        authority=json.dumps(authority, ensure_ascii=False),
    )
    return new


def revoke_client(client: Client) -> None:
    """Let a client in no more; what it has written stays."""
    client.revoked_at = timezone.now()
    client.save(update_fields=["revoked_at"])
    forget()


def own_client(name: str) -> Client:
    """Return one of the platform's own clients, which nobody can sign in as."""
    authority = {
        "objectType": "Agent",
        "name": name,
        "account": {"homePage": settings.PUBLIC_ORIGIN, "name": f"{OWN}{name}"},
    }
    client, _created = Client.objects.get_or_create(
        name=f"{OWN}{name}",
        defaults={
            "key": f"{OWN}{name}",
            "secret_sha256": b"",
            "scopes": [Scope.WRITE_STATEMENTS],
            "authority": json.dumps(authority, ensure_ascii=False),
        },
    )
    return client


# -- Launches -------------------------------------------------------------------------------------------
def issue_launch_credential(
    *,
    actor: dict[str, Any],
    activity: str,
    registration: UUID | None,
    lifetime: timedelta,
    prefixes: tuple[str, ...] = (),
    rules: str = "",
    reference: str = "",
) -> tuple[Launch, KeyAndSecret]:
    """Return a launch and its credential, for one learner, one activity and one registration.

    `actor` is an xAPI agent with one identifier (`services.actors.actor_of`). `prefixes` are activity ids
    that belong to the launch besides `activity`, each with everything below it (after a "/", "#" or "?"); as
    publishers write them, they reach nothing that the platform itself has named. `rules` names what was
    registered with `launches.add_launch_rules`.
    """
    agents.agent(actor)
    new = _new()
    launch = Launch.objects.create(
        client=own_client(_LAUNCHES),
        key=new.key,
        secret_sha256=_hash(new.secret),
        actor=actor,
        activity=activity,
        prefixes=list(prefixes),
        registration=registration,
        rules=rules,
        reference=reference,
        expires_at=timezone.now() + lifetime,
    )
    return launch, new


def extend_launch(launch: Launch, lifetime: timedelta) -> None:
    """Let a launch go on for `lifetime` from now."""
    launch.expires_at = timezone.now() + lifetime
    launch.save(update_fields=["expires_at"])
    forget()


def revoke_launch(launch: Launch) -> None:
    """End a launch: its credential is worth nothing from now on."""
    launch.revoked_at = timezone.now()
    launch.save(update_fields=["revoked_at"])
    forget()


def refuse_over(launch: Launch) -> None:
    """Raise Unauthorized for a launch that has ended, in whatever process; nothing is remembered here."""
    if not Launch.objects.filter(pk=launch.pk, revoked_at=None, expires_at__gt=timezone.now()).exists():
        raise Unauthorized("this key and secret are not known, or no longer")


# -- Requests -------------------------------------------------------------------------------------------
# SHA-256 of the header → who it is, and until when we believe it without asking, by the steady clock.
_remembered: dict[bytes, tuple[Credential, float]] = {}


def forget() -> None:
    """Ask the database again about everybody."""
    _remembered.clear()


def remembered(authorization: str) -> Credential | None:
    """Return who shows this Authorization header, if that is known without asking the database."""
    found = _remembered.get(_fingerprint(authorization))
    if found is None:
        return None
    credential, until = found
    if until < time.monotonic() or _is_over(credential):
        return None
    return credential


def authenticate(authorization: str) -> Credential:
    """Return who shows this Authorization header. Raises Unauthorized."""
    if (known := remembered(authorization)) is not None:
        return known
    key, secret = _read_basic(authorization)
    credential = _client_credential(key, secret) or _launch_credential(key, secret)
    if credential is None or _is_over(credential):
        raise Unauthorized("this key and secret are not known, or no longer")
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[_fingerprint(authorization)] = credential, time.monotonic() + _REMEMBERED_S
    return credential


def _fingerprint(authorization: str) -> bytes:
    # So that no secret lies in memory longer than its request.
    return hashlib.sha256(authorization.encode("utf-8", "replace")).digest()


def _is_over(credential: Credential) -> bool:
    return credential.expires_at is not None and credential.expires_at <= timezone.now()


def _read_basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise Unauthorized("a key and secret are needed (HTTP Basic)")
    try:
        key, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unauthorized("the Authorization header cannot be read") from error
    if not colon or "\0" in key:
        raise Unauthorized("the Authorization header cannot be read")
    return key, secret


def _client_credential(key: str, secret: str) -> Credential | None:
    client = Client.objects.filter(key=key, revoked_at=None).first()
    if client is None or not hmac.compare_digest(bytes(client.secret_sha256), _hash(secret)):
        return None
    now = timezone.now()
    if client.last_used_at is None or client.last_used_at < now - _NOTED_EVERY:
        Client.objects.filter(pk=client.pk).update(last_used_at=now)
    return Credential(client.pk, frozenset(client.scopes), rules=client.rules)


def _launch_credential(key: str, secret: str) -> Credential | None:
    launch = Launch.objects.filter(key=key, revoked_at=None).first()
    if launch is None or not hmac.compare_digest(bytes(launch.secret_sha256), _hash(secret)):
        return None
    return Credential(launch.client_id, _LAUNCH_SCOPES, launch, launch.expires_at)
