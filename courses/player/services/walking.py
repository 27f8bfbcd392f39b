"""Walking through a package that has rules: what moves a learner, under the registration's lock."""

from datetime import datetime
from random import SystemRandom
from typing import Any

from django.db import transaction

from courses.catalogue.models import Unit
from courses.player.models import Launch, Registration
from courses.player.sequencing import runtime
from courses.player.sequencing.refusals import Refused
from courses.player.sequencing.walk import Walk
from courses.player.services import shared_data
from courses.player.services.counting import count
from courses.player.services.launches import Contents
from courses.player.services.progress import refuse_closed
from courses.player.services.registrations import check_session, lock
from courses.player.services.sequences import WHOLE, WayThrough


@transaction.atomic
def enter(registration: Registration, unit: Unit, session: str, item: str, *, now: datetime) -> Contents:
    """Open a lesson that the learner chose; without one, go on where they were, or begin.

    Raises ItemLocked, SessionTaken or UnitClosed. Nothing is open afterwards where the learner has to choose.
    """
    contents, sequence = _locked(registration, unit, session, now=now)
    if item:
        contents.item(item)
        if sequence.open is None or sequence.open.id != item:
            _follow(contents, sequence, "choice", item, now=now)
    elif sequence.tree.suspended is not None:
        _follow(contents, sequence, "resumeAll", "", now=now)
    elif not sequence.is_begun:
        _begin(contents, sequence, now=now)
    return contents


@transaction.atomic
def follow(
    registration: Registration,
    unit: Unit,
    session: str,
    request: str,
    target: str,
    *,
    leaving: str,
    now: datetime,
) -> Contents:
    """Follow a request of a learner or of content: on, back, out, or to a lesson.

    `leaving` is the lesson from which it was sent: a request that comes twice, or from a page that was left
    since, changes nothing. Raises ItemLocked, SessionTaken or UnitClosed.
    """
    contents, sequence = _locked(registration, unit, session, now=now)
    current = sequence.tree.current
    if leaving == (current.id if current is not None else ""):
        _follow(contents, sequence, request, target, now=now)
    return contents


def track(contents: Contents, item: str, state: dict[str, Any], *, now: datetime) -> bool:
    """Take over what the open lesson says, and return whether anything moved; the caller holds the lock."""
    sequence = contents.sequence
    if sequence is None or sequence.open is None or sequence.open.id != item:
        return False
    unit = contents.item(item).unit
    cmi = state.get("cmi")
    runtime.take(
        sequence.tree,
        sequence.open,
        runtime.Said(
            cmi if isinstance(cmi, dict) else {},
            has_ended=state.get("ended") is True,
            is_silent=state.get("ended_silently") is True,
        ),
        mastery=unit.mastery_score,
        threshold=unit.scorm.completion_threshold if unit.scorm else None,
    )
    return _keep(contents, sequence, now=now)


def finish_asset(contents: Contents, item: str, *, now: datetime) -> None:
    """Count a lesson that cannot speak as seen; the caller holds the lock."""
    sequence = contents.sequence
    if sequence is not None and sequence.open is not None and sequence.open.id == item:
        runtime.take(sequence.tree, sequence.open, runtime.Said({}, has_ended=True, is_silent=True))
        _keep(contents, sequence, now=now)


def _locked(
    registration: Registration, unit: Unit, session: str, *, now: datetime
) -> tuple[Contents, WayThrough]:
    check_session(lock(registration), session)
    refuse_closed(registration, unit, now=now)
    contents = Contents(registration, unit)
    assert contents.sequence is not None
    return contents, contents.sequence


def _begin(contents: Contents, sequence: WayThrough, *, now: datetime) -> None:
    """Start at the beginning; where nothing flows, with the first lesson that may be chosen."""
    try:
        _walk(contents, sequence, "start", "", now=now)
    except Refused:
        choices = sequence.outlook.choices.items()
        if first := next((item for item, refused in choices if refused is None), ""):
            _follow(contents, sequence, "choice", first, now=now)


def _follow(contents: Contents, sequence: WayThrough, request: str, target: str, *, now: datetime) -> None:
    try:
        _walk(contents, sequence, request, target, now=now)
    except Refused as refused:
        raise sequence.sentence(refused) from refused


def _walk(contents: Contents, sequence: WayThrough, request: str, target: str, *, now: datetime) -> None:
    """Send one request through the tree, and keep what came of it. A refused one changes nothing."""
    tree = sequence.copy()
    walk = Walk(tree, SystemRandom())
    before = tree.current.id if tree.current is not None else None
    attempts = tree.root.attempts
    delivered = walk.request(request, target)
    sequence.tree = tree
    _keep(contents, sequence, now=now)
    if tree.root.attempts > attempts and not contents.package.shares_data:
        shared_data.forget(contents, now=now)
    if before is not None and (delivered is None or delivered.id != before or walk.is_new_attempt):
        # What an older page still says is of an attempt that is over.
        mine = {"registration": contents.registration, "unit": contents.unit, "item": before}
        Launch.objects.filter(**mine, ended_at=None).update(ended_at=now)
    if delivered is not None and walk.is_new_attempt and delivered.attempts > 1:
        _forget_state(contents, delivered.id)
    count(contents, now=now)


def _keep(contents: Contents, sequence: WayThrough, *, now: datetime) -> bool:
    row = contents.row(WHOLE, now=now)
    state = row.state | sequence.state
    if row.state == state:
        return False
    row.state, row.updated_at = state, now
    row.save(update_fields=["state", "updated_at"])
    sequence.changed()
    return True


def _forget_state(contents: Contents, item: str) -> None:
    """Let a new attempt begin with empty data; what was reached stays, late states are older."""
    row = contents.progress.get(item)
    if row is not None:
        row.state, row.sequence = {}, row.sequence + 1
        row.save(update_fields=["state", "sequence"])
