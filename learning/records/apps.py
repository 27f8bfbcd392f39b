"""Application configuration."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _make_months(**_: Any) -> None:
    from django.utils import timezone

    from learning.records.services.partitions import make_months

    make_months(timezone.now())


class RecordsConfig(AppConfig):
    """Register the app under its short label, and make this month's part of its tables after migrating."""

    name = "learning.records"
    label = "records"

    def ready(self) -> None:
        """Show the records to staff, name tasks and what is done, and follow the end of a migration."""
        from learning.people import audit
        from learning.portal.registry import Panel, add_panel
        from learning.records import audit_words, panels, tasks  # noqa: F401

        audit.name_actions(audit_words.ACTIONS)
        add_panel(Panel("staff", "records/panels/staff.html", panels.staff, "records.explore", order=85))
        post_migrate.connect(_make_months, sender=self)
