"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from learning.portal.registry import NavigationEntry, Panel, add_navigation, add_panel


class CertificatesConfig(AppConfig):
    """Register the app under its short label, and its entries on portal pages."""

    name = "certificates"
    label = "certificates"

    def ready(self) -> None:
        """Put the app on the portal's pages."""
        from certificates import panels

        add_navigation(NavigationEntry(_("Check a certificate"), "certificates:check_form", order=80))
        add_panel(Panel("home", "certificates/panels/check.html", panels.check, order=80))
        add_panel(
            Panel("my", "certificates/panels/mine.html", panels.mine, permission="people.use", order=60)
        )
        manage = "certificates.manage"
        add_panel(Panel("staff", "certificates/panels/staff.html", panels.staff, permission=manage, order=60))
