"""Application configuration."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    """Register the app under its short label."""

    name = "exams.papers"
    label = "papers"
