"""Forms in which statements go out (exact, ids, canonical), and when two of them say the same."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from learning.records.xapi.agents import IDENTIFIERS
from learning.records.xapi.index import context_activities

Definition = dict[str, Any]
# What the specification adds or leaves to the store does not make a difference (Data 2.3.1, 2.4.1).
_NOT_COMPARED = ("id", "stored", "timestamp", "authority", "version", "attachments")
_SECONDS = re.compile(r"([0-9]+)[.,]([0-9]+)S")


# -- Normal form ----------------------------------------------------------------------------------------
def with_activity_lists(statement: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a statement that change when context activities become lists.

    Data 2.4.6.2: a single activity may come in, only lists go out.
    """
    changed = {}
    if (context := statement.get("context")) and (listed := _listed(context)) is not None:
        changed["context"] = listed
    about = statement["object"]
    if about.get("objectType") == "SubStatement" and (inner := with_activity_lists(about)):
        changed["object"] = about | inner
    return changed


def _listed(context: dict[str, Any]) -> dict[str, Any] | None:
    given = context.get("contextActivities", {})
    if all(type(value) is list for value in given.values()):
        return None
    lists = {name: value if type(value) is list else [value] for name, value in given.items()}
    return context | {"contextActivities": lists}


# -- Sameness -------------------------------------------------------------------------------------------
def say_the_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say whether two statements of one id are the same statement, sent twice."""
    return _compared(one) == _compared(other)


def _compared(statement: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in statement.items() if name not in _NOT_COMPARED}
    kept |= with_activity_lists(kept)
    return {name: _plain(name, value) for name, value in kept.items()}


def _plain(name: str, value: Any) -> Any:
    """Return a value without what only describes, and in one spelling where there are two."""
    if name == "extensions":
        plain = value
    elif name == "member":
        plain = sorted((_plain("", member) for member in value), key=repr)
    elif name == "duration":
        plain = _to_hundredths(value)
    elif name == "registration":
        plain = value.lower()
    elif type(value) is dict:
        # The name of an account identifies; every other one describes, as displays and definitions do.
        left_out = {"definition", "display"} if "homePage" in value else {"definition", "display", "name"}
        plain = {key: _plain(key, item) for key, item in value.items() if key not in left_out}
    elif type(value) is list:
        plain = [_plain("", item) for item in value]
    else:
        plain = value
    return plain


def _to_hundredths(duration: str) -> str:
    """Return a duration whose seconds have at most two decimals (IEEE 9274.1.1 4.2.7)."""

    def cut(match: re.Match[str]) -> str:
        try:
            seconds = Decimal(f"{match[1]}.{match[2][:2]}").normalize()
        except InvalidOperation:
            return match[0]
        return f"{seconds:f}S"

    return _SECONDS.sub(cut, duration)


# -- ids ------------------------------------------------------------------------------------------------
def only_ids(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a statement with no more than identifies its agents, activities, verb (Communication 2.1.3)."""
    short = dict(statement)
    short["verb"] = {"id": statement["verb"]["id"]}
    for name in ("actor", "authority"):
        if name in statement:
            short[name] = _agent_id(statement[name])
    short["object"] = _object_id(statement["object"])
    if "context" in statement:
        short["context"] = _context_ids(statement["context"])
    return short


def _agent_id(agent: dict[str, Any]) -> dict[str, Any]:
    short = {name: agent[name] for name in ("objectType", *IDENTIFIERS) if name in agent}
    if agent.get("objectType") == "Group" and not any(name in agent for name in IDENTIFIERS):
        short["member"] = [_agent_id(member) for member in agent["member"]]
    return short


def _object_id(about: dict[str, Any]) -> dict[str, Any]:
    kind = about.get("objectType", "Activity")
    if kind in {"Agent", "Group"}:
        return _agent_id(about)
    if kind == "SubStatement":
        return only_ids(about)
    if kind == "Activity":
        return {"id": about["id"]}
    return about


