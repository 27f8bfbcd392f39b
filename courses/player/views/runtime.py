"""What run-times on the content origin call: without cookies, the secret of a launch says whose it is."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from courses.content import serving
from courses.player import limits
from courses.player.errors import CommitFromElsewhere, CommitTooLarge, TooManyReports
from courses.player.services import cmi5, commits, launches, runtime
from learning.errors import DomainError

# A run-time sends at most one message a second, and a page that goes another one.
MOST_A_MINUTE = 90
RETRY_AFTER_S = 10

Answering = Callable[[HttpRequest, commits.Commit], dict[str, Any]]


def for_run_times(view: Answering) -> Callable[[HttpRequest], HttpResponse]:
    """Answer messages from the content origin in JSON, refusals too.

    Messages come as plain text, so browsers ask no leave first and a page that is going can still send one.
    """

    @csrf_exempt
    @require_POST
    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        origin = serving.origin(request)
        try:
            if request.headers.get("Origin", origin) != origin:
                raise CommitFromElsewhere
            response = JsonResponse(view(request, _message(request)))
        except DomainError as error:
            body = {"error": error.code, "message": str(error.message)}
            response = JsonResponse(body, status=error.status)
            if isinstance(error, TooManyReports):
                response.headers["Retry-After"] = str(RETRY_AFTER_S)
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
        response.headers["Cache-Control"] = "no-store"
        patch_vary_headers(response, ("Origin",))
        return response

    return answered


@for_run_times
def open_(request: HttpRequest, message: commits.Commit) -> dict[str, Any]:
    """Tell a run-time what it starts with."""
    return runtime.start(launches.find(message.secret), request)


@for_run_times
def commit(_request: HttpRequest, message: commits.Commit) -> dict[str, Any]:
    """Keep what a run-time sends, and say what counts now."""
    opened = launches.find(message.secret)
    # Who opens the lesson again and again has a new secret each time, and is still one learner.
    limits.count("commits", opened.registration_id, most=2 * MOST_A_MINUTE)
    receipt = commits.write(opened, message)
    unit = receipt.unit
    return {
        "is_kept": receipt.is_kept,
        "sequence": receipt.sequence,
        "item": runtime.told_outcome(receipt.item),
        "unit": unit and unit.status,
    } | ({"navigation": receipt.navigation} if receipt.navigation else {})


@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
def fetch(request: HttpRequest, token: str) -> HttpResponse:
    """Give a cmi5 unit its credential, once; its address is the secret, so any origin may ask (8.2)."""
    if request.method == "OPTIONS":
        # Some content names the type of the body that it does not send, and its browser asks first.
        leave = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Content-Type"}
        return HttpResponse(status=204, headers=leave)
    try:
        body = {"auth-token": cmi5.fetch(token)}
    except cmi5.FetchRefused as refused:
        # With status 200, as the specification has it.
        body = {"error-code": str(refused.code), "error-text": str(refused)}
    response = JsonResponse(body)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "no-store"
    return response


def _message(request: HttpRequest) -> commits.Commit:
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        length = commits.MOST_BYTES + 1
    if length > commits.MOST_BYTES or len(request.body) > commits.MOST_BYTES:
        raise CommitTooLarge
    message = commits.read(request.body)
    limits.count("commits", launches.hashed(message.secret), most=MOST_A_MINUTE)
    return message
