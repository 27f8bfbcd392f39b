"""Application configuration."""

from django.apps import AppConfig


class BankConfig(AppConfig):
    """Register the app under its short label."""

    name = "exams.bank"
    label = "bank"
