"""System checks: production does not start with a value that is only right for the demo.

They run with ``manage.py`` commands and, through ``learning/wsgi.py`` and ``learning/asgi.py``, before a
server answers its first request.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import Error, register
from django.core.exceptions import ImproperlyConfigured

SECRETS = ("SECRET_KEY", "NATIONAL_ID_KEY", "SEAT_KEY")
_SECRET_LENGTH = 32


@register()
def production_is_safe(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[Error]:  # noqa: ARG001
    """Refuse unsafe values where PRODUCTION is set; the embedded default is left alone."""
    return list(_findings()) if settings.PRODUCTION else []


def refuse_unsafe_production() -> None:
    """Raise ImproperlyConfigured with every finding; for entry points that run no system checks."""
    if findings := production_is_safe(None):
        raise ImproperlyConfigured("\n".join(f"{error.id}: {error.msg}" for error in findings))


def _findings() -> Iterator[Error]:
    if settings.DEBUG:
        yield Error("DEBUG is on in production.", hint="Unset DEBUG.", id="learning.E001")
    for name in SECRETS:
        if len(getattr(settings, name)) < _SECRET_LENGTH:
            yield Error(
                f"{name} is shorter than {_SECRET_LENGTH} characters.",
                hint="Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
                id="learning.E002",
            )
    if len({getattr(settings, name) for name in SECRETS}) < len(SECRETS):
        yield Error(
            f"{', '.join(SECRETS)} must all differ, so that one can be rotated or lost without the others.",
            id="learning.E003",
        )
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        yield Error(
            "SQLite holds one writer at a time and is not for production.",
            hint="Set DATABASE_URL to PostgreSQL 15 or newer.",
            id="learning.E004",
        )
    if not settings.REDIS_URL:
        yield Error(
            "Without Redis every process would count rate limits and keep its cache by itself.",
            hint="Set REDIS_URL.",
            id="learning.E005",
        )
    if settings.CELERY_TASK_ALWAYS_EAGER:
        yield Error(
            "Background work would run inside web requests.",
            hint="Unset CELERY_EAGER and run a Celery worker and beat.",
            id="learning.E006",
        )
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS must name the hosts this platform answers for.",
            hint="For example ALLOWED_HOSTS=learning.example.go.th",
            id="learning.E007",
        )
    if not settings.PUBLIC_ORIGIN.startswith("https://") or settings.PUBLIC_ORIGIN.endswith("/"):
        yield Error(
            "PUBLIC_ORIGIN is printed on certificates and must be an https origin without a closing slash.",
            hint="For example PUBLIC_ORIGIN=https://learning.example.go.th",
            id="learning.E008",
        )
    yield from _findings_on_packages()


def _findings_on_packages() -> Iterator[Error]:
    content, portal = (urlsplit(origin) for origin in (settings.CONTENT_ORIGIN, settings.PUBLIC_ORIGIN))
    if (
        content.scheme != "https"
        or content.path
        or content.hostname in {portal.hostname, *settings.ALLOWED_HOSTS}
    ):
        yield Error(
            "CONTENT_ORIGIN serves other people's scripts: it must be an https origin without a closing "
            "slash, on a host that the portal does not answer for.",
            hint="For example CONTENT_ORIGIN=https://learning-content.example.go.th",
            id="learning.E009",
        )
