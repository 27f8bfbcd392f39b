"""Application configuration."""

from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    """Register the app under its short label."""

    name = "certificates"
    label = "certificates"
