"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RoomConfig(AppConfig):
    """Register the app under its short label, its navigation, its panel and what officers did."""

    name = "exams.room"
    label = "room"

    def ready(self) -> None:
        """Put the rooms into the navigation and onto the staff page, and their record into the evidence."""
        from exams.room import panels
        from exams.room.evidence import find_deeds
        from exams.seat.deeds import add_finder
        from learning.portal.registry import NavigationEntry, Panel, add_navigation, add_panel

        add_navigation(NavigationEntry(_("Exam rooms"), "room:index", "room.use", order=40))
        add_panel(Panel("staff", "room/panels/staff.html", panels.staff, "room.use", order=20))
        add_finder(find_deeds)
