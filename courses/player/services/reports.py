"""Reports of unit pages: how long something was played or read, and where the learner is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from courses.catalogue.models import Unit, UnitKind
from courses.player.models import EvidenceKind, Registration, UnitProgress
from courses.player.pages import Page
from courses.player.services import evidence
from courses.player.services.progress import advance, is_open
from courses.player.services.statements import Watched, tell_watched

# A film counts as seen near its end, when it was played for as long as it takes at double speed.
NEAR_END, FASTEST = 0.95, 2
# Seconds by which two clocks, and the counting in whole seconds, may differ.
_SLACK = 5


@dataclass(frozen=True)
class Stretch:
    """A stretch of learning time on a page, in milliseconds and seconds since it was opened."""

    kind: EvidenceKind
    offset: int
    seconds: int


@dataclass(frozen=True)
class Reported:
    """What became of a report."""

    progress: UnitProgress | None
    # Another device goes on with the course: what was before that counts, what comes after does not.
    is_elsewhere: bool


@transaction.atomic
def take_report(
    registration: Registration,
    unit: Unit,
    page: Page,
    stretches: Sequence[Stretch],
    watched: Sequence[Watched] = (),
    *,
    position: int | None,
    duration: int | None,
    now: datetime,
) -> Reported:
    """Count what a page reports, and tell what was done to a film.

    `position` is where the film is, `duration` how long it takes, both in seconds; of any other kind of unit
    they say nothing.
    """
    is_elsewhere = page.session != registration.session
    until = registration.session_at if is_elsewhere and registration.session_at is not None else now
    for each in stretches:
        began_at = page.opened_at + timedelta(milliseconds=each.offset)
        seconds = min(each.seconds, int((until - began_at).total_seconds()))
        evidence.add(registration, unit, each.kind, began_at, seconds, now=now)
    if watched and unit.kind == UnitKind.VIDEO:
        tell_watched(registration, unit, page, watched, duration=duration, until=until)
    is_placed = unit.kind == UnitKind.VIDEO and not is_elsewhere
    if position is not None and is_placed and is_open(registration, unit, now=now):
        is_seen = duration is not None and _is_seen(registration, unit, position, duration)
        advance(registration, unit, position=position, completed=is_seen, now=now)
    return Reported(registration.progress.filter(unit=unit).first(), is_elsewhere)


def _is_seen(registration: Registration, unit: Unit, position: int, duration: int) -> bool:
    if position < duration * NEAR_END:
        return False
    played = registration.evidence.filter(unit=unit, kind=EvidenceKind.PLAYBACK)
    total = played.aggregate(total=Sum("seconds"))["total"] or 0
    return bool(total >= duration * NEAR_END / FASTEST - _SLACK)
