"""What tools ask: keys, launches, tokens, scores."""

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.partners import lti
from courses.partners.errors import ScoreRefused, TokenRefused
from courses.partners.models import Placement
from courses.partners.services import keys as key_service
from courses.partners.services import launches, tokens
from courses.partners.services import scores as score_service
from learning.people.access import PersonRequest

_LARGEST_SCORE = 64 * 1024


@require_safe
@cache_control(public=True, max_age=600)
def keys(_request: HttpRequest) -> HttpResponse:
    """Give our public keys."""
    return JsonResponse(key_service.published())


# The tool may post as well as link. A cookie with SameSite=Lax comes with a link only: a post turns into one.
@csrf_exempt
@require_http_methods(["GET", "POST"])
@never_cache
def authorise(request: HttpRequest) -> HttpResponse:
    """Answer a tool's authentication request with a form that the browser posts to it."""
    if request.method == "POST":
        return HttpResponseRedirect(f"{request.path}?{urlencode(request.POST.dict())}", status=303)
    return _launch(request)  # type: ignore[arg-type]  # signed in, or sent to sign in


@login_required
def _launch(request: PersonRequest) -> HttpResponse:
    answer = launches.answer(request.user, request.GET.dict())
    parts = urlsplit(answer.address)
    page = render(request, "partners/launch.html", {"answer": answer, "host": parts.hostname})
    # The one page whose form goes elsewhere, and only there.
    allow = csp_update({"form-action": [SELF, f"{parts.scheme}://{parts.netloc}"]})
    return cast("HttpResponse", allow(lambda _request: page)(request))


@csrf_exempt
@require_POST
@never_cache
def token(request: HttpRequest) -> HttpResponse:
    """Give a tool an access token."""
    try:
        return JsonResponse(tokens.issue(request.POST.dict(), now=int(time.time())))
    except TokenRefused as error:
        body = {"error": error.code, "error_description": str(error.message)}
        return JsonResponse(body, status=error.status)


View = Callable[..., HttpResponse]


def _for_tools(scope: str, *methods: str) -> Callable[[View], View]:
    """Let in tools whose token has the scope, to placements of their own."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @require_http_methods(methods)
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, pk: UUID) -> HttpResponse:
            tool = tokens.tool_of(request.headers.get("Authorization", ""), scope)
            if tool is None:
                response = _refusal("unauthorised", "A Bearer token with the right scope is needed.", 401)
                response["WWW-Authenticate"] = f'Bearer scope="{scope}"'
                return response
            placement = Placement.objects.select_related("course", "tool").filter(pk=pk, tool=tool).first()
            if placement is None:
                return _refusal("not_found", "This tool has no such line item.", 404)
            return view(request, placement)

        return guarded

    return decorate


def _refusal(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": code, "message": message}, status=status)


@_for_tools(lti.SCOPE_LINE_ITEM, "GET")
def line_items(_request: HttpRequest, placement: Placement) -> HttpResponse:
    """Give the course's line items, of which there is one."""
    return _json([score_service.line_item(placement)], lti.LINE_ITEMS)


@_for_tools(lti.SCOPE_LINE_ITEM, "GET")
def line_item(_request: HttpRequest, placement: Placement) -> HttpResponse:
    """Give the course's line item."""
    return _json(score_service.line_item(placement), lti.LINE_ITEM)


@_for_tools(lti.SCOPE_SCORE, "POST")
def scores(request: HttpRequest, placement: Placement) -> HttpResponse:
    """Take a score."""
    if request.content_type != lti.SCORE:
        return _refusal("wrong_type", f"The content type must be {lti.SCORE}.", 415)
    if len(request.body) > _LARGEST_SCORE:
        return _refusal("too_large", "A score is smaller.", 413)
    try:
        score_service.post(placement, json.loads(request.body), now=timezone.now())
    except (ValueError, RecursionError):
        return _refusal("not_json", "The body is not JSON.", 400)
    except ScoreRefused as error:
        return _refusal(error.code, str(error.message), error.status)
    return HttpResponse(status=204)


@_for_tools(lti.SCOPE_RESULT, "GET")
def results(request: HttpRequest, placement: Placement) -> HttpResponse:
    """Give the results."""
    return _json(score_service.results(placement, user=request.GET.get("user_id", "")), lti.RESULTS)


def _json(content: Any, content_type: str) -> HttpResponse:
    return JsonResponse(content, safe=False, content_type=content_type)
