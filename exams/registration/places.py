"""Tell the waiting room where its candidate sits."""

from exams.registration.models import Placement
from exams.seat.places import Place


def find_place(sitting: int) -> Place | None:
    """Return the place of a sitting that a round made, None for any other."""
    placements = Placement.objects.select_related("candidate", "seat__room__centre")
    found = placements.filter(sitting=sitting).first()
    if found is None:
        return None
    room = found.seat.room
    return Place(found.candidate.number, found.seat.label, room.name, room.centre.name)
