"""From a request to its reply: version, credential, resource, and what goes wrong on the way."""

import re
from collections.abc import Callable
from contextlib import suppress

import structlog
from django.db import DatabaseError, IntegrityError, connection

from learning.records.api import documents, statements, things
from learning.records.api.messages import (
    THROUGH_HEADER,
    VERSION_HEADER,
    Reply,
    Request,
    json_reply,
    read_query,
)
from learning.records.errors import (
    BadRequest,
    Conflict,
    Encoded,
    MethodNotAllowed,
    NotFound,
    Refused,
    TooMany,
    Unauthorized,
    Unavailable,
)
from learning.records.services import credentials, pace, positions
from learning.records.services.credentials import Credential
from learning.records.services.positions import stored_at
from learning.records.services.store import Submission, store
from learning.records.xapi.versions import Version, requested

log = structlog.get_logger(__name__)

_READ = frozenset({"GET", "HEAD"})
_DOCUMENT = _READ | {"PUT", "POST", "DELETE"}
_RESOURCES: dict[str, tuple[frozenset[str], Callable[[Request], Reply]]] = {
    "statements": (_READ, statements.get),
    "activities": (_READ, things.activity),
    "activities/state": (_DOCUMENT, documents.state),
    "activities/profile": (_DOCUMENT, documents.activity_profile),
    "agents": (_READ, things.person),
    "agents/profile": (_DOCUMENT, documents.agent_profile),
    "about": (_READ, things.about),
}
_WRITES_STATEMENTS = frozenset({"PUT", "POST"})
# Headers that the alternate syntax has in its form.
_IN_FORM = (
    "authorization", VERSION_HEADER, "content-type", "content-length", "if-match", "if-none-match",
    "accept-language",
)  # fmt: skip
_FORM_TYPE = "application/x-www-form-urlencoded"
_HEADER_VALUE = re.compile("[\t\x20-\x7e\x80-\xff]*")
_INERT = "default-src 'none'; frame-ancestors 'none'; sandbox"


def respond(request: Request) -> Reply:
    """Return the reply to a request, from beginning to end in this thread."""
    prepared = prepare_or_reply(request)
    if isinstance(prepared, Reply):
        return prepared
    try:
        (outcome,) = store([prepared])
    except DatabaseError as error:
        return concluded(request, error)
    return concluded(request, outcome)


def prepare_or_reply(request: Request) -> Reply | Submission:
    """Return what is to be taken to the database together with others, or the reply."""
    try:
        prepared = prepare(request)
    except DatabaseError as error:
        return concluded(request, error)
    except Refused as refused:
        if request.path.startswith("statements"):
            # Programs ask again and again until the store is settled, even where they ask wrongly.
            with suppress(DatabaseError):
                positions.look_if_old()
        return concluded(request, refused)
    return _finished(request, prepared) if isinstance(prepared, Reply) else prepared


def concluded(request: Request, outcome: list[str] | Exception) -> Reply:
    """Return the reply to a request that ended with the ids of its statements, or with an error.

    An error that is not foreseen is raised.
    """
    if isinstance(outcome, list):
        return _finished(request, statements.accepted(request, outcome))
    if isinstance(outcome, IntegrityError):
        outcome = Conflict("somebody else has written the same at this moment: try again")
    elif isinstance(outcome, DatabaseError):
        log.warning("records.unavailable", path=request.path, error=repr(outcome))
        if not connection.in_atomic_block:
            # Given up, and made anew for the next request.
            connection.close()
        outcome = Unavailable("the store cannot answer now: try again")
    if not isinstance(outcome, Refused):
        raise outcome
    return _finished(request, _refusal(request, outcome))


