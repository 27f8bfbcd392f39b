"""Data that the lessons of one package share: `adl.data` of SCORM 2004, fourth edition (RTE 4.3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from courses.packages.package import Unit
from courses.player.services.launches import Contents
from courses.player.services.sequences import WHOLE

_KEY = "shared_data"
# Letters that a store must be able to hold (RTE 4.3.1).
_MOST = 64000


def start(contents: Contents, unit: Unit) -> dict[str, Any]:
    """Return what its run-time is told of the stores that a lesson sees; nothing where it sees none."""
    if unit.scorm is None or not unit.scorm.shared_data:
        return {}
    seen = unit.scorm.shared_data
    maps = [
        {"targetID": each.target, "readSharedData": each.reads, "writeSharedData": each.writes}
        for each in seen
    ]
    stores = _stores(contents)
    stores = {each.target: stores[each.target] for each in seen if each.target in stores}
    return {_KEY: {"maps": maps, "stores": stores}}


def take(
    contents: Contents, unit: Unit, before: Mapping[str, Any], state: Mapping[str, Any], *, now: datetime
) -> None:
    """Keep what a lesson has written since the state before; the caller holds the lock.

    Each state names all that it may write: what it only says again may have been changed by another lesson.
    """
    written, known = state.get(_KEY), before.get(_KEY)
    if unit.scorm is None or not isinstance(written, Mapping):
        return
    known = known if isinstance(known, Mapping) else {}
    changed = {
        each.target: value
        for each in unit.scorm.shared_data
        if each.writes
        and isinstance(value := written.get(each.target), str)
        and len(value) <= _MOST
        and known.get(each.target) != value
    }
    if changed:
        row = contents.row(WHOLE, now=now)
        row.state, row.updated_at = row.state | {_KEY: _stores(contents) | changed}, now
        row.save(update_fields=["state", "updated_at"])


def forget(contents: Contents, *, now: datetime) -> None:
    """Empty the stores; the caller holds the lock."""
    row = contents.progress.get(WHOLE)
    if row is not None and _KEY in row.state:
        row.state = {name: value for name, value in row.state.items() if name != _KEY}
        row.updated_at = now
        row.save(update_fields=["state", "updated_at"])


def _stores(contents: Contents) -> dict[str, str]:
    row = contents.progress.get(WHOLE)
    return dict(row.state.get(_KEY, {})) if row is not None else {}
