"""What a statement is about: everything that the queries of the specification look for."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, NamedTuple

from learning.records.xapi.agents import identities
from learning.records.xapi.statements import VOIDED


class Index(NamedTuple):
    """The keys by which one statement is found; each is 32 hexadecimal digits.

    `mentions` holds the agents and activities, and whether they are the statement's own actor or object
    (what `agent` and `activity` ask for) or only somewhere in it (`related_agents`, `related_activities`).
    """

    verb: str
    registration: str | None
    target: str | None
    is_voiding: bool
    mentions: dict[str, bool]
    activities: list[dict[str, Any]]


def _key(kind: bytes, name: str) -> str:
    return blake2b(name.encode(), digest_size=16, person=kind).hexdigest()


def agent_key(identity: str) -> str:
    """Return the key of an agent or group by its identifier."""
    return _key(b"agent", identity)


def activity_key(iri: str) -> str:
    """Return the key of an activity."""
    return _key(b"activity", iri)


def verb_key(iri: str) -> str:
    """Return the key of a verb."""
    return _key(b"verb", iri)


def registration_key(registration: str) -> str:
    """Return a UUID without its hyphens, in lower case."""
    return registration.replace("-", "").lower()


def context_activities(context: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the activities of a context, whether they are given singly or in lists."""
    for given in context.get("contextActivities", {}).values():
        if type(given) is list:
            yield from given
        else:
            yield given


def attachments_of(statement: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a statement says of its attachments, and of those of a statement within it."""
    about = statement["object"]
    inner = about.get("attachments", []) if about.get("objectType") == "SubStatement" else []
    return [*statement.get("attachments", []), *inner]


def _agents_of(context: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("instructor", "team"):
        if name in context:
            yield context[name]
    for entry in context.get("contextAgents", ()):
        yield entry["agent"]
    for entry in context.get("contextGroups", ()):
        yield entry["group"]


class _Mentions:
    def __init__(self) -> None:
        self.keys: dict[str, bool] = {}
        self.activities: list[dict[str, Any]] = []

    def agent(self, agent: dict[str, Any], *, is_direct: bool) -> None:
        for identity in identities(agent):
            key = agent_key(identity)
            self.keys[key] = is_direct or self.keys.get(key, False)

    def activity(self, activity: dict[str, Any], *, is_direct: bool) -> None:
        key = activity_key(activity["id"])
        self.keys[key] = is_direct or self.keys.get(key, False)
        if activity.get("definition"):
            self.activities.append(activity)

    def statement(self, statement: dict[str, Any], *, is_direct: bool) -> None:
        self.agent(statement["actor"], is_direct=is_direct)
        about = statement["object"]
        kind = about.get("objectType", "Activity")
        if kind == "Activity":
            self.activity(about, is_direct=is_direct)
        elif kind in {"Agent", "Group"}:
            self.agent(about, is_direct=is_direct)
        elif kind == "SubStatement":
            self.statement(about, is_direct=False)
        if context := statement.get("context"):
            for agent in _agents_of(context):
                self.agent(agent, is_direct=False)
            for activity in context_activities(context):
                self.activity(activity, is_direct=False)


def index(statement: dict[str, Any]) -> Index:
    """Return the keys of a statement that has passed the check."""
    mentions = _Mentions()
    mentions.statement(statement, is_direct=True)
    about = statement["object"]
    target = registration_key(about["id"]) if about.get("objectType") == "StatementRef" else None
    registration = statement.get("context", {}).get("registration")
    return Index(
        verb=verb_key(statement["verb"]["id"]),
        registration=registration and registration_key(registration),
        target=target,
        is_voiding=statement["verb"]["id"] == VOIDED,
        mentions=mentions.keys,
        activities=mentions.activities,
    )
