"""Application configuration."""

from django.apps import AppConfig


class MarkingConfig(AppConfig):
    """Register the app under its short label."""

    name = "exams.marking"
    label = "marking"
