"""The seat service as a process of its own: ``uvicorn exams.seat.server:app``."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.settings")
django.setup()

from exams.seat.asgi import app

__all__ = ["app"]
