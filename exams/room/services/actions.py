"""What may be done to seats, rooms, centres and rounds: each once, with a reason, on record.

The caller has checked that the person may act in the scope. An action's record, its audit entry and its
effect are one transaction, but for those that cannot be: a forced submission, which the answer journal
commits for itself, and anything done to more sittings than one short transaction holds.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import Case, Max, Min, Q, QuerySet, When
from django.utils import timezone
from django.utils.translation import gettext as _

from exams.papers.neighbours import are_neighbours
from exams.papers.services import paper_key
from exams.registration.errors import RoundNotReleased
from exams.registration.models import Placement, RoundStatus, Seat
from exams.registration.services.placing import change_seat
from exams.room import errors
from exams.room.models import Action, ActionKind
from exams.room.scopes import Scope
from exams.seat import admissions, clock
from exams.seat.models import Admission, Sitting
from exams.seat.services import force_submit as submit_in_their_place
from exams.seat.services import take_seat
from learning.people import audit
from learning.people.models import Person
from learning.portal.templatetags.portal import thai_time

# More sittings than this are changed batch by batch (`exams.seat.clock`), so that no seat waits for a lock.
_ONE_TRANSACTION = 2000
# Placements named in an audit entry; beyond, the scope says whom it meant, and clock events say who it was.
_NAMED = 100


@dataclass(frozen=True)
class Order:
    """What a form asks for. `chosen` are placements; None means everybody in the scope.

    `key` comes with the form, so that the same form acts once however often it arrives.
    """

    scope: Scope
    actor: Person
    reason: str
    now: datetime
    chosen: Collection[int] | None = None
    key: uuid.UUID | None = None

    def placements(self) -> QuerySet[Placement]:
        """Return the placements concerned. Raises NobodyChosen, NotInRoom."""
        found = self.scope.placements()
        if self.chosen is None:
            return found
        if not self.chosen:
            raise errors.NobodyChosen
        found = found.filter(pk__in=self.chosen)
        if found.count() != len(set(self.chosen)):
            raise errors.NotInRoom
        return found


def admit(order: Order) -> int:
    """Give every chosen candidate whose sitting is open a new one-time seat code; return how many.

    Raises RoundNotReleased.
    """
    if order.scope.round.status != RoundStatus.RELEASED:
        raise RoundNotReleased

    def give_codes(sittings: list[int]) -> int:
        numbers = Placement.objects.filter(sitting__in=sittings, sitting__closed_at=None)
        pairs = numbers.values_list("sitting", "candidate__number")
        return len(admissions.admit(dict(pairs), now=order.now))

    return _perform(order, ActionKind.ADMIT, give_codes)


def withdraw(order: Order) -> int:
    """Take back seat codes that nobody has used yet; return how many. Who is inside stays inside."""
    return _perform(order, ActionKind.WITHDRAW, admissions.withdraw)


def pause(order: Order) -> int:
    """Stop the clocks that run; return how many."""
    return _perform(order, ActionKind.PAUSE, _clock(order, clock.pause))


def resume(order: Order) -> int:
    """Let stopped clocks run again, nobody losing a second; return how many."""
    return _perform(order, ActionKind.RESUME, _clock(order, clock.resume))


def give_extra_time(order: Order, minutes: int) -> int:
    """Move deadlines back; return how many. Raises ExtraTimeNotPositive."""
    give = partial(clock.give_extra_time, extra=timedelta(minutes=minutes))
    return _perform(order, ActionKind.EXTRA_TIME, _clock(order, give), detail=str(minutes))


def force_submit(order: Order) -> int:
    """Submit in the candidates' place; return how many. It cannot be undone. Raises NotBegun."""
    _refuse_before_start(order)
    submit = _clock(order, submit_in_their_place)
    return _perform(order, ActionKind.FORCE_SUBMIT, submit, may_be_one_transaction=False)


def move(order: Order, seat: Seat) -> int:
    """Seat one candidate elsewhere: journal and clock go with them; return 1.

    Where they had been admitted they get a new code, and the machine left behind is shut out at once.
    Raises SeatTaken where the seat is broken or somebody sits there.
    """
    [placement] = order.placements().select_related("seat", "sitting")[:1]
    has_entered = Q(presence__isnull=False) | Q(admission__used_at__isnull=False)
    is_inside = Sitting.objects.filter(has_entered, pk=placement.sitting_id).exists()

    def change(sittings: list[int]) -> int:
        if placement.sitting.closed_at is not None:
            return 0
        change_seat(placement, seat, actor=order.actor, reason=order.reason)
        if Admission.objects.filter(sitting__in=sittings).exists():
            admissions.move(sittings[0], actor=order.actor, reason=order.reason, now=order.now)
        return 1

    room = "" if seat.room_id == placement.seat.room_id else f"{seat.room.name} "
    # Said before it happens: afterwards the placement has its new seat.
    detail = f"{placement.seat.label} → {room}{seat.label}"
    count = _perform(order, ActionKind.MOVE, change, detail=detail)
    if is_inside:
        # A new opening in the journal, which supersedes the pass of the machine left behind.
        take_seat(placement.sitting, now=order.now)
    return count


def end_sitting(order: Order) -> int:
    """End the sitting in a room, once nobody who has begun has time left; return how many are closed.

    Raises NotBegun, TimeLeft, RoomEnded.
    """
    _refuse_before_start(order)
    inside = Q(sitting__presence__isnull=False) | Q(sitting__admission__used_at__isnull=False)
    has_time = Q(sitting__deadline__gt=order.now) | Q(sitting__paused_at__isnull=False)
    left = order.scope.placements().filter(inside, has_time, sitting__closed_at=None)
    last = left.aggregate(last=Max("sitting__deadline"))["last"]
    if last is not None:
        until = thai_time(timezone.localtime(last))
        text = _("%(n)s candidates have not submitted and still have time, the last of them until %(until)s.")
        raise errors.TimeLeft(text % {"n": left.count(), "until": until})
    closed = order.scope.placements().filter(sitting__closed_at__isnull=False)
    return _perform(order, ActionKind.END, lambda _sittings: closed.count(), may_be_nothing=True)


