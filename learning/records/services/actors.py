"""Persons as xAPI agents: by an account of this platform, never by national ID or e-mail address.

Others who write records know people by their e-mail addresses, so these are looked for as well.
"""

from hashlib import sha1
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
    """Return the key of a person's account here, by which the platform's own statements are found."""
    return agent_key(agents.identity(actor_of(person)))


def identities_of(person: Person) -> set[str]:
    """Return the identifiers under which records know a person: the account, the e-mail address of now."""
    known = [actor_of(person)]
    for email in {person.email, person.email.lower()} - {""}:
        mbox = f"mailto:{email}"
        hashed = sha1(mbox.encode(), usedforsecurity=False).hexdigest()
        known += [{"mbox": mbox}, {"mbox_sha1sum": hashed}]
    return {agents.identity(agent) for agent in known}


def keys_of(person: Person) -> list[UUID]:
    """Return the keys by which everything that records know of a person is found."""
    return [UUID(agent_key(identity)) for identity in identities_of(person)]


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
