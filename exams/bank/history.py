"""An item's history, read from the audit log."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exams.bank.models import Item
from learning.people.models import AuditEntry, Person

_LABELS: dict[str, Promise] = {
    "bank.item_created": _("Written"),
    "bank.item_edited": _("Edited"),
    "bank.item_revised": _("New version written"),
    "bank.item_reviewed": _("Reviewed"),
    "bank.item_sent_back": _("Sent back"),
    "bank.item_approved": _("Approved"),
    "bank.item_retired": _("Retired"),
    "bank.item_loaded": _("Loaded with the platform's content, reviewed and approved"),
}


@dataclass(frozen=True)
class Event:
    """One thing that happened to an item."""

    at: datetime
    actor: Person | None
    label: str | Promise
    version: int | None
    note: str


def history(item: Item) -> list[Event]:
    """Return what happened to an item, the newest first; one query."""
    entries = AuditEntry.objects.filter(target=f"{item._meta.label_lower}:{item.pk}").select_related("actor")
    return [
        Event(
            entry.at,
            entry.actor,
            _LABELS.get(entry.action, entry.action),
            entry.data.get("version"),
            entry.data.get("note", ""),
        )
        for entry in entries
    ]
