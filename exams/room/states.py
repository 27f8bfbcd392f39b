"""What a seat is doing, from what is known of it. Pure: no database, no clock."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exams.seat.models import CloseReason

# A quiet machine says something once a minute; half as much again is more than a slow line.
SILENT_AFTER = timedelta(seconds=90)
# A calendar off by this much means a machine nobody set up; the server's clock decides all the same.
DRIFT_NOTICED = timedelta(seconds=60)
# One mistyped code happens to anybody.
GUESSES_NOTICED = 2
# Leaving the window once may be a notification; this often it is worth a look.
LEFT_NOTICED = 3


class State(models.TextChoices):
    """What an invigilator sees of a seat, one word a seat."""

    NOT_ARRIVED = "not_arrived", _("Not arrived")
    ADMITTED = "admitted", _("Admitted")
    WAITING = "waiting", _("Waiting")
    ANSWERING = "answering", _("Answering")
    SILENT = "silent", _("Silent")
    OFFLINE = "offline", _("Offline but saving")
    PAUSED = "paused", pgettext_lazy("seat", "Paused")
    ENDING = "ending", _("Time over")
    SUBMITTED = "submitted", pgettext_lazy("seat", "Submitted")


class Mark(models.TextChoices):
    """What else is worth knowing of a seat; most carry a number."""

    LOCKED = "locked", _("Seat code locked after wrong tries")
    GUESSED = "guessed", _("Wrong seat codes typed")
    EXPIRED = "expired", _("Seat code expired")
    NEW_CODE = "new_code", _("New seat code not used yet")
    NO_CONTACT = "no_contact", _("No contact")
    UNSENT = "unsent", _("Answers kept on the machine")
    MOVED = "moved", _("Opened again or moved to another machine")
    RELOAD = "reload", _("Page loaded again")
    DRIFT = "drift", _("Clock of the machine off by seconds")
    LEFT = "left", _("Exam window left")
    BY_SYSTEM = "by_system", _("Submitted by the system")
    FORCED = "forced", _("Submitted by an officer")


class Attention(models.IntegerChoices):
    """How much a seat needs somebody."""

    NONE = 0, _("Fine")
    LOOK = 1, _("Have a look")
    ACT = 2, _("Needs help")


class SittingFacts(NamedTuple):
    """A sitting's clock, and how it ended."""

    starts_at: datetime
    deadline: datetime
    paused_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str = ""


class AdmissionFacts(NamedTuple):
    """A seat code: when given, when used, and how often a wrong one was typed in its place."""

    issued_at: datetime
    used_at: datetime | None = None
    failures: int = 0


class PresenceFacts(NamedTuple):
    """What the machine last said, as in `exams.seat.models.Presence`."""

    seen_ms: int
    answered: int = 0
    unsent: int = 0
    drift_ms: int = 0
    loads: int = 1
    left: int = 0
    is_durable: bool = False
    generation: int = 1


class SeatState(NamedTuple):
    """What the console shows of a seat.

    `since_ms` is when the machine was last heard of, where that matters (0 elsewhere). `marks` are pairs
    of a Mark and its number, 0 where it has none.
    """

    state: State
    answered: int = 0
    since_ms: int = 0
    marks: tuple[tuple[Mark, int], ...] = ()
    attention: Attention = Attention.NONE


class Limits(NamedTuple):
    """What the seat service does with codes: wrong tries until one is dead, and how long it lives."""

    failures: int
    life: timedelta


def seat_state(
    admission: AdmissionFacts | None,
    presence: PresenceFacts | None,
    sitting: SittingFacts,
    now: datetime,
    limits: Limits,
) -> SeatState:
    """Say what a seat is doing at `now`."""
    answered = presence.answered if presence else 0
    if sitting.closed_at is not None:
        return SeatState(State.SUBMITTED, answered, 0, tuple(_ending_marks(sitting.close_reason)))
    has_entered = presence is not None or (admission is not None and admission.used_at is not None)
    marks = [*_admission_marks(admission, presence, now, limits), *_presence_marks(presence)]
    if not has_entered:
        state = State.NOT_ARRIVED if admission is None else State.ADMITTED
        return SeatState(state, 0, 0, tuple(marks), _attention(state, marks))
    seen_ms = _seen_ms(admission, presence)
    is_silent = now.timestamp() * 1000 - seen_ms > SILENT_AFTER.total_seconds() * 1000
    state = _state_inside(sitting, presence, now, is_silent=is_silent)
    if is_silent and state not in {State.SILENT, State.OFFLINE}:
        marks.append((Mark.NO_CONTACT, 0))
    return SeatState(state, answered, seen_ms if is_silent else 0, tuple(marks), _attention(state, marks))


def _state_inside(
    sitting: SittingFacts, presence: PresenceFacts | None, now: datetime, *, is_silent: bool
) -> State:
    if sitting.paused_at is not None:
        return State.PAUSED
    if now >= sitting.deadline:
        return State.ENDING
    if is_silent:
        return State.OFFLINE if presence is not None and presence.is_durable else State.SILENT
    return State.WAITING if now < sitting.starts_at else State.ANSWERING


def _seen_ms(admission: AdmissionFacts | None, presence: PresenceFacts | None) -> int:
    if presence is not None:
        return presence.seen_ms
    # Opened, but nothing has come from the page yet.
    return int(admission.used_at.timestamp() * 1000) if admission and admission.used_at else 0


def _admission_marks(
    admission: AdmissionFacts | None, presence: PresenceFacts | None, now: datetime, limits: Limits
) -> list[tuple[Mark, int]]:
    if admission is None:
        return []
    if admission.failures >= limits.failures:
        return [(Mark.LOCKED, admission.failures)]
    marks = [(Mark.GUESSED, admission.failures)] if admission.failures else []
    if admission.used_at is None and now > admission.issued_at + limits.life:
        marks.append((Mark.EXPIRED, 0))
    elif admission.used_at is None and presence is not None:
        marks.append((Mark.NEW_CODE, 0))
    return marks


def _presence_marks(presence: PresenceFacts | None) -> list[tuple[Mark, int]]:
    if presence is None:
        return []
    drift = round(abs(presence.drift_ms) / 1000)
    found = (
        (Mark.UNSENT, presence.unsent, presence.unsent > 0),
        # The first opening is entry 1 of the journal; any later one has a greater number.
        (Mark.MOVED, 0, presence.generation > 1),
        (Mark.RELOAD, presence.loads - 1, presence.loads > 1),
        (Mark.DRIFT, drift, drift >= DRIFT_NOTICED.total_seconds()),
        (Mark.LEFT, presence.left, presence.left > 0),
    )
    return [(mark, number) for mark, number, applies in found if applies]


def _ending_marks(reason: str) -> list[tuple[Mark, int]]:
    marks: dict[str, Mark] = {CloseReason.DEADLINE: Mark.BY_SYSTEM, CloseReason.FORCED: Mark.FORCED}
    return [(marks[reason], 0)] if reason in marks else []


def _attention(state: State, marks: list[tuple[Mark, int]]) -> Attention:
    numbers = dict(marks)
    # An alarm outlives the arrival of the candidate: somebody else may have been at the keyboard.
    if state == State.SILENT or Mark.LOCKED in numbers:
        return Attention.ACT
    is_noticed = (
        state == State.OFFLINE
        or numbers.keys() & {Mark.EXPIRED, Mark.DRIFT}
        or numbers.get(Mark.GUESSED, 0) >= GUESSES_NOTICED
        or numbers.get(Mark.LEFT, 0) >= LEFT_NOTICED
    )
    return Attention.LOOK if is_noticed else Attention.NONE