def _context_ids(context: dict[str, Any]) -> dict[str, Any]:
    short = dict(context)
    for name in ("instructor", "team"):
        if name in context:
            short[name] = _agent_id(context[name])
    if "contextActivities" in context:
        short["contextActivities"] = {
            name: [_object_id(activity) for activity in given]
            for name, given in context["contextActivities"].items()
        }
    for name, part in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in context:
            short[name] = [entry | {part: _agent_id(entry[part])} for entry in context[name]]
    return short


# -- canonical ------------------------------------------------------------------------------------------
def activities_of(statement: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every activity in a statement."""
    about = statement["object"]
    found = list(context_activities(statement.get("context", {})))
    if about.get("objectType", "Activity") == "Activity":
        found.append(about)
    elif about["objectType"] == "SubStatement":
        found += activities_of(about)
    return found


def canonical(
    statement: dict[str, Any], definitions: Mapping[str, Definition], languages: list[str]
) -> dict[str, Any]:
    """Return a statement with the store's definitions of its activities, each text in one language."""

    def activity(given: dict[str, Any]) -> dict[str, Any]:
        known = definitions.get(given["id"]) or given.get("definition")
        return given | {"definition": in_one_language(known, languages)} if known else given

    return _canonical(statement, activity, languages)


def _canonical(
    statement: dict[str, Any], activity: Callable[[dict[str, Any]], dict[str, Any]], languages: list[str]
) -> dict[str, Any]:
    out = dict(statement)
    out["verb"] = in_one_language(statement["verb"], languages)
    about = statement["object"]
    kind = about.get("objectType", "Activity")
    if kind == "Activity":
        out["object"] = activity(about)
    elif kind == "SubStatement":
        out["object"] = _canonical(about, activity, languages)
    if "contextActivities" in statement.get("context", {}):
        lists = statement["context"]["contextActivities"]
        out["context"] = statement["context"] | {
            "contextActivities": {name: [activity(one) for one in given] for name, given in lists.items()}
        }
    if "attachments" in statement:
        out["attachments"] = [in_one_language(given, languages) for given in statement["attachments"]]
    return out


_LANGUAGE_MAPS = ("name", "description", "display")
_COMPONENTS = ("choices", "scale", "source", "target", "steps")


def in_one_language(described: dict[str, Any], languages: list[str]) -> dict[str, Any]:
    """Return an object whose language maps have one entry, in the language that is preferred most."""
    out = dict(described)
    for name in _LANGUAGE_MAPS:
        if type(described.get(name)) is dict and described[name]:
            language = choose_language(list(described[name]), languages)
            out[name] = {language: described[name][language]}
    for name in _COMPONENTS:
        if name in described:
            out[name] = [in_one_language(component, languages) for component in described[name]]
    return out


def choose_language(offered: list[str], wanted: list[str]) -> str:
    """Return the language tag of `offered` that suits best: by tag, then by language, then the first."""
    for tag in wanted:
        for candidate in offered:
            if candidate.lower() == tag.lower():
                return candidate
        for candidate in offered:
            if candidate.lower().split("-")[0] == tag.lower().split("-")[0]:
                return candidate
    return offered[0]


def accepted_languages(header: str) -> list[str]:
    """Return the tags of an Accept-Language header, the most wanted first."""
    weighed = []
    for part in header.split(",")[:50]:
        tag, _, parameters = part.strip().partition(";")
        _, _, quality = parameters.partition("q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if tag and tag != "*" and weight > 0:
            weighed.append((weight, tag.strip()))
    return [tag for _, tag in sorted(weighed, key=lambda pair: -pair[0])]


def merge_definitions(known: Definition, new: Definition) -> Definition:
    """Return what is known of an activity when a statement tells more: later words replace earlier ones."""
    merged = known | new
    for name in ("name", "description", "extensions"):
        if name in known and name in new:
            merged[name] = known[name] | new[name]
    return merged
