"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KnowledgeConfig(AppConfig):
    """Register the app under its short label, its navigation and its panels."""

    name = "exams.knowledge"
    label = "knowledge"

    def ready(self) -> None:
        """Put the tests into the navigation and onto the portal's pages."""
        from exams.knowledge import panels
        from learning.portal.registry import NavigationEntry, Panel, add_navigation, add_panel

        add_navigation(NavigationEntry(_("Knowledge tests"), "knowledge:index", "people.use", order=20))
        add_panel(Panel("home", "knowledge/panels/home.html", panels.home, order=20))
        add_panel(Panel("my", "knowledge/panels/my.html", panels.my, "people.use", order=20))
        add_panel(Panel("staff", "knowledge/panels/staff.html", panels.staff, "people.staff", order=30))
        add_panel(
            Panel(
                "agency", "knowledge/panels/agency.html", panels.agency, "knowledge.list_requests", order=30
            )
        )
