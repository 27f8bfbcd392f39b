"""Application configuration."""

from django.apps import AppConfig


class LearningConfig(AppConfig):
    """The ground floor itself: commands and system checks."""

    name = "learning"
    label = "learning"

    def ready(self) -> None:
        """Register the system checks."""
        from learning import checks  # noqa: F401
