"""Release a round through the simulator: a setting that would wrong somebody is seen before the day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils.functional import Promise

from exams.papers.models import SealedPaper
from exams.registration.models import Placement, Round, RoundStatus
from exams.registration.services import rounds
from exams.room.errors import UnsafeRelease
from exams.room.simulator import Day, Placed, Sample, Times, Verdict, check, play
from exams.seat.models import ClockChange, ClockEvent
from learning.people import audit
from learning.people.models import Person

_CHUNK = 5000
_FINALISER = "finalise-overdue-sittings"


@dataclass(frozen=True)
class Simulation:
    """The days of the samples, what the check of every sitting found, and what is not there yet."""

    days: list[Day]
    verdict: Verdict
    missing: list[str | Promise]

    @property
    def may_release(self) -> bool:
        """Whether the round can be released as it is."""
        return self.verdict.is_safe and not self.missing


def simulate(round_: Round, *, now: datetime) -> Simulation:
    """Play the round's day through. Five queries for the check, however many sit."""
    times = times_of(round_)
    days = [play(times, sample) for sample in Sample]
    return Simulation(days, check_round(round_), rounds.missing(round_, now=now))


def times_of(round_: Round) -> Times:
    """Return what the round and the platform's settings say of time."""
    every = settings.CELERY_BEAT_SCHEDULE[_FINALISER]["schedule"]
    assert isinstance(every, timedelta)
    return Times(
        doors_open_at=round_.doors_open_at,
        starts_at=round_.starts_at,
        minutes=round_.minutes,
        spread=settings.SEAT_KEY_SPREAD,
        grace=settings.SEAT_GRACE,
        finaliser_every=every,
    )


def check_round(round_: Round) -> Verdict:
    """Hold every placed sitting against what its candidate was promised."""
    sealed = set(
        SealedPaper.objects.filter(envelope=round_.envelope_id).values_list("form", flat=True)
        if round_.envelope_id
        else ()
    )
    given = _given(round_)
    placed = (_placed(row, sealed, given) for row in _rows(round_))
    return check(times_of(round_), placed, forms=len(sealed), overlaps=_overlaps(round_))


@transaction.atomic
def release(round_: Round, *, actor: Person, now: datetime) -> Round:
    """Release a round nobody of which would be wronged; what was seen goes on record.

    Raises RoundNotDraft, RoundNotReady, UnsafeRelease.
    """
    found = rounds.locked_draft(round_)
    verdict = check_round(found)
    if not verdict.is_safe:
        raise UnsafeRelease(verdict)
    released = rounds.release_round(found, actor=actor, now=now)
    least = int(verdict.least.total_seconds()) if verdict.least else 0
    audit.record(actor, "room.release_simulated", released, sittings=verdict.sittings, least_seconds=least)
    return released


def _rows(round_: Round) -> Any:
    columns = (
        "sitting",
        "candidate__number",
        "seat__room",
        "seat__room__centre__name_th",
        "seat__room__name",
        "seat__label",
        "seat__row",
        "seat__column",
        "candidate__extra_percent",
        "sitting__starts_at",
        "sitting__deadline",
        "sitting__closed_at",
        "sitting__form",
    )
    placements = Placement.objects.filter(round=round_).order_by("candidate__number")
    return placements.values_list(*columns).iterator(chunk_size=_CHUNK)


def _placed(row: tuple[Any, ...], sealed: set[int], given: dict[int, int]) -> Placed:
    pk, number, room, centre, name, label, line, column, extra, starts_at, deadline, closed_at, form = row
    return Placed(
        pk=pk,
        number=number,
        room=room,
        where=f"{centre} {name} {label}",
        place=(line, column),
        extra_percent=extra,
        starts_at=starts_at,
        deadline=deadline,
        is_closed=closed_at is not None,
        form=form if form in sealed else 0,
        given=timedelta(milliseconds=given.get(pk, 0)),
    )


def _given(round_: Round) -> dict[int, int]:
    """Return the extra time on record by sitting, in milliseconds."""
    events = ClockEvent.objects.filter(sitting__placement__round=round_, kind=ClockChange.EXTRA)
    return dict(events.order_by().values_list("sitting").annotate(given=Sum("delta_ms")))


def _overlaps(round_: Round) -> dict[int, str]:
    """Return, by sitting, a released round in which the same person sits at the same time."""
    theirs = "candidate__person__candidacies__placement"
    # One join, so all conditions stand in one call; whichever round is released first stands.
    overlapping = Placement.objects.filter(
        Q(**{f"{theirs}__round__lt": round_.pk}) | Q(**{f"{theirs}__round__gt": round_.pk}),
        **{
            "round": round_,
            f"{theirs}__round__status": RoundStatus.RELEASED,
            f"{theirs}__sitting__starts_at__lt": F("sitting__deadline"),
            f"{theirs}__sitting__deadline__gt": F("sitting__starts_at"),
        },
    )
    return dict(overlapping.values_list("sitting", f"{theirs}__round__title"))
