"""Write the audit log."""

from typing import Any

import structlog
from django.db.models import Model

from learning.people.models import AuditEntry, Person


def record(actor: Person | None, action: str, target: Model | None = None, **data: Any) -> AuditEntry:
    """Write one audit entry in the caller's transaction, so that it stands or falls with the change.

    `actor` is None where the system acts by itself; `data` holds JSON values, never a national ID.
    """
    context = structlog.contextvars.get_contextvars()
    return AuditEntry.objects.create(
        actor=actor,
        action=action,
        target=f"{target._meta.label_lower}:{target.pk}" if target is not None else "",
        data=data,
        request_id=str(context.get("request_id", "")),
    )