def _refusal(request: Request, refused: Refused) -> Reply:
    reply = json_reply({"error": refused.message}, refused.status)
    if refused.status == MethodNotAllowed.status:
        reply.headers["Allow"] = ", ".join(sorted(allowed_methods(request.path)))
    if refused.status == Unauthorized.status:
        reply.headers["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
    if refused.status in {TooMany.status, Unavailable.status}:
        reply.headers["Retry-After"] = "2"
    return reply


def _finished(request: Request, reply: Reply) -> Reply:
    asked = request.headers.get(VERSION_HEADER, "")
    # Who does not say a version is taken for one from before the header was required.
    reply.headers["X-Experience-API-Version"] = request.version.value if asked else "0.95"
    if request.path == "about" and not asked:
        reply.headers["X-Experience-API-Version"] = request.version.value
    if request.path.startswith("statements"):
        # What this process knows: most replies must not cost another query.
        reply.headers.setdefault(THROUGH_HEADER, stored_at(positions.settled()))
    reply.headers.setdefault("Cache-Control", "no-store")
    # Whoever may write a document says what kind it is, and a form of any site can ask for it (1.3): in a
    # window it must be nothing but text, since its origin is the portal's.
    reply.headers["X-Content-Type-Options"] = "nosniff"
    reply.headers["Content-Security-Policy"] = _INERT
    if request.method == "HEAD":
        reply.headers["Content-Length"] = str(len(reply.body))
        reply.body = b""
    return reply


def prepare(request: Request, known: Credential | None = None) -> Reply | Submission:
    """Return the reply, or what is to be taken to the database together with others. Raises Refused.

    `known` is who sends it, where that has been looked up: what is remembered may be forgotten meanwhile.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Encoded("the body must be sent as it is, without Content-Encoding")
    if request.method == "POST" and "method" in request.query:
        _from_alternate_syntax(request)
    if not allowed_methods(request.path):
        raise NotFound("there is no such resource")
    _settle_version(request)
    if request.path == "about":
        return _called(request)
    request.credential = known or credentials.authenticate(request.headers.get("authorization", ""))
    if request.credential.launch is not None:
        pace.spend(request.credential.launch.pk, size=len(request.body))
    if request.path == "statements" and request.method in _WRITES_STATEMENTS:
        return statements.submission(request)
    return _called(request)


def allowed_methods(path: str) -> frozenset[str]:
    """Return the methods of the resource at a path, none where there is no resource."""
    methods = _RESOURCES[_resource(path)][0] if _resource(path) in _RESOURCES else frozenset()
    if path == "statements":
        methods |= _WRITES_STATEMENTS
    return methods | {"OPTIONS"} if methods else methods


def _resource(path: str) -> str:
    return "statements" if path.startswith("statements/more/") else path


def _called(request: Request) -> Reply:
    methods, resource = _RESOURCES[_resource(request.path)]
    if request.method not in methods:
        raise MethodNotAllowed(f"{request.method} is not a method of this resource")
    if request.credential.launch is not None:
        credentials.refuse_over(request.credential.launch)
    return resource(request)


def _settle_version(request: Request) -> None:
    asked = request.headers.get(VERSION_HEADER, "")
    version = requested(asked)
    if version is not None:
        request.version = version
    elif request.path != "about":
        raise BadRequest("X-Experience-API-Version must be 1.0.x or 2.0.x")


def _from_alternate_syntax(request: Request) -> None:
    """Turn a POST whose form holds the request into that request (Communication 1.3; xAPI 1.0.3 only).

    Raises BadRequest for xAPI 2.0, which has no such syntax, and for a form that breaks the clause.
    """
    if requested(request.headers.get(VERSION_HEADER, "")) is Version.V2:
        raise BadRequest("xAPI 2.0 has no alternate request syntax")
    if set(request.query) != {"method"}:
        raise BadRequest("the alternate request syntax has no parameter but method")
    if request.content_type != _FORM_TYPE:
        raise BadRequest(f"the alternate request syntax needs Content-Type {_FORM_TYPE}")
    try:
        form = request.body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest("the form is not UTF-8") from error
    fields = read_query(form)
    method = request.query["method"]
    headers = {name: value for name, value in request.headers.items() if name != "content-type"}
    content = fields.pop("content", None)
    if content is None and method in {"PUT", "POST"}:
        raise BadRequest("the form has no content")
    for name in list(fields):
        if name.lower() in _IN_FORM:
            value = headers[name.lower()] = fields.pop(name)
            # What stood in a real header could not break out of it, and documents come back with theirs.
            if not _HEADER_VALUE.fullmatch(value):
                raise BadRequest(f"{name} has characters that no header may have")
    if requested(headers.get(VERSION_HEADER, "")) is Version.V2:
        raise BadRequest("xAPI 2.0 has no alternate request syntax")
    headers.setdefault("content-type", "application/json")
    request.method, request.query, request.headers = method, fields, headers
    request.body = (content or "").encode()
