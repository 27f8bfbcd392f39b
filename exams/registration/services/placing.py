"""Give every candidate a seat, a paper unlike the neighbours', and a sitting with its clock. Set-based."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count
from django.db.models.query import QuerySet
from django.urls import reverse

from exams.papers.neighbours import assign
from exams.registration.errors import NoPapers, SeatTaken, TooFewSeats
from exams.registration.jobs import counted
from exams.registration.models import Candidate, Centre, Placement, Round, Seat
from exams.registration.services.rounds import Plan, change_plan, extra_time, locked_draft
from exams.seat.models import Sitting
from exams.seat.timing import first_deadline
from learning.bulk import insert_new
from learning.people import audit
from learning.people.models import Person


@transaction.atomic
def place_candidates(
    round_: Round, *, actor: Person | None, tell: Callable[[int], None] = lambda _written: None
) -> int:
    """Give each candidate without one a seat in number order, and return how many were placed.

    `tell` is called now and then with how many rows are written, two for each candidate.
    Candidates sit in their centre, those without a centre where seats are left. Raises RoundNotDraft,
    NoPapers, and TooFewSeats, which says where; then nobody is placed.
    """
    found = locked_draft(round_)
    if found.envelope is None:
        raise NoPapers
    if lacking := shortfall(found):
        raise TooFewSeats(lacking)
    forms = list(found.envelope.papers.order_by("index").values_list("form_id", flat=True))
    pairs = _seated(found)
    dealt = _deal(found, [seat for _candidate, seat in pairs], forms)
    insert_new(
        Sitting,
        ("person_id", "form_id", "starts_at", "deadline", "return_path", "close_reason"),
        counted((_sitting(found, candidate, dealt[seat.pk]) for candidate, seat in pairs), tell),
    )
    # The forms are this round's alone, so these are the sittings just made.
    sittings = dict(Sitting.objects.filter(form__in=forms, placement=None).values_list("person_id", "pk"))
    insert_new(
        Placement,
        ("candidate_id", "round_id", "seat_id", "sitting_id"),
        counted(
            ((each.pk, found.pk, seat.pk, sittings[each.person_id]) for each, seat in pairs),
            tell,
            before=len(pairs),
        ),
    )
    # Rows that a constraint refuses are left out without a word.
    if found.candidates.filter(placement=None).exists():
        raise SeatTaken
    audit.record(actor, "registration.candidates_placed", found, count=len(pairs))
    return len(pairs)


def _seated(round_: Round) -> list[tuple[Candidate, Seat]]:
    """Pair the candidates who have no seat with free seats."""
    waiting = list(
        round_.candidates.filter(placement=None)
        .order_by("number")
        .only("pk", "round_id", "person_id", "centre_id", "extra_percent")
    )
    free: dict[int, list[Seat]] = defaultdict(list)
    seats = Seat.objects.filter(room__rounds=round_, is_usable=True).exclude(placements__round=round_)
    for seat in seats.select_related("room").order_by("room__centre__code", "room__name", "row", "column"):
        free[seat.room.centre_id].append(seat)
    queues: dict[int, Iterator[Seat]] = {centre: iter(seats) for centre, seats in free.items()}
    pairs = [(each, next(queues[each.centre_id])) for each in waiting if each.centre_id is not None]
    # Whoever named no centre gets what is left, and so must come after.
    left = (seat for queue in queues.values() for seat in queue)
    return pairs + [(each, next(left)) for each in waiting if each.centre_id is None]


def shortfall(round_: Round) -> list[tuple[str, int, int]]:
    """Return (centre, candidates without a seat, seats free) wherever seats are lacking; three queries.

    The name of the centre is empty for those who may sit anywhere.
    """
    waiting = round_.candidates.filter(placement=None).order_by()
    wanted = dict(waiting.values_list("centre").annotate(count=Count("pk")))
    free = dict(
        _free_seats(round_).order_by().values_list("room__centre").annotate(count=Count("pk", distinct=True))
    )
    anywhere = wanted.pop(None, 0)
    short = [centre for centre, count in wanted.items() if count > free.get(centre, 0)]
    names = Centre.objects.in_bulk(short)
    lacking = [(names[centre].name_th, wanted[centre], free.get(centre, 0)) for centre in short]
    left = sum(free.values()) - sum(wanted.values())
    return [("", anywhere, max(0, left))] if not lacking and anywhere > left else lacking


def _free_seats(round_: Round) -> QuerySet[Seat]:
    return Seat.objects.filter(room__rounds=round_, is_usable=True).exclude(placements__round=round_)


def _deal(round_: Round, seats: Iterable[Seat], forms: Sequence[int]) -> dict[int, int]:
    """Return the form's key for each seat's, so that neighbours differ; the same whoever else is placed."""
    rooms: dict[int, list[Seat]] = defaultdict(list)
    for seat in seats:
        rooms[seat.room_id].append(seat)
    dealt: dict[int, int] = {}
    for room, its_seats in rooms.items():
        places = ((seat.row, seat.column) for seat in its_seats)
        indices = assign(places, len(forms), seed=f"{round_.pk}:{room}")
        dealt |= {seat.pk: forms[indices[seat.row, seat.column]] for seat in its_seats}
    return dealt


def _sitting(round_: Round, candidate: Candidate, form: int) -> tuple[Any, ...]:
    return_path = reverse("registration:candidacy", args=[candidate.pk])
    deadline = _deadline(round_, candidate.extra_percent)
    return candidate.person_id, form, round_.starts_at, deadline, return_path, ""


def _deadline(round_: Round, extra_percent: int) -> datetime:
    allowed = timedelta(minutes=round_.minutes) + extra_time(round_.minutes, extra_percent)
    return first_deadline(round_.starts_at, allowed, settings.SEAT_KEY_SPREAD)


def set_clocks(round_: Round) -> None:
    """Set the clocks of a round in preparation as if everybody were placed now; a statement for each rate."""
    for extra in round_.candidates.order_by().values_list("extra_percent", flat=True).distinct():
        sittings = Sitting.objects.filter(placement__round=round_, placement__candidate__extra_percent=extra)
        sittings.update(starts_at=round_.starts_at, deadline=_deadline(round_, extra))


@transaction.atomic
def change_round(round_: Round, plan: Plan, *, actor: Person) -> Round:
    """Change a round in preparation, and the clocks of those placed. Raises as `rounds.change_plan` does."""
    changed = change_plan(round_, plan, actor=actor)
    set_clocks(changed)
    return changed


@transaction.atomic
def change_seat(placement: Placement, seat: Seat, *, actor: Person, reason: str) -> Placement:
    """Move a candidate to a free seat of the round; sitting, paper and clock stay. Raises SeatTaken."""
    is_of_round = seat.is_usable and placement.round.rooms.filter(pk=seat.room_id).exists()
    if not is_of_round:
        raise SeatTaken
    before = placement.seat_id
    try:
        # The unique constraint decides between two invigilators who want the same seat.
        with transaction.atomic():
            Placement.objects.filter(pk=placement.pk).update(seat=seat)
    except IntegrityError as error:
        raise SeatTaken from error
    audit.record(actor, "registration.seat_changed", placement, before=before, after=seat.pk, reason=reason)
    placement.seat = seat
    return placement
