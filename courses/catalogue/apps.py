"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    """Register the app under its short label, with its navigation and panels."""

    name = "courses.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        """Put the catalogue into the navigation and onto the portal's pages."""
        from courses.catalogue import panels
        from learning.portal.registry import NavigationEntry, Panel, add_navigation, add_panel

        add_navigation(NavigationEntry(_("Courses"), "catalogue:index", order=15))
        add_panel(Panel("home", "catalogue/panels/home.html", panels.home, order=10))
