"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RoomConfig(AppConfig):
    """Register the app under its short label, its navigation and its panel."""

    name = "exams.room"
    label = "room"

    def ready(self) -> None:
        """Put the rooms into the navigation and onto the staff page."""
        from exams.room import panels
        from learning.portal.registry import NavigationEntry, Panel, add_navigation, add_panel

        add_navigation(NavigationEntry(_("Exam rooms"), "room:index", "room.use", order=40))
        add_panel(Panel("staff", "room/panels/staff.html", panels.staff, "room.use", order=20))
