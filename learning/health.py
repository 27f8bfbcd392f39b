"""Probes: ``/livez`` says that the process answers, ``/readyz`` that what it needs answers too."""

from collections.abc import Callable

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

log = structlog.get_logger(__name__)

# Seconds that Redis may take; a probe that hangs tells a load balancer nothing.
_REDIS_TIMEOUT = 2


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _redis() -> None:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=_REDIS_TIMEOUT, socket_timeout=_REDIS_TIMEOUT
    )
    try:
        client.ping()
    finally:
        client.close()


def readiness() -> dict[str, str]:
    """Ask every configured part and return part → "ok" or "failed"; the reasons go to the log."""
    parts: dict[str, Callable[[], None]] = {"database": _database}
    if settings.REDIS_URL:
        parts["redis"] = _redis
    states = {}
    for name, ask in parts.items():
        try:
            ask()
        except (DatabaseError, redis.RedisError, OSError) as error:
            log.warning("not_ready", part=name, reason=str(error))
            states[name] = "failed"
        else:
            states[name] = "ok"
    return states


class HealthMiddleware:
    """Answer the probes before host names, sessions and redirects to https come into play."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe, or pass the request on."""
        if request.path_info == "/livez":
            return _uncached(JsonResponse({"status": "ok"}))
        if request.path_info == "/readyz":
            parts = readiness()
            ready = all(state == "ok" for state in parts.values())
            body = {"status": "ok" if ready else "failed", "parts": parts}
            return _uncached(JsonResponse(body, status=200 if ready else 503))
        return self.get_response(request)


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
