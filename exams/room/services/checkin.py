"""Find the candidate who stands at the door: by number, name, national ID, or the card's QR."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from django.db.models import Q, QuerySet

from exams.registration.models import Placement, RoundStatus
from exams.room.scopes import Scope
from exams.seat.admissions import clean_number
from learning.people import national_id

# Fewer letters would match half the room.
_SHORTEST_NAME = 2
_SHORTEST_NUMBER = 3
_LONGEST = 200


@dataclass
class Found:
    """Who matches: placements in this room, and where somebody belongs who is not of this room."""

    here: list[Placement] = field(default_factory=list)
    elsewhere: Placement | None = None


def find(scope: Scope, typed: str) -> Found:
    """Find candidates of a room. Elsewhere only a whole number or national ID is looked up: names are not.

    An invigilator can send somebody to the right room, but cannot leaf through other rooms: numbers are
    consecutive, so the page must not say whose they are, and only rounds that are being sat are looked into.
    """
    text = read_card(typed[:_LONGEST])
    number = clean_number(text)
    if not number:
        return Found()
    exact = _exactly(number)
    here = list(_shown(scope.placements().filter(exact)))
    if here:
        return Found(here)
    placements = Placement.objects.filter(exact, round__status=RoundStatus.RELEASED).select_related("round")
    # The same person may sit several rounds: the one asked about comes first.
    others = _shown(placements).order_by("-round__starts_at")
    found = sorted(others[:10], key=lambda placement: placement.round_id != scope.round.pk)
    if found:
        return Found(elsewhere=found[0])
    return Found(list(_shown(scope.placements().filter(_roughly(text, number)))))


def read_card(text: str) -> str:
    """Return the candidate number in what a scanner read from an admission card; other text as it is.

    The QR holds the number itself, or an address that ends in it or names it in its query.
    """
    text = text.strip()
    if "://" not in text:
        return text
    # An address can spell what no field takes.
    return _read_address(text).replace("\0", "")


def _read_address(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        return text
    query = parse_qs(parts.query)
    named = query.get("number") or query.get("q")
    return named[0] if named else parts.path.rstrip("/").rsplit("/", 1)[-1]


def _exactly(number: str) -> Q:
    exact = Q(candidate__number=number)
    if national_id.is_valid(national_id.clean(number)):
        index = national_id.blind_index(national_id.clean(number))
        exact |= Q(candidate__person__national_id_index=index)
    return exact


def _roughly(text: str, number: str) -> Q:
    """Match the end of a number, a seat, or names that contain every word."""
    rough = Q(seat__label__iexact=number)
    if number.isdigit() and len(number) >= _SHORTEST_NUMBER:
        rough |= Q(candidate__number__endswith=number)
    if len(text) >= _SHORTEST_NAME:
        names = Q()
        for word in text.split():
            names &= Q(candidate__person__first_name__icontains=word) | Q(
                candidate__person__last_name__icontains=word
            )
        rough |= names
    return rough


def _shown(placements: QuerySet[Placement]) -> QuerySet[Placement]:
    """Return the placements with what the page says of them, in the order of the seats."""
    return placements.select_related(
        "candidate__person", "seat__room__centre", "sitting__admission"
    ).order_by("seat__row", "seat__column")


def of_room(scope: Scope) -> QuerySet[Placement]:
    """Return everybody placed in a room, with what a page says of them."""
    return _shown(scope.placements())


def of_scope(scope: Scope, chosen: list[int] | None) -> QuerySet[Placement]:
    """Return the chosen placements of a scope, or all of them, with what a page says of them."""
    found = _shown(scope.placements())
    return found if chosen is None else found.filter(pk__in=chosen)
