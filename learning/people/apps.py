"""Application configuration."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Register the app under its short label, and its panels on the portal's pages."""

    name = "learning.people"
    label = "people"

    def ready(self) -> None:
        """Put the profile on everybody's page and the lists on the staff page."""
        from learning.people import audit, panels
        from learning.portal.registry import Panel, add_panel

        audit.name_targets("people.person", audit.person_names)
        add_panel(Panel("my", "people/panels/profile.html", panels.profile, order=80))
        add_panel(
            Panel("staff", "people/panels/persons.html", panels.always, "people.list_persons", order=10)
        )
        add_panel(Panel("staff", "people/panels/audit.html", panels.always, "people.view_audit", order=90))
        add_panel(
            Panel("agency", "people/panels/agency.html", panels.agency, "people.list_persons", order=10)
        )
