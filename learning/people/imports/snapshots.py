"""A person's importable values as plain data: to wait between check and import, and to be restored."""

import json
from datetime import date
from typing import Any

from learning.people import sealing
from learning.people.models import Person

# Column names in the database, so that a snapshot needs no look-ups to be put back.
VALUES = (
    "title",
    "first_name",
    "last_name",
    "birth_year",
    "sex",
    "education_level",
    "email",
    "group",
    "agency_id",
    "division_name",
    "service_start",
    "personnel_kind",
    "position_type_id",
    "position_level_id",
    "level_text",
    "position",
    "occupation",
    "organisation",
)
_PURPOSE = b"imported-row"

Snapshot = dict[str, Any]


def take(person: Person) -> Snapshot:
    """Return the person's values."""
    values = {name: getattr(person, name) for name in VALUES}
    return {name: v.isoformat() if isinstance(v, date) else v for name, v in values.items()}


def put(person: Person, values: Snapshot) -> None:
    """Set the values on the person; the caller saves."""
    for name, value in values.items():
        is_date = name == "service_start" and value
        setattr(person, name, date.fromisoformat(value) if is_date else value)


def seal(values: dict[str, Any]) -> bytes:
    """Return a snapshot encrypted."""
    return sealing.seal(json.dumps(values, ensure_ascii=False).encode(), _PURPOSE)


def unseal(sealed: bytes | memoryview) -> dict[str, Any]:
    """Return a snapshot from `seal`'s bytes."""
    values: dict[str, Any] = json.loads(sealing.unseal(sealed, _PURPOSE))
    return values
