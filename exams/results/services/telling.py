"""Tell the record store of a round, set by set: sittings once they are concluded, results once released.

Nothing of it is on the way of an answer or of a mark: it follows them in the background, some thousands of
candidates a run. What was told of a candidate is marked in the transaction that tells it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from exams.registration.models import Round
from exams.results.models import ExamResult, Outcome, RoundResults, Told
from exams.seat import statements
from exams.seat.models import EntryKind, JournalEntry
from learning.people.rosters import chunks
from learning.records.services import outbox
from learning.records.services.outbox import Event, Thing
from learning.records.services.outbox import Outcome as Score
from learning.records.vocabulary import FAILED, PASSED, Type

# Candidates told of by one run: some seconds, since on the embedded default others wait for the same thread.
MOST = 5_000
_JUDGED = (Outcome.PASSED, Outcome.FAILED)


def tell_due(*, now: datetime, most: int = MOST) -> int:
    """Tell what is due of all rounds, at most of so many candidates; return of how many."""
    told = 0
    concluded = RoundResults.objects.filter(concluded_at__isnull=False).exclude(told=Told.RESULT)
    for results in concluded.select_related("round__examination").order_by("concluded_at"):
        goal = Told.RESULT if results.is_released(now) else Told.SITTING
        if results.told >= goal:
            continue
        keys = list(islice(_untold(results.round, goal).values_list("pk", flat=True), most - told))
        for some in chunks(keys):
            told += _tell(results.round, some, goal, now)
        if told >= most:
            break
        # Unless a result was given free meanwhile.
        left = _untold(results.round, goal)
        RoundResults.objects.filter(pk=results.pk).exclude(round__in=left.values("round")).update(told=goal)
    return told


def _untold(round_: Round, goal: Told) -> QuerySet[ExamResult]:
    """Return those of whom less is told than may be; of a result that is withheld nobody hears."""
    found = ExamResult.objects.filter(round=round_, told__lt=goal)
    return found.filter(Q(told=Told.NOTHING) | Q(withheld_at=None)).order_by("pk")


@transaction.atomic
def _tell(round_: Round, keys: Sequence[int], goal: Told, now: datetime) -> int:
    # Of two processes each takes others' rows; SQLite has one writer anyway.
    rows = _untold(round_, goal).filter(pk__in=keys)
    rows = rows.select_for_update(skip_locked=True, no_key=True, of=("self",))
    results = list(rows.select_related("candidate__placement__sitting__person", "mark"))
    thing = _thing(round_)
    events = _sittings([each for each in results if each.told < Told.SITTING], thing)
    free = [each for each in results if not each.is_withheld]
    if goal == Told.RESULT:
        events += _results(free, round_, thing, now)
    outbox.record(*events)
    ExamResult.objects.filter(pk__in=[each.pk for each in results]).update(told=Told.SITTING)
    if goal == Told.RESULT:
        ExamResult.objects.filter(pk__in=[each.pk for each in free]).update(told=Told.RESULT)
    return len(results)


def _sittings(results: Sequence[ExamResult], thing: Thing) -> list[Event]:
    """Return that candidates began and ended; who never opened the paper did neither."""
    sittings = [each.candidate.placement.sitting for each in results]
    opened = JournalEntry.objects.filter(sitting__in=sittings, seq=1, kind=EntryKind.OPEN)
    opened_ms = dict(opened.values_list("sitting_id", "server_ms"))
    events = []
    for sitting in sittings:
        if sitting.pk in opened_ms:
            opened_at = datetime.fromtimestamp(opened_ms[sitting.pk] / 1000, UTC)
            # Who waits at the machine begins when the papers open.
            began_at = max(opened_at, sitting.starts_at)
            events += [
                statements.begun(sitting, thing, at=began_at),
                statements.ended(sitting, thing, began_at=began_at),
            ]
    return events


def _results(results: Sequence[ExamResult], round_: Round, thing: Thing, now: datetime) -> list[Event]:
    points = round_.examination.subjects.aggregate(points=Sum("points"))["points"]
    return [
        Event(
            name=_released(each),
            person=each.candidate.placement.sitting.person,
            verb=PASSED if each.outcome == Outcome.PASSED else FAILED,
            thing=thing,
            at=now,
            outcome=Score(raw=each.points, max=points, success=each.outcome == Outcome.PASSED),
        )
        for each in results
        if each.outcome in _JUDGED
    ]


def _released(result: ExamResult) -> str:
    """Return the name of the event that a result was released, another one after each withdrawal."""
    return f"results.released:{result.pk}" + (f":{result.withdrawals}" if result.withdrawals else "")


def tell_withheld(result: ExamResult, *, now: datetime) -> None:
    """Withdraw what was told of a result that is withheld afterwards, in the caller's transaction.

    The caller saves the result. Given free, it is told anew.
    """
    if result.told < Told.RESULT:
        return
    if result.outcome in _JUDGED:
        released, person = _released(result), result.candidate.placement.sitting.person
        outbox.withdraw(f"{released}:withheld", told=released, person=person, at=now)
        result.withdrawals += 1
    result.told = Told.SITTING


def _thing(round_: Round) -> Thing:
    examination = round_.examination
    name_en = f"{examination.name_en} {round_.title}" if examination.name_en else ""
    name = f"{examination.name_th} {round_.title}"
    return Thing("examination-round", str(round_.pk), Type.ASSESSMENT, name, name_en)
