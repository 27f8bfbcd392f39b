"""Application configuration."""

from django.apps import AppConfig


class RegistrationConfig(AppConfig):
    """Register the app under its short label."""

    name = "exams.registration"
    label = "registration"
