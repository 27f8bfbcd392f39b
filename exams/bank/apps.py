"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BankConfig(AppConfig):
    """Register the app under its short label, with its entry and panel on the portal."""

    name = "exams.bank"
    label = "bank"

    def ready(self) -> None:
        """Put the item bank into the navigation and onto the staff page."""
        from exams.bank.panels import staff_panel
        from learning.portal import registry

        registry.add_navigation(
            registry.NavigationEntry(_("Item bank"), "bank:banks", permission="bank.view", order=50)
        )
        registry.add_panel(
            registry.Panel("staff", "bank/staff_panel.html", staff_panel, permission="bank.view", order=30)
        )
