"""Persons as xAPI agents: by an account of this platform, never by national ID or e-mail address."""

from typing import Any
from uuid import UUID

from django.conf import settings

from learning.people.models import Person
from learning.records.xapi import agents
from learning.records.xapi.index import agent_key


def actor_of(person: Person) -> dict[str, Any]:
    """Return a person as the actor of statements."""
    return {
        "objectType": "Agent",
        "name": person.full_name,
        "account": {"homePage": settings.PUBLIC_ORIGIN, "name": str(person.public_id)},
    }


def key_of(person: Person) -> str:
    """Return the key by which a person's statements are found."""
    return agent_key(agents.identity(actor_of(person)))


def person_of(actor: dict[str, Any]) -> Person | None:
    """Return the person of an agent, if it is an account of this platform."""
    account = actor.get("account") or {}
    if account.get("homePage") != settings.PUBLIC_ORIGIN:
        return None
    try:
        public_id = UUID(account.get("name", ""))
    except ValueError:
        return None
    return Person.objects.filter(public_id=public_id).first()
