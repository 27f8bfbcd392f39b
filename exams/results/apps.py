"""Application configuration."""

from django.apps import AppConfig


class ResultsConfig(AppConfig):
    """Register the app under its short label."""

    name = "exams.results"
    label = "results"
