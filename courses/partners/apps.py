"""Application configuration."""

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    """Register the app under its short label, with its panels."""

    name = "courses.partners"
    label = "partners"

    def ready(self) -> None:
        """Put the way to the partner onto course pages, and what came of it onto the person's own."""
        from courses.partners import audit_words, panels
        from courses.partners.services import records
        from learning.people import audit
        from learning.portal.registry import Panel, add_panel
        from learning.records.launches import add_client_rules

        audit.name_actions(audit_words.ACTIONS)
        add_client_rules(records.RULES, records.Rules())
        add_panel(Panel("course", "partners/panels/course.html", panels.course, order=50))
        add_panel(Panel("my", "partners/panels/my.html", panels.my, order=30))
        add_panel(
            Panel("staff", "partners/panels/staff.html", panels.staff, "catalogue.look_after", order=25)
        )
