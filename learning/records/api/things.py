"""The agents, activities and about resources (Communication 2.4, 2.5 and 2.8)."""

from typing import Any

from learning.records.api.messages import Parameters, Reply, Request, json_reply
from learning.records.models import Scope
from learning.records.services import reach, search
from learning.records.xapi import agents
from learning.records.xapi.index import agent_key
from learning.records.xapi.versions import Version

_READING = (Scope.READ_ALL, Scope.READ_STATEMENTS, Scope.READ_OWN_STATEMENTS, Scope.PROFILE, Scope.STATE)


def person(request: Request) -> Reply:
    """Answer with what is known of an agent, as a Person whose properties are lists."""
    request.credential.require(*_READING)
    agent = Parameters(request, ("agent",)).required_agent("agent")
    reach.check_agent(request.credential.launch, agent)
    names = {agent["name"]} if agent.get("name") else set()
    # Only who may read everything learns the name that belongs to an address.
    if request.credential.may(Scope.READ_ALL) and (known := search.latest_name(_key(agent))):
        names.add(known)
    found: dict[str, Any] = {"objectType": "Person"}
    if names:
        found["name"] = sorted(names)
    found |= {name: [agent[name]] for name in agents.IDENTIFIERS if name in agent}
    return json_reply(found)


def _key(agent: dict[str, Any]) -> str:
    return agent_key(agents.identity(agent))


def activity(request: Request) -> Reply:
    """Answer with an activity and everything that statements have said of it."""
    request.credential.require(*_READING)
    parameters = Parameters(request, ("activityId",))
    parameters.required("activityId")
    iri = parameters.iri("activityId")
    reach.check_activity(request.credential.launch, iri)
    found: dict[str, Any] = {"objectType": "Activity", "id": iri}
    if known := search.definitions({iri}):
        found["definition"] = known[iri]
    return json_reply(found)


def about(request: Request) -> Reply:
    """Answer which versions the store speaks; for everybody."""
    Parameters(request, ())
    return json_reply({"version": [version.value for version in Version], "extensions": {}})
