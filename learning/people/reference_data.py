"""Load the reference data kept beside this file: provinces, position types and levels, agencies."""

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any, TypeVar

from django.db import models, transaction

from learning.people.models import Agency, AgencyLevel, PositionLevel, PositionType, Province

M = TypeVar("M", bound=models.Model)


def _read(name: str) -> list[dict[str, Any]]:
    text = (resources.files("learning.people") / "reference" / f"{name}.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    return rows


def _upsert(model: type[M], key: str, rows: list[M]) -> None:
    fields = [f.name for f in model._meta.concrete_fields if f.name not in {key, model._meta.pk.name}]
    model._meta.base_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=[key], update_fields=fields
    )


@transaction.atomic
def load_reference_data() -> dict[str, int]:
    """Create or correct every reference row; rows that are not in the files stay. Returns counts by kind.

    Safe to run on every deployment: codes are the identity, so a corrected name changes in place.
    """
    provinces = [Province(**row) for row in _read("provinces")]
    _upsert(Province, "code", provinces)
    types, levels = _positions()
    _upsert(PositionType, "code", types)
    _upsert(PositionLevel, "code", levels)
    counts = {"provinces": len(provinces), "position_types": len(types), "position_levels": len(levels)}
    parents: dict[str, Agency] = {}
    for level, rows in _agencies():
        agencies = [Agency(level=level, parent=parents.get(parent), **values) for parent, values in rows]
        _upsert(Agency, "code", agencies)
        # Read again: an upsert does not tell the keys of rows that were already there.
        parents = Agency.objects.in_bulk([a.code for a in agencies], field_name="code")
        counts[level.value] = len(agencies)
    return counts


def _positions() -> tuple[list[PositionType], list[PositionLevel]]:
    types, levels = [], []
    for order, row in enumerate(_read("position_types")):
        for place, level in enumerate(row.pop("levels")):
            levels.append(PositionLevel(position_type_id=row["code"], order=place, **level))
        types.append(PositionType(order=order, **row))
    return types, levels


def _agencies() -> Iterator[tuple[AgencyLevel, list[tuple[str, dict[str, str]]]]]:
    """Yield the three levels from the top, each as (code of the parent, values)."""
    rows = [("", row) for row in _read("agencies")]
    for level, below in (
        (AgencyLevel.MINISTRY, "departments"),
        (AgencyLevel.DEPARTMENT, "divisions"),
        (AgencyLevel.DIVISION, ""),
    ):
        children = [(row["code"], child) for _parent, row in rows for child in row.pop(below, [])]
        yield level, rows
        rows = children
