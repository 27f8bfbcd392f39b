"""Write the audit log."""

from collections.abc import Iterable
from typing import Any

import structlog
from django.db.models import Model

from learning.people.models import AuditEntry, Person


def record(actor: Person | None, action: str, target: Model | None = None, **data: Any) -> AuditEntry:
    """Write one audit entry in the caller's transaction, so that it stands or falls with the change.

    `actor` is None where the system acts by itself; `data` holds JSON values, never a national ID.
    """
    entry = _entry(actor, action, target, data)
    entry.save(force_insert=True)
    return entry


def record_many(
    actor: Person | None, action: str, targets: Iterable[tuple[Model, dict[str, Any]]]
) -> list[AuditEntry]:
    """Write an entry for each target with its data, as `record` does, in a few statements."""
    entries = [_entry(actor, action, target, data) for target, data in targets]
    return AuditEntry.objects.bulk_create(entries, batch_size=1000)


def _entry(actor: Person | None, action: str, target: Model | None, data: dict[str, Any]) -> AuditEntry:
    context = structlog.contextvars.get_contextvars()
    return AuditEntry(
        actor=actor,
        action=action,
        target=f"{target._meta.label_lower}:{target.pk}" if target is not None else "",
        data=data,
        request_id=str(context.get("request_id", "")),
    )
