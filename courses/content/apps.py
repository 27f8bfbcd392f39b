"""Application configuration."""

from django.apps import AppConfig


class ContentConfig(AppConfig):
    """Register the app under its short label."""

    name = "courses.content"
    label = "content"
