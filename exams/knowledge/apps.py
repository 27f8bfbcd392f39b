"""Application configuration."""

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    """Register the app under its short label."""

    name = "exams.knowledge"
    label = "knowledge"
