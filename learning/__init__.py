"""The ground floor: settings, URLs, ASGI and WSGI entry points, Celery."""

from learning.celery import app as celery_app

__all__ = ["celery_app"]
