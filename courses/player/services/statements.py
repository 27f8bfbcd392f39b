"""What learners do in units, as statements for the record store: told in the transaction of the doing.

The event of a statement is named after the row it tells of, so that one thing done is one statement. Previews
tell nothing. Packages of SCORM and H5P speak to their run-time, and what it hears is told here; those of cmi5
and xAPI tell it themselves. Of cmi5 not even the unit is told: a registration holds the statements that cmi5
defines. What was answered in a survey stays out: a record names its person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from urllib.parse import quote
from uuid import uuid5

from courses.catalogue import things
from courses.catalogue.models import Unit, UnitKind
from courses.packages.package import Kind
from courses.packages.package import Unit as Item
from courses.player.models import ItemProgress, Launch, Purpose, Registration, TestAttempt, UnitProgress
from courses.player.outcomes import Outcome as Reached
from courses.player.pages import Page
from learning.records.services import outbox
from learning.records.services.outbox import Event, Outcome, Thing
from learning.records.vocabulary import (
    ABANDONED,
    ANSWERED,
    ATTEMPTED,
    COMPLETED,
    FAILED,
    INITIALIZED,
    PASSED,
    PAUSED,
    PLAYED,
    RESUMED,
    SEEKED,
    SUSPENDED,
    TERMINATED,
    VIDEO_PROFILE,
    Extension,
    Type,
    Verb,
)

_TYPES = {
    UnitKind.VIDEO: Type.VIDEO,
    UnitKind.TEST: Type.ASSESSMENT,
    UnitKind.SURVEY: Type.SURVEY,
    UnitKind.PACKAGE: Type.MODULE,
}


def tell_begun(registration: Registration, unit: Unit, *, now: datetime) -> None:
    """Tell that a unit was opened for the first time."""
    _record(f"player.begun:{registration.pk}:{unit.pk}", registration, unit, INITIALIZED, now)


def tell_completed(registration: Registration, unit: Unit, progress: UnitProgress, *, now: datetime) -> None:
    """Tell that a unit was completed; of a test the tries tell it."""
    if unit.kind == UnitKind.TEST:
        return
    verb = ANSWERED if unit.kind == UnitKind.SURVEY else COMPLETED
    outcome = Outcome(completion=True, duration=timedelta(seconds=progress.seconds))
    _record(f"player.completed:{registration.pk}:{unit.pk}", registration, unit, verb, now, outcome)


def tell_submitted(attempt: TestAttempt, *, passed: bool | None, right: int, now: datetime) -> None:
    """Tell how a try went; `passed` is None where nobody fails, as in a pre-test."""
    verb = {None: ATTEMPTED, True: PASSED, False: FAILED}[passed]
    assert attempt.submitted_at is not None
    outcome = Outcome(
        raw=Decimal(right),
        max=Decimal(len(attempt.questions)),
        success=passed,
        completion=True,
        duration=attempt.submitted_at - attempt.started_at,
    )
    _record(f"player.submitted:{attempt.pk}", attempt.registration, attempt.unit, verb, now, outcome)


# -- Items of packages ----------------------------------------------------------------------------------
def tell_item_begun(opened: Launch, item: Item, *, is_resumed: bool, now: datetime) -> None:
    """Tell that the run-time of an item started, with a state to go on from or without."""
    _record_item(f"begun:{opened.pk}", opened, item, RESUMED if is_resumed else INITIALIZED, now)


def tell_item_reached(
    opened: Launch, item: Item, progress: ItemProgress, before: Reached, now_said: Reached, *, now: datetime
) -> None:
    """Tell what an item reached that it had not reached before: its end, and its judgement."""
    reached = before.merged(now_said)
    if reached.is_completed and not before.is_completed:
        _record_item(f"completed:{progress.pk}", opened, item, COMPLETED, now, Outcome(completion=True))
    if reached.is_passed and not before.is_passed:
        judged = Outcome(scaled=now_said.score, success=True)
        _record_item(f"passed:{progress.pk}", opened, item, PASSED, now, judged)
    elif reached.is_passed is False and before.is_passed is None:
        tell_item_failed(opened, item, now_said, now=now)


def tell_item_failed(opened: Launch, item: Item, said: Reached, *, now: datetime) -> None:
    """Tell that an item was not passed this time."""
    judged = Outcome(scaled=said.score, success=False)
    _record_item(f"failed:{opened.pk}", opened, item, FAILED, now, judged)


def tell_item_ended(
    opened: Launch, item: Item, state: Mapping[str, Any], said: Reached, *, now: datetime
) -> None:
    """Tell that the run-time of an item ended: for good, or to be gone on with."""
    if said.is_passed is False:
        tell_item_failed(opened, item, said, now=now)
    cmi = state.get("cmi")
    # SCORM 1.2 says it in `core`, SCORM 2004 beside it.
    parts = (cmi, cmi.get("core")) if isinstance(cmi, Mapping) else ()
    is_suspended = any(isinstance(part, Mapping) and part.get("exit") == "suspend" for part in parts)
    outcome = Outcome(scaled=said.score, success=said.is_passed, completion=said.is_completed)
    verb = SUSPENDED if is_suspended else TERMINATED
    _record_item(f"ended:{opened.pk}", opened, item, verb, now, outcome)


def tell_items_abandoned(launches: Iterable[Launch]) -> int:
    """Tell of launches that are over, whose run-time began and did not end, that they were abandoned.

    Return of how many. It goes by the name of the event that would have ended them, so that it is told once.
    """
    by_begin = {f"player.item_begun:{each.pk}": each for each in launches}
    by_end = {f"player.item_ended:{by_begin[name].pk}": by_begin[name] for name in outbox.recorded(by_begin)}
    told = 0
    for name in by_end.keys() - outbox.recorded(by_end):
        opened = by_end[name]
        assert opened.unit.package is not None
        items = {item.id: item for item in opened.unit.package.contents.launchable}
        item = items.get(opened.item)
        # What cannot speak has no end either.
        if item is not None and (item.scorm is None or item.scorm.is_sco):
            _record_item(f"ended:{opened.pk}", opened, item, ABANDONED, opened.ended_at or opened.expires_at)
            told += 1
    return told


def _record_item(
    event: str, opened: Launch, item: Item, verb: Verb, at: datetime, outcome: Outcome | None = None
) -> None:
    thing = Thing("item", f"{opened.unit_id}/{quote(item.id, safe='')}", Type.LESSON, item.title)
    course = things.of_course(opened.registration.version.course)
    _keep(
        opened.registration,
        Event(
            name=f"player.item_{event}",
            person=opened.registration.person,
            verb=verb,
            thing=thing,
            at=at,
            outcome=outcome,
            parents=(_thing(opened.unit),),
            grouping=(course,),
            registration=opened.registration_id,
        ),
    )


# -- Films ----------------------------------------------------------------------------------------------
class Film(StrEnum):
    """What is done to a film."""

    PLAYED = "played"
    PAUSED = "paused"
    SEEKED = "seeked"


_FILM = {Film.PLAYED: PLAYED, Film.PAUSED: PAUSED, Film.SEEKED: SEEKED}


@dataclass(frozen=True)
class Watched:
    """Something done to a film: milliseconds since its page was opened, and seconds since its beginning."""

    verb: Film
    offset: int
    time: float
    # Of a jump: where it began.
    since: float | None = None


def tell_watched(
    registration: Registration,
    unit: Unit,
    page: Page,
    watched: Sequence[Watched],
    *,
    duration: int | None,
    until: datetime,
) -> None:
    """Tell what was done to a film up to a moment; what is reported twice is told once."""
    opened_ms = int(page.opened_at.timestamp() * 1000)
    about: dict[str, object] = {Extension.VIDEO_SESSION: str(uuid5(registration.pk, str(opened_ms)))}
    if duration:
        about[Extension.VIDEO_LENGTH] = duration
    events = [
        Event(
            name=f"player.film:{registration.pk}:{unit.pk}:{opened_ms}:{each.offset}:{each.verb}",
            person=registration.person,
            verb=_FILM[each.verb],
            thing=_thing(unit),
            at=page.opened_at + timedelta(milliseconds=each.offset),
            outcome=Outcome(extensions=_places(each)),
            parents=(things.of_course(registration.version.course),),
            registration=registration.pk,
            profile=VIDEO_PROFILE,
            about=about,
        )
        for each in watched
    ]
    _keep(registration, *(event for event in events if event.at <= until))


def _places(watched: Watched) -> dict[str, object]:
    if watched.since is None:
        return {Extension.TIME: watched.time}
    return {Extension.TIME_FROM: watched.since, Extension.TIME_TO: watched.time}


# -- Units ----------------------------------------------------------------------------------------------
def _is_cmi5(unit: Unit) -> bool:
    return unit.package is not None and unit.package.kind == Kind.CMI5


def _record(
    event: str,
    registration: Registration,
    unit: Unit,
    verb: Verb,
    at: datetime,
    outcome: Outcome | None = None,
) -> None:
    if _is_cmi5(unit):
        return
    _keep(
        registration,
        Event(
            name=event,
            person=registration.person,
            verb=verb,
            thing=_thing(unit),
            at=at,
            outcome=outcome,
            parents=(things.of_course(registration.version.course),),
            registration=registration.pk,
        ),
    )


def _thing(unit: Unit) -> Thing:
    return Thing("unit", str(unit.pk), _TYPES.get(UnitKind(unit.kind), Type.LESSON), unit.title)


def _keep(registration: Registration, *events: Event) -> None:
    if registration.purpose != Purpose.PREVIEW:
        outbox.record(*events)
