"""Whether a statement is one: `check_statement` for either version of the specification."""

from collections.abc import Mapping
from typing import Any

from learning.records.xapi import agents, formats
from learning.records.xapi.formats import Check
from learning.records.xapi.members import Members, array, keyed
from learning.records.xapi.rules import Broken, Rule
from learning.records.xapi.versions import Version

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
_INTERACTIONS = {
    "true-false": (),
    "choice": ("choices",),
    "fill-in": (),
    "long-fill-in": (),
    "matching": ("source", "target"),
    "performance": ("steps",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "numeric": (),
    "other": (),
}
_COMPONENTS = ("choices", "scale", "source", "target", "steps")


def _anything(_value: Any) -> None:
    """Accept the value of an extension, null included."""


language_map = keyed(formats.language, formats.text)
extensions = keyed(formats.iri, _anything)


# -- Verb and activity ----------------------------------------------------------------------------------
verb = Members({"id": formats.iri, "display": language_map}, required=("id",))

_component = Members({"id": formats.text, "description": language_map}, required=("id",))
_component_list = array(_component)


def _components(value: Any) -> None:
    _component_list(value)
    if len({component["id"] for component in value}) != len(value):
        raise Broken(Rule.DISTINCT_COMPONENT_IDS)


def _interaction_type(value: Any) -> None:
    formats.text(value)
    if value not in _INTERACTIONS:
        raise Broken(Rule.INTERACTION_TYPE)


_definition_members = Members(
    {
        "name": language_map,
        "description": language_map,
        "type": formats.iri,
        "moreInfo": formats.iri,
        "extensions": extensions,
        "interactionType": _interaction_type,
        "correctResponsesPattern": array(formats.text),
        **dict.fromkeys(_COMPONENTS, _components),
    }
)


def definition(value: Any) -> None:
    """Check the definition of an activity; component lists fit its kind of interaction."""
    _definition_members(value)
    interaction = value.get("interactionType")
    if interaction is None:
        for name in ("correctResponsesPattern", *_COMPONENTS):
            if name in value:
                raise Broken(Rule.INTERACTION_TYPE_PRESENT, name)
        return
    for name in _COMPONENTS:
        if name in value and name not in _INTERACTIONS[interaction]:
            raise Broken(Rule.COMPONENT_FITS_INTERACTION, name)


def _is(name: str, rule: Rule) -> Check:
    def check(value: Any) -> None:
        formats.text(value)
        if value != name:
            raise Broken(rule)

    return check


activity = Members(
    {"objectType": _is("Activity", Rule.OBJECT_TYPE), "id": formats.iri, "definition": definition},
    required=("id",),
)
statement_ref = Members(
    {"objectType": _is("StatementRef", Rule.STATEMENT_REF), "id": formats.uuid}, required=("objectType", "id")
)


# -- Result ---------------------------------------------------------------------------------------------
def _scaled(value: Any) -> None:
    formats.number(value)
    if not -1 <= value <= 1:
        raise Broken(Rule.SCALED)


_score_members = Members(
    {"scaled": _scaled, "raw": formats.number, "min": formats.number, "max": formats.number}
)


def _score(value: Any) -> None:
    _score_members(value)
    low, raw, high = value.get("min"), value.get("raw"), value.get("max")
    if low is not None and high is not None and not low < high:
        raise Broken(Rule.MIN_BELOW_MAX, "min")
    if raw is not None and ((low is not None and raw < low) or (high is not None and raw > high)):
        raise Broken(Rule.RAW_WITHIN, "raw")


result = Members(
    {
        "score": _score,
        "success": formats.truth,
        "completion": formats.truth,
        "response": formats.text,
        "duration": formats.duration,
        "extensions": extensions,
    }
)


# -- Context --------------------------------------------------------------------------------------------
_activities = array(activity)


def _one_or_more(value: Any) -> None:
    """Check activities; Data 2.4.6.2 permits a single one for the sake of older clients."""
    (_activities if type(value) is list else activity)(value)


def _relevant_types(value: Any) -> None:
    array(formats.iri)(value)
    if not value:
        raise Broken(Rule.RELEVANT_TYPES)


_context_agent = Members(
    {
        "objectType": _is("contextAgent", Rule.CONTEXT_AGENT_TYPE),
        "agent": agents.agent,
        "relevantTypes": _relevant_types,
    },
    required=("objectType", "agent"),
)
_context_group = Members(
    {
        "objectType": _is("contextGroup", Rule.CONTEXT_GROUP_TYPE),
        "group": agents.team,
        "relevantTypes": _relevant_types,
    },
    required=("objectType", "group"),
)
_context_checks: dict[str, Check] = {
    "registration": formats.uuid,
    "instructor": agents.actor,
    "team": agents.team,
    "contextActivities": Members(dict.fromkeys(("parent", "grouping", "category", "other"), _one_or_more)),
    "revision": formats.text,
    "platform": formats.text,
    "language": formats.language,
    "statement": statement_ref,
    "extensions": extensions,
}
_contexts = {
    Version.V1: Members(_context_checks),
    Version.V2: Members(
        _context_checks | {"contextAgents": array(_context_agent), "contextGroups": array(_context_group)}
    ),
}


# -- Attachments ----------------------------------------------------------------------------------------
def _length(value: Any) -> None:
    formats.number(value)
    if type(value) is not int or value < 0:
        raise Broken(Rule.LENGTH)


attachment = Members(
    {
        "usageType": formats.iri,
        "display": language_map,
        "description": language_map,
        "contentType": formats.media_type,
        "length": _length,
        "sha2": formats.sha2,
        "fileUrl": formats.iri,
    },
    required=("usageType", "display", "contentType", "length", "sha2"),
)


# -- Statement ------------------------------------------------------------------------------------------
def _version(pattern_of: Version) -> Check:
    prefixes = ("1.0",) if pattern_of is Version.V1 else ("1.0", "2.0")

    def check(value: Any) -> None:
        formats.text(value)
        minor, dot, patch = value[:3], value[3:4], value[4:]
        if minor not in prefixes or (value[3:] and not (dot == "." and patch.isascii() and patch.isdigit())):
            raise Broken(Rule.VERSION)

    return check


_OBJECTS: Mapping[str, Check] = {
    "Activity": activity,
    "Agent": agents.agent,
    "Group": agents.group,
    "StatementRef": statement_ref,
}


def _kind(value: Any) -> Any:
    if type(value) is not dict:
        raise Broken(Rule.OBJECT if value is not None else Rule.NOT_NULL)
    return value.get("objectType", "Activity")


def _object_type(value: Any) -> Check:
    kind = _kind(value)
    check = _OBJECTS.get(kind) if type(kind) is str else None
    if check is None:
        raise Broken(Rule.OBJECT_TYPE, "objectType")
    return check


def _object_of_substatement(value: Any) -> None:
    if _kind(value) == "SubStatement":
        raise Broken(Rule.NO_SUBSTATEMENT_IN_SUBSTATEMENT, "objectType")
    _object_type(value)(value)


def _fits_together(value: dict[str, Any]) -> None:
    """Check what one property asks of another."""
    context = value.get("context")
    if context and value["object"].get("objectType", "Activity") != "Activity":
        for name in ("revision", "platform"):
            if name in context:
                raise Broken(Rule.ONLY_FOR_ACTIVITIES, "context", name)
    if value["verb"]["id"] == VOIDED and value["object"].get("objectType") != "StatementRef":
        raise Broken(Rule.VOIDING_TARGET, "object")


def _build(version: Version) -> Check:
    common: dict[str, Check] = {
        "actor": agents.actor,
        "verb": verb,
        "result": result,
        "context": _contexts[version],
        "timestamp": formats.timestamp,
        "attachments": array(attachment),
    }
    required = ("actor", "verb", "object")
    sub_members = Members(
        common
        | {
            "objectType": _is("SubStatement", Rule.OBJECT_TYPE),
            "object": _object_of_substatement,
        },
        required=("objectType", *required),
    )

    def _object(value: Any) -> None:
        if _kind(value) == "SubStatement":
            sub_members(value)
            _fits_together(value)
        else:
            _object_type(value)(value)

    members = Members(
        common
        | {
            "id": formats.uuid,
            "object": _object,
            "stored": formats.timestamp,
            "authority": agents.authority,
            "version": _version(version),
        },
        required=required,
    )

    def check(value: Any) -> None:
        members(value)
        _fits_together(value)

    return check


_CHECKS = {version: _build(version) for version in Version}


def check_statement(value: Any, version: Version) -> None:
    """Check a statement as it was received. Raises Broken with the rule and the place."""
    _CHECKS[version](value)
