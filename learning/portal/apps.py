"""Application configuration."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Register the app under its short label."""

    name = "learning.portal"
    label = "portal"
