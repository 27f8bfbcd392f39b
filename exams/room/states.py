"""What a seat is doing, from what is known of it. Pure: no database, no clock.

Times are epoch milliseconds: they are compared for every seat of every open console every two seconds.
"""

from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exams.seat.models import CloseReason

# A calendar off by this much means a machine nobody set up; the server's clock decides all the same.
DRIFT_NOTICED_S = 60
# So soon before the start a machine that has not got the sealed paper is worth a look; from then on it needs
# help.
PAPER_NOTICED_MS = 10 * 60_000
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
    NO_PAPER = "no_paper", _("Sealed paper not on the machine yet")
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


Marks = tuple[tuple[Mark, int], ...]


class SittingFacts(NamedTuple):
    """A sitting's clock, and how it ended: `close_reason` is empty while it is open."""

    starts_ms: int
    deadline_ms: int
    paused_ms: int | None = None
    close_reason: str = ""


class AdmissionFacts(NamedTuple):
    """A seat code: when given, when used, and how often a wrong one was typed in its place."""

    issued_ms: int
    used_ms: int | None = None
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
    has_paper: bool = True


class SeatState(NamedTuple):
    """What the console shows of a seat.

    `since_ms` is when the machine was last heard of, where that matters (0 elsewhere). `marks` are pairs
    of a Mark and its number, 0 where it has none.
    """

    state: State
    answered: int = 0
    since_ms: int = 0
    marks: Marks = ()
    attention: Attention = Attention.NONE


class Limits(NamedTuple):
    """The seat service's own: wrong tries until a code is dead, how long it lives, what is silence."""

    failures: int
    life_ms: int
    silent_ms: int


def seat_state(
    admission: AdmissionFacts | None,
    presence: PresenceFacts | None,
    sitting: SittingFacts,
    now_ms: int,
    limits: Limits,
) -> SeatState:
    """Say what a seat is doing at `now_ms`."""
    answered = presence.answered if presence else 0
    if sitting.close_reason:
        return SeatState(State.SUBMITTED, answered, 0, _ending_marks(sitting.close_reason))
    marks = (*_admission_marks(admission, presence, now_ms, limits), *_presence_marks(presence))
    if presence is not None:
        seen_ms = presence.seen_ms
    elif admission is not None and admission.used_ms is not None:
        # Opened, but nothing has come from the page yet.
        seen_ms = admission.used_ms
    else:
        state = State.NOT_ARRIVED if admission is None else State.ADMITTED
        return SeatState(state, 0, 0, marks, _attention(state, marks))
    is_begun = now_ms >= sitting.starts_ms
    if presence is not None and not presence.has_paper and now_ms >= sitting.starts_ms - PAPER_NOTICED_MS:
        marks = ((Mark.NO_PAPER, 0), *marks)
    is_silent = now_ms - seen_ms > limits.silent_ms
    state = _state_inside(sitting, presence, now_ms, is_silent=is_silent)
    if is_silent and state not in {State.SILENT, State.OFFLINE}:
        marks = (*marks, (Mark.NO_CONTACT, 0))
    return SeatState(
        state, answered, seen_ms if is_silent else 0, marks, _attention(state, marks, is_begun=is_begun)
    )


def _state_inside(
    sitting: SittingFacts, presence: PresenceFacts | None, now_ms: int, *, is_silent: bool
) -> State:
    if sitting.paused_ms is not None:
        return State.PAUSED
    if now_ms >= sitting.deadline_ms:
        return State.ENDING
    if is_silent:
        return State.OFFLINE if presence is not None and presence.is_durable else State.SILENT
    return State.WAITING if now_ms < sitting.starts_ms else State.ANSWERING


def _admission_marks(
    admission: AdmissionFacts | None, presence: PresenceFacts | None, now_ms: int, limits: Limits
) -> Marks:
    if admission is None:
        return ()
    if admission.failures >= limits.failures:
        return ((Mark.LOCKED, admission.failures),)
    guessed: Marks = ((Mark.GUESSED, admission.failures),) if admission.failures else ()
    if admission.used_ms is None and now_ms > admission.issued_ms + limits.life_ms:
        return (*guessed, (Mark.EXPIRED, 0))
    if admission.used_ms is None and presence is not None:
        return (*guessed, (Mark.NEW_CODE, 0))
    return guessed


def _presence_marks(presence: PresenceFacts | None) -> Marks:
    if presence is None:
        return ()
    drift_s = round(abs(presence.drift_ms) / 1000)
    # The first opening is entry 1 of the journal; any later one has a greater number.
    has_moved, loads = presence.generation > 1, presence.loads - 1
    if not (presence.unsent or has_moved or loads > 0 or drift_s >= DRIFT_NOTICED_S or presence.left):
        return ()
    found = (
        (Mark.UNSENT, presence.unsent, presence.unsent > 0),
        (Mark.MOVED, 0, has_moved),
        (Mark.RELOAD, loads, loads > 0),
        (Mark.DRIFT, drift_s, drift_s >= DRIFT_NOTICED_S),
        (Mark.LEFT, presence.left, presence.left > 0),
    )
    return tuple((mark, number) for mark, number, applies in found if applies)


def _ending_marks(reason: str) -> Marks:
    marks: dict[str, Mark] = {CloseReason.DEADLINE: Mark.BY_SYSTEM, CloseReason.FORCED: Mark.FORCED}
    return ((marks[reason], 0),) if reason in marks else ()


def _attention(state: State, marks: Marks, *, is_begun: bool = False) -> Attention:
    if not marks and state not in {State.SILENT, State.OFFLINE}:
        return Attention.NONE
    numbers = dict(marks)
    # An alarm outlives the arrival of the candidate: somebody else may have been at the keyboard.
    if state == State.SILENT or Mark.LOCKED in numbers or (Mark.NO_PAPER in numbers and is_begun):
        return Attention.ACT
    is_noticed = (
        state == State.OFFLINE
        or numbers.keys() & {Mark.EXPIRED, Mark.DRIFT, Mark.NO_PAPER}
        or numbers.get(Mark.GUESSED, 0) >= GUESSES_NOTICED
        or numbers.get(Mark.LEFT, 0) >= LEFT_NOTICED
    )
    return Attention.LOOK if is_noticed else Attention.NONE
