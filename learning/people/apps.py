"""Application configuration."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Register the app under its short label."""

    name = "learning.people"
    label = "people"
