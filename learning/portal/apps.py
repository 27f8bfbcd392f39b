"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """Register the app under its short label, and its own navigation."""

    name = "learning.portal"
    label = "portal"

    def ready(self) -> None:
        """Put the portal's pages into the main navigation."""
        from learning.portal.registry import NavigationEntry, add_navigation

        add_navigation(NavigationEntry(_("Home"), "portal:home", order=0))
        add_navigation(NavigationEntry(_("My page"), "portal:my", "people.use", order=10))
        add_navigation(NavigationEntry(_("Staff page"), "portal:staff", "people.staff", order=90))
