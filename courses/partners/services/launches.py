"""From our course page to the partner's: by a plain link, or by LTI 1.3 in three steps.

1. `begin` sends the browser to the tool's login address with two hints (Security Framework 5.1.1.1).
2. The tool sends it back to us with its state and nonce (5.1.1.2); `answer` checks every word of that.
3. The browser posts our signed id_token to a launch address that was registered (5.1.1.3).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from joserfc import jwt

from courses.catalogue.models import Course
from courses.catalogue.models import Launch as How
from courses.partners import lti
from courses.partners.errors import LaunchExpired, LaunchRefused, NotConnected, NotExternal
from courses.partners.models import Placement, Tool, Visit
from courses.partners.services import keys, statements, subjects
from learning.people.models import Person

HINT_SECONDS = 300
TOKEN_SECONDS = 300
_SALT = "courses.partners.launch"
_LONGEST = 2000


@dataclass(frozen=True)
class Answer:
    """A form that the browser posts to the tool."""

    address: str
    fields: dict[str, str]


def open_course(person: Person, course: Course) -> str:
    """Write down that the person goes there, and return the address to send the browser to.

    Raises NotExternal, NotConnected.
    """
    if not course.is_external or course.retired_at:
        raise NotExternal
    address = course.external_url if course.launch == How.LINK else _begin(person, course)
    _record(person, course)
    return address


@transaction.atomic
def _record(person: Person, course: Course) -> None:
    now = timezone.now()
    visit, is_new = Visit.objects.get_or_create(
        person=person, course=course, defaults={"first_at": now, "last_at": now}
    )
    if not is_new:
        Visit.objects.filter(pk=visit.pk).update(last_at=now, times=F("times") + 1)
    statements.tell_opened(visit, course, now=now)


def _begin(person: Person, course: Course) -> str:
    placement = Placement.objects.select_related("tool").filter(course=course, tool__is_active=True).first()
    if placement is None:
        raise NotConnected
    tool = placement.tool
    query = {
        "iss": settings.PUBLIC_ORIGIN,
        "target_link_uri": course.external_url,
        "login_hint": subjects.subject_of(person, tool),
        "lti_message_hint": signing.dumps([str(placement.pk), person.pk, uuid4().hex], salt=_SALT),
        "client_id": str(tool.client_id),
        "lti_deployment_id": str(tool.deployment_id),
    }
    return f"{tool.login_url}{'&' if '?' in tool.login_url else '?'}{urlencode(query)}"


def answer(person: Person, asked: Mapping[str, str]) -> Answer:
    """Return what answers a tool's authentication request: the launch, or an error that the tool can read.

    Raises LaunchRefused where the tool or its launch address is not a registered one, so that nothing may be
    sent there, and LaunchExpired where the launch was not begun by this person a moment ago.
    """
    tool = _tool(asked.get("client_id", ""))
    address = asked.get("redirect_uri", "")
    if address not in tool.launch_addresses:
        raise LaunchRefused
    state = {"state": asked["state"]} if asked.get("state") else {}
    if error := _fault(asked):
        return Answer(address, {"error": error, **state})
    placement = _placement(person, tool, asked)
    return Answer(address, {"id_token": _id_token(person, placement, asked["nonce"]), **state})


def _tool(client_id: str) -> Tool:
    try:
        return Tool.objects.get(client_id=UUID(client_id), is_active=True)
    except (ValueError, Tool.DoesNotExist):
        raise LaunchRefused from None


def _fault(asked: Mapping[str, str]) -> str:
    """Return the error of OpenID Connect for a request that is not the one of LTI (5.1.1.2)."""
    if "openid" not in asked.get("scope", "").split():
        return "invalid_scope"
    if asked.get("response_type") != "id_token":
        return "unsupported_response_type"
    wanted = asked.get("response_mode"), asked.get("prompt")
    nonce, state = asked.get("nonce", ""), asked.get("state", "")
    if wanted != ("form_post", "none") or not nonce or max(len(nonce), len(state)) > _LONGEST:
        return "invalid_request"
    return ""


def _placement(person: Person, tool: Tool, asked: Mapping[str, str]) -> Placement:
    hint = asked.get("lti_message_hint", "")
    try:
        placement_id, person_id, _random = signing.loads(hint, salt=_SALT, max_age=HINT_SECONDS)
    except signing.BadSignature:
        raise LaunchExpired from None
    if person_id != person.pk or asked.get("login_hint") != subjects.subject_of(person, tool):
        raise LaunchExpired
    placement = Placement.objects.select_related("course", "tool").filter(pk=placement_id, tool=tool).first()
    if placement is None or placement.course.retired_at:
        raise LaunchRefused
    # Once: whoever finds the address in a history starts nothing with it.
    if not cache.add(f"partners:hint:{sha256(hint.encode()).hexdigest()}", 1, HINT_SECONDS):
        raise LaunchExpired
    return placement


def _id_token(person: Person, placement: Placement, nonce: str) -> str:
    tool, course, now = placement.tool, placement.course, int(time.time())
    link = lti.Link(
        id=str(placement.pk),
        target=course.external_url,
        deployment=str(tool.deployment_id),
        code=course.code,
        title=course.name_th,
        return_url=keys.absolute(reverse("catalogue:course", args=[course.code])),
        line_items=keys.absolute(reverse("partners:line-items", args=[placement.pk])),
        line_item=keys.absolute(reverse("partners:line-item", args=[placement.pk])),
    )
    claims = {
        "iss": settings.PUBLIC_ORIGIN,
        "aud": str(tool.client_id),
        "sub": subjects.subject_of(person, tool),
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "nonce": nonce,
        **lti.launch_claims(
            link,
            platform_id=settings.PUBLIC_ORIGIN,
            platform_name=keys.platform_name(),
            locale=get_language() or settings.LANGUAGE_CODE,
        ),
    }
    if tool.shares_name:
        claims |= {"name": person.full_name, "given_name": person.first_name, "family_name": person.last_name}
    if tool.shares_email and person.email:
        claims["email"] = person.email
    key = keys.signing_key()
    return jwt.encode({"alg": keys.ALGORITHM, "kid": key.kid, "typ": "JWT"}, claims, key)
