"""What learners do in units, as statements for the record store: told in the transaction of the doing.

The event of a statement is named after the row it tells of, so that one thing done is one statement. Previews
tell nothing. What packages do they tell themselves; here their unit is only begun and completed. What was
answered in a survey stays out: a record names its person.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from courses.catalogue.models import Unit, UnitKind
from courses.player.models import Purpose, Registration, TestAttempt, UnitProgress
from learning.records.services import outbox
from learning.records.services.outbox import Outcome, Thing
from learning.records.vocabulary import (
    ANSWERED,
    ATTEMPTED,
    COMPLETED,
    FAILED,
    INITIALIZED,
    PASSED,
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


def _record(
    event: str,
    registration: Registration,
    unit: Unit,
    verb: Verb,
    at: datetime,
    outcome: Outcome | None = None,
) -> None:
    if registration.purpose == Purpose.PREVIEW:
        return
    course = registration.version.course
    outbox.record(
        event,
        person=registration.person,
        verb=verb,
        thing=Thing("unit", str(unit.pk), _TYPES.get(UnitKind(unit.kind), Type.LESSON), unit.title),
        at=at,
        outcome=outcome,
        parents=(Thing("course", course.code, Type.COURSE, course.name_th, course.name_en),),
        registration=registration.pk,
    )
