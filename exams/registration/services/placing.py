"""Give every candidate a seat, a paper unlike the neighbours', and a sitting with its clock. Set-based."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from exams.papers.neighbours import assign
from exams.registration.errors import NoPapers, SeatTaken, TooFewSeats
from exams.registration.models import Candidate, Centre, Placement, Round, Seat
from exams.registration.services.rounds import extra_time, locked_draft
from exams.seat.models import Sitting
from learning.people import audit
from learning.people.models import Person

_BATCH = 2000


@transaction.atomic
def place_candidates(round_: Round, *, actor: Person | None) -> int:
    """Give each candidate without one a seat in number order, and return how many were placed.

    Candidates sit in their centre, those without a centre where seats are left. Raises RoundNotDraft,
    NoPapers, and TooFewSeats, which says where; then nobody is placed.
    """
    found = locked_draft(round_)
    if found.envelope is None:
        raise NoPapers
    forms = list(found.envelope.papers.order_by("index").values_list("form_id", flat=True))
    pairs = _seated(found)
    dealt = _deal(found, [seat for _candidate, seat in pairs], forms)
    sittings = Sitting.objects.bulk_create(
        (_sitting(found, candidate, dealt[seat.pk]) for candidate, seat in pairs), batch_size=_BATCH
    )
    Placement.objects.bulk_create(
        (
            Placement(candidate=candidate, round=found, seat=seat, sitting=sitting)
            for (candidate, seat), sitting in zip(pairs, sittings, strict=True)
        ),
        batch_size=_BATCH,
    )
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
    _check_seats(waiting, free)
    queues: dict[int, Iterator[Seat]] = {centre: iter(seats) for centre, seats in free.items()}
    pairs = [(each, next(queues[each.centre_id])) for each in waiting if each.centre_id is not None]
    # Whoever named no centre gets what is left, and so must come after.
    left = (seat for queue in queues.values() for seat in queue)
    return pairs + [(each, next(left)) for each in waiting if each.centre_id is None]


def _check_seats(waiting: list[Candidate], free: dict[int, list[Seat]]) -> None:
    wanted = Counter(each.centre_id for each in waiting)
    anywhere = wanted.pop(None, 0)
    short = [centre for centre, count in wanted.items() if centre and count > len(free[centre])]
    names = Centre.objects.in_bulk(short)
    lacking = [(names[centre].name_th, wanted[centre], len(free[centre])) for centre in short]
    left = sum(map(len, free.values())) - sum(wanted.values())
    if not lacking and anywhere > left:
        lacking = [("", anywhere, left)]
    if lacking:
        raise TooFewSeats(lacking)


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


def _sitting(round_: Round, candidate: Candidate, form: int) -> Sitting:
    duration = timedelta(minutes=round_.minutes) + extra_time(round_.minutes, candidate.extra_percent)
    return Sitting(
        person_id=candidate.person_id,
        form_id=form,
        starts_at=round_.starts_at,
        # Keys are handed out over this spread, and nobody is to lose a second to it.
        deadline=round_.starts_at + duration + settings.SEAT_KEY_SPREAD,
        return_path=reverse("portal:my"),
    )


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
