"""Agents and groups: who they are, and whether they are well formed."""

from collections.abc import Iterator
from typing import Any

from learning.records.xapi import formats
from learning.records.xapi.formats import Check
from learning.records.xapi.members import Members, array
from learning.records.xapi.rules import Broken, Rule

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
_AUTHORITY_PAIR = 2

account = Members({"homePage": formats.iri, "name": formats.text}, required=("homePage", "name"))

_IDENTIFIED: dict[str, Check] = {
    "name": formats.text,
    "mbox": formats.mbox,
    "mbox_sha1sum": formats.mbox_sha1sum,
    "openid": formats.iri,
    "account": account,
}


def _is_agent(value: Any) -> None:
    formats.text(value)
    if value != "Agent":
        raise Broken(Rule.ACTOR_TYPE)


def _is_group(value: Any) -> None:
    formats.text(value)
    if value != "Group":
        raise Broken(Rule.ACTOR_TYPE)


_agent_members = Members({"objectType": _is_agent, **_IDENTIFIED})


def agent(value: Any) -> None:
    """Check an agent."""
    _agent_members(value)
    if sum(identifier in value for identifier in IDENTIFIERS) != 1:
        raise Broken(Rule.ONE_IDENTIFIER)


def _member(value: Any) -> None:
    if type(value) is dict and value.get("objectType", "Agent") != "Agent":
        raise Broken(Rule.MEMBER_IS_AGENT, "objectType")
    agent(value)


_group_members = Members(
    {"objectType": _is_group, "member": array(_member), **_IDENTIFIED}, required=("objectType",)
)


def group(value: Any) -> None:
    """Check a group, identified or anonymous."""
    _group_members(value)
    identifiers = sum(identifier in value for identifier in IDENTIFIERS)
    if identifiers > 1:
        raise Broken(Rule.AT_MOST_ONE_IDENTIFIER)
    if not identifiers and not value.get("member"):
        raise Broken(Rule.ANONYMOUS_GROUP_HAS_MEMBERS, "member")


def actor(value: Any) -> None:
    """Check an agent or a group."""
    kind = value.get("objectType", "Agent") if type(value) is dict else "Agent"
    if kind == "Group":
        group(value)
    elif kind == "Agent":
        agent(value)
    else:
        raise Broken(Rule.ACTOR_TYPE, "objectType")


def team(value: Any) -> None:
    """Check a group where an agent will not do."""
    if type(value) is dict and value.get("objectType") != "Group":
        raise Broken(Rule.TEAM_IS_GROUP)
    group(value)


def authority(value: Any) -> None:
    """Check an authority: an agent, or application and user as a pair (OAuth)."""
    actor(value)
    if value.get("objectType") == "Group":
        is_identified = any(identifier in value for identifier in IDENTIFIERS)
        if is_identified or len(value["member"]) != _AUTHORITY_PAIR:
            raise Broken(Rule.AUTHORITY_PAIR)


def identity(value: dict[str, Any]) -> str:
    """Return the one identifier of an agent or group as a string; empty for an anonymous group.

    Two agents are the same person exactly when these are equal (Data 2.4.2).
    """
    if (found := value.get("account")) is not None:
        return f"account:{found['homePage']}\n{found['name']}"
    if (found := value.get("mbox")) is not None:
        return str(found)
    if (found := value.get("openid")) is not None:
        return f"openid:{found}"
    if (found := value.get("mbox_sha1sum")) is not None:
        return f"sha1:{found.lower()}"
    return ""


def identities(value: dict[str, Any]) -> Iterator[str]:
    """Yield the identifiers of an agent, or of a group and its members."""
    if own := identity(value):
        yield own
    for member in value.get("member", ()):
        yield identity(member)
