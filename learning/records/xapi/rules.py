"""The rules of the specification by name, each with its clause, and the error that says which is broken."""

from enum import Enum
from typing import Self


class Rule(Enum):
    """A rule: the clause that states it, and what it asks for."""

    JSON = ("Data 2.2", "must be well-formed JSON in UTF-8")
    NO_DUPLICATE_KEYS = ("Data 2.2", "must not name one property twice")
    NOT_TOO_DEEP = ("Data 2.2", "must not be nested deeper than any statement needs")
    KNOWN_PROPERTY = ("Data 2.2", "is not a property that the specification defines here")
    REQUIRED_PROPERTY = ("Data 2.2", "is required")
    OBJECT = ("Data 2.2", "must be an object")
    ARRAY = ("Data 2.2", "must be an array")
    STRING = ("Data 2.2", "must be a string")
    BOOLEAN = ("Data 2.2", "must be true or false")
    NUMBER = ("Data 2.2", "must be a number")
    NOT_NULL = ("Data 2.2", "must not be null outside of extensions")

    STATEMENT_ID_MATCHES = ("Communication 2.1.1", "must be the statementId of the request")
    DISTINCT_IDS = ("Communication 2.1.2", "must not be the id of two statements in one batch")

    ACTOR_TYPE = ("Data 2.4.2", 'must be "Agent" or "Group"')
    ONE_IDENTIFIER = ("Data 2.4.2.1", "must have exactly one of mbox, mbox_sha1sum, openid, account")
    AT_MOST_ONE_IDENTIFIER = ("Data 2.4.2.2", "must have at most one of mbox, mbox_sha1sum, openid, account")
    ANONYMOUS_GROUP_HAS_MEMBERS = ("Data 2.4.2.2", "must list the members of a group without identifier")
    MEMBER_IS_AGENT = ("Data 2.4.2.2", "must be an Agent: groups do not contain groups")
    MBOX = ("Data 2.4.2.3", 'must be "mailto:" and an e-mail address')
    MBOX_SHA1SUM = ("Data 2.4.2.3", "must be a SHA-1 hash of 40 hexadecimal digits")

    VOIDING_TARGET = ("Data 2.3.2", "must be a StatementRef in a statement that voids")
    OBJECT_TYPE = ("Data 2.4.4", "must be Activity, Agent, Group, StatementRef or SubStatement")
    STATEMENT_REF = ("Data 2.4.4.3", 'must be "StatementRef"')
    NO_SUBSTATEMENT_IN_SUBSTATEMENT = ("Data 2.4.4.3", "must not be a SubStatement within a SubStatement")
    INTERACTION_TYPE = ("Data 2.4.4.1", "must be an interaction type of the specification")
    INTERACTION_TYPE_PRESENT = ("Data 2.4.4.1", "needs an interactionType beside it")
    COMPONENT_FITS_INTERACTION = ("Data 2.4.4.1", "does not belong to this interactionType")
    DISTINCT_COMPONENT_IDS = ("Data 2.4.4.1", "must not repeat the id of a component")

    SCALED = ("Data 2.4.5.1", "must be a number from -1 to 1")
    RAW_WITHIN = ("Data 2.4.5.1", "must lie between min and max")
    MIN_BELOW_MAX = ("Data 2.4.5.1", "must be less than max")

    TEAM_IS_GROUP = ("Data 2.4.6", "must be a Group")
    ONLY_FOR_ACTIVITIES = ("Data 2.4.6", "is only for statements whose object is an Activity")
    CONTEXT_AGENT_TYPE = ("IEEE 9274.1.1 4.2.2.5", 'must be "contextAgent"')
    CONTEXT_GROUP_TYPE = ("IEEE 9274.1.1 4.2.2.5", 'must be "contextGroup"')
    RELEVANT_TYPES = ("IEEE 9274.1.1 4.2.2.5", "must list at least one type")

    AUTHORITY_PAIR = ("Data 2.4.9", "must be an Agent, or a Group without identifier of exactly two Agents")
    VERSION = ("Data 2.4.10", "must be a version of the specification that the request speaks")
    LENGTH = ("Data 2.4.11", "must be a whole number of bytes")
    SHA2 = ("Data 2.4.11", "must be a SHA-2 hash in hexadecimal digits")
    MEDIA_TYPE = ("Data 2.4.11", "must be an Internet media type")

    LANGUAGE = ("Data 4.2", "must be a language tag of RFC 5646")
    IRI = ("Data 4.3", "must be an IRI with a scheme")
    UUID = ("Data 4.4", "must be a UUID")
    TIMESTAMP = ("Data 4.5", "must be a date and time of ISO 8601, of a zone that is not -00:00")
    DURATION = ("Data 4.6", "must be a duration of ISO 8601")

    @property
    def clause(self) -> str:
        """Where the specification states the rule."""
        return self.value[0]

    @property
    def says(self) -> str:
        """What the rule asks for."""
        return self.value[1]


class Broken(Exception):
    """A rule is broken, at a place that is told from the inside out."""

    def __init__(self, rule: Rule, *place: str | int) -> None:
        self.rule = rule
        self.place: list[str | int] = list(place)
        super().__init__(rule)

    def within(self, place: str | int) -> Self:
        """Return the error as seen from one level further out."""
        self.place.insert(0, place)
        return self

    def __str__(self) -> str:
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.place)
        subject = where.lstrip(".") or "the request"
        return f"{subject} {self.rule.says} ({self.rule.name}, xAPI {self.rule.clause})"
