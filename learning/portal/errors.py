"""Error pages that need more than a template."""

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer 500 without context processors: what failed may be what they read, the database included."""
    reference = structlog.contextvars.get_contextvars().get("request_id", "")
    return HttpResponse(render_to_string("500.html", {"reference": reference}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer a form without a valid token in words that help; `reason` is for developers and logged."""
    return render(request, "errors/csrf.html", status=403)
