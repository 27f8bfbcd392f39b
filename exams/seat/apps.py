"""Application configuration."""

from django.apps import AppConfig


class SeatConfig(AppConfig):
    """Register the app under its short label."""

    name = "exams.seat"
    label = "seat"
