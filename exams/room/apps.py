"""Application configuration."""

from django.apps import AppConfig


class RoomConfig(AppConfig):
    """Register the app under its short label."""

    name = "exams.room"
    label = "room"
