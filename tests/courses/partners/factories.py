"""A partner: its tool with keys of its own, and a course that is opened through it."""

from __future__ import annotations

import time
from functools import cache
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.urls import reverse
from joserfc import jwt
from joserfc.jwk import RSAKey

from courses.partners import lti
from courses.partners.models import Placement, Tool, Visit
from courses.partners.services import subjects, tokens
from learning.people.models import Person
from tests.courses.catalogue.factories import make_external

LAUNCH = "https://tool.example/launch"


@cache
def tool_key(name: str = "one") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": f"tool-{name}"})


def make_tool(**fields: Any) -> Tool:
    values = {
        "name": "เครื่องมือทดสอบ",
        "login_url": "https://tool.example/login",
        "redirect_uris": LAUNCH,
        "jwks": {"keys": [tool_key().as_dict(private=False)]},
    } | fields
    return Tool.objects.create(**values)


def make_placement(tool: Tool | None = None, **fields: Any) -> Placement:
    pass_mark = fields.pop("pass_mark", 0)
    course = make_external(launch="lti", **fields)
    return Placement.objects.create(tool=tool or make_tool(), course=course, pass_mark=pass_mark)


def assertion(tool: Tool, key: RSAKey | None = None, **changes: Any) -> str:
    """What the tool shows to get a token."""
    now = int(time.time())
    claims = {
        "iss": str(tool.client_id),
        "sub": str(tool.client_id),
        "aud": settings.PUBLIC_ORIGIN + reverse("partners:token"),
        "iat": now,
        "exp": now + 60,
        "jti": uuid4().hex,
    } | changes
    signer = key or tool_key()
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": signer.kid}, kept, signer)


def asks_token(tool: Tool, **changes: Any) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": lti.ASSERTION,
        "client_assertion": assertion(tool),
        "scope": " ".join(lti.SCOPES),
    } | changes


def bearer(tool: Tool) -> dict[str, str]:
    issued = tokens.issue(asks_token(tool), now=int(time.time()))
    return {"authorization": f"Bearer {issued['access_token']}"}


def score_of(person: Person, tool: Tool, **changes: Any) -> dict[str, Any]:
    return {
        "userId": subjects.subject_of(person, tool),
        "scoreGiven": 80,
        "scoreMaximum": 100,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": "2026-11-20T10:00:00+07:00",
    } | changes


def went(person: Person, placement: Placement) -> None:
    Visit.objects.create(person=person, course=placement.course)
