"""What run-times send: kept once, in order, and counted towards the unit in the same transaction.

A run-time sends the whole state of its item each time, numbered. So a commit that never arrives costs nothing
when a later one does, and one that is sent twice changes nothing.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from courses.packages.package import Kind
from courses.packages.package import Unit as PackageUnit
from courses.player.errors import CommitUnreadable
from courses.player.models import ItemProgress, Launch, UnitProgress
from courses.player.outcomes import Outcome
from courses.player.services import h5p, scorm, shared_data, walking
from courses.player.services.counting import count, outcome_of
from courses.player.services.launches import Contents
from courses.player.services.registrations import check_session, lock
from courses.player.services.statements import tell_item_ended, tell_item_reached

# SCORM 2004 allows 64,000 characters of suspend data, interactions and comments come on top.
MOST_BYTES = 1024 * 1024

READERS: dict[Kind, Callable[[PackageUnit, Mapping[str, Any]], Outcome]] = {
    Kind.SCORM_12: scorm.outcome_12,
    Kind.SCORM_2004_3: scorm.outcome_2004,
    Kind.SCORM_2004_4: scorm.outcome_2004,
    Kind.H5P: h5p.outcome,
}


class Commit(msgspec.Struct, forbid_unknown_fields=True):
    """One message of a run-time.

    `sequence` numbers the states of an item, `after` is the last one that this launch knows to be kept.
    `launch` is the one in which the state was made, when it is sent late by the next one.
    """

    secret: Annotated[str, msgspec.Meta(min_length=20, max_length=100)]
    sequence: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0
    after: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0
    launch: UUID | None = None
    state: dict[str, Any] | None = None


@dataclass(frozen=True)
class Receipt:
    """What became of a commit: kept as the item's state or not, and what counts now."""

    is_kept: bool
    sequence: int
    item: Outcome
    unit: UnitProgress | None
    # What the content may ask for now, where that has changed (services.sequences).
    navigation: dict[str, Any] | None = None


def read(body: bytes) -> Commit:
    """Read a message. Raises CommitUnreadable."""
    try:
        # Not msgspec's own reader: scripts cut texts through the middle of a character, and that is no reason
        # to lose what somebody did.
        message = _storable(json.loads(body, parse_constant=_no_constant, parse_float=_finite))
        return msgspec.convert(message, Commit)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CommitUnreadable from error


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _finite(text: str) -> float:
    """Return a number that JSON can hold again; 1e999 is read as infinity, which no database keeps."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


@transaction.atomic
def write(opened: Launch, commit: Commit, *, now: datetime | None = None) -> Receipt:
    """Keep what a run-time sent. Raises SessionTaken when another device took over meanwhile."""
    now = now or timezone.now()
    check_session(lock(opened.registration), opened.session)
    contents = Contents(opened.registration, opened.unit)
    progress, changed = _keep(opened, commit, contents, now=now)
    is_kept = progress.state.get("writer") == _writer(opened, commit) and progress.sequence == commit.sequence
    moved = is_kept and walking.track(contents, opened.item, progress.state, now=now)
    return Receipt(
        is_kept,
        progress.sequence,
        outcome_of(progress),
        count(contents, now=now) if changed or moved else None,
        contents.sequence.navigation() if moved and contents.sequence else None,
    )


@transaction.atomic
def mark_done(contents: Contents, item: str, session: str, *, now: datetime) -> UnitProgress:
    """Complete an item of a package that never says so itself, because its learner says so."""
    check_session(lock(contents.registration), session)
    progress, _is_new = ItemProgress.objects.get_or_create(
        registration=contents.registration, unit=contents.unit, item=item, defaults={"updated_at": now}
    )
    progress.is_completed, progress.updated_at = True, now
    progress.save(update_fields=["is_completed", "updated_at"])
    contents.progress[item] = progress
    return count(contents, now=now)


def _keep(opened: Launch, commit: Commit, contents: Contents, *, now: datetime) -> tuple[ItemProgress, bool]:
    """Keep the state where it is the newest; what it says was reached counts in any case."""
    read_outcome = READERS.get(contents.package.kind)
    if commit.state is None or read_outcome is None:
        raise CommitUnreadable
    progress, is_new = ItemProgress.objects.get_or_create(
        registration=opened.registration,
        unit=opened.unit,
        item=opened.item,
        defaults={"updated_at": now},
    )
    before = outcome_of(progress)
    unit = contents.item(opened.item).unit
    said = read_outcome(unit, commit.state)
    reached = before.merged(said)
    tell_item_reached(opened, unit, progress, before, said, now=now)
    if commit.state.get("ended") is True and commit.launch in {None, opened.pk}:
        tell_item_ended(opened, unit, commit.state, said, now=now)
    if _is_newest(progress, opened, commit):
        shared_data.take(contents, unit, progress.state, commit.state, now=now)
        progress.state = {**commit.state, "writer": _writer(opened, commit)}
        progress.sequence = commit.sequence
    progress.is_completed, progress.is_passed, progress.score = (
        reached.is_completed,
        reached.is_passed,
        reached.score,
    )
    progress.updated_at = now
    progress.save()
    contents.progress[opened.item] = progress
    return progress, is_new or reached != before


def _is_newest(progress: ItemProgress, opened: Launch, commit: Commit) -> bool:
    """Say whether a state follows the one that is kept: made by the same launch later, or knowing of it."""
    if commit.sequence <= progress.sequence:
        return False
    return commit.after >= progress.sequence or progress.state.get("writer") == _writer(opened, commit)


def _writer(opened: Launch, commit: Commit) -> str:
    return str(commit.launch or opened.pk)


def _storable(value: Any) -> Any:
    """Drop what PostgreSQL keeps in no JSON: NUL, and halves of characters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_storable(key): _storable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_storable(each) for each in value]
    return value
