"""Application configuration."""

from django.apps import AppConfig


class RegistrationConfig(AppConfig):
    """Register the app under its short label, and its panels."""

    name = "exams.registration"
    label = "registration"

    def ready(self) -> None:
        """Put rounds onto the portal's pages, and tell the waiting room where candidates sit."""
        from exams.registration import panels
        from exams.registration.places import find_place
        from exams.seat.places import add_finder
        from learning.portal.registry import Panel, add_panel

        add_panel(Panel("my", "registration/panels/my.html", panels.my, "registration.take_part", order=10))
        add_panel(
            Panel("staff", "registration/panels/staff.html", panels.staff, "registration.manage", order=20)
        )
        add_finder(find_place)
