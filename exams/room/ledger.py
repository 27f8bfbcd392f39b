"""What a candidate lost of their time and why, what was given back, what is owed. Pure: no ORM, no clock.

Times are the server's, in milliseconds since the epoch; lengths are milliseconds. Nothing is counted twice: a
moment belongs to one cause at most, and a clock that stood lost nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from exams.seat.models import ClockChange
from exams.seat.presence import SILENT_MS

MINUTE_MS = 60_000
# Less than this is rounding, not a loss.
_SHORTEST_MS = 1000


class Cause(models.TextChoices):
    """Why time was lost. A moment with two causes is counted under the first."""

    LATE = "late", _("Opened late")
    MACHINE = "machine", _("Change of machine")
    SILENT = "silent", _("No contact")


class Span(NamedTuple):
    """From a moment up to another one."""

    from_ms: int
    to_ms: int

    @property
    def length(self) -> int:
        """How long it is."""
        return self.to_ms - self.from_ms


class Stamp(NamedTuple):
    """An opening or an answer in the journal; `client_ms` by the machine's calendar, 0 without one."""

    seq: int
    is_open: bool
    client_ms: int
    server_ms: int


class Change(NamedTuple):
    """A change of the clock, in the order of `pk`; `kind` is a ClockChange."""

    pk: int
    kind: str
    at_ms: int
    delta_ms: int


@dataclass(frozen=True)
class Facts:
    """What is known of one sitting.

    `closed_ms`, `admitted_ms` and `seen_ms` are 0 for never. `drift_ms` is the machine's calendar minus the
    server's when it was last heard. `has_reports` says that the page tells when it is there, which one
    without scripts does not. In any order: `silences` between two messages, `changes`, and of the journal
    the openings, with the answers wherever there is a silence or a second opening.
    """

    starts_ms: int
    deadline_ms: int
    closed_ms: int = 0
    is_submitted: bool = False
    admitted_ms: int = 0
    seen_ms: int = 0
    drift_ms: int | None = None
    has_reports: bool = True
    stamps: Sequence[Stamp] = ()
    silences: Sequence[Span] = ()
    changes: Sequence[Change] = ()


class Loss(NamedTuple):
    """Time lost for one cause. One that goes on may still turn out to be answers kept on the machine."""

    cause: Cause
    span: Span
    is_ongoing: bool = False


