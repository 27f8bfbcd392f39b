"""Access tokens for tools: OAuth 2 client credentials, the client shown by a signed JWT (RFC 7523)."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.urls import reverse
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jws import extract_compact

from courses.partners import lti
from courses.partners.errors import TokenRefused
from courses.partners.models import Tool
from courses.partners.services import keys

LASTS_SECONDS = 3600
# A client may state an earlier beginning and its clock may be off; a JWT good for days is refused.
_LEEWAY_SECONDS = 60
_LONGEST_SECONDS = 3600
_SALT = "courses.partners.token"
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"]


class UnsupportedGrant(TokenRefused):
    """Another way to get a token than the one of LTI."""

    code = "unsupported_grant_type"
    message = "grant_type must be client_credentials."


class InvalidScope(TokenRefused):
    """None of the scopes is one of ours."""

    code = "invalid_scope"
    message = "None of the scopes is known."


def issue(asked: Mapping[str, str], *, now: int) -> dict[str, Any]:
    """Return the answer to a token request (RFC 6749 5.1). Raises TokenRefused."""
    if asked.get("grant_type") != "client_credentials":
        raise UnsupportedGrant
    if asked.get("client_assertion_type") != lti.ASSERTION:
        raise TokenRefused
    tool = _verified(asked.get("client_assertion", ""), now=now)
    scopes = [scope for scope in asked.get("scope", "").split() if scope in lti.SCOPES]
    if not scopes:
        raise InvalidScope
    token = signing.dumps([tool.pk, scopes], salt=_SALT)
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": LASTS_SECONDS,
        "scope": " ".join(scopes),
    }


def tool_of(authorisation: str, scope: str) -> Tool | None:
    """Return the tool whose Bearer token this is, if it may do what `scope` names and is in use."""
    kind, _blank, token = authorisation.partition(" ")
    if kind.lower() != "bearer":
        return None
    try:
        pk, scopes = signing.loads(token.strip(), salt=_SALT, max_age=LASTS_SECONDS)
    except signing.BadSignature:
        return None
    return Tool.objects.filter(pk=pk, is_active=True).first() if scope in scopes else None


def _verified(assertion: str, *, now: int) -> Tool:
    """Return the tool that signed. Raises TokenRefused."""
    tool = _claimed(assertion)
    claims = _decode(assertion, tool)
    here = settings.PUBLIC_ORIGIN, keys.absolute(reverse("partners:token"))
    registry = jwt.JWTClaimsRegistry(
        now=now,
        leeway=_LEEWAY_SECONDS,
        iss={"essential": True, "value": str(tool.client_id)},
        sub={"essential": True, "value": str(tool.client_id)},
        aud={"essential": True, "values": list(here)},
        exp={"essential": True},
        jti={"essential": True},
    )
    try:
        registry.validate(claims)
    except JoseError as error:
        raise TokenRefused(f"The client assertion was refused: {error}") from error
    if claims["exp"] > now + _LONGEST_SECONDS + _LEEWAY_SECONDS:
        raise TokenRefused("The client assertion is good for more than an hour.")
    jti = sha256(f"{tool.pk}:{claims['jti']}".encode()).hexdigest()
    if not cache.add(f"partners:jti:{jti}", 1, _LONGEST_SECONDS + 2 * _LEEWAY_SECONDS):
        raise TokenRefused("The client assertion was used before.")
    return tool


def _claimed(assertion: str) -> Tool:
    """Return the tool that the assertion says it is of; nothing is believed yet."""
    try:
        claims = json.loads(extract_compact(assertion.encode()).payload)
        issuer = UUID(str(claims["iss"]))
        return Tool.objects.get(client_id=issuer, is_active=True)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError, Tool.DoesNotExist):
        raise TokenRefused from None


def _decode(assertion: str, tool: Tool) -> dict[str, Any]:
    try:
        return jwt.decode(assertion, keys.keys_of(tool), algorithms=_ALGORITHMS).claims
    except InvalidKeyIdError as error:
        if not tool.jwks_url:
            raise TokenRefused("The tool has no such key.") from error
    except (JoseError, ValueError) as error:
        raise TokenRefused from error
    # The tool may have changed its keys since they were fetched.
    try:
        return jwt.decode(assertion, keys.keys_of(tool, anew=True), algorithms=_ALGORITHMS).claims
    except (JoseError, ValueError) as error:
        raise TokenRefused("The tool has no such key.") from error
