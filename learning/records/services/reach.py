"""How far a launch reaches: one learner, one activity and what is below it, one registration."""

from typing import Any
from uuid import UUID

from django.conf import settings

from learning.records.errors import Forbidden
from learning.records.models import Launch, Scope
from learning.records.services.credentials import Credential
from learning.records.xapi import agents
from learning.records.xapi.forms import activities_of
from learning.records.xapi.statements import VOIDED

# Ids of the platform's statements are made of what they tell (`services.outbox`), so that anybody can know
# them beforehand; whoever took one would keep that statement out. Content has ids made by chance.
OWN_VERSION = 5
_NO_ID = "00000000-0000-4000-8000-000000000000"
_BELOW = ("/", "#", "?")


def is_about(launch: Launch, activity: str) -> bool:
    """Say whether an activity is the launched one or belongs to it."""
    if _is_below(activity, f"{settings.PUBLIC_ORIGIN}/id"):
        # What the platform tells of itself (`services.outbox`) is never launched, whatever a package says.
        return False
    return _is_below(activity, launch.activity) or any(
        _is_below(activity, prefix) and not _is_ours(activity) for prefix in launch.prefixes
    )


def _is_below(activity: str, whole: str) -> bool:
    """Say whether an activity is `whole` or named after it.

    Publishers write these ids: one that is a scheme and nothing else names everything, so it names nothing.
    """
    base = whole.rstrip("/#?")
    is_named = not base.endswith(":")
    return activity == whole or (is_named and activity.startswith(tuple(base + mark for mark in _BELOW)))


def _is_ours(activity: str) -> bool:
    """Say whether an id is one that only the platform gives."""
    return _is_below(activity, settings.PUBLIC_ORIGIN)


def may_describe(credential: Credential, activity: str) -> bool:
    """Say whether what a statement says of an activity is taken for true of it (Communication 4.2)."""
    launch = credential.launch
    return credential.may(Scope.DEFINE) if launch is None else is_about(launch, activity)


def _is_forged(launch: Launch, activity: str) -> bool:
    """Say whether an object is the platform's and not what was launched: its tests, courses, certificates."""
    return _is_ours(activity) and not is_about(launch, activity)


def is_learner(launch: Launch, agent: dict[str, Any]) -> bool:
    """Say whether an agent is the learner of the launch."""
    return agents.identity(agent) == agents.identity(launch.actor)


def check_statement(launch: Launch, statement: dict[str, Any]) -> None:
    """Raise Forbidden for a statement about somebody or something else."""
    if not is_learner(launch, statement["actor"]):
        raise Forbidden("actor is not the learner of this launch")
    about = statement["object"]
    kind = about.get("objectType", "Activity")
    if statement["verb"]["id"] == VOIDED:
        raise Forbidden("statements are not voided from a launch")
    if kind == "SubStatement" and not is_learner(launch, about["actor"]):
        raise Forbidden("object.actor is not the learner of this launch")
    if kind in {"Agent", "Group"} and not is_learner(launch, about):
        raise Forbidden("object is not the learner of this launch")
    if kind == "Activity" and _is_forged(launch, about["id"]):
        raise Forbidden("object is an activity that the platform tells of itself")
    if kind == "SubStatement" and _is_forged(launch, about["object"].get("id", "")):
        raise Forbidden("object.object is an activity that the platform tells of itself")
    if UUID(statement.get("id", _NO_ID)).version == OWN_VERSION:
        raise Forbidden(f"ids of version {OWN_VERSION} are those of the platform's own statements")
    named = activities_of(statement)
    if kind != "StatementRef" and named and not any(is_about(launch, activity["id"]) for activity in named):
        raise Forbidden("neither object nor context names the activity of this launch")
    registration = statement.get("context", {}).get("registration")
    if registration is not None and launch.registration is not None:
        check_registration(launch, UUID(registration))


def check_registration(launch: Launch, registration: UUID | None) -> None:
    """Raise Forbidden for another registration than the launch's."""
    if registration is not None and launch.registration is not None and registration != launch.registration:
        raise Forbidden("this is not the registration of this launch")


def check_agent(launch: Launch | None, agent: dict[str, Any]) -> None:
    """Raise Forbidden for another person than the learner of a launch."""
    if launch is not None and not is_learner(launch, agent):
        raise Forbidden("agent is not the learner of this launch")


def check_activity(launch: Launch | None, activity: str) -> None:
    """Raise Forbidden for an activity that does not belong to the launch."""
    if launch is not None and not is_about(launch, activity):
        raise Forbidden("activityId is not the activity of this launch")