def show_key(order: Order) -> str:
    """Return the paper key of the scope's papers, from the start on; who saw it is on record.

    Raises NotYetStarted, NoSealedPapers.
    """
    starts_at = order.scope.placements().aggregate(first=Min("sitting__starts_at"))["first"]
    if starts_at is None or order.now < starts_at:
        raise errors.NotYetStarted
    envelope = order.scope.round.envelope
    if envelope is None:
        raise errors.NoSealedPapers
    _perform(order, ActionKind.SHOW_KEY, len)
    return paper_key(envelope)


def _refuse_before_start(order: Order) -> None:
    """Raise NotBegun where a sitting has not begun: its candidate would lose all their time for good."""
    if order.placements().filter(sitting__starts_at__gt=order.now, sitting__closed_at=None).exists():
        raise errors.NotBegun


def has_ended(scope: Scope) -> bool:
    """Say whether the sitting in a room has been ended."""
    return (
        scope.room is not None
        and Action.objects.filter(round=scope.round, room=scope.room, kind=ActionKind.END).exists()
    )


def free_seats(placement: Placement, *, everywhere: bool) -> QuerySet[Seat]:
    """Return the seats a candidate can be moved to: of the room, or of all rooms of the centre.

    `has_same_paper` of a seat says that a neighbour there answers the same form; these come last.
    """
    here = placement.seat.room
    rooms = Q(room__centre=here.centre_id) if everywhere else Q(room=here)
    free = Seat.objects.filter(rooms, room__rounds=placement.round_id, is_usable=True)
    free = free.exclude(placements__round=placement.round_id)
    same = Q(pk__in=_beside_the_same_paper(placement, free))
    free = free.annotate(has_same_paper=Case(When(same, then=True), default=False))
    return free.select_related("room").order_by("has_same_paper", "room__name", "row", "column")


def _beside_the_same_paper(placement: Placement, seats: QuerySet[Seat]) -> list[int]:
    """Return those of the seats with a neighbour who answers the same form now."""
    envelope = placement.round.envelope
    forms = envelope.papers.count() if envelope else 1
    if forms == 1:
        # Everybody has the same, wherever they sit.
        return []
    alike = Placement.objects.filter(
        round=placement.round_id, sitting__form=placement.sitting.form_id, sitting__closed_at=None
    ).exclude(pk=placement.pk)
    taken: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rooms = alike.filter(seat__room__in=seats.values("room"))
    for room, *place in rooms.values_list("seat__room", "seat__row", "seat__column"):
        taken[room].append((place[0], place[1]))
    return [
        pk
        for pk, room, row, column in seats.order_by().values_list("pk", "room", "row", "column")
        if any(are_neighbours((row, column), other, forms) for other in taken[room])
    ]


def log(scope: Scope, *, limit: int) -> list[Action]:
    """Return what was done in a room, or at its centre or everywhere, latest first."""
    if scope.room is not None:
        reach = Q(room=scope.room) | Q(room=None, centre=scope.centre) | Q(centre=None)
    elif scope.centre is not None:
        reach = Q(centre=scope.centre) | Q(centre=None)
    else:
        reach = Q(centre=None)
    found = Action.objects.filter(reach, round=scope.round)
    return list(found.select_related("actor", "room", "centre", "placement__candidate__person")[:limit])


def _clock(order: Order, change: Callable[..., int]) -> Callable[[list[int]], int]:
    return lambda sittings: change(sittings, actor=order.actor, reason=order.reason, now=order.now)


def _perform(
    order: Order,
    kind: ActionKind,
    change: Callable[[list[int]], int],
    *,
    detail: str = "",
    may_be_one_transaction: bool = True,
    may_be_nothing: bool = False,
) -> int:
    """Put the action on record, do it, note how many sittings it changed. Raises NothingToDo for none."""
    rows = list(order.placements().values_list("pk", "sitting"))
    is_short = may_be_one_transaction and len(rows) <= _ONE_TRANSACTION
    with transaction.atomic() if is_short else nullcontext():
        action = _record(order, kind, rows, detail)
        count = change([sitting for _placement, sitting in rows])
        if not (count or may_be_nothing):
            raise errors.NothingToDo
        Action.objects.filter(pk=action.pk).update(count=count)
    return count


def _record(order: Order, kind: ActionKind, rows: list[tuple[int, int]], detail: str) -> Action:
    """Write the action and its audit entry. Raises RoomEnded, AlreadyDone."""
    if has_ended(order.scope):
        raise errors.RoomEnded
    scope = order.scope
    named = [pk for pk, _sitting in rows] if order.chosen is not None else []
    action = Action(
        key=order.key or uuid.uuid4(),
        kind=kind,
        round=scope.round,
        centre=scope.centre,
        room=scope.room,
        placement_id=named[0] if len(named) == 1 else None,
        detail=detail,
        reason=order.reason,
        actor=order.actor,
        at=order.now,
    )
    try:
        with transaction.atomic():
            action.save(force_insert=True)
            data = {"round": scope.round.pk, "reason": order.reason, "sittings": len(rows), "detail": detail}
            audit.record(order.actor, f"room.{kind}", scope.target, **data, placements=named[:_NAMED])
    except IntegrityError as error:
        raise errors.AlreadyDone from error
    return action
