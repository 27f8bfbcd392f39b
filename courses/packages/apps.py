"""Application configuration."""

from django.apps import AppConfig


class PackagesConfig(AppConfig):
    """Register the app under its short label; it has no models."""

    name = "courses.packages"
    label = "packages"
