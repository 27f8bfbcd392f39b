"""What a person has answered so far while registering, kept sealed in the session.

The answers hold a national ID and a password hash; whoever reads the session table sees neither.
"""

import base64
import binascii
import json
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidTag
from django.contrib.sessions.backends.base import SessionBase
from django.core.serializers.json import DjangoJSONEncoder

from learning.people import sealing
from learning.people.models import Agency, Person, PersonnelGroup, PositionLevel

PRIVACY_NOTICE_VERSION = "2569-1"
"""Version of the privacy notice that is shown now; raise it with every change of its meaning."""

STEPS = ("notice", "identity", "group", "about", "work", "password")
_KEY = "people.registration"
_PURPOSE = b"registration"

Answers = dict[str, dict[str, Any]]


def load(session: SessionBase) -> Answers:
    """Return the answers by step; empty when there are none or they cannot be read any more."""
    try:
        sealed = base64.b64decode(session.get(_KEY, ""))
        answers: Answers = json.loads(sealing.unseal(sealed, _PURPOSE)) if sealed else {}
    except (InvalidTag, binascii.Error, ValueError):
        return {}
    return answers


def keep(session: SessionBase, answers: Answers) -> None:
    """Seal the answers into the session."""
    text = json.dumps(answers, cls=DjangoJSONEncoder)
    session[_KEY] = base64.b64encode(sealing.seal(text.encode(), _PURPOSE)).decode()


def forget(session: SessionBase) -> None:
    """Drop the answers."""
    session.pop(_KEY, None)


def next_step(answers: Answers) -> str | None:
    """Return the first step without an answer; None when all are there."""
    return next((step for step in STEPS if step not in answers), None)


def may_open(answers: Answers, step: str) -> bool:
    """Say whether a step can be shown: all before it are answered."""
    return all(earlier in answers for earlier in STEPS[: STEPS.index(step)])


def storable(values: dict[str, Any]) -> dict[str, Any]:
    """Return a person's field values with rows replaced by their codes, for `person_from` to read back."""
    coded = {name: getattr(value, "code", value) for name, value in values.items()}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in coded.items()}


def person_from(answers: Answers) -> Person:
    """Return an unsaved person with the answers given."""
    work = dict(answers["work"]["values"])
    if start := work.get("service_start"):
        work["service_start"] = date.fromisoformat(start)
    if code := work.pop("agency", None):
        work["agency"] = Agency.objects.select_related("parent__parent").get(code=code)
    work.pop("position_type", None)
    if code := work.pop("position_level", None):
        level = PositionLevel.objects.select_related("position_type").get(code=code)
        work |= {"position_level": level, "position_type": level.position_type}
    person = Person(
        group=PersonnelGroup(answers["group"]["group"]),
        **answers["about"],
        **{name: value for name, value in work.items() if value not in {None, ""}},
    )
    person.national_id = answers["identity"]["national_id"]
    person.password = answers["password"]["hash"]
    return person
