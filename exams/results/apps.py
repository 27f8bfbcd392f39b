"""Application configuration."""

from django.apps import AppConfig


class ResultsConfig(AppConfig):
    """Register the app under its short label, and its panels."""

    name = "exams.results"
    label = "results"

    def ready(self) -> None:
        """Put results onto the portal's pages."""
        from exams.results import panels
        from learning.portal.registry import Panel, add_panel

        add_panel(Panel("my", "results/panels/my.html", panels.my, "people.use", order=10))
        add_panel(Panel("staff", "results/panels/staff.html", panels.staff, "results.view_figures", order=40))