@dataclass(frozen=True)
class Account:
    """A sitting's losses and pauses in the order of time, and what was given."""

    losses: tuple[Loss, ...] = ()
    pauses: tuple[Span, ...] = ()
    given_ms: int = 0
    # Answers made while the machine could not be heard: that time was not lost.
    kept: int = 0
    is_open: bool = True

    @property
    def lost_ms(self) -> int:
        """What has been lost for certain."""
        return sum(loss.span.length for loss in self.losses if not loss.is_ongoing)

    @property
    def ongoing_ms(self) -> int:
        """What is being lost, as it seems now."""
        return sum(loss.span.length for loss in self.losses if loss.is_ongoing)

    @property
    def owed_ms(self) -> int:
        """What was lost and not given back."""
        return max(0, self.lost_ms - self.given_ms)

    @property
    def minutes(self) -> int:
        """The compensation proposed: whole minutes, rounded up; none for a sitting that is closed."""
        return -(-self.owed_ms // MINUTE_MS) if self.is_open else 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.losses or self.pauses or self.given_ms)


def account(facts: Facts, *, now_ms: int, slack_ms: int) -> Account:
    """Draw up a sitting's account at `now_ms`.

    `slack_ms` is by how much every deadline is later than the minutes that are promised, for the spread of
    the paper keys: what is lost in it leaves the promised minutes whole.
    """
    end = facts.closed_ms or min(now_ms, facts.deadline_ms)
    window = Span(facts.starts_ms + slack_ms, end)
    stamps = sorted(set(facts.stamps))
    opens = _machine_opens(stamps, facts.changes)
    signs = _signs(stamps, facts.drift_ms)
    pauses = _pauses(facts.changes, end)
    found = [
        *_late(facts, opens, window),
        *_changes_of_machine(facts, opens, signs),
        *_silences(facts, opens, signs, end),
    ]
    losses: list[Loss] = []
    taken = list(pauses)
    for cause, span, is_ongoing in found:
        rest = _minus(_within(span, window), taken)
        losses += [Loss(cause, piece, is_ongoing) for piece in rest if piece.length >= _SHORTEST_MS]
        taken += rest
    return Account(
        losses=tuple(sorted(losses, key=lambda loss: loss.span)),
        pauses=tuple(span for pause in pauses if (span := _within(pause, window)).length > 0),
        given_ms=sum(change.delta_ms for change in facts.changes if change.kind == ClockChange.EXTRA),
        kept=sum(any(f < sign < t for f, t in facts.silences) for sign in signs) if facts.has_reports else 0,
        is_open=not facts.closed_ms,
    )


# -- causes -------------------------------------------------------------------------------------------


def _late(facts: Facts, opens: Sequence[int], window: Span) -> Iterable[Loss]:
    """Admitted in time, but the paper opened after the start. Who came late lost nothing to us."""
    if not 0 < facts.admitted_ms <= facts.starts_ms:
        return
    if opens:
        yield Loss(Cause.LATE, Span(window.from_ms, opens[0]))
    else:
        yield Loss(Cause.LATE, window, is_ongoing=not facts.closed_ms)


def _changes_of_machine(facts: Facts, opens: Sequence[int], signs: Sequence[int]) -> Iterable[Loss]:
    """From the last that was heard of the machine left behind to the first of the new one."""
    moves = [change.at_ms for change in facts.changes if change.kind == ClockChange.MOVED]
    for before, opened in pairwise(opens):
        last_sign = max((sign for sign in signs if sign < opened), default=before)
        # Without a silence the machine was heard at most so long ago; nobody keeps each heartbeat.
        unheard = min(
            (gap.from_ms for gap in facts.silences if gap.from_ms < opened <= gap.to_ms),
            default=opened - SILENT_MS,
        )
        began = min([unheard, *(move for move in moves if before < move < opened)])
        yield Loss(Cause.MACHINE, Span(max(began, last_sign, before), opened))


def _silences(facts: Facts, opens: Sequence[int], signs: Sequence[int], end: int) -> Iterable[Loss]:
    """Gaps between messages, less what answers made in them prove to have been work.

    An answer kept on the machine is a sign of life like a message: what lies between two signs counts by
    the same measure as what lies between two messages.
    """
    if not facts.has_reports:
        return
    for gap in sorted(set(facts.silences)):
        inside = [sign for sign in signs if gap.from_ms < sign < gap.to_ms]
        for began, ended in zip([gap.from_ms, *inside], [*inside, gap.to_ms], strict=True):
            if ended - began > SILENT_MS:
                yield Loss(Cause.SILENT, Span(began, ended))
    if opens and not facts.is_submitted:
        last = max(facts.seen_ms, opens[-1], *signs, 0)
        if end - last > SILENT_MS:
            yield Loss(Cause.SILENT, Span(last, end), is_ongoing=not facts.closed_ms)


# -- what the journal and the clock say -----------------------------------------------------------------


def _machine_opens(stamps: Sequence[Stamp], changes: Sequence[Change]) -> list[int]:
    """Return when machines opened the sitting; the opening that shuts out a machine left behind is none."""
    moves = {change.at_ms for change in changes if change.kind == ClockChange.MOVED}
    return sorted(stamp.server_ms for stamp in stamps if stamp.is_open and stamp.server_ms not in moves)


def _signs(stamps: Sequence[Stamp], drift_ms: int | None) -> list[int]:
    """Return when answers were made, by the server's clock.

    A machine's calendar may be wrong by years. The smallest difference to the server's that its messages
    show is what it is off by, for a message takes no time at the least.
    """
    machines: list[list[Stamp]] = [[]]
    for stamp in stamps:
        if stamp.is_open:
            machines.append([])
        elif stamp.client_ms:
            machines[-1].append(stamp)
    signs = [stamp.server_ms for stamp in stamps if not stamp.is_open]
    for answers in machines:
        offsets = [stamp.server_ms - stamp.client_ms for stamp in answers]
        if drift_ms is not None and answers is machines[-1]:
            offsets.append(-drift_ms)
        signs += [min(stamp.server_ms, stamp.client_ms + min(offsets)) for stamp in answers]
    return sorted(set(signs))


def _pauses(changes: Sequence[Change], end: int) -> list[Span]:
    """Return when the clock stood; a pause that goes on ends with the account."""
    spans: list[Span] = []
    since: int | None = None
    for change in sorted(set(changes)):
        if change.kind == ClockChange.PAUSE and since is None:
            # By a clock that was set back it may seem to begin within the pause before.
            since = max(change.at_ms, spans[-1].to_ms) if spans else change.at_ms
        elif change.kind == ClockChange.RESUME and since is not None:
            spans.append(Span(since, max(since, change.at_ms)))
            since = None
    if since is not None:
        spans.append(Span(since, max(since, end)))
    return spans


# -- spans ----------------------------------------------------------------------------------------------


def _within(span: Span, window: Span) -> Span:
    """Return the part of a span that lies in the window, of length 0 where none does."""
    began = min(max(span.from_ms, window.from_ms), max(window.to_ms, window.from_ms))
    return Span(began, max(began, min(span.to_ms, window.to_ms)))


def _minus(span: Span, taken: Iterable[Span]) -> list[Span]:
    """Return what is left of a span without the spans taken already."""
    rest = [span] if span.length > 0 else []
    for other in taken:
        rest = [
            piece
            for part in rest
            for piece in (
                Span(part.from_ms, min(part.to_ms, other.from_ms)),
                Span(max(part.from_ms, other.to_ms), part.to_ms),
            )
            if piece.length > 0
        ]
    return rest
