"""Our signing keys and the keys of tools."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from courses.partners.errors import TokenRefused
from courses.partners.models import PlatformKey, Tool
from learning import outbound
from learning.outbound import Unreachable
from learning.people import audit, sealing
from learning.people.models import Person

ALGORITHM = "RS256"
# How long a key stays published after another took over: tools keep what they fetched for a while.
KEPT_FOR = timedelta(days=7)
_BITS = 2048
_PURPOSE = b"partners-platform-key"
_FETCHED_FOR_SECONDS = 600
_FETCH_SECONDS = 5
_LEFT_ALONE_SECONDS = 30
_LARGEST_KEY_SET = 64 * 1024
_OK = 200


def signing_key() -> RSAKey:
    """Return the key that signs now, made at first use."""
    newest = PlatformKey.objects.first() or rotate(actor=None)
    private = sealing.unseal_with(_seal(), newest.private_sealed)
    return RSAKey.import_key(private, {"kid": newest.kid, "use": "sig", "alg": ALGORITHM})


@transaction.atomic
def rotate(*, actor: Person | None) -> PlatformKey:
    """Make a new key that signs from now on; those before stay published for a week."""
    key = RSAKey.generate_key(_BITS)
    kid = key.thumbprint()
    sealed = sealing.seal_with(_seal(), key.as_pem(private=True))
    made = PlatformKey.objects.create(kid=kid, private_sealed=sealed)
    audit.record(actor, "partners.key_made", made, kid=kid)
    return made


def published() -> dict[str, Any]:
    """Return the public halves as a JSON Web Key Set (RFC 7517), the one that signs first."""
    signing_key()
    rows = list(PlatformKey.objects.all())
    keys = []
    for place, row in enumerate(rows):
        # It stopped signing when the next one, the row before it, was made.
        if place and rows[place - 1].created_at < timezone.now() - KEPT_FOR:
            break
        private = sealing.unseal_with(_seal(), row.private_sealed)
        key = RSAKey.import_key(private, {"kid": row.kid, "use": "sig", "alg": ALGORITHM})
        keys.append(key.as_dict(private=False))
    return {"keys": keys}


def _seal() -> bytes:
    return sealing.derive(settings.SECRET_KEY, _PURPOSE)


def keys_of(tool: Tool, *, anew: bool = False) -> KeySet:
    """Return the tool's public keys, fetched at most every ten minutes unless `anew`. Raises TokenRefused."""
    try:
        found: Any = _fetched(tool.jwks_url, anew=anew) if tool.jwks_url else tool.jwks or {}
        return KeySet.import_key_set(found)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TokenRefused("The tool's keys could not be read.") from error


def _fetched(address: str, *, anew: bool) -> Any:
    name = f"partners:jwks:{address}"
    text: str | None = None if anew else cache.get(name)
    if text is None:
        # Somebody who has the tool's id but no key could let us fetch, or wait, without end.
        if anew and not cache.add(f"{name}:anew", 1, _FETCH_SECONDS):
            raise TokenRefused("The tool's keys were fetched a moment ago.")
        if cache.get(f"{name}:failed"):
            raise TokenRefused("The tool's keys could not be fetched a moment ago.")
        try:
            answer = outbound.send("GET", address, headers={}, seconds=_FETCH_SECONDS)
        except Unreachable as error:
            cache.set(f"{name}:failed", 1, _LEFT_ALONE_SECONDS)
            raise TokenRefused("The tool's keys could not be fetched.") from error
        # A redirect is no answer: the address was registered, another was not.
        if answer.status != _OK or len(answer.body) > _LARGEST_KEY_SET:
            raise TokenRefused("The tool's keys could not be fetched.")
        text = answer.body.decode()
        cache.set(name, text, _FETCHED_FOR_SECONDS)
    return json.loads(text)


def absolute(path: str) -> str:
    """Return a path of ours as an address that tools can use."""
    return f"{settings.PUBLIC_ORIGIN}{path}"


def platform_name() -> str:
    """Return how tools call this installation."""
    return settings.OPERATOR_NAME or str(urlsplit(settings.PUBLIC_ORIGIN).hostname)
