"""Write the audit log, and say in words what its entries are about.

An app names its actions and the things they act upon in its ``AppConfig.ready``.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.people.audit_words import LABELS
from learning.people.models import AuditEntry, Person

# Returns what the rows of a model with these keys, numbers or UUIDs, are called; what is gone is left out.
Namer = Callable[[Collection[Any]], Mapping[Any, str]]
_actions: dict[str, Promise | str] = {}
_namers: dict[str, Namer] = {}


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


# -- In words -----------------------------------------------------------------------------------------
def name_actions(names: Mapping[str, Promise | str]) -> None:
    """Say what actions are called, each under its code."""
    _actions.update(names)


def name_targets(model: str, namer: Namer) -> None:
    """Say how rows of a model are called; `model` as in the log: ``catalogue.course``."""
    _namers[model] = namer


def action_name(action: str) -> str:
    """Return what an action is called, empty where no app has named it."""
    return str(_actions.get(action, ""))


def target_names(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """Return what the targets of entries are called, one query for each model; what is gone has no name."""
    keys: dict[str, set[int | UUID]] = defaultdict(set)
    for entry in entries:
        model, _colon, key = entry.target.rpartition(":")
        if model in _namers:
            keys[model].add(int(key) if key.isdecimal() else UUID(key))
    return {
        f"{model}:{key}": name for model, found in keys.items() for key, name in _namers[model](found).items()
    }


def details(entries: Collection[AuditEntry]) -> list[list[tuple[str, str]]]:
    """Return what each entry says besides, under what its keys are called; a key without a name is itself."""
    keys = {entry.data.get("person") for entry in entries}
    names = person_names({key for key in keys if isinstance(key, int)}) if keys - {None} else {}
    return [
        [
            (
                str(LABELS.get(key, key)),
                names.get(value, "") if key == "person" and value in names else _in_words(value),
            )
            for key, value in entry.data.items()
        ]
        for entry in entries
    ]


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, list):
        return ", ".join(_in_words(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_in_words(each)}" for key, each in value.items())
    return str(value)


def person_names(keys: Collection[int]) -> dict[int, str]:
    """Return what persons are called in the audit log."""
    return {key: person.full_name for key, person in Person.objects.in_bulk(list(keys)).items()}
