"""The state, agent profile and activity profile resources (Communication 2.3, 2.6 and 2.7)."""

from django.utils.http import http_date

from learning.records.api.messages import Parameters, Reply, Request, json_reply
from learning.records.errors import BadRequest, NotFound
from learning.records.models import Document, Launch, Resource, Scope
from learning.records.services import documents, reach
from learning.records.services.documents import Conditions, Owner
from learning.records.xapi import agents
from learning.records.xapi.index import activity_key, agent_key


def state(request: Request) -> Reply:
    """Answer for states: of an agent in an activity, perhaps in a registration."""
    _require(request, Scope.STATE)
    parameters = Parameters(request, ("activityId", "agent", "registration", "stateId", "since"))
    agent = parameters.required_agent("agent")
    parameters.required("activityId")
    activity, registration = parameters.iri("activityId"), parameters.uuid("registration")
    launch = request.credential.launch
    reach.check_agent(launch, agent)
    reach.check_activity(launch, activity)
    if launch is not None:
        reach.check_registration(launch, registration)
        # Without a registration a request is about all of them, and other courses have theirs.
        registration = launch.registration or registration
    owner = Owner(Resource.STATE, agent_key(agents.identity(agent)), activity_key(activity), registration)
    return _answer(request, parameters, owner, "stateId")


def agent_profile(request: Request) -> Reply:
    """Answer for profiles of an agent."""
    _require(request, Scope.PROFILE)
    parameters = Parameters(request, ("agent", "profileId", "since"))
    agent = parameters.required_agent("agent")
    reach.check_agent(request.credential.launch, agent)
    owner = Owner(Resource.AGENT_PROFILE, agent=agent_key(agents.identity(agent)))
    return _answer(request, parameters, owner, "profileId")


def activity_profile(request: Request) -> Reply:
    """Answer for profiles of an activity."""
    _require(request, Scope.PROFILE)
    parameters = Parameters(request, ("activityId", "profileId", "since"))
    parameters.required("activityId")
    activity = parameters.iri("activityId")
    reach.check_activity(request.credential.launch, activity)
    owner = Owner(Resource.ACTIVITY_PROFILE, activity=activity_key(activity))
    return _answer(request, parameters, owner, "profileId")


def _require(request: Request, scope: Scope) -> None:
    reading = (Scope.READ_ALL,) if request.method in {"GET", "HEAD"} else ()
    request.credential.require(scope, *reading)


def _answer(request: Request, parameters: Parameters, owner: Owner, name_of: str) -> Reply:
    is_reading = request.method in {"GET", "HEAD"}
    launch = request.credential.launch
    if name_of not in request.query and is_reading:
        since = parameters.moment("since")
        names = documents.names(owner, any_registration=_any_registration(owner), since=since, launch=launch)
        return json_reply(names)
    if not is_reading and "since" in request.query:
        raise BadRequest("since is not a parameter of this method")
    conditions = Conditions(request.headers.get("if-match", ""), request.headers.get("if-none-match", ""))
    if name_of not in request.query and request.method == "DELETE" and owner.resource == Resource.STATE:
        documents.delete_all(owner, any_registration=_any_registration(owner), launch=launch)
        return Reply(204)
    name = parameters.required(name_of)
    if is_reading:
        if "since" in request.query:
            raise BadRequest(f"since and {name_of} exclude each other")
        return _read(owner, name, launch)
    if request.method == "DELETE":
        documents.delete(owner, name, conditions, launch)
        return Reply(204)
    content_type = request.headers.get("content-type", "application/octet-stream")
    if request.method == "POST":
        changed = documents.post(owner, name, request.body, content_type, conditions, launch)
    else:
        changed = documents.put(owner, name, request.body, content_type, conditions, request.version, launch)
    return Reply(204, headers=_headers(changed))


def _any_registration(owner: Owner) -> bool:
    return owner.resource == Resource.STATE and owner.registration is None


def _read(owner: Owner, name: str, launch: Launch | None) -> Reply:
    document = documents.read(owner, name, launch)
    if document is None:
        raise NotFound("there is no such document")
    # Programs do not care, and a browser that is led here shows nothing under the portal's address.
    headers = _headers(document) | {"Content-Disposition": "attachment"}
    return Reply(200, bytes(document.content), document.content_type, headers)


def _headers(document: Document) -> dict[str, str]:
    return {
        "ETag": f'"{document.etag}"',
        "Last-Modified": http_date(document.updated_at.timestamp()),
    }
